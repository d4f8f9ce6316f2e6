# SPDX-License-Identifier: ISC
# page: makes of a manual page by mandoc what page.html takes as its body.
#
# mandoc gives an entry the anchor of its first name, -l. Here each long name gets one, too, such as #--listen.
/<dt/ {
	:more
	/<\/dt>/! {
		N
		b more
	}
	s|<a class="permalink" href="#[^"]*">\(<code class="Fl">--[^<]*</code>\)</a>|\1|g
	s|<code class="Fl">\(--[^<]*\)</code>|<a class="permalink" href="#\1"><code class="Fl" id="\1">\1</code></a>|g
}
# Our own pages are beside this one.
s|https://manpages\.debian\.org/\(haild\.8\)"|\1.html"|g
s|https://manpages\.debian\.org/\(hailto\.1\)"|\1.html"|g

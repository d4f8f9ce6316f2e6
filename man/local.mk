# SPDX-License-Identifier: ISC
# The man pages; and as HTML, with `make html` and `make install-html`, which need mandoc. Nothing else does.
dist_man_MANS = \
	man/haild.8 \
	man/hailto.1
html_pages = \
	man/haild.8.html \
	man/hailto.1.html
EXTRA_DIST += \
	man/page.html \
	man/page.sed
CLEANFILES += $(html_pages)
MANDOC = mandoc

html-local: $(html_pages)

# Of the pages that ours refer to, those that are not ours are on a site that has all of Debian's.
$(html_pages): man/page.html man/page.sed Makefile
	@command -v '$(MANDOC)' >/dev/null || \
		{ echo 'make html needs mandoc, a formatter of manual pages, and does not find it.' >&2; exit 1; }
	@$(MKDIR_P) man
	$(AM_V_GEN)page='$@' && page=$${page%.html} && \
	'$(MANDOC)' -T html -I os='$(PACKAGE_STRING)' -O 'fragment,toc,man=https://manpages.debian.org/%N.%S' \
		"$(srcdir)/$$page" >'$@.body' && \
	sed -f '$(srcdir)/man/page.sed' '$@.body' >'$@.whole' && \
	sed -e "s|@PAGE@|$${page#man/}|" -e '/@BODY@/r $@.whole' -e '/@BODY@/d' '$(srcdir)/man/page.html' >'$@.new' && \
	rm '$@.body' '$@.whole' && mv '$@.new' '$@'
man/haild.8.html: man/haild.8
man/hailto.1.html: man/hailto.1

install-html-local: $(html_pages)
	$(MKDIR_P) '$(DESTDIR)$(htmldir)'
	$(INSTALL_DATA) $(html_pages) '$(DESTDIR)$(htmldir)'

uninstall-local:
	cd '$(DESTDIR)$(htmldir)' 2>/dev/null && rm -f haild.8.html hailto.1.html || :

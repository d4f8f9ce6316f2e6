# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # script/package sets $mode, lib.sh $root, root.sh $checkout
# build: builds the packages of a release, twice and once more for an upgrade. To be sourced after root.sh.

# Where the packages are built in the builder.
works=/build
# Two users who own nothing else there.
builder=builder other_builder=someone

# Prints the path of the builder's root.
builder_root() { # release
	say "$(elsewhere_folder "$1/builder")/root"
}

# Runs a command in the builder as a user, in a folder, with no network but a loopback.
in_builder() { # release, user, folder, command...
	local place user=$2 folder=$3
	place=$(builder_root "$1")
	shift 3
	BEFORE=$root/script/package.d/alone UNSHARE=--net root_run "$place" \
		setpriv --reuid="$user" --regid="$user" --init-groups env -C "$folder" HOME="$folder" "$@"
}

# Installs what the packages are built with, and nothing that debian/control does not name, unless lintian brought it;
# and makes the users.
prepare_builder() { # release
	# shellcheck disable=SC2016 # that shell fills them in
	quietly "$(elsewhere_folder "$1")/depends.log" root_run "$(builder_root "$1")" sh -c '
		cd "$1" && dpkg-checkbuilddeps 2>/dev/null && exit
		apt-get -q update && apt-get -q -y --no-install-recommends install build-essential &&
			apt-get -q -y --no-install-recommends build-dep ./' sh "$checkout"
	# shellcheck disable=SC2016 # as above
	root_run "$(builder_root "$1")" sh -c '
		for user; do id "$user" >/dev/null 2>&1 || useradd --no-create-home "$user"; done' sh "$builder" "$other_builder"
}

# Makes a folder in the builder, with the checkout in it as NAME.
work_folder() { # release, folder, name, user
	# shellcheck disable=SC2016 # that shell fills them in
	root_run "$(builder_root "$1")" sh -c '
		mkdir -p "$2" && cp -a "$1" "$2/$3" && chown -R "$4:$4" "$2"' sh "$checkout" "$works/$2" "$3" "$4"
}

# Prints what dpkg-parsechangelog says of a field.
changelog_says() { # release, field
	root_run "$(builder_root "$1")" dpkg-parsechangelog -l "$checkout/debian/changelog" -S "$2"
}

# The tarball is what `make dist` makes, and debian/ is put into what it holds: so it is in Debian's archive, too.
build_from_tarball() { # release
	local folder version
	folder=$(elsewhere_folder "$1")
	version=$(changelog_says "$1" Version)
	version=${version%-*}
	say "  builds haild $version from its tarball, with the tests"
	work_folder "$1" first checkout "$builder"
	quietly "$folder/dist.log" in_builder "$1" "$builder" "$works/first/checkout" sh -c "
		autoreconf --install && ./configure && make dist &&
		mv haild-$version.tar.xz ../haild_$version.orig.tar.xz &&
		tar -C .. -xf ../haild_$version.orig.tar.xz && cp -r debian ../haild-$version"
	quietly "$folder/build.log" in_builder "$1" "$builder" "$works/first/haild-$version" \
		DEB_BUILD_OPTIONS=parallel=2 dpkg-buildpackage -us -uc
	note "$1" tests passed
}

# Where all is different that must make no difference: source, place, user, mask, time zone, locale, processors.
build_from_checkout() { # release
	say "  builds it again from the checkout, in another place and manner"
	work_folder "$1" "second/somewhere/deeper" haild "$other_builder"
	quietly "$(elsewhere_folder "$1")/again.log" in_builder "$1" "$other_builder" \
		"$works/second/somewhere/deeper/haild" \
		TZ=XYZ-13:30 LC_ALL=POSIX DEB_BUILD_OPTIONS="nocheck parallel=1" \
		sh -c 'umask 027 && exec dpkg-buildpackage -us -uc -b'
}

# A version with a higher number, to upgrade to.
build_upgrade() { # release
	local place changelog
	say "  builds the next version, for an upgrade"
	work_folder "$1" upgrade haild "$builder"
	place=$(builder_root "$1")
	changelog=$place$works/upgrade/haild/debian/changelog
	{
		say "haild ($(changelog_says "$1" Version)+next) UNRELEASED; urgency=medium" "" "  * The next." ""
		say " -- $(changelog_says "$1" Maintainer)  $(changelog_says "$1" Date)" ""
		cat "$place$checkout/debian/changelog"
	} >"$changelog"
	quietly "$(elsewhere_folder "$1")/next.log" in_builder "$1" "$builder" "$works/upgrade/haild" \
		DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=2" dpkg-buildpackage -us -uc -b
}

# Fetches the packages of a build from the builder.
fetch_packages() { # release, folder there, folder here
	local here
	here=$(elsewhere_folder "$1")/$3
	rm -rf "$here"
	mkdir -p "$here"
	cp "$(builder_root "$1")$works/$2"/*.deb "$here"
}

# Fails if the two builds are not the same, byte for byte.
compare_builds() { # release
	local folder file
	folder=$(elsewhere_folder "$1")
	for file in "$folder/packages"/*.deb; do
		cmp "$file" "$folder/again/${file##*/}"
	done
	[ "$(find "$folder/packages" -name '*.deb' | wc -l)" -eq "$(find "$folder/again" -name '*.deb' | wc -l)" ]
	(cd "$folder/packages" && sha256sum -- *.deb)
	say "  the second build gave the same bytes"
	note "$1" twice "the same"
}

build_packages() { # release
	mkdir -p "$(elsewhere_folder "$1/builder")"
	[ "$mode" != --fresh ] || root_delete "$1/builder"
	root_make "$1/builder" "$1"
	root_bring_sources "$(builder_root "$1")"
	prepare_builder "$1"
	rm -rf --one-file-system "$(builder_root "$1")$works"
	build_from_tarball "$1"
	build_from_checkout "$1"
	build_upgrade "$1"
	fetch_packages "$1" first packages
	fetch_packages "$1" "second/somewhere/deeper" again
	fetch_packages "$1" upgrade upgrade
	compare_builds "$1"
}

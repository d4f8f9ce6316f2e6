# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # build.sh sets $works and $builder
# judge: has lintian and blhc of a release judge its packages. To be sourced after build.sh.

# Prints in one line the versions that matter of the builder.
judge_versions() { # release
	# shellcheck disable=SC2016 # that shell fills them in
	root_run "$(builder_root "$1")" sh -c '
		version() { dpkg-query -W -f "\${source:Upstream-Version}" "$1"; }
		echo "debhelper $(version debhelper), lintian $(version lintian), gcc $(gcc -dumpfullversion)"'
}

# Lintian sees the source package and the binary ones: it may have remarks, but neither errors nor warnings.
run_lintian() { # release
	local log
	log=$(elsewhere_folder "$1")/lintian.log
	say "  $(root_run "$(builder_root "$1")" lintian --version), with what it remarks:"
	if ! in_builder "$1" "$builder" "$works/first" sh -c \
		'lintian --display-info --show-overrides --fail-on error,warning -- *.changes' >"$log" 2>&1; then
		cat "$log"
		note "$1" lintian FAILED
		return 1
	fi
	sed 's/^/    /' "$log"
	note "$1" lintian clean
}

# Each line that compiles must have the flags of dpkg-buildflags.
run_blhc() { # release
	local log
	log=$(elsewhere_folder "$1")/build.log
	cp "$log" "$(builder_root "$1")/build.log"
	say "  blhc: looks at the flags of each compilation"
	quietly "${log%/*}/blhc.log" root_run "$(builder_root "$1")" blhc --all /build.log
}

judge_packages() { # release
	# shellcheck disable=SC2016 # that shell fills them in
	quietly "$(elsewhere_folder "$1")/judges.log" root_run "$(builder_root "$1")" sh -c '
		command -v lintian && command -v blhc && exit
		apt-get -q update && apt-get -q -y --no-install-recommends install lintian blhc'
	note "$1" versions "$(judge_versions "$1")"
	run_lintian "$1"
	run_blhc "$1"
}

# shellcheck shell=bash
# shellcheck disable=SC2154 # $arguments is set by script/elsewhere
# release: the suite on another release of Debian. To be sourced after root.sh.

# Runs the suite on a release.
elsewhere_release() { # release
	root_make "$1" "$1" || return 1
	root_suite "$1" ${arguments[@]+"${arguments[@]}"}
}

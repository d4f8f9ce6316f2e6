# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # $arguments is set by script/elsewhere
# release: the suite on another release of Debian. To be sourced after root.sh.

# Runs the suite on a release.
elsewhere_release() { # release
	local folder status=0
	folder=$(elsewhere_folder "$1")
	root_make "$1" "$1" || return 1
	root_suite "$1" ${arguments[@]+"${arguments[@]}"} || status=$?
	root_versions "$folder/root" >"$folder/versions"
	return "$status"
}

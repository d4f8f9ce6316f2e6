# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what _@program@ declares, the functions that it calls see
# Completes command lines of @program@ in bash.
#
# It is made from the table of @program@'s options when @program@ is built. It uses nothing that bash 4.0 lacks, and
# needs nothing of the package bash-completion, whose loader finds it by its name.

# Sets rows: for each option its letter and its name; whether it needs a value, may have one, or takes no value; whether
# it may be given once, often or alone; of which kind a value is, and words to offer for it.
_@program@_list() {
	rows=(
@options@
	)
}

# Splits a line as the shell will. Sets words, without their quotes; how much of the last one comes before what
# readline replaces, which begins after the last of the characters in COMP_WORDBREAKS, or within quotes; the place of
# each word in the line; and whether the last one is a file for a redirection. That of another is left out.
_@program@_split() { # line
	local line=$1 i char word='' quote='' before=0 start=-1
	words=() starts=() cut=0 redirected=''
	for ((i = 0; i < ${#line}; i++)); do
		char=${line:i:1}
		if [[ $quote$char == ['<>'] ]]; then
			[[ $word != *[!0-9\&]* ]] || _@program@_add
			word='' start=-1 cut=0 redirected=yes
			continue
		elif [[ -z $quote && $char == [[:space:]] ]]; then
			((start < 0)) || _@program@_add
			continue
		fi
		((start >= 0)) || start=$i
		if [[ $char == "$quote" ]]; then
			quote='' cut=$before
		elif [[ -z $quote && $char == [\"\'] ]]; then
			quote=$char before=$cut cut=${#word}
		elif [[ $char == \\ && $quote != \' && (-z $quote || ${line:i+1:1} == [\"\\\$\`]) ]]; then
			((i += 1))
			word+=${line:i:1}
		else
			word+=$char
			[[ -n $quote || $COMP_WORDBREAKS != *"$char"* ]] || cut=${#word}
		fi
	done
	((start >= 0)) || start=${#line}
	words+=("$word") starts+=("$start")
}

# Adds the word that _@program@_split has read, and begins another.
_@program@_add() {
	[[ -n $redirected ]] || words+=("$word") starts+=("$start")
	word='' start=-1 cut=0 redirected=''
}

# Sets what is known of an option: short, long, takes, times, kind and offer. A name may be abbreviated.
_@program@_find() { # -x or --name
	local row found=()
	for row in "${rows[@]}"; do
		if [[ " $row " == *" $1 "* ]]; then
			found=("$row")
			break
		elif [[ $1 == --?* && $row == '-'?" $1"* ]]; then
			found+=("$row")
		fi
	done
	((${#found[@]} == 1)) || return 1
	read -r short long takes times kind offer <<<"${found[0]}"
}

# Notes that an option was given. Nothing comes after one that must be alone.
_@program@_note() {
	given+=" $long "
	[[ $times != alone ]] || is_over=yes
}

# Notes the options of a word of letters. Sets awaited if the next word is the value of the last one. Sets rest to
# what follows a letter with a value, if there is one.
_@program@_note_letters() { # word
	local i
	rest='' attached=''
	for ((i = 1; i < ${#1}; i++)); do
		_@program@_find "-${1:i:1}" || return 1
		_@program@_note
		if [[ $takes == needs ]]; then
			rest=${1:i+1} attached=${1:0:i+1}
			[[ -n $rest ]] || awaited=$long
			return
		fi
	done
}

# Reads the words before the last one, as @program@ will. Sets given, operands, is_ended if all that follows are
# operands, command to the number of its first word, and awaited to the option whose value the last word is.
_@program@_read() {
	local i word is_first_dashes
	for ((i = 1; i < ${#words[@]} - 1 && command == 0; i++)); do
		word=${words[i]}
		if [[ -n $awaited ]]; then
			awaited=''
		elif [[ $word == -- && $what != nothing && (-n $is_ended || ${#operands[@]} -gt 0) ]]; then
			command=$((i + 1))
		elif [[ $word == -- ]]; then
			is_ended=yes
		elif [[ -n $is_ended || $word != -?* ]]; then
			operands+=("$word")
		elif [[ $word != --* ]]; then
			_@program@_note_letters "$word"
		elif _@program@_find "${word%%=*}"; then
			_@program@_note
			[[ $takes != needs || $word == *=* ]] || awaited=$long
		fi
	done
}

# Adds those of some words to the reply that fit what is typed.
_@program@_reply() { # what comes before each, word...
	local before=$1 word
	shift
	for word; do
		word=$before$word
		[[ $word != "${words[last]}"* ]] || COMPREPLY+=("${word:cut}")
	done
}

# The same for what compgen finds.
_@program@_generate() { # what comes before each, argument for compgen...
	local before=$1 found
	shift
	while IFS= read -r found; do
		_@program@_reply "$before" "$found"
	done < <(compgen "$@")
}

# Offers files and folders; with a test, such as -S for sockets, only the files that pass it.
_@program@_file() { # what comes before, what is typed, [test]
	local path place
	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		place=${path/#\~\//$HOME/}
		if [[ -d $place && ${#1} -ne $cut ]]; then
			# readline sees no folder that follows something else, and so would end the word.
			_@program@_reply "$1" "$path/"
		elif [[ -d $place ]]; then
			_@program@_reply "$1" "$path"
		elif test "${3:--e}" "$place"; then
			_@program@_reply "$1" "$path"
		fi
	done < <(compgen -f -- "$2")
}

# Offers the port, and once it is begun, services.
_@program@_port() { # what comes before, what is typed, [port]
	_@program@_reply "$1" "${3:-@port@}"
	[[ -z $2 ]] || _@program@_generate "$1" -A service -- "$2"
}

# Offers users, and groups after a colon.
_@program@_user() { # what comes before, what is typed
	if [[ $2 == *:* ]]; then
		_@program@_generate "$1${2%%:*}:" -g -- "${2#*:}"
	else
		_@program@_generate "$1" -u -- "$2"
	fi
}

# Offers the addresses of this machine, but for those that need a zone.
_@program@_ip() { # what comes before, what is typed
	local address
	_@program@_reply "$1" 127.0.0.1 ::1
	while read -r _ _ _ address _; do
		[[ $address == 127.0.0.1/* || $address == ::1/* || $address == fe80:* ]] ||
			_@program@_reply "$1" "${address%%/*}"
	done < <(ip -o addr show 2>/dev/null)
}

# Offers a port after a host, and sockets after unix:. Fails if what is typed is neither.
_@program@_rest_of_address() { # what comes before, what is typed
	case $2 in
	unix:*) _@program@_file "$1unix:" "${2#unix:}" -S ;;
	'['*']':*) _@program@_port "$1${2%%]:*}]:" "${2##*]:}" ;;
	*:*:*) return 1 ;; # more of an IPv6 address
	?*:*) _@program@_port "$1${2%%:*}:" "${2#*:}" ;;
	*) return 1 ;;
	esac
}

# Offers what to listen on.
_@program@_address() { # what comes before, what is typed, [word]
	_@program@_rest_of_address "$1" "$2" && return
	_@program@_ip "$1"
	_@program@_reply "$1" ${3:+"$3"} unix:
}

# Offers what is known of the value of the option that _@program@_find has found.
_@program@_value() { # what comes before, what is typed
	# shellcheck disable=SC2086 # of words there may be several
	case $kind in
	words) _@program@_reply "$1" $offer ;;
	nothing) ;;
	*) "_@program@_$kind" "$1" "$2" ${offer:+"$offer"} ;;
	esac
}

# Offers the options that may still be given.
_@program@_options() {
	local row short long takes times kind offer
	for row in "${rows[@]}"; do
		read -r short long takes times kind offer <<<"$row"
		[[ $given != *" $long "* || $times == often ]] || continue
		case $takes in
		needs) _@program@_reply '' "$long=" ;;
		may) _@program@_reply '' "$long" "$long=" ;;
		no) _@program@_reply '' "$long" ;;
		esac
		[[ $short == -- ]] || _@program@_reply '' "$short"
	done
}

# Offers what is no option: the servers to ask, of which all but one need a port.
_@program@_operand() {
	local typed=${words[last]} first=${operands[0]-}
	[[ $what != nothing ]] || return
	_@program@_rest_of_address '' "$typed" && return
	if [[ -n $first && $first != unix:* && ($first != *:* || $first == \[*\]) ]]; then
		[[ ${#operands[@]} -gt 1 ]] || _@program@_port '' "$typed"
		return
	fi
	_@program@_generate '' -A hostname -- "$typed"
	_@program@_reply '' localhost unix:
}

# Completes the command, and its arguments as what is installed for it does; without the package bash-completion, as
# files.
_@program@_command() {
	local offset=0 place=0 before
	# Where its first word is in COMP_WORDS, which is split in more places.
	for ((offset = 0; offset < COMP_CWORD; offset++)); do
		before=${COMP_LINE:place}
		before=${before%%"${COMP_WORDS[offset]}"*}
		((place + ${#before} < starts[command])) || break
		((place += ${#before} + ${#COMP_WORDS[offset]}))
	done
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$offset"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$offset"
	elif ((command == last)); then
		compopt -o filenames 2>/dev/null
		_@program@_generate '' -c -- "${words[last]}"
	else
		_@program@_file '' "${words[last]}"
	fi
}

# Completes the last word by what it begins with.
_@program@_complete() {
	local typed=${words[last]}
	if [[ -n $redirected ]]; then
		_@program@_file '' "$typed"
	elif ((command > 0)); then
		_@program@_command
	elif [[ -n $is_over ]]; then
		return
	elif [[ -n $awaited ]]; then
		_@program@_find "$awaited" && _@program@_value '' "$typed"
	elif [[ -n $is_ended || $typed != -* ]]; then
		_@program@_operand
	elif [[ $typed == --*=* ]]; then
		_@program@_find "${typed%%=*}" && _@program@_value "${typed%%=*}=" "${typed#*=}"
	elif [[ $typed == -[!-]* ]] && _@program@_note_letters "$typed"; then
		if [[ -n $attached ]]; then
			_@program@_value "$attached" "$rest"
		else
			_@program@_reply '' "$typed"
		fi
	else
		_@program@_options
	fi
}

_@program@() {
	local rows words starts cut redirected last short long takes times kind offer attached rest
	local what=@operands@ given='' is_over='' is_ended='' awaited='' command=0 operands=() IFS=$' \t\n'
	COMPREPLY=()
	_@program@_list
	_@program@_split "${COMP_LINE:0:COMP_POINT}"
	last=$((${#words[@]} - 1))
	_@program@_read
	_@program@_complete
	# After these more is to be typed.
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[=:/] ]] || compopt -o nospace 2>/dev/null
}

complete -F _@program@ @program@

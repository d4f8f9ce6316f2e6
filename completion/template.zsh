#compdef @program@
# SPDX-License-Identifier: ISC
# Completes command lines of @program@ in zsh. It is made from the table of @program@'s options when @program@ is built.

# Offers the port, and once it is begun, services.
_@program@_port() { # [port]
	_wanted defaults expl 'default port' compadd - "${1:-@port@}"
	[[ -z $PREFIX || ! -r /etc/services ]] || _ports
}

# Offers users, and groups after a colon.
_@program@_user() {
	if compset -P '*:'; then
		_groups
	else
		_users -q -S ''
	fi
}

# Offers sockets, and folders that may hold some.
_@program@_socket() {
	_path_files -g '*(-=)' || _path_files -/
}

# Offers the addresses of this machine, but for those that need a zone.
_@program@_ip() {
	local -aU addresses
	addresses=(127.0.0.1 ::1 ${${${(f)"$(_call_program addresses ip -o addr show 2>/dev/null)"}##*inet(6|) }%%/*})
	_wanted addresses expl 'address of this machine' compadd - ${addresses:#fe80:*}
}

# Offers a port after a host, and sockets after unix:. Fails if what is typed is neither.
_@program@_rest_of_address() {
	if compset -P 'unix:'; then
		_@program@_socket
	elif compset -P '\[*\]:' || compset -P '[^:\[]##:'; then
		_@program@_port
	else
		return 1
	fi
}

# Offers what to listen on.
_@program@_address() { # [word]
	if [[ $PREFIX == (unix:*|\[*\]:*|[^:\[]##:[^:]#) ]]; then
		_@program@_rest_of_address
	else
		_alternative 'addresses:address of this machine:_@program@_ip' "words:word:compadd - ${1:-localhost}" \
			'words:socket:compadd -S "" - unix:'
	fi
}

# Offers servers, of which all but one need a port.
_@program@_servers() {
	if [[ $PREFIX == (unix:*|\[*\]:*|[^:\[]##:[^:]#) ]]; then
		_@program@_rest_of_address
	elif [[ $#operands -gt 0 && $operands[1] == (\[*\]|[^:]#) ]]; then
		(($#operands > 1)) || _@program@_port
	else
		_alternative 'hosts:host:_hosts' 'words:socket:compadd -S "" - unix:'
	fi
}

# Reads the words before the cursor as @program@ will. Sets operands, and command to the number of its first word.
_@program@_read() {
	local word is_ended is_value
	local -i i
	local -a names
	names=(@names@)
	for ((i = 2; i < CURRENT && command == 0; i++)); do
		word=${(Q)words[i]}
		if [[ -n $is_value ]]; then
			is_value=''
		elif [[ $word == -- && (-n $is_ended || $#operands -gt 0) ]]; then
			command=$((i + 1))
		elif [[ $word == -- ]]; then
			is_ended=yes
		elif [[ -n $is_ended || $word != -?* ]]; then
			operands+=("$word")
		elif [[ $word == -[^-@letters@]#[@letters@] || ($word == --* && -n ${(M)names:#${word#--}*}) ]]; then
			is_value=yes
		fi
	done
}

_@program@() {
	local curcontext=$curcontext what=@operands@
	local -i command=0
	local -a operands rest specifications expl
	typeset -A opt_args
	_@program@_read
	if [[ $what != nothing ]]; then
		if ((command > 0)); then
			words=("${(@)words[command,-1]}")
			((CURRENT -= command - 1))
			_normal
			return
		fi
		rest=('*:server: _@program@_servers')
	fi
	specifications=(
@options@
	)
	_arguments -s -S : $specifications $rest
}

_@program@ "$@"

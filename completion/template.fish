# SPDX-License-Identifier: ISC
# Completes command lines of @program@ in fish. It is made from the table of @program@'s options when @program@ is built.

# Reads the words before the cursor as @program@ will. Prints a line for each: the name of an option that has been
# given, with its value; "operand" and what it is; or "command" and the number of its first word, which comes last.
function __@program@_read
    set -l words (commandline -opc)
    set -l names @names@
    set -l awaited
    set -l is_ended no
    set -l has_operand no
    set -l number 0
    for word in $words
        set number (math $number + 1)
        if test $number -eq 1
            continue
        else if set -q awaited[1]
            echo $awaited
            set -e awaited
        else if test "$word" = --
            if test $is_ended = yes -o $has_operand = yes
                echo command (math $number + 1)
                return
            end
            set is_ended yes
        else if test $is_ended = yes; or not string match -qr -- '^-.' $word
            set has_operand yes
            echo operand $word
        else if not string match -q -- '--*' $word
            string split '' -- (string replace -r -- '^-([^@letters@]*).*' '$1' $word)
            set -l value (string match -r -- '^-[^@letters@]*([@letters@])(.*)' $word)
            if set -q value[3]; and test -n "$value[3]"
                echo $value[2]
            else if set -q value[2]
                set awaited $value[2]
            end
        else
            set -l name (string replace -r -- '^--([^=]*).*' '$1' $word)
            if not string match -q -- '*=*' $word; and string match -q -- "$name*" $names
                set awaited $name
            else
                echo $name
            end
        end
    end
end

# Whether an option may still be given: not twice, and nothing beside those that end @program@.
function __@program@_takes # [letter] [name]
    set -l given (__@program@_read)
    for option in $argv @alone@
        contains -- $option $given; and return 1
    end
    return 0
end

# Prints what is typed of a value, or of an operand.
function __@program@_typed
    string replace -r -- '^(--[^=]*=|-[^-@letters@]*[@letters@])' '' (commandline -ct)
end

# Offers sockets, and folders that may hold some, after what precedes them.
function __@program@_socket # prefix, what is typed
    for path in (complete -C "__@program@_command_without_completion "(string escape -- $argv[2]))
        if string match -q -- '*/' $path; or test -S "$path"
            echo $argv[1]$path
        end
    end
end

# Offers the port, and once it is begun, services, after what precedes them.
function __@program@_port # port, [prefix]
    echo "$argv[2]$argv[1]"
    if test -r /etc/services; and not string match -q -- "$argv[2]" (__@program@_typed)
        for service in (string match -r -- '^\S+(?=\s+\d+/tcp)' </etc/services)
            echo "$argv[2]$service"
        end
    end
end

# Offers users, and groups after a colon.
function __@program@_user
    if set -l user (string match -r -- '^[^:]*:' (__@program@_typed))
        printf '%s\n' $user(__fish_print_groups)
    else
        __fish_complete_users
    end
end

# Offers the addresses of this machine, but for those that need a zone.
function __@program@_ip
    printf '%s\n' 127.0.0.1 ::1
    command -sq ip; and ip -o addr show 2>/dev/null | string match -rg -- 'inet6? ([^/ ]+)' | string match -rv -- '^(fe80:|127\.0\.0\.1$|::1$)'
end

# Offers a port after a host, and sockets after unix:. Fails if what is typed is neither.
function __@program@_rest_of_address
    set -l typed (__@program@_typed)
    if string match -q -- 'unix:*' $typed
        __@program@_socket unix: (string replace -- unix: '' $typed)
    else if set -l host (string match -r -- '^(?:\[.*\]|[^:\[]+):(?=[^:]*$)' $typed)
        __@program@_port @port@ $host
    else
        return 1
    end
end

# Offers what to listen on.
function __@program@_address # [word]
    __@program@_rest_of_address; and return
    printf '%s\n' $argv unix:
    __@program@_ip
end

# Offers servers, of which all but one need a port.
function __@program@_servers
    __@program@_rest_of_address; and return
    set -l operands (__@program@_read | string match -rg -- '^operand (.*)')
    if set -q operands[1]; and string match -qr -- '^(\[.*\]|[^:]*)$' $operands[1]
        set -q operands[2]; or __@program@_port @port@
    else
        __fish_print_hostnames
        printf '%s\n' localhost unix:
    end
end

# Prints the number of the command's first word; fails if there is none.
function __@program@_command_number
    __@program@_read | string match -rg -- '^command (.*)'
end

# Completes the command, and its arguments as what is known of it does.
function __@program@_command
    set -l words (commandline -opc)
    set -l number (__@program@_command_number)
    complete -C (string join ' ' -- (string escape -- $words[$number..]) (commandline -ct))
end

complete -c @program@ -f
@options@
if test @operands@ = servers
    complete -c @program@ -n 'not __@program@_command_number' -a '(__@program@_servers)'
    complete -c @program@ -n __@program@_command_number -a '(__@program@_command)'
end

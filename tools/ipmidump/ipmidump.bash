# bash completion for ipmidump(1)
#
# SPDX-License-Identifier: GPL-2.0-or-later

_ipmidump()
{
    local current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]}

    # An address is more than one word to bash, since it has colons.
    if [[ $current == : ]]; then
        current=
    elif [[ $previous == : ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    COMPREPLY=()
    case $previous in
        -i|--interface)
            mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo *)" \
                -- "$current")
            return
            ;;
        tcp|fd)
            return
            ;;
    esac

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--interface --registers --json --hpm2
            --pcapng --help --version -i -r -h" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames
    fi
}

complete -F _ipmidump ipmidump

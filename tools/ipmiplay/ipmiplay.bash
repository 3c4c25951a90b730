# bash completion for ipmiplay(1)
#
# SPDX-License-Identifier: GPL-2.0-or-later

_ipmiplay()
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
        -c|--connect|-l|--listen)
            mapfile -t COMPREPLY < <(compgen -W "unix: tcp: fd:" -- "$current")
            compopt -o nospace
            return
            ;;
        unix)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            compopt -o filenames
            return
            ;;
        -w|--within)
            return
            ;;
    esac

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--connect --listen --within
            --help --version -c -l -w -h" -- "$current")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "host bmc" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames
    fi
}

complete -F _ipmiplay ipmiplay

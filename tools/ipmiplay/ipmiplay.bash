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
    # So is --option=value, since it has an equals sign.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    COMPREPLY=()
    case $previous in
        -c|--connect|-l|--listen)
            mapfile -t COMPREPLY < <(compgen -W "unix: tcp: fd:" -- "$current")
            compopt -o nospace 2>/dev/null
            return
            ;;
        unix)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            compopt -o filenames 2>/dev/null
            return
            ;;
        -t|--timing)
            mapfile -t COMPREPLY < <(compgen -W "original fast step" -- "$current")
            return
            ;;
        -w|--within|-p|--point|-m|--mask)
            return
            ;;
    esac

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--connect --listen --within
            --timing --point --mask --exact --help --version
            -c -l -w -t -p -m -e -h" -- "$current")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "host bmc" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
    fi
}

complete -F _ipmiplay ipmiplay

# What bash completes after ipmiassert.
#
# SPDX-License-Identifier: GPL-2.0-or-later

_ipmiassert()
{
    local cur prev words cword split
    _init_completion -s || return

    case $prev in
        --live | -!(-*)l)
            COMPREPLY=($(compgen -W '$(tshark -D 2>/dev/null |
                awk "{ print \$2 }")' -- "$cur"))
            _filedir
            return
            ;;
        --write | -!(-*)w | --junit | -!(-*)j)
            _filedir
            return
            ;;
        --deadline | -!(-*)t | --filter | -!(-*)f | --preference | -!(-*)o)
            return
            ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W '--live= --deadline= --filter= --write= --junit=
            --preference= --help --version' -- "$cur"))
        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
        return
    fi
    COMPREPLY=($(compgen -W 'answered linux-ipmi-si prompt protocol-clean' \
        -- "$cur"))
    _filedir
} &&
    complete -F _ipmiassert ipmiassert

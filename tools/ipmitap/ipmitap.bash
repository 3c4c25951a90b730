# What bash completes after ipmitap.
#
# SPDX-License-Identifier: GPL-2.0-or-later

_ipmitap()
{
    local cur prev words cword split
    _init_completion -s -n : || return

    case $prev in
        --listen | -!(-*)l | --connect | -!(-*)c)
            if [[ $cur == unix:* ]]; then
                cur=${cur#unix:}
                _filedir
            else
                COMPREPLY=($(compgen -W 'unix: tcp: fd:' -- "$cur"))
                __ltrim_colon_completions "$cur"
                compopt -o nospace
            fi
            return
            ;;
        --write | -!(-*)w)
            _filedir
            return
            ;;
        --link | -!(-*)L | --file-size | --file-time | --files)
            return
            ;;
    esac
    $split && return
    COMPREPLY=($(compgen -W '--listen= --connect= --link= --write= --file-size=
        --file-time= --files= --keep --help --version' -- "$cur"))
    [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
} &&
    complete -F _ipmitap ipmitap

# Completion of lockstep: options from its own help, files for those that take one.
_lockstep() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    -f | -- | -C | -p | -x) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    -L | -m | -n | -N | -S | -cc) COMPREPLY=() ;;
    *)
        if [[ $word == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$("$1" -h 2>&1 | sed -nE 's/^ +(-[A-Za-z0-9-]+).* : .*/\1/p')" -- "$word")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi
        ;;
    esac
}
complete -o filenames -F _lockstep lockstep

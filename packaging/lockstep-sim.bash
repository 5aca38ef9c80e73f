# Completion of lockstep-sim: verbs and options from its own help, scenarios and repros for the rest.
_lockstep_sim() {
    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p')" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" "$verb" --help 2>/dev/null | sed -nE 's/^  (-[a-z-]+).*/\1/p')" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -X '!*.@(vtc|repro)' -- "$word"; compgen -d -- "$word")
    fi
}
complete -o filenames -F _lockstep_sim lockstep-sim

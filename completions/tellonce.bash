_clap_complete_tellonce() {
    IFS=$'\013' read -r -d '' -a COMPREPLY < <( \
        _TELLONCE_LINE="${COMP_LINE:0:COMP_POINT}" \
        _TELLONCE_WORDBREAKS="$COMP_WORDBREAKS" \
        COMPLETE="bash" \
        tellonce -- "${COMP_WORDS[@]}"; \
        printf '\0' \
    )
    if [[ "${COMPREPLY-}" == *= ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o bashdefault -o nosort -F _clap_complete_tellonce tellonce
else
    complete -o bashdefault -F _clap_complete_tellonce tellonce
fi

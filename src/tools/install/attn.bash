# Completion of attn's sub-commands, options and words in bash. It asks the program, so it knows what
# the installed one knows.
_attn() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="$("$program" --help 2>/dev/null | sed -n 's/^  attn \([a-z]*\) .*/\1/p') --help"
  elif [[ $before == --* && $before != --help ]]; then
    # the words that an option takes, "a|b|c"; nothing for numbers
    words=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null |
      sed -n "s/^  $before .*, \([a-z]*|[a-z|]*\) (default.*/\1/p" | tr '|' ' ')
  else
    words="$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null | sed -n 's/^  \(--[A-Za-z0-9]*\) .*/\1/p') --help"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _attn attn

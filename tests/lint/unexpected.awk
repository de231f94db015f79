# unexpected.awk LIST FINDINGS: the findings (file:line:column: kind: text [check]) whose line "file:function:check"
# is not in the list, and the lines of the list that no finding has.

FILENAME == ARGV[1] {
  if ($0 !~ /^#/ && $0 != "")
    known[$0] = 1
  next
}

# The function that a line is in: the last name before a bracket in a line that begins a definition.
function within(file, line,    text, at, name) {
  name = "-"
  for (at = 1; at <= line && (getline text <file) > 0; at++)
    if (text ~ /^[A-Za-z_][A-Za-z_0-9 *]*\(/) {
      sub(/\(.*/, "", text)
      sub(/.*[ *]/, "", text)
      name = text
    }
  close(file)
  return name
}

/: (warning|error): / {
  split($0, part, ":")
  check = $0
  sub(/.*\[/, "", check)
  sub(/[],].*/, "", check)
  line = part[1] ":" within(part[1], part[2]) ":" check
  if (line in known)
    met[line] = 1
  else if (!(($0) in said))
    print
  said[$0] = 1
}

END {
  for (line in known)
    if (!(line in met))
      print line ": this is found no longer; it can leave the list"
}

# Which results a page needs, for Make: "page stem" for every directive that reads data of stem. A
# page may quote any experiment; Make must know before the first build, when no depfile exists.
# Input: all chapters. Prints each pair once; "page *" means all experiments.

FNR == 1 {
  page = FILENAME
  sub(/.*\//, "", page)
  sub(/\.md$/, "", page)
}

/^  - id: / { owner[$3] = page }

{
  rest = $0
  while (match(rest, /\{\{[a-z]+( +[A-Za-z0-9_-]+)?/)) {
    n = split(substr(rest, RSTART + 2, RLENGTH - 2), word, / +/)
    rest = substr(rest, RSTART + RLENGTH)
    if (word[1] == "claim" && n > 1)
      quoted[page " " word[2]]
    else if (word[1] == "verdicts" || word[1] == "artifact" || word[1] == "counts" || word[1] == "experiments")
      need[page " *"]
    else if (word[1] ~ /^(value|setting|table|figure)$/ && n > 1)
      need[page " " word[2]]
  }
}

END {
  for (q in quoted) {
    split(q, part, " ")
    if (part[2] in owner)
      need[part[1] " " owner[part[2]]]
  }
  for (pair in need)
    print pair
}

# Which results a page needs, for Make: "page stem" for every directive that reads data of stem. A
# page may quote any experiment; Make must know before the first build, when no depfile exists.
# Input: all chapters. Prints each pair once; "page *" means all experiments.
# With -v id=ID: instead, the stems that the claim or the statement ID needs, its own chapter's among
# them, those of the claims that cover it, and those that its text quotes.

FNR == 1 {
  page = FILENAME
  sub(/.*\//, "", page)
  sub(/\.md$/, "", page)
  front = 1
  item = key = ""
}

FNR > 1 && /^---$/ {
  front = 0
  item = key = ""
}

front && /^  - id: / {
  item = $3
  owner[item] = page
}

front && /^ ? ? ?[a-z]/ { item = "" }

front && /^(  - |    )[a-z]+:/ {
  key = $0
  gsub(/[ -]|:.*/, "", key)
}

front && key == "covers" {
  for (i = 1; i <= NF; i++)
    if ($i != "covers:")
      covers[$i " " page]
}

{
  user = id == "" ? page : item
  rest = $0
  while (match(rest, /\{\{[a-z]+( +[A-Za-z0-9_-]+)?/)) {
    n = split(substr(rest, RSTART + 2, RLENGTH - 2), word, / +/)
    rest = substr(rest, RSTART + RLENGTH)
    if (word[1] == "claim" && n > 1)
      quoted[user " " word[2]]
    else if (word[1] ~ /^(verdicts|artifact|counts|experiments|statements|uncovered)$/)
      need[user " *"]
    else if (word[1] ~ /^(value|setting|table|figure)$/ && n > 1)
      need[user " " word[2]]
  }
}

END {
  for (q in quoted) {
    split(q, part, " ")
    if (part[2] in owner)
      need[part[1] " " owner[part[2]]]
  }
  if (id == "") {
    for (pair in need)
      print pair
    exit
  }
  for (pair in covers)
    need[pair]
  if (id in owner)
    need[id " " owner[id]]
  for (pair in need) {
    split(pair, part, " ")
    if (part[1] == id)
      print part[2]
  }
}

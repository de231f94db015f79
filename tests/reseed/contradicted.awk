# Which runs contradict which claims: lines "stem id seed" for each, and "counted stem id runs". From lines
# "expected stem id verdict" of the chapters, and claims of runs, "stem seed id predicted measured low high
# kappa coherence in_scope ...", between tabs. A wide interval contradicts nothing: contradicted is a claim
# that is expected to hold when its whole interval lies outside what was predicted, and one that is not
# when its whole interval lies inside.
BEGIN { FS = OFS = "\t" }
$1 == "expected" { expected[$2, $3] = $4; next }
$2 > runs { next }
{
  key = $1 OFS $3; wanted = expected[$1, $3]
  if ($10 != "yes" || $6 == "nan" || $7 == "nan" || wanted == "out of scope" || wanted == "open") next
  from = "-inf"; to = "inf"
  split($4, word, /[ ,]+/)
  if (word[1] == "within") { from = word[4] - word[2]; to = word[4] + word[2] }
  else if (word[1] ~ /^>/) { from = word[2] + 0; if (word[3] == "at" && word[4] == "most") to = word[5] + 0 }
  else if (word[1] ~ /^</) to = word[2] + 0
  else from = $4 - 0.05 # a share, with high probability
  low = $6 == "-inf" ? -1e300 : $6 + 0; high = $7 == "inf" ? 1e300 : $7 + 0
  outside = (from != "-inf" && high < from) || (to != "inf" && low > to)
  inside = (from == "-inf" || low > from) && (to == "inf" || high < to)
  counted[key]++
  if (wanted == "supported" ? outside : inside) print key, $2
}
END { for (key in counted) print "counted", key, counted[key] }

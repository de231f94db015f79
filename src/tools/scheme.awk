# scheme.awk: makes a figure drawn by gnuplot follow the reader's light or dark colours, by a style
# sheet of its own, and takes out the groups that gnuplot leaves empty.
#
# What is drawn has a contrast of at least 3 to 1 with the ground in both schemes, and words 4.5 to 1
# (WCAG 2.1, 1.4.11 and 1.4.3): a colour that has less becomes darker on white or lighter in the dark
# (there 4 to 1, since thin coloured lines look fainter on black), with its hue kept. Greys keep their contrast from one scheme to the other, so that a grid stays
# faint. The colours of a map and of its scale mean values and are the same in both, as is what is
# drawn on a map. Who knows no schemes (the PDF's figures, by rsvg-convert) gets the light one.

BEGIN {
  PAPER["light"] = "ffffff"; INK["light"] = "000000"
  PAPER["dark"] = "16191d"; INK["dark"] = "e3e5e8" # as in paper/style.css
  NAMED["black"] = "000000"; NAMED["white"] = "ffffff"
  NAMED["gray"] = NAMED["grey"] = "808080"; NAMED["lightgrey"] = "d3d3d3"
}

# A group with areas of several colours, or with very many, is a map.
/<g id="gnuplot_plot_/ { group = $0; sub(/.*plot_[0-9]*/, "", group); sub(/".*/, "", group) }
/<polygon fill = / && !/fill-opacity/ && group != "" {
  match($0, /rgb\([^)]*\)/)
  if (RSTART > 0) {
    colour = substr($0, RSTART, RLENGTH)
    if ((group in first) && first[group] != colour || ++areas[group] > 40)
      map[group] = 1
    first[group] = colour
  }
}

{ line[NR] = $0 }

END {
  group = ""
  for (i = 1; i <= NR; i++) {
    if (line[i] ~ /^<g fill="none"[^<]*>$/ && line[i + 1] == "</g>") {
      i++
      continue
    }
    read_group(line[i])
    scale = line[i - 1] ~ /<polygon/ || line[i + 1] ~ /<polygon/
    if (line[i] ~ /^<desc>/)
      style_at = outs + 2 # after this line
    out[++outs] = painted(line[i])
  }
  for (i = 1; i <= outs; i++) {
    if (i == style_at)
      write_style()
    print out[i]
  }
}

# The panel whose curve a line belongs to, and whether a map was drawn in the last panel.
function read_group(text) {
  if (text ~ /<g id="gnuplot_plot_/) {
    group = text
    sub(/.*plot_[0-9]*/, "", group); sub(/".*/, "", group)
    on_map = group in map
    inside = 1; depth = 1
  } else if (inside) {
    depth += gsub(/<g[ >]/, "&", text) - gsub(/<\/g>/, "&", text)
    if (depth == 0)
      inside = 0
  }
}

# A line with the colours of its elements replaced and classed.
function painted(text,   n, k, part, out) {
  n = split(text, part, "<")
  out = part[1]
  for (k = 2; k <= n; k++)
    out = out "<" (part[k] ~ /^[a-zA-Z]/ ? element(part[k]) : part[k])
  return out
}

# "polygon fill = 'white' points='...'/>", with whatever follows.
function element(text,   class, said, before, after, rest, hex, kind, name) {
  class = before = ""
  match(text, />|$/)
  rest = substr(text, RSTART)
  text = after = substr(text, 1, RSTART - 1)
  gsub(/ = /, "=", after)
  while (match(after, /[ \t](stroke|fill|color|flood-color)=['"][^'"]*['"]/)) {
    said = substr(after, RSTART + 1, RLENGTH - 2)
    before = before substr(after, 1, RSTART)
    after = substr(after, RSTART + RLENGTH)
    name = said; sub(/=.*/, "", name)
    sub(/^[^=]*=./, "", said)
    hex = hex_of(said)
    if (hex == "") {
      before = before name "=\"" said "\""
      continue
    }
    kind = kept(text, name, hex, said) ? "" : name != "fill" ? "line" : \
      text ~ /font-family/ ? "word" : text ~ /^(rect|polygon)/ && text !~ /fill-opacity/ ? "area" : "line"
    before = before name "=\"#" (kind == "" ? hex : fit(hex, kind, "light")) "\""
    if (kind != "" && fit(hex, kind, "dark") != fit(hex, kind, "light"))
      class = class (class == "" ? "" : " ") used(name, hex, kind)
  }
  text = before after
  if (class != "") {
    if (text ~ /class="/)
      sub(/class="/, "class=\"" class " ", text)
    else
      sub(/^[a-zA-Z]+/, "& class=\"" class "\"", text)
  }
  return text rest
}

# Whether a colour is the same in both schemes: maps and scales, and what lies on a map. What is
# called #FFFFFF is the ground.
function kept(text, name, hex, said) {
  if (said == "#FFFFFF")
    return 0
  if (text ~ /^polygon/ && text !~ /fill-opacity/)
    return inside ? on_map : scale || !grey(hex)
  if (on_map && text !~ /font-family/ && text !~ /^g /)
    return inside || hex == "ffffff"
  return 0
}

function used(name, hex, kind,   class) {
  class = (name == "stroke" ? "s" : name == "fill" ? "f" : name == "color" ? "c" : "d") \
    (kind == "word" ? "w" : "") hex
  if (!(class in rule)) {
    rule[class] = name ":#" fit(hex, kind, "dark")
    order[++rules] = class
  }
  return class
}

function write_style(   k, text) {
  text = ".values text{display:none;pointer-events:none;fill:#INK;stroke:#PAPER;stroke-width:5;" \
    "stroke-linejoin:round;paint-order:stroke}.values .v:hover>:first-child," \
    ".values .v:focus>:first-child{stroke:#INK;stroke-width:1.5}"
  print "<style>:root{color-scheme:light dark}" in_scheme(text, "light")
  print ".v{outline:none}.values .v:hover text,.values .v:focus text{display:inline}"
  print "@media (prefers-color-scheme:dark){" in_scheme(text, "dark")
  for (k = 1; k <= rules; k++)
    print "." order[k] "{" rule[order[k]] "}"
  print "}</style>"
}

function in_scheme(text, scheme) {
  gsub(/INK/, INK[scheme], text)
  gsub(/PAPER/, PAPER[scheme], text)
  if (scheme == "dark")
    sub(/display:none;pointer-events:none;/, "", text)
  return text
}

# ---- colours, as six hexadecimal digits ----

function hex_of(said,   part) {
  if (said ~ /^rgb\(/) {
    gsub(/rgb\(|\)| /, "", said)
    split(said, part, ",")
    return sprintf("%02x%02x%02x", part[1], part[2], part[3])
  }
  if (said ~ /^#[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]$/)
    return tolower(substr(said, 2))
  return said in NAMED ? NAMED[said] : ""
}

function channel(hex, k) {
  return 16 * (index("0123456789abcdef", substr(hex, 2 * k - 1, 1)) - 1) + \
    index("0123456789abcdef", substr(hex, 2 * k, 1)) - 1
}

function linear(c) {
  c /= 255
  return c <= 0.04045 ? c / 12.92 : exp(2.4 * log((c + 0.055) / 1.055))
}

function luminance(hex) {
  return 0.2126 * linear(channel(hex, 1)) + 0.7152 * linear(channel(hex, 2)) + \
    0.0722 * linear(channel(hex, 3))
}

function contrast(a, b,   x, y) {
  x = luminance(a) + 0.05; y = luminance(b) + 0.05
  return x > y ? x / y : y / x
}

function grey(hex,   r, g, b) {
  r = channel(hex, 1); g = channel(hex, 2); b = channel(hex, 3)
  return r - g < 9 && g - r < 9 && r - b < 9 && b - r < 9 && g - b < 9 && b - g < 9
}

# The colour made lighter by t in (0, 2): its channels grow in proportion until one is full, and then
# white is mixed in; darker by t in (-1, 0).
function shade(hex, t,   r, g, b, most) {
  r = channel(hex, 1); g = channel(hex, 2); b = channel(hex, 3)
  if (t > 0) {
    most = r > g ? r : g
    most = most > b ? most : b
    if (most == 0)
      r = g = b = most = 1
    most = 1 + (t < 1 ? t : 1) * (255 / most - 1)
    r *= most; g *= most; b *= most
    t = t > 1 ? t - 1 : 0
    r += t * (255 - r); g += t * (255 - g); b += t * (255 - b)
  } else {
    r *= 1 + t; g *= 1 + t; b *= 1 + t
  }
  return sprintf("%02x%02x%02x", r + 0.5, g + 0.5, b + 0.5)
}

# A grey with this contrast to the ground, or the ink where none has.
function grey_of(wanted, scheme,   k, hex) {
  if (wanted >= contrast(INK[scheme], PAPER[scheme]) - 0.2)
    return INK[scheme]
  for (k = 0; k < 256; k++) {
    hex = sprintf("%02x%02x%02x", scheme == "dark" ? k : 255 - k, scheme == "dark" ? k : 255 - k, \
      scheme == "dark" ? k : 255 - k)
    if (luminance(hex) * (scheme == "dark" ? 1 : -1) >= luminance(PAPER[scheme]) * (scheme == "dark" ? 1 : -1) && \
        contrast(hex, PAPER[scheme]) >= wanted)
      return hex
  }
  return INK[scheme]
}

# What stands for a colour of a line, a word or an area in a scheme.
function fit(hex, kind, scheme,   wanted, has, k, t) {
  if ((hex, kind, scheme) in fitted)
    return fitted[hex, kind, scheme]
  wanted = kind == "word" ? 4.5 : scheme == "dark" && !grey(hex) ? 4 : 3
  if (hex == PAPER["light"])
    t = PAPER[scheme]
  else if (grey(hex)) {
    has = contrast(hex, PAPER["light"])
    if (kind == "word" || has > 2.2)
      has = has < wanted ? wanted : has
    t = scheme == "light" && has == contrast(hex, PAPER["light"]) ? hex : grey_of(has, scheme)
  } else {
    t = hex
    for (k = 1; contrast(t, PAPER[scheme]) < wanted && k <= 200; k++)
      t = shade(hex, scheme == "dark" ? k / 100 : -k / 200)
  }
  return fitted[hex, kind, scheme] = t
}

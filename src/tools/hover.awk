# hover.awk: gives the points of a figure drawn by gnuplot their values, shown by pointing at them,
# without a script. plot.sh calls it with record, the beginning of these files' names:
#   .table  the plotted points of every curve, as gnuplot's "set table" writes them
#   .notes  each panel's ranges and its place in the figure
#   .1 ...  each panel's settings, as gnuplot's "save set" writes them
# and about, what the figure shows.
#
# The value comes from the table. It is shown only where the panel's axes send it to a point or a
# corner of a line that the SVG has within 0.02 of its units; so what is not understood (an axis
# that is neither linear nor logarithmic, bars, images) gets no value rather than a wrong one.
#
# How many: each drawn point; of lines and bands the corners at least 8 units from the one before; of
# maps every cell. Where that makes more than 4000 in a figure, only the first of a curve in each
# square of 4, 8, 16 ... units, whichever suffices, has one.

BEGIN {
  LIMIT = 4000
  read_notes()
  read_table()
  for (p = 1; p <= panels; p++)
    read_settings(p)
}

{ line[++lines] = $0 }

END {
  if (failed)
    exit 1
  read_drawing()
  if (drawn != panels)
    stop("draws " drawn " panels of which " panels " are recorded: a plot command begins its line")
  if (tabled != panels)
    stop("draws " panels " panels but " tabled " as a table")
  name_curves()
  for (step = 0; step < width; step = step > 0 ? 2 * step : 4) {
    count = marks = 0
    for (p = 1; p <= panels; p++)
      for (c = 1; c <= curves[p]; c++)
        place_curve(p, c)
    if (count <= LIMIT)
      break
  }
  write()
}

function stop(text) {
  print "hover.awk: " text > "/dev/stderr"
  failed = 1
  exit 1
}

# ---- what gnuplot recorded ----

function read_notes(   k, file, part) {
  file = record ".notes"
  while ((getline part < file) > 0) {
    panels = part
    for (k = 1; k <= 6; k++) {
      getline part < file
      split(part, pair, " ")
      low[panels, k] = pair[1]; high[panels, k] = pair[2] # axes x y x2 y2, then the place
    }
  }
  close(file)
}

# Column names of a curve of the table are in a comment above it: "# x y ylow yhigh type".
function read_table(   file, text, n, k, word, curve) {
  file = record ".table"
  while ((getline text < file) > 0) {
    if (text ~ /^# Curve [0-9]+ of [0-9]+, /) {
      split(text, word, " ")
      if (word[3] == 0)
        tabled++
      curve = word[3] + 1
      curves[tabled] = curve
    } else if (text ~ /^# Curve title: /) {
      title[tabled, curve] = substr(text, 17, length(text) - 17)
    } else if (text ~ /^# x /) {
      head[tabled, curve] = substr(text, 3)
    } else if (text ~ /[^ ]/ && text !~ /^#/ && curve > 0) {
      n = split(text, word, " ")
      if (word[n] == "i")
        row[tabled, curve, ++rows[tabled, curve]] = text
    }
  }
  close(file)
}

function read_settings(p,   file, text, k, axis) {
  file = record "." p
  while ((getline text < file) > 0) {
    if (text ~ /^set logscale /) {
      split(text, word, " ")
      logarithmic[p, word[3]] = 1
    } else if (text ~ /^set (x|y|x2|y2|cb)label "/) {
      axis = text
      sub(/^set /, "", axis); sub(/label.*/, "", axis)
      label[p, axis] = plain(quoted(text))
    } else if (text ~ /^set (nonlinear|link|polar|parametric)/)
      strange[p] = 1
    else if (text ~ /^set (x|y|x2|y2|cb)tics .*\(/)
      read_tics(p, text)
    else if (text ~ /^#hover [xyc] ./)
      declared[p, substr(text, 8, 1)] = substr(text, 10)
  }
  close(file)
}

# Tics with texts of their own. An axis whose texts are other numbers than its places, as "1000" at
# log10(1000), is called something else in the script (hover_x, hover_y) or gets no value; on one
# whose texts are no numbers, a place is called by the text beside it.
function read_tics(p, text,   axis, place, said, x, same, other, words) {
  axis = text
  sub(/^set /, "", axis); sub(/tics .*/, "", axis)
  tics[p, axis] = 0
  while (match(text, /"([^"\\]|\\.)*" *[-+0-9.eE]+/)) {
    said = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    place = said
    sub(/.*" */, "", place)
    said = plain(quoted(said))
    if (said == "")
      continue
    tics[p, axis]++
    tic_text[p, axis, tics[p, axis]] = said
    tic_place[p, axis, tics[p, axis]] = place + 0
    x = number(said)
    if (x == "")
      words++
    else if (x - place <= 0.02 * size(place) + 1e-12 && place - x <= 0.02 * size(place) + 1e-12)
      same++
    else
      other++
  }
  relabelled[p, axis] = other > 0
  named[p, axis] = words > 0 && !same && !other
}

function size(x) { return x < 0 ? -x : x }

# "10^-3" and "−0.5" and "1/2" as numbers; "" for what is none
function number(text,   part) {
  gsub(/\342\210\222/, "-", text)
  gsub(/ /, "", text)
  if (text ~ /^[-+]?10\^[-+]?[0-9]+$/) {
    split(text, part, "^")
    return (part[1] < 0 ? -1 : 1) * 10 ^ part[2]
  }
  if (text ~ /^[-+]?[0-9]+\/[0-9]+$/) {
    split(text, part, "/")
    return part[1] / part[2]
  }
  return text ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ ? text + 0 : ""
}

# The first string in quotation marks of what gnuplot saved, with its \302\275 and \" resolved.
function quoted(text,   out, code) {
  sub(/^[^"]*"/, "", text)
  while (text != "" && substr(text, 1, 1) != "\"") {
    if (text ~ /^\\[0-7][0-7][0-7]/) {
      code = 64 * substr(text, 2, 1) + 8 * substr(text, 3, 1) + substr(text, 4, 1)
      out = out sprintf("%c", code)
      text = substr(text, 5)
    } else if (text ~ /^\\/) {
      out = out substr(text, 2, 1)
      text = substr(text, 3)
    } else {
      out = out substr(text, 1, 1)
      text = substr(text, 2)
    }
  }
  return out
}

# gnuplot's enhanced text without its marks
function plain(text) {
  gsub(/\{\/[^ }]* */, "", text)
  gsub(/[{}]/, "", text)
  return text
}

# ---- what the SVG has ----

# Per curve: the places of its points (at, 1) and of the corners of its lines (at, 2), in hundredths
# of a unit; the marks by which a reader knows it; whether the key names it.
function read_drawing(   i, text, id, group, letter, depth, last) {
  for (i = 1; i <= lines; i++) {
    text = line[i]
    if (text ~ /viewBox=/) {
      match(text, /"[^"]*"/)
      split(substr(text, RSTART + 1, RLENGTH - 2), box, " ")
      width = box[3]; height = box[4]
    }
    if (text ~ /<g id="gnuplot_plot_/) {
      match(text, /plot_[0-9]+/)
      curve = substr(text, RSTART + 5, RLENGTH - 5)
      letter = substr(text, RSTART + RLENGTH)
      sub(/".*/, "", letter)
      if (letter != last || drawn == 0)
        drawn++
      last = letter
      group = drawn SUBSEP curve
      depth = 1
      sub(/<title>.*<\/title>/, "", line[i]) # its tooltip would hide ours
      if ((drawn, curve) in begun) # where the key is drawn after the curves
        sub(/" >/, "_key\" >", line[i])
      begun[drawn, curve] = 1
      continue
    }
    if (group == "" && text ~ /<title>Gnuplot<\/title>/) {
      line[i] = ""
      continue
    }
    if (group == "")
      continue
    depth += gsub(/<g[ >]/, "&", text) - gsub(/<\/g>/, "&", text)
    if (depth == 0) {
      group = ""
      continue
    }
    if (text ~ /<text/)
      keyed[group] = 1
    read_places(group, text)
  }
}

# A line of the SVG: "<path stroke='...' d='M1.00,2.00 L ...'/>	<use .../>", or what follows of a path.
function read_places(group, text,   n, k, part, kind, pair) {
  n = split(text, part, "<")
  for (k = 1; k <= n; k++) {
    kind = 2
    if (part[k] ~ /^use /) {
      kind = 1
      match(part[k], /#gpPt[0-9]+/)
      if (attribute(part[k], "color") != "#FFFFFF") # the ground under a hollow point
        mark(group, substr(part[k], RSTART, RLENGTH) " " attribute(part[k], "color"))
    } else if (part[k] ~ /^path stroke=/)
      mark(group, "line " attribute(part[k], "stroke") " " attribute(part[k], "stroke-dasharray"))
    else if (part[k] !~ /^polygon / && k > 1)
      continue
    while (match(part[k], /-?[0-9]+\.[0-9]+,-?[0-9]+\.[0-9]+/)) {
      split(substr(part[k], RSTART, RLENGTH), pair, ",")
      part[k] = substr(part[k], RSTART + RLENGTH)
      at[group, kind, round(100 * pair[1]), round(100 * pair[2])] = 1
    }
  }
}

function mark(group, style) {
  if (!((group, style) in has)) {
    has[group, style] = 1
    style_of[group, ++styles[group]] = style
  }
}

function attribute(text, name) {
  if (!match(text, " " name "='[^']*'"))
    return ""
  return substr(text, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}

function round(x) { return x < 0 ? -int(-x + 0.5) : int(x + 0.5) }

# A curve is called what the key calls it. One that the key leaves out is called as the curve of the
# same look that the panel's key names; where two of the same look have different names, it has none.
# A panel without a key borrows the names of the other panels' keys if that tells curves apart.
function name_curves(   p, c, g, k, s, borrowed, first) {
  for (p = 1; p <= panels; p++)
    for (c = 1; c <= curves[p]; c++) {
      g = p SUBSEP c
      if (!(g in keyed))
        continue
      has_key[p] = 1
      title[g] = plain(title[g])
      for (k = 1; k <= styles[g]; k++) {
        s = style_of[g, k]
        call(p, s, title[g])
        call(0, s, title[g])
      }
    }
  for (p = 1; p <= panels; p++) {
    borrowed = 0
    first = ""
    for (c = 1; c <= curves[p]; c++) {
      g = p SUBSEP c
      if (g in keyed)
        continue
      s = has_key[p] ? p : 0
      title[g] = ""
      for (k = 1; k <= styles[g]; k++)
        if ((s, style_of[g, k]) in called)
          title[g] = called[s, style_of[g, k]]
      if (title[g] != "" && title[g] != first) {
        borrowed++
        first = title[g]
      }
    }
    for (c = 1; c <= curves[p] && !has_key[p] && borrowed < 2; c++)
      title[p, c] = ""
  }
}

function call(p, s, name,   other) {
  other = (p, s) in called && called[p, s] != name
  called[p, s] = other ? "" : name
}

# ---- from values to places ----

# In hundredths of a unit; "" where the axis has no place for the value.
function across(p, axis, x,   k, from, to, start, stop_) {
  k = axis == "x" ? 1 : axis == "y" ? 2 : axis == "x2" ? 3 : 4
  from = low[p, k]; to = high[p, k]
  if ((p, axis) in logarithmic) {
    if (x <= 0 || from <= 0 || to <= 0)
      return ""
    x = log(x); from = log(from); to = log(to)
  }
  if (from == to)
    return ""
  start = 100 * low[p, axis ~ /x/ ? 5 : 6]; stop_ = 100 * high[p, axis ~ /x/ ? 5 : 6]
  x = start + (x - from) / (to - from) * (stop_ - start)
  return axis ~ /x/ ? x : 100 * height - x
}

# Whether the curve has a point (1) or a corner (2) there; else 0. Only within the panel.
function drawn_at(g, x, y,   kind, i, j) {
  if (x == "" || y == "")
    return 0
  x = round(x); y = round(y)
  if ((g, 1, x, y) in at)
    return 1
  for (kind = 1; kind <= 2; kind++)
    for (i = -1; i <= 1; i++)
      for (j = -1; j <= 1; j++)
        if ((g, kind, x + i, y + j) in at)
          return kind
  return 0
}

function place_curve(p, c,   g, n, k, column, pair, ax, ay, best, found, r, x, y) {
  g = p SUBSEP c
  if (strange[p] || !(g in head) || !rows[g])
    return
  n = split(head[g], word, " ")
  for (k in column)
    delete column[k]
  for (k = 1; k <= n; k++)
    column[word[k]] = k
  if ("xlow" in column && "ylow" in column && place_cells(p, g))
    return
  # The axes of the curve are those on which most of its values are where they should be.
  best = 0
  for (k = 1; k <= 4 && 2 * best <= rows[g]; k++) {
    found = 0
    for (r = 1; r <= rows[g]; r++) {
      split(row[g, r], word, " ")
      x = across(p, k % 2 ? "x" : "x2", word[1])
      found += drawn_at(g, x, across(p, k <= 2 ? "y" : "y2", word[2])) > 0
    }
    if (found > best) {
      best = found
      ax = k % 2 ? "x" : "x2"; ay = k <= 2 ? "y" : "y2"
    }
  }
  if (best == 0)
    return
  placed_x = placed_y = ""
  for (r = 1; r <= rows[g]; r++) {
    split(row[g, r], word, " ")
    marks++
    if ("y1" in column) {
      marks++
      place(p, g, ax, ay, word[1], word[2], "[" show(word[2]) ", " show(word[3]) "]")
      place(p, g, ax, ay, word[1], word[3], "[" show(word[2]) ", " show(word[3]) "]")
    } else
      place(p, g, ax, ay, word[1], word[2], "", \
            "xlow" in column ? between(word[column["xlow"]], word[column["xhigh"]]) : "", \
            "ylow" in column ? between(word[column["ylow"]], word[column["yhigh"]]) : "")
  }
}

function between(from, to) {
  return from == "NaN" || to == "NaN" ? "" : " [" show(from) ", " show(to) "]"
}

function place(p, g, ax, ay, vx, vy, instead, about_x, about_y,   x, y, kind) {
  x = across(p, ax, vx); y = across(p, ay, vy)
  kind = drawn_at(g, x, y)
  if (!kind)
    return
  x /= 100; y /= 100
  if (kind == 2 && placed_x != "" && (x - placed_x) ^ 2 + (y - placed_y) ^ 2 < 64)
    return
  if (step > 0 && taken[step, g, int(x / step), int(y / step)]++)
    return
  placed_x = x; placed_y = y
  count++
  spot_kind[count] = kind
  spot_x[count] = x; spot_y[count] = y
  spot_text[count] = join(title[g], \
    said(p, ax, vx, show(vx) about_x), said(p, ay, vy, instead != "" ? instead : show(vy) about_y))
}

# "x = 0.5"
function said(p, axis, value, text,   name, k, near, gap) {
  name = declared[p, substr(axis, 1, 1)]
  for (k = 1; k <= tics[p, axis]; k++) # a scale's end that stands for all beyond it
    if (tic_text[p, axis, k] ~ /^\342\211[\244\245]/ && size(value - tic_place[p, axis, k]) < 1e-9)
      return name == "" ? tic_text[p, axis, k] : name " " substr(tic_text[p, axis, k], 1, 3) " " text
  if (name == "") {
    if (relabelled[p, axis])
      return ""
    name = label[p, axis]
    sub(/ = .*/, "", name) # "κ = ρ (n/d)^1/2" explains the name
    if (named[p, axis]) {
      gap = ""
      for (k = 1; k <= tics[p, axis]; k++)
        if (gap == "" || size(value - tic_place[p, axis, k]) < gap) {
          gap = size(value - tic_place[p, axis, k])
          near = tic_text[p, axis, k]
        }
      return gap < 0.4 ? (name == "" ? near : name ": " near) : ""
    }
  }
  if (name == "" || length(name) > 48)
    name = substr(axis, 1, 1)
  return name " = " text
}

# Four digits, with a true minus sign
function show(x,   text) {
  text = sprintf("%.4g", x)
  gsub(/-/, "\342\210\222", text)
  return text
}

function join(a, b, c) {
  a = a == "" || b == "" ? a b : a "\n" b
  return a == "" || c == "" ? a c : a "\n" c
}

# A map's cells: their corners must be where the polygon's are. Returns how many there are.
function place_cells(p, g,   r, x1, x2, y1, y2, cells) {
  for (r = 1; r <= rows[g]; r++) {
    split(row[g, r], word, " ") # x y xlow xhigh ylow yhigh, then the colour if it has one
    x1 = across(p, "x", word[3]); x2 = across(p, "x", word[4])
    y1 = across(p, "y", word[5]); y2 = across(p, "y", word[6])
    if (drawn_at(g, x1, y1) != 2 || drawn_at(g, x2, y2) != 2)
      continue
    cells++
    marks++
    count++
    spot_kind[count] = 3
    spot_x[count] = (x1 + x2) / 200; spot_y[count] = (y1 + y2) / 200
    spot_w[count] = size(x2 - x1) / 200; spot_h[count] = size(y2 - y1) / 200
    spot_text[count] = join("", said(p, "x", word[1], show(word[1])), said(p, "y", word[2], show(word[2])))
    if (word[7] ~ /[0-9]/)
      spot_text[count] = join(spot_text[count], said(p, "cb", word[7], show(word[7])), "")
  }
  return cells
}

# ---- the figure with its values ----

# Maps lie under lines and these under points, since what comes later is what is pointed at.
function write(   i, k, kind) {
  for (i = 1; i <= lines; i++) {
    if (line[i] ~ /^<desc>/)
      line[i] = "<desc>" escaped(about) "Values at " count " of " marks " points.</desc>"
    else if (line[i] ~ /^<svg/)
      line[i] = line[i] " role=\"img\" aria-label=\"" escaped(about) "\""
    if (line[i] ~ /^<\/svg>/) {
      print "<g class=\"values\" fill=\"none\" pointer-events=\"all\" font-family=\"DejaVu Sans, sans-serif\" font-size=\"13\">"
      for (kind = 3; kind >= 1; kind--)
        for (k = 1; k <= count; k++)
          if (spot_kind[k] == kind && spot_text[k] != "")
            write_spot(k)
      print "</g>"
    }
    if (line[i] != "")
      print line[i]
  }
}

function write_spot(k,   n, i, left, down, part, x) {
  n = split(spot_text[k], part, "\n")
  left = spot_x[k] > width / 2
  down = spot_y[k] < 20 + 17 * n
  printf "<g class=\"v\" tabindex=\"-1\" transform=\"translate(%.2f,%.2f)\">", spot_x[k], spot_y[k]
  if (spot_kind[k] == 3)
    printf "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", \
      -spot_w[k], -spot_h[k], 2 * spot_w[k], 2 * spot_h[k]
  else
    printf "<circle r=\"5\"/>"
  printf "<text y=\"%d\"%s>", (down ? 22 : 7 - 17 * n), (left ? " text-anchor=\"end\"" : "")
  x = left ? -9 : 9
  for (i = 1; i <= n; i++)
    printf "<tspan x=\"%d\"%s>%s</tspan>", x, (i > 1 ? " dy=\"17\"" : ""), escaped(part[i])
  print "</text></g>"
}

function escaped(text) {
  gsub(/&/, "\\&amp;", text)
  gsub(/</, "\\&lt;", text)
  gsub(/>/, "\\&gt;", text)
  gsub(/"/, "\\&quot;", text)
  return text
}

"""all_browser.py CHROMIUM COMPANION: what tests/all_browser.sh tests; a line of TAP per page and question."""

import glob
import math
import os
import re
import sys
import urllib.parse

from browser import Browser, Stuck

WIDTHS = (1440, 360)
AA_WORDS, AA_MARKS = 4.5, 3  # WCAG 2.1: 1.4.3, 1.4.11

# What one look at a loaded page finds: lists of sentences, empty where all is well.
LOOK = r"""(() => {
  const found = {overflow: [], text: [], links: [], ids: [], math: []};
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') +
    (typeof e.className === 'string' && e.className ? '.' + e.className.trim().split(/\s+/).join('.') : '');
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth)
    found.overflow.push('the page is ' + root.scrollWidth + ' wide in a window of ' + innerWidth);
  const scroller = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
  const inScroller = e => { for (let p = e.parentElement; p; p = p.parentElement) if (scroller(p)) return true; return false; };
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && !e.closest('.skip') && !inScroller(e) && box.right > innerWidth + 0.5)
      found.overflow.push(name(e) + ' ends at ' + Math.round(box.right));
    if (!scroller(e) && getComputedStyle(e).overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1 && !e.closest('math'))
      found.overflow.push(name(e) + ' hides what is wider than it');
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    if (n.parentElement.closest('code, pre, annotation, style, script'))
      continue;
    const wrong = n.data.match(/.{0,20}(\$|\\[a-zA-Z([{]|\?\?|\uFFFD|\{\{|\}\}).{0,20}/);
    if (wrong)
      found.text.push('"' + wrong[0].trim() + '"');
  }
  for (const m of document.querySelectorAll('math')) {
    const box = m.getBoundingClientRect();
    if (m.querySelector('merror') || box.width === 0 || box.height === 0)
      found.math.push('not rendered: ' + m.textContent.slice(0, 40));
  }
  for (const m of document.querySelectorAll('span.math'))
    if (!m.querySelector('math'))
      found.math.push('left as TeX: ' + m.textContent.slice(0, 40));
  found.formulas = document.querySelectorAll('math').length;
  const seen = new Set();
  for (const e of document.querySelectorAll('[id]')) {
    if (seen.has(e.id))
      found.ids.push('the id ' + e.id + ' is there twice');
    seen.add(e.id);
  }
  for (const [tag, attribute] of [['a', 'href'], ['link', 'href'], ['img', 'src'], ['object', 'data'], ['script', 'src'], ['source', 'src'], ['iframe', 'src']])
    for (const e of document.querySelectorAll(tag + '[' + attribute + ']'))
      found.links.push([e.getAttribute(attribute), new URL(e.getAttribute(attribute), document.baseURI).href, tag]);
  for (const e of document.querySelectorAll('a:not([href])'))
    found.ids.push('an <a> without href: ' + e.textContent.slice(0, 40));
  for (const e of document.querySelectorAll('img:not([alt]), object:not([aria-label])'))
    found.ids.push(name(e) + ' has no words for who does not see it');
  return found;
})()"""

# Colours, for pages and figures alike. What lies on a map keeps its colours and is left out.
CONTRAST = r"""(() => {
  const AA_WORDS = %g, AA_MARKS = %g;
  const bad = [];
  const rgba = said => { const p = (said.match(/[\d.]+/g) || []).map(Number); return p.length < 3 ? null : [p[0], p[1], p[2], p.length > 3 ? p[3] : 1]; };
  const light = c => { const l = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2] + 0.05; };
  const contrast = (a, b) => { const x = light(a), y = light(b); return x > y ? x / y : y / x; };
  const over = (a, b) => [0, 1, 2].map(k => a[3] * a[k] + (1 - a[3]) * b[k]).concat(1);
  const note = (what, c, least) => { if (c < least - 0.005) bad.push(what + ' has a contrast of ' + c.toFixed(2)); };
  let marks = 0;
  if (document.documentElement.tagName.toLowerCase() === 'svg') {
    const ground = rgba(getComputedStyle(document.querySelector('rect')).fill);
    const groups = [...document.querySelectorAll('g[id^=gnuplot_plot_]')];
    const letter = g => g.id.replace(/^gnuplot_plot_\d+/, '').replace('_key', '');
    const maps = new Set(groups.filter(g => {
      const areas = [...g.querySelectorAll('polygon:not([fill-opacity])')].map(p => p.getAttribute('fill'));
      return areas.length > 40 || new Set(areas).size > 1;
    }).map(letter));
    for (const e of document.querySelectorAll('text')) {
      if (e.closest('.values') || !e.textContent.trim()) continue;
      note('"' + e.textContent.trim() + '"', contrast(rgba(getComputedStyle(e).fill), ground), AA_WORDS);
      marks++;
    }
    for (const g of groups) {
      if (maps.has(letter(g))) continue;
      for (const e of g.querySelectorAll('path, use')) {
        const style = getComputedStyle(e), said = e.tagName === 'use' ? style.color : style.stroke;
        const colour = rgba(said);
        if (!colour || String(colour) === String(ground)) continue;
        note(g.id + ' ' + e.tagName + ' ' + said, contrast(colour, ground), AA_MARKS);
        marks++;
      }
    }
    if (document.querySelector('.values text')) {
      const style = getComputedStyle(document.querySelector('.values text'));
      note('a value', contrast(rgba(style.fill), rgba(style.stroke)), AA_WORDS);
    }
    return {bad: [...new Set(bad)], marks, ground: String(ground)};
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const done = new Set();
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || done.has(e)) continue;
    done.add(e);
    const grounds = [];
    for (let p = e; p; p = p.parentElement) grounds.push(rgba(getComputedStyle(p).backgroundColor));
    let ground = rgba(getComputedStyle(document.documentElement).backgroundColor);
    ground = ground[3] === 0 ? (matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1]) : ground;
    for (const g of grounds.reverse()) ground = over(g, ground);
    note(e.tagName.toLowerCase() + ' "' + n.data.trim().slice(0, 30) + '"', contrast(over(rgba(getComputedStyle(e).color), ground), ground), AA_WORDS);
    marks++;
  }
  return {bad: [...new Set(bad)], marks, ground: getComputedStyle(document.body).backgroundColor};
})()""" % (AA_WORDS, AA_MARKS)

# Everything that keys should reach, in the order of the document: links, what says so, and boxes that
# scroll, which Chromium and Firefox make reachable where nothing in them is. And where the focus is.
REACHABLE = r"""(window.reachable = [...document.querySelectorAll('body *')].filter(e => {
    if (!e.getClientRects().length || getComputedStyle(e).visibility === 'hidden') return false;
    if (e.matches('a[href], button, input, select, textarea, summary, [tabindex]')) return e.tabIndex >= 0;
    return ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth &&
      ![...e.querySelectorAll('a[href], [tabindex]')].some(inner => inner.tabIndex >= 0);
  })).length"""
FOCUS = r"""(() => { const e = document.activeElement; if (!e || e === document.body) return null;
  const style = getComputedStyle(e);
  return [window.reachable.indexOf(e), e.tagName.toLowerCase() + ' ' + e.textContent.trim().slice(0, 40), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0]; })()"""

# The marks of a figure that answer the pointer: their number, and some of them, on top of all others.
MARKS = r"""(() => {
  const all = [...document.querySelectorAll('.v')], some = [];
  const middle = v => { const b = v.firstElementChild.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; };
  const middles = all.map(middle);
  // no finger tells marks apart that are nearer to each other than this
  const alone = k => middles.every(([x, y], j) => j === k || Math.hypot(x - middles[k][0], y - middles[k][1]) > 16);
  for (let k = 0; some.length < 5 && k < all.length; k += Math.max(1, Math.floor(all.length / 23))) {
    const [x, y] = middles[k];
    const top = document.elementFromPoint(x, y);
    if (top && top.parentElement === all[k]) some.push([alone(k), x, y, all[k].textContent]);
  }
  return [all.length, some];
})()"""
SHOWN = "[...document.querySelectorAll('.v')].filter(v => getComputedStyle(v.querySelector('text')).display !== 'none').map(v => v.textContent)"


class Report:
    def __init__(self):
        self.count = self.failed = 0

    def say(self, name, problems):
        self.count += 1
        problems = list(dict.fromkeys(problems))
        if not problems:
            print("ok %d - %s" % (self.count, name), flush=True)
            return
        self.failed += 1
        print("not ok %d - %s" % (self.count, name))
        for problem in problems[:12]:
            print("# " + " ".join(problem.split()))
        if len(problems) > 12:
            print("# and %d more" % (len(problems) - 12))
        sys.stdout.flush()


def path_of(url):
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path)


def messages(browser):
    """What the console and the network said while a page was loaded."""
    said = []
    for method, about in browser.events:
        if method == "Log.entryAdded" and about["entry"]["level"] in ("warning", "error"):
            said.append("%s: %s" % (about["entry"]["level"], about["entry"]["text"]))
        elif method == "Runtime.consoleAPICalled":
            said.append("console.%s: %s" % (about["type"], about["args"][:1]))
        elif method == "Runtime.exceptionThrown":
            said.append("an exception: %s" % about["exceptionDetails"]["text"])
        elif method == "Network.loadingFailed":
            said.append("not loaded: %s" % about["errorText"])
        elif method == "Network.requestWillBeSent":
            if not about["request"]["url"].startswith(("file:", "data:", "about:")):
                said.append("asks the network for %s" % about["request"]["url"])
    return said


def anchors_of(page):
    """The places of a page to which links can lead."""
    with open(page, encoding="utf-8") as file:
        return set(re.findall(r'<[a-zA-Z][^<>]*?\sid="([^"]*)"', file.read()))


def links_lead(links, anchors):
    """Sentences on links whose file or anchor is not there."""
    wrong = []
    for said, url, tag in links:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme in ("http", "https"):
            if not re.fullmatch(r"[A-Za-z0-9.-]+\.[a-z]{2,}(:\d+)?", parts.netloc) or " " in said:
                wrong.append("%s is no address" % said)
            elif tag != "a":
                wrong.append("%s comes from outside" % said)
        elif parts.scheme == "file":
            path = path_of(url)
            if not os.path.isfile(path):
                wrong.append("%s is not there" % said)
            elif parts.fragment and path.endswith(".html"):
                if urllib.parse.unquote(parts.fragment) not in anchors.get(os.path.basename(path), ()):
                    wrong.append("%s has no such place" % said)
        elif parts.scheme not in ("data", "mailto"):
            wrong.append("%s: what is %s?" % (said, parts.scheme))
    return wrong


def has_formulas(page):
    """Whether the chapter of a page writes formulas."""
    source = os.path.join("paper", "chapters", os.path.basename(page)[:-5] + ".md")
    if not os.path.exists(source):
        return False
    with open(source, encoding="utf-8") as file:
        text = file.read().split("\n---\n", 1)[-1]
    text = re.sub(r"(?ms)^(```|~~~).*?^\1", "", text)
    text = re.sub(r"`[^`]*`|\\\$", "", text)
    return re.search(r"\$[^$ ][^$]*\$", text) is not None


def keys_reach(browser):
    wanted = browser.run(REACHABLE)
    wrong, order = [], []
    for _ in range(wanted + 2):
        browser.press("Tab", 9)
        focus = browser.run(FOCUS)
        if focus is None:
            break
        index, words, outlined = focus
        if index in order:
            break
        if index < 0:
            wrong.append("the focus is on what should have none: " + words)
        elif not outlined:
            wrong.append("the focus is not seen on: " + words)
        order.append(index)
    if order[:1] != [0] or not browser.run("window.reachable[0].matches('.skip')"):
        wrong.append("the first key does not lead to the link that skips to the content")
    reached = [index for index in order if index >= 0]
    if reached != sorted(reached):
        wrong.append("the focus jumps back: " + ", ".join(map(str, reached[:40])))
    for index in sorted(set(range(wanted)) - set(reached))[:5]:
        wrong.append("no key leads to " + browser.run(
            "window.reachable[%d].outerHTML.slice(0, 80)" % index))
    return wrong


def values_appear(browser):
    """Points at some marks of each figure of the open page, then taps one."""
    wrong = []
    for url, frame in browser.frames().items():
        name = os.path.basename(path_of(url))
        count, some = browser.run(MARKS, frame)
        if count == 0 or not some:
            wrong.append("%s has no mark that answers" % name)
            continue
        for tapped, (_, x, y, words) in [(False, mark) for mark in some] + [(True, mark) for mark in some if mark[0]][-1:]:
            left, top = browser.run(
                "(() => { const o = [...document.querySelectorAll('object')].find(o => o.data === %r);"
                "scrollTo({left: 0, top: scrollY + o.getBoundingClientRect().top + %g - innerHeight / 2, behavior: 'instant'});"
                "o.parentElement.scrollLeft = %g - 150; const b = o.getBoundingClientRect(); return [b.x, b.y]; })()"
                % (url, y, x))
            browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)))")
            if tapped:
                browser.point(1, 1)
                browser.tap(left + x, top + y)
            else:
                browser.point(left + x, top + y)
            browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)))")
            shown = browser.run(SHOWN, frame)
            if words not in shown:
                wrong.append("%s: %s at %g, %g shows %s and not %s" % (
                    name, "a tap" if tapped else "the pointer", x, y, shown or "nothing", words))
    return wrong


def spots(path):
    """The marks of a figure: x, y, lines of text."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r'<g class="v"[^>]*translate\(([-\d.]+),([-\d.]+)\)">.*?<text[^>]*>(.*?)</text>', text)
    return [(float(x), float(y), [part for part in re.split(r"<[^>]*>", words.replace("−", "-")) if part])
            for x, y, words in found]


def rows(path):
    with open(path, encoding="utf-8") as file:
        head, *body = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [dict(zip(head, cells)) for cells in body]


def four(x):
    return "%.4g" % float(x)


def values_agree(companion):
    """gd_scaling, panel (b): boundaries A, B, C (0, 1, 2) in SNR against n, both axes logarithmic. From
    the table: which texts there must be, and that places are in proportion to logarithms."""
    wrong = []
    found = spots(os.path.join(companion, "figures", "gd_scaling.svg"))
    edges = rows(os.path.join(companion, "data", "gd_scaling", "edges.tsv"))
    placed = []
    for row in edges:
        if row["snr"] == "nan":
            continue
        words = ["ABC"[int(float(row["boundary"]))], "n = " + four(row["n"]), "y = " + four(row["snr"])]
        if row["snr_low"] != "nan" and row["snr_high"] != "nan":
            words[2] += " [%s, %s]" % (four(row["snr_low"]), four(row["snr_high"]))
        at = [(x, y) for x, y, text in found if text == words]
        if len(at) != 1:
            wrong.append("edges.tsv: %d marks say %s" % (len(at), ", ".join(words)))
        else:
            placed.append((math.log(float(row["n"])), at[0][0], math.log(float(row["snr"])), at[0][1]))
    if len(placed) < 6:
        return wrong + ["only %d of the table's rows were found" % len(placed)]
    for value, place, what in ((0, 1, "x"), (2, 3, "y")):
        low = min(placed, key=lambda p: p[value])
        high = max(placed, key=lambda p: p[value])
        for p in placed:
            share = (p[value] - low[value]) / (high[value] - low[value])
            expected = low[place] + share * (high[place] - low[place])
            if abs(expected - p[place]) > 0.05:
                wrong.append("%s = %g stands at %.2f and not at %.2f" % (what, math.exp(p[value]), p[place], expected))
    return wrong


def main():
    program, companion = sys.argv[1], os.path.abspath(sys.argv[2])
    pages = sorted(glob.glob(os.path.join(companion, "*.html")))
    report = Report()
    browser = Browser(program)
    try:
        anchors = {os.path.basename(page): anchors_of(page) for page in pages}
        for page in pages:
            looks, said, keys, values = {}, {}, {}, {}
            for width in WIDTHS:
                browser.scheme("light")
                browser.open("file://" + page, width)
                looks[width] = browser.run(LOOK)
                said[width] = messages(browser)
                keys[width] = keys_reach(browser)
                values[width] = values_appear(browser)

            def both(problems):
                return ["at %d: %s" % (width, problem) for width in WIDTHS for problem in problems[width]]

            name = os.path.basename(page)
            first = looks[WIDTHS[0]]
            report.say(name + ": the console says nothing", both(said))
            report.say(name + ": links lead somewhere", links_lead(first["links"], anchors) + first["ids"])
            report.say(name + ": formulas are rendered", first["math"] + (
                ["the chapter has formulas and the page has none"] if has_formulas(page) and not first["formulas"] else []))
            report.say(name + ": no mark of TeX or of a missing reference", first["text"])
            report.say(name + ": nothing is too wide", both({width: looks[width]["overflow"] for width in WIDTHS}))
            report.say(name + ": keys reach everything in order", both(keys))
            if any(tag == "object" for _, _, tag in first["links"]):
                report.say(name + ": the figure's values appear", both(values))
        for page in pages:
            problems, grounds = [], {}
            for scheme in ("light", "dark"):
                browser.scheme(scheme)
                browser.open("file://" + page, WIDTHS[0])
                parts = [(os.path.basename(page), browser.run(CONTRAST))]
                for url, frame in browser.frames().items():
                    parts.append((os.path.basename(path_of(url)), browser.run(CONTRAST, frame)))
                for name, seen in parts:
                    problems += ["%s, %s: %s" % (name, scheme, bad) for bad in seen["bad"]]
                    if seen["marks"] == 0:
                        problems.append("%s, %s: nothing was seen" % (name, scheme))
                    if grounds.setdefault(name, seen["ground"]) == seen["ground"] and scheme == "dark":
                        problems.append("%s has the same ground in both schemes" % name)
            report.say(os.path.basename(page) + ": contrast is enough, light and dark", problems)
        figure = os.path.join(companion, "figures", "gd_scaling.svg")
        if os.path.exists(figure):
            report.say("gd_scaling.svg: the values are the table's", values_agree(companion))
        for figure in sorted(glob.glob(os.path.join(companion, "figures", "*.svg"))):
            with open(figure, encoding="utf-8") as file:
                text = file.read()
            drawn = len(re.findall(r"<use [^>]*translate", text.split('<g class="values"')[0]))
            marked = len(spots(figure))
            report.say(os.path.basename(figure) + ": most points have values", [] if marked >= 0.8 * drawn else [
                "%d marks have values and %d points are drawn" % (marked, drawn)])
    except Stuck as problem:
        report.say("Chromium answers", [str(problem)])
    finally:
        browser.close()
    print("1..%d" % report.count)
    return 1 if report.failed else 0


sys.exit(main())

#!/usr/bin/env python3
"""Do the tests notice a wrong sign or a shifted index? Each sign, comparison and index of a source
file of src/attn is changed in turn, one at a time; the file is compiled alone, linked with the test
programs that look at it, and those are run, the quickest first, until one fails.

    tests/mutation.py [--jobs N] [--list] [FILE...]      FILE: attention.c, risk.c, ... or all of FILES

killed      a test failed, crashed, or took longer than its limit, where need be under a sanitizer
same code   the compiler makes the same object file of it: nothing that a test could see
no C        it does not compile; neither of these two counts
explained   it survived, and tests/mutation.tsv says why no test can see it
SURVIVED    it survived, and nobody says why: the script fails

make mutation builds what is linked first. Answers are kept in build/mutation/, so that an interrupted
run goes on where it stopped; one is asked for again when the source file, a header, or a test that
decided it has changed. Exits with status 1 too when fewer than 95% of the signs and indices that count
are killed, or when tests/mutation.tsv explains one that a test kills or that there is not. Comparisons
have a share of their own: < and <= differ only where both sides are equal, which for most of them
either never happens or gives the same either way.
"""
import argparse
import concurrent.futures
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

# Which test programs look at a file. Those that take minutes, or see it only through others, stay out.
FILES = {
    "attention.c": "attention model train",
    "model.c": "model model_heads train",
    "train.c": "train model optim",
    "tokens.c": "tokens tokens_gaussian model",
    "tokens_dense.c": "tokens tokens_gaussian model",
    "tokens_gram.c": "tokens_gram tokens tokens_gaussian",
    "tokens_lazy.c": "tokens_lazy tokens tokens_gaussian",
    "risk.c": "risk",
    "risk_two.c": "risk_integrands risk risk_limit",
    "risk_input.c": "risk",
    "risk_result.c": "risk",
    "logprob.c": "risk risk_limit",
    "risk_limit.c": "risk_integrands risk_limit",
    "svm.c": "svm svm_edges svm_exchanges svm_libsvm maxmargin",
}
SHARE = 0.95
WORK = Path("build/mutation")
EXPLANATIONS = Path("tests/mutation.tsv")
FLAGS = "-std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -Isrc/attn -O1 -g0 -w -fPIC".split()
# What is not noticed so far may be a read beyond the end of an array. Blocks then have their exact
# size, so that this is seen; attn_alloc itself rounds it up to 64 bytes.
SANITIZED = [*FLAGS, "-fsanitize=address,undefined", "-fsanitize-undefined-trap-on-error"]
EXACT_BLOCKS = """#include <stdint.h>
#include <stdlib.h>
void *__real_attn_alloc(size_t count, size_t size);
void *__wrap_attn_alloc(size_t count, size_t size);
void *__wrap_attn_alloc(size_t count, size_t size) {
  if (size != 0 && count > (SIZE_MAX >> 16) / size) /* its sentence about sizes beyond all memory */
    return __real_attn_alloc(count, size);
  void *memory = calloc(1, count * size);
  return memory != NULL ? memory : __real_attn_alloc(count, size);
}
"""
OPTIONS = hashlib.sha256(" ".join(["1", *SANITIZED, EXACT_BLOCKS]).encode()).hexdigest()[:8]
LIBS = "-lcmocka -lgsl -l:liblapacke.a -lopenblas -lm".split()
CC = os.environ.get("CC", "cc")

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|\#(?:[^\n\\]|\\.)*)
      |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      |(?P<number>(?:0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?|\.?\d[\d.]*(?:[eE][+-]?\d+)?)[uUlLfF]*)
      |(?P<name>[A-Za-z_]\w*)
      |(?P<operator><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL,
)
BINARY = {"+": "-", "-": "+", "+=": "-=", "-=": "+=", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
          "==": "!=", "!=": "=="}
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
TYPE = re.compile(r"(?:(?:static|const|unsigned|signed|long|double|float|int|char|bool|void|size_t|"
                  r"u?int\d+_t|attn_\w+)\b[\s*]*)+")
# After these words a sign belongs to what follows it.
BEFORE_VALUE = {"return", "case", "else", "do", "sizeof"}


def tokens(text):
    """(kind, text, position) of each token that is neither blank nor comment nor directive."""
    return [(match.lastgroup, match.group(), match.start())
            for match in TOKEN.finditer(text) if match.lastgroup != "skip"]


def opening(parts, close):
    """The place of the bracket that the one at place close closes."""
    depth = 0
    for at in range(close, -1, -1):
        depth += parts[at][1] in ")]}"
        depth -= parts[at][1] in "([{"
        if depth == 0:
            return at
    return 0


def ends_value(parts, at):
    """Whether the token at this place can end a value, so that a sign after it has two sides."""
    kind, word, _ = parts[at]
    if word == ")":
        inside = " ".join(part[1] for part in parts[opening(parts, at) + 1 : at])
        return not TYPE.fullmatch(inside + " ")
    if kind == "name":
        return word not in BEFORE_VALUE
    return kind == "number" or word == "]"


def declares(parts, at):
    """Whether the bracket at this place gives the size of what is declared."""
    first = at
    while first > 0 and parts[first - 1][1] not in (";", "{", "}", "("):
        first -= 1
    words = [part[1] for part in parts[first:at]]
    if not words or not TYPE.match(words[0]) or ")" in words:
        return False
    last = max((i for i, word in enumerate(words) if word == ","), default=-1)
    return "=" not in words[last + 1 :]


def mutants(text):
    """(start, end, replacement) of each change."""
    parts = tokens(text)
    for at, (kind, word, start) in enumerate(parts):
        if kind != "operator":
            continue
        end = start + len(word)
        if word in "+-" and not (at > 0 and ends_value(parts, at - 1)):
            if word == "-":
                yield start, end, ""
        elif word in BINARY:
            yield start, end, BINARY[word]
        elif word == "[" and at > 0 and ends_value(parts, at - 1) and not declares(parts, at):
            close = next((i for i in range(at + 1, len(parts))
                          if parts[i][1] == "]" and opening(parts, i) == at), None)
            if close is None or close == at + 1:
                continue
            inside = text[end : parts[close][2]]
            shifted = {"0": "1", "1": "0"}.get(inside.strip(), f"({inside}) + 1")
            yield end, parts[close][2], shifted


def line_of(text, position):
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return start, end if end >= 0 else len(text)


def place_of(name, text, position):
    """file.c:function, or file.c outside of all; definitions start at the left margin."""
    found = re.findall(r"^[A-Za-z][^;={}]*?\b(\w+)\(|^(})", text[:position], re.MULTILINE)
    return f"{name}:{found[-1][0]}" if found and found[-1][0] else name


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(Path(path).read_bytes())
    return total.hexdigest()[:16]


def limits(seconds, memory):
    """For the child alone: processor seconds, memory, and no core file."""
    def apply():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


def run(program, folder, seconds, preload=None):
    """How a program ended: its status, minus its signal, or "time" when it neither ended nor worked."""
    settings = {**os.environ, "LD_LIBRARY_PATH": str(folder), "CMOCKA_TEST_ABORT": "1"}
    memory = 8 << 30
    if preload:
        settings |= {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"}
        memory = resource.RLIM_INFINITY  # the sanitizer reserves addresses by the terabyte
    child = subprocess.Popen([str(program)], env=settings, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=limits(seconds, memory))
    try:
        # one that sleeps takes no processor time; nor does one that waits for a busy machine
        status = child.wait(timeout=300 + 40 * seconds)
    except subprocess.TimeoutExpired:
        status = "time"
    finally:
        try:  # what it started itself
            os.killpg(child.pid, 9)
        except ProcessLookupError:
            pass
        if status == "time":
            child.wait()
    return status


class Subject:
    """A source file, its tests, and what is known of its mutants."""

    def __init__(self, name):
        self.name = name
        self.path = Path("src/attn") / name
        self.text = self.path.read_text()
        self.folder = WORK / self.path.stem
        self.folder.mkdir(parents=True, exist_ok=True)
        self.record = self.folder / "answers.tsv"
        headers = sorted(Path("src/attn").glob("*.h"))
        shared = [p for p in sorted(Path("tests").glob("*.[ch]")) if not p.name.startswith("test_")]
        self.source = digest(self.path, *headers, *shared) + "-" + OPTIONS
        self.tests = {test: digest(f"tests/test_{test}.c") for test in FILES[name].split()}
        self.sanitized, self.first = None, threading.Lock()
        self.known = {}
        if self.record.exists():
            for line in self.record.read_text().splitlines():
                row = line.split("\t")
                if len(row) == 8 and row[3] == self.source:
                    self.known[tuple(row[:3])] = row[4:]

    def compile(self, text, out, flags):
        # from standard input, since an object names its source
        return subprocess.run([CC, *flags, "-x", "c", "-c", "-", "-o", out], text=True,
                              input=f'#line 1 "{self.path}"\n{text}', stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def share(self, obj, worker, *options):
        """The file as a library that the programs load: they are linked once, for all mutants."""
        folder = self.folder / str(worker)
        folder.mkdir(exist_ok=True)
        subprocess.run([CC, "-shared", "-nostdlib", "-Wl,-soname,libmutant.so", *options, str(obj),
                        "-lm", "-o", str(folder / "libmutant.so")], check=True)
        return folder

    def link(self, test, sanitized=False):
        rest = [f"build/obj/attn/{p.stem}.o" for p in Path("src/attn").glob("*.c") if p != self.path]
        rest += [f"build/obj/tests/{p.stem}.o" for p in Path("tests").glob("*.c")
                 if not p.name.startswith("test_")]
        main, program = Path(f"build/obj/tests/test_{test}.o"), self.folder / test
        if sanitized:  # the test too, since some of its arrays lie on the stack
            main, program = WORK / f"test_{test}.o", self.folder / f"{test}_sanitized"
            if not main.exists() or main.stat().st_mtime <= Path(f"tests/test_{test}.c").stat().st_mtime:
                subprocess.run([CC, *SANITIZED, "-c", f"tests/test_{test}.c", "-o", main], check=True)
            rest += [self.folder / "exact.c", "-Wl,--wrap=attn_alloc"]
        libs = (["-lsvm"] if test == "svm_libsvm" else []) + LIBS
        # a test may have a function of its own in place of one of the library's: the first counts
        loose = ["-Wl,--unresolved-symbols=ignore-all"] if sanitized else []  # those are preloaded
        subprocess.run([CC, "-rdynamic", "-Wl,-z,muldefs", *loose, main, *rest,
                        self.folder / "original" / "libmutant.so", *libs, "-o", program], check=True)
        return program

    def time(self, test, program, folder, preload=None):
        """Whether a test passes, and the processor time that it takes."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        status = run(program, folder, 600, preload)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status != 0 and not preload:
            sys.exit(f"mutation: test_{test} fails ({status}) with {self.path} as it is")
        return status == 0, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def measure(self):
        """The unchanged file passes its tests; their times give the order and the limits."""
        obj = self.folder / "original.o"
        if not self.compile(self.text, obj, FLAGS):
            sys.exit(f"mutation: {self.path} does not compile as it is")
        self.same = obj.read_bytes()
        folder = self.share(obj, "original")
        for test in self.tests:
            made = Path(f"build/obj/tests/test_{test}.o")
            if not made.exists() or made.stat().st_mtime < Path(f"tests/test_{test}.c").stat().st_mtime:
                sys.exit(f"mutation: {made} is missing or old; make mutation builds what is needed")
        self.seconds = {test: self.time(test, self.link(test), folder)[1] for test in self.tests}
        self.order = sorted(self.tests, key=self.seconds.get)

    def sanitize(self):
        """The same with a sanitizer, as far as there is one and the tests pass under it."""
        self.sanitized = {}
        found = subprocess.run([CC, "-print-file-name=libasan.so"], capture_output=True, text=True,
                               check=False).stdout.strip()
        obj = self.folder / "sanitized.o"
        (self.folder / "exact.c").write_text(EXACT_BLOCKS)
        if not Path(found).is_absolute() or not self.compile(self.text, obj, SANITIZED):
            return
        self.preload = found
        folder = self.share(obj, "sanitized", "-Wl,--wrap=attn_alloc")
        for test in self.order[:2]:  # a read beyond an array needs no long program
            passes, seconds = self.time(test, self.link(test, True), folder, found)
            if passes:
                self.sanitized[test] = seconds

    def still_holds(self, answer, trust):
        result, tests = answer[0], answer[1]
        if result == "killed":
            test, _, known = tests.partition(":")
            return test in self.tests and (trust or self.tests[test] == known)
        if result == "survived":
            return tests == ",".join(f"{t}:{d}" for t, d in sorted(self.tests.items()))
        return True

    def ask(self, key, change, worker):
        start, end, new = change
        text = self.text[:start] + new + self.text[end:]
        obj = self.folder / f"mutant{worker}.o"
        began = time.monotonic()
        if not self.compile(text, obj, FLAGS):
            result = ("no C", "", "")
        elif obj.read_bytes() == self.same:
            result = ("same code", "", "")
        else:
            result = self.judge(text, obj, worker)
        return key, [*result, f"{time.monotonic() - began:.1f}"]

    def judge(self, text, obj, worker):
        folder = self.share(obj, worker)
        for test in self.order:
            status = run(self.folder / test, folder, int(5 * self.seconds[test]) + 2)
            if status != 0:
                return "killed", f"{test}:{self.tests[test]}", str(status)
        with self.first:
            if self.sanitized is None:
                self.sanitize()
        if self.sanitized:
            self.compile(text, obj, SANITIZED)
            folder = self.share(obj, worker, "-Wl,--wrap=attn_alloc")
            for test, seconds in self.sanitized.items():
                status = run(self.folder / f"{test}_sanitized", folder, int(5 * seconds) + 5,
                             self.preload)
                if status != 0:
                    return "killed", f"{test}:{self.tests[test]}", f"sanitizer {status}"
        return "survived", ",".join(f"{t}:{d}" for t, d in sorted(self.tests.items())), ""


def changes(subject):
    """For each change a key (the number of the line, its text, its text as changed), its place for
    the explanations, and the change."""
    for start, end, new in mutants(subject.text):
        low, high = line_of(subject.text, start)
        high = max(high, line_of(subject.text, end)[1])
        old = " ".join(subject.text[low:high].split())
        changed = " ".join((subject.text[low:start] + new + subject.text[end:high]).split())
        yield ((str(subject.text.count("\n", 0, start) + 1), old, changed),
               place_of(subject.name, subject.text, start), (start, end, new))


def explanations():
    known = {}
    if EXPLANATIONS.exists():
        for number, line in enumerate(EXPLANATIONS.read_text().splitlines(), 1):
            if line.startswith("#") or not line.strip():
                continue
            row = line.split("\t")
            if len(row) != 4 or not all(cell.strip() for cell in row):
                sys.exit(f"mutation: {EXPLANATIONS}:{number}: four cells are expected, between tabs: "
                         "file:function, line, line as changed, reason")
            known[tuple(row[:3])] = row[3]
    return known


def examine(subject, jobs, trust):
    todo = []
    for key, _, change in changes(subject):
        answer = subject.known.get(key)
        if answer is None or not subject.still_holds(answer, trust):
            subject.known.pop(key, None)
            todo.append((key, change))
    if not todo:
        return
    subject.measure()
    free = list(range(jobs))

    def one(item):
        worker = free.pop()
        try:
            return subject.ask(*item, worker)
        finally:
            free.append(worker)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool, subject.record.open("a") as record:
        for key, answer in pool.map(one, todo):
            subject.known[key] = answer
            record.write("\t".join([*key, subject.source, *answer]) + "\n")
            record.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--trust", action="store_true",
                        help="after tests were only added to: do not ask again what a test killed")
    parser.add_argument("--list", action="store_true", help="the changes, without trying them")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    files = options.files or list(FILES)
    for name in files:
        if name not in FILES:
            sys.exit(f"mutation: {name}: no test programs are named for it; those with some are "
                     + ", ".join(FILES))
    if options.list:
        for name in files:
            for key, place, _ in changes(Subject(name)):
                print(place, *key, sep="\t")
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    explained, used, failed = explanations(), set(), False
    sums = dict.fromkeys(("killed", "explained", "SURVIVED", "same code", "no C"), 0)
    kinds = {kind: {"killed": 0, "asked": 0} for kind in ("signs and indices", "comparisons")}
    spent = 0.0
    print(f"{'file':16}{'total':>7}" + "".join(f"{what:>11}" for what in sums) + f"{'share':>9}"
          + f"{'seconds':>9}")
    for name in files:
        subject = Subject(name)
        examine(subject, options.jobs, options.trust)
        counts, seconds, lines = dict.fromkeys(sums, 0), 0.0, []
        for key, place, (_, _, new) in changes(subject):
            result = subject.known[key][0]
            if result in ("killed", "survived"):
                kind = kinds["comparisons" if new in COMPARISONS else "signs and indices"]
                kind["asked"] += 1
                kind["killed"] += result == "killed"
            entry = (place, *key[1:])
            if result == "survived":
                if entry in explained:
                    result = "explained"
                    used.add(entry)
                else:
                    result = "SURVIVED"
                    lines.append("\t".join([f"{subject.path}:{key[0]}", *entry]))
            counts[result] += 1
            seconds += float(subject.known[key][3])
        asked = counts["killed"] + counts["explained"] + counts["SURVIVED"]
        share = counts["killed"] / asked if asked else 1
        print(f"{name:16}{sum(counts.values()):7}" + "".join(f"{n:11}" for n in counts.values())
              + f"{100 * share:8.1f}%{seconds:9.0f}", flush=True)
        for line in lines:
            print(f"SURVIVED\t{line}")
        failed = failed or bool(lines)
        for what in sums:
            sums[what] += counts[what]
        spent += seconds
    asked = sums["killed"] + sums["explained"] + sums["SURVIVED"]
    share = sums["killed"] / asked if asked else 0
    print(f"{'all':16}{sum(sums.values()):7}" + "".join(f"{n:11}" for n in sums.values())
          + f"{100 * share:8.1f}%{spent:9.0f}")
    for kind, of in kinds.items():
        print(f"{kind}: {of['killed']} of {of['asked']} killed, "
              f"{100 * of['killed'] / max(of['asked'], 1):.1f}%")
    of = kinds["signs and indices"]
    if of["killed"] < SHARE * of["asked"]:
        print(f"{100 * SHARE:.0f}% of the signs and indices are asked for")
        failed = True
    for entry in explained:
        if entry[0].partition(":")[0] in files and entry not in used:
            print("\t".join(["explained for nothing", *entry]))
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    if not shutil.which(CC):
        sys.exit(f"mutation: there is no {CC}")
    main()

#!/usr/bin/env python3
"""Mutation test of the auditor's own checks: no check may be missing unnoticed.

usage: checker_test.py [--root ROOT] [--build BUILD] [--full] [--list] [--only REGEX]
                       [--families guard,condition,flip] [--record FILE]
Copies certificates/audit, makes every check of the copy switchable by the environment
variable MINIMOA_SKIP (one compile) and runs the audit tests once per check with that check
switched off. A site is killed if some test then fails or some forged certificate gets another
report than before. Three families of sites:
  guard      a call that refuses, or a call for nothing but what it may refuse
  condition  one operand of the || that guards a refusal, or of an && in a returned or
             initialised condition
  flip       < and <=, > and >=, == and != exchanged
While a unit (one forged certificate, one C++ test) runs with all checks in place, the copy notes
which sites it reaches, and where an operand or a comparison would have another value if it were
switched off: only these units can notice, so only these are run again.
A survivor must be matched by a line of checker_survivors.txt (why no test can exist); with --full
every line must match one.
--full (or MINIMOA_MUTATION_FULL=1) tries every site. Without it: a fixed sample, every STRIDE-th
site of the files SAMPLED that is not listed there; only these files are compiled, the rest of the
auditor is the library that BUILD holds.

May be wrong: a site is killed by a crash of the mutant, too. A crash shows that a test reaches
the check; without the check the auditor would not have said VALID there either. A mutant that
takes much longer than before (see first()) is killed, too. Flips are of comparisons with blanks
around them that are no template's, and of no other operators.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "audit"))
sys.path.insert(0, os.path.join(HERE, "..", "hygiene"))
sys.path.insert(0, HERE)
import attention_test  # noqa: E402
import guards_test  # noqa: E402
import mutate_test  # noqa: E402
import ratio_test  # noqa: E402

# The sample takes about 30 s of CPU time, and half of it is the compile.
SAMPLED = ("proof.cpp", "replay.cpp", "text.cpp")
STRIDE = 8
CERTIFICATE = "certificates/gqa_two_pass.cert.json"  # has slow memory, folds, divisors, requires
FLAGS = ["-std=c++20", "-O1", "-w", "-fsanitize=return", "-fsanitize-undefined-trap-on-error",
         "-D_GLIBCXX_ASSERTIONS"]
KEYWORDS = {"if", "for", "while", "switch", "catch", "return", "sizeof", "do", "else"}
SKIP_H = r"""#ifndef MINIMOA_SKIP_H_
#define MINIMOA_SKIP_H_
// Written by checker_test.py: which site is switched off, and which ones were reached.
#include <cstdio>
#include <cstdlib>
#include <vector>
struct MinimoaSites {
  int chosen = -1;
  const char* path = std::getenv("MINIMOA_TRACE");
  std::vector<char> reached = std::vector<char>(SITES);  // 1: evaluated, 2: it mattered
  MinimoaSites() { if (const char* n = std::getenv("MINIMOA_SKIP")) chosen = std::atoi(n); }
  ~MinimoaSites() {
    std::FILE* out = path != nullptr ? std::fopen(path, "a") : nullptr;
    if (out == nullptr) return;
    for (int n = 0; n < SITES; ++n)
      if (reached[n]) std::fprintf(out, "%d %d\n", n, reached[n]);
    std::fclose(out);
  }
};
inline MinimoaSites& minimoa_sites() {
  static MinimoaSites sites;
  return sites;
}
inline void minimoa_note(int n, char level) {
  MinimoaSites& sites = minimoa_sites();
  if (sites.path != nullptr && sites.reached[n] < level) sites.reached[n] = level;
}
inline bool minimoa_skip(int n) {
  minimoa_note(n, 1);
  return minimoa_sites().chosen == n;
}
// The value of an operand that is `other` when it is switched off.
inline bool minimoa_operand(int n, bool other, bool value) {
  if (value != other) minimoa_note(n, 2);
  return value;
}
template <class F> void minimoa_call(int n, F call) {
  try {
    call();
  } catch (...) {
    minimoa_note(n, 2);
    throw;
  }
}
// a < MinimoaFlip{17} < b is a < b, or a <= b if site 17 is chosen.
struct MinimoaFlip { int site; };
template <class A> struct MinimoaLeft { const A& a; int site; };
#define MINIMOA_FLIP(op, other) \
  template <class A> MinimoaLeft<A> operator op(const A& a, MinimoaFlip f) { \
    return {a, f.site}; } \
  template <class A, class B> bool operator op(const MinimoaLeft<A>& l, const B& b) { \
    if constexpr (requires { static_cast<bool>(l.a other b); }) { \
      const MinimoaSites& sites = minimoa_sites(); \
      if (sites.chosen == l.site) return static_cast<bool>(l.a other b); \
      if (sites.path != nullptr) \
        minimoa_operand(l.site, static_cast<bool>(l.a other b), static_cast<bool>(l.a op b)); } \
    return static_cast<bool>(l.a op b); }
MINIMOA_FLIP(<, <=)
MINIMOA_FLIP(<=, <)
MINIMOA_FLIP(>, >=)
MINIMOA_FLIP(>=, >)
MINIMOA_FLIP(==, !=)
MINIMOA_FLIP(!=, ==)
#endif
"""


# ---- C++ text ----
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|'
                     r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                     re.DOTALL | re.MULTILINE)


def masked(text):
    """The text with comments and directives blanked, and literals filled with \\1; same length."""
    def fill(match):
        blank = match.group().lstrip()[:1] in "/#"
        return re.sub(r"[^\n]", " " if blank else "\1", match.group())
    return LITERAL.sub(fill, text)


def closing(code, at):
    """The position of the bracket that closes the one at `at`."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    depth = 0
    for k in range(at, len(code)):
        if code[k] in "([{":
            depth += 1
        elif code[k] in ")]}":
            depth -= 1
            if depth == 0:
                return k
    raise ValueError("bracket %s is not closed" % pairs[code[at]])


def split_top(code, begin, end, word):
    """Pieces of code[begin:end] between occurrences of `word` outside of brackets."""
    pieces, depth, start, k = [], 0, begin, begin
    while k < end:
        if code[k] in "([{":
            depth += 1
        elif code[k] in ")]}":
            depth -= 1
        elif depth == 0 and code.startswith(word, k):
            pieces.append((start, k))
            k += len(word) - 1
            start = k + 1
        k += 1
    return pieces + [(start, end)]


def functions_of(code):
    """(name, begin, end) of every function body; inner ones after outer ones."""
    found = []
    for match in re.finditer(r"\b(\w+)\s*\(", code):
        if match.group(1) in KEYWORDS:
            continue
        try:
            after = closing(code, match.end() - 1) + 1
        except ValueError:
            continue
        head = re.compile(r"\s*(?:const\b|override\b|noexcept\b|\s)*(?::(?!:)[^;]*?[)}]\s*)?\{")
        body = head.match(code, after)
        if body:
            found.append((match.group(1), body.end() - 1, closing(code, body.end() - 1)))
    return found


class Site:
    def __init__(self, number, kind, file, function, text):
        self.number, self.kind, self.file, self.function = number, kind, file, function
        self.text = re.sub(r"\s+", " ", text).strip()

    def __str__(self):
        return "%s %s %s: %s" % (self.kind, self.file, self.function, self.text)


def number(sites):
    """Makes descriptions unique: (1), (2), .. behind those of several sites."""
    groups = {}
    for site in sites:
        groups.setdefault(str(site), []).append(site)
    for group in groups.values():
        for k, site in enumerate(group):
            site.text += " (%d)" % (k + 1) if len(group) > 1 else ""


class Source:
    """One file of the auditor and the insertions that make it switchable."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.code = masked(text)
        self.functions = functions_of(self.code)
        self.inserted = []  # (position, order, text)

    def function(self, at):
        inner = [f for f in self.functions if f[1] <= at <= f[2]]
        return min(inner, key=lambda f: f[2] - f[1])[0] if inner else "?"

    def insert(self, at, text, last=False):
        # At one position what closes comes before what opens; outer ones open first.
        self.inserted.append((at, 1 if not last else 0, len(self.inserted), text))

    def result(self):
        text, at = [], 0
        closers = sorted((i for i in self.inserted if i[1] == 0), key=lambda i: (i[0], i[2]))
        openers = sorted((i for i in self.inserted if i[1] == 1), key=lambda i: (i[0], i[2]))
        for position, _, _, piece in sorted(closers + openers, key=lambda i: (i[0], i[1])):
            text.append(self.text[at:position] + piece)
            at = position
        text.append(self.text[at:])
        body = re.sub(r"\[\[noreturn\]\]", "", "".join(text))
        return '#include "minimoa_skip.h"\n' + body


# ---- sites ----
CALLEE = r"((?:\b\w+(?:\[[^\]\n]*\])?(?:\(\))?(?:\.|->|::))*)\b(%s)\s*\("


class Rewriter:
    def __init__(self, folder):
        names = sorted(n for n in os.listdir(folder) if n.endswith((".cpp", ".h")))
        self.sources = [Source(n, open(os.path.join(folder, n)).read()) for n in names]
        self.sites = []

    def add(self, kind, source, at, text):
        site = Site(len(self.sites), kind, source.name, source.function(at), text)
        self.sites.append(site)
        return site.number

    def refusers(self):
        """Functions that never return: refuse() and its short forms; members begin with a dot."""
        names = {"refuse"}
        for source in self.sources:
            for indent, name in re.findall(r"^([ ]*)\[\[noreturn\]\]\s+(?:inline\s+|static\s+)*"
                                           r"void\s+(?:\w+::)*(\w+)\s*\(", source.code,
                                           re.MULTILINE):
                names.add("." + name if indent else name)
        return names

    def calls(self, source, names):
        """(begin, end) of every call of one of these functions that is no declaration."""
        words = sorted(name.lstrip(".") for name in names)
        for match in re.finditer(CALLEE % "|".join(words), source.code):
            member = re.search(r"(\.|->)$", match.group(1)) is not None
            if (("." if member else "") + match.group(2)) not in names:
                continue
            before = source.code[:match.start()].rstrip()
            if re.search(r"[\w>&*~]$", before) and not re.search(r"\b(return|else|do)$", before):
                continue  # a type stands in front: a declaration
            yield match.start(), closing(source.code, match.end() - 1) + 1

    def guards(self):
        refusers = self.refusers()
        refusing = set()  # functions with a refusal of their own
        for source in self.sources:
            own = [f for f in source.functions if f[0] in refusers or "." + f[0] in refusers]
            for begin, end in self.calls(source, refusers):
                if any(f[1] <= begin <= f[2] for f in own):
                    continue  # a short form that calls refuse()
                refusing.add(source.function(begin))
                number = self.add("guard", source, begin, source.text[begin:end])
                self.conditions(source, begin)
                source.insert(begin, "(minimoa_skip(%d) ? static_cast<void>(0) : "
                              "static_cast<void>(" % number)
                source.insert(end, "))", last=True)
        self.dropped(refusing - {"?", "main"}, {r.lstrip(".") for r in refusers})

    def dropped(self, refusing, refusers):
        """Calls as statements of functions that refuse, or call such ones; not of the refusers."""
        called = {f[0]: set() for s in self.sources for f in s.functions}
        for source in self.sources:
            for name, begin, end in source.functions:
                called[name] |= set(re.findall(r"\b(\w+)\s*\(", source.code[begin:end]))
        while True:
            more = {n for n in called if called[n] & refusing} - refusing
            if not more:
                break
            refusing = refusing | more
        refusing -= refusers
        for source in self.sources:
            for begin, end in self.calls(source, refusing | {"." + n for n in refusing}):
                chain = re.compile(r"(?:\.\w+\([^()]*\))*").match(source.code, end).end()
                before = source.code[:begin].rstrip()
                if not source.code.startswith(";", chain) or not re.search(r"[;{})]$|\belse$",
                                                                           before):
                    continue
                if before.endswith(")") and not self.controlled(source, before):
                    continue
                if source.function(begin) == "?":
                    continue
                number = self.add("guard", source, begin, source.text[begin:chain])
                source.insert(begin, "(minimoa_skip(%d) ? static_cast<void>(0) : "
                              "minimoa_call(%d, [&] { static_cast<void>(" % (number, number))
                source.insert(chain, "); }))", last=True)

    @staticmethod
    def controlled(source, before):
        """Whether the text ends in `if (..)`, `for (..)` or `while (..)`."""
        depth = 0
        for k in range(len(before) - 1, -1, -1):
            depth += (before[k] == ")") - (before[k] == "(")
            if depth == 0:
                return re.search(r"\b(if|for|while)\s*$", before[:k]) is not None
        return False

    def conditions(self, source, at):
        """The operands of A || B in `if (A || B) refusal`."""
        before = source.code[:at].rstrip()
        if before.endswith("{"):
            before = before[:-1].rstrip()
        if not before.endswith(")"):
            return
        depth = 0
        for k in range(len(before) - 1, -1, -1):
            depth += (before[k] == ")") - (before[k] == "(")
            if depth == 0:
                break
        if not re.search(r"\bif\s*$", before[:k]) or ";" in before[k:]:
            return
        self.operands(source, k + 1, len(before) - 1, "||")

    def operands(self, source, begin, end, word):
        opening = {"||": "(!minimoa_skip(%d) && minimoa_operand(%d, false, static_cast<bool>(",
                   "&&": "(minimoa_skip(%d) || minimoa_operand(%d, true, static_cast<bool>("}[word]
        pieces = split_top(source.code, begin, end, word)
        other = split_top(source.code, begin, end, "?")
        if len(other) > 1:
            return
        for first, last in pieces:
            part = source.code[first:last]
            stripped = part.strip()
            start = first + len(part) - len(part.lstrip())
            finish = start + len(stripped)
            # (A && B) or !(A && B): one level deeper
            inner = re.match(r"!?\s*\(", stripped)
            deeper = False
            if inner and closing(source.code, start + inner.end() - 1) == finish - 1:
                negated = stripped.startswith("!")
                inner_word = "&&" if negated == (word == "||") else "||"
                if (inner_word == word) != negated and len(
                        split_top(source.code, start + inner.end(), finish - 1, inner_word)) > 1:
                    self.operands(source, start + inner.end(), finish - 1, inner_word)
                    deeper = True
            if len(pieces) > 1 and not deeper:
                number = self.add("condition", source, start, source.text[start:finish])
                source.insert(start, opening % (number, number))
                source.insert(finish, ")))", last=True)

    def predicates(self):
        """The operands of && in `return A && B;` and `good = A && B;`."""
        for source in self.sources:
            for match in re.finditer(r"\breturn\b|(?<![=!<>+\-*/|&])=(?!=)", source.code):
                if source.function(match.start()) == "?":
                    continue
                end, depth = match.end(), 0
                while end < len(source.code) and not (depth == 0 and source.code[end] in ";,"):
                    depth += (source.code[end] in "([{") - (source.code[end] in ")]}")
                    if depth < 0:
                        break
                    end += 1
                if depth < 0 or end >= len(source.code) or source.code[end] == ",":
                    continue
                if len(split_top(source.code, match.end(), end, "||")) > 1:
                    continue
                self.operands(source, match.end(), end, "&&")

    def flips(self):
        for source in self.sources:
            for match in re.finditer(r"(?<=\s)(<=|>=|==|!=|<|>)(?=\s)", source.code):
                at = match.start()
                if source.function(at) == "?" or "template" in self.line(source, at):
                    continue
                line = self.line(source, at)
                if re.search(r"\b(constexpr|static_assert)\b", line):
                    continue
                number = self.add("flip", source, at, match.group() + " in " + line.strip())
                source.insert(match.end(), " MinimoaFlip{%d} %s" % (number, match.group()))

    @staticmethod
    def line(source, at):
        begin = source.text.rfind("\n", 0, at) + 1
        return source.text[begin:source.text.find("\n", at)]


# ---- building ----
class Built:
    """The switchable auditor and its tests, kept below BUILD by what they are made from."""

    def __init__(self, root, build, rewriter, full):
        self.root = root
        self.library = [] if full else [os.path.join(build, "libminimoa_audit_core.a")]
        compiled = {"main.cpp", *SAMPLED}
        self.folder = os.path.join(build, "checker_test")
        self.compiler = ([shutil.which("ccache")] if shutil.which("ccache") else []) + [
            os.environ.get("CXX", "c++")]
        for part in ("certificates/audit", "tests/audit", "obj"):
            os.makedirs(os.path.join(self.folder, part), exist_ok=True)
        texts = {"certificates/audit/minimoa_skip.h":
                 SKIP_H.replace("SITES", str(len(rewriter.sites)))}
        for source in rewriter.sources:
            if full or source.name in compiled or source.name.endswith(".h"):
                texts["certificates/audit/" + source.name] = source.result()
        for name in os.listdir(os.path.join(root, "tests", "audit")):
            if name.endswith((".cpp", ".h")):
                texts["tests/audit/" + name] = open(
                    os.path.join(root, "tests", "audit", name)).read()
        texts["tests/main.cpp"] = open(os.path.join(root, "tests", "main.cpp")).read()
        for part in ("certificates/audit", "tests/audit"):
            for name in os.listdir(os.path.join(self.folder, part)):
                os.remove(os.path.join(self.folder, part, name))
        for path, text in texts.items():
            with open(os.path.join(self.folder, path), "w") as out:
                out.write(text)
        self.texts = texts
        core = self.build("certificates/")
        self.core = [o for p, o in core.items() if not p.endswith("/main.cpp")]
        self.audit = os.path.join(self.folder, "audit")
        self.test = os.path.join(self.folder, "test")
        self.link(self.audit, [*core.values(), *self.library])

    def build_tests(self):
        self.link(self.test, self.core + list(self.build("tests/").values()) + self.library)

    def build(self, part):
        """Objects of the sources of a part."""
        texts = self.texts
        headers = "".join(texts[p] for p in sorted(texts) if p.endswith(".h"))
        jobs = {}
        for path in texts:
            if path.endswith(".cpp"):
                key = hashlib.sha256((path + headers + texts[path] + str(FLAGS)).encode())
                jobs[path] = os.path.join(self.folder, "obj", key.hexdigest()[:32] + ".o")
        kept = set(map(os.path.basename, jobs.values()))
        for name in os.listdir(os.path.join(self.folder, "obj")):
            if name not in kept:
                os.remove(os.path.join(self.folder, "obj", name))
        jobs = {p: o for p, o in jobs.items() if p.startswith(part)}
        todo = [p for p in jobs if not os.path.exists(jobs[p])]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for result in pool.map(lambda p: self.compile(p, jobs[p]), sorted(todo)):
                if result:
                    sys.exit("the rewritten auditor does not compile:\n" + result[:4000])
        return jobs

    def compile(self, path, out):
        source = '-DMINIMOA_SOURCE_DIR="%s"' % self.root
        done = subprocess.run(["nice"] + self.compiler + FLAGS + [source, "-c", path, "-o",
                                                                  out + ".tmp"],
                              cwd=self.folder, capture_output=True, text=True)
        if done.returncode == 0:
            os.replace(out + ".tmp", out)
            return None
        return done.stderr

    def link(self, program, objects):
        subprocess.run(self.compiler[-1:] + ["-o", program, *objects], check=True)


# ---- running ----
class Killers:
    """What must notice a missing check, and how it looks with all checks in place.

    A unit is one forged certificate, one call of the program or one C++ test case; `reach` knows
    the sites that a unit evaluates, so that a site is tried on those units only.
    """

    def __init__(self, root, built, full):
        self.root, self.built = root, built
        self.folder = tempfile.mkdtemp(prefix="checker")
        self.bench = guards_test.Batch(built.audit, root)
        guards_test.all_cases(self.bench)
        self.mutants = guards_test.Batch(built.audit, root)
        self.ratios, self.attentions = ratio_test.Bench(root), ratio_test.Bench(root)
        if full:
            self.certificate_mutants()
            ratio_test.all_cases(self.ratios)
            attention_test.all_cases(self.attentions)
        self.reach, self.usual = {}, {}  # site -> {unit: level}; unit -> what it says
        self.seconds = {}  # words of a unit -> how long it took
        self.lock, self.complete = threading.Lock(), False
        named = list(zip(self.bench.paths(), self.bench.cases))
        self.limits = [p for p, (name, _) in named if name.startswith("limit")]
        self.note([(1, ("forged", [p])) for p, _ in named if p not in self.limits] +
                  [(0, ("usage", words)) for words in guards_test.USAGES])
        if full:
            self.rest()

    def rest(self):
        """The units that are slow to build or to run; a sample does without, if it can."""
        with self.lock:
            if not self.complete:
                self.built.build_tests()
                self.note([(2, ("tests", [name])) for name in self.test_cases()] +
                          [(2, ("ratios", [p])) for p in self.ratios.paths()] +
                          [(2, ("attentions", [p])) for p in self.attentions.paths()] +
                          [(3, ("mutants", [p])) for p in self.mutants.paths()] +
                          [(4, ("limits", [p])) for p in self.limits])
            self.complete = True

    def note(self, units):
        """Which sites each unit reaches, and what it says with all checks in place."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = pool.map(self.trace, [unit for _, unit in units])
            for (order, (name, words)), (outcome, sites) in zip(units, jobs):
                unit = (order, name, tuple(words))
                self.usual[unit] = outcome
                if name == "tests" and outcome[0] != 0:
                    sys.exit("an audit test fails without any mutation: " + outcome[1])
                for site, level in sites.items():
                    self.reach.setdefault(site, {})[unit] = level

    def test_cases(self):
        done = subprocess.run([self.built.test, "--list-test-cases", "--no-colors"], check=True,
                              capture_output=True, text=True)
        return [line for line in done.stdout.splitlines()
                if line and not line.startswith(("[doctest]", "="))]

    def certificate_mutants(self):
        """The committed certificate, and single changes of its fields, steps and proofs."""
        report = argparse.Namespace(read=lambda path: open(os.path.join(self.root, path)).read())
        case = mutate_test.Case(report, CERTIFICATE)
        mutants = list(mutate_test.neutral_mutants(case.certificate))
        mutants += list(mutate_test.field_mutants(case.certificate))[::3]
        mutants += list(mutate_test.text_mutants())
        mutants += list(mutate_test.proof_mutants(case.certificate))[::200]
        mutants += list(mutate_test.step_mutants(case.certificate))[::80]
        mutants += list(mutate_test.kernel_mutants(case.body))[::120]
        for mutant in mutants:
            cert = json.loads(case.text)
            if mutant.change:
                mutant.change(cert)
            body = mutant.body(case.body) if mutant.body else case.body
            self.mutants.record(mutant.kind + " " + mutant.where, None, cert, body,
                                text=mutant.text)

    def trace(self, unit):
        path = tempfile.mktemp(dir=self.folder)
        start = time.time()
        outcome = self.outcome(unit[0], unit[1], -1, trace=path)
        self.seconds[tuple(unit[1])] = time.time() - start
        sites = {}
        for line in open(path).read().splitlines() if os.path.exists(path) else []:
            site, level = map(int, line.split())
            sites[site] = max(level, sites.get(site, 0))
        return outcome, sites

    def outcome(self, name, words, site, seconds=60, trace=None):
        """(exit code, output) of some units of one kind with this site switched off."""
        env = dict(os.environ, MINIMOA_SKIP=str(site))
        if trace:
            env["MINIMOA_TRACE"] = trace
        env["TMPDIR"] = tempfile.mkdtemp(prefix="s", dir=self.folder)
        bench = {"mutants": self.mutants, "ratios": self.ratios,
                 "attentions": self.attentions}.get(name, self.bench)
        command = [self.built.audit] + list(words)
        if name == "tests":
            cases = ",".join(w.replace("\\", "\\\\").replace(",", "\\,") for w in words)
            command = [self.built.test, "--abort-after=1", "--no-colors", "-m", "-tc=" + cases]
        elif name != "usage":
            command = [self.built.audit, "--root", bench.dir] + list(words)
        # A mutant may ask for all memory or never end. Time of the CPU: the machine may be busy.
        limit = "ulimit -v 3000000 -t %d; exec \"$@\"" % seconds
        try:
            done = subprocess.run(["bash", "-c", limit, "-"] + command, env=env, cwd=self.root,
                                  capture_output=True, timeout=20 * seconds)
        except subprocess.TimeoutExpired:
            return 124, "too long"
        finally:
            shutil.rmtree(env["TMPDIR"], ignore_errors=True)
        text = done.stdout + done.stderr if name != "tests" else b""
        return done.returncode, text.decode(errors="replace")

    def killer(self, site):
        """The first kind of unit that notices, or None."""
        complete = self.complete
        by = self.first(site, self.units(site))
        if by is None and not complete:
            self.rest()
            by = self.first(site, [u for u in self.units(site) if u[0] >= 2])
        return by

    def units(self, site):
        """Those that may notice, the best first.

        Where an operand or a comparison has the same value with the site switched off, the program
        goes on as it did: a unit in which that is always so cannot notice. A call may do more than
        give a value, so where one is left out all units that reach it count."""
        levels = self.reach.get(site.number, {})
        exact = site.kind == "flip" or (site.kind == "condition" and
                                        not re.search(r"\w\((?!\))", site.text))
        return sorted((u for u, level in levels.items() if level == 2 or not exact),
                      key=lambda u: (-levels[u], u))

    def first(self, site, units):
        if site.kind == "guard" and not re.search(r"limit|visit|kMax|bytes|check_digits|atoms", str(site)):
            units = [u for u in units if u[1] != "limits"]  # they are slow
        size = 4  # of many the first few will do nearly always
        while units:
            name = units[0][1]
            size = size if name in ("forged", "mutants", "ratios", "attentions") else 1
            group, units = units[:size], units[size:]
            group, rest = ([u for u in group if u[1] == name], [u for u in group if u[1] != name])
            units, size = rest + units, 60
            words = [w for unit in group for w in unit[2]]
            enough = 3 + 3 * sum(self.seconds[unit[2]] for unit in group)
            code, text = self.outcome(name, words, site.number, int(enough))
            usual = [self.usual[unit] for unit in group]
            if text != "".join(u[1] for u in usual):
                return name
            if code != (usual[0][0] if len(usual) == 1 else code) or code < 0 or code > 3:
                return name
        return None


def read_listed():
    """(regular expression, reason) of every survivor with a reason."""
    listed = []
    for line in open(os.path.join(HERE, "checker_survivors.txt")):
        if line.strip() and not line.startswith("#"):
            pattern, reason = line.rstrip("\n").split("\t")
            listed.append((pattern, reason))
    return listed


def chosen_sites(sites, options):
    families = options.families.split(",")
    sites = [s for s in sites if s.kind in families]
    if options.full or options.only:
        return [s for s in sites if not options.only or re.search(options.only, str(s))]
    listed = read_listed()
    sites = [s for s in sites if s.file in SAMPLED and
             not any(re.search(p, str(s)) for p, _ in listed)]
    return sites[::STRIDE]


class Record:
    """What was found out, as JSON that other tools can read: class Record writes, see figures().

    {"format": "minimoa.checker/1", "auditor": SHA-256 of its sources, "seconds": of all runs,
     "families": {"guard": {"sites": n, "killed": n, "listed": n, "survive": n}, ..},
     "files": {"proof.cpp": {"guard": {..}, ..}, ..},
     "sites": {description: {"killed": by what} or {"listed": reason} or {"survives": true}, ..}}
    A run that was cut goes on where it stopped, and runs of parts add up, as long as the auditor
    stays the same. Survivors are tried again: a test may have been written."""

    def __init__(self, path, rewriter):
        self.path, self.sites, self.seconds = path, {}, 0
        known = {str(site) for site in rewriter.sites}
        texts = "".join(source.name + "\n" + source.text for source in rewriter.sources)
        self.auditor = hashlib.sha256(texts.encode()).hexdigest()
        self.written = self.start = time.time()
        if path and os.path.exists(path):
            with open(path) as file:
                earlier = json.load(file)
            if earlier["auditor"] == self.auditor:
                self.sites = {k: v for k, v in earlier["sites"].items() if k in known}
                self.seconds = earlier["seconds"]

    def killed(self, site):
        return self.sites.get(str(site), {}).get("killed")

    def add(self, site, key, value):
        self.sites[str(site)] = {key: value}
        if time.time() - self.written > 60:
            self.write()

    def figures(self):
        families, files = {}, {}
        for text, found in sorted(self.sites.items()):
            kind, file = text.split(" ")[:2]
            key = "survive" if "survives" in found else next(iter(found))
            for table in (families, files.setdefault(file, {})):
                row = table.setdefault(kind, dict.fromkeys(("sites", "killed", "listed", "survive"),
                                                           0))
                row["sites"] += 1
                row[key] += 1
        return {"format": "minimoa.checker/1", "auditor": self.auditor,
                "seconds": round(self.seconds + time.time() - self.start),
                "families": families, "files": dict(sorted(files.items())),
                "sites": dict(sorted(self.sites.items()))}

    def write(self):
        self.written = time.time()
        if self.path:
            with open(self.path + ".new", "w") as out:
                out.write(json.dumps(self.figures(), indent=1) + "\n")
            os.replace(self.path + ".new", self.path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(HERE)))
    parser.add_argument("--build", default=None)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--list", action="store_true", help="print the sites and stop")
    parser.add_argument("--only", help="sites whose description matches")
    parser.add_argument("--families", default="guard,condition,flip", help="of sites")
    parser.add_argument("--record", help="a JSON file of figures and sites (see class Record); what it "
                                         "calls killed is not tried again")
    options = parser.parse_args()
    options.full = options.full or os.environ.get("MINIMOA_MUTATION_FULL") == "1"
    root = os.path.abspath(options.root)
    build = os.path.abspath(options.build or os.path.join(root, "build"))
    rewriter = Rewriter(os.path.join(root, "certificates", "audit"))
    rewriter.guards()
    rewriter.predicates()
    rewriter.flips()
    number(rewriter.sites)
    sites = chosen_sites(rewriter.sites, options)
    if options.list:
        print("\n".join(map(str, sites)))
        return
    record = Record(options.record, rewriter)
    killers = Killers(root, Built(root, build, rewriter, options.full or bool(options.only)),
                      options.full)
    try:
        failed = judge(sites, killers, record, options.full and not options.only and
                       {"guard", "condition"} <= set(options.families.split(",")))
    finally:
        for folder in (killers.folder, killers.bench.dir, killers.mutants.dir, killers.ratios.dir,
                       killers.attentions.dir):
            shutil.rmtree(folder, ignore_errors=True)
        record.write()
    sys.exit(1 if failed else 0)


def judge(sites, killers, record, complete):
    listed = read_listed()
    start = time.time()
    killed, excused, failed = {}, 0, 0
    stale = {pattern for pattern, _ in listed}

    def one(site):
        return site, record.killed(site) or killers.killer(site)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for site, by in pool.map(one, sites):
            if by is not None:
                killed[by] = killed.get(by, 0) + 1
                record.add(site, "killed", by)
                continue
            why = {pattern: reason for pattern, reason in listed if re.search(pattern, str(site))}
            stale -= why.keys()
            if why:
                excused += 1
                record.add(site, "listed", "; ".join(why.values()))
            else:
                failed += 1
                record.add(site, "survives", True)
                print("SURVIVES " + str(site), flush=True)
    # A line about flips is judged where flips are tried.
    kinds = {site.kind for site in sites}
    stale = {p for p in stale if "flip" in kinds or not p.startswith("^flip")}
    for pattern in sorted(stale) if complete else []:
        failed += 1
        print("LISTED, but no survivor: " + pattern)
    print("%d sites; killed by: %s; listed survivors: %d; %.0f s" %
          (len(sites), ", ".join("%s %d" % pair for pair in sorted(killed.items())), excused,
           time.time() - start))
    if failed:
        print("a survivor needs a twin in tests/audit/guards_test.py that is refused by this check "
              "alone,\nor a line with the reason in tests/mutation/checker_survivors.txt; a listed "
              "one that is killed has no line")
    print("%d passed, %d failed" % (sum(killed.values()) + excused, failed))
    return failed


if __name__ == "__main__":
    main()

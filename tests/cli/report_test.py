#!/usr/bin/env python3
"""minimoa report: the page is whole, says what prove and the audit say, and trusts nobody.

Tags are balanced, nothing is fetched and nothing runs; two runs give the same bytes; numbers are
those of `prove --format json`; verdicts those of minimoa-audit; markup in a schedule is shown
and not obeyed; what is no certificate of this toolkit is refused and no file appears. May miss:
what the page looks like.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "hygiene"))
from common import Report  # noqa: E402

VOID = {"meta", "rect", "line", "circle", "polyline", "br"}
CERTIFICATES = ("sdpa_flash_stream", "causal_flash", "gqa_grouped", "decode_rows_resident",
                "sdpa_naive")
POINT = "n=4096,m=4096,d=64,S=116736"
HOSTILE = "# <script>alert(1)</script> & \"quotes\" <img src=x>\n"


class Page(HTMLParser):
    """Tags that are open, texts, and what must not be there."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.bad, self.texts = [], [], []
        self.feed(text)
        self.bad += ["<%s> is not closed" % t for t in self.open]

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "img", "link", "iframe", "object", "style") and (
                tag != "style" or self.open != ["html", "head"]):
            self.bad.append("<%s>" % tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "href") or "url(" in (value or ""):
                self.bad.append("attribute %s=%s" % (name, value))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append("</%s> closes nothing" % tag)

    def handle_data(self, data):
        self.texts.append(data)


def call(report, *words):
    return subprocess.run([report.program("minimoa"), "--root", report.root, *words],
                          capture_output=True, text=True, check=False, timeout=120)


def numbers(text):
    """Every number of the page, without the commas between its digits."""
    return set(re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", text)))


def check_page(report, folder, name):
    certificate = report.path("certificates", name + ".cert.json")
    pages = []
    for k in (1, 2):
        output = os.path.join(folder, "%s%d.html" % (name, k))
        done = call(report, "report", certificate, "--at", POINT, "-o", output)
        report.check(done.returncode == 0, "%s: exit code %d\n%s" % (name, done.returncode,
                                                                     done.stderr))
        with open(output, encoding="utf-8") as file:
            pages.append(file.read())
    report.check(pages[0] == pages[1], name + ": two runs differ")
    page = Page(pages[0])
    report.check(not page.bad, "%s: %s" % (name, page.bad[:5]))
    report.check("http" not in pages[0], name + ": something may be fetched")
    text = " ".join(page.texts)
    report.check("says VALID" in re.sub(r"\s+", " ", text), name + ": no verdict")
    spec, schedule = name.split("_", 1)
    proved = json.loads(call(report, "--format", "json", "prove",
                             report.path("spec", "attention", spec + ".moa"), "--schedule", schedule,
                             "--at", POINT).stdout)
    at = proved["points"][0]
    wanted = {at["footprint"], at["workspace"], at["loads"], at["stores"], at["traffic"]}
    wanted |= {b["words"] for b in at["bounds"] if b["applies"] and int(b["words"]) > 0}
    report.check(wanted <= numbers(text), "%s: not on the page: %s" % (
        name, sorted(wanted - numbers(text))))
    for row in proved["costs"]["traffic"]:
        report.check(row["count"]["text"] in text, "%s: %s is not on the page" % (name, row))
    for ratio in proved["ratio"]:
        report.check(ratio["theorem"] in text and ratio["region"] in text,
                     "%s: the claim about %s is not on the page" % (name, ratio["theorem"]))
    with open(certificate, encoding="utf-8") as file:
        steps = json.load(file)["steps"]
    report.check(all(s["rule"] in text for s in steps), name + ": a rule is not named")
    shown = len(re.findall(r"<summary>\d+ &nbsp;", pages[0]))
    report.check(shown == len(steps), "%s: %d of %d steps are there" % (name, shown, len(steps)))


def check_hostile(report, folder):
    """A schedule with markup: no kernel is committed for it, so the audit says INVALID."""
    schedule = os.path.join(folder, "hostile.sched")
    with open(schedule, "w", encoding="utf-8") as file:
        file.write(HOSTILE + "schedule hostile\ntile row 8\ntile key 8\nsoftmax online\n")
    certificate, output = os.path.join(folder, "h.cert.json"), os.path.join(folder, "h.html")
    call(report, "prove", report.path("spec", "attention", "sdpa.moa"), "--schedule", schedule,
         "-o", certificate)
    done = call(report, "report", certificate, "-o", output)
    report.check(done.returncode == 1, "an INVALID certificate: exit code %d\n%s" % (
        done.returncode, done.stderr))
    with open(output, encoding="utf-8") as file:
        text = file.read()
    page = Page(text)
    report.check(not page.bad, "hostile: %s" % page.bad[:5])
    report.check(HOSTILE.strip() in "".join(page.texts), "the schedule is not shown as it is")
    report.check("INVALID" in text, "the audit's INVALID is not shown")


def check_refused(report, folder):
    with open(report.path("certificates", "sdpa_flash.cert.json"), encoding="utf-8") as file:
        good = file.read()
    forged = json.loads(good)
    forged["workspace"] = "1"
    cases = {"nothing": None, "empty": "", "no json": "{", "no certificate": "{}",
             "a list": "[]", "another type": '{"spec": 1, "schedule": {"text": 1, "name": 2}}',
             "edited": json.dumps(forged), "one byte more": good + " "}
    output = os.path.join(folder, "refused.html")
    for name, text in cases.items():
        path = os.path.join(folder, "refused.cert.json")
        if os.path.exists(path):
            os.remove(path)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        done = call(report, "report", path, "-o", output)
        report.check(done.returncode == 2 and "error[MOA-E09" in done.stderr,
                     "%s: exit code %d\n%s" % (name, done.returncode, done.stderr))
        report.check(not os.path.exists(output), name + ": a page was written")
    certificate = report.path("certificates", "sdpa_flash.cert.json")
    for words in (["--at", "n=0"], ["--at", "q=3"], ["-o", folder]):
        words = words if "-o" in words else words + ["-o", output]
        done = call(report, "report", certificate, *words)
        report.check(done.returncode == 2 and not os.path.exists(output),
                     "%s: exit code %d" % (words, done.returncode))


def main():
    report = Report(__doc__)
    with tempfile.TemporaryDirectory(prefix="minimoa report ") as folder:
        for name in CERTIFICATES:
            check_page(report, folder, name)
        check_hostile(report, folder)
        check_refused(report, folder)
    report.finish()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
import argparse, json, os, re, shutil, subprocess, sys, tempfile
import bombs_audit
from bombs_audit import Writer
HERE = os.path.dirname(os.path.abspath(__file__))
def measure(command):
    done = subprocess.run([sys.executable, "-S", "-E", os.path.join(HERE, "measure.py")] + command,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
def main():
    p = argparse.ArgumentParser(); p.add_argument("--root"); p.add_argument("--build"); p.add_argument("--only", default="")
    o = p.parse_args()
    root = os.path.abspath(o.root)
    auditor = os.path.join(os.path.abspath(o.build), "bin", "minimoa-audit")
    w = Writer(auditor, root)
    try:
        for kind, bombs in bombs_audit.BOMBS.items():
            for name, write, expected in bombs:
                if not re.search(o.only, kind + ": " + name): continue
                w.clear(); write(w)
                r = measure([auditor, "--root", w.dir, w.path("certificates/x.cert.json")])
                lines = [l.strip().replace(": INVALID", "") for l in r["output"].splitlines() if ": INVALID [" in l and "[unchecked]" not in l]
                flag = "" if r["cpu"] < 1 and r["bytes"] < 100e6 else "  <<<<<"
                print("%-9s %-34s code %3d cpu %5.2f MB %6.1f %s | %s%s" % (kind, name, r["code"], r["cpu"], r["bytes"]/1e6, expected, " & ".join(l[:90] for l in lines), flag), flush=True)
    finally:
        shutil.rmtree(w.dir)
main()

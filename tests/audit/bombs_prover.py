"""Files that are small or legal in form and ask `minimoa` for too much.

Idea: as bombs_audit.py, for the readers of the prover's side: specs, schedules, machines, rules,
theorem files, .npy arrays and certificates. Each bomb says which command reads it, the exit code
and words of the diagnostic.
How it may be wrong: the command stops at something else before it; so the words are those of the
reader.
"""
import os
import struct

from batch import rule
from bombs_audit import LARGE, SPEC, nested

FEW = "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\n"
SDPA = "spec/attention/sdpa.moa"


class Bomb:
    """Writes one file of a copy of the repository's inputs; `command` names it {file}."""

    def __init__(self, name, path, text, command, code, words):
        self.name, self.path, self.text = name, path, text
        self.command, self.code, self.words = command, code, words

    def write(self, folder):
        path = os.path.join(folder, self.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = self.text() if callable(self.text) else self.text
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        return [word.replace("{file}", path).replace("{root}", folder) for word in self.command]


def spec(name, text, code, words, command="check"):
    return Bomb("spec: " + name, "bomb.moa", text, [command, "{file}"], code, words)


def schedule(name, text, words, code=2):
    return Bomb("schedule: " + name, "bomb.sched", text,
                ["prove", "{root}/" + SDPA, "--schedule", "{file}"], code, words)


def machine(name, text, words):
    return Bomb("machine: " + name, "bomb.toml", text,
                ["search", "{root}/" + SDPA, "--machine", "{file}", "--at", "n=8,m=8,d=8"], 2,
                words)


def rules(name, text, words, code=2):
    return Bomb("rules: " + name, "spec/rules/bomb.rules", text,
                ["prove", "{root}/" + SDPA, "--schedule", "naive"], code, words)


def theorems(name, text, words):
    return Bomb("theorems: " + name, "spec/bounds/bomb.thm", text,
                ["prove", "{root}/" + SDPA, "--schedule", "naive", "--at", "n=8,m=8,d=8,S=999"], 2,
                words)


def certificate(name, text, words):
    return Bomb("certificate: " + name, "bomb.cert.json", text,
                ["report", "{file}", "-o", "{root}/page.html"], 2, words)


def array(name, text, words):
    """The arrays are read before the kernel; there is none."""
    return Bomb("npy: " + name, "bomb.npy", text,
                ["run", "{root}/" + SDPA, "--kernel", "{root}/libminimoa_sdpa_naive.so", "--in",
                 "Q={file}", "--in", "K={file}", "--in", "V={file}", "-o", "{root}/out.npy"], 2,
                words)


def npy(shape, size=None, data=b""):
    head = ("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }\n" % shape).encode()
    return (b"\x93NUMPY\x02\x00" + struct.pack("<I", len(head) if size is None else size) + head +
            data)


def level(name, capacity):
    return '[[level]]\nname = "%s"\ncapacity = %s\nword = 4\nfill_bandwidth = 1e9\n' % (name,
                                                                                      capacity)


SPECS = [
    spec("bytes", lambda: "#" * (SPEC + 1), 2, "E0107"),
    spec("16 MiB and one byte", lambda: "#" * ((16 << 20) + 1), 2, "E0902"),
    spec("newlines", lambda: "\n" * SPEC, 2, "E0102"),
    spec("tokens", lambda: "+" * SPEC, 2, "E0102"),
    spec("errors on every line", lambda: FEW + "$\n" * (SPEC // 2 - 100), 2, "begins nothing"),
    spec("brackets", lambda: FEW + "O = " + "(" * 200000 + "\n", 2, "E0107"),
    spec("minus signs", lambda: FEW + "O = " + "-" * 200000 + "V\n", 2, "E0107"),
    spec("nots", lambda: FEW + "O = gen(i in N) if " + "not " * 60000 + "i < 2 then 1 else 2\n", 2,
         "E0107"),
    spec("a long sum", lambda: FEW + "O = V" + " + V" * 60000 + "\n", 2, "E0107"),
    spec("a long application", lambda: FEW + "O = " + "rev " * 60000 + "V\n", 2, "E0107"),
    spec("lets that double", FEW + "let a0 = V + V\n" + "".join(
        "let a%d = a%d + a%d\n" % (k + 1, k, k) for k in range(60)) + "O = a60\n", 0, "ok"),
    spec("shapes that double", FEW + "let a0 = V cat V\n" + "".join(
        "let a%d = a%d cat a%d\n" % (k + 1, k, k) for k in range(60)) + "O = a60\n", 2, "E"),
    spec("digits", lambda: FEW + "O = V * " + "1" * 200000 + "\n", 2, "E0106"),
    spec("decimals", lambda: FEW + "O = V * 0." + "1" * 200000 + "\n", 2, "E0106"),
    spec("a name", lambda: "spec " + "x" * 200000 + "\n", 2, "E"),
    spec("dimensions", lambda: "spec x\ndims " + ", ".join("d%d" % k for k in range(20000)) +
         "\nin V : f32[d0]\nout O : f32[d0]\nO = V\n", 2, "E0107"),
    spec("inputs", lambda: "spec x\ndims N\nin " + ", ".join(
        "V%d : f32[N]" % k for k in range(12000)) + "\nout O : f32[N]\nO = V0\n", 2, "E0107"),
    spec("axes", lambda: "spec x\ndims N\nin V : f32[" + ",".join(["N"] * 100000) +
         "]\nout O : f32[N]\nO = V\n", 2, "E0107"),
    spec("requires", lambda: "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\n" +
         "require N <= 8\n" * 15000 + "O = V\n", 2, "E0107"),
    spec("a vector", lambda: FEW + "O = <" + " 1" * 120000 + ">\n", 1, "E0205"),
    spec("a polynomial's power", FEW + "require " + nested("(N + 1) * (", "N", ")", 90) +
         " >= 1\nO = V\n", 2, "E"),
    spec("fmt of brackets", lambda: FEW + "O = " + "(" * 200000 + "\n", 2, "E0107", "fmt"),
    spec("fmt of lines", lambda: FEW + "# x\n" * 60000 + "O = V\n", 0, "", "fmt"),
]
SCHEDULES = [
    schedule("bytes", lambda: "#" * LARGE, "E05"),
    schedule("a line", "schedule " + "x" * 10000 + "\n", "E05"),
    schedule("lines", "\n" * 16384, "E05"),
    schedule("directives", "schedule x\nsoftmax online\n" + "tile row 64\n" * 1000, "E05"),
    schedule("a tile", "schedule x\nsoftmax online\ntile row " + "9" * 100 + "\n", "E05"),
]
MACHINES = [
    machine("bytes", lambda: "#" * ((16 << 20) + 1), "E0902"),
    machine("a comment", lambda: "#" * (4 << 20), "E0524"),
    machine("brackets", lambda: "a = " + "[" * (1 << 20), "E0524"),
    machine("tables", lambda: "a = " + "{a = " * (1 << 18), "E0524"),
    machine("a dotted key", lambda: "a" + ".a" * (1 << 20) + " = 1\n", "E0524"),
    machine("a dotted key, as long as allowed", "a" + ".a" * 4000 + " = 1\n", "E0524"),
    machine("a dotted table, as long as allowed", "[a" + ".a" * 4000 + "]\n", "E0524"),
    machine("brackets, as many as allowed", "a = " + "[" * 8000, "E0524"),
    machine("a dotted table", lambda: "[a" + ".a" * (1 << 20) + "]\n", "E0524"),
    machine("keys", lambda: "".join("a%d = 1\n" % k for k in range(100000)), "E0524"),
    machine("levels", lambda: 'name = "m"\ndoc = ""\n' + "".join(
        level("L%d" % k, 4096 * (k + 1)) for k in range(20000)), "E0524"),
    machine("a number", lambda: 'name = "m"\ndoc = ""\n' + level("L", "9" * 100000), "E0524"),
    machine("a text", lambda: 'name = "' + "x" * (2 << 20) + '"\n', "E0524"),
]
RULES = [
    rules("bytes", lambda: ";" * (LARGE + 1), "E0902"),
    rules("a comment", lambda: ";" * LARGE, "", 0),
    rules("brackets", lambda: "(" * LARGE, "E0520"),
    rules("closed brackets", lambda: nested("(", "", ")", 1 << 20), "E0520"),
    rules("words", lambda: "a " * (LARGE // 2), "E0520"),
    rules("lists", lambda: "()" * (LARGE // 2), "E0520"),
    rules("a string", lambda: '"' + "a" * (LARGE - 2) + '"', "E0520"),
    rules("variables", lambda: rule("(value " + " ".join("?v%d" % k for k in range(100000)) + ")",
                                    "?v0", "?v0"), "E0520"),
    rules("a side", lambda: rule("(value ?A)", "?A", nested("(neg ", "?A", ")", 100000)), "E0520"),
]
THEOREMS = [
    theorems("brackets", lambda: "(" * LARGE, "E0522"),
    theorems("closed brackets", lambda: nested("(", "", ")", 1 << 20), "E0522"),
    theorems("words", lambda: "a " * (LARGE // 2), "E0522"),
    theorems("a chain of classes", lambda: '(class c0 (doc ""))\n' + "".join(
        '(class c%d (within c%d) (doc ""))\n' % (k, k - 1) for k in range(1, 20000)), "E0522"),
]
CERTIFICATES = [
    certificate("bytes", lambda: " " * ((16 << 20) + 1), "E0902"),
    certificate("brackets", lambda: "[" * (4 << 20), "E0917"),
    certificate("1 MiB of brackets", lambda: "[" * (1 << 20), "E0917"),
    certificate("1 MiB of values", lambda: "[" + "0," * ((1 << 19) - 2) + "0]", "E0917"),
    certificate("closed brackets", lambda: nested("[", "", "]", 1 << 19), "E0917"),
    certificate("objects", lambda: '{"a":' * 200000, "E0917"),
    certificate("values", lambda: "[" + "0," * ((2 << 20) - 2) + "0]", "E0917"),
    certificate("a schedule", lambda: '{"spec":{"path":"%s"},"schedule":{"name":"x","text":"%s"}}'
                % (SDPA, "x" * 1000000), "E0507"),
    certificate("a path", lambda: '{"spec":{"path":"%s"},"schedule":{"name":"x","text":'
                '"schedule x\\nsoftmax online\\n"}}' % ("x" * 1000000), "E0902"),
]
ARRAYS = [
    array("shape", npy("(4294967296, 4294967296)"), "E0901"),
    array("shape, one axis", npy("(9223372036854775807,)"), "E0901"),
    array("zeros and overflow", npy("(0, 9223372036854775807, 9223372036854775807)"), "E0901"),
    array("axes", lambda: npy("(" + "1," * 300000 + ")"), "E0901"),
    array("digits", lambda: npy("(" + "9" * 300000 + ",)"), "E0901"),
    array("brackets", lambda: npy("(" * 300000), "E0901"),
    array("a header of 4 GiB", npy("(1,)", size=2 ** 32 - 1), "E0901"),
    array("a header of zeros", lambda: npy("\0" * (1 << 20)), "E0901"),
    array("data that is missing", npy("(16777216, 16)"), "E0901"),
    array("no bytes", b"", "E0901"),
]
BOMBS = SPECS + SCHEDULES + MACHINES + RULES + THEOREMS + CERTIFICATES + ARRAYS

"""Attacks on the text of a kernel: what kernel_text_test.py tries.

Idea: the auditor compares a kernel with the lowering token by token, without being a C++ compiler.
Each attack is a text that a compiler understands in another way than a comparer might: it changes
what is computed, or says in other characters what is certified (then it is refused, too: nobody
has to know whether it is harmless). An attack is (name, kernel, change): `change` gives the new
body, and fails if what it changes is not there, so that no attack is empty by accident.
Kernels: D = decode_naive (two phases, workspace, scratch), C = causal_two_pass (tiles, a mask).
How it may be wrong: an attack that nobody would mount, counted with those that matter.
kernel_text_test.py compiles some, and shows that simpler comparers than the auditor's accept some.
"""
import re

D, C = "decode_naive", "causal_two_pass"
INCLUDES = ["#include <cmath>\n", "#include <cstddef>\n", "#include <cstdint>\n",
            "#include <limits>\n"]
# Where text is put in: in front of or behind the first place of these words.
PLACES = {"top": ("#include <cmath>\n", 0), "includes": ("#include <limits>\n", 1),
          "helpers": ("[[maybe_unused]] inline float maximum", 0),
          "phase": ("void phase_0(", 0), "phase 1": ("void phase_1(", 0),
          "inside": ("  static_cast<void>(rest);\n", 1), "loop": ("{\n    float acc_4", 0),
          "run": ("  const std::int64_t tasks_0 = ", 0),
          "check": ("  if (p == nullptr || p->size", 0), "members": ("  float* workspace;\n", 0),
          "last": ("        sel_12;\n", 1), "store": ("(a.workspace + 0)[((((((b1_0", 0)}


def put(place, text):
    """Text at one of PLACES, or at the end of the body."""
    def change(body):
        if place == "end":
            return body + text
        words, behind = PLACES[place]
        at = body.index(words) + (len(words) if behind else 0)
        return body[:at] + text + body[at:]
    return change


def swap(old, new, count=1, skip=0):
    """The first (`skip` left alone) `count` places of `old`; all if count is 0."""
    def change(body):
        at = -1
        for _ in range(skip + 1):
            at = body.index(old, at + 1)
        return body[:at] + (body[at:].replace(old, new, count) if count else
                            body[at:].replace(old, new))
    return change


def chain(*changes):
    def change(body):
        for one in changes:
            body = one(body)
        return body
    return change


def both(old, new):
    """Two words exchanged in the whole body."""
    def change(body):
        assert re.search(r"\b%s\b" % old, body) and re.search(r"\b%s\b" % new, body)
        return re.sub(r"\b(%s|%s)\b" % (old, new),
                      lambda m: new if m.group() == old else old, body)
    return change


def lines(directive, *more):
    return "\n".join((directive,) + more) + "\n"


# ---- the preprocessor ----
def macros():
    for text in ("for while", "float double", "float int", "restrict", "int64_t int32_t",
                 "maximum minimum", "kBottom 0.0f", "kMaxDim 1", "rest task", "worker 0", "std evil",
                 "acc_4 (acc_4 * 2)", "if(x) if (!(x))", "sqrt(x) (x)", "exp(x) exp2(x)",
                 "expsub(x, y) std::exp(x - y)", "product(x, y) ((x) * (y))",
                 "static_cast reinterpret_cast", "for(...)", "return return 0;", "sizeof(x) 4", "T D",
                 "CONCAT(x, y) x##y", "STR(x) #x"):
        yield "#define " + text, D, put("includes", "#define %s\n" % text)
    yield "macro of a later file", D, put("phase 1", "#define a b\n")
    yield "macro in the middle of a function", D, put("inside", "#define acc_4 acc_5\n")
    yield "macro before the includes", D, put("top", "#define double float\n")
    yield "macro with blanks", D, put("phase", "  #  define  rest  task\n")
    yield "macro behind a token", D, swap("namespace {\n", "namespace { #define for if\n")
    yield "macro with %: for #", D, put("includes", "%:define for if\n")
    yield "macro with ??= for #", D, put("includes", "??=define for if\n")
    yield "macro that is taken back", D, put("includes", "#define for if\n#undef for\n")
    yield "#undef", D, put("includes", "#undef INFINITY\n")
    yield "#if 0 around a statement", D, swap(
        "    acc_4 = maximum(", "#if 0\n    acc_4 = maximum(")
    yield "#if 0 and #endif", D, chain(swap("  m_3 = acc_4;\n", "#if 0\n  m_3 = acc_4;\n#endif\n"))
    yield "#ifdef with another branch", D, swap(
        "  m_3 = acc_4;\n", "#ifdef __GNUC__\n  m_3 = 0.0f;\n#else\n  m_3 = acc_4;\n#endif\n")
    yield "#if at the end", D, put("end", "#if 0\nfloat x;\n#endif\n")
    for text in ("#include <vector>", '#include "evil.h"', "#include </dev/stdin>", "#include_next <cmath>",
                 "#import <cmath>", "#include <math.h>", "#include <cmath.evil>", "#include MACRO",
                 "#include <cmath> float x;", "#include <cmath> /* x */", "#include <cmath>>",
                 "#line 1", "#line 1 \"x.cpp\"", "# 1 \"x.cpp\" 3", "#", "#error x", "#warning x",
                 "#ident \"x\"", "#assert x(y)", "#pragma once", "#pragma omp parallel for",
                 "#pragma GCC ivdep", "#pragma GCC optimize(\"fast-math\")", "#pragma pack(1)",
                 "#pragma STDC FP_CONTRACT ON", "#pragma GCC poison acc_4",
                 "#pragma redefine_extname exp evil", "#pragma weak minimoa_decode_naive_run",
                 "#pragma push_macro(\"for\")", "#pragma float_control(precise, off)",
                 "_Pragma(\"omp parallel for\")", "__pragma(omp parallel for)"):
        yield text, D, put("phase", text + "\n")
    yield "pragma in front of a loop", D, swap("  for (std::int64_t j1_3",
                                               "#pragma omp simd\n  for (std::int64_t j1_3")
    yield "an include twice", D, put("includes", INCLUDES[0])
    yield "an include missing", D, swap(INCLUDES[3], "")
    yield "includes in another order", D, swap(INCLUDES[0] + INCLUDES[1], INCLUDES[1] + INCLUDES[0])
    yield "an include inside of a function", D, put("inside", INCLUDES[0])
    yield "an include at the end", D, put("end", INCLUDES[0])
    yield "an include in a comment", D, swap(INCLUDES[3], "// " + INCLUDES[3])
    yield "code in front of an include", D, swap(INCLUDES[3], "; " + INCLUDES[3])
    yield "an include with %:", D, swap("#include <limits>", "%:include <limits>")
    yield "an include by quotes", D, swap("#include <limits>", '#include "limits"')
    yield "an include in capitals", D, swap("#include <limits>", "#include <Limits>")
    yield "a blank in an include", D, swap("#include <limits>", "#include < limits>")


# ---- comments and line ends ----
def comments():
    statement = "    acc_4 = maximum(acc_4, (a.workspace + 0)"
    yield "backslash ends a comment", D, swap("  m_3 = acc_4;\n", "  // x \\\n  m_3 = acc_4;\n")
    yield "backslash and blank end a comment", D, swap("  m_3 = acc_4;", "  // x \\ \n  m_3 = acc_4;")
    yield "??/ ends a comment", D, swap("  m_3 = acc_4;\n", "  // x ??/\n  m_3 = acc_4;\n")
    yield "backslash in a comment", D, put("phase", "// C:\\x\n")
    yield "backslash at the end of file", D, put("end", "//\\")
    yield "a word in two lines", D, swap("m_3 = acc_4", "m_3 = ac\\\nc_4")
    yield "a number in two lines", C, swap("64LL", "6\\\n4LL")
    yield "an operator in two lines", D, swap("++j1_3", "+\\\n+j1_3")
    yield "// in two lines", D, swap("  m_3 = acc_4;", "  /\\\n/ m_3 = acc_4;")
    yield "/* in two lines", D, swap("  m_3 = acc_4;", "  /\\\n* m_3 = acc_4; */")
    yield "a statement in //", D, swap("  m_3 = acc_4;", "  // m_3 = acc_4;")
    yield "half a statement in //", D, swap("(st_6_0 + p_9);", "(st_6_0 //+ p_9\n);")
    yield "a statement in /* */", D, swap("  m_3 = acc_4;", "  /* m_3 = acc_4; */")
    yield "/* */ without effect", D, put("inside", "/* x */\n")
    yield "/* */ for a blank", D, swap("float acc_4", "float/**/acc_4")
    yield "/* in /* */", D, swap("  m_3 = acc_4;", "  /* /* */ m_3 = acc_4; /* */")
    yield "/* that is left open", D, put("end", "/*")
    yield "*/ alone", D, put("inside", "*/\n")
    yield "/* over a function", D, chain(put("phase 1", "/*\n"), swap("extern \"C\" {", "*/extern \"C\" {",
                                                                    skip=1))
    yield "//* where C divides", D, swap(statement, "    acc_4 = acc_4 //**/ 2\n;" + statement)
    yield "// in a string", D, put("inside", '  const char* u = "//"; \n')
    yield "/* in a string", D, put("inside", '  const char* u = "/*"; const char* v = "*/";\n')
    yield "raw string over lines", D, swap("  m_3 = acc_4;", '  (void)R"(\n  m_3 = acc_4;\n)";')
    yield "a quote in a character", D, put("inside", "  (void)'\"'; // \"\n")
    yield "a string beside C", D, swap('extern "C" {', 'extern "C" "" {')
    yield "a blank in the string C", D, swap('extern "C" {', 'extern "C " {')
    yield "another language", D, swap('extern "C" {', 'extern "C++" {')
    yield "a prefix of the string C", D, swap('extern "C" {', 'extern u8"C" {')
    yield "'#' in a comment", D, put("phase", "// x # y\n")
    yield "trigraph in a comment", D, put("phase", "// what??!\n")
    yield "trigraphs for brackets", D, chain(swap("a.Q_s[0]", "a.Q_s??(0??)", skip=2))
    yield "digraphs for brackets", D, swap("a.Q_s[0]", "a.Q_s<:0:>", skip=2)
    yield "digraphs for braces", D, swap("namespace {", "namespace <%")
    yield "digraph closes a brace", D, put("end", "namespace { %>\n")
    yield "<:: is not [:", D, swap("static_cast<float>(a.D)", "static_cast<::float>(a.D)")
    yield "carriage return ends a comment", D, put("inside", "  // x\r  float y = 0.0f;\n")
    yield "carriage return for a blank", D, swap("float acc_4", "float\racc_4")
    yield "carriage returns at line ends", D, lambda body: body.replace("\n", "\r\n")
    yield "carriage returns only", D, lambda body: body.replace("\n", "\r")
    yield "vertical tab ends a comment", D, swap("  m_3 = acc_4;", "  //\v m_3 = acc_4;")
    yield "form feed for a blank", D, swap("float acc_4", "float\facc_4")
    yield "next line (U+0085) in a comment", D, swap("  m_3 = acc_4;", "  //\u0085 m_3 = acc_4;")
    yield "line separator in a comment", D, swap("  m_3 = acc_4;", "  //\u2028 m_3 = acc_4;")


# ---- bytes ----
def odd_bytes():
    for name, char in (("NUL", "\0"), ("escape", "\x1b"), ("backspace", "\b"), ("delete", "\x7f"),
                       ("no-break space", "\u00a0"), ("em space", "\u2003"),
                       ("ideographic space", "\u3000"), ("zero width space", "\u200b"),
                       ("line separator", "\u2028"), ("byte order mark inside", "\ufeff")):
        yield name + " for a blank", D, swap("float acc_4", "float%sacc_4" % char)
    for name, char in (("zero width joiner", "\u200d"), ("soft hyphen", "\u00ad"),
                       ("combining accent", "\u0301"), ("variation selector", "\ufe0f"),
                       ("word joiner", "\u2060")):
        yield name + " in a name", D, swap("m_3 = acc_4", "m_3 = acc%s_4" % char)
    yield "byte order mark", D, lambda body: "\ufeff" + body
    yield "right-to-left override in a comment", D, put("inside", "  // \u202e x\n")
    yield "isolates that hide a statement", D, put(
        "inside", "  // \u2067 x \u2069\u2066\n  return;\n")
    yield "Cyrillic a", D, swap("m_3 = acc_4", "m_3 = \u0430cc_4")
    yield "Cyrillic a, declared", D, chain(
        put("inside", "  float \u0430cc_4 = 1.0f;\n"), swap("sel_12 = (", "sel_12 = (\u0430cc_4 * "))
    yield "Greek o for the output", D, swap("a.O[", "a.\u039f[")
    yield "fullwidth semicolon", D, swap("m_3 = acc_4;", "m_3 = acc_4\uff1b")
    yield "fullwidth digit", D, swap("acc_4 = kBottom", "acc_\uff14 = kBottom")
    yield "Greek question mark for ;", D, swap("m_3 = acc_4;", "m_3 = acc_4\u037e")
    yield "minus sign U+2212", D, swap("std::exp(x - y)", "std::exp(x \u2212 y)")
    yield "asterisk U+2217", D, swap("(p_9 * a.V", "(p_9 \u2217 a.V")
    yield "universal character name", D, swap("m_3 = acc_4", "m_3 = \\u0061cc_4")
    yield "named universal character", D, swap("m_3 = acc_4", "m_3 = \\N{LATIN SMALL LETTER A}cc_4")
    yield "$ in a name", D, swap("m_3 = acc_4", "m_3 = acc_4$")
    yield "@", D, put("inside", "  @\n")
    yield "`", D, put("inside", "  `\n")
    yield "UTF-16", D, lambda body: body.encode("utf-16")
    yield "Latin-1", D, lambda body: ("// \u00e9\n" + body).encode("latin-1")
    yield "overlong slash", D, lambda body: body.encode().replace(b"  m_3 = ", b"  \xc0\xaf/ m_3 = ")


# ---- names ----
def names():
    yield "accumulator hidden in its loop", D, swap(
        "      acc_4 = acc_4 + (a.Q", "      float acc_4 = 0.0f;\n      acc_4 = acc_4 + (a.Q")
    yield "task's index hidden", D, swap("    float acc_4 = 0.0f;",
                                         "    const std::int64_t h1_1 = 0;\n    float acc_4 = 0.0f;")
    yield "loop variable named like another", D, swap("e1_5", "j1_3", 0)
    yield "loop variable named like the struct", D, swap("j1_3", "a", 0)
    yield "loop variable hidden in its body", D, swap(
        "    float acc_4 = 0.0f;", "    const std::int64_t j1_3 = 0;\n    float acc_4 = 0.0f;")
    yield "parameter hidden", D, put("inside", "  { const std::int64_t worker = 1;\n")
    yield "arguments hidden", D, put("inside", "  minimoa_decode_naive_args b = a;\n  { auto& a = b;\n")
    yield "helper hidden by a variable", D, put("inside", "  const float kBottom = 0.0f;\n")
    yield "helper hidden by a lambda", D, put(
        "inside", "  auto maximum = [](float x, float) { return x; };\n")
    yield "helper hidden by a local declaration", D, put("inside", "  float expsub(float, float);\n")
    yield "std hidden by a namespace", D, put("phase", "namespace std { float exp(float x); }\n")
    yield "std hidden by a struct", D, put("phase", "struct std { static float sqrt(float); };\n")
    yield "std is another namespace", D, put("helpers", "namespace mine {}\nnamespace std = mine;\n")
    yield "std::exp by an overload", D, put(
        "helpers", "}\nnamespace std { float exp(float x, int = 0) { return x; } }\nnamespace {\n")
    yield "expf defined again", D, put("includes", 'extern "C" float expf(float x) { return x; }\n')
    yield "infinity specialised", D, put(
        "includes", "template <> float std::numeric_limits<float>::infinity() noexcept { return 0; }\n")
    yield "using namespace", D, put("includes", "using namespace std;\n")
    yield "using declaration", D, put("phase", "using std::exp;\n")
    yield "using for a type", D, put("includes", "using int64_t = int;\n")
    yield "typedef of a name", D, put("includes", "typedef double real;\n")
    yield "unqualified function", D, swap("std::sqrt", "sqrt")
    yield "qualified from the root", D, swap("std::sqrt", "::std::sqrt")
    yield "another function of libm", D, swap("std::exp(x - y)", "std::exp2(x - y)")
    yield "expf", D, swap("std::exp(x - y)", "::expf(x - y)")
    yield "minimum for maximum", D, swap("maximum(acc_4", "minimum(acc_4")
    yield "helpers exchanged", D, both("maximum", "minimum")
    yield "a name with another number", D, swap("m_3 = acc_4", "m_3 = acc_14")
    yield "a name with a zero", D, swap("m_3 = acc_4", "m_3 = acc_04")
    yield "a name in capitals", D, swap("m_3 = acc_4", "m_3 = Acc_4")
    yield "two names exchanged", D, both("st_6_0", "p_9")
    yield "inputs exchanged", D, both("K", "V")
    yield "strides exchanged", D, both("K_s", "V_s")
    yield "dimensions exchanged", D, both("T", "D")
    yield "a name everywhere renamed", D, swap("acc_4", "acc_44", 0)
    yield "a word of C++ for a name", D, swap("acc_4", "auto", 0)
    yield "the kernel renamed", D, swap("minimoa_decode_naive", "minimoa_decode_native", 0)
    yield "a phase renamed", D, swap("phase_0", "phase_00", 0)


# ---- numbers ----
def numbers():
    for new in ("64", "64L", "64ll", "64Ll", "0x40LL", "0100LL", "064LL", "0b1000000LL", "6'4LL",
                "64ULL", "64LLU", "+64LL", "64.0", "064", "64LL0", "63LL", "65LL", "64LLL",
                "(64LL)", "18446744073709551680LL", "4294967360", "-64LL", "64_x", "64 LL"):
        yield "64LL as " + new, C, swap("64LL", new, skip=1)
    for old, new in (("16777216", "16777217"), ("16777216", "1 << 24"), ("16777216", "0x1000000"),
                     ("16777216", "1.6777216e7"), ("68719476736", "68719476736LL"),
                     ("68719476736", "68719476736.0"), ("68719476736", "0"),
                     ("1099511627776", "9223372036854775807"),
                     ("1099511627776", "9223372036854775808"),
                     ("1099511627776", "99999999999999999999"), ("1099511627776", "1ULL << 40"),
                     ("= 0.0f;", "= 0.0;"), ("= 0.0f;", "= -0.0f;"), ("= 0.0f;", "= .0f;"),
                     ("= 0.0f;", "= 0.f;"), ("= 0.0f;", "= 0.0F;"), ("= 0.0f;", "= 0x0p0f;"),
                     ("= 0.0f;", "= 1e-45f;"), ("= 0.0f;", "= 1e400f;"), ("= 0.0f;", "= 0.00f;"),
                     ("= 0.0f;", "= 0;"), ("= 0.0f;", "= {};"), ("= 0.0f;", "= 0.0f32;"),
                     ("= 0.0f;", "= 0 .0f;"), ("= 0.0f;", "= 0.0000000000000000000000000000001f;"),
                     ("(0LL)", "(0)"), ("(0LL)", "(00LL)"), ("(0LL)", "(-0LL)"), ("(0LL)", "('0')"),
                     ("(0LL)", "(nullptr)"), ("(0LL)", "(0LLU)"), ("scratch + 0;", "scratch + 00;"),
                     ("scratch + 0;", "scratch + 1;"), ("scratch + 0;", "scratch;"),
                     ("? -1 :", "? ~0 :"), ("? -1 :", "? 1 :"), ("product(1, a.B)", "product(1LL, a.B)"),
                     ("product(1, a.B)", "product(0, a.B)"), ("product(1, a.B)", "a.B"),
                     ("return 2;", "return 02;"), ("return 4;", "return 0;"), ("return 6;", "return 6L;"),
                     ("* a.Q_s[0])", "* a.Q_s[00])"), ("a.B > kMaxDim", "a.B > 2 * kMaxDim"),
                     ("kBottom = -", "kBottom = - -"), ("infinity()", "max()"),
                     ("infinity()", "quiet_NaN()")):
        yield "%s as %s" % (old.strip(), new.strip()), D, swap(old, new)


# ---- operators ----
def operators():
    extent = "((a.S + (64LL - 1LL)) / 64LL)"
    for new in ("((a.S + 64LL - 1LL) / 64LL)", "((a.S + 64LL) - 1LL) / 64LL", "(a.S / 64LL + 1LL)",
                "((a.S - (64LL + 1LL)) / 64LL)", "(a.S + (64LL - 1LL) / 64LL)",
                "((a.S + (64LL - 1LL)) >> 6)", "((a.S + (64LL - 1LL)) % 64LL)",
                "((a.S + (64LL - -1LL)) / 64LL)", "((a.S + (64LL -- 1LL)) / 64LL)",
                "((a.S , (64LL - 1LL)) / 64LL)", "((64LL - 1LL + a.S) / 64LL)",
                "(((a.S + (64LL - 1LL)) / 64LL))", "[&] { return (a.S + 63) / 64; }()"):
        yield "extent as " + new, C, swap(extent, new, skip=1)
    mask = "((j_14 <= (((I_2 * 64LL) + r_6) + (a.T - a.S))))"
    for new in ("((j_14 < (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "(!(j_14 <= (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "((j_14 <= (((I_2 * 64LL) + r_6) + (a.S - a.T))))",
                "((j_14 <= (((I_2 * 64LL) + r_6) + a.T - a.S)))",
                "((j_14 <= (((I_2 * 64LL) + r_6) - (a.T - a.S))))",
                "((j_14 <= ((I_2 * (64LL + r_6)) + (a.T - a.S))))",
                "((j_14 >= (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "((j_14 =< (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "((j_14 < = (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "((j_14 <<= (((I_2 * 64LL) + r_6) + (a.T - a.S))))",
                "((j_14 <= (((I_2 * 64LL) + r_6) + (a.T--a.S))))",
                "((j_14 <= (((I_2 * 64LL) + r_6) + (a.T - a.S))) || true)",
                "((j_14 <= (((I_2 * 64LL) + r_6) + (a.T - a.S))), true)",
                "(true)"):
        yield "mask as " + new, C, swap(mask, new)
    for old, new in (("(st_6_1[d_11] / st_6_0)", "st_6_1[d_11] / st_6_0"),
                     ("(st_6_1[d_11] / st_6_0)", "(st_6_1[d_11] * (1.0f / st_6_0))"),
                     ("(st_6_1[d_11] / st_6_0)", "(st_6_0 / st_6_1[d_11])"),
                     ("(st_6_1[d_11] / st_6_0)", "(st_6_1[d_11] / / st_6_0)"),
                     ("(st_6_1[d_11] / st_6_0)", "(d_11[st_6_1] / st_6_0)"),
                     ("(st_6_1[d_11] / st_6_0)", "(*(st_6_1 + d_11) / st_6_0)"),
                     ("st_6_0 == 0.0f", "st_6_0 = 0.0f"), ("st_6_0 == 0.0f", "st_6_0 != 0.0f"),
                     ("st_6_0 == 0.0f", "st_6_0 = = 0.0f"), ("st_6_0 == 0.0f", "st_6_0 === 0.0f"),
                     ("st_6_0 == 0.0f", "!st_6_0"), ("st_6_0 == 0.0f", "0.0f == st_6_0"),
                     ("st_6_0 == 0.0f", "st_6_0 <= 0.0f"),
                     ("acc_4 = acc_4 + (", "acc_4 += ("), ("acc_4 = acc_4 + (", "acc_4 =+ ("),
                     ("acc_4 = acc_4 + (", "acc_4 = acc_4 - ("),
                     ("acc_4 = acc_4 + (", "acc_4 = acc_4 ++ ("),
                     ("acc_4 = acc_4 + (", "acc_4 = acc_4 + + ("),
                     ("acc_4 = acc_4 + (", "acc_4 = acc_4 + -("),
                     ("acc_4 = acc_4 + (", "acc_4 = (acc_4) + ("),
                     ("st_6_0 = (st_6_0 + p_9)", "st_6_0 = (p_9 + st_6_0)"),
                     ("st_6_0 = (st_6_0 + p_9)", "st_6_0 = st_6_0 + p_9"),
                     ("(p_9 * a.V", "(p_9 * -a.V"), ("(p_9 * a.V", "(p_9 ** &a.V"),
                     ("(p_9 * a.V", "(*&p_9 * a.V"), ("(p_9 * a.V", "(p_9 / a.V"),
                     ("++j1_3", "j1_3++"), ("++j1_3", "+ +j1_3"), ("++j1_3", "--j1_3"),
                     ("++j1_3", "j1_3 += 2"), ("++j1_3", "++j1_3, ++j1_3"),
                     ("j1_3 < a.T", "j1_3 <= a.T"), ("j1_3 < a.T", "j1_3 != a.T"),
                     ("j1_3 < a.T", "a.T > j1_3"), ("j1_3 < a.T", "j1_3 < a.T - 1"),
                     ("j1_3 < a.T", "j1_3 << a.T"), ("j1_3 < a.T", "j1_3 <a.D"),
                     ("j1_3 = 0", "j1_3 = 1"), ("j1_3 = 0", "j1_3(0)"), ("j1_3 = 0", "j1_3{0}"),
                     ("rest % a.G", "rest & a.G"), ("rest % a.G", "rest / a.G"),
                     ("rest / a.G", "rest % a.G"), ("rest / a.G", "rest >> a.G"),
                     ("x < y ? y : x", "x < y ? x : y"), ("x < y ? y : x", "y < x ? x : y"),
                     ("x < y ? y : x", "x <= y ? y : x"), ("x < y ? y : x", "(x < y) ? y : x"),
                     ("x < y ? y : x", "x < y ?: x"),
                     ("x == kBottom ? 0.0f : std::exp(x - y)",
                      "(x == kBottom ? 0.0f : std::exp(x)) - y"),
                     ("x == kBottom ? 0.0f : std::exp(x - y)",
                      "x == (kBottom ? 0.0f : std::exp(x - y))"),
                     ("x == kBottom ? 0.0f : std::exp(x - y)", "std::exp(x - y)"),
                     ("std::exp(x - y)", "std::exp(y - x)"), ("std::exp(x - y)", "std::exp(x-- - y)"),
                     ("std::exp(x - y)", "std::exp((x - y))"), ("std::exp(x - y)", "std::exp(x) - y"),
                     ("(y != 0 && x > kMaxCount / y)", "y != 0 && x > kMaxCount / y"),
                     ("(y != 0 && x > kMaxCount / y)", "(y != 0 & x > kMaxCount / y)"),
                     ("(y != 0 && x > kMaxCount / y)", "(y != 0 and x > kMaxCount / y)"),
                     ("(y != 0 && x > kMaxCount / y)", "(y != 0 || x > kMaxCount / y)"),
                     ("(y != 0 && x > kMaxCount / y)", "(x > kMaxCount / y && y != 0)"),
                     ("(y != 0 && x > kMaxCount / y)", "(y != 0 & & x > kMaxCount / y)"),
                     ("x < 0 || y < 0 || x >", "x < 0 or y < 0 or x >"),
                     ("x < 0 || y < 0 || x >", "x < 0 | y < 0 | x >"),
                     ("x < 0 || y < 0 || x >", "y < 0 || x < 0 || x >"),
                     ("p->size != sizeof", "p->size not_eq sizeof"),
                     ("p->size != sizeof", "p -> size ! = sizeof"),
                     ("p->size != sizeof", "(*p).size != sizeof"),
                     ("p->size != sizeof", "p->size < sizeof"),
                     ("std::sqrt(", "std: :sqrt("), ("std::sqrt(", "std:::sqrt("),
                     ("a.O[", "(&a)->O["),
                     ("static_cast<float>(a.D)", "(float)a.D"), ("static_cast<float>(a.D)", "a.D"),
                     ("static_cast<float>(a.D)", "float(a.D)"),
                     ("static_cast<float>(a.D)", "static_cast<double>(a.D)"),
                     ("static_cast<float>(a.D)", "static_cast<float>(static_cast<char>(a.D))"),
                     ("static_cast<float>(a.D)", "static_cast<const float>(a.D)"),
                     ("((((b1_0 * a.Q_s[0])", "((((static_cast<std::int32_t>(b1_0) * a.Q_s[0])"),
                     ("((b1_0 * a.Q_s[0]) + (h1_1 * a.Q_s[1]))",
                      "(b1_0 * a.Q_s[0] + h1_1 * a.Q_s[1])"),
                     ("((b1_0 * a.Q_s[0]) + (h1_1 * a.Q_s[1]))",
                      "((h1_1 * a.Q_s[1]) + (b1_0 * a.Q_s[0]))"),
                     ("((b1_0 * a.Q_s[0]) + (h1_1 * a.Q_s[1]))",
                      "((b1_0 * a.Q_s[1]) + (h1_1 * a.Q_s[0]))"),
                     ("const_cast<struct", "reinterpret_cast<struct"),
                     ("*static_cast<const", "*reinterpret_cast<const")):
        yield "%s as %s" % (old.strip(), new.strip()), D, swap(old, new)


# ---- statements, functions and declarations ----
def code():
    for text in ("return;", "if (task == 7) { return; }", "if (a.D == 4242) { return; }",
                 "while (true) {}", "for (;;) {}", "goto end; end:", "label:", ";", "{}", "(void)0;",
                 "break;", "continue;", "throw 0;", "std::exit(0);", "__builtin_unreachable();",
                 "__builtin_trap();", "asm(\"\");", "__asm__ volatile(\"nop\");", "static int count = 0;",
                 "thread_local float x = 0.0f;", "a.O[0] = 0.0f;", "a.workspace[0] = 0.0f;",
                 "scratch[-1] = 0.0f;", "const_cast<minimoa_decode_naive_args&>(a).D = 1;",
                 "*(volatile int*)0 = 0;", "extern int x;", "float y[1 << 20];", "float y;",
                 "auto f = [&] { return 0; }; f();", "struct L { int x; };", "try {} catch (...) {}",
                 "for (std::int64_t z = 0; z < 0; ++z) { a.O[z] = 0.0f; }", "static_cast<void>(rest);",
                 "if (false) { a.O[0] = 0.0f; }", "do {} while (0);", "switch (task) { case 7: return; }",
                 "return (void)a;", "delete[] a.O;", "new float;", "using namespace std;",
                 "[[assume(task == 0)]];", "__builtin_assume_aligned(a.O, 64);", "std::fesetround(0);",
                 "_mm_setcsr(0x8040);", "static_assert(true);", "rest = 0;"):
        yield "in a phase: " + text, D, put("inside", "  " + text + "\n")
    for text in ("a.O[0] = 0.0f;", "a.O[(d_11 * a.O_s[3])] = sel_12;", "break;", "sel_12 = 0.0f;"):
        yield "after the last store: " + text, D, put("last", "    " + text + "\n")
    yield "statement twice", D, swap("  st_6_0 = static_cast<float>(0LL);\n",
                                     "  st_6_0 = static_cast<float>(0LL);\n" * 2)
    yield "statement missing", D, swap("  st_6_0 = static_cast<float>(0LL);\n", "")
    yield "statements exchanged", D, swap(
        "  rest = rest / a.G;\n  const std::int64_t h1_1 = rest % a.H;\n",
        "  const std::int64_t h1_1 = rest % a.H;\n  rest = rest / a.G;\n")
    yield "statement moved into its loop", D, chain(
        swap("  }\n  m_3 = acc_4;\n", "  m_3 = acc_4;\n  }\n"))
    yield "initialisation moved out of its loop", D, chain(
        swap("    float acc_4 = 0.0f;\n", ""),
        swap("  for (std::int64_t j1_3", "  float acc_4 = 0.0f;\n  for (std::int64_t j1_3"))
    yield "initialisation missing", D, swap("float acc_4 = 0.0f;", "float acc_4;")
    yield "braces missing", D, swap("{\n      sel_12 = static_cast<float>(0LL);\n    }",
                                    "sel_12 = static_cast<float>(0LL);")
    yield "empty statement after for", D, swap("++e1_5) {", "++e1_5); {")
    yield "empty statement after if", D, swap("== 0.0f)) {", "== 0.0f)); {")
    yield "if constexpr", D, swap("if ((st_6_0", "if constexpr ((st_6_0")
    yield "branches exchanged", D, chain(
        swap("sel_12 = static_cast<float>(0LL);", "@"),
        swap("sel_12 = (st_6_1[d_11] / st_6_0);", "sel_12 = static_cast<float>(0LL);"),
        swap("@", "sel_12 = (st_6_1[d_11] / st_6_0);"))
    yield "else missing", D, swap("} else {\n      sel_12", "} {\n      sel_12")
    yield "phases exchanged", D, both("phase_0", "phase_1")
    yield "second phase twice", D, swap("phase_0(const_cast", "phase_1(const_cast")
    yield "first task left out", D, swap("t = 0; t < tasks_0", "t = 1; t < tasks_0")
    yield "tasks of another phase", D, swap("parallel_context, tasks_1", "parallel_context, tasks_0")
    yield "worker for the task", D, swap("scratch + worker *", "scratch + task *")
    yield "one scratch for all workers", D, swap("scratch + worker *", "scratch + 0 *")
    yield "worker number left out", D, swap("a.scratch + worker * minimoa_decode_naive_scratch(&a)",
                                            "a.scratch")
    yield "another worker's number", D, swap(", t, 0);", ", t, 1);")
    yield "task and worker exchanged", D, swap("std::int64_t task, std::int64_t worker)",
                                               "std::int64_t worker, std::int64_t task)")
    yield "context and data exchanged", D, swap(
        "a.parallel_for(a.parallel_context, tasks_0, phase_0, const_cast<struct\n"
        "        minimoa_decode_naive_args*>(p));",
        "a.parallel_for(const_cast<struct\n        minimoa_decode_naive_args*>(p), tasks_0, phase_0, "
        "a.parallel_context);")
    yield "status of the check ignored", D, swap("if (status != 0) { return status; }", "")
    yield "scratch not counted", D, swap("product(workers, scratch) < 0", "scratch < 0")
    yield "null workspace allowed", D, swap(
        "  if (workspace > 0 && a.workspace == nullptr) { return 7; }\n", "")
    yield "workspace too small", D, swap("return product(product(product(a.B, a.H), a.G), a.T);",
                                         "return product(product(a.B, a.H), a.G);")
    yield "workspace of another shape", D, swap(
        "return product(product(product(a.B, a.H), a.G), a.T);",
        "return product(product(product(a.B, a.H), a.G), a.D);")
    yield "workspace in another order", D, swap(
        "return product(product(product(a.B, a.H), a.G), a.T);",
        "return product(product(product(a.H, a.B), a.G), a.T);")
    yield "workspace without product()", D, swap(
        "return product(product(product(a.B, a.H), a.G), a.T);", "return a.B * a.H * a.G * a.T;")
    yield "scratch too small", D, swap("  return a.D;\n", "  return 1;\n")
    yield "scratch by a side effect", D, swap("  return a.D;\n", "  return a.workspace[0] = 0, a.D;\n")
    yield "check of a stride missing", D, swap(
        "  if (a.O_s[3] < 0 || a.O_s[3] > kMaxStride) { return 4; }\n", "")
    yield "check of a dimension missing", D, swap("  if (a.T < 1 || a.T > kMaxDim) { return 2; }\n", "")
    yield "check of an array missing", D, swap("  if (a.V == nullptr) { return 5; }\n", "")
    yield "checks in another order", D, swap(
        "  if (a.K == nullptr) { return 5; }\n  if (a.V == nullptr) { return 5; }\n",
        "  if (a.V == nullptr) { return 5; }\n  if (a.K == nullptr) { return 5; }\n")
    yield "check that writes", D, put("check", "  if (p) { const_cast<minimoa_decode_naive_args*>(p)"
                                               "->D = 1; }\n")
    yield "0 as the size", D, swap("p->size != sizeof(struct minimoa_decode_naive_args)",
                                   "p->size != sizeof(p)")
    for text in ("int main() { return 0; }", "__attribute__((constructor)) void start() {}",
                 "static const int started = [] { return 1; }();", "int other;", "void other();",
                 "struct Other { Other() {} } other;", "template <class T> T other(T x) { return x; }",
                 "extern \"C\" void* malloc(unsigned long) { return 0; }",
                 "asm(\".globl exp\");", ";", "}", "{", "int", "x", "0", "\"\"", "namespace {}",
                 "static_assert(sizeof(float) == 4);", "[[]];", "using T = int;", "concept c;"):
        yield "behind the last function: " + text, D, put("end", text + "\n")
    for text in ("inline float maximum(float x, double y) { return x; }",
                 "inline std::int64_t product(int x, std::int64_t y) { return y / 2; }",
                 "inline std::int64_t total(std::int64_t x) { return x; }",
                 "template <class T> T expsub(T x, T y) { return x; }",
                 "float operator+(minimoa_decode_naive_args, float);",
                 "[[gnu::constructor]] void early() {}",
                 "__attribute__((optimize(\"fast-math\"))) void phase_0(void*, std::int64_t, std::int64_t);",
                 "void phase_0(void*, std::int64_t, int) {}",
                 "constexpr float kBottom2 = kBottom;"):
        yield "before the first phase: " + text, D, put("phase", text + "\n")
    for old, new in (("float acc_4", "double acc_4"), ("float acc_4", "volatile float acc_4"),
                     ("float acc_4", "static float acc_4"), ("float acc_4", "register float acc_4"),
                     ("float acc_4", "const float acc_4"), ("float acc_4", "auto acc_4"),
                     ("float acc_4", "long double acc_4"), ("float acc_4", "_Float16 acc_4"),
                     ("float acc_4", "alignas(64) float acc_4"), ("float acc_4", "float (acc_4)"),
                     ("float acc_4", "[[maybe_unused]] float acc_4"),
                     ("float acc_4", "decltype(0.0f) acc_4"), ("float acc_4", "::float acc_4"),
                     ("for (std::int64_t j1_3", "for (int j1_3"),
                     ("for (std::int64_t j1_3", "for (std::int32_t j1_3"),
                     ("for (std::int64_t j1_3", "for (std::uint64_t j1_3"),
                     ("for (std::int64_t j1_3", "for (long j1_3"),
                     ("for (std::int64_t j1_3", "for (float j1_3"),
                     ("for (std::int64_t j1_3", "for (int64_t j1_3"),
                     ("float* const scratch", "float* scratch"),
                     ("float* const scratch", "float* __restrict scratch"),
                     ("float* const scratch", "const float* scratch"),
                     ("const minimoa_decode_naive_args& a", "const minimoa_decode_naive_args a"),
                     ("const minimoa_decode_naive_args& a", "minimoa_decode_naive_args& a"),
                     ("const minimoa_decode_naive_args& a", "const auto& a"),
                     ("std::int64_t rest = task", "std::int32_t rest = task"),
                     ("std::int64_t rest = task", "std::int64_t rest = task + 1"),
                     ("void phase_0(", "static void phase_0("), ("void phase_0(", "inline void phase_0("),
                     ("void phase_0(", "[[noreturn]] void phase_0("),
                     ("void phase_0(", "__attribute__((noinline)) void phase_0("),
                     ("void phase_0(", "__attribute__((optimize(\"fast-math\"))) void phase_0("),
                     ("std::int64_t worker) {", "std::int64_t worker) noexcept {"),
                     ("std::int64_t worker) {", "std::int64_t worker = 0) {"),
                     ("inline float maximum", "constexpr float maximum"),
                     ("[[maybe_unused]] inline", "inline"), ("[[maybe_unused]]", "[[nodiscard]]"),
                     ("[[maybe_unused]]", "[ [maybe_unused] ]]"),
                     ("float maximum(float x, float y)", "float maximum(float y, float x)"),
                     ("float maximum(float x, float y)", "float maximum(double x, double y)"),
                     ("float maximum(float x, float y)", "float maximum(float& x, float& y)"),
                     ("constexpr float kBottom", "const float kBottom"),
                     ("constexpr float kBottom", "float kBottom"),
                     ("namespace {", "namespace x {"), ("namespace {", "inline namespace x {"),
                     ("extern \"C\" {", "{"), ("extern \"C\" {", "extern {"),
                     ("std::size_t size;", "std::int64_t size;"), ("std::size_t size;", ""),
                     ("std::size_t size;", "std::size_t size : 8;"),
                     ("std::int64_t H;\n  std::int64_t G;", "std::int64_t G;\n  std::int64_t H;"),
                     ("std::int64_t H;\n", "std::int32_t H;\n"),
                     ("std::int64_t H;\n", "std::int64_t H = 1;\n"),
                     ("std::int64_t H;\n", "mutable std::int64_t H;\n"),
                     ("std::int64_t Q_s[4];", "std::int64_t Q_s[3];"),
                     ("std::int64_t Q_s[4];", "std::int64_t Q_s[5];"),
                     ("std::int64_t Q_s[4];", "std::int64_t* Q_s;"),
                     ("const float* K;", "float* K;"), ("const float* K;", "const double* K;"),
                     ("const float* K;", "const float* __restrict__ K;"),
                     ("const float* K;", "const volatile float* K;"),
                     ("const float* K;", "float const* K;"),
                     ("float* O;", "const float* O;"), ("float* workspace;", "double* workspace;"),
                     ("struct minimoa_decode_naive_args {", "union minimoa_decode_naive_args {"),
                     ("struct minimoa_decode_naive_args {", "class minimoa_decode_naive_args {"),
                     ("struct minimoa_decode_naive_args {",
                      "struct __attribute__((packed)) minimoa_decode_naive_args {"),
                     ("struct minimoa_decode_naive_args {",
                      "struct minimoa_decode_naive_args final {"),
                     ("_check(const struct minimoa_decode_naive_args* p);",
                      "_check(struct minimoa_decode_naive_args* p);"),
                     ("_check(const struct minimoa_decode_naive_args* p);",
                      "_check(const struct minimoa_decode_naive_args* p, int);"),
                     ("_check(const struct minimoa_decode_naive_args* p);",
                      "_check(const struct minimoa_decode_naive_args* p) noexcept;"),
                     ("std::int32_t minimoa_decode_naive_run", "std::int64_t minimoa_decode_naive_run"),
                     ("  void* parallel_context;\n", "  void* parallel_context;\n  int more;\n"),
                     ("typedef void (*minimoa_decode_naive_task)(void*, std::int64_t, std::int64_t);",
                      "typedef void (*minimoa_decode_naive_task)(void*, std::int64_t, int);"),
                     ("typedef void (*minimoa_decode_naive_task)(void*, std::int64_t, std::int64_t);",
                      "using minimoa_decode_naive_task = void (*)(void*, std::int64_t, std::int64_t);")):
        yield "%s as %s" % (old.strip(), new.strip()), D, swap(old, new)
    yield "pointers exchanged", D, swap(
        "  const float* Q;\n  std::int64_t Q_s[4];\n  const float* K;\n  std::int64_t K_s[4];\n",
        "  const float* K;\n  std::int64_t K_s[4];\n  const float* Q;\n  std::int64_t Q_s[4];\n")
    yield "functions in another order", D, lambda body: re.sub(
        r"(std::int64_t \w+_workspace\(.*?p\);\n)(std::int64_t \w+_scratch\(.*?p\);\n)", r"\2\1", body)
    yield "virtual member", D, put("members", "  virtual void f();\n")
    yield "member function", D, put("members", "  void f() {}\n")
    yield "constructor", D, put("members", "  minimoa_decode_naive_args() {}\n")


# ---- the whole body ----
def whole():
    yield "empty", D, lambda body: ""
    yield "blanks only", D, lambda body: " \n"
    yield "comments only", D, lambda body: re.sub(r"(?m)^", "// ", body.replace("#", ""))
    yield "two copies", D, lambda body: body + body
    yield "a copy in #if 0", D, lambda body: body + "#if 0\n" + body + "#endif\n"
    yield "last character cut", D, lambda body: body.rstrip()[:-1]
    yield "first character cut", D, lambda body: body[1:]
    yield "first line cut", D, lambda body: body.split("\n", 1)[1]
    yield "half", D, lambda body: body[:len(body) // 2]
    yield "cut inside of a word", D, lambda body: body[:body.index("phase_1") + 5]
    yield "cut in front of run", D, lambda body: body[:body.rindex("// Computes")] + "}\n"
    yield "functions in reverse", D, lambda body: "}\n".join(reversed(body.split("}\n")))
    yield "in capitals", D, str.upper
    yield "words reversed", D, lambda body: body[::-1]
    yield "all blanks removed", D, lambda body: re.sub(r"[ \n]", "", re.sub(r"//.*", "", body))
    yield "NUL at the end", D, lambda body: body + "\0"
    yield "end-of-file of DOS", D, lambda body: body + "\x1a"
    yield "a second body", D, lambda body: body + "// ---- body ----\n" + body
    yield "the comparer's own words", D, lambda body: body + "end of file\n"
    yield "tokens exchanged at the end", D, lambda body: body.rstrip()[:-1] + ";\n}\n"


GROUPS = {"macros and directives": macros, "comments and line ends": comments,
          "bytes": odd_bytes, "names": names, "numbers": numbers, "operators": operators,
          "code": code, "whole text": whole}

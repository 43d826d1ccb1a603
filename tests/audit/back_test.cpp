// What: tests of the back half of minimoa-audit: reading JSON and numbers,
// polynomials, proofs, obligations, lowering, kernel text, whole audits.
// The idea: for every guard one forged input that only this guard stops; the
// expected refusal is named by its code and a piece of its text.
// How it may be wrong: a forged input that is refused for another reason than
// the one under test; hence the text is compared, not only the code.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../certificates/audit/audit.h"
#include "../../certificates/audit/obligations.h"
#include "../../certificates/audit/poly.h"
#include "../../certificates/audit/reader.h"

namespace {

using audit::Json;
using audit::Obligation;
using audit::Poly;

// "ok", or "code: text" of the refusal.
std::string outcome(const std::function<void()>& work) {
  try {
    work();
  } catch (const audit::Refused& refused) {
    return refused.code + ": " + refused.text;
  } catch (const Json::exception& error) {  // as the audit reports it
    return std::string("json: ") + error.what();
  }
  return "ok";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Poly poly(const std::string& json) { return audit::read_poly(audit::parse_json(json), 100); }

std::string read_poly(const std::string& json) {
  return outcome([&] { audit::read_poly(audit::parse_json(json), 2); });
}

const char kX[] = R"([["1",[[0,1]]]])";
const char kOne[] = R"([["1",[]]])";
const char kMinusOne[] = R"([["-1",[]]])";

Obligation obligation(const std::vector<std::string>& hypotheses, const std::string& goal,
                      std::size_t atoms) {
  Obligation result{"test", {}, poly(goal), atoms};
  for (const std::string& h : hypotheses) result.hypotheses.push_back(poly(h));
  return result;
}

std::string check(const std::vector<Obligation>& list, const std::string& proofs) {
  return outcome([&] {
    audit::Budget budget;
    std::string place;
    audit::Strings holes;
    audit::check_proofs("list", list, audit::parse_json(proofs), budget, place, holes);
  });
}

// A proof of 0 <= x implies -1 >= 0, which must always fail.
// Facts: 0: x, 1: 0 (the negated goal).
std::string forged(const std::string& steps) {
  return check({obligation({kX}, kMinusOne, 1)}, "[" + steps + "]");
}

}  // namespace

TEST_CASE("sha256: the vectors of NIST and the block borders") {
  CHECK(audit::sha256_hex("") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
        "34ca495991b7852b855");
  CHECK(audit::sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396"
        "177a9cb410ff61f20015ad");
  CHECK(audit::sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
                          "nopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964"
        "ff2167f6ecedd419db06c1");
  CHECK(audit::sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(audit::sha256_hex(std::string(55, 'a')) ==
        "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  CHECK(audit::sha256_hex(std::string(56, 'a')) ==
        "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  CHECK(audit::sha256_hex(std::string(64, 'a')) ==
        "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("json: strict reading") {
  const auto read = [](const std::string& text) {
    return outcome([&] { audit::parse_json(text); });
  };
  CHECK(read(R"({"a":[1,"x",{"b":[]}]})") == "ok");
  CHECK(has(read(R"({"a":1,"a":2})"), "same key twice"));
  CHECK(has(read(R"({"a":1,"\u0061":2})"), "same key twice"));
  CHECK(read("[1000000]") == "ok");
  for (const std::string bad : {"12345678901234567890123", "4294967296", "1000001", "1.0", "1e3",
                                "-1", "-0", "null", "true", "false"}) {
    for (const std::string& text : {bad, "[" + bad + "]", "{\"a\":[" + bad + "]}"}) {
      CHECK(has(read(text), "json: neither a string nor an integer"));
    }
  }
  // What looks like structure inside of strings; escaped quotes.
  CHECK(read(R"(["[[{{::,,", "\\", {"\\\":": "]", "::": "\"{\"", "": []}, "\u0022:"])") == "ok");
  CHECK(has(read(R"({"\":":1,"\u0022:":2})"), "same key twice"));
  CHECK(has(read(R"([":",{"a":1,"a":":"}])"), "same key twice"));
  CHECK(read("\"" + std::string(1000, '[') + "\"") == "ok");
  CHECK(read(R"([{"a":1},{"a":1}])") == "ok");
  CHECK(read(R"({"a":{"a":1}})") == "ok");
  CHECK(has(read(R"({"a":{"b":1},"a":2})"), "same key twice"));
  CHECK(has(read(R"([{"a":[],"b":{"a":1},"a":2}])"), "same key twice"));
  for (const char* bad :
       {"[NaN]", "\\",       "[\\",  "[\"\\",   "[\"a\\\"]",  "[01]",        "[1,]", "[1] x",
        "[1]]",  "[1",       "",     "{\"a\":", "{\"a\"}",    "{\"a\":1:2}", "[:]",  "[\"\xff\"]",
        "[\"a",  "[1] // c", "[+1]", "[0x10]",  "[Infinity]", "{a:1}",       "['a']"}) {
    CHECK(has(read(bad), "json: not JSON"));
  }
  CHECK(has(read("\xef\xbb\xbf[1]"), "byte order"));
  CHECK(read(std::string(200, '[') + std::string(200, ']')) == "ok");
  CHECK(has(read(std::string(201, '[')), "limit: "));
  CHECK(has(read(std::string(16000000, '[')), "limit: "));
  const auto many = [&](const std::string& item, int count) {
    std::string text = "[" + item;
    for (int k = 1; k < count; ++k) text += "," + item;
    return read(text + "]");
  };
  CHECK(many("0", 50000) == "ok");
  CHECK(has(many("0", 50001), "limit: list too long"));
  CHECK(has(many("0", 2100000), "limit: too many JSON values"));
  std::string half = "[0";
  for (int k = 1; k < 50000; ++k) half += ",0";
  CHECK(has(many(half + "]", 20), "limit: too many JSON values"));
  CHECK(has(many(R"({"a":{}})", 200000), "limit: list too long"));
}

TEST_CASE("json: closed key sets and navigation") {
  const Json json = audit::parse_json(R"({"a":[[1,[2]],{"k":"v"}],"b":7})");
  CHECK(audit::items(json.at("a"), 2)[0][1][0].get<std::size_t>() == 2);
  CHECK(audit::strings(json.at("a")[1], {"k"}).at("k") == "v");
  CHECK(outcome([&] { audit::require_keys(json, {"b", "a"}); }) == "ok");
  for (const audit::Strings& keys :
       {audit::Strings{}, {"a"}, {"a", "a"}, {"a", "c"}, {"a", "b", "b"}, {"a", "b", "c"}}) {
    CHECK(has(outcome([&] { audit::require_keys(json, keys); }), "json: expected an object with"));
  }
  const auto refuses = [](const std::function<void()>& work) {
    return outcome(work).starts_with("json: ");
  };
  CHECK(refuses([&] { audit::require_keys(json.at("a"), {}); }));
  CHECK(refuses([&] { audit::require_keys(json.at("b"), {}); }));
  CHECK(refuses([&] { audit::strings(json, {"a", "b"}); }));
  CHECK(refuses([&] { json.at("c"); }));
  CHECK(refuses([&] { json.at("a").at("c"); }));
  CHECK(refuses([&] { json.at("b").get<std::string>(); }));
  CHECK(refuses([&] { json.at("a")[1].at("k").get<std::size_t>(); }));
  CHECK(refuses([&] { json.at("a").get<std::size_t>(); }));
  CHECK(refuses([&] { json.at("a").get<std::vector<std::size_t>>(); }));
  CHECK(refuses([&] { json.get<std::vector<std::size_t>>(); }));
  CHECK(refuses([&] { json.at("a").get<audit::StringMap>(); }));
  for (const char* key : {"a", "b"}) {
    CHECK(has(outcome([&] { audit::items(json.at(key), 3); }), "expected a list"));
  }
  CHECK(has(outcome([&] { audit::items(json); }), "expected a list"));
}

TEST_CASE("numbers: one spelling each") {
  for (const char* bad :
       {"010", "+1",   "1/1",  "2/4", " 7",  "7 ",   "1e3", "0x10", "",      "-",   "1/",
        "-0",  "/2",   "1/-2", "0/2", "1/0", "1/02", "--1", "1_0",  "1/2/3", "1.5", "\xd9\xa1",
        "1/2", "-3/2", "00",   "-01", "+0",  "-00",  "0-",  "1-",   "0b1",   "1'0"}) {
    CHECK(outcome([&] { audit::parse_integer(bad); }).starts_with("number"));
  }
  CHECK(outcome([] { audit::parse_integer(std::string_view("1\0", 2)); }).starts_with("number"));
  CHECK(audit::parse_integer("-3") == -3);
  CHECK(audit::parse_integer("0") == 0);
  CHECK(audit::parse_integer("17") == 17);
  CHECK(audit::parse_integer("123456789012345678901234567890") / 1000000000 ==
        audit::parse_integer("123456789012345678901"));
  CHECK(outcome([&] { audit::parse_integer(std::string(2000, '9')); }) == "ok");
  CHECK(outcome([&] { audit::parse_integer(std::string(2001, '9')); }).starts_with("limit"));
  CHECK(audit::floor_div(-7, 2) == -4);
  CHECK(audit::floor_div(-8, 2) == -4);
  CHECK(audit::floor_div(7, 2) == 3);
}

TEST_CASE("polynomials: reading and identities") {
  CHECK(read_poly(R"([["-2",[[0,1],[1,2]]],["3",[]]])") == "ok");
  CHECK(has(read_poly(R"([["0",[]]])"), "zero coefficient"));
  CHECK(has(read_poly(R"([["1",[[0,1]]],["2",[[0,1]]]])"), "repeated"));
  CHECK(has(read_poly(R"([["1",[[1,1],[0,1]]]])"), "not increasing"));
  CHECK(has(read_poly(R"([["1",[[0,1],[0,1]]]])"), "not increasing"));
  CHECK(has(read_poly(R"([["1",[[0,0]]]])"), "exponent 0"));
  CHECK(has(read_poly(R"([["1",[[2,1]]]])"), "no such atom"));
  CHECK(has(read_poly(R"([["1",[[0,65]]]])"), "limit"));
  CHECK(read_poly(R"([["1/2",[]]])").starts_with("number"));
  CHECK(read_poly(R"([["-0",[]]])").starts_with("number"));
  CHECK(has(read_poly(R"([[1,[]]])"), "must be string"));
  audit::Budget budget;
  const Poly a = poly(R"([["2",[[0,1]]],["1",[]]])");  // 2x + 1
  const Poly b = poly(R"([["2",[[0,1]]],["-1",[]]])");
  CHECK(audit::multiply(a, b, budget) == poly(R"([["4",[[0,2]]],["-1",[]]])"));
  CHECK(audit::difference(a, b, budget) == poly(R"([["2",[]]])"));
  CHECK(audit::difference(a, a, budget) == Poly());
  CHECK(audit::substitute(a, {poly(R"([["3",[[1,1]]]])")}, budget) ==
        poly(R"([["6",[[1,1]]],["1",[]]])"));
  CHECK(poly(kOne).constant() == 1);
  CHECK(poly(kOne).is_constant());
  CHECK(Poly().is_constant());
  CHECK(!a.is_constant());
  CHECK(a.constant() == 1);
  CHECK(poly(kX).constant() == 0);
  CHECK(has(outcome([&] { audit::substitute(a, {}, budget); }), "without"));
}

TEST_CASE("proofs: honest ones are accepted") {
  const Obligation same = obligation({kX}, kX, 1);
  CHECK(check({same}, R"([[["lin","0",[["1",0],["1",1]]]]])") == "ok");
  // 2x >= 1 implies x >= 1, by a cut.
  const Obligation half =
      obligation({R"([["2",[[0,1]]],["-1",[]]])"}, R"([["1",[[0,1]]],["-1",[]]])", 1);
  CHECK(check({half}, R"([[["cut",0],["lin","0",[["1",1],["1",2]]]]])") == "ok");
  // x*x >= x for every integer, by a split at x - 1.
  const Obligation square = obligation({}, R"([["1",[[0,2]]],["-1",[[0,1]]]])", 1);
  CHECK(check({square}, R"([[["split",[["1",[[0,1]]],["-1",[]]],
      [["mul",1,1],["lin","0",[["1",0],["1",1],["1",2]]]],
      [["sq",[["1",[[0,1]]]]],["lin","0",[["1",0],["1",1],["1",2]]]]]]])") == "ok");
  // x >= 0 implies x - 2*floor(x/2) <= 1, through floordiv.
  const Obligation any = obligation({kOne}, kOne, 1);
  CHECK(check({any}, R"([[["floordiv",[["1",[[0,1]]]],[["2",[]]],0],
      ["lin","0",[["1",1]]]]])") == "ok");
  // use: the lemma x >= 0 => x >= 0 at 3y.
  const Obligation at3 = obligation({R"([["3",[[0,1]]]])"}, R"([["3",[[0,1]]]])", 1);
  CHECK(check({same, at3}, R"([[["lin","0",[["1",0],["1",1]]]],
      [["use",0,[[["3",[[0,1]]]]],[0]],["lin","0",[["1",1],["1",2]]]]])") == "ok");
  CHECK(check({same}, R"([{"hole":"degree-limit"}])") == "ok");
}

TEST_CASE("proofs: one forged proof for every guard") {
  CHECK(has(forged(R"([["sq",[["1",[]]]],["lin","0",[["-1",2]]]])"), "multiplier <= 0"));
  CHECK(has(forged(R"([["lin","0",[["0",0]]]])"), "multiplier <= 0"));
  CHECK(has(forged(R"([["lin","-1",[]]])"), "negative constant"));
  CHECK(has(forged(R"([["lin",0,[]]])"), "must be string"));
  CHECK(has(forged(R"([["mul",0,99]])"), "no such fact"));
  CHECK(has(forged(R"([["lin","0",[["1",2]]]])"), "no such fact"));
  CHECK(has(forged(R"([["cut",2]])"), "no such fact"));
  CHECK(has(forged(R"([["lin","0",[["1/2",0]]],["cut",2]])"), "number: "));
  CHECK(has(forged(R"([["lin","1/2",[]]])"), "number: "));
  CHECK(has(forged(R"([["lin","-0",[["1",0]]]])"), "number: "));
  CHECK(has(forged(R"([["mul","0",0]])"), "must be number"));
  CHECK(has(forged(R"([["cut",1]])"), "cut of a constant"));
  CHECK(has(forged("[]"), "not a negative constant"));
  CHECK(has(forged(R"([["lin","1",[]]])"), "not a negative constant"));
  CHECK(has(forged(R"([["lin","0",[["1",0]]]])"), "not a negative constant"));
  CHECK(has(forged(R"([["assume",[["-1",[]]]]])"), "unknown rule"));
  CHECK(has(forged("[[]]"), "empty step"));
  CHECK(has(forged(R"([["sq",[["1",[[1,1]]]]]])"), "no such atom"));
  CHECK(has(forged(R"([["mul",0]])"), "list of 3"));
  CHECK(has(forged(R"([["mul",0,0,0]])"), "list of 3"));
  CHECK(has(forged(R"([["split",[["1/2",[[0,1]]]],[],[]]])"), "number: "));
  CHECK(has(forged(R"([["split",[["1",[[0,1]]]],[],[]],["mul",0,0]])"), "not last"));
  // Only one of the two cases refuted: x >= 0 is known, -x - 1 >= 0 is not.
  CHECK(has(forged(R"([["split",[["1",[[0,1]]]],[],
      [["lin","0",[["1",0],["1",2]]]]]])"),
            "not a negative constant"));
  // The second case may not use a fact of the first one.
  CHECK(has(forged(R"([["split",[["-1",[[0,1]]],["-1",[]]],
      [["lin","0",[["1",0],["1",2]]]],[["lin","0",[["1",3]]]]]])"),
            "no such fact"));
  CHECK(has(forged(R"([{"hole":"too hard"}])").substr(0, 4), "json"));
  CHECK(has(forged(R"({"hole":"too hard"})"), "unknown reason"));
  CHECK(has(forged(R"({"hole":"no-witness","x":"y"})"), "exactly the keys"));
  CHECK(has(forged(R"([],[])"), "has 2 proofs, but 1"));
}

TEST_CASE("proofs: floordiv, use and goals") {
  // Without the fact DEN - 1 >= 0 the divisor could be 0: -1 >= 0 follows.
  CHECK(has(forged(R"([["floordiv",[["1",[[0,1]]]],[],0]])"), "positive"));
  CHECK(has(forged(R"([["floordiv",[["1",[[0,1]]]],[["1",[[0,1]]]],0]])"), "positive"));
  CHECK(has(forged(R"([["floordiv",[["1/2",[]]],[["1",[]]],1]])"), "number: "));
  CHECK(has(forged(R"([["floordiv",[["1",[]]],[["1/2",[]]],1]])"), "number: "));
  const Obligation lemma = obligation({kX}, kX, 1);
  const Obligation bad = obligation({kMinusOne}, kMinusOne, 1);
  const std::string good = R"([["lin","0",[["1",0],["1",1]]]])";
  const auto use = [&](const std::string& step) {
    return check({lemma, obligation({}, kX, 1), lemma},
                 "[" + good + ",[" + step + "]," + good + "]");
  };
  CHECK(has(use(R"(["use",1,[[["1",[[0,1]]]]],[]])"), "not earlier"));
  CHECK(has(use(R"(["use",2,[[["1",[[0,1]]]]],[0]])"), "not earlier"));
  CHECK(has(use(R"(["use",0,[[["1",[[0,1]]]]],[0]])"), "hypothesis 0"));
  CHECK(has(use(R"(["use",0,[[["1",[[0,1]]]]],[]])"), "list of 1"));
  CHECK(has(use(R"(["use",0,[],[0]])"), "list of 1"));
  CHECK(has(use(R"(["use",0,[[["1/2",[[0,1]]]]],[0]])"), "number: "));
  CHECK(has(use(R"(["use",0,[[["1",[[1,1]]]]],[0]])"), "no such atom"));
}

TEST_CASE("proofs: limits are refused at once") {
  const auto start = std::chrono::steady_clock::now();
  std::string steps = R"(["sq",[["1",[]]]])";
  for (int k = 0; k < 5001; ++k) steps += R"(,["mul",2,2])";
  CHECK(has(forged("[" + steps + "]"), "limit: too many proof steps"));
  // Repeated squares of a sum of seven atoms, and of a constant.
  std::string seven = R"(["sq",[["1",[]])";
  for (int k = 0; k < 7; ++k) {
    seven += R"(,["1",[[)" + std::to_string(k) + R"(,1]]])";
  }
  seven += "]]";
  std::string ten = R"(["sq",[["10",[]]]])";
  for (int k = 2; k < 20; ++k) {
    const std::string n = std::to_string(k);
    const std::string again = ",[\"mul\"," + n + "," + n + "]";
    seven += again;
    ten += again;
  }
  CHECK(has(check({obligation({kX}, kMinusOne, 7)}, "[[" + seven + "]]"), "limit: "));
  CHECK(has(forged("[" + ten + "]"), "limit: "));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  MESSAGE("seconds for the limits: ", taken.count());
  CHECK(taken.count() < 3);
}

// ---- kernel text ----------------------------------------------------------

namespace {

std::string tokens(const std::string& body) {
  return outcome([&] { audit::tokenise(body, 1); });
}

std::string compare(const std::string& a, const std::string& b) {
  return outcome([&] { audit::compare_tokens(audit::tokenise(a, 5), audit::tokenise(b, 1)); });
}

}  // namespace

TEST_CASE("text: what a compiler could read differently is refused") {
  CHECK(tokens("int x; // it's \"fine\" /* here */\n") == "ok");
  CHECK(tokens("extern \"C\" {") == "ok");
  CHECK(has(tokens("int x; // \\\nint y;"), "backslash"));
  CHECK(has(tokens("// ?"
                   "?/\nint y;"),
            "trigraph"));
  CHECK(has(compare("const char* s = \"x\";", "const char* s = x;"), "found \"\"x\"\""));
  CHECK(has(compare("\"C\" {", "{"), "found \"\"C\"\""));
  CHECK(has(compare("extern \"D\" {", "extern \"C\" {"), "found \"\"D\"\""));
  CHECK(has(compare("c = 'x';", "c = x;"), "found \"'\""));
  CHECK(has(tokens("#define float double\n"), "directive"));
  CHECK(has(tokens("# include <cmath>\n"), "directive"));
  CHECK(has(tokens("#include <cmath> float x;\n"), "directive"));
  CHECK(has(tokens("int x; #include <cmath>\n"), "directive"));
  CHECK(has(tokens("#include <vector>\n"), "directive"));
  CHECK(has(tokens("// #pragma\n"), "'#'"));
  CHECK(has(tokens("int \xce\xb1;"), "ASCII"));
  CHECK(has(tokens("// \xe2\x80\xae\n"), "ASCII"));
  CHECK(has(tokens("int x;\r\n"), "ASCII"));
  CHECK(has(compare("int x; /* never closed", "int x;"), "found \"/*\""));
  CHECK(has(compare("int x; /* closed */", "int x;"), "found \"/*\""));
  CHECK(has(compare("int $x;", "int x;"), "found \"$\""));
  CHECK(has(compare("int x@;", "int x;"), "found \"@\""));
}

TEST_CASE("text: token by token") {
  CHECK(compare("a + b;", "a+b ; // c") == "ok");
  CHECK(has(compare("a +\n c;", "a + b;"), "line 6: found \"c\""));
  CHECK(has(compare("a + + b", "a ++ b"), "found \"+\""));
  CHECK(has(compare("x y", "xy"), "found \"x\""));
  CHECK(has(compare("1 .0f", "1.0f"), "found \"1\""));
  CHECK(has(compare("x- -1", "x--1"), "found \"-\""));
  CHECK(has(compare("a [ [ b", "a <: b"), "found \"[\""));
  CHECK(has(compare("extern \" C\" {", "extern \"C\" {"), "found"));
  CHECK(has(compare("a", "a b"), "found \"end of file\""));
  CHECK(has(compare("a b", "a"), "lowers to \"end of file\""));
  CHECK(has(compare("", "a"), "end of file"));
}

TEST_CASE("text: header and marker") {
  const std::string hash(64, 'a');
  const std::string line = "// certificate c.json sha256 " + hash + "\n";
  const auto header = [&](const std::string& text) {
    return outcome([&] { audit::check_header(text, hash); });
  };
  CHECK(header("// x\n\n" + line) == "ok");
  CHECK(has(header("// x\n"), "once"));
  CHECK(has(header(line + line), "once"));
  CHECK(has(header("// certificate c.json sha256 b\n"), "another"));
  CHECK(has(header(line + "#define float double\n"), "not a comment"));
  CHECK(has(header(line + "// x \\\n"), "backslash"));
  CHECK(has(outcome([] { audit::split_kernel("// x\n"); }), "no line"));
  const auto [head, body] = audit::split_kernel("// a\n// ---- body ----\nx\n// ---- body ----\n");
  CHECK(head == "// a\n");
  CHECK(body == "x\n// ---- body ----\n");
}

// ---- obligations and lowering of small terms ------------------------------

namespace {

audit::Spec small_spec() {
  audit::Spec spec;
  spec.name = "small";
  spec.dims = {"N", "D"};
  const audit::Term n = audit::free_var("N");
  const audit::Term d = audit::free_var("D");
  audit::Array a;
  a.name = "A";
  a.shape = {n, d};
  audit::Array t;
  t.name = "T";
  t.elem = audit::Elem::kInt;
  t.shape = {n};
  spec.inputs = {a, t};
  spec.output.name = "O";
  spec.output.shape = {n};
  spec.core = audit::read_term("(gen (i N) (red add (j D) true (psi (vec i j) A)))", {}, spec);
  return spec;
}

const audit::Spec& spec() {
  static const audit::Spec kSpec = small_spec();
  return kSpec;
}

// Lowers (for (i N) (put (vec i) E)) with E over i.
std::string body(const std::string& e) {
  std::string text;
  const std::string result = outcome([&] {
    text = audit::lower(audit::read_term("(for (i N) (put (vec i) " + e + "))", {}, spec()), spec(),
                        "s")
               .text;
  });
  if (result != "ok") return result;
  const std::size_t first = text.find("static_cast<void>(rest);") + 24;
  return text.substr(first, text.find("extern \"C\"", first) - first);
}

std::string lowers_to(const std::string& e, const std::string& expected) {
  const std::string text = body(e);
  return outcome([&] {
    audit::compare_tokens(audit::tokenise(text, 1), audit::tokenise(expected + "} }", 1));
  });
}

const char kLoop[] = "for (std::int64_t i_0 = 0; i_0 < a.N; ++i_0) { ";

// A fold over a state (m, o) with o an array of D.
std::string fold(const std::string& step) {
  return "(let (s) (fold (J N) (st) (tup bottom (gen (c D) (real 0))) " + step + ") (get 0 s))";
}

}  // namespace

TEST_CASE("lowering: small terms") {
  CHECK(lowers_to("(red add (j D) true (mem A (vec i j)))",
                  std::string(kLoop) + "float acc_1 = 0.0f;"
                                       "for (std::int64_t j_2 = 0; j_2 < a.D; ++j_2) {"
                                       "acc_1 = acc_1 + a.A[((i_0 * a.A_s[0]) + "
                                       "(j_2 * a.A_s[1]))]; }"
                                       "a.O[(i_0 * a.O_s[0])] = acc_1; }") == "ok");
  CHECK(lowers_to("(if (any (j D) (< j 3)) (exp (rat 1 2)) (neg bottom))",
                  std::string(kLoop) + "bool acc_1 = false;"
                                       "for (std::int64_t j_2 = 0; j_2 < a.D; ++j_2) {"
                                       "if ((j_2 < 3LL)) { acc_1 = true; } }"
                                       "float sel_3 = 0.0f; if (acc_1) { sel_3 = "
                                       "std::exp((static_cast<float>(1) / "
                                       "static_cast<float>(2))); } else {"
                                       "sel_3 = (-kBottom); }"
                                       "a.O[(i_0 * a.O_s[0])] = sel_3; }") == "ok");
  CHECK(lowers_to("(let (x) (gen (c D) (real c)) (psi (vec (mem T (vec i))) x))",
                  std::string(kLoop) + "float* const x_1 = scratch + 0;"
                                       "for (std::int64_t c_2 = 0; c_2 < a.D; ++c_2) {"
                                       "x_1[c_2] = static_cast<float>(c_2); }"
                                       "a.O[(i_0 * a.O_s[0])] = x_1[static_cast<std::int64_t>("
                                       "a.T[(i_0 * a.T_s[0])])]; }") == "ok");
}

TEST_CASE("lowering: folds in place") {
  const std::string good =
      "(tup (max (get 0 st) (real J)) (gen (c D) (+ (psi (vec c) (get 1 st)) "
      "(real 1))))";
  CHECK(has(body(fold(good)), "s_1_1[c_4] = (s_1_1[c_4] + "));
  // The maximum has been overwritten before the rescaling reads it.
  CHECK(has(body(fold("(tup (max (get 0 st) (real J)) (gen (c D) (+ (psi (vec "
                      "c) (get 1 st)) (get 0 st))))")),
            "in-place"));
  // Element c of the new state from element 0 of the old one.
  CHECK(has(body(fold("(tup (get 0 st) (gen (c D) (psi (vec 0) (get 1 st))))")),
            "in-place: a read of another"));
  // Saved before it is overwritten: fine.
  CHECK(has(body(fold("(let (m) (get 0 st) (tup (real J) (gen (c D) (+ (psi "
                      "(vec c) (get 1 st)) m))))")),
            "s_1_0 = "));
  // Inside a second fold the first state is gone.
  CHECK(has(body("(let (s) (fold (J N) (st) (real 0) (fold (K N) (w) (real 1) "
                 "(+ st w))) s)"),
            "in-place"));
  CHECK(has(body("(let (s) (fold (J N) (st) (real 0) (fold (K N) (w) (real 1) "
                 "(if (< K J) w st))) s)"),
            "in-place: keeps"));
  CHECK(has(body("(let (s) (fold (J N) (st) (real 0) (fold (K N) (w) (if (< J "
                 "0) st st) (+ st w))) s)"),
            "in-place"));
  // A branch that keeps the state emits nothing.
  CHECK(has(body("(let (s) (fold (J N) (st) (real 0) (if (< J 3) (+ st (real "
                 "1)) st)) s)"),
            "s_1 = (s_1 + "));
}

TEST_CASE("lowering: refusals") {
  CHECK(has(body("(psi (vec i) (redf add A))"), "lower"));
  CHECK(has(body("(let (x) (gen (c i) (real c)) (psi (vec 0) x))"), "not made of dimensions"));
  CHECK(has(body("(if (or (any (j D) (< j 3)) true) bottom bottom)"), "not lowered"));
  // In int the product would be 0.
  CHECK(has(body("(real (* 65536 65536))"), "(65536LL * 65536LL)"));
  CHECK(has(body("(real (+ (mem T (vec i)) 1))"), "static_cast<std::int64_t>(a.T["));
  CHECK(has(body("(real (+ (- 64 1) i))"), "static_cast<float>"));
  // "x_1" with counter 0 against leaf 0 of "x" with counter 1.
  const audit::Term clash = audit::read_term(
      "(for (x_1 N) (put (vec x_1) (let (x) (tup bottom bottom) (get 0 x))))", {}, spec());
  CHECK(has(outcome([&] { audit::lower(clash, spec(), "s"); }), "name twice"));
  CHECK(has(outcome([&] { audit::lower(clash, spec(), "s; int"); }), "name"));
  const audit::Term inner =
      audit::read_term("(for (i N) (parfor (k 1) (put (vec i) bottom)))", {}, spec());
  CHECK(has(outcome([&] { audit::lower(inner, spec(), "s"); }), "parfor"));
}

TEST_CASE("obligations: order and hypotheses") {
  audit::Generator generator(spec());
  const audit::Term final_term = audit::read_term(
      "(for (i N) (put (vec i) (red add (j D) true (mem A (vec i j)))))", {}, spec());
  CHECK(generator.divisors(final_term).empty());
  const std::vector<Obligation> first = generator.spec_obligations();
  REQUIRE(first.size() == 4);  // psi: i, N-1-i, j, D-1-j
  CHECK(first[0].hypotheses.size() == 8);
  CHECK(first[0].atoms == 4);  // N D i j
  CHECK(first[0].goal == poly(R"([["1",[[2,1]]]])"));
  CHECK(first[3].goal == poly(R"([["1",[[1,1]]],["-1",[[3,1]]],["-1",[]]])"));
  // put 2, mem 4, extents and offsets of A T O, write-once 1, cover 2 + 2.
  const std::vector<Obligation> safe =
      generator.safe(final_term, audit::parse_json(R"([["i","o0"]])"));
  CHECK(safe.size() == 18);
  CHECK(safe[6].place == "extents of A");
  CHECK(safe[6].hypotheses.size() == 4);  // 1 and 2 only
  CHECK(safe[8].atoms == 4);
  CHECK(safe[13].place == "write-once in i");
  const auto cover = [&](const std::string& text) {
    return outcome([&] { generator.safe(final_term, audit::parse_json(text)); });
  };
  CHECK(has(cover("[]"), "list of 1"));
  CHECK(has(cover(R"([["k","o0"]])"), "cover: the loops"));
  CHECK(has(cover(R"x([["i","(psi (vec o0) T)"]])x"), "cover: not an index"));
  CHECK(has(cover(R"([["i","i"]])"), "scope"));
}

TEST_CASE("obligations: requires that K_check may evaluate") {
  const auto require = [](const std::string& text) {
    audit::Spec other = small_spec();
    other.assumptions.push_back(audit::read_term(text, {}, other));
    audit::Generator generator(other);
    const audit::Term final_term = audit::read_term("(for (i N) (put (vec i) bottom))", {}, other);
    generator.divisors(final_term);
    return outcome([&] { generator.safe(final_term, audit::parse_json(R"([["i","o0"]])")); });
  };
  for (const char* good :
       {"(and (<= N D) (== (mod N D) 0))", "(<= (div (- N 1) 2) D)", "(<= (* N 549755813887) 1)",
        "(<= (- (- 0 (* N 549755813887)) N) 1)", "(<= (div (* (- 1 N) (- 1 D)) 2) 5)",
        "(< (* (mod (* N D) 7) 32767) 5)", "(not (< 4611686018427387904 N))"})
    CHECK(require(good) == "ok");
  for (const char* wide :
       {"(< (* (* N N) D) 5)", "(< (* N 549755813888) 5)", "(< (* (mod (* N D) 7) 32768) 5)",
        "(not (< (- (- (- 0 (* N 549755813887)) N) 1) 5))",
        "(or (< N 1) (< (* N -549755813889) 5))"})
    CHECK(has(require(wide), "64 bits"));
  for (const char* below : {"(== (mod (- N D) 2) 0)", "(and (<= D N) (< (div (- N D) 2) 5))",
                            "(< (div (* N -1) 2) 5)", "(< (mod (- N 2) 2) 5)"})
    CHECK(has(require(below), "may be negative"));
}

TEST_CASE("obligations: quotients stand on proved divisors only") {
  audit::Generator generator(spec());
  const audit::Term final_term =
      audit::read_term("(for (i N) (put (vec i) (real (div i D))))", {}, spec());
  const std::vector<Obligation> divisors = generator.divisors(final_term);
  REQUIRE(divisors.size() == 1);
  CHECK(divisors[0].goal == poly(R"([["1",[[1,1]]],["-1",[]]])"));
  audit::Condition condition;
  condition.goal = audit::read_term("(<= 0 (div N D))", {}, spec());
  const std::vector<Obligation> good = generator.step({condition});
  REQUIRE(good.size() == 1);
  CHECK(good[0].atoms == 3);
  CHECK(good[0].hypotheses.size() == 7);  // 4, then D - 1 and two of div
  // A boolean's first child is numbered first: N D, then the two quotients.
  condition.goal = audit::read_term("(< (div N 2) (div D 2))", {}, spec());
  CHECK(generator.step({condition})[0].goal == poly(R"([["1",[[3,1]]],["-1",[[2,1]]],["-1",[]]])"));
  condition.goal = audit::read_term("(not (< (div N 2) (div D 2)))", {}, spec());
  CHECK(generator.step({condition})[0].goal == poly(R"([["1",[[3,1]]],["-1",[[2,1]]]])"));
  // One element, whichever way it is selected.
  condition.goal = audit::read_term("(<= (psi (vec) (psi (vec 0) T)) (psi (vec 0) T))", {}, spec());
  CHECK(generator.step({condition})[0].goal == Poly());
  condition.goal = audit::read_term("(<= 0 (div N 0))", {}, spec());
  CHECK(has(outcome([&] { generator.step({condition}); }), "divisor"));
  condition.goal = audit::read_term("(<= 0 (div 1 (- N D)))", {}, spec());
  CHECK(has(outcome([&] { generator.step({condition}); }), "divisor"));
  condition.goal = audit::read_term("(or (< 0 N) (< 0 D))", {}, spec());
  CHECK(has(outcome([&] { generator.step({condition}); }), "condition"));
  const audit::Term bound =
      audit::read_term("(for (i N) (put (vec i) (real (div D i))))", {}, spec());
  CHECK(has(outcome([&] { generator.divisors(bound); }), "divisor"));
}

TEST_CASE("obligations: statements that write") {
  const auto frame = [](const std::string& text) {
    return outcome([&] { audit::frame_of(audit::read_term(text, {}, spec()), spec()); });
  };
  CHECK(frame("(for (i N) (put (vec i) bottom))") == "ok");
  CHECK(has(frame("(for (i N) (for (j i) (put (vec i) bottom)))"), "bound"));
  CHECK(has(frame("(put (vec) A)"), "single elements"));
  CHECK(has(frame("(for (i N) (let (x) T (when (== (psi (vec i) x) 0) "
                  "(put (vec i) bottom))))"),
            "guard"));
  CHECK(has(frame("(for (i N) (let (x) T (put (vec (psi (vec i) x)) bottom)))"), "shared"));
  const auto witness = [](const std::string& text) {
    return outcome([&] { audit::check_witness(spec(), audit::parse_json(text)); });
  };
  CHECK(witness(R"({"N":"1","D":"16777216"})") == "ok");
  CHECK(has(witness(R"({"N":"0","D":"1"})"), "outside"));
  CHECK(has(witness(R"({"N":"16777217","D":"1"})"), "outside"));
  CHECK(has(witness(R"({"N":"1"})"), "exactly"));
  CHECK(has(witness(R"({"N":"1","D":"1","E":"1"})"), "exactly"));
}

// ---- a whole audit --------------------------------------------------------

namespace {

// O = A + A, with every proof written by hand, in a directory of its own.
class Whole {
 public:
  Whole() {
    std::filesystem::remove_all(root);
    for (const char* part : {"spec/rules", "kernels"}) {
      std::filesystem::create_directories(root + "/" + part);
    }
    const std::string spec = "spec dbl\ndims N\nin A: f32[N]\nout O: f32[N]\nO = A + A\n";
    write("spec/dbl.moa", spec);
    const std::string rules = R"x((rule eta (phase start) (class structural)
      (doc "") (cite "") (vars (value ?E) (index ?n))
      (where (extent ?n 0 ?E)) (lhs ?E) (rhs (gen (i ?n) (psi (vec i) ?E)))
      (applies "") (differs ""))
      (rule put-gen (phase start) (class structural) (doc "") (cite "")
      (vars (indices ?p) (index ?n) (value ?e))
      (lhs (put (vec ?p..) (gen (i ?n) (?e i))))
      (rhs (for (i ?n) (put (vec ?p.. i) (?e i))))
      (applies "") (differs ""))
      (rule psi-map2 (phase psi) (class structural) (doc "") (cite "")
      (vars (indices ?p) (op ?F) (value ?A ?B)) (where (same-shape ?A ?B))
      (lhs (psi (vec ?p..) (op ?F ?A ?B)))
      (rhs (op ?F (psi (vec ?p..) ?A) (psi (vec ?p..) ?B)))
      (applies "") (differs ""))
      (rule gamma-strided (phase gamma) (class structural) (doc "") (cite "")
      (vars (indices ?p) (value ?A)) (where (input ?A) (rank ?A (len ?p)))
      (lhs (psi (vec ?p..) ?A)) (rhs (mem ?A (vec ?p..)))
      (applies "") (differs "")))x";
    write("spec/rules/r.rules", rules);
    cert = nlohmann::json::parse(R"x({"format":"minimoa.cert/1",
      "schedule":{"name":"flat","text":"x","sha256":""},"witness":{"N":"1"},
      "kernel":{"path":"kernels/k.cpp","target":"portable","flags":"-std=c++17 -O2"},
      "divisors":[],"spec_proofs":[],"stages":{"dnf":3,"onf":5},
      "workspace":"0","costs":{"footprint":["2"],"nests":[],"traffic":[]},"theorems":[],"product":{},"ratios":[],"attention":{},"producer":{},"instructions":{},"place":{},"cover":[["i","o0"]],"steps":[
      {"rule":"eta","at":[0],"sub":{"?E":"(+ A A)","?n":"N"}},
      {"rule":"put-gen","at":[],
       "sub":{"?p":"(seq)","?n":"N","?e":"(fn (i) (psi (vec i) (+ A A)))"}},
      {"rule":"psi-map2","at":[1,1],
       "sub":{"?p":"(seq i)","?F":"+","?A":"A","?B":"A"}},
      {"rule":"gamma-strided","at":[1,1,0],"sub":{"?p":"(seq i)","?A":"A"}},
      {"rule":"gamma-strided","at":[1,1,1],"sub":{"?p":"(seq i)","?A":"A"}}]
      })x");
    for (nlohmann::json& step : cert["steps"]) {
      step["dir"] = "lr";
      step["names"] = nlohmann::json::object();
      step["proofs"] = nlohmann::json::array();
    }
    const auto low = nlohmann::json::parse(R"([["lin","0",[["1",2],["1",4]]]])");
    const auto high = nlohmann::json::parse(R"([["lin","0",[["1",3],["1",4]]]])");
    const auto array =
        nlohmann::json::parse(R"([["mul",1,2],["lin","0",[["1",5],["16777215",3],["1",4]]]])");
    const auto once = nlohmann::json::parse(R"([["lin","0",[["1",7],["1",8]]]])");
    const auto none = nlohmann::json::array();
    const auto extent = nlohmann::json::parse(R"([["lin","0",[["1",1],["1",2]]]])");
    cert["safe"] = {low,    high,  low,  high, low,  high, extent, array,
                    extent, array, once, low,  high, none, none};
    cert["schedule"]["sha256"] = audit::sha256_hex("x");
    cert["spec"] = named("spec/dbl.moa");
    cert["rules"] = nlohmann::json::array({named("spec/rules/r.rules")});
    const audit::Spec read = audit::read_spec(spec);
    body = audit::lower(audit::read_term("(for (i N) (put (vec i) (+ (mem A "
                                         "(vec i)) (mem A (vec i)))))",
                                         {}, read),
                        read, "flat")
               .text;
  }

  // The result line of each claim, and the verdict.
  audit::Audited run() {
    cert["kernel"]["body_sha256"] = audit::sha256_hex(body);
    const std::string bytes = cert.dump();
    write("c.json", bytes);
    write("kernels/k.cpp", "// certificate c.json sha256 " + audit::sha256_hex(bytes) +
                               "\n// ---- body ----\n" + body);
    return audit::audit_certificate(root, root + "/c.json");
  }

  nlohmann::json cert;
  std::string body;

 private:
  void write(const std::string& path, const std::string& text) {
    std::ofstream(root + "/" + path, std::ios::binary) << text;
  }
  nlohmann::json named(const std::string& path) {
    std::ifstream in(root + "/" + path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    return {{"path", path}, {"sha256", audit::sha256_hex(text)}};
  }
  const std::string root = std::filesystem::temp_directory_path() /
                           ("minimoa_audit_back_test." + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("audit: valid, holey, invalid") {
  Whole valid;
  const audit::Audited result = valid.run();
  INFO(result.text);
  CHECK(result.verdict == audit::Verdict::kValid);
  CHECK(result.report["classes"] == audit::Report{"structural"});
  CHECK(result.report["verdict"] == "VALID");
  Whole holey;
  holey.cert["safe"][0] = {{"hole", "no-witness"}};
  const audit::Audited open = holey.run();
  CHECK(open.verdict == audit::Verdict::kHoley);
  CHECK(open.report["claims"][1]["verdict"] == "HOLEY");
  CHECK(open.report["claims"][0]["verdict"] == "VALID");
  REQUIRE(open.report["holes"].size() == 1);
  CHECK(has(open.report["holes"][0].get<std::string>(), "safe[0]"));
  CHECK(audit::audit_certificate("/", "/no/such").verdict == audit::Verdict::kUnreadable);
}

TEST_CASE("audit: each claim fails for its own reason") {
  const auto code = [](const std::function<void(Whole&)>& change, std::size_t claim) {
    Whole whole;
    change(whole);
    const audit::Audited result = whole.run();
    CHECK(result.verdict == audit::Verdict::kInvalid);
    return result.report["claims"][claim]["code"].get<std::string>();
  };
  using W = Whole;
  CHECK(code([](W& w) { w.cert["workspace"] = "N"; }, 2) == "workspace");
  CHECK(code([](W& w) { w.body += "int x;\n"; }, 7) == "text");
  CHECK(code([](W& w) { w.cert["schedule"]["name"] = "other"; }, 7) == "text");
  CHECK(code([](W& w) { w.cert["kernel"]["path"] = "../k.cpp"; }, 7) == "path");
  CHECK(code([](W& w) { w.cert["kernel"]["path"] = "/etc/k"; }, 7) == "path");
  CHECK(code(
            [](W& w) {
              w.cert["attention"] = {{"limit", "N"}, {"proofs", w.cert["rules"]}};
            },
            6) == "attention");
  CHECK(code([](W& w) { w.cert["safe"].erase(0); }, 1) == "proof");
  CHECK(code([](W& w) { w.cert["spec_proofs"] += w.cert["rules"]; }, 0) == "proof");
  CHECK(code([](W& w) { w.cert["cover"][0][1] = "0"; }, 1) == "proof");
  CHECK(code([](W& w) { w.cert["witness"]["N"] = "0"; }, 1) == "witness");
  CHECK(code([](W& w) { w.cert["steps"][0]["sub"]["?n"] = "1"; }, 0) != "");
  CHECK(code([](W& w) { w.cert["steps"].erase(4); }, 0) == "stages");
  CHECK(code([](W& w) { w.cert["spec"]["path"] = "spec/x"; }, 0) == "unreadable");
  CHECK(code([](W& w) { w.cert["spec"]["sha256"] = "00"; }, 0) == "sha256");
  CHECK(code([](W& w) { w.cert["kernel"]["target"] = "gpu"; }, 0) == "target");
  CHECK(code([](W& w) { w.cert["extra"] = "x"; }, 0) == "json");
  CHECK(code([](W& w) { w.cert["rules"] = nlohmann::json::array({w.cert["spec"]}); }, 0) == "path");
}

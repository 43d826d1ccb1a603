// See npy.h. The header is read by a small hand-written parser over a copy of
// its bytes; every number is read with a bound, every product is checked.
#include "extract/run/npy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "extract/write.h"

namespace minimoa {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeader = std::size_t{1} << 20;
constexpr std::size_t kMaxRank = 32;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;
constexpr std::size_t kAlign = 64;  // npy format: header ends at a multiple

Diagnostic refuse(const std::string& path, const std::string& message) {
  Diagnostic d;
  d.code = "E0901";
  d.message = path + " is not an accepted .npy file: " + message;
  d.span.file = path;
  return d;
}

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> shape;
};

// A reader of the header's dictionary; `error` is set once, the first time.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  Header read() {
    Header h;
    expect('{');
    while (error.empty() && !next_is('}')) {
      entry(h);
      if (!next_is('}')) expect(',');
    }
    expect('}');
    blanks();
    if (error.empty() && at_ != text_.size()) fail("text after the header's dictionary");
    if (error.empty() && (!h.descr || !h.fortran || !h.shape))
      fail("the header needs the keys descr, fortran_order and shape");
    return h;
  }

  std::string error;

 private:
  void fail(const std::string& why) {
    if (error.empty()) error = why;
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool next_is(char c) {
    blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  void expect(char c) {
    if (!next_is(c)) return fail(std::string("malformed header: expected `") + c + "`");
    ++at_;
  }
  bool word(std::string_view w) {
    blanks();
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  std::string quoted() {
    blanks();
    if (!next_is('\'') && !next_is('"')) return fail("malformed header: expected a string"), "";
    const char quote = text_[at_++];
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return fail("malformed header: unclosed string"), "";
    const std::string s(text_.substr(at_, end - at_));
    at_ = end + 1;
    if (s.find('\\') != std::string::npos) fail("malformed header: escape in a string");
    return s;
  }
  void entry(Header& h) {
    const std::string key = quoted();
    expect(':');
    if (!error.empty()) return;
    if (key == "descr" && !h.descr) {
      if (next_is('[')) return fail("structured types are not supported");
      h.descr = quoted();
    } else if (key == "fortran_order" && !h.fortran) {
      truth(h);
    } else if (key == "shape" && !h.shape) {
      h.shape = tuple();
    } else {
      fail("unknown or repeated key in the header");
    }
  }
  void truth(Header& h) {
    if (word("True")) {
      h.fortran = true;
    } else if (word("False")) {
      h.fortran = false;
    } else {
      fail("fortran_order must be True or False");
    }
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> out;
    expect('(');
    bool comma = true;
    while (error.empty() && !next_is(')')) {
      if (!comma || out.size() == kMaxRank) return fail("malformed shape"), out;
      out.push_back(number());
      comma = next_is(',');
      if (comma) ++at_;
    }
    expect(')');
    if (out.size() == 1 && !comma) fail("malformed shape: (n) is not a tuple");
    return out;
  }
  std::int64_t number() {
    blanks();
    std::int64_t n = 0;
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      n = n * 10 + (text_[at_++] - '0');
      if (n > kMaxBytes) return fail("an extent in the shape is absurdly large"), 0;
    }
    if (start == at_) fail("an extent in the shape is not a natural number");
    if (at_ - start > 1 && text_[start] == '0') fail("an extent has a leading zero");
    return n;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::uint32_t little(std::string_view b, std::size_t at, std::size_t n) {
  std::uint32_t out = 0;
  for (std::size_t k = n; k-- > 0;) out = (out << 8) | static_cast<unsigned char>(b[at + k]);
  return out;
}

// Number of elements, or nothing when the bytes would pass kMaxBytes.
std::optional<std::int64_t> elements(const std::vector<std::int64_t>& shape, std::int64_t width) {
  std::int64_t bytes = width;
  for (std::int64_t n : shape) {
    if (n != 0 && bytes > kMaxBytes / n) return std::nullopt;
    bytes *= n;
  }
  return bytes / width;
}

template <typename T>
NpyData payload(std::string_view bytes) {
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

std::string explain_dtype(const std::string& descr) {
  if (!descr.empty() && descr[0] == '>') return "big-endian data (`" + descr + "`)";
  if (descr.find('O') != std::string::npos) return "object data is never loaded";
  return "element type `" + descr + "`; accepted are <f4, <f8, <i4, <i8";
}

// Offset and length of the header, or a message.
struct Frame {
  std::size_t start = 0, length = 0;
  std::string error;
};

Frame find_header(std::string_view b) {
  if (b.size() < 10 || b.substr(0, kMagic.size()) != kMagic) return {0, 0, "no NPY magic"};
  const int major = static_cast<unsigned char>(b[6]), minor = static_cast<unsigned char>(b[7]);
  if ((major != 1 && major != 2) || minor != 0) {
    return {0, 0,
            "version " + std::to_string(major) + "." + std::to_string(minor) +
                "; accepted are 1.0 and 2.0"};
  }
  const std::size_t width = major == 1 ? 2 : 4;
  if (b.size() < 8 + width) return {0, 0, "truncated header"};
  const std::size_t length = little(b, 8, width);
  if (length > kMaxHeader) return {0, 0, "the header is absurdly long"};
  if (b.size() - 8 - width < length) return {0, 0, "truncated header"};
  return {8 + width, length, ""};
}

NpyData convert(const std::string& descr, std::string_view bytes) {
  if (descr == "<f4") return payload<float>(bytes);
  if (descr == "<f8") return payload<double>(bytes);
  if (descr == "<i4") return payload<std::int32_t>(bytes);
  return payload<std::int64_t>(bytes);
}

}  // namespace

std::string npy_dtype(const NpyArray& a) {
  constexpr const char* kNames[] = {"<f4", "<f8", "<i4", "<i8"};  // as in NpyData
  return kNames[a.data.index()];
}

Result<NpyArray> parse_npy(const std::string& bytes, const std::string& path) {
  const std::string_view b(bytes);
  const Frame frame = find_header(b);
  if (!frame.error.empty()) return refuse(path, frame.error);
  const std::string_view text = b.substr(frame.start, frame.length);
  for (char c : text)
    if (c != '\n' && (c < ' ' || c > '~')) return refuse(path, "the header is not ASCII text");
  HeaderReader reader(text);
  const Header h = reader.read();
  if (!reader.error.empty()) return refuse(path, reader.error);
  const std::string& descr = *h.descr;
  if (descr != "<f4" && descr != "<f8" && descr != "<i4" && descr != "<i8")
    return refuse(path, explain_dtype(descr));
  if (*h.fortran) {
    Diagnostic d = refuse(path, "Fortran order");
    d.helps.push_back("save a C-order copy | np.save(f, np.ascontiguousarray(a))");
    return d;
  }
  const std::int64_t width = descr[2] - '0';
  const auto n = elements(*h.shape, width);
  if (!n) return refuse(path, "the shape's number of bytes is absurdly large");
  const std::string_view rest = b.substr(frame.start + frame.length);
  const auto want = static_cast<std::size_t>(*n * width);
  if (rest.size() != want) {
    return refuse(path, std::string(rest.size() < want ? "truncated data" : "trailing bytes") +
                            ": expected " + std::to_string(want) + " bytes, got " +
                            std::to_string(rest.size()));
  }
  return NpyArray{*h.shape, convert(descr, rest)};
}

std::string format_npy(const NpyArray& a) {
  std::string dims;
  for (std::int64_t n : a.shape) dims += std::to_string(n) + ", ";
  if (a.shape.size() == 1) dims.pop_back();              // (n,)
  if (a.shape.size() > 1) dims.resize(dims.size() - 2);  // (m, n)
  std::string header =
      "{'descr': '" + npy_dtype(a) + "', 'fortran_order': False, 'shape': (" + dims + "), }";
  const std::size_t before = kMagic.size() + 4;  // version, length
  header.append(kAlign - (before + header.size() + 1) % kAlign, ' ');
  header += '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
          static_cast<char>(header.size() >> 8)};
  out += header;
  std::visit(
      [&out](const auto& v) {
        if (!v.empty())
          out.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(v[0]));
      },
      a.data);
  return out;
}

Result<NpyArray> read_npy(const std::string& path) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);  // no endless device
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (regular && in.is_open()) bytes << in.rdbuf();
  if (!regular || !in.is_open() || bytes.bad()) {
    Diagnostic d = refuse(path, "");
    d.code = "E0902";
    d.message = "cannot read " + path;
    return d;
  }
  return parse_npy(bytes.str(), path);
}

Result<bool> write_npy(const std::string& path, const NpyArray& a) {
  return write_file(path, format_npy(a));
}

}  // namespace minimoa

// What: the comparison of a kernel file with the lowering (FORMAT sections 8
// and 9).
// The idea: both texts are cut into C++ tokens and compared one by one;
// whatever could make a compiler see other tokens than we do (backslashes,
// trigraphs, literals, directives, odd bytes) is refused first.
// How it may be wrong: a spelling that our tokeniser and a compiler cut
// differently.
#ifndef MINIMOA_AUDIT_TEXT_H_
#define MINIMOA_AUDIT_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace audit {

struct Token {
  std::string text;
  int line = 0;
};

struct KernelFile {
  std::string header;
  std::string body;
  int body_line = 0;  // of the file; the first line is 1
};

// Splits at the first line "// ---- body ----"; refuses a file without it.
KernelFile split_kernel(const std::string& file);
// Comments only, one line "// certificate PATH sha256 HEX" with this HEX.
void check_header(const std::string& header, const std::string& sha256);
std::vector<Token> tokenise(const std::string& body, int first_line);
// Refuses (code "text") the first token that differs.
void compare_tokens(const std::vector<Token>& found, const std::vector<Token>& expected);

}  // namespace audit

#endif  // MINIMOA_AUDIT_TEXT_H_

#include "spec/lang/term.h"
namespace minimoa {
std::string pretty(const Term& t, bool) { return print(t); }
}  // namespace minimoa

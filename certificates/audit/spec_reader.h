// The auditor's own reader of .moa files (spec/LANGUAGE.md).
#ifndef MINIMOA_AUDIT_SPEC_READER_H_
#define MINIMOA_AUDIT_SPEC_READER_H_

#include <string>

#include "term.h"

namespace audit {

// The specification in `text`; refuses (code "spec") with "line N: ..".
Spec read_spec(const std::string& text);

}  // namespace audit

#endif  // MINIMOA_AUDIT_SPEC_READER_H_

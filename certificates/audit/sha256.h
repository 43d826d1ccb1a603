// What: SHA-256 (FIPS 180-4), written for this auditor.
// The idea: files are named in a certificate by their hash; the auditor hashes
// the bytes it really read and compares, so that a verdict is about these
// bytes and no others.
// How it may be wrong: a mistake in the compression function would show at
// once in the published test vectors (tests/audit/back_test.cpp).
#ifndef MINIMOA_AUDIT_SHA256_H_
#define MINIMOA_AUDIT_SHA256_H_

#include <string>
#include <string_view>

namespace audit {

// The digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// True if `text` is 64 lower-case hexadecimal digits.
bool is_sha256_hex(std::string_view text);

}  // namespace audit

#endif  // MINIMOA_AUDIT_SHA256_H_

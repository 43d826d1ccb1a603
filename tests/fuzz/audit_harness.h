// What the harnesses of the auditor share. Nothing of the prover's is included here or there.
//
// The audit runs every reader inside of one catch (class Audit, guarded()), which turns Refused and
// what nlohmann's accessors throw into the reason of a claim. So both are documented ways out; any
// other exception is a finding.
#pragma once

#include <functional>

#include "certificates/audit/audit.h"
#include "certificates/audit/bounds.h"
#include "certificates/audit/costs.h"
#include "certificates/audit/obligations.h"
#include "certificates/audit/reader.h"
#include "tests/fuzz/harness.h"

namespace audit_fuzz {
inline void attempt(const std::function<void()>& work) {
  try {
    work();
  } catch (const audit::Refused& refused) {
    MUST(!refused.code.empty());
  } catch (const audit::Json::exception&) {
    return;
  }
}

// A spec with arrays of every rank and element type; what the harnesses read terms over.
inline constexpr const char* kSpec =
    "spec x\ndims N, M\nin V : f32[N], B : f32[N,M], T : i32[N] in 0 .. N, S : f32\n"
    "out O : f32[N]\nrequire M <= N\nO = V\n";
}  // namespace audit_fuzz

// A user's program: one head of attention through the installed C interface.
//
// With all scores equal every output is the mean of the values, which is exact
// in fp32 here; the bad calls must be refused with the documented status.
#include <minimoa/sdpa_flash.h>

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  constexpr std::int64_t kRows = 3, kKeys = 4, kWidth = 2;
  std::vector<float> q(kRows * kWidth, 0.0f), k(kKeys * kWidth, 1.0f), o(kRows * kWidth, -1.0f);
  const std::vector<float> v = {1, 2, 3, 4, 5, 6, 7, 8};
  minimoa_sdpa_flash_args args = {};
  args.size = sizeof(args);
  args.B = 1;
  args.H = 1;
  args.S = kRows;
  args.T = kKeys;
  args.D = kWidth;
  args.Q = q.data();
  args.K = k.data();
  args.V = v.data();
  args.O = o.data();
  for (std::int64_t* stride : {args.Q_s, args.K_s, args.V_s, args.O_s}) {
    stride[2] = kWidth;
    stride[3] = 1;
  }
  if (minimoa_sdpa_flash_workspace(&args) != 0) return 1;
  std::vector<float> scratch(static_cast<std::size_t>(minimoa_sdpa_flash_scratch(&args)));
  args.scratch = scratch.data();
  args.workers = 1;
  if (const std::int32_t status = minimoa_sdpa_flash_run(&args); status != 0) {
    std::printf("status %d\n", status);
    return 2;
  }
  for (std::int64_t i = 0; i < kRows; ++i) {
    if (o[2 * i] != 4.0f || o[2 * i + 1] != 5.0f) {
      std::printf("row %d: %g %g\n", static_cast<int>(i), o[2 * i], o[2 * i + 1]);
      return 3;
    }
  }
  args.size = 1;
  if (minimoa_sdpa_flash_check(&args) != 1) return 4;
  args.size = sizeof(args);
  args.D = 0;
  return minimoa_sdpa_flash_check(&args) == 2 ? 0 : 5;
}

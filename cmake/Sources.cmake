# Every source of the build by name (tests/hygiene/check_sources.py compares
# these lists with the folders, both ways).

# Kernels of the certified suite: kernels/cpu/NAME.cpp.
set(MINIMOA_KERNELS
    causal_flash
    causal_flash_kv_outer
    causal_flash_stream
    causal_naive
    causal_resident
    causal_rows_resident
    causal_split_kv
    causal_two_pass
    decode_flash
    decode_flash_kv_outer
    decode_flash_stream
    decode_naive
    decode_resident
    decode_rows_resident
    decode_split_kv
    decode_two_pass
    gqa_flash
    gqa_flash_kv_outer
    gqa_flash_stream
    gqa_naive
    gqa_resident
    gqa_rows_resident
    gqa_split_kv
    gqa_two_pass
    sdpa_flash
    sdpa_flash_kv_outer
    sdpa_flash_stream
    sdpa_naive
    sdpa_resident
    sdpa_rows_resident
    sdpa_split_kv
    sdpa_two_pass)

# all but main.cpp
set(MINIMOA_AUDIT_SOURCES
    certificates/audit/audit.cpp
    certificates/audit/json.cpp
    certificates/audit/lowering.cpp
    certificates/audit/obligations.cpp
    certificates/audit/poly.cpp
    certificates/audit/proof.cpp
    certificates/audit/reader.cpp
    certificates/audit/replay.cpp
    certificates/audit/spec_reader.cpp
    certificates/audit/term.cpp
    certificates/audit/text.cpp
    certificates/audit/types.cpp)

set(MINIMOA_SPEC_SOURCES
    spec/lang/diagnostic.cpp
    spec/lang/elaborate.cpp
    spec/lang/elaborate_attend.cpp
    spec/lang/elaborate_expr.cpp
    spec/lang/elaborate_struct.cpp
    spec/lang/errors.cpp
    spec/lang/format.cpp
    spec/lang/interpret.cpp
    spec/lang/lexer.cpp
    spec/lang/measure.cpp
    spec/lang/parser.cpp
    spec/lang/pretty.cpp
    spec/lang/rules.cpp
    spec/lang/rules_lint.cpp
    spec/lang/rules_load.cpp
    spec/lang/rules_match.cpp
    spec/lang/sexpr.cpp
    spec/lang/term.cpp
    spec/lang/types.cpp)

set(MINIMOA_PROVER_SOURCES
    prover/check.cpp
    prover/cost/algebra.cpp
    prover/cost/concrete.cpp
    prover/cost/cost.cpp
    prover/cost/equations.cpp
    prover/cost/footprint.cpp
    prover/cost/records.cpp
    prover/cost/simulate.cpp
    prover/cost/sites.cpp
    prover/cost/sums.cpp
    prover/obligations/checker.cpp
    prover/obligations/polynomial.cpp
    prover/obligations/prover.cpp
    prover/obligations/safe.cpp
    prover/obligations/search.cpp
    prover/obligations/simplex.cpp
    prover/obligations/solver.cpp
    prover/obligations/statement.cpp
    prover/rewrite/deriver.cpp
    prover/rewrite/psi_reduce.cpp
    prover/schedule/attention.cpp
    prover/schedule/axes.cpp
    prover/schedule/derive.cpp
    prover/schedule/online.cpp
    prover/schedule/rows.cpp
    prover/schedule/schedule.cpp
    prover/schedule/skip.cpp
    prover/schedule/slow_state.cpp
    prover/schedule/stage.cpp
    prover/schedule/tiles.cpp
    prover/schedule/two_pass.cpp)

set(MINIMOA_EXTRACT_SOURCES
    extract/build.cpp
    extract/certificate.cpp
    extract/emit.cpp
    extract/lower.cpp
    extract/run/host.cpp
    extract/run/npy.cpp
    extract/run/run_command.cpp
    extract/targets/portable.cpp)

set(MINIMOA_CLI_SOURCES
    extract/cli/build_command.cpp
    extract/cli/bundle.cpp
    extract/cli/check_command.cpp
    extract/cli/common.cpp
    extract/cli/emit_command.cpp
    extract/cli/explain_command.cpp
    extract/cli/fmt_command.cpp
    extract/cli/main.cpp
    extract/cli/prove_command.cpp
    extract/cli/run_command.cpp
    extract/cli/show_command.cpp)

set(MINIMOA_TESTS_UNIT_SPEC
    tests/unit/spec/diagnostic_test.cpp
    tests/unit/spec/elaborate_test.cpp
    tests/unit/spec/format_test.cpp
    tests/unit/spec/interpret_test.cpp
    tests/unit/spec/lexer_test.cpp
    tests/unit/spec/parser_test.cpp
    tests/unit/spec/python_moa_test.cpp
    tests/unit/spec/rules_test.cpp
    tests/unit/spec/term_test.cpp)

set(MINIMOA_TESTS_UNIT_PROVER
    tests/unit/prover/cost_simulate_test.cpp
    tests/unit/prover/cost_test.cpp
    tests/unit/prover/derive_test.cpp
    tests/unit/prover/polynomial_test.cpp
    tests/unit/prover/records_test.cpp
    tests/unit/prover/search_test.cpp
    tests/unit/prover/simulate_test.cpp
    tests/unit/prover/statement_test.cpp)

set(MINIMOA_TESTS_UNIT_EXTRACT
    tests/unit/extract/build_test.cpp
    tests/unit/extract/certificate_test.cpp
    tests/unit/extract/emit_test.cpp
    tests/unit/extract/host_test.cpp
    tests/unit/extract/lower_test.cpp
    tests/unit/extract/npy_test.cpp
    tests/unit/extract/schedule_test.cpp)

set(MINIMOA_TESTS_RULES
    tests/rules/rules_test.cpp
    tests/rules/rules_z3_test.cpp
    tests/rules/z3_encoder.cpp)

set(MINIMOA_TESTS_AUDIT
    tests/audit/back_test.cpp
    tests/audit/front_test.cpp)

set(MINIMOA_TESTS_DIFFERENTIAL
    tests/differential/differential_test.cpp)

set(MINIMOA_TESTS_DIAGNOSTICS
    tests/diagnostics/diagnostics_test.cpp)

set(MINIMOA_HYGIENE_SCRIPTS
    tests/hygiene/check_audit_build.py
    tests/hygiene/check_docs.py
    tests/hygiene/check_glossary.py
    tests/hygiene/check_includes.py
    tests/hygiene/check_names.py
    tests/hygiene/check_paths.py
    tests/hygiene/check_readme.py
    tests/hygiene/check_reproducible.py
    tests/hygiene/check_sources.py)

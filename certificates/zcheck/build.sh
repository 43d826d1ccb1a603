#!/usr/bin/env bash
# Builds zcheck in a folder: Coq extracts the checker, OCaml compiles it and the reader beside it.
# usage: build.sh OUTDIR
# The extracted text is made anew each time and never committed: it is derived from Coq's library.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
mkdir -p "$out"
cp "$here/../../spec/coq/Bridge.v" "$here/extract.v" "$here/json.ml" "$here/sha256.ml" "$here/zcheck.ml" "$out"
cd "$out"
coqc -q -Q . "" Bridge.v
coqc -q -Q . "" extract.v
rm -f checker.mli
ocamlfind ocamlopt -w -a -c checker.ml
ocamlfind ocamlopt -w +a-4-9-40-41-42-44-45-70 -o zcheck checker.cmx json.ml sha256.ml zcheck.ml

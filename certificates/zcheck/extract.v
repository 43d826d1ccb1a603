(* Writes checker.ml: the function `check` of spec/coq/Bridge.v as OCaml, with Coq's own whole numbers.

   How it may be wrong: as Coq's extraction may be. Booleans, options, pairs and lists become OCaml's;
   numbers stay what they are in Coq, so that no arithmetic of another library is trusted. *)
Require Import Bridge.
From Coq Require Import ExtrOcamlBasic.
Extraction "checker.ml" Bridge.check BinInt.Z.add BinInt.Z.mul BinInt.Z.opp.

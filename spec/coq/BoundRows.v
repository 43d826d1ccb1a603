(* BoundRows.v: the rows of spec/bounds as propositions. Written by rows.py; proofs are in
   BoundProofs.v. Z-variables of a row are primed; those without a prime belong to the model. *)
From Coq Require Import ZArith List.
Require ElementBounds TickBounds RowBounds ParallelBounds NetworkBounds ByteBounds.
Local Open Scope Z_scope.

(** every output element is stored at least once *)
Definition output : Prop :=
  forall (outs : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup outs) ->
  (ElementBounds.any_schedule tr) ->
  (ElementBounds.writes outs tr) ->
  forall outputs' : Z,
  outputs' <= Z.of_nat (length outs) ->
  outputs' <= 1 * Z.of_nat (length (ElementBounds.stores tr 0 (ElementBounds.len tr))).

(** compulsory traffic: every element of a row or key that is used is loaded once, every output element stored once *)
Definition T0 : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall rows' cols' dk' dv' : Z,
  rows' <= Z.of_nat (length (ElementBounds.rows E)) ->
  cols' <= Z.of_nat (length (ElementBounds.cols E)) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dv') ->
  ((rows' * dk') + ((cols' * (dk' + dv')) + (rows' * dv'))) <= 1 * Z.of_nat (ElementBounds.traffic tr).

(** loads, from the scores and one column of the output *)
Definition T1 : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dv') ->
  (1 <= S') ->
  ((2 * (dk' * (dk' + 1))) <= S') ->
  (E' * (dk' * (dk' + 1))) <= S' * Z.of_nat (length (ElementBounds.loads tr 0 (ElementBounds.len tr))).

(** loads, with the values *)
Definition T2 : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dv') ->
  (1 <= S') ->
  ((2 * (dk' * (dk' + dv'))) <= S') ->
  (E' * (dk' * (dk' + dv'))) <= S' * Z.of_nat (length (ElementBounds.loads tr 0 (ElementBounds.len tr))).

(** the loads of T2 and one store of every output element *)
Definition T2_total : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall S' E' rows' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  rows' <= Z.of_nat (length (ElementBounds.rows E)) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dv') ->
  (1 <= S') ->
  ((2 * (dk' * (dk' + dv'))) <= S') ->
  ((E' * (dk' * (dk' + dv'))) + (S' * (rows' * dv'))) <= S' * Z.of_nat (ElementBounds.traffic tr).

(** four fifths of E (dk+dv)^2 / S, recomputation allowed *)
Definition T3a : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  let D' := (dk' + dv') in
  (1 <= dv') ->
  (dv' <= dk') ->
  ((4 * (dk' * D')) <= S') ->
  (4 * (E' * (D' * D'))) <= (5 * S') * Z.of_nat (ElementBounds.traffic tr).

(** four fifths of 4 dk dv E / S; of use when dv > dk *)
Definition T3b : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dk') ->
  (1 <= dv') ->
  (1 <= S') ->
  ((64 * ((dk' * (dk' * dk')) * dv')) <= (S' * S')) ->
  (16 * (E' * (dk' * dv'))) <= (5 * S') * Z.of_nat (ElementBounds.traffic tr).

(** E (dk+dv)^2 / S with constant 1, recomputation allowed *)
Definition T3star : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  (TickBounds.orderly cap tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  let D' := (dk' + dv') in
  (1 <= dv') ->
  (dv' <= dk') ->
  ((2 * (dk' * D')) <= S') ->
  (E' * (D' * D')) <= S' * Z.of_nat (ElementBounds.traffic tr).

(** 4 dk dv E / S with constant 1; of use when dv > dk *)
Definition T3star_slices : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  (ElementBounds.valid dk cap tr) ->
  (ElementBounds.solves dv E tr) ->
  (TickBounds.orderly cap tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  (1 <= dk') ->
  (1 <= dv') ->
  (1 <= S') ->
  ((16 * ((dk' * (dk' * dk')) * dv')) <= (S' * S')) ->
  (4 * (E' * (dk' * dv'))) <= S' * Z.of_nat (ElementBounds.traffic tr).

(** dense: compulsory traffic is attained by a row-granular schedule if and only if S is at least this *)
Definition R1 : Prop :=
  forall (dk dv cap n m : nat),
  forall E' dk' dv' n' m' heads' S' : Z,
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  n' = Z.of_nat n ->
  m' = Z.of_nat m ->
  S' = Z.of_nat cap ->
  let wk' := (dk' + dv') in
  let wq' := (wk' + 2) in
  (1 <= n') ->
  (1 <= m') ->
  (1 <= wk') ->
  ((heads' * (n' * m')) <= E') ->
  (exists tr, RowBounds.schedule (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) n m tr /\ RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr = RowBounds.compulsory (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) n m) <->
  (Z.min ((n' * wq') + wk') ((m' * wk') + wq')) <= 1 * S'.

(** dense: the pairs that the first loads of the rows cannot make cost wk / A each *)
Definition R2 : Prop :=
  forall (dk dv cap n m : nat) (tr : list RowBounds.event),
  (let p := RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2 in RowBounds.schedule p n m tr) ->
  forall S' E' dk' dv' n' m' heads' : Z,
  S' = Z.of_nat cap ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  n' = Z.of_nat n ->
  m' = Z.of_nat m ->
  let wk' := (dk' + dv') in
  let wq' := (wk' + 2) in
  let A' := ((Z.max 0 (S' - wk')) / wq') in
  let B' := ((Z.max 0 (S' - wq')) / wk') in
  let c' := (dk' + ((2 * dv') + 4)) in
  (1 <= n') ->
  (1 <= wk') ->
  (1 <= A') ->
  ((wk' * B') <= (c' * A')) ->
  ((heads' * (n' * m')) <= E') ->
  ((A' * (n' * wk')) + (wk' * (n' * (Z.max 0 (m' - B'))))) <= A' * Z.of_nat (RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr).

(** dense: every row is loaded and stored once, every key record loaded once *)
Definition R2_compulsory : Prop :=
  forall (dk dv cap n m : nat) (tr : list RowBounds.event),
  (let p := RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2 in RowBounds.schedule p n m tr) ->
  forall S' E' dk' dv' n' m' heads' : Z,
  S' = Z.of_nat cap ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  n' = Z.of_nat n ->
  m' = Z.of_nat m ->
  let wk' := (dk' + dv') in
  let wq' := (wk' + 2) in
  let A' := ((Z.max 0 (S' - wk')) / wq') in
  let B' := ((Z.max 0 (S' - wq')) / wk') in
  let c' := (dk' + ((2 * dv') + 4)) in
  (1 <= n') ->
  (1 <= wk') ->
  ((wk' * B') <= (c' * A')) ->
  ((heads' * (n' * m')) <= E') ->
  ((n' * wk') + (wk' * m')) <= 1 * Z.of_nat (RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr).

(** dense: the same with whole loads of key records *)
Definition R2_ceil : Prop :=
  forall (dk dv cap n m : nat) (tr : list RowBounds.event),
  (let p := RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2 in RowBounds.schedule p n m tr) ->
  forall S' E' dk' dv' n' m' heads' : Z,
  S' = Z.of_nat cap ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  n' = Z.of_nat n ->
  m' = Z.of_nat m ->
  let wk' := (dk' + dv') in
  let wq' := (wk' + 2) in
  let A' := ((Z.max 0 (S' - wk')) / wq') in
  let B' := ((Z.max 0 (S' - wq')) / wk') in
  let c' := (dk' + ((2 * dv') + 4)) in
  let beta' := ((B' + (A' - 1)) / A') in
  (1 <= n') ->
  (1 <= wk') ->
  (1 <= A') ->
  ((wk' * beta') <= c') ->
  ((heads' * (n' * m')) <= E') ->
  ((n' * wk') + (wk' * (((n' * (Z.max 0 (m' - B'))) + (A' - 1)) / A'))) <= 1 * Z.of_nat (RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr).

(** any mask without empty rows: the pairs that the first loads of the rows cannot make cost wk / A each *)
Definition R2_mask : Prop :=
  forall (dk dv cap rows keys : nat) (E : list (nat * nat)) (tr : list RowBounds.event),
  (NoDup E) ->
  (let p := RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2 in RowBounds.schedule_for p rows keys E tr) ->
  forall S' E' rows' dk' dv' n' heads' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  rows' <= Z.of_nat rows ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  heads' * n' = Z.of_nat rows ->
  let wk' := (dk' + dv') in
  let wq' := (wk' + 2) in
  let A' := ((Z.max 0 (S' - wk')) / wq') in
  let B' := ((Z.max 0 (S' - wq')) / wk') in
  let c' := (dk' + ((2 * dv') + 4)) in
  (1 <= wk') ->
  (1 <= A') ->
  ((wk' * B') <= (c' * A')) ->
  ((heads' * n') <= rows') ->
  (((A' * (rows' * wk')) + (wk' * E')) - (wk' * (rows' * B'))) <= A' * Z.of_nat (RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr).

(** dense: the record game with M records of dk+dv words, with its additive term *)
Definition R4 : Prop :=
  forall (dk dv cap n m : nat) (tr : list RowBounds.event),
  (let p := RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2 in RowBounds.schedule p n m tr) ->
  forall S' E' dk' dv' n' m' heads' : Z,
  S' = Z.of_nat cap ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  n' = Z.of_nat n ->
  m' = Z.of_nat m ->
  let D' := (dk' + dv') in
  let M' := (S' / D') in
  (2 <= M') ->
  ((heads' * (n' * m')) <= E') ->
  (D' * ((2 * (n' * m')) + ((M' - 2) * (Z.min n' m')))) <= (2 * (M' - 1)) * Z.of_nat (RowBounds.traffic (RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2) RowBounds.empty tr).

(** four fifths of E (dk+dv)^2 / S for the summed traffic: the memories of others do not help *)
Definition T5 : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ParallelBounds.ptrace),
  (NoDup E) ->
  (ParallelBounds.pvalid dk cap tr) ->
  (ParallelBounds.psolves dv E tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  let D' := (dk' + dv') in
  (1 <= dv') ->
  (dv' <= dk') ->
  ((4 * (dk' * D')) <= S') ->
  (4 * (E' * (D' * D'))) <= (5 * S') * Z.of_nat (ParallelBounds.ptraffic tr).

(** E (dk+dv)^2 / S for the summed traffic, constant 1 *)
Definition T5star : Prop :=
  forall (dk dv cap : nat) (E : list (nat * nat)) (tr : ParallelBounds.ptrace),
  (NoDup E) ->
  (ParallelBounds.pvalid dk cap tr) ->
  (ParallelBounds.psolves dv E tr) ->
  (ParallelBounds.porderly cap tr) ->
  forall S' E' dk' dv' : Z,
  S' = Z.of_nat cap ->
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  let D' := (dk' + dv') in
  (1 <= dv') ->
  (dv' <= dk') ->
  ((2 * (dk' * D')) <= S') ->
  (E' * (D' * D')) <= S' * Z.of_nat (ParallelBounds.ptraffic tr).

(** words that some processor receives and sends, whatever its memory holds *)
Definition T7 : Prop :=
  forall (dk dv cap p : nat) (E : list (nat * nat)) (home : nat -> nat -> nat) (tr : ParallelBounds.ptrace),
  (NoDup E) ->
  (NetworkBounds.distributed dk cap p tr) ->
  (NetworkBounds.delivers dv E home tr) ->
  forall E' dk' dv' n' m' heads' p' : Z,
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  p' = Z.of_nat p ->
  let D' := (dk' + dv') in
  (1 <= p') ->
  (1 <= dv') ->
  (dv' <= dk') ->
  ((4 * (p' * (dk' * dk'))) <= E') ->
  (forall r, (r < p)%nat -> p' * Z.of_nat (NetworkBounds.starts_with tr r + NetworkBounds.ends_with dv E home r) <= (heads' * ((n' + m') * D'))) ->
  exists r, (r < p)%nat /\ (4 * ((E' * p') * (D' * D'))) <= 1 * (p' * Z.of_nat (NetworkBounds.crossing tr r) + (heads' * ((n' + m') * D'))) ^ 2.

(** T3star in bytes, where no part of the columns is cheaper than all *)
Definition T3star_bytes : Prop :=
  forall (dk dv cap : nat) (z : ByteBounds.sizes) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  ((0 < ByteBounds.bo z)%nat) ->
  (ByteBounds.valid_bytes z dk cap tr) ->
  (ByteBounds.orderly_bytes z cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall E' dk' dv' bytes' eq' ek' ev' eo' ep' : Z,
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  bytes' = Z.of_nat cap ->
  eq' = Z.of_nat (ByteBounds.bq z) ->
  ek' = Z.of_nat (ByteBounds.bk z) ->
  ev' = Z.of_nat (ByteBounds.bv z) ->
  eo' = Z.of_nat (ByteBounds.bo z) ->
  ep' = Z.of_nat (ByteBounds.bp z) ->
  let D2' := (((dk' * eq') + (dv' * eo')) * ((dk' * ek') + (dv' * ev'))) in
  let largest' := (Z.max (Z.max eq' ek') (Z.max (Z.max ev' eo') ep')) in
  (1 <= dv') ->
  (((dv' * dv') * (eo' * ev')) <= ((dk' * dk') * (eq' * ek'))) ->
  ((4 * D2') <= (bytes' * ep')) ->
  ((((Z.max 0 (bytes' - largest')) * D2') * E') - (bytes' * (bytes' * bytes'))) <= (bytes' * bytes') * Z.of_nat (ByteBounds.byte_traffic z tr).

(** T3star in bytes, whatever part of the columns a schedule takes at a time *)
Definition T3star_bytes_slices : Prop :=
  forall (dk dv cap : nat) (z : ByteBounds.sizes) (E : list (nat * nat)) (tr : ElementBounds.trace),
  (NoDup E) ->
  ((0 < ByteBounds.bo z)%nat) ->
  (ByteBounds.valid_bytes z dk cap tr) ->
  (ByteBounds.orderly_bytes z cap tr) ->
  (ElementBounds.solves dv E tr) ->
  forall E' dk' dv' bytes' eq' ek' ev' eo' ep' : Z,
  E' <= Z.of_nat (length E) ->
  dk' = Z.of_nat dk ->
  dv' = Z.of_nat dv ->
  bytes' = Z.of_nat cap ->
  eq' = Z.of_nat (ByteBounds.bq z) ->
  ek' = Z.of_nat (ByteBounds.bk z) ->
  ev' = Z.of_nat (ByteBounds.bv z) ->
  eo' = Z.of_nat (ByteBounds.bo z) ->
  ep' = Z.of_nat (ByteBounds.bp z) ->
  let D2' := ((dk' * dv') * (((eq' * ev') + (eo' * ek')) + (2 * (Z.min (eq' * ek') (eo' * ev'))))) in
  let largest' := (Z.max (Z.max eq' ek') (Z.max (Z.max ev' eo') ep')) in
  (1 <= dv') ->
  ((4 * D2') <= (bytes' * ep')) ->
  ((((Z.max 0 (bytes' - largest')) * D2') * E') - (bytes' * (bytes' * bytes'))) <= (bytes' * bytes') * Z.of_nat (ByteBounds.byte_traffic z tr).

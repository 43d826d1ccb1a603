(* BoundProofs.v: every proposition of BoundRows.v holds. Each proof takes the theorem that the row
   names, over nat, and goes over to Z; a row's smaller E, rows, cols only weaken it. *)
From Coq Require Import ZArith List Lia.
Require Import BoundRows.
Require RecordBounds ElementBounds TickBounds RowBounds ParallelBounds NetworkBounds ByteBounds.
Local Open Scope Z_scope.

(* A theorem over nat as an inequality over Z. *)
Ltac over_Z H := apply inj_le in H; rewrite ?Nat2Z.inj_add, ?Nat2Z.inj_mul, ?Nat2Z.inj_add in H.

Lemma below_mul x y k : 0 <= k -> x <= y -> x * k <= y * k.
Proof. intros. now apply Z.mul_le_mono_nonneg_r. Qed.

Theorem output : BoundRows.output.
Proof.
  intros outs tr HN HA HW outputs' Ho.
  pose proof (ElementBounds.output_stored outs tr HN HA HW) as H. lia.
Qed.

Theorem T0 : BoundRows.T0.
Proof.
  intros dk dv cap E tr HN HV HS rows' cols' dk' dv' Hr Hc -> -> H1.
  pose proof (ElementBounds.T0_total dk dv cap E tr ltac:(lia) HV HS) as H. over_Z H.
  pose proof (below_mul _ _ (Z.of_nat dk) ltac:(lia) Hr).
  pose proof (below_mul _ _ (Z.of_nat dv) ltac:(lia) Hr).
  pose proof (below_mul _ _ (Z.of_nat dk + Z.of_nat dv) ltac:(lia) Hc). lia.
Qed.

Theorem T1 : BoundRows.T1.
Proof.
  intros dk dv cap E tr HN HV HS S' E' dk' dv' -> HE -> -> H1 H2 H3.
  pose proof (ElementBounds.T1 dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS) as H.
  over_Z H. pose proof (below_mul _ _ (Z.of_nat dk * (Z.of_nat dk + 1)) ltac:(nia) HE). lia.
Qed.

Theorem T2 : BoundRows.T2.
Proof.
  intros dk dv cap E tr HN HV HS S' E' dk' dv' -> HE -> -> H1 H2 H3.
  pose proof (ElementBounds.T2 dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS) as H.
  over_Z H.
  pose proof (below_mul _ _ (Z.of_nat dk * (Z.of_nat dk + Z.of_nat dv)) ltac:(nia) HE). lia.
Qed.

Theorem T2_total : BoundRows.T2_total.
Proof.
  intros dk dv cap E tr HN HV HS S' E' rows' dk' dv' -> HE Hr -> -> H1 H2 H3.
  pose proof (ElementBounds.T2_total dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS) as H.
  over_Z H.
  pose proof (below_mul _ _ (Z.of_nat dk * (Z.of_nat dk + Z.of_nat dv)) ltac:(nia) HE).
  pose proof (below_mul _ _ (Z.of_nat cap * Z.of_nat dv) ltac:(nia) Hr). lia.
Qed.

Theorem T3a : BoundRows.T3a.
Proof.
  intros dk dv cap E tr HN HV HS S' E' dk' dv' -> HE -> -> D' H1 H2 H3.
  pose proof (ElementBounds.T3a dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS) as H.
  over_Z H. fold D' in H. pose proof (below_mul _ _ (D' * D') ltac:(nia) HE). lia.
Qed.

Theorem T3b : BoundRows.T3b.
Proof.
  intros dk dv cap E tr HN HV HS S' E' dk' dv' -> HE -> -> H1 H2 H3 H4.
  pose proof (ElementBounds.T3b dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS)
    as H.
  over_Z H. pose proof (below_mul _ _ (Z.of_nat dk * Z.of_nat dv) ltac:(nia) HE). lia.
Qed.

Theorem T3star : BoundRows.T3star.
Proof.
  intros dk dv cap E tr HN HV HS HO S' E' dk' dv' -> HE -> -> D' H1 H2 H3.
  pose proof (TickBounds.T3star dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HO HS) as H.
  over_Z H. fold D' in H. pose proof (below_mul _ _ (D' * D') ltac:(nia) HE). lia.
Qed.

Theorem T3star_slices : BoundRows.T3star_slices.
Proof.
  intros dk dv cap E tr HN HV HS HO S' E' dk' dv' -> HE -> -> H1 H2 H3 H4.
  pose proof (TickBounds.T3star_slices dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(lia) ltac:(nia)
    HN HV HO HS) as H.
  over_Z H. pose proof (below_mul _ _ (Z.of_nat dk * Z.of_nat dv) ltac:(nia) HE). lia.
Qed.

(* Truncated subtraction and division over nat, over Z. *)
Lemma of_nat_room a b c : Z.of_nat ((a - b) / c) = Z.max 0 (Z.of_nat a - Z.of_nat b) / Z.of_nat c.
Proof. rewrite Nat2Z.inj_div. f_equal. lia. Qed.

(* The model's record of a row's parameters, and its two rooms as the row defines them. *)
Definition record (dk dv cap : nat) : RowBounds.params :=
  RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2.

Lemma room_A dk dv cap : Z.of_nat (RowBounds.roomA (record dk dv cap)) =
  Z.max 0 (Z.of_nat cap - (Z.of_nat dk + Z.of_nat dv)) / (Z.of_nat dk + Z.of_nat dv + 2).
Proof.
  unfold RowBounds.roomA, record. cbn [RowBounds.cap RowBounds.wk RowBounds.wq].
  rewrite of_nat_room. f_equal; lia.
Qed.
Lemma room_B dk dv cap : Z.of_nat (RowBounds.roomB (record dk dv cap)) =
  Z.max 0 (Z.of_nat cap - (Z.of_nat dk + Z.of_nat dv + 2)) / (Z.of_nat dk + Z.of_nat dv).
Proof.
  unfold RowBounds.roomB, record. cbn [RowBounds.cap RowBounds.wk RowBounds.wq].
  rewrite of_nat_room. f_equal; lia.
Qed.

Ltac fields := cbn [RowBounds.cap RowBounds.wk RowBounds.wq RowBounds.dk RowBounds.dv RowBounds.sg].

(* The rooms of a row become those of the model, in hypotheses and goal. *)
Ltac over_rooms :=
  repeat match goal with
  | H : context [Z.max 0 _ / _] |- _ => progress rewrite <- ?room_A, <- ?room_B in H
  end; rewrite <- ?room_A, <- ?room_B.

Theorem R1 : BoundRows.R1.
Proof.
  intros dk dv cap n m E' dk' dv' n' m' heads' S' -> -> -> -> -> wk' wq' H1 H2 H3 H4.
  rewrite (RowBounds.R1 (record dk dv cap) n m); unfold record; fields; lia.
Qed.

(* R2 over Z, both halves. *)
Lemma R2_both dk dv cap n m tr :
  let zA := Z.of_nat (RowBounds.roomA (record dk dv cap)) in
  let zB := Z.of_nat (RowBounds.roomB (record dk dv cap)) in
  let zk := Z.of_nat dk in let zv := Z.of_nat dv in
  let zt := Z.of_nat (RowBounds.traffic (record dk dv cap) RowBounds.empty tr) in
  RowBounds.schedule (record dk dv cap) n m tr ->
  1 <= Z.of_nat n -> 1 <= zk + zv -> (zk + zv) * zB <= (zk + (2 * zv + 4)) * zA ->
  Z.of_nat n * (zk + zv) + (zk + zv) * Z.of_nat m <= zt /\
  zA * (Z.of_nat n * (zk + zv)) + (zk + zv) * (Z.of_nat n * Z.max 0 (Z.of_nat m - zB)) <= zA * zt.
Proof.
  intros zA zB zk zv zt HS H1 H2 H3.
  destruct (RowBounds.R2_traffic (record dk dv cap) n m tr) as [Ha Hb]; auto;
    unfold record in *; fields; try lia.
  cbn [RowBounds.wk RowBounds.dk RowBounds.dv] in Ha, Hb. split.
  - over_Z Ha. exact Ha.
  - apply inj_le in Hb.
    rewrite ?Nat2Z.inj_add, ?Nat2Z.inj_mul, ?Nat2Z.inj_add, Nat2Z.inj_sub_max in Hb. exact Hb.
Qed.

Theorem R2 : BoundRows.R2.
Proof.
  intros dk dv cap n m tr HS S' E' dk' dv' n' m' heads' -> -> -> -> -> wk' wq' A' B' c' H1 H2 H3 H4 H5.
  subst A' B' c' wq' wk'; fold (record dk dv cap) in *.
  over_rooms.
  destruct (R2_both dk dv cap n m tr HS H1 H2 H4) as [_ H]. exact H.
Qed.

Theorem R2_compulsory : BoundRows.R2_compulsory.
Proof.
  intros dk dv cap n m tr HS S' E' dk' dv' n' m' heads' -> -> -> -> -> wk' wq' A' B' c' H1 H2 H3 H4.
  subst A' B' c' wq' wk'; fold (record dk dv cap) in *.
  over_rooms.
  destruct (R2_both dk dv cap n m tr HS H1 H2 H3) as [H _]. lia.
Qed.

Theorem R2_ceil : BoundRows.R2_ceil.
Proof.
  intros dk dv cap n m tr HS S' E' dk' dv' n' m' heads' -> -> -> -> -> wk' wq' A' B' c' beta'
    H1 H2 H3 H4 H5.
  subst beta' A' B' c' wq' wk'; fold (record dk dv cap) in *.
  over_rooms.
  set (p := record dk dv cap) in *. set (a := RowBounds.roomA p) in *. set (b := RowBounds.roomB p) in *.
  set (beta := ((b + (a - 1)) / a)%nat).
  assert (Eb : (Z.of_nat b + (Z.of_nat a - 1)) / Z.of_nat a = Z.of_nat beta).
  { unfold beta. rewrite Nat2Z.inj_div. f_equal. lia. }
  rewrite Eb in *.
  set (x := ((n * (m - b) + (a - 1)) / a)%nat).
  assert (Ex : (Z.of_nat n * Z.max 0 (Z.of_nat m - Z.of_nat b) + (Z.of_nat a - 1)) / Z.of_nat a = Z.of_nat x).
  { unfold x. rewrite Nat2Z.inj_div. f_equal. rewrite Nat2Z.inj_add, Nat2Z.inj_mul, Nat2Z.inj_sub_max. lia. }
  rewrite Ex.
  pose proof (RowBounds.R2_traffic_ceil p n m tr beta x) as H.
  assert (Ha : (a <> 0)%nat) by lia.
  assert (Hb : (b <= a * beta)%nat).
  { pose proof (Nat.div_mod (b + (a - 1)) a Ha). pose proof (Nat.mod_upper_bound (b + (a - 1)) a Ha). fold beta in H0. lia. }
  assert (Hx : (a * x < n * (m - b) + a)%nat).
  { pose proof (Nat.mul_div_le (n * (m - b) + (a - 1)) a Ha). fold x in H0. lia. }
  assert (T : (n * (dk + dv) + (dk + dv) * x <= RowBounds.traffic p RowBounds.empty tr)%nat).
  { apply H; auto; unfold p, record; fields; lia. }
  apply inj_le in T. rewrite Nat2Z.inj_add, !Nat2Z.inj_mul, Nat2Z.inj_add in T. lia.
Qed.

Theorem R2_mask : BoundRows.R2_mask.
Proof.
  intros dk dv cap rows keys E tr HN HS S' E' rows' dk' dv' n' heads' -> HE Hr -> -> Hj wk' wq' A' B' c' H1 H2 H3 H4.
  subst A' B' c' wq' wk'; fold (record dk dv cap) in *.
  over_rooms.
  set (p := record dk dv cap) in *.
  assert (Er : rows' = Z.of_nat rows) by lia. subst rows'.
  assert (T : (RowBounds.roomA p * (rows * (dk + dv)) + (dk + dv) * length E
    <= RowBounds.roomA p * RowBounds.traffic p RowBounds.empty tr + (dk + dv) * (rows * RowBounds.roomB p))%nat).
  { apply (RowBounds.R2_traffic_mask p rows keys E tr); auto; unfold p, record; fields; try lia.
    fold (record dk dv cap). fold p. nia. }
  apply inj_le in T.
  rewrite !Nat2Z.inj_add, !Nat2Z.inj_mul, !Nat2Z.inj_add in T.
  pose proof (below_mul _ _ (Z.of_nat dk + Z.of_nat dv) ltac:(lia) HE). lia.
Qed.

Theorem R4 : BoundRows.R4.
Proof.
  intros dk dv cap n m tr HS S' E' dk' dv' n' m' heads' -> -> -> -> -> D' M' H1 H2.
  pose proof (RecordBounds.R4 (record dk dv cap) n m tr) as H.
  unfold record in H; cbv zeta in H; cbn [RowBounds.cap RowBounds.wk RowBounds.wq RowBounds.dk RowBounds.dv] in H.
  fold (record dk dv cap) in *.
  assert (EM : M' = Z.of_nat (cap / (dk + dv))) by (unfold M', D'; rewrite Nat2Z.inj_div; f_equal; lia).
  assert (HD : (0 < dk + dv)%nat).
  { destruct (dk + dv)%nat eqn:E; [|lia]. rewrite EM in H1. cbn in H1. lia. }
  specialize (H HD ltac:(lia) ltac:(lia) HS).
  set (k := (cap / (dk + dv))%nat) in *. rewrite EM in *. clear EM M'. subst D'.
  apply inj_le in H.
  rewrite !Nat2Z.inj_mul, !Nat2Z.inj_add, !Nat2Z.inj_mul, !Nat2Z.inj_sub, !Nat2Z.inj_min in H by lia.
  rewrite ?Nat2Z.inj_add in H. exact H.
Qed.

Theorem T5 : BoundRows.T5.
Proof.
  intros dk dv cap E tr HN HV HS S' E' dk' dv' -> HE -> -> D' H1 H2 H3.
  pose proof (ParallelBounds.T5 dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HS) as H.
  over_Z H. fold D' in H. pose proof (below_mul _ _ (D' * D') ltac:(nia) HE). lia.
Qed.

Theorem T5star : BoundRows.T5star.
Proof.
  intros dk dv cap E tr HN HV HS HO S' E' dk' dv' -> HE -> -> D' H1 H2 H3.
  pose proof (ParallelBounds.T5star dk dv cap E tr ltac:(lia) ltac:(lia) ltac:(nia) HN HV HO HS) as H.
  over_Z H. fold D' in H. pose proof (below_mul _ _ (D' * D') ltac:(nia) HE). lia.
Qed.

Theorem T7 : BoundRows.T7.
Proof.
  intros dk dv cap p E home tr HN HV HS E' dk' dv' n' m' heads' p' HE -> -> -> D' H1 H2 H3 H4 HH.
  set (held := heads' * ((n' + m') * D')) in *.
  assert (H0 : 0 <= held) by (pose proof (HH 0%nat ltac:(lia)); lia).
  destruct (NetworkBounds.T7 dk dv cap p E home tr (Z.to_nat held) ltac:(lia) ltac:(lia) ltac:(lia)
    ltac:(nia) HN HV HS) as [r [Hr H]].
  { intros r Hr. specialize (HH r Hr). lia. }
  exists r. split; auto. apply inj_le in H.
  rewrite ?Nat2Z.inj_add, ?Nat2Z.inj_mul, ?Nat2Z.inj_add, ?Nat2Z.inj_mul, Z2Nat.id in H by auto.
  pose proof (below_mul _ _ (Z.of_nat p * (D' * D')) ltac:(nia) HE). lia.
Qed.

(* A row in bytes gives away more of S than the theorem, and S bytes besides. *)
Lemma less_room S e l D2 E E' Q : 0 <= S -> 0 <= D2 -> e <= l -> 0 <= E -> E' <= E ->
  Z.max 0 (S - e) * (D2 * E) <= S * S * Q -> Z.max 0 (S - l) * D2 * E' - S * (S * S) <= S * S * Q.
Proof.
  intros HS HD Hl H0 HE H. set (A := Z.max 0 (S - l)) in *. set (B := Z.max 0 (S - e)) in *.
  assert (A * (D2 * E) <= B * (D2 * E)) by (apply Z.mul_le_mono_nonneg_r; nia).
  assert (A * D2 * E' <= A * D2 * E) by (apply Z.mul_le_mono_nonneg_l; nia).
  assert (0 <= S * (S * S)) by nia. lia.
Qed.

Theorem T3star_bytes : BoundRows.T3star_bytes.
Proof.
  intros dk dv cap z E tr HN Hbo HV HO HS E' dk' dv' S' eq' ek' ev' eo' ep'
    HE -> -> -> -> -> -> -> -> D2' largest' H1 H2 H3.
  pose proof (ByteBounds.T3star_bytes dk dv z cap E tr ltac:(lia) Hbo ltac:(nia) ltac:(nia) HN HV HO HS) as H.
  apply inj_le in H. rewrite ?Nat2Z.inj_mul, ?Nat2Z.inj_sub_max, ?Nat2Z.inj_add, ?Nat2Z.inj_mul in H.
  fold D2' in H. apply (less_room _ (Z.of_nat (ByteBounds.bo z)) _ _ (Z.of_nat (length E))); auto; try lia;
    unfold D2'; nia.
Qed.

Theorem T3star_bytes_slices : BoundRows.T3star_bytes_slices.
Proof.
  intros dk dv cap z E tr HN Hbo HV HO HS E' dk' dv' S' eq' ek' ev' eo' ep'
    HE -> -> -> -> -> -> -> -> D2' largest' H1 H2.
  pose proof (ByteBounds.T3star_bytes_slices dk dv z cap E tr ltac:(lia) Hbo ltac:(unfold D2' in *; nia) HN HV HO HS) as H.
  apply inj_le in H. rewrite ?Nat2Z.inj_mul, ?Nat2Z.inj_sub_max, ?Nat2Z.inj_add, ?Nat2Z.inj_mul in H.
  apply (less_room _ (Z.of_nat (ByteBounds.bo z)) _ _ (Z.of_nat (length E))); auto; try lia;
    unfold D2'; nia.
Qed.

(* ByteBounds.v: the traffic bound with constant 1 for elements of several sizes.

   The model is that of ElementBounds.v with orderly steps (TickBounds.v), in bytes: an element of
   a query row takes [bq] bytes, of a key row [bk], of a value row [bv], a partial sum [bo], a value
   private to a pair [bp], and everything else nothing. Fast memory holds S = cap bytes, and
   traffic is the bytes loaded and stored (section 1).
     T3star_bytes          (S - bo) D2 |E| <= S^2 Q for the product of the sizes of a row and a key,
                           D2 = (dk bq + dv bo) (dk bk + dv bv), where bo bv dv^2 <= bq bk dk^2
     T3star_bytes_slices   the same with D2 = dk dv (bq bv + bo bk + 2 min (bq bk) (bo bv)), whatever
                           part of the columns a schedule takes at a time
   both for 2 D2 <= S bp. So Q >= D2 |E| / S, but for one partial sum of S.

   Idea: a tick weighs its bytes. The bytes of ticks before an event give it a position; a segment
   is a range of positions, and a stay belongs to the segment in which its first byte lies, so a
   segment of S - bo bytes accounts for at most 2 S bytes. In a segment with a whole rows and b
   whole keys, F of the a b dv products take at least a (dk bq + g bo) + b (dk bk + g bv) bytes
   with g = F / (a b) ([slice], [bytes_max]).

   May be wrong: in the sizes, where a word holds elements of two kinds (packing).

   Over nat, without axioms; Print Assumptions at the end. *)
From Coq Require Import List Arith Lia Bool.
Require Import ElementBounds TickBounds.
Import ListNotations.

(* ------------------------------------------------------------------ *)
(** * 1. The model                                                      *)
(* ------------------------------------------------------------------ *)

Record sizes := Sizes { bq : nat; bk : nat; bv : nat; bo : nat; bp : nat }.

Definition size (z : sizes) (w : word) : nat :=
  match w with
  | Wq _ _ => bq z | Wk _ _ => bk z | Wv _ _ => bv z | Wo _ _ _ => bo z | Wp _ _ _ _ => bp z
  | Wx _ => 0
  end.
Definition bytes (z : sizes) (F : list word) : nat := list_sum (map (size z) F).

(** A schedule of ElementBounds.v, of whatever number of words, that never holds more than [cap] bytes. *)
Definition valid_bytes (z : sizes) (dk cap : nat) (tr : trace) : Prop :=
  (exists words, valid dk words tr) /\ forall t, t <= len tr -> bytes z (fast (st tr t)) <= cap.

Definition byte_traffic (z : sizes) (tr : trace) : nat :=
  bytes z (loads tr 0 (len tr)) + bytes z (stores tr 0 (len tr)).

(** Orderly steps, in bytes: operands that are no partial sums and the partial sums afterwards fit
    together, or at most one output element gets its first partial sum. *)
Definition orderly_bytes (z : sizes) (cap : nat) (tr : trace) : Prop :=
  forall t, t < len tr -> ev tr t = Compute ->
    let F := fast (st tr t) in let F' := fast (st tr (S t)) in
    bytes z (filter not_o F) + bo z * length (nodup pair_dec (ixo F')) <= cap \/ one_new F F'.

(* ------------------------------------------------------------------ *)
(** * 2. Bytes of lists                                                 *)
(* ------------------------------------------------------------------ *)

Lemma bytes_cons z w F : bytes z (w :: F) = size z w + bytes z F.
Proof. reflexivity. Qed.
Lemma bytes_app z F F' : bytes z (F ++ F') = bytes z F + bytes z F'.
Proof. unfold bytes. rewrite map_app. apply list_sum_app. Qed.

Lemma bytes_split z F : bytes z F = bytes z (filter not_o F) + bo z * length (filter is_o F).
Proof.
  induction F as [|w F IH]; [unfold bytes; simpl; lia|]. rewrite bytes_cons, IH.
  destruct w; cbn [filter not_o is_o negb]; rewrite ?bytes_cons; cbn [size length]; lia.
Qed.

Lemma bytes_ix z F :
  bq z * length (ixq F) + bk z * length (ixk F) + bv z * length (ixv F) + bp z * length (ixp F) <= bytes z F.
Proof. induction F as [|w F IH]; [unfold bytes; simpl; lia|]. rewrite bytes_cons. destruct w; simpl; lia. Qed.

Lemma is_o_ixo F : length (filter is_o F) = length (ixo F).
Proof. induction F as [|w F IH]; simpl; auto. destruct w; simpl; auto. Qed.

(* ------------------------------------------------------------------ *)
(** * 3. Counting in one segment                                        *)
(* ------------------------------------------------------------------ *)

(** A part u of a rows and w of b keys: u w products take a share of the bytes of a and b. *)
Lemma slice e f u w a b : u <= a -> w <= b -> u * w * (e * a + f * b) <= a * b * (e * u + f * w).
Proof.
  intros Hu Hw. assert (K1 : e * (a * u) * w <= e * (a * u) * b) by (apply Nat.mul_le_mono_l; auto).
  assert (K2 : f * (b * w) * u <= f * (b * w) * a) by (apply Nat.mul_le_mono_l; auto). lia.
Qed.

(** 4 D2 F <= dv R^2 for F products from a rows and b keys, R bytes. *)
Lemma bytes_max dk dv z D2 a b F O R :
  F <= dv * (a * b) ->
  F * (bo z * a + bv z * b) <= a * b * O ->
  dk * (bq z * a) + dk * (bk z * b) + O <= R ->
  (forall p F, F <= dv * p -> D2 * (F * p) <=
     dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z *
       (F * F))) ->
  4 * D2 * F <= dv * (R * R).
Proof.
  intros HF HO HR HD. set (p := a * b) in *. destruct (Nat.eq_dec p 0) as [Ep|Np].
  { rewrite Ep in HF. assert (F = 0) by lia. subst F. lia. }
  specialize (HD p F HF).
  set (x := dk * bq z * p + bo z * F). set (y := dk * bk z * p + bv z * F).
  (* p R >= a x + b y *)
  assert (H1 : a * x + b * y <= p * R).
  { assert (p * (dk * (bq z * a) + dk * (bk z * b) + O) <= p * R) by (apply Nat.mul_le_mono_l; auto).
    unfold x, y. lia. }
  assert (H2 : 4 * (p * (x * y)) <= p * R * (p * R)).
  { pose proof (am_gm (a * x) (b * y)). pose proof (Nat.mul_le_mono _ _ _ _ H1 H1). unfold p in *. lia. }
  assert (H3 : 4 * (x * y) <= p * (R * R)).
  { apply Nat.mul_le_mono_pos_l with (p := p); lia. }
  assert (H4 : D2 * (F * p) <= dv * (x * y)) by (unfold x, y; lia).
  assert (H5 : dv * (4 * (x * y)) <= dv * (p * (R * R))) by (apply Nat.mul_le_mono_l; auto).
  apply Nat.mul_le_mono_pos_l with (p := p); lia.
Qed.

Lemma segment_count_bytes dk dv z D2 T inl outl X Y :
  NoDup T -> products dk dv T inl outl ->
  bytes z inl + bo z * length outl <= X -> X <= Y -> 4 * D2 <= Y * bp z ->
  (forall p F, F <= dv * p -> D2 * (F * p) <=
     dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z *
       (F * F))) ->
  4 * D2 * length T <= dv * (X * Y).
Proof.
  intros HN HT HX HY HG HD.
  set (r := length (ixp inl)).
  set (typ2 := fun x : nat * nat * nat => pinb (fst x) (ixp inl)).
  set (T2 := filter typ2 T). set (T1 := filter (fun x => negb (typ2 x)) T).
  assert (EL : length T = length T2 + length T1) by apply length_filter_split.
  assert (L2 : length T2 <= r * dv).
  { replace (r * dv) with (length (list_prod (ixp inl) (seq 0 dv))) by (rewrite prod_length, seq_length;
      auto).
    apply NoDup_incl_length; [apply NoDup_filter; auto|].
    intros [[i j] l] Hx. apply filter_In in Hx. destruct Hx as [Hx Hp].
    apply in_prod_iff. split; [apply pinb_In; auto|].
    apply in_seq. destruct (HT _ _ _ Hx); lia. }
  assert (HN1 : NoDup T1) by (apply NoDup_filter; auto).
  assert (HT1 : forall i j l, In (i, j, l) T1 ->
     l < dv /\ In (i, l) (ixo outl) /\ In (j, l) (ixv inl) /\
     forall x, x < dk -> In (i, x) (ixq inl) /\ In (j, x) (ixk inl)).
  { intros i j l Hx. apply filter_In in Hx. destruct Hx as [Hx Hp].
    destruct (HT _ _ _ Hx) as [A1 [A2 [A3 [A4|A4]]]]; [|tauto].
    apply pinb_In in A4. unfold typ2 in Hp. simpl in Hp. rewrite A4 in Hp. discriminate. }
  set (I := nodup Nat.eq_dec (map (fun x : nat * nat * nat => fst (fst x)) T1)).
  set (J := nodup Nat.eq_dec (map (fun x : nat * nat * nat => snd (fst x)) T1)).
  assert (HI : NoDup I) by apply NoDup_nodup. assert (HJ : NoDup J) by apply NoDup_nodup.
  assert (Ha : dk * length I <= length (ixq inl)).
  { apply full_rows; auto. intros i l Hi Hl. apply nodup_In in Hi. apply in_map_iff in Hi.
    destruct Hi as [[[i' j'] l'] [E Hx]]. simpl in E; subst. apply (HT1 _ _ _ Hx); auto. }
  assert (Hb : dk * length J <= length (ixk inl)).
  { apply full_rows; auto. intros j l Hj Hl. apply nodup_In in Hj. apply in_map_iff in Hj.
    destruct Hj as [[[i' j'] l'] [E Hx]]. simpl in E; subst. apply (HT1 _ _ _ Hx); auto. }
  set (u := fun l => length (column I (ixo outl) l)).
  set (w := fun l => length (column J (ixv inl) l)).
  assert (Hu : sumn dv u <= length outl).
  { eapply Nat.le_trans; [apply columns_sum; auto|apply ixo_length]. }
  assert (Hw : sumn dv w <= length (ixv inl)) by (apply columns_sum; auto).
  set (F := sumn dv (fun l => u l * w l)).
  assert (L1 : length T1 <= F).
  { replace (length T1) with (length (filter (fun x : nat * nat * nat => snd x <? dv) T1)).
    2:{ rewrite filter_all; auto. intros [[i j] l] Hx. apply Nat.ltb_lt. apply (HT1 _ _ _ Hx). }
    rewrite <- sumn_classes. apply sumn_le. intros l Hl. unfold u, w.
    rewrite <- prod_length, <- (map_length (fun x : nat * nat => (x, l)) (list_prod _ _)).
    apply NoDup_incl_length; [apply NoDup_filter; auto|].
    intros [[i j] l'] Hx. apply filter_In in Hx. destruct Hx as [Hx El].
    simpl in El. apply Nat.eqb_eq in El. subst l'.
    apply in_map_iff. exists (i, j). split; auto.
    destruct (HT1 _ _ _ Hx) as [_ [A2 [A3 _]]].
    apply in_prod_iff. split; apply filter_In; split; try (apply pinb_In; auto);
      apply nodup_In, in_map_iff; exists (i, j, l); auto. }
  pose proof (bytes_ix z inl) as HL. fold r in HL.
  set (a := length I) in *. set (b := length J) in *.
  set (O := bo z * sumn dv u + bv z * sumn dv w). set (R := X - bp z * r).
  assert (HF : F <= dv * (a * b)).
  { unfold F. clear - u w. induction dv as [|n IH]; simpl; [lia|].
    assert (u n <= a) by apply length_filter_le. assert (w n <= b) by apply length_filter_le.
    assert (u n * w n <= a * b) by (apply Nat.mul_le_mono; auto). lia. }
  assert (HO : F * (bo z * a + bv z * b) <= a * b * O).
  { unfold F, O. clear - u w. induction dv as [|n IH]; simpl; [lia|].
    assert (Hua : u n <= a) by apply length_filter_le. assert (Hwb : w n <= b) by apply length_filter_le.
    pose proof (slice (bo z) (bv z) (u n) (w n) a b Hua Hwb). lia. }
  assert (B1 : bq z * (dk * a) <= bq z * length (ixq inl)) by (apply Nat.mul_le_mono_l; auto).
  assert (B2 : bk z * (dk * b) <= bk z * length (ixk inl)) by (apply Nat.mul_le_mono_l; auto).
  assert (B3 : bv z * sumn dv w <= bv z * length (ixv inl)) by (apply Nat.mul_le_mono_l; auto).
  assert (B4 : bo z * sumn dv u <= bo z * length outl) by (apply Nat.mul_le_mono_l; auto).
  assert (HR : dk * (bq z * a) + dk * (bk z * b) + O <= R) by (unfold R, O; lia).
  assert (Hr : bp z * r <= X) by lia.
  pose proof (bytes_max dk dv z D2 a b F O R HF HO HR HD) as BM.
  assert (G1 : R * R <= R * Y) by (apply Nat.mul_le_mono_l; unfold R; lia).
  assert (G2 : dv * (R * R) <= dv * (R * Y)) by (apply Nat.mul_le_mono_l; auto).
  assert (G3 : dv * r * (4 * D2) <= dv * r * (Y * bp z)) by (apply Nat.mul_le_mono_l; auto).
  assert (G4 : 4 * D2 * length T <= 4 * D2 * (F + r * dv)) by (apply Nat.mul_le_mono_l; lia).
  assert (G5 : dv * ((R + bp z * r) * Y) <= dv * (X * Y))
    by (apply Nat.mul_le_mono_l, Nat.mul_le_mono_r; unfold R; lia).
  lia.
Qed.

(** The two choices of D2. *)
Lemma whole_columns dk dv z p F : dv * dv * (bo z * bv z) <= dk * dk * (bq z * bk z) -> F <= dv * p ->
  (dk * bq z + dv * bo z) * (dk * bk z + dv * bv z) * (F * p) <=
  dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z * (F
    * F)).
Proof.
  intros HC HF. set (A := dk * dk * (bq z * bk z)) in *. set (C := bo z * bv z) in *.
  (* A F p + dv^2 C F p <= dv A p^2 + dv C F^2 : (dv p - F) (A p - C dv F) >= 0 *)
  assert (K : A * (F * p) + dv * dv * C * (F * p) <= dv * (A * (p * p)) + dv * (C * (F * F))).
  { assert (Ee : exists e, dv * p = F + e) by (exists (dv * p - F); lia). destruct Ee as [e Ee].
    assert (K1 : C * (dv * F) <= A * p).
    { assert (C * (dv * F) <= C * (dv * (dv * p))) by (apply Nat.mul_le_mono_l, Nat.mul_le_mono_l; auto).
      assert (dv * dv * C * p <= A * p) by (apply Nat.mul_le_mono_r; auto). lia. }
    assert (K2 : e * (C * (dv * F)) <= e * (A * p)) by (apply Nat.mul_le_mono_l; auto).
    assert (E1 : dv * (A * (p * p)) = A * p * (F + e)) by (rewrite <- Ee; lia).
    assert (E2 : dv * dv * C * (F * p) = C * (dv * F) * (F + e)) by (rewrite <- Ee; lia).
    lia. }
  unfold A, C in *. lia.
Qed.

Lemma any_columns dk dv z p F :
  dk * dv * (bq z * bv z + bo z * bk z + 2 * Nat.min (bq z * bk z) (bo z * bv z)) * (F * p) <=
  dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z * (F
    * F)).
Proof.
  set (m := Nat.min (bq z * bk z) (bo z * bv z)).
  assert (H1 : m <= bq z * bk z) by apply Nat.le_min_l. assert (H2 : m <= bo z * bv z) by apply Nat.le_min_r.
  assert (K : 2 * (dk * m * (p * F)) <= dk * dk * (bq z * bk z) * (p * p) + bo z * bv z * (F * F)).
  { pose proof (am_gm (dk * p) F) as AG.
    assert (m * (2 * (dk * p * F)) <= m * (dk * p * (dk * p) + F * F)) by (apply Nat.mul_le_mono_l; auto).
    assert (dk * p * (dk * p) * m <= dk * p * (dk * p) * (bq z * bk z)) by (apply Nat.mul_le_mono_l; auto).
    assert (F * F * m <= F * F * (bo z * bv z)) by (apply Nat.mul_le_mono_l; auto). lia. }
  assert (K' : dv * (2 * (dk * m * (p * F))) <= dv * (dk * dk * (bq z * bk z) * (p * p) + bo z * bv z *
    (F * F)))
    by (apply Nat.mul_le_mono_l; auto).
  lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 4. Ticks in bytes                                                 *)
(* ------------------------------------------------------------------ *)

Lemma block_inj k c k' c' n : n * k + c = n * k' + c' -> c < n -> c' < n -> k = k' /\ c = c'.
Proof.
  intros H Hc Hc'. destruct (Nat.lt_trichotomy k k') as [L|[L|L]].
  - assert (n * (k + 1) <= n * k') by (apply Nat.mul_le_mono_l; lia). lia.
  - subst. lia.
  - assert (n * (k' + 1) <= n * k) by (apply Nat.mul_le_mono_l; lia). lia.
Qed.

(** As [segment_bound], in bytes. *)
Definition segment_bytes (z : sizes) (tr : trace) (M : list (nat * nat * nat * nat)) (K W G : nat) : Prop :=
  forall T a b outl X Y, b <= len tr -> NoDup (map fst T) ->
  (forall i j l t, In (i, j, l, t) T -> In (i, j, l, t) M /\ a <= t /\ t <= b /\ In (i, l) outl) ->
  bytes z (filter not_o (fast (st tr a))) + bytes z (filter not_o (loads tr a b)) + bo z * length outl <= X ->
  X <= Y -> G <= Y -> K * length T <= W * (X * Y).

Section Bytes.
Variable z : sizes.
Variables big cap : nat.
Variable own : nat -> bool.
Variable tr : trace.
Variable M : list (nat * nat * nat * nat).    (* one maker event per product (i,j,l) *)
Hypothesis HC : carries big own tr.
Hypothesis HN : NoDup (map fst M).
Hypothesis HM : kept own tr M.
Hypothesis Hbo : 0 < bo z.
Hypothesis Hcap : forall t, t <= len tr -> bytes z (fast (st tr t)) <= cap.

Notation beg_ e t := (beg (here tr e) t).
Notation starts := (starts tr M).
Notation starting := (starting tr M).

(** Bytes of the ticks of one event: its load, then the partial sums whose useful stays begin. *)
Definition wload (t : nat) : nat :=
  match ev tr t with Load w => if not_o w then size z w else 0 | _ => 0 end.
Definition wk (t : nat) : nat := wload t + bo z * length (starting t).
Definition pos (t : nat) : nat := sumn t wk.
Definition at_ (t : nat) (e : nat * nat) : nat := pos t + wload t + bo z * ixof pair_dec e (starting t).

Lemma pos_S t : pos (S t) = pos t + wk t.
Proof. reflexivity. Qed.
Lemma pos_mono s t : s <= t -> pos s <= pos t.
Proof. induction 1; auto. rewrite pos_S. lia. Qed.

Lemma at_range t e : In e (starting t) -> pos t + wload t <= at_ t e /\ at_ t e + bo z <= pos (S t).
Proof.
  intros H. pose proof (ixof_lt pair_dec e _ H) as L. unfold at_. rewrite pos_S. unfold wk. split; [lia|].
  assert (bo z * (ixof pair_dec e (starting t) + 1) <= bo z * length (starting t)) by (apply
    Nat.mul_le_mono_l; lia).
  lia.
Qed.

Lemma same_event s s' x : pos s <= x -> x < pos (S s) -> pos s' <= x -> x < pos (S s') -> s = s'.
Proof.
  intros A B C D. destruct (Nat.lt_trichotomy s s') as [L|[L|L]]; auto.
  - pose proof (pos_mono (S s) s' L). lia.
  - pose proof (pos_mono (S s') s L). lia.
Qed.

Lemma wload_wk t : wload t <= wk t.
Proof. unfold wk. lia. Qed.

Lemma loads_bytes a : forall d, bytes z (filter not_o (loads tr a (a + d))) = sumn d (fun s => wload (a + s)).
Proof.
  induction d as [|d IH].
  - unfold loads. rewrite Nat.add_0_r, Nat.sub_diag. reflexivity.
  - change (sumn (S d) (fun s => wload (a + s))) with (sumn d (fun s => wload (a + s)) + wload (a + d)).
    rewrite <- IH. unfold loads. replace (a + S d) with (S (a + d)) by lia.
    rewrite (seq_snoc a (a + d)) by lia. rewrite flat_map_app, filter_app, bytes_app. f_equal.
    simpl. unfold wload. destruct (ev tr (a + d)); simpl; auto.
    destruct (not_o w); simpl; auto. unfold bytes. simpl. lia.
Qed.

(** Ticks are no more than the traffic. *)
Lemma pos_traffic : pos (len tr) <= byte_traffic z tr.
Proof.
  assert (E : pos (len tr) = sumn (len tr) wload + bo z * sumn (len tr) (fun t => length (starting t))).
  { unfold pos, wk. rewrite sumn_plus, sumn_scale. reflexivity. }
  assert (E2 : sumn (len tr) (fun t => length (starting t)) <= length starts).
  { unfold TickBounds.starting.
    assert (Q : forall n, sumn n (fun t => length (map fst (filter (fun x => snd x =? t) starts))) =
                sumn n (fun t => length (filter (fun x : nat * nat * nat => snd x =? t) starts))).
    { induction n as [|n IH]; simpl; auto. rewrite IH, map_length. auto. }
    rewrite Q, sumn_classes. apply length_filter_le. }
  pose proof (loads_bytes 0 (len tr)) as EL. simpl in EL.
  pose proof (starts_stores big own tr M HC HM) as SS.
  pose proof (bytes_split z (loads tr 0 (len tr))). pose proof (bytes_split z (stores tr 0 (len tr))).
  assert (bo z * sumn (len tr) (fun t => length (starting t)) <= bo z * length (filter is_o (stores tr 0
    (len tr))))
    by (apply Nat.mul_le_mono_l; lia).
  unfold byte_traffic. change (fun s => wload s) with wload in EL. lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 5. Segments                                                       *)
(* ------------------------------------------------------------------ *)

(** The position of a product: the start of its tree's stay if made by that very event, otherwise
    the last byte before its event. *)
Definition numb (m : nat * nat * nat * nat) : nat :=
  let e := (fst (fst (fst m)), snd (fst m)) in let t := snd m in
  if beg_ e t =? t then at_ t e else pos t - 1.
Definition firstb (m : nat * nat * nat * nat) : nat :=
  let e := (fst (fst (fst m)), snd (fst m)) in at_ (beg_ e (snd m)) e.
Definition Mb : list (nat * nat * nat * nat) := map (fun m => (fst m, numb m)) M.

Lemma in_starting i j l t : In (i, j, l, t) M -> In (i, l) (starting (beg_ (i, l) t)).
Proof. intros H. apply In_starting, In_starts. exists j, t. auto. Qed.

Lemma numb_range i j l t : In (i, j, l, t) M ->
  let m := (i, j, l, t) in firstb m <= numb m /\ pos t <= numb m + 1 /\ numb m < pos (S t) /\
  (firstb m = numb m /\ beg_ (i, l) t = t \/ beg_ (i, l) t < t /\ numb m + 1 = pos t).
Proof.
  intros H m. pose proof (at_range _ _ (in_starting i j l t H)) as [R1 R2].
  pose proof (beg_le (here tr (i, l)) t) as HL.
  unfold m, firstb, numb. simpl fst; simpl snd.
  destruct (Nat.eqb_spec (beg_ (i, l) t) t) as [E|E].
  - rewrite E in *. repeat split; try lia.
  - pose proof (pos_mono (S (beg_ (i, l) t)) t ltac:(lia)). pose proof (pos_mono t (S t) ltac:(lia)).
    repeat split; try lia.
Qed.

(** The stays that begin at positions P <= .. < P'. *)
Definition begun (P P' : nat) : list (nat * nat * nat) :=
  filter (fun x => (P <=? at_ (snd x) (fst x)) && (at_ (snd x) (fst x) <? P')) starts.

Lemma In_begun x P P' : In x (begun P P') -> In (fst x) (starting (snd x)) /\
  P <= at_ (snd x) (fst x) /\ at_ (snd x) (fst x) < P'.
Proof.
  intros H. apply filter_In in H. destruct H as [H1 H2]. apply andb_true_iff in H2.
  rewrite Nat.leb_le, Nat.ltb_lt in H2. split; auto. apply In_starting. destruct x; auto.
Qed.

(** Bytes loaded and begun between positions P and P': one partial sum may reach beyond P'. *)
Lemma ticks_between P P' a b : a <= b -> pos b <= P' -> P <= P' ->
  (forall s, a <= s -> s < b -> 0 < wload s -> P <= pos s) ->
  bytes z (filter not_o (loads tr a b)) + bo z * length (begun P P') <= P' - P + bo z.
Proof.
  intros Hab Hb HP Ha.
  set (L1 := fun d => flat_map (fun s => seq (pos s) (wload s)) (seq a d)).
  assert (F1 : forall d, a + d <= b -> length (L1 d) = sumn d (fun s => wload (a + s)) /\ NoDup (L1 d) /\
    forall x, In x (L1 d) -> P <= x /\ x < pos (a + d) /\ exists s, pos s <= x /\ x < pos s + wload s).
  { induction d as [|d IH]; intros Hd; [unfold L1; simpl; split; [auto|split; [constructor|intros x []]]|].
    destruct (IH ltac:(lia)) as [A [B C]]. unfold L1 in *.
    replace (seq a (S d)) with (seq a d ++ [a + d]) by (replace (S d) with (d + 1) by lia; rewrite seq_app;
      auto).
    rewrite flat_map_app. simpl flat_map. rewrite app_nil_r.
    assert (EP : pos (a + S d) = pos (a + d) + wk (a + d)) by (replace (a + S d) with (S (a + d)) by lia;
      auto).
    pose proof (wload_wk (a + d)).
    split; [rewrite app_length, seq_length, A; reflexivity|split].
    - apply NoDup_app_disjoint; auto; [apply seq_NoDup|]. intros x Hx Hy. apply C in Hx. apply in_seq in Hy.
      lia.
    - intros x Hx. apply in_app_iff in Hx. destruct Hx as [Hx|Hx].
      + apply C in Hx. destruct Hx as [H1 [H2 H3]]. repeat split; auto; lia.
      + apply in_seq in Hx. pose proof (Ha (a + d) ltac:(lia) ltac:(lia) ltac:(lia)).
        repeat split; [lia|lia|]. exists (a + d). lia. }
  destruct (F1 (b - a) ltac:(lia)) as [A [B C]]. set (N1 := L1 (b - a)) in *.
  pose proof (loads_bytes a (b - a)) as EL. replace (a + (b - a)) with b in * by lia.
  set (N2 := map (fun y : nat * nat * nat * nat => at_ (snd (fst y)) (fst (fst y)) + snd y)
                 (list_prod (begun P P') (seq 0 (bo z)))).
  assert (L2 : length N2 = bo z * length (begun P P')).
  { unfold N2. rewrite map_length, prod_length, seq_length. lia. }
  rewrite EL, <- A, <- L2, <- app_length.
  replace (P' - P + bo z) with (length (seq P (P' - P + bo z))) by apply seq_length.
  assert (R2 : forall x c, In (x, c) (list_prod (begun P P') (seq 0 (bo z))) ->
     In (fst x) (starting (snd x)) /\ c < bo z /\ P <= at_ (snd x) (fst x) /\ at_ (snd x) (fst x) < P' /\
     pos (snd x) + wload (snd x) <= at_ (snd x) (fst x) + c /\ at_ (snd x) (fst x) + c < pos (S (snd x))).
  { intros x c Hx. apply in_prod_iff in Hx. destruct Hx as [Hx Hc]. apply in_seq in Hc.
    apply In_begun in Hx. destruct Hx as [H1 [H2 H3]]. pose proof (at_range _ _ H1). repeat split; auto;
      lia. }
  apply NoDup_incl_length.
  - apply NoDup_app_disjoint; auto.
    + apply NoDup_map_on; [|apply NoDup_list_prod; [apply NoDup_filter, NoDup_nodup|apply seq_NoDup]].
      intros [[e s] c] [[e' s'] c'] Hx Hy E. cbn [fst snd] in E.
      apply R2 in Hx, Hy. cbn [fst snd] in Hx, Hy.
      destruct Hx as [X1 [X2 [X3 [X4 [X5 X6]]]]], Hy as [Y1 [Y2 [Y3 [Y4 [Y5 Y6]]]]].
      assert (s = s') by (apply (same_event s s' (at_ s e + c)); lia). subst s'. unfold at_ in E.
      destruct (block_inj (ixof pair_dec e (starting s)) c (ixof pair_dec e' (starting s)) c' (bo z)) as
        [E1 E2];
        try lia. apply ixof_inj in E1; auto. congruence.
    + intros n Hn1 Hn2. apply C in Hn1. destruct Hn1 as [_ [_ [s [S1 S2]]]].
      apply in_map_iff in Hn2. destruct Hn2 as [[x c] [<- Hx]]. apply R2 in Hx. cbn [fst snd] in *.
      pose proof (wload_wk s). pose proof (pos_S s).
      assert (s = snd x) by (apply (same_event _ _ (at_ (snd x) (fst x) + c)); lia).
      subst s. lia.
  - intros n Hn. apply in_seq. apply in_app_iff in Hn. destruct Hn as [Hn|Hn].
    + apply C in Hn. lia.
    + apply in_map_iff in Hn. destruct Hn as [[x c] [<- Hx]]. apply R2 in Hx. cbn [fst snd] in *. lia.
Qed.

Definition numberedb (P P' : nat) : list (nat * nat * nat * nat) :=
  filter (fun m => inseg P P' (fst m, numb m)) M.

Lemma numberedb_made P P' : length (numberedb P P') = made Mb P P'.
Proof.
  unfold numberedb, made, Mb. clear. induction M as [|m L IH]; simpl; auto.
  destruct (inseg P P' (fst m, numb m)); simpl; auto.
Qed.

Lemma NoDup_numberedb P P' : NoDup (map fst (numberedb P P')).
Proof. apply NoDup_map_filter. exact HN. Qed.

(** Where to cut: the event to which byte number P belongs. *)
Lemma cutb P : exists a, a <= len tr /\ pos a <= P /\ forall t, t <= len tr -> a < t -> P < pos t.
Proof.
  assert (G : forall n, n <= len tr -> exists a, a <= n /\ pos a <= P /\ forall t, t <= n -> a < t -> P <
    pos t).
  { induction n as [|n IH]; intros H.
    - exists 0. split; auto. split; [apply Nat.le_0_l|]. intros t H1 H2; lia.
    - destruct (Nat.le_gt_cases (pos (S n)) P) as [L|L].
      + exists (S n). split; auto. split; auto. intros t H1 H2; lia.
      + destruct (IH ltac:(lia)) as [a [A1 [A2 A3]]]. exists a. split; [lia|]. split; auto.
        intros t Ht Hat. destruct (Nat.eq_dec t (S n)) as [->|N]; [auto|]. apply A3; lia. }
  apply (G (len tr)); auto.
Qed.

Variables K W G : nat.
Hypothesis HG : segment_bytes z tr M K W G.

(** A segment that uses what is resident at time a, and trees of [base]. *)
Lemma segment_at P P' a b base X Y : b <= len tr -> pos b <= P' -> P <= P' ->
  (forall t, t <= len tr -> b < t -> P' < pos t) ->
  (forall s, a <= s -> s < b -> 0 < wload s -> P <= pos s) ->
  (forall i j l t, In (i, j, l, t) M -> P <= numb (i, j, l, t) ->
     a <= t /\ (firstb (i, j, l, t) < P -> In (i, l) base)) ->
  bytes z (filter not_o (fast (st tr a))) + bo z * length base + (P' - P + bo z) <= X -> X <= Y -> G <= Y ->
  K * made Mb P P' <= W * (X * Y).
Proof.
  intros Hb HPb HPP Hb' Ha Hbase HX HY HGY. rewrite <- numberedb_made.
  assert (IN : forall i j l t, In (i, j, l, t) (numberedb P P') ->
     In (i, j, l, t) M /\ a <= t /\ t <= b /\ In (i, l) (base ++ map fst (begun P P'))).
  { intros i j l t Hx. apply filter_In in Hx. destruct Hx as [Hx Hs]. unfold inseg in Hs. simpl snd in Hs.
    apply andb_true_iff in Hs. destruct Hs as [Hs1 Hs2]. apply Nat.leb_le in Hs1. apply Nat.ltb_lt in Hs2.
    destruct (Hbase _ _ _ _ Hx Hs1) as [Hat Hold].
    pose proof (numb_range _ _ _ _ Hx) as [R1 [R2 [R3 R4]]].
    pose proof (in_time big own tr M HC HM _ _ _ _ Hx) as Ht.
    assert (Htb : t <= b).
    { destruct (Nat.le_gt_cases t b); auto. pose proof (Hb' t ltac:(lia) ltac:(lia)). lia. }
    split; auto. split; auto. split; auto. apply in_app_iff.
    destruct (Nat.lt_ge_cases (firstb (i, j, l, t)) P) as [F|F]; [left; auto|right].
    apply in_map_iff. exists ((i, l), beg_ (i, l) t). split; auto. apply filter_In.
    split; [apply In_starts; exists j, t; auto|].
    cbn [fst snd]. change (firstb (i, j, l, t)) with (at_ (beg_ (i, l) t) (i, l)) in *.
    apply andb_true_iff. rewrite Nat.leb_le, Nat.ltb_lt. lia. }
  destruct (Nat.le_gt_cases a b) as [Hab|Hab].
  - pose proof (ticks_between P P' a b Hab HPb HPP Ha) as TB.
    eapply HG; [exact Hb|apply NoDup_numberedb|exact IN| |exact HY|exact HGY].
    rewrite app_length, map_length. lia.
  - destruct (numberedb P P') as [|[[[i j] l] t] L] eqn:E; [simpl; lia|].
    destruct (IN i j l t (or_introl eq_refl)). lia.
Qed.

Hypothesis HO : orderly_bytes z cap tr.

(** Two starts in one event, or one after a load: only a Compute, and all fits together. *)
Lemma later_start s e : s < len tr -> In e (starting s) -> pos s < at_ s e ->
  wload s = 0 /\
  bytes z (filter not_o (fast (st tr s))) + bo z * length (nodup pair_dec (ixo (fast (st tr (S s))))) <= cap.
Proof.
  intros Hs He Hat. destruct HC as [_ [_ HS]]. destruct (HS s Hs) as [_ HE].
  assert (EDGE : forall e, In e (starting s) -> In e (ixo (fast (st tr (S s)))) /\ ~ In e (ixo (fast (st
    tr s)))).
  { intros e' H. apply In_starting in H. apply (start_edge big own tr M HC HM) in H. destruct H as [_ [A B]].
    unfold here in A, B. apply pinb_In in B. split; auto. intros C. apply pinb_In in C. congruence. }
  assert (ONE : wload s = 0 -> (forall e', In e' (starting s) -> e' = e) -> False).
  { intros Hw H. unfold at_ in Hat. rewrite Hw in Hat.
    assert (E0 : ixof pair_dec e (starting s) = 0).
    { destruct (starting s) as [|e0 L] eqn:ES; auto. rewrite (H e0 (or_introl eq_refl)). simpl.
      destruct (pair_dec e e); congruence. }
    rewrite E0 in Hat. lia. }
  unfold wload in *. destruct (ev tr s) as [w|w|] eqn:Ev.
  - exfalso. destruct HE as [E1 [E2 E3]].
    assert (NEW : forall e, In e (starting s) -> exists ps, w = Wo (fst e) (snd e) ps).
    { intros [i l] H. apply EDGE in H. destruct H as [A B]. apply In_ixo in A. destruct A as [ps A].
      apply E2 in A. destruct A as [->|A]; [exists ps; auto|]. destruct B. apply In_ixo. eauto. }
    destruct (NEW e He) as [ps Ew]. apply ONE.
    + rewrite Ew. reflexivity.
    + intros e' He'. destruct (NEW e' He') as [ps' Ew']. rewrite Ew in Ew'. inversion Ew'.
      destruct e, e'; simpl in *; congruence.
  - exfalso. destruct HE as [E1 [E2 E3]]. destruct e as [i l]. apply EDGE in He. destruct He as [A B].
    apply In_ixo in A. destruct A as [ps A]. apply B, In_ixo. exists ps. auto.
  - split; auto. destruct (HO s Hs Ev) as [H|H]; [exact H|]. exfalso. apply ONE; auto.
    intros e' He'. apply EDGE in He, He'. apply H; tauto.
Qed.

(** A segment of S - bo bytes. *)
Lemma doneb_from P P' : G <= 2 * cap -> P <= pos (len tr) -> P <= P' -> P' - P + bo z <= cap ->
  K * made Mb P P' <= W * (2 * cap * (2 * cap)).
Proof.
  intros HGc HP HPP HP'. destruct (cutb P) as [a [A1 [A2 A3]]]. destruct (cutb P') as [b [B1 [B2 B3]]].
  assert (SIZE : forall t, t <= len tr -> bytes z (filter not_o (fast (st tr t))) + bo z * length (ixo
    (fast (st tr t))) <= cap).
  { intros t Ht. pose proof (Hcap t Ht) as H. rewrite bytes_split, is_o_ixo in H. auto. }
  assert (TIME : forall i j l t, In (i, j, l, t) M -> P <= numb (i, j, l, t) -> a <= t).
  { intros i j l t Hx HPn. pose proof (numb_range _ _ _ _ Hx) as [R1 [R2 [R3 R4]]].
    destruct (Nat.le_gt_cases a t); auto. pose proof (pos_mono (S t) a ltac:(lia)). lia. }
  assert (BEGIN : forall i j l t, In (i, j, l, t) M -> firstb (i, j, l, t) < P -> beg_ (i, l) t <= a).
  { intros i j l t Hx HF. pose proof (at_range _ _ (in_starting i j l t Hx)) as [R1 _].
    change (firstb (i, j, l, t)) with (at_ (beg_ (i, l) t) (i, l)) in HF.
    pose proof (in_time big own tr M HC HM _ _ _ _ Hx). pose proof (beg_le (here tr (i, l)) t).
    destruct (Nat.le_gt_cases (beg_ (i, l) t) a); auto. pose proof (A3 (beg_ (i, l) t) ltac:(lia)
      ltac:(lia)). lia. }
  destruct (Nat.eq_dec (pos a) P) as [E|E].
  - (* between two events *)
    apply (segment_at P P' a b (ixo (fast (st tr a)))); auto; [| |pose proof (SIZE a A1); lia].
    + intros s Hs Hsb Hw. destruct (Nat.eq_dec s a) as [->|N]; [lia|].
      pose proof (A3 s ltac:(lia) ltac:(lia)). lia.
    + intros i j l t Hx HPn. split; [eauto|]. intros HF. pose proof (BEGIN _ _ _ _ Hx HF) as HB.
      pose proof (at_range _ _ (in_starting i j l t Hx)) as [R1 _].
      change (firstb (i, j, l, t)) with (at_ (beg_ (i, l) t) (i, l)) in HF.
      assert (beg_ (i, l) t <> a) by (intros Q; rewrite Q in *; lia).
      pose proof (TIME _ _ _ _ Hx HPn).
      apply pinb_In. apply (beg_true (here tr (i, l)) t a); lia.
  - assert (Hl : a < len tr).
    { destruct (Nat.eq_dec a (len tr)) as [Q|Ne]; [rewrite Q in *|]; lia. }
    destruct (existsb (fun e => P <=? at_ a e) (starting a)) eqn:EX.
    + (* inside of an event that begins a later stay *)
      apply existsb_exists in EX. destruct EX as [e [He HPe]]. apply Nat.leb_le in HPe.
      destruct (later_start a e Hl He ltac:(lia)) as [Hw HS].
      apply (segment_at P P' a b (nodup pair_dec (ixo (fast (st tr (S a)))))); auto; [| |lia].
      * intros s Hs Hsb Hws. destruct (Nat.eq_dec s a) as [->|N]; [lia|].
        pose proof (A3 s ltac:(lia) ltac:(lia)). lia.
      * intros i j l t Hx HPn. split; [eauto|]. intros HF. pose proof (BEGIN _ _ _ _ Hx HF) as HB.
        pose proof (numb_range _ _ _ _ Hx) as [R1 [R2 [R3 [[R4 R5]|[R4 R5]]]]]; [lia|].
        pose proof (TIME _ _ _ _ Hx HPn).
        assert (a <> t) by (intros Q; rewrite Q in *; lia).
        apply nodup_In, pinb_In. apply (beg_true (here tr (i, l)) t (S a)); lia.
    + (* inside of a load, or of the last stay that an event begins *)
      assert (NO : forall e, In e (starting a) -> at_ a e < P).
      { intros e He. destruct (Nat.lt_ge_cases (at_ a e) P) as [L|L]; auto. exfalso.
        assert (existsb (fun e => P <=? at_ a e) (starting a) = true); [|congruence].
        apply existsb_exists. exists e. split; auto. apply Nat.leb_le; auto. }
      apply (segment_at P P' (S a) b (ixo (fast (st tr (S a))))); auto; [| |pose proof (SIZE (S a) Hl); lia].
      * intros s Hs Hsb Hws. pose proof (A3 s ltac:(lia) ltac:(lia)). lia.
      * intros i j l t Hx HPn. pose proof (TIME _ _ _ _ Hx HPn) as HT.
        pose proof (numb_range _ _ _ _ Hx) as [R1 [R2 [R3 R4]]].
        assert (a <> t).
        { intros Q. subst t. destruct R4 as [[R4 R5]|[R4 R5]]; [|lia].
          pose proof (in_starting _ _ _ _ Hx) as HI. rewrite R5 in HI. apply NO in HI.
          change (firstb (i, j, l, a)) with (at_ (beg_ (i, l) a) (i, l)) in R4. rewrite R5 in R4. lia. }
        split; [lia|]. intros HF. pose proof (BEGIN _ _ _ _ Hx HF) as HB.
        apply pinb_In. apply (beg_true (here tr (i, l)) t (S a)); lia.
Qed.

Hypothesis Hempty : fast (st tr 0) = [].

(** The first segment begins with an empty fast memory. *)
Lemma doneb_zero P' X Y : P' + bo z <= X -> X <= Y -> G <= Y -> K * made Mb 0 P' <= W * (X * Y).
Proof.
  intros HX HY HGY. destruct (cutb P') as [b [B1 [B2 B3]]].
  apply (segment_at 0 P' 0 b []); auto; try lia.
  rewrite Hempty. unfold bytes. simpl. lia.
Qed.

(** All of a short run: nothing reaches beyond its end. *)
Lemma doneb_short Y : pos (len tr) <= Y -> G <= Y -> K * made M 0 (len tr) <= W * (pos (len tr) * Y).
Proof.
  intros HY HGY. unfold made. rewrite filter_all.
  2:{ intros [[[i j] l] t] Hx. unfold inseg. simpl. apply Nat.ltb_lt.
  apply (in_time big own tr M HC HM _ _ _ _ Hx). }
  apply (HG M 0 (len tr) (map fst starts)); auto.
  - intros i j l t Hx. split; auto. split; [lia|]. split.
    + pose proof (in_time big own tr M HC HM _ _ _ _ Hx). lia.
    + apply in_map_iff. exists ((i, l), beg_ (i, l) t). split; auto. apply In_starts. exists j, t. auto.
  - rewrite Hempty, map_length. unfold bytes at 1. simpl.
    pose proof (loads_bytes 0 (len tr)) as EL. simpl in EL. rewrite EL.
    assert (E : pos (len tr) = sumn (len tr) wload + bo z * sumn (len tr) (fun t => length (starting t))).
    { unfold pos, wk. rewrite sumn_plus, sumn_scale. reflexivity. }
    assert (E2 : sumn (len tr) (fun t => length (starting t)) = length starts).
    { unfold TickBounds.starting.
      assert (Q : forall n, sumn n (fun t => length (map fst (filter (fun x => snd x =? t) starts))) =
                  sumn n (fun t => length (filter (fun x : nat * nat * nat => snd x =? t) starts))).
      { clear. induction n as [|n IH]; simpl; auto. rewrite IH, map_length. auto. }
      rewrite Q, sumn_classes, filter_all; auto. intros [e s] Hx. apply Nat.ltb_lt.
      apply (start_edge big own tr M HC HM) in Hx. apply Hx. }
    rewrite E, E2. change (fun s => wload s) with wload. lia.
Qed.

Lemma doneb_prefix s : G <= 2 * cap -> cap = s + bo z -> forall k, (k + 2) * s + bo z <= pos (len tr) ->
  K * made Mb 0 ((k + 2) * s + bo z) <= W * (4 * (k + 1) * (cap * cap)).
Proof.
  intros HGc Hs. induction k as [|k IH]; intros H.
  - pose proof (doneb_zero ((0 + 2) * s + bo z) (2 * cap) (2 * cap) ltac:(lia) ltac:(lia) HGc). lia.
  - specialize (IH ltac:(lia)).
    pose proof (doneb_from ((k + 2) * s + bo z) ((S k + 2) * s + bo z) HGc ltac:(lia) ltac:(lia) ltac:(lia)).
    rewrite (made_split Mb 0 ((k + 2) * s + bo z)) by lia. lia.
Qed.

Lemma doneb_all : made M 0 (len tr) <= made Mb 0 (pos (len tr)).
Proof.
  unfold made at 2. rewrite filter_all.
  - unfold Mb. rewrite map_length. apply length_filter_le.
  - intros [x n] H. unfold Mb in H. apply in_map_iff in H. destruct H as [[[[i j] l] t] [E H]].
    inversion E; subst. unfold inseg. simpl. apply Nat.ltb_lt.
    pose proof (numb_range _ _ _ _ H) as [_ [_ [R _]]]. pose proof (in_time big own tr M HC HM _ _ _ _ H)
      as Ht.
    pose proof (pos_mono (S t) (len tr) ltac:(lia)). lia.
Qed.

Lemma doneb_total s : G <= 2 * cap -> cap = s + bo z ->
  s * (K * made M 0 (len tr)) <= W * (4 * (cap * cap) * byte_traffic z tr).
Proof.
  intros HGc Hs. destruct (Nat.eq_dec s 0) as [->|Ns]; [lia|].
  pose proof pos_traffic as HT. pose proof doneb_all as HA.
  set (N := pos (len tr)) in *.
  assert (HK : s * (K * made M 0 (len tr)) <= W * (4 * (cap * cap) * N)).
  { destruct (Nat.le_gt_cases N (2 * cap)) as [H2|H2].
    - pose proof (doneb_short (2 * cap) H2 HGc) as H. fold N in H.
      assert (s * (K * made M 0 (len tr)) <= s * (W * (N * (2 * cap)))) by (apply Nat.mul_le_mono_l; auto).
      assert (s * (2 * cap * (W * N)) <= cap * (4 * cap * (W * N))) by (apply Nat.mul_le_mono; lia).
      lia.
    - (* (k+2) s + bo < N <= (k+3) s + bo *)
      assert (Hk : exists k, (k + 2) * s + bo z < N /\ N <= (k + 3) * s + bo z).
      { exists ((N - bo z - 1) / s - 2).
        pose proof (Nat.div_mod (N - bo z - 1) s Ns) as Hdm.
        pose proof (Nat.mod_upper_bound (N - bo z - 1) s Ns) as Hmu.
        assert (2 <= (N - bo z - 1) / s) by (apply Nat.div_le_lower_bound; lia).
        set (q := (N - bo z - 1) / s) in *.
        replace (q - 2 + 2) with q by lia. replace (q - 2 + 3) with (q + 1) by lia. nia. }
      destruct Hk as [k [K1 K2]].
      pose proof (doneb_prefix s HGc Hs k ltac:(fold N; lia)) as HP.
      pose proof (doneb_from ((k + 2) * s + bo z) N HGc ltac:(fold N; lia) ltac:(lia) ltac:(lia)) as HL.
      assert (HM2 : K * made Mb 0 N <= W * (4 * (cap * cap)) * (k + 2)).
      { rewrite (made_split Mb 0 ((k + 2) * s + bo z)) by lia. lia. }
      assert (K * made M 0 (len tr) <= K * made Mb 0 N) by (apply Nat.mul_le_mono_l; auto).
      assert (s * (K * made M 0 (len tr)) <= s * (W * (4 * (cap * cap)) * (k + 2))) by (apply
        Nat.mul_le_mono_l; lia).
      assert (W * (4 * (cap * cap)) * ((k + 2) * s) <= W * (4 * (cap * cap)) * N) by (apply
        Nat.mul_le_mono_l; lia).
      lia. }
  assert (W * (4 * (cap * cap)) * N <= W * (4 * (cap * cap)) * byte_traffic z tr) by (apply
    Nat.mul_le_mono_l; auto).
  lia.
Qed.
End Bytes.

(* ------------------------------------------------------------------ *)
(** * 6. The theorems                                                   *)
(* ------------------------------------------------------------------ *)

Lemma attention_bytes dk dv z big tr M D2 G :
  carries big all_own tr -> makes dk tr -> kept all_own tr M -> (forall i j l t, In (i, j, l, t) M -> l <
    dv) ->
  (forall p F, F <= dv * p -> D2 * (F * p) <=
     dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z *
       (F * F))) ->
  4 * D2 <= G * bp z -> segment_bytes z tr M (4 * D2) dv G.
Proof.
  intros HC HK HM Hl HD HG T a b outl X Y Hb HN HT HX HY HGY. rewrite <- (map_length fst T).
  apply (segment_count_bytes dk dv z D2 (map fst T) (brought tr a b) (map asword outl) X Y); auto.
  - intros i j l Hx. apply in_map_iff in Hx. destruct Hx as [[x t] [E Hx]]. simpl in E. subst x.
    destruct (HT _ _ _ _ Hx) as [HxM [Hat [Htb Hout]]]. destruct (HM _ _ _ _ HxM) as [Ho [ps [P1 P2]]].
    destruct (product_brought dk big all_own tr a b i j l t ps HC HK Ho Hb Hat Htb (or_intror P1) P2) as
      [A B].
    split; [eauto|]. rewrite ixo_aswords. auto.
  - unfold brought. rewrite map_length, bytes_app. auto.
  - assert (G * bp z <= Y * bp z) by (apply Nat.mul_le_mono_r; auto). lia.
Qed.

Lemma bytes_bound dk dv z cap E tr D2 :
  0 < dv -> 0 < bo z -> 2 * D2 <= cap * bp z ->
  (forall p F, F <= dv * p -> D2 * (F * p) <=
     dv * (dk * dk * (bq z * bk z) * (p * p) + dk * (bq z * bv z + bo z * bk z) * (p * F) + bo z * bv z *
       (F * F))) ->
  NoDup E -> valid_bytes z dk cap tr -> orderly_bytes z cap tr -> solves dv E tr ->
  (cap - bo z) * (D2 * length E) <= cap * cap * byte_traffic z tr.
Proof.
  intros Hdv Hbo HG HD HN [[big HV] Hcap] HO HS.
  destruct (Nat.le_gt_cases cap (bo z)) as [Hc|Hc]; [replace (cap - bo z) with 0 by lia; lia|].
  destruct (makers dk dv big E tr HN HV HS) as [M [HNM [HM EL]]].
  pose proof (valid_carries dk big tr HV) as HC. pose proof (makers_kept dk dv tr M HM) as HK.
  pose proof (doneb_total z big cap all_own tr M HC HNM HK Hbo Hcap _ _ _
    (attention_bytes dk dv z big tr M D2 (2 * cap) HC (valid_makes dk big tr HV) HK
       (fun i j l t h => proj1 (HM i j l t h)) HD ltac:(lia)) HO (proj1 HV) (cap - bo z) (le_n _)
         ltac:(lia)) as H.
  rewrite EL in H.
  apply Nat.mul_le_mono_pos_l with (p := 4 * dv); lia.
Qed.

(** ** T3star in bytes, where no part of the columns is cheaper than all *)
Theorem T3star_bytes dk dv z cap E tr :
  0 < dv -> 0 < bo z -> dv * dv * (bo z * bv z) <= dk * dk * (bq z * bk z) ->
  let D2 := (dk * bq z + dv * bo z) * (dk * bk z + dv * bv z) in
  2 * D2 <= cap * bp z ->
  NoDup E -> valid_bytes z dk cap tr -> orderly_bytes z cap tr -> solves dv E tr ->
  (cap - bo z) * (D2 * length E) <= cap * cap * byte_traffic z tr.
Proof.
  intros Hdv Hbo HC D2 HG. apply (bytes_bound dk dv z cap E tr D2 Hdv Hbo HG).
  intros p F HF. apply whole_columns; auto.
Qed.

(** ** T3star in bytes, whatever part of the columns a schedule takes at a time *)
Theorem T3star_bytes_slices dk dv z cap E tr :
  0 < dv -> 0 < bo z ->
  let D2 := dk * dv * (bq z * bv z + bo z * bk z + 2 * Nat.min (bq z * bk z) (bo z * bv z)) in
  2 * D2 <= cap * bp z ->
  NoDup E -> valid_bytes z dk cap tr -> orderly_bytes z cap tr -> solves dv E tr ->
  (cap - bo z) * (D2 * length E) <= cap * cap * byte_traffic z tr.
Proof.
  intros Hdv Hbo D2 HG. apply (bytes_bound dk dv z cap E tr D2 Hdv Hbo HG).
  intros p F _. apply any_columns.
Qed.

(** ** Such schedules exist: an orderly one of TickBounds.v, with elements of at most c bytes. *)
Theorem words_as_bytes dk cap tr z c : valid dk cap tr -> orderly cap tr ->
  bq z <= c -> bk z <= c -> bv z <= c -> bo z <= c -> bp z <= c ->
  valid_bytes z dk (c * cap) tr /\ orderly_bytes z (c * cap) tr /\ byte_traffic z tr <= c * traffic tr.
Proof.
  intros HV HO Hq Hk Hv Ho Hp.
  assert (LE : forall F, bytes z F <= c * length F).
  { induction F as [|w F IH]; [unfold bytes; simpl; lia|]. rewrite bytes_cons.
    assert (size z w <= c) by (destruct w; simpl; lia). simpl length. lia. }
  split; [split; [exists cap; auto|]|split].
  - intros t Ht. pose proof (fast_cap cap all_own tr (valid_carries dk cap tr HV) t Ht) as HF.
    pose proof (LE (fast (st tr t))). pose proof (Nat.mul_le_mono_l _ _ c HF). lia.
  - intros t Ht Ev. destruct (HO t Ht Ev) as [H|H]; [left|right; exact H]. unfold beside in H.
    pose proof (LE (filter not_o (fast (st tr t)))). pose proof (Nat.mul_le_mono_l _ _ c H) as HF.
    set (k := length (nodup pair_dec (ixo (fast (st tr (S t)))))) in *.
    pose proof (Nat.mul_le_mono_r _ _ k Ho). lia.
  - unfold byte_traffic, traffic, io. pose proof (LE (loads tr 0 (len tr))).
    pose proof (LE (stores tr 0 (len tr))). lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 7. Axioms used: none                                              *)
(* ------------------------------------------------------------------ *)

Print Assumptions T3star_bytes.
Print Assumptions T3star_bytes_slices.
Print Assumptions words_as_bytes.

(* RecordBounds.v: R4, the row-granular bound with its additive term.

   A memory that holds M records of dk + dv words plays a game: a load brings in one
   query or key record, a pair is done when both of its records are resident.

     R4_count    2 n m + (M - 2) min(n, m)  <=  2 (M - 1) * loads
     R4          the same in words

   Idea.  A load of a row that finds a' other rows and b' keys makes at most b' <= M - 1 - a'
   new pairs, so it loses at least a' of the M - 1 that it could make; a load of a key loses
   at least b'.  For each level, 1 <= level <= M - 2, a state is high if it holds more rows than
   `level`, else low.  A pair meets in a high state or in a low one, so either every row is
   seen high or every key is seen low: at least min(n, m) records for each level.  How often a
   record is newly seen, summed over the levels, is paid by twice what the loads lose.

   The memory of the game is lazy: it forgets a record only when it is full, and then one that
   the schedule does not hold (`make_room`), so that a load changes the number of rows by one.

   May be wrong: in what it says of a program only; the model is that of RowBounds.v,
   section 1.  Without axioms. *)
From Coq Require Import List Arith Lia Bool.
Import ListNotations.
Require Import RowBounds.

(* ------------------------------------------------------------------ *)
(** * 1. Sums over the levels 1 .. N                                     *)
(* ------------------------------------------------------------------ *)

Fixpoint total (f : nat -> nat) (N : nat) : nat :=
  match N with 0 => 0 | S k => f (S k) + total f k end.

Lemma total_add f g N : total (fun l => f l + g l) N = total f N + total g N.
Proof. induction N; simpl; lia. Qed.

Lemma total_le f g N : (forall l, f l <= g l) -> total f N <= total g N.
Proof. intros H. induction N; simpl; auto. pose proof (H (S N)). lia. Qed.

Lemma total_at v a N : total (fun l => if a =? l then v else 0) N <= v.
Proof.
  assert (H : forall k, k < a -> total (fun l => if a =? l then v else 0) k = 0).
  { induction k; simpl; intros Hk; auto.
    destruct (Nat.eqb_spec a (S k)); [lia|]. rewrite IHk; lia. }
  induction N; simpl; [lia|]. destruct (Nat.eqb_spec a (S N)); [|lia].
  rewrite H; lia.
Qed.

Lemma total_below a N : total (fun l => if l <=? a then 1 else 0) N <= a.
Proof.
  assert (H : total (fun l => if l <=? a then 1 else 0) N <= Nat.min a N).
  { induction N; [simpl; lia|]. cbn [total]. destruct (Nat.leb_spec (S N) a); lia. }
  lia.
Qed.

Lemma total_above a N : total (fun l => if a <=? l then 1 else 0) N <= Nat.min N (N + 1 - a).
Proof.
  assert (H : forall k, k < a -> total (fun l => if a <=? l then 1 else 0) k = 0).
  { induction k; intros Hk; auto. cbn [total]. destruct (Nat.leb_spec a (S k)); [lia|]. rewrite IHk; lia. }
  induction N; [simpl; lia|]. cbn [total]. destruct (Nat.leb_spec a (S N)); [lia|rewrite H; lia].
Qed.

Lemma total_const v N : total (fun _ => v) N = N * v.
Proof. induction N; simpl; lia. Qed.

(* ------------------------------------------------------------------ *)
(** * 2. The game and its ledger                                         *)
(* ------------------------------------------------------------------ *)

(** What the memory holds, which rows were seen high and which keys low at each level (perhaps
    twice), the pairs that met, and the number of loads so far. *)
Record ledger := Ledger {
  rows : list nat;
  keys : list nat;
  high : nat -> list nat;
  low : nat -> list nat;
  pairs : list (nat * nat);
  loads : nat
}.

Definition opening : ledger := Ledger [] [] (fun _ => []) (fun _ => []) [] 0.

Record balanced (M : nat) (g : ledger) : Prop := {
  b_rows : NoDup (rows g);
  b_keys : NoDup (keys g);
  b_room : length (rows g) + length (keys g) <= M;
  b_high : forall l, l < length (rows g) -> incl (rows g) (high g l);
  b_low : forall l, length (rows g) <= l -> incl (keys g) (low g l);
  b_pairs : forall i j, In i (rows g) -> In j (keys g) -> In (i, j) (pairs g);
  b_seen : forall i j, In (i, j) (pairs g) -> forall l, In i (high g l) \/ In j (low g l);
  b_paid : total (fun l => length (high g l) + length (low g l)) (M - 2) + 2 * length (pairs g)
           <= 2 * ((M - 1) * loads g)
}.

Lemma balanced_opening M : balanced M opening.
Proof.
  constructor; simpl; try constructor; try lia; try tauto; try (intros; intros x []).
  rewrite total_const. lia.
Qed.

(** Row x arrives beside the rows R and the keys K, which were there. *)
Definition row_comes (x : nat) (R K : list nat) (g : ledger) : ledger :=
  Ledger (x :: R) K
    (fun l => (if length R =? l then R else []) ++ (if l <=? length R then [x] else []) ++ high g l)
    (low g) (map (fun j => (x, j)) K ++ pairs g) (S (loads g)).

Definition key_comes (x : nat) (R K : list nat) (g : ledger) : ledger :=
  Ledger R (x :: K) (high g)
    (fun l => (if length R =? l then K else []) ++ (if length R <=? l then [x] else []) ++ low g l)
    (map (fun i => (i, x)) R ++ pairs g) (S (loads g)).

Section Arrivals.
Variables (M x : nat) (R K : list nat) (g : ledger).
Hypothesis HB : balanced M g.
Hypothesis HR : incl R (rows g).
Hypothesis HK : incl K (keys g).
Hypothesis NR : NoDup R.
Hypothesis NK : NoDup K.
Hypothesis Hone : length (rows g) <= S (length R).   (* at most one row was forgotten *)
Hypothesis Hfit : S (length R + length K) <= M.

Lemma fewer_rows : length R <= length (rows g).
Proof. apply NoDup_incl_le; auto. Qed.

Lemma row_balanced : ~ In x (rows g) -> balanced M (row_comes x R K g).
Proof.
  intros Hx. destruct HB as [B1 B2 B3 B4 B5 B6 B7 B8]. pose proof fewer_rows as Hf.
  assert (Hlow : forall l, S (length R) <= l -> incl K (low g l)).
  { intros l Hl j Hj. apply (B5 l); [lia|]. apply HK; auto. }
  constructor; simpl; auto.
  - constructor; auto.
  - intros l Hl i Hi. rewrite !in_app_iff. destruct Hi as [<-|Hi].
    + right; left. destruct (Nat.leb_spec l (length R)); [left; auto|lia].
    + destruct (Nat.eqb_spec (length R) l); [left; auto|]. right; right.
      apply (B4 l); [lia|]. apply HR; auto.
  - intros i j [<-|Hi] Hj; rewrite in_app_iff.
    + left. apply in_map_iff. exists j; auto.
    + right. apply B6; auto.
  - intros i j Hij l. rewrite !in_app_iff in *. destruct Hij as [Hij|Hij].
    + apply in_map_iff in Hij. destruct Hij as (j' & E & Hj). inversion E; subst.
      destruct (Nat.leb_spec l (length R)); [left; right; left; left; auto|].
      right. apply (Hlow l); [lia|auto].
    + destruct (B7 i j Hij l); auto.
  - rewrite app_length, map_length.
    assert (T : total (fun l => length ((if length R =? l then R else [])
                  ++ (if l <=? length R then [x] else []) ++ high g l) + length (low g l)) (M - 2)
                <= total (fun l => (if length R =? l then length R else 0)
                     + ((if l <=? length R then 1 else 0) + (length (high g l) + length (low g l)))) (M - 2)).
    { apply total_le. intros l. rewrite !app_length.
      destruct (length R =? l), (l <=? length R); simpl; lia. }
    rewrite !total_add in *. rewrite Nat.mul_succ_r.
    pose proof (total_at (length R) (length R) (M - 2)).
    pose proof (total_below (length R) (M - 2)).
    lia.
Qed.

Lemma key_balanced : ~ In x (keys g) -> balanced M (key_comes x R K g).
Proof.
  intros Hx. destruct HB as [B1 B2 B3 B4 B5 B6 B7 B8]. pose proof fewer_rows as Hf.
  assert (Hhigh : forall l, l < length R -> incl R (high g l)).
  { intros l Hl i Hi. apply (B4 l); [lia|]. apply HR; auto. }
  constructor; simpl; auto.
  - constructor; auto.
  - lia.
  - intros l Hl j Hj. rewrite !in_app_iff. destruct Hj as [<-|Hj].
    + right; left. destruct (Nat.leb_spec (length R) l); [left; auto|lia].
    + destruct (Nat.eqb_spec (length R) l); [left; auto|]. right; right.
      apply (B5 l); [lia|]. apply HK; auto.
  - intros i j Hi [<-|Hj]; rewrite in_app_iff.
    + left. apply in_map_iff. exists i; auto.
    + right. apply B6; auto.
  - intros i j Hij l. rewrite !in_app_iff in *. destruct Hij as [Hij|Hij].
    + apply in_map_iff in Hij. destruct Hij as (i' & E & Hi). inversion E; subst.
      destruct (Nat.leb_spec (length R) l); [right; right; left; left; auto|].
      left. apply (Hhigh l); auto.
    + destruct (B7 i j Hij l); auto.
  - rewrite app_length, map_length.
    assert (T : total (fun l => length (high g l) + length ((if length R =? l then K else [])
                  ++ (if length R <=? l then [x] else []) ++ low g l)) (M - 2)
                <= total (fun l => (if length R =? l then length K else 0)
                     + ((if length R <=? l then 1 else 0) + (length (high g l) + length (low g l)))) (M - 2)).
    { apply total_le. intros l. rewrite !app_length.
      destruct (length R =? l), (length R <=? l); simpl; lia. }
    rewrite !total_add in *. rewrite Nat.mul_succ_r.
    pose proof (total_at (length K) (length R) (M - 2)).
    pose proof (total_above (length R) (M - 2)).
    lia.
Qed.
End Arrivals.

(* ------------------------------------------------------------------ *)
(** * 3. A schedule plays the game                                       *)
(* ------------------------------------------------------------------ *)

Lemma spare (l l' : list nat) : NoDup l -> length l' < length l -> exists y, In y l /\ ~ In y l'.
Proof.
  intros N H. destruct (forallb (fun y => mem y l') l) eqn:E.
  - exfalso. rewrite forallb_forall in E.
    assert (length l <= length l'); [|lia].
    apply NoDup_incl_le; auto. intros y Hy. apply mem_In, E; auto.
  - assert (X : exists y, In y l /\ mem y l' = false).
    { clear N H. induction l as [|y l IH]; [discriminate|]. simpl in E.
      destruct (mem y l') eqn:Y; [|exists y; split; [left; auto|auto]].
      destruct (IH E) as (z & Hz & Ez). exists z; split; [right; auto|auto]. }
    destruct X as (y & Hy & Ey). exists y; split; auto. intros Hc.
    apply mem_In in Hc. congruence.
Qed.

(** A full memory has a record that the schedule does not hold; that one is forgotten. *)
Lemma make_room M R K (r k : list nat) :
  NoDup R -> NoDup K -> incl r R -> incl k K -> NoDup r -> NoDup k ->
  length R + length K <= M -> S (length r + length k) <= M ->
  exists R1 K1, incl r R1 /\ incl R1 R /\ incl k K1 /\ incl K1 K /\ NoDup R1 /\ NoDup K1 /\
    length R <= S (length R1) /\ S (length R1 + length K1) <= M.
Proof.
  intros NR NK Ir Ik Nr Nk Hm Hs.
  pose proof (NoDup_incl_le _ _ Nr Ir). pose proof (NoDup_incl_le _ _ Nk Ik).
  destruct (le_lt_dec M (length R + length K)) as [Hfull|Hfree].
  2: { exists R, K. repeat split; auto using incl_refl; lia. }
  destruct (le_lt_dec (length R) (length r)) as [Hr|Hr].
  - destruct (spare K k NK) as (y & Hy & Ny); [lia|].
    pose proof (length_del y K NK Hy).
    exists R, (del y K). repeat split; auto using incl_refl, NoDup_del; try lia.
    + intros j Hj. apply In_del. split; auto. congruence.
    + intros j Hj. apply In_del in Hj. tauto.
  - destruct (spare R r NR) as (y & Hy & Ny); [lia|].
    pose proof (length_del y R NR Hy).
    exists (del y R), K. repeat split; auto using incl_refl, NoDup_del; try lia.
    + intros j Hj. apply In_del. split; auto. congruence.
    + intros j Hj. apply In_del in Hj. tauto.
Qed.

Section Play.
Variables (p : params) (n m M : nat).
Hypothesis Hroom : forall s, fits p s -> length (rq s) + length (rk s) <= M.

Lemma play tr : forall s g,
  inv n s -> NoDup (rk s) -> valid p n m s tr -> balanced M g ->
  incl (rq s) (rows g) -> incl (rk s) (keys g) ->
  exists g', balanced M g' /\ incl (pairs g) (pairs g') /\
    (forall i j, meets s tr i j -> In (i, j) (pairs g')) /\
    loads g' <= loads g + (length (loaded_q tr) + length (loaded_k tr)).
Proof.
  induction tr as [|e tr IH]; intros s g HI HN HV HB Hq Hk.
  - exists g. split; [auto|]. split; [apply incl_refl|]. split; [|simpl; lia].
    intros i j [[Hi Hj]|[]]. apply (b_pairs _ _ HB); auto.
  - simpl in HV. destruct HV as [HL [HF HV]].
    pose proof (inv_step n m s e HI HL) as HI'.
    assert (Hcase : exists g1, balanced M g1 /\ incl (pairs g) (pairs g1) /\
              incl (rq (step s e)) (rows g1) /\ incl (rk (step s e)) (keys g1) /\
              loads g1 + (length (loaded_q tr) + length (loaded_k tr))
                <= loads g + (length (loaded_q (e :: tr)) + length (loaded_k (e :: tr)))).
    { pose proof (Hroom _ HF) as Hsize.
      destruct e as [i|j|j|i|i]; simpl in HL, Hsize;
        try (exists g; split; [auto|]; split; [apply incl_refl|];
             unfold loaded_q, loaded_k; simpl; repeat split; auto; try lia;
             intros z Hz; apply In_del in Hz; [apply Hk || apply Hq]; tauto).
      - destruct (in_dec Nat.eq_dec i (rows g)) as [Hin|Hout].
        + exists g. split; [auto|]. split; [apply incl_refl|].
          unfold loaded_q, loaded_k; simpl; repeat split; auto; [|lia].
          intros z [<-|Hz]; auto.
        + destruct (make_room M (rows g) (keys g) (rq s) (rk s) (b_rows _ _ HB) (b_keys _ _ HB)
            Hq Hk (inv_rq _ _ HI) HN (b_room _ _ HB)) as
            (R1 & K1 & A1 & A2 & A3 & A4 & A5 & A6 & A7 & A8); [lia|].
          exists (row_comes i R1 K1 g).
          split; [apply row_balanced; auto|]. simpl.
          split; [apply incl_appr, incl_refl|].
          unfold loaded_q, loaded_k; simpl. repeat split; auto; [|lia].
          intros z [<-|Hz]; [left; auto|right; auto].
      - destruct (in_dec Nat.eq_dec j (keys g)) as [Hin|Hout].
        + exists g. split; [auto|]. split; [apply incl_refl|].
          unfold loaded_q, loaded_k; simpl; repeat split; auto; [|lia].
          intros z [<-|Hz]; auto.
        + destruct (make_room M (rows g) (keys g) (rq s) (rk s) (b_rows _ _ HB) (b_keys _ _ HB)
            Hq Hk (inv_rq _ _ HI) HN (b_room _ _ HB)) as
            (R1 & K1 & A1 & A2 & A3 & A4 & A5 & A6 & A7 & A8); [lia|].
          exists (key_comes j R1 K1 g).
          split; [apply key_balanced; auto|]. simpl.
          split; [apply incl_appr, incl_refl|].
          unfold loaded_q, loaded_k; simpl. repeat split; auto; [|lia].
          intros z [<-|Hz]; [left; auto|right; auto]. }
    destruct Hcase as (g1 & B1 & P1 & Q1 & K1 & L1).
    destruct (IH (step s e) g1) as (g' & B' & P' & M' & L'); auto; [apply (inv_rk _ _ HI')|].
    exists g'. split; auto. split; [eapply incl_tran; eauto|]. split; [|lia].
    intros i j [[Hi Hj]|Hm]; auto. apply P', P1, (b_pairs _ _ HB); auto.
Qed.
End Play.

(* ------------------------------------------------------------------ *)
(** * 4. R4                                                              *)
(* ------------------------------------------------------------------ *)

(** As many elements as there are records of D words. *)
Lemma records_fit p D : 0 < D -> D <= wq p -> D <= wk p ->
  forall s, fits p s -> length (rq s) + length (rk s) <= cap p / D.
Proof.
  intros HD Hq Hk s H. unfold fits in H. apply Nat.div_le_lower_bound; [lia|]. nia.
Qed.

(** ** R4 in loads: the pairs, and an additive term, at 2 / (2 (M - 1)) loads each *)
Theorem R4_count p D n m tr :
  0 < D -> D <= wq p -> D <= wk p -> schedule p n m tr ->
  let M := cap p / D in
  2 * (n * m) + (M - 2) * Nat.min n m <= 2 * ((M - 1) * (length (loaded_q tr) + length (loaded_k tr))).
Proof.
  intros HD Hq Hk [HV [Hm _]] M.
  destruct (play p n m M (records_fit p D HD Hq Hk) tr empty opening) as (g & HB & _ & Hmeet & Hl);
    auto using inv_empty, balanced_opening; try (simpl; constructor); try (intros z []).
  simpl in Hl. pose proof (b_paid _ _ HB) as Hpaid.
  assert (HP : n * m <= length (pairs g)).
  { replace (n * m) with (length (list_prod (seq 0 n) (seq 0 m)))
      by (rewrite prod_length, !seq_length; auto).
    apply NoDup_incl_le; [apply NoDup_list_prod; apply seq_NoDup|].
    intros [i j] Hij. apply in_prod_iff in Hij. rewrite !in_seq in Hij. apply Hmeet, Hm; lia. }
  assert (HT : (M - 2) * Nat.min n m
               <= total (fun l => length (high g l) + length (low g l)) (M - 2)).
  { rewrite <- total_const. apply total_le. intros l.
    destruct (le_lt_dec n (length (high g l))) as [|Hh]; [lia|].
    destruct (le_lt_dec m (length (low g l))) as [|Hlow]; [lia|]. exfalso.
    destruct (spare (seq 0 n) (high g l)) as (i & Hi & Ni); [apply seq_NoDup|rewrite seq_length; auto|].
    destruct (spare (seq 0 m) (low g l)) as (j & Hj & Nj); [apply seq_NoDup|rewrite seq_length; auto|].
    rewrite in_seq in *.
    destruct (b_seen _ _ HB i j) with (l := l) as [X|X]; auto. apply Hmeet, Hm; lia. }
  assert ((M - 1) * loads g <= (M - 1) * (length (loaded_q tr) + length (loaded_k tr)))
    by (apply Nat.mul_le_mono_l; lia).
  lia.
Qed.

(** ** R4: in words, for records of D = dk + dv words at least *)
Theorem R4 p n m tr :
  let D := dk p + dv p in
  let M := cap p / D in
  0 < D -> D <= wq p -> D <= wk p -> schedule p n m tr ->
  D * (2 * (n * m) + (M - 2) * Nat.min n m) <= 2 * (M - 1) * traffic p empty tr.
Proof.
  intros D M HD Hq Hk HS.
  pose proof (R4_count p D n m tr HD Hq Hk HS) as H. cbv zeta in H. fold M in H.
  destruct HS as [HV [Hm Hf]].
  destruct (traffic_identity p n m tr HV Hf) as [Hn HT].
  assert (T : D * (length (loaded_q tr) + length (loaded_k tr)) <= traffic p empty tr).
  { rewrite HT. fold D.
    assert (D <= dk p + 2 * dv p + 2 * sg p) by (unfold D; lia).
    assert (D * (length (loaded_q tr) - n) <= (dk p + 2 * dv p + 2 * sg p) * (length (loaded_q tr) - n))
      by (apply Nat.mul_le_mono_r; auto).
    assert (D * length (loaded_k tr) <= wk p * length (loaded_k tr)) by (apply Nat.mul_le_mono_r; auto).
    nia. }
  nia.
Qed.

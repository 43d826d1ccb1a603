(* NetworkBounds.v: processors without a common memory, and what must cross the network between them.

   The model is that of ParallelBounds.v (its section 1), read anew: each processor has a local
   memory, a Store sends a word to the network, a Load receives one. What was sent once may be
   received by any number of processors at any later time, and each of that counts once, where it
   happens. There is no slow memory: at the start the network is empty and the inputs are spread
   over the local memories in any way, at the end each output element is in the local memory of
   its home. Local memories may be of any size (cap does not occur in the bound).
     T7        some processor sends and receives x words in all, with
               (p x + held)^2 >= 4 |E| p (dk+dv)^2,    dv <= dk, |E| >= 4 p dk^2,
   if no processor holds more than held / p words: inputs at the start and outputs at the end.
   So x >= 2 (dk+dv) sqrt(|E|/p) - held/p.

   Idea: take the whole run of one processor as one segment. What it multiplies was with it from
   the start or was received; the sums that it adds to end with it or were sent. The processor
   that makes most products makes |E| dv / p of them.

   May be wrong: in what crosses. A network that adds up sums on their way computes outside of
   all processors and is not covered.

   Over nat, without axioms; Print Assumptions at the end. *)
From Coq Require Import List Arith Lia Bool.
Require Import ElementBounds ParallelBounds.
Import ListNotations.

(* ------------------------------------------------------------------ *)
(** * 1. The model                                                      *)
(* ------------------------------------------------------------------ *)

(** [p] processors; inputs in the local memories at the start ([prun]), nothing sent yet. *)
Definition distributed (dk cap p : nat) (tr : ptrace) : Prop :=
  prun dk cap tr /\ common (pst tr 0) = [] /\ forall t, t < plen tr -> who tr t < p.

(** At the end output element (i,l) is with processor [home i l], with a product for each key. *)
Definition delivers (dv : nat) (E : list (nat * nat)) (home : nat -> nat -> nat) (tr : ptrace) : Prop :=
  forall i j l, In (i, j) E -> l < dv ->
  exists ps, In (Wo i l ps) (near (pst tr (plen tr)) (home i l)) /\
             forall j', In (i, j') E -> exists t, In (j', t) ps.

(** Words that processor r holds at the start, output elements that it holds at the end,
    words that it sends and receives. *)
Definition starts_with (tr : ptrace) (r : nat) : nat := length (near (pst tr 0) r).
Definition ends_with (dv : nat) (E : list (nat * nat)) (home : nat -> nat -> nat) (r : nat) : nat :=
  length (filter (fun e => home (fst e) (snd e) =? r) (list_prod (rows E) (seq 0 dv))).
Definition crossing (tr : ptrace) (r : nat) : nat :=
  sumn (plen tr) (fun t => if who tr t =? r then moved (pev tr t) else 0).

(* ------------------------------------------------------------------ *)
(** * 2. The run of one processor                                       *)
(* ------------------------------------------------------------------ *)

Lemma crossing_view tr r : io (view r tr) 0 (plen tr) = crossing tr r.
Proof.
  rewrite io_moved. apply sumn_ext. intros t _. simpl. unfold mine. destruct (who tr t =? r); auto.
Qed.

(** Many products of one processor: 4 D^2 F <= dv B^2, B words held, sent and received. *)
Lemma one_run dk dv cap p E tr home r (M : list (nat * nat * nat * nat)) B :
  dv <= dk -> distributed dk cap p tr -> NoDup (map fst M) ->
  (forall i j l t, In (i, j, l, t) M -> who tr t = r /\ In i (rows E) /\ l < dv /\
     exists ps, In (Wo i l ps) (near (pst tr (plen tr)) (home i l)) /\ In (j, t) ps) ->
  starts_with tr r + crossing tr r + ends_with dv E home r <= B ->
  dv * (4 * (dk * dk)) <= length M -> 0 < dv ->
  4 * ((dk + dv) * (dk + dv)) * length M <= dv * (B * B).
Proof.
  intros Hd [HR [_ _]] HN HM HB HL Hdv. set (v := view r tr).
  pose proof (view_carries dk cap tr HR r) as HC. pose proof (view_makes dk cap tr HR r) as HK.
  fold v in HC, HK. set (n := plen tr).
  set (outl := filter (fun e => home (fst e) (snd e) =? r) (list_prod (rows E) (seq 0 dv)) ++ ixo (stores
    v 0 n)).
  assert (HP : products dk dv (map fst M) (brought v 0 n) (map asword outl)).
  { intros i j l Hx. apply in_map_iff in Hx. destruct Hx as [[x t] [Ex Hx]]. simpl in Ex. subst x.
    destruct (HM _ _ _ _ Hx) as [Ht [Hi [Hl [ps [P1 P2]]]]].
    assert (Ho : mine r tr t = true) by (unfold mine; rewrite Ht; apply Nat.eqb_refl).
    assert (END : (exists ps', (In (Wo i l ps') (fast (st v n)) \/ In (Wo i l ps') (slow (st v n))) /\ In
      (j, t) ps') /\
                  In (i, l) outl).
    { unfold outl. destruct (Nat.eq_dec (home i l) r) as [Eh|Nh].
      - split; [exists ps; split; auto; left; simpl; rewrite <- Eh; exact P1|].
        apply in_app_iff; left. apply filter_In. split; [|simpl; apply Nat.eqb_eq; auto].
        apply in_prod_iff. split; auto. apply in_seq. lia.
      - destruct (abroad dk cap tr HR r i l j t Ho n (le_n _) (home i l) ps Nh P1 P2) as [ps' [A1 A2]].
        split; [exists ps'; auto|]. apply in_app_iff; right. apply In_ixo.
        apply (stored_since cap _ v HC i l j t 0 Ho ltac:(lia) n ltac:(lia) (le_n _) ps'); auto. }
    destruct END as [[ps' [A1 A2]] A3].
    assert (Htn : t < n) by (apply (made_before cap _ v HC i l j t Ho n (le_n _) ps'); auto).
    destruct (product_brought dk cap _ v 0 n i j l t ps' HC HK Ho (le_n _) ltac:(lia) ltac:(lia) A1 A2)
      as [C D].
    split; auto. rewrite ixo_aswords. auto. }
  assert (HX : length (brought v 0 n) + length (map asword outl) <= B).
  { rewrite brought_length, map_length. unfold outl. rewrite app_length.
    pose proof (ixo_length (stores v 0 n)). pose proof (length_filter_le not_o (loads v 0 n)).
    pose proof (length_filter_le not_o (fast (st v 0))).
    pose proof (crossing_view tr r) as CV. unfold io in CV. fold v in CV. fold n in CV.
    unfold starts_with, ends_with in HB. unfold nres. simpl in *. lia. }
  destruct (segment_numbers dk dv (map fst M) _ _ B HN HP HX) as [a [b [s [H1 [H2 H3]]]]].
  rewrite map_length in H1, H2. set (q := length (ixp (brought v 0 n))) in *. cbv zeta in *.
  apply (segment_max_sharp dk dv (a * b + q) (length M) s (dk * (a + b) + q) B); auto.
  apply pairs_words. apply Nat.mul_le_mono_pos_l with (p := dv); auto. lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 3. The theorem                                                    *)
(* ------------------------------------------------------------------ *)

Lemma greatest p f : 0 < p -> exists r, r < p /\ sumn p f <= p * f r.
Proof.
  induction p as [|p IH]; intros H; [lia|]. destruct (Nat.eq_dec p 0) as [->|N].
  - exists 0. simpl. lia.
  - destruct (IH ltac:(lia)) as [r [H1 H2]]. simpl sumn. destruct (Nat.le_gt_cases (f p) (f r)).
    + exists r. split; lia.
    + exists p. split; [lia|]. assert (p * f r <= p * f p) by (apply Nat.mul_le_mono_l; lia). lia.
Qed.

(** One maker event for each product of the result. *)
Lemma dmakers dk dv cap p E home tr : NoDup E -> distributed dk cap p tr -> delivers dv E home tr ->
  exists M, NoDup (map fst M) /\ length M = length E * dv /\
    forall i j l t, In (i, j, l, t) M -> In i (rows E) /\ l < dv /\ who tr t < p /\
      exists ps, In (Wo i l ps) (near (pst tr (plen tr)) (home i l)) /\ In (j, t) ps.
Proof.
  intros HN [HR [_ HW]] HS.
  destruct (finite_choice
    (fun (x : nat * nat * nat) t => In (fst (fst x)) (rows E) /\ snd x < dv /\ who tr t < p /\
       exists ps, In (Wo (fst (fst x)) (snd x) ps) (near (pst tr (plen tr)) (home (fst (fst x)) (snd x))) /\
                  In (snd (fst x), t) ps)
    (list_prod E (seq 0 dv))) as [M [EM HM]].
  { intros [[i j] l] Hx. apply in_prod_iff in Hx. destruct Hx as [HE Hl]. apply in_seq in Hl. simpl.
    destruct (HS i j l HE ltac:(lia)) as [ps [A B]]. destruct (B j HE) as [t Ht].
    exists t. split; [apply nodup_In, in_map_iff; exists (i, j); auto|]. split; [lia|]. split; [|eauto].
    apply HW. set (r := who tr t).
    assert (Ho : mine r tr t = true) by apply Nat.eqb_refl.
    pose proof (view_carries dk cap tr HR r) as HC.
    destruct (Nat.eq_dec (home i l) r) as [Eh|Nh].
    - apply (made_before cap _ _ HC i l j t Ho (plen tr) (le_n _) ps); auto. left. simpl. rewrite <- Eh.
      exact A.
    - destruct (abroad dk cap tr HR r i l j t Ho (plen tr) (le_n _) (home i l) ps Nh A Ht) as [ps' [C D]].
      apply (made_before cap _ _ HC i l j t Ho (plen tr) (le_n _) ps'); auto. }
  exists M. split; [|split].
  - rewrite EM. apply NoDup_list_prod; auto. apply seq_NoDup.
  - rewrite <- (map_length fst M), EM, prod_length, seq_length. auto.
  - intros i j l t Hx. apply (HM (i, j, l) t Hx).
Qed.

(** ** T7: some processor sends and receives x words with (p x + held)^2 >= 4 |E| p (dk+dv)^2. *)
Theorem T7 dk dv cap p E home tr held :
  0 < p -> 0 < dv -> dv <= dk -> 4 * (p * (dk * dk)) <= length E ->
  NoDup E -> distributed dk cap p tr -> delivers dv E home tr ->
  (forall r, r < p -> p * (starts_with tr r + ends_with dv E home r) <= held) ->
  exists r, r < p /\
    4 * (length E * p * ((dk + dv) * (dk + dv))) <= (p * crossing tr r + held) * (p * crossing tr r + held).
Proof.
  intros Hp Hdv Hd HG HN HV HS HH.
  destruct (dmakers dk dv cap p E home tr HN HV HS) as [M [HNM [HL HM]]].
  set (part := fun r => made_by r tr M).
  destruct (greatest p (fun r => length (part r)) Hp) as [r [Hr HF]].
  replace (sumn p (fun r => length (part r))) with (length M) in HF.
  2:{ unfold part, made_by. rewrite (sumn_classes (fun m => who tr (snd m))). rewrite filter_all; auto.
      intros [[[i j] l] t] Hx. apply Nat.ltb_lt. apply (HM _ _ _ _ Hx). }
  exists r. split; auto. set (F := length (part r)) in *.
  set (B := starts_with tr r + crossing tr r + ends_with dv E home r).
  assert (HB : 4 * ((dk + dv) * (dk + dv)) * F <= dv * (B * B)).
  { apply (one_run dk dv cap p E tr home r (part r) B); auto.
    - apply NoDup_map_filter. auto.
    - intros i j l t Hx. apply filter_In in Hx. destruct Hx as [Hx Ht]. simpl in Ht. apply Nat.eqb_eq in Ht.
      destruct (HM _ _ _ _ Hx) as [A1 [A2 [_ A3]]]. auto.
    - fold F. apply Nat.mul_le_mono_pos_l with (p := p); auto.
      assert (dv * (4 * (p * (dk * dk))) <= dv * length E) by (apply Nat.mul_le_mono_l; auto). lia. }
  assert (K1 : 4 * ((dk + dv) * (dk + dv)) * (length E * dv) <= 4 * ((dk + dv) * (dk + dv)) * (p * F))
    by (apply Nat.mul_le_mono_l; lia).
  assert (K2 : p * (4 * ((dk + dv) * (dk + dv)) * F) <= p * (dv * (B * B))) by (apply Nat.mul_le_mono_l;
    auto).
  assert (K3 : 4 * (length E * ((dk + dv) * (dk + dv))) <= p * (B * B)).
  { apply Nat.mul_le_mono_pos_l with (p := dv); auto. lia. }
  assert (K4 : p * (4 * (length E * ((dk + dv) * (dk + dv)))) <= p * (p * (B * B))) by (apply
    Nat.mul_le_mono_l; auto).
  assert (K5 : p * B <= p * crossing tr r + held).
  { specialize (HH r Hr). unfold B. lia. }
  pose proof (Nat.mul_le_mono _ _ _ _ K5 K5) as K6. lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 4. Such runs exist                                                *)
(* ------------------------------------------------------------------ *)

(** Processor 0 has a row and the first key, processor 1 the second key: the row goes to 1, a
    partial sum comes back, and the output ends with 0. Two words are sent, two received. *)
Definition there_and_back : ptrace :=
  let q := Wq 0 0 in let k := fun j => Wk j 0 in let v := fun j => Wv j 0 in
  let half := Wo 0 0 [(1, 2)] in let done := Wo 0 0 [(0, 5); (1, 2)] in
  let a := [q; k 0; v 0] in let b := [k 1; v 1] in
  let s := fun a b c => PState (fun r => if r =? 0 then a else if r =? 1 then b else []) c in
  PTrace 6
    (fun t => nth t [s a b []; s a b [q]; s a (q :: b) [q]; s a [half] [q]; s a [] [half; q];
                     s (half :: a) [] [half; q]] (s [done] [] [half; q]))
    (fun t => nth t [0; 1; 1; 1; 0] 0)
    (fun t => nth t [Store q; Load q; Compute; Store half; Load half] Compute).

Theorem there_and_back_is_one : distributed 1 4 2 there_and_back /\
  delivers 1 [(0, 0); (0, 1)] (fun _ _ => 0) there_and_back /\
  crossing there_and_back 0 = 2 /\ crossing there_and_back 1 = 2.
Proof.
  split; [split; [split; [|split]|split]|split; [|split; reflexivity]].
  - intros [|[|r]]; simpl; (split; [lia|]); intros w Hw;
      repeat (destruct Hw as [<-|Hw]; [exact I|]); destruct Hw.
  - intros w [].
  - intros t Ht. change (plen there_and_back) with 6 in Ht.
    destruct t as [|[|[|[|[|[|t]]]]]]; [..|lia];
      (split; [|intros [|[|r]] Hr; try reflexivity; simpl in Hr; lia]); simpl; (split; [simpl; lia|]).
    all: try (split; [simpl; tauto|split; [intros x Hx; simpl in *; tauto|reflexivity]]).
    + split; auto. intros w [<-|[]]. right. intros j t' [E|[]]. inversion E; subst.
      right. split; auto. split; [simpl; auto|]. intros l Hl. assert (l = 0) by lia. subst l.
      split; left; simpl; auto.
    + split; auto. intros w [<-|[]]. right. intros j t' [E|[E|[]]]; inversion E; subst.
      * right. split; auto. split; [simpl; auto 6|]. intros l Hl. assert (l = 0) by lia. subst l.
        split; left; simpl; auto.
      * left. eexists. split; [left; reflexivity|]. simpl; auto.
  - reflexivity.
  - intros t Ht. change (plen there_and_back) with 6 in Ht.
    destruct t as [|[|[|[|[|[|t]]]]]]; simpl; lia.
  - intros i j l HE Hl. assert (l = 0) by lia. subst l. exists [(0, 5); (1, 2)].
    destruct HE as [E|[E|[]]]; inversion E; subst; (split; [simpl; auto|]);
      intros j' [E'|[E'|[]]]; inversion E'; subst; simpl; eauto.
Qed.

(* ------------------------------------------------------------------ *)
(** * 5. Axioms used: none                                              *)
(* ------------------------------------------------------------------ *)

Print Assumptions T7.
Print Assumptions there_and_back_is_one.

(* BackwardBounds.v: memory traffic of the backward pass, dk = dv = d (read section 1 for the model).

   For each pair (i,j) of the mask and each column l < d, with a weight w_ij and a value z_ij:
     dV_jl adds w_ij dO_il,   dQ_il adds z_ij k_jl,   dK_jl adds z_ij q_il.
   Proved (section 5):
     T8       12 |E| d^2 <= S (loads + stores), S >= 24 d^2, orderly steps (TickBounds.v)
     T8a      48 |E| d^2 <= 5 S (loads + stores), S >= 48 d^2, any steps
     backward_exists   a schedule of the model, so that it is not empty
   Any mask, any order, recomputation allowed, any trees of partial sums.

   Idea: the accounting of partial sums is that of ElementBounds.v and TickBounds.v: the trace is
   mapped to one of theirs ([plain]: a partial sum keeps its tree and its marks, every other word
   becomes Wx) and only [segment_bound] is proved anew. In one segment let alpha rows have q whole,
   a of them dO too, and beta keys have k whole, b of them v too; with the dO elements, and the
   trees of dV, dQ, dK that are touched, the products are at most R K / 4d, where R + K are the
   words (section 3). A pair with a private word at hand adds at most 3 d products.

   May be wrong: in the model. A machine that saves the weights of the forward pass as inputs is
   outside of it (they would be private words in slow memory at the start).

   Over nat, without axioms; Print Assumptions at the end. *)
From Coq Require Import List Arith Lia Bool.
Require Import ElementBounds TickBounds.
Import ListNotations.

(* ------------------------------------------------------------------ *)
(** * 1. The model                                                      *)
(* ------------------------------------------------------------------ *)

(** Inputs: rows of queries and of the gradient of the output; keys and values. *)
Inductive input := IQ | IG | IK | IV.
Inductive kind := DV | DQ | DK.

(** As in ElementBounds.v; [us] and [ps] are provenance. *)
Inductive bword :=
| Bi (a : input) (x l : nat)                       (* element l of row (key) x of an input *)
| Bp (i j : nat) (us : list (input * nat))         (* a value private to the pair (i,j), made from the
                                                      elements us of q_i, dO_i, k_j, v_j *)
| Bo (c : kind) (x l : nat) (ps : list (nat * nat))  (* a partial sum of dV_xl, dQ_xl or dK_xl; (y,t) in
                                                      ps: it contains the product of the pair of x
                                                      and y made by event t *)
| Bx (n : nat).                                    (* anything else, such as row statistics *)

(** The row or key of a pair that an input belongs to. *)
Definition side (a : input) (i j : nat) : nat := match a with IQ | IG => i | IK | IV => j end.

(** An element is at hand for the pair (i,j): resident, or inside a resident private value of it. *)
Definition at_hand (a : input) (i j : nat) (F : list bword) (l : nat) : Prop :=
  In (Bi a (side a i j) l) F \/ exists us, In (Bp i j us) F /\ In (a, l) us.

(** A value of (i,j) that depends on all [d] elements of these inputs can be had. *)
Definition can_make (of : list input) (d i j : nat) (F : list bword) : Prop :=
  forall a l, In a of -> l < d -> at_hand a i j F l.

(** The weight needs q_i and k_j, the value z_ij all four rows. *)
Definition product_ready (d : nat) (c : kind) (x y l : nat) (F : list bword) : Prop :=
  match c with
  | DV => In (Bi IG y l) F /\ can_make [IQ; IK] d y x F
  | DQ => In (Bi IK y l) F /\ can_make [IQ; IK; IG; IV] d x y F
  | DK => In (Bi IQ y l) F /\ can_make [IQ; IK; IG; IV] d y x F
  end.

Definition bderivable (d t : nat) (F : list bword) (w : bword) : Prop :=
  match w with
  | Bp i j us => forall a l, In (a, l) us -> at_hand a i j F l
  | Bo c x l ps => forall y t', In (y, t') ps ->
      (exists ps', In (Bo c x l ps') F /\ In (y, t') ps')       (* carried over *)
      \/ (t' = t /\ product_ready d c x y l F)                   (* multiplied now *)
  | Bx _ => True
  | Bi _ _ _ => False
  end.

Inductive bevent := BLoad (w : bword) | BStore (w : bword) | BCompute.
Record bstate := BState { bfast : list bword; bslow : list bword }.
Record btrace := BTrace { blen : nat; bst : nat -> bstate; bev : nat -> bevent }.

Definition bstep (d cap t : nat) (s : bstate) (e : bevent) (s' : bstate) : Prop :=
  length (bfast s') <= cap /\
  match e with
  | BLoad w  => In w (bslow s) /\ incl (bfast s') (w :: bfast s) /\ bslow s' = bslow s
  | BStore w => In w (bfast s) /\ incl (bfast s') (bfast s) /\ bslow s' = w :: bslow s
  | BCompute => (forall w, In w (bfast s') -> In w (bfast s) \/ bderivable d t (bfast s) w) /\
                bslow s' = bslow s
  end.

(** Fast memory starts empty, slow memory starts with inputs only. *)
Definition bvalid (d cap : nat) (tr : btrace) : Prop :=
  bfast (bst tr 0) = [] /\
  (forall w, In w (bslow (bst tr 0)) -> exists a x l, w = Bi a x l) /\
  (forall t, t < blen tr -> bstep d cap t (bst tr t) (bev tr t) (bst tr (S t))).

(** At the end the three gradients are in slow memory, with a product for each pair. *)
Definition finished (tr : btrace) (c : kind) (x l : nat) (ys : nat -> Prop) : Prop :=
  exists ps, In (Bo c x l ps) (bslow (bst tr (blen tr))) /\ forall y, ys y -> exists t, In (y, t) ps.
Definition bsolves (d : nat) (E : list (nat * nat)) (tr : btrace) : Prop :=
  forall i j l, In (i, j) E -> l < d ->
    finished tr DV j l (fun i' => In (i', j) E) /\
    finished tr DQ i l (fun j' => In (i, j') E) /\
    finished tr DK j l (fun i' => In (i', j) E).

Definition bmoved (e : bevent) : nat := match e with BLoad _ | BStore _ => 1 | BCompute => 0 end.
Definition btraffic (tr : btrace) : nat := sumn (blen tr) (fun t => bmoved (bev tr t)).

(** The same trace with words of ElementBounds.v: trees of dV, dQ, dK of x get the numbers 3x,
    3x+1, 3x+2; all that is no partial sum becomes one and the same word. *)
Definition tree (c : kind) (x : nat) : nat := 3 * x + match c with DV => 0 | DQ => 1 | DK => 2 end.
Definition plain (w : bword) : word := match w with Bo c x l ps => Wo (tree c x) l ps | _ => Wx 0 end.
Definition plain_event (e : bevent) : event :=
  match e with BLoad w => Load (plain w) | BStore w => Store (plain w) | BCompute => Compute end.
Definition plain_trace (tr : btrace) : trace :=
  Trace (blen tr) (fun t => State (map plain (bfast (bst tr t))) (map plain (bslow (bst tr t))))
        (fun t => plain_event (bev tr t)).

(** As in TickBounds.v: in each Compute either the operands that are no partial sums and the
    elements with a partial sum afterwards fit together, or at most one gets its first. *)
Definition borderly (cap : nat) (tr : btrace) : Prop := orderly cap (plain_trace tr).

(* ------------------------------------------------------------------ *)
(** * 2. The plain trace                                                *)
(* ------------------------------------------------------------------ *)

Lemma tree_inj c x c' x' : tree c x = tree c' x' -> c = c' /\ x = x'.
Proof. unfold tree. destruct c, c'; intros H; split; auto; try lia; exfalso; lia. Qed.

Lemma In_plain n l ps F : In (Wo n l ps) (map plain F) ->
  exists c x, n = tree c x /\ In (Bo c x l ps) F.
Proof.
  intros H. apply in_map_iff in H. destruct H as [w [E H]].
  destruct w as [a x m|i j us|c x m ps'|m]; simpl in E; inversion E; subst. eauto.
Qed.

Lemma plain_In c x l ps F : In (Bo c x l ps) F -> In (Wo (tree c x) l ps) (map plain F).
Proof. intros H. apply in_map_iff. exists (Bo c x l ps). auto. Qed.

Lemma incl_plain F F' : incl F F' -> incl (map plain F) (map plain F').
Proof. intros H w Hw. apply in_map_iff in Hw. destruct Hw as [x [<- Hx]]. apply in_map; auto. Qed.

Section Plain.
Variables d cap : nat.
Variable tr : btrace.
Hypothesis HV : bvalid d cap tr.

Lemma plain_carries : carries cap all_own (plain_trace tr).
Proof.
  destruct HV as [H0 [HI HS]]. split; [simpl; rewrite H0; simpl; lia|split].
  - intros n l ps. simpl. rewrite H0. split; [intros []|]. intros H. apply In_plain in H.
    destruct H as [c [x [_ H]]]. destruct (HI _ H) as [a [x' [l' E]]]. discriminate.
  - intros t Ht. simpl in Ht. destruct (HS t Ht) as [HL HE]. split; [simpl; rewrite map_length; exact HL|].
    simpl. destruct (bev tr t) as [w|w|]; simpl.
    + destruct HE as [E1 [E2 E3]]. split; [apply in_map; auto|]. split; [|rewrite E3; auto].
      apply (incl_plain _ (w :: bfast (bst tr t))). exact E2.
    + destruct HE as [E1 [E2 E3]]. split; [apply in_map; auto|]. split; [|rewrite E3; auto].
      apply incl_plain. exact E2.
    + destruct HE as [E1 E2]. split.
      * intros n l ps y t0 Hw _ Hp. apply In_plain in Hw. destruct Hw as [c [x [-> Hw]]].
        destruct (E1 _ Hw) as [A|A].
        -- right. exists ps. split; auto. apply plain_In; auto.
        -- destruct (A y t0 Hp) as [[ps' [B C]]|[B _]]; auto. right. exists ps'. split; auto.
           apply plain_In; auto.
      * intros n l ps y t0 Hw _ Hp. rewrite E2 in Hw. exists ps; auto.
Qed.

Lemma plain_nres : nres (plain_trace tr) 0 = 0.
Proof. destruct HV as [H0 _]. unfold nres. simpl. rewrite H0. reflexivity. Qed.

(** A product of the result was made out of operands at hand. *)
Lemma boperands n y l t0 ps0 : In (Wo n l ps0) (slow (st (plain_trace tr) (blen tr))) -> In (y, t0) ps0 ->
  t0 < blen tr /\ exists c x, n = tree c x /\ product_ready d c x y l (bfast (bst tr t0)).
Proof.
  intros H1 H2.
  destruct (made_here cap all_own _ plain_carries n y l t0 ps0 eq_refl (or_intror H1) H2) as [Ht [Ev [[ps
    [A B]] NO]]].
  simpl in Ht, Ev, A, NO. split; auto. apply In_plain in A. destruct A as [c [x [-> A]]].
  exists c, x. split; auto. destruct HV as [_ [_ HS]]. destruct (HS t0 Ht) as [_ HE].
  destruct (bev tr t0); try discriminate. destruct HE as [E1 _]. destruct (E1 _ A) as [C|C].
  - destruct (NO ps (plain_In _ _ _ _ _ C) B).
  - destruct (C y t0 B) as [[ps' [C1 C2]]|[_ C1]]; [destruct (NO ps' (plain_In _ _ _ _ _ C1) C2)|exact C1].
Qed.

(** Words brought to a segment, other than partial sums. *)
Definition no_sum (w : bword) : bool := match w with Bo _ _ _ _ => false | _ => true end.
Definition bloads (a b : nat) : list bword :=
  flat_map (fun t => match bev tr t with BLoad w => [w] | _ => [] end) (seq a (b - a)).
Definition bbrought (a b : nat) : list bword :=
  filter no_sum (bfast (bst tr a)) ++ filter no_sum (bloads a b).

Lemma plain_filter F : length (filter not_o (map plain F)) = length (filter no_sum F).
Proof. induction F as [|w F IH]; simpl; auto. destruct w; simpl; auto. Qed.

Lemma bbrought_length a b : length (bbrought a b) =
  nres (plain_trace tr) a + length (filter not_o (loads (plain_trace tr) a b)).
Proof.
  unfold bbrought, nres. rewrite app_length. simpl. rewrite plain_filter. f_equal.
  replace (loads (plain_trace tr) a b) with (map plain (bloads a b)); [symmetry; apply plain_filter|].
  unfold loads, bloads. simpl. induction (seq a (b - a)) as [|t L IH]; simpl; auto.
  rewrite map_app, IH. destruct (bev tr t); auto.
Qed.

Definition pairs (F : list bword) : list (nat * nat) :=
  flat_map (fun w => match w with Bp i j _ => [(i, j)] | _ => [] end) F.
Lemma In_pairs F i j : In (i, j) (pairs F) <-> exists us, In (Bp i j us) F.
Proof.
  unfold pairs. rewrite in_flat_map. split.
  - intros [w [H1 H2]]. destruct w; simpl in H2; try tauto. destruct H2 as [E|[]]. inversion E; subst. eauto.
  - intros [us H]. exists (Bp i j us). simpl; auto.
Qed.

Definition bgrounded (inl : list bword) (w : bword) : Prop :=
  match w with
  | Bi _ _ _ => In w inl
  | Bp i j us => In (i, j) (pairs inl) \/ forall a l, In (a, l) us -> In (Bi a (side a i j) l) inl
  | _ => True
  end.

Lemma at_hand_grounded inl F a i j l : (forall w, In w F -> bgrounded inl w) ->
  at_hand a i j F l -> In (i, j) (pairs inl) \/ In (Bi a (side a i j) l) inl.
Proof.
  intros HF [H|[us [H1 H2]]]; [right; apply (HF _ H)|].
  destruct (HF _ H1) as [A|A]; auto.
Qed.

Lemma bbrought_grounded a b : b <= blen tr -> forall t, a <= t -> t <= b ->
  forall w, In w (bfast (bst tr t)) -> bgrounded (bbrought a b) w.
Proof.
  intros Hb. destruct HV as [_ [_ HS]].
  assert (IN : forall w, (no_sum w = true -> In w (bbrought a b)) -> bgrounded (bbrought a b) w).
  { intros w H. destruct w; simpl; auto. left. apply In_pairs. exists us. apply H. auto. }
  assert (BASE : forall w, In w (bfast (bst tr a)) -> bgrounded (bbrought a b) w).
  { intros w H. apply IN. intros Hn. apply in_app_iff; left. apply filter_In; auto. }
  induction t as [|t IH]; intros Hat Htb w Hw.
  - assert (a = 0) by lia. subst a. auto.
  - destruct (Nat.eq_dec a (S t)) as [E|E]; [subst a; auto|].
    assert (IH' := IH ltac:(lia) ltac:(lia)). clear IH.
    destruct (HS t ltac:(lia)) as [_ HE]. destruct (bev tr t) as [w0|w0|] eqn:Ev.
    + destruct HE as [E1 [E2 E3]]. apply E2 in Hw. destruct Hw as [->|Hw]; [|apply IH'; auto].
      apply IN. intros Hn. apply in_app_iff; right. apply filter_In. split; auto.
      unfold bloads. apply in_flat_map. exists t. rewrite in_seq, Ev. split; [lia|simpl; auto].
    + destruct HE as [E1 [E2 E3]]. apply IH'. auto.
    + destruct HE as [E1 E2]. destruct (E1 w Hw) as [A|A]; [apply IH'; auto|].
      destruct w as [c x l|i j us|c x l ps|n]; simpl in A; try tauto; simpl; auto.
      destruct (in_dec pair_dec (i, j) (pairs (bbrought a b))) as [Y|N]; [left; auto|right].
      intros c l Hl. destruct (at_hand_grounded _ _ _ _ _ _ IH' (A c l Hl)); tauto.
Qed.
End Plain.

(* ------------------------------------------------------------------ *)
(** * 3. Counting in one segment                                        *)
(* ------------------------------------------------------------------ *)

(** 4 d f <= R K.  In a segment: alpha = a+s, X = d a + e, f = U b + a Y + a Z + m. *)
Lemma backward_max d a s b c e U Y Z m :
  U <= d * a -> Y <= d * b -> Z <= d * (b + c) -> m <= (b + c) * e -> m <= s * Z ->
  4 * d * (U * b + a * Y + a * Z + m) <=
  (d * (a + s) + (d * a + e) + U) * (d * (b + c) + d * b + Y + Z).
Proof.
  intros HU HY HZ H1 H2. set (B := b + c) in *.
  (* the four bounded counts *)
  assert (Er : exists r, d * a = U + r) by (exists (d * a - U); lia). destruct Er as [r Er].
  assert (HB : d * b <= d * B) by (apply Nat.mul_le_mono_l; unfold B; lia). clearbody B.
  assert (K1 : 2 * r * (Y + Z) <= 2 * r * (d * B + d * b)) by (apply Nat.mul_le_mono_l; lia).
  assert (K2 : U * (d * b + Y + Z) <= U * (3 * (d * B))) by (apply Nat.mul_le_mono_l; lia).
  assert (P1 : 4 * (U * (d * b) + d * a * (Y + Z)) <= (2 * (d * a) + U) * (d * B + d * b + Y + Z)).
  { rewrite Er. lia. }
  (* the rest: weights of rows without all of dO *)
  assert (K3 : d * m <= d * (B * e)) by (apply Nat.mul_le_mono_l; auto).
  assert (K4 : d * m <= d * (s * Z)) by (apply Nat.mul_le_mono_l; auto).
  assert (K5 : 2 * (d * m) <= d * s * (d * B) + e * Z).
  { apply square_le. pose proof (Nat.mul_le_mono _ _ _ _ K3 K4) as K.
    pose proof (am_gm (d * s * (d * B)) (e * Z)). lia. }
  assert (P2 : 4 * (d * m) <= (d * s + e) * (d * B + Z)) by lia.
  assert (P3 : (d * s + e) * (d * B + Z) <= (d * s + e) * (d * B + d * b + Y + Z))
    by (apply Nat.mul_le_mono_l; lia).
  lia.
Qed.

(** Triples by columns. *)
Lemma triples_columns (T : list (nat * nat * nat)) I J P1 P2 d :
  NoDup T ->
  (forall i j l, In (i, j, l) T -> l < d /\ In i I /\ In j J /\ In (i, l) P1 /\ In (j, l) P2) ->
  length T <= sumn d (fun l => length (column I P1 l) * length (column J P2 l)).
Proof.
  intros HN HT. set (key := fun x : nat * nat * nat => snd x).
  replace (length T) with (length (filter (fun x => key x <? d) T)).
  2:{ rewrite filter_all; auto. intros [[i j] l] Hx. apply Nat.ltb_lt. apply (HT _ _ _ Hx). }
  rewrite <- sumn_classes. apply sumn_le. intros l Hl.
  rewrite <- prod_length, <- (map_length (fun x : nat * nat => (x, l)) (list_prod _ _)).
  apply NoDup_incl_length; [apply NoDup_filter; auto|].
  intros [[i j] l'] Hx. apply filter_In in Hx. destruct Hx as [Hx El]. unfold key in El. simpl in El.
  apply Nat.eqb_eq in El. subst l'. destruct (HT _ _ _ Hx) as [_ [A [B [C D]]]].
  apply in_map_iff. exists (i, j). split; auto. apply in_prod_iff.
  split; apply filter_In; split; auto; apply pinb_In; auto.
Qed.

Lemma column_le I P l : length (column I P l) <= length I.
Proof. apply length_filter_le. Qed.

Lemma sumn_const n k f : (forall l, l < n -> f l <= k) -> sumn n f <= n * k.
Proof. induction n as [|n IH]; simpl; intros H; [lia|]. pose proof (H n).
assert (sumn n f <= n * k) by auto. lia. Qed.

Definition elements (a : input) (F : list bword) : list (nat * nat) :=
  flat_map (fun w => match w, a with
    | Bi IQ x l, IQ | Bi IG x l, IG | Bi IK x l, IK | Bi IV x l, IV => [(x, l)] | _, _ => [] end) F.
Lemma In_elements a F x l : In (Bi a x l) F -> In (x, l) (elements a F).
Proof. intros H. apply in_flat_map. exists (Bi a x l). split; auto. destruct a; simpl; auto. Qed.
Lemma elements_length F : length (elements IQ F) + length (elements IG F) + length (elements IK F) +
  length (elements IV F) + length (pairs F) <= length F.
Proof. induction F as [|w F IH]; simpl; auto. destruct w as [a x l|i j us|c x l ps|n]; try destruct a;
  simpl; lia. Qed.

(** The trees of one kind. *)
Definition trees (c : kind) (outl : list (nat * nat)) : list (nat * nat) :=
  map (fun e => (fst e / 3, snd e)) (filter (fun e => fst e mod 3 =? tree c 0) outl).
Lemma In_trees c x l outl : In (tree c x, l) outl -> In (x, l) (trees c outl).
Proof.
  intros H. apply in_map_iff. exists (tree c x, l). simpl. split.
  - f_equal. symmetry. apply (Nat.div_unique _ 3 x (tree c 0)); destruct c; unfold tree; lia.
  - apply filter_In. split; auto. simpl. apply Nat.eqb_eq. symmetry.
    apply (Nat.mod_unique _ 3 x); destruct c; unfold tree; lia.
Qed.
Lemma trees_length outl : length (trees DV outl) + length (trees DQ outl) + length (trees DK outl) <=
  length outl.
Proof.
  unfold trees. rewrite !map_length. pose proof (sumn_classes (fun e : nat * nat => fst e mod 3) 3 outl) as H.
  pose proof (length_filter_le (fun e : nat * nat => fst e mod 3 <? 3) outl).
  unfold sumn in H. change (tree DV 0) with 0. change (tree DQ 0) with 1. change (tree DK 0) with 2. lia.
Qed.

Definition whole (of : list input) (d i j : nat) (inl : list bword) : Prop :=
  forall a l, In a of -> l < d -> In (side a i j, l) (elements a inl).

Lemma backward_count d (V Q K : list (nat * nat * nat)) inl outl X Y :
  NoDup V -> NoDup Q -> NoDup K ->
  (forall i j l, In (i, j, l) V -> l < d /\ In (tree DV j, l) outl /\ In (i, l) (elements IG inl) /\
     (In (i, j) (pairs inl) \/ whole [IQ; IK] d i j inl)) ->
  (forall i j l, In (i, j, l) Q -> l < d /\ In (tree DQ i, l) outl /\ In (j, l) (elements IK inl) /\
     (In (i, j) (pairs inl) \/ whole [IQ; IK; IG; IV] d i j inl)) ->
  (forall i j l, In (i, j, l) K -> l < d /\ In (tree DK j, l) outl /\ In (i, l) (elements IQ inl) /\
     (In (i, j) (pairs inl) \/ whole [IQ; IK; IG; IV] d i j inl)) ->
  length inl + length outl <= X -> X <= Y -> 48 * (d * d) <= Y ->
  16 * d * (length V + length Q + length K) <= X * Y.
Proof.
  intros NV NQ NK HV HQ HK HX HY HG.
  set (P := pairs inl) in *. set (r := length P).
  set (has := fun x : nat * nat * nat => pinb (fst x) P).
  set (one := fun x => negb (has x)).
  (* pairs with a private word *)
  assert (TWO : forall T : list (nat * nat * nat), NoDup T -> (forall i j l, In (i, j, l) T -> l < d) ->
            length (filter has T) <= d * r).
  { intros T HN HT. replace (d * r) with (length (list_prod P (seq 0 d))) by (rewrite prod_length,
      seq_length; unfold r; lia).
    apply NoDup_incl_length; [apply NoDup_filter; auto|]. intros [[i j] l] Hx.
    apply filter_In in Hx. destruct Hx as [Hx Hp]. apply in_prod_iff. split; [apply pinb_In; auto|].
    apply in_seq. pose proof (HT _ _ _ Hx). lia. }
  pose proof (TWO V NV (fun i j l h => proj1 (HV i j l h))) as V2.
  pose proof (TWO Q NQ (fun i j l h => proj1 (HQ i j l h))) as Q2.
  pose proof (TWO K NK (fun i j l h => proj1 (HK i j l h))) as K2. clear TWO.
  (* the others *)
  set (V1 := filter one V). set (Q1 := filter one Q). set (K1 := filter one K).
  assert (LV : length V = length (filter has V) + length V1) by apply length_filter_split.
  assert (LQ : length Q = length (filter has Q) + length Q1) by apply length_filter_split.
  assert (LK : length K = length (filter has K) + length K1) by apply length_filter_split.
  assert (NONE : forall T i j l, In (i, j, l) (filter one T) -> In (i, j, l) T /\ ~ In (i, j) P).
  { intros T i j l Hx. apply filter_In in Hx. destruct Hx as [Hx Hp]. split; auto. intros A.
    apply pinb_In in A. unfold one, has in Hp. simpl in Hp. rewrite A in Hp. discriminate. }
  assert (HV1 : forall i j l, In (i, j, l) V1 -> l < d /\ In (tree DV j, l) outl /\
            In (i, l) (elements IG inl) /\ whole [IQ; IK] d i j inl).
  { intros i j l Hx. apply NONE in Hx. destruct Hx as [Hx N].
    destruct (HV _ _ _ Hx) as [A1 [A2 [A3 [A4|A4]]]]; tauto. }
  assert (HQ1 : forall i j l, In (i, j, l) Q1 -> l < d /\ In (tree DQ i, l) outl /\
            In (j, l) (elements IK inl) /\ whole [IQ; IK; IG; IV] d i j inl).
  { intros i j l Hx. apply NONE in Hx. destruct Hx as [Hx N].
    destruct (HQ _ _ _ Hx) as [A1 [A2 [A3 [A4|A4]]]]; tauto. }
  assert (HK1 : forall i j l, In (i, j, l) K1 -> l < d /\ In (tree DK j, l) outl /\
            In (i, l) (elements IQ inl) /\ whole [IQ; IK; IG; IV] d i j inl).
  { intros i j l Hx. apply NONE in Hx. destruct Hx as [Hx N].
    destruct (HK _ _ _ Hx) as [A1 [A2 [A3 [A4|A4]]]]; tauto. }
  clear NONE.
  set (row := fun x : nat * nat * nat => fst (fst x)). set (col := fun x : nat * nat * nat => snd (fst x)).
  set (IA := nodup Nat.eq_dec (map row (V1 ++ Q1 ++ K1))). set (JB := nodup Nat.eq_dec (map col (V1 ++ Q1
    ++ K1))).
  set (Ia := nodup Nat.eq_dec (map row (Q1 ++ K1))). set (Jb := nodup Nat.eq_dec (map col (Q1 ++ K1))).
  assert (NIA : NoDup IA) by apply NoDup_nodup. assert (NJB : NoDup JB) by apply NoDup_nodup.
  assert (NIa : NoDup Ia) by apply NoDup_nodup. assert (NJb : NoDup Jb) by apply NoDup_nodup.
  assert (INa : incl Ia IA).
  { intros x Hx. apply nodup_In in Hx. apply nodup_In. rewrite map_app. apply in_app_iff; auto. }
  assert (INb : incl Jb JB).
  { intros x Hx. apply nodup_In in Hx. apply nodup_In. rewrite map_app. apply in_app_iff; auto. }
  assert (WA : forall i, In i IA -> exists j, whole [IQ; IK] d i j inl).
  { intros i Hi. apply nodup_In, in_map_iff in Hi. destruct Hi as [[[i' j] l] [E Hx]]. unfold row in E;
      simpl in E; subst i'.
    exists j. apply in_app_iff in Hx. destruct Hx as [Hx|Hx]; [apply (HV1 _ _ _ Hx)|].
    apply in_app_iff in Hx. intros a x Ha. assert (Ha' : In a [IQ; IK; IG; IV]) by (simpl in *; tauto).
    destruct Hx as [Hx|Hx]; [apply (HQ1 _ _ _ Hx)|apply (HK1 _ _ _ Hx)]; auto. }
  assert (WB : forall j, In j JB -> exists i, whole [IQ; IK] d i j inl).
  { intros j Hj. apply nodup_In, in_map_iff in Hj. destruct Hj as [[[i j'] l] [E Hx]]. unfold col in E;
      simpl in E; subst j'.
    exists i. apply in_app_iff in Hx. destruct Hx as [Hx|Hx]; [apply (HV1 _ _ _ Hx)|].
    apply in_app_iff in Hx. intros a x Ha. assert (Ha' : In a [IQ; IK; IG; IV]) by (simpl in *; tauto).
    destruct Hx as [Hx|Hx]; [apply (HQ1 _ _ _ Hx)|apply (HK1 _ _ _ Hx)]; auto. }
  assert (Wa : forall i, In i Ia -> exists j, whole [IQ; IK; IG; IV] d i j inl).
  { intros i Hi. apply nodup_In, in_map_iff in Hi. destruct Hi as [[[i' j] l] [E Hx]]. unfold row in E;
      simpl in E; subst i'.
    exists j. apply in_app_iff in Hx. destruct Hx as [Hx|Hx]; [apply (HQ1 _ _ _ Hx)|apply (HK1 _ _ _ Hx)]. }
  assert (Wb : forall j, In j Jb -> exists i, whole [IQ; IK; IG; IV] d i j inl).
  { intros j Hj. apply nodup_In, in_map_iff in Hj. destruct Hj as [[[i j'] l] [E Hx]]. unfold col in E;
      simpl in E; subst j'.
    exists i. apply in_app_iff in Hx. destruct Hx as [Hx|Hx]; [apply (HQ1 _ _ _ Hx)|apply (HK1 _ _ _ Hx)]. }
  (* words *)
  assert (FQ : d * length IA <= length (elements IQ inl)).
  { apply full_rows; auto. intros i l Hi Hl. destruct (WA i Hi) as [j W]. apply (W IQ l); simpl; auto. }
  assert (FK : d * length JB <= length (elements IK inl)).
  { apply full_rows; auto. intros j l Hj Hl. destruct (WB j Hj) as [i W]. apply (W IK l); simpl; auto. }
  assert (FV : d * length Jb <= length (elements IV inl)).
  { apply full_rows; auto. intros j l Hj Hl. destruct (Wb j Hj) as [i W]. apply (W IV l); simpl; auto 6. }
  set (x := fun l => length (column IA (elements IG inl) l)).
  set (z := fun l => length (column JB (trees DV outl) l)).
  set (u := fun l => length (column Ia (trees DQ outl) l)).
  set (y := fun l => length (column Jb (trees DK outl) l)).
  assert (SX : sumn d x <= length (elements IG inl)) by (apply columns_sum; auto).
  assert (SZ : sumn d z <= length (trees DV outl)) by (apply columns_sum; auto).
  assert (SU : sumn d u <= length (trees DQ outl)) by (apply columns_sum; auto).
  assert (SY : sumn d y <= length (trees DK outl)) by (apply columns_sum; auto).
  set (a := length Ia) in *. set (b := length Jb) in *.
  set (al := length IA) in *. set (be := length JB) in *.
  assert (Haal : a <= al) by (apply NoDup_incl_length; auto).
  assert (Hbbe : b <= be) by (apply NoDup_incl_length; auto).
  assert (xa : forall l, l < d -> a <= x l).
  { intros l Hl. apply NoDup_incl_length; auto. intros i Hi. apply filter_In. split; auto. apply pinb_In.
    destruct (Wa i Hi) as [j W]. apply (W IG l); simpl; auto. }
  assert (BU : sumn d u <= d * a) by (apply sumn_const; intros; apply column_le).
  assert (BY : sumn d y <= d * b) by (apply sumn_const; intros; apply column_le).
  assert (BZ : sumn d z <= d * be) by (apply sumn_const; intros; apply column_le).
  (* products *)
  assert (IN : forall T i j l, incl T (V1 ++ Q1 ++ K1) -> In (i, j, l) T -> In i IA /\ In j JB).
  { intros T i j l HT Hx. apply HT in Hx. split; apply nodup_In, in_map_iff; exists (i, j, l); auto. }
  assert (IN' : forall T i j l, incl T (Q1 ++ K1) -> In (i, j, l) T -> In i Ia /\ In j Jb).
  { intros T i j l HT Hx. apply HT in Hx. split; apply nodup_In, in_map_iff; exists (i, j, l); auto. }
  assert (CV : length V1 <= sumn d (fun l => x l * z l)).
  { apply triples_columns; [apply NoDup_filter; auto|]. intros i j l Hx.
    destruct (HV1 _ _ _ Hx) as [A1 [A2 [A3 _]]].
    destruct (IN V1 i j l ltac:(apply incl_appl, incl_refl) Hx) as [B1 B2].
    repeat split; auto. apply In_trees; auto. }
  assert (CQ : length Q1 <= sumn d u * b).
  { apply Nat.le_trans with (sumn d (fun l => b * u l)); [|rewrite sumn_scale; lia].
    eapply Nat.le_trans; [apply (triples_columns Q1 Ia Jb (trees DQ outl) (elements IK inl) d)|].
    - apply NoDup_filter; auto.
    - intros i j l Hx. destruct (HQ1 _ _ _ Hx) as [A1 [A2 [A3 _]]].
      destruct (IN' Q1 i j l ltac:(apply incl_appl, incl_refl) Hx) as [B1 B2].
      repeat split; auto. apply In_trees; auto.
    - apply sumn_le. intros l Hl. rewrite Nat.mul_comm. apply Nat.mul_le_mono_r. apply column_le. }
  assert (CK : length K1 <= a * sumn d y).
  { rewrite <- sumn_scale.
    eapply Nat.le_trans; [apply (triples_columns K1 Ia Jb (elements IQ inl) (trees DK outl) d)|].
    - apply NoDup_filter; auto.
    - intros i j l Hx. destruct (HK1 _ _ _ Hx) as [A1 [A2 [A3 _]]].
      destruct (IN' K1 i j l ltac:(apply incl_appr, incl_refl) Hx) as [B1 B2].
      repeat split; auto. apply In_trees; auto.
    - apply sumn_le. intros l Hl. apply Nat.mul_le_mono_r. apply column_le. }
  set (m := sumn d (fun l => (x l - a) * z l)).
  assert (EX : sumn d x = d * a + sumn d (fun l => x l - a)).
  { clear - xa. induction d as [|n IH]; simpl; auto. rewrite IH by auto. pose proof (xa n). lia. }
  assert (EV : sumn d (fun l => x l * z l) = a * sumn d z + m).
  { unfold m. rewrite <- sumn_scale, <- sumn_plus. clear - xa. induction d as [|n IH]; simpl; auto.
    rewrite IH by auto. f_equal. pose proof (xa n ltac:(lia)). rewrite <- Nat.mul_add_distr_r. f_equal. lia. }
  assert (M1 : m <= be * sumn d (fun l => x l - a)).
  { unfold m. rewrite <- sumn_scale. apply sumn_le. intros l Hl. rewrite Nat.mul_comm.
    apply Nat.mul_le_mono_r. apply column_le. }
  assert (M2 : m <= (al - a) * sumn d z).
  { unfold m. rewrite <- sumn_scale. apply sumn_le. intros l Hl. apply Nat.mul_le_mono_r.
    pose proof (column_le IA (elements IG inl) l). unfold x, al. lia. }
  pose proof (elements_length inl) as EL. fold P in EL. fold r in EL.
  pose proof (trees_length outl) as ET.
  set (U := sumn d u) in *. set (Yk := sumn d y) in *. set (Z := sumn d z) in *.
  set (e := sumn d (fun l => x l - a)) in *.
  assert (Es : exists s, al = a + s) by (exists (al - a); lia). destruct Es as [s Es].
  assert (Ec : exists c, be = b + c) by (exists (be - b); lia). destruct Ec as [c Ec].
  pose proof (backward_max d a s b c e U Yk Z m BU BY ltac:(rewrite <- Ec; auto)
    ltac:(rewrite <- Ec; auto) ltac:(replace s with (al - a) by lia; auto)) as BM.
  rewrite <- Es, <- Ec in BM.
  set (R := d * al + (d * a + e) + U) in *. set (C := d * be + d * b + Yk + Z) in *.
  assert (RC : R + C + r <= X) by (unfold R, C; lia).
  set (f := U * b + a * Yk + a * Z + m) in *.
  assert (FF : length V + length Q + length K <= f + 3 * (d * r)) by (unfold f; lia).
  assert (G1 : 16 * d * f <= (R + C) * (R + C)) by (pose proof (am_gm R C); lia).
  assert (G2 : (R + C) * (R + C) <= (R + C) * Y) by (apply Nat.mul_le_mono_l; lia).
  assert (G3 : r * (48 * (d * d)) <= r * Y) by (apply Nat.mul_le_mono_l; auto).
  assert (G4 : (R + C + r) * Y <= X * Y) by (apply Nat.mul_le_mono_r; auto).
  assert (G5 : 16 * d * (length V + length Q + length K) <= 16 * d * (f + 3 * (d * r))) by (apply
    Nat.mul_le_mono_l; auto).
  lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 4. Segments of the backward pass                                  *)
(* ------------------------------------------------------------------ *)

Lemma tree_mod c x : tree c x mod 3 = tree c 0.
Proof. symmetry. apply (Nat.mod_unique _ 3 x); destruct c; unfold tree; lia. Qed.
Lemma tree_div c x : tree c x / 3 = x.
Proof. symmetry. apply (Nat.div_unique _ 3 x (tree c 0)); destruct c; unfold tree; lia. Qed.

Lemma can_make_grounded inl F of d i j : (forall w, In w F -> bgrounded inl w) ->
  can_make of d i j F -> In (i, j) (pairs inl) \/ whole of d i j inl.
Proof.
  intros HF H. destruct (in_dec pair_dec (i, j) (pairs inl)) as [Y|N]; [auto|right].
  intros a l Ha Hl. apply In_elements. destruct (at_hand_grounded _ _ _ _ _ _ HF (H a l Ha Hl)); tauto.
Qed.

(** The products of one kind as (row, key, column). *)
Definition of_kind (c : kind) (T : list (nat * nat * nat)) : list (nat * nat * nat) :=
  map (fun x => let n := fst (fst x) / 3 in let y := snd (fst x) in
         match c with DQ => (n, y, snd x) | _ => (y, n, snd x) end)
      (filter (fun x => fst (fst x) mod 3 =? tree c 0) T).

Lemma of_kind_NoDup c T : NoDup T -> NoDup (of_kind c T).
Proof.
  intros H. apply NoDup_map_on; [|apply NoDup_filter; auto].
  intros [[n y] l] [[n' y'] l'] A B E. apply filter_In in A, B. simpl fst in *; simpl snd in *.
  destruct A as [_ A], B as [_ B]. apply Nat.eqb_eq in A, B.
  pose proof (Nat.div_mod n 3 ltac:(lia)). pose proof (Nat.div_mod n' 3 ltac:(lia)).
  assert (EE : n / 3 = n' / 3 /\ y = y' /\ l = l') by (cbv zeta in E; destruct c; repeat split; congruence).
  destruct EE as [EE [-> ->]]. repeat f_equal. lia.
Qed.

Lemma of_kind_length T : length T = length (of_kind DV T) + length (of_kind DQ T) + length (of_kind DK T).
Proof.
  unfold of_kind. rewrite !map_length.
  pose proof (sumn_classes (fun x : nat * nat * nat => fst (fst x) mod 3) 3 T) as H. rewrite filter_all in H.
  - unfold sumn in H. change (tree DV 0) with 0. change (tree DQ 0) with 1. change (tree DK 0) with 2. lia.
  - intros x _. apply Nat.ltb_lt. apply Nat.mod_upper_bound. lia.
Qed.

Lemma backward_segments d cap tr M : bvalid d cap tr -> kept all_own (plain_trace tr) M ->
  (forall n y l t, In (n, y, l, t) M -> l < d) ->
  segment_bound (plain_trace tr) M (16 * d) 1 (48 * (d * d)).
Proof.
  intros HV HM Hl T0 a b outl X Y Hb HN HT HX HY HG. simpl in Hb. rewrite Nat.mul_1_l.
  set (inl := bbrought tr a b). set (T := map fst T0) in *.
  assert (FACT : forall n y l, In (n, y, l) T -> l < d /\ In (n, l) outl /\
    exists c x F, n = tree c x /\ product_ready d c x y l F /\ forall w, In w F -> bgrounded inl w).
  { intros n y l Hx. apply in_map_iff in Hx. destruct Hx as [[x t] [E Hx]]. simpl in E. subst x.
    destruct (HT _ _ _ _ Hx) as [HxM [Hat [Htb Hout]]]. split; [eauto|split; auto].
    destruct (HM _ _ _ _ HxM) as [_ [ps [P1 P2]]].
    destruct (boperands d cap tr HV n y l t ps P1 P2) as [Ht [c [x [En HP]]]].
    exists c, x, (bfast (bst tr t)). split; auto. split; auto.
    apply (bbrought_grounded d cap tr HV a b Hb t Hat Htb). }
  assert (KIND : forall c i j l, In (i, j, l) (of_kind c T) -> l < d /\ exists x y F,
    In (tree c x, l) outl /\ product_ready d c x y l F /\ (forall w, In w F -> bgrounded inl w) /\
    (i, j) = match c with DQ => (x, y) | _ => (y, x) end).
  { intros c i j l Hx. apply in_map_iff in Hx. destruct Hx as [[[n y] l'] [E Hx]].
    apply filter_In in Hx. destruct Hx as [Hx Hc]. simpl fst in *; simpl snd in *. apply Nat.eqb_eq in Hc.
    destruct (FACT _ _ _ Hx) as [A1 [A2 [c' [x [F [-> [A4 A5]]]]]]].
    rewrite tree_mod in Hc. rewrite tree_div in E. apply tree_inj in Hc. destruct Hc as [-> _].
    destruct c; inversion E; subst; (split; [auto|]); eexists; eexists; exists F; eauto. }
  unfold T. rewrite <- (map_length fst T0). fold T. rewrite (of_kind_length T).
  apply (backward_count d (of_kind DV T) (of_kind DQ T) (of_kind DK T) inl outl); auto using of_kind_NoDup.
  - intros i j l Hx. destruct (KIND _ _ _ _ Hx) as [A1 [x [y [F [A2 [[A3 A4] [A5 E]]]]]]]. inversion E;
      subst i j.
    split; auto. split; auto. split; [apply In_elements, (A5 _ A3)|apply (can_make_grounded inl F); auto].
  - intros i j l Hx. destruct (KIND _ _ _ _ Hx) as [A1 [x [y [F [A2 [[A3 A4] [A5 E]]]]]]]. inversion E;
      subst i j.
    split; auto. split; auto. split; [apply In_elements, (A5 _ A3)|apply (can_make_grounded inl F); auto].
  - intros i j l Hx. destruct (KIND _ _ _ _ Hx) as [A1 [x [y [F [A2 [[A3 A4] [A5 E]]]]]]]. inversion E;
      subst i j.
    split; auto. split; auto. split; [apply In_elements, (A5 _ A3)|apply (can_make_grounded inl F); auto].
  - unfold inl. rewrite bbrought_length. auto.
Qed.

(* ------------------------------------------------------------------ *)
(** * 5. The theorems                                                   *)
(* ------------------------------------------------------------------ *)

Lemma plain_traffic tr : traffic (plain_trace tr) = btraffic tr.
Proof.
  unfold traffic, btraffic. simpl. induction (blen tr) as [|n IH]; [apply io_refl|].
  rewrite (io_split (plain_trace tr) 0 n (S n)) by lia. rewrite IH. simpl. f_equal.
  unfold io, loads, stores. replace (S n - n) with 1 by lia. simpl. destruct (bev tr n); auto.
Qed.

(** One maker event for each of the 3 d |E| products of the result. *)
Lemma bmakers d cap E tr : NoDup E -> bvalid d cap tr -> bsolves d E tr ->
  exists M, NoDup (map fst M) /\ kept all_own (plain_trace tr) M /\
    (forall n y l t, In (n, y, l, t) M -> l < d) /\ made M 0 (blen tr) = 3 * length E * d.
Proof.
  intros HN HV HS.
  set (part := fun c => map (fun p : nat * nat => match c with DQ => (tree c (fst p), snd p) | _ => (tree
    c (snd p), fst p) end) E).
  set (items := part DV ++ part DQ ++ part DK).
  assert (NP : forall c, NoDup (part c)).
  { intros c. apply NoDup_map_on; auto. intros [i j] [i' j'] _ _ H.
    destruct c; cbn [fst snd] in H; injection H as H1 H2; subst;
      destruct (tree_inj _ _ _ _ H1) as [_ ->]; auto. }
  assert (INP : forall c n y, In (n, y) (part c) -> exists x, n = tree c x).
  { intros c n y H. apply in_map_iff in H. destruct H as [[i j] [H _]]. destruct c; inversion H; subst;
      eauto. }
  assert (NI : NoDup items).
  { unfold items. apply NoDup_app_disjoint; auto; [apply NoDup_app_disjoint; auto|].
    - intros [n y] A B. apply INP in A, B. destruct A as [x ->], B as [x' B]. apply tree_inj in B.
      destruct B; discriminate.
    - intros [n y] A B. apply INP in A. destruct A as [x ->]. apply in_app_iff in B.
      destruct B as [B|B]; apply INP in B; destruct B as [x' B]; apply tree_inj in B; destruct B;
        discriminate. }
  assert (HP : forall n y l, In (n, y) items -> l < d ->
    exists t, exists ps, In (Wo n l ps) (slow (st (plain_trace tr) (blen tr))) /\ In (y, t) ps).
  { intros n y l H Hl. unfold items in H. rewrite !in_app_iff in H.
    assert (GO : forall c x ys, finished tr c x l ys -> ys y -> n = tree c x ->
      exists t, exists ps, In (Wo n l ps) (slow (st (plain_trace tr) (blen tr))) /\ In (y, t) ps).
    { intros c x ys [ps [A B]] Hy ->. destruct (B y Hy) as [t Ht]. exists t, ps. split; auto.
      apply plain_In. exact A. }
    destruct H as [H|[H|H]]; apply in_map_iff in H; destruct H as [[i j] [H HE]]; cbn [fst snd] in H;
      injection H as <- <-; destruct (HS _ _ l HE Hl) as [S1 [S2 S3]].
    - apply (GO DV _ _ S1); auto.
    - apply (GO DQ _ _ S2); auto.
    - apply (GO DK _ _ S3); auto. }
  destruct (finite_choice
    (fun (x : nat * nat * nat) t => snd x < d /\
       exists ps, In (Wo (fst (fst x)) (snd x) ps) (slow (st (plain_trace tr) (blen tr))) /\ In (snd (fst
         x), t) ps)
    (list_prod items (seq 0 d))) as [M [EM HM]].
  { intros [[n y] l] Hx. apply in_prod_iff in Hx. destruct Hx as [Hx Hl]. apply in_seq in Hl. simpl.
    destruct (HP n y l Hx ltac:(lia)) as [t Ht]. exists t. split; auto. lia. }
  assert (HK : kept all_own (plain_trace tr) M).
  { intros n y l t Hx. split; auto. apply (HM (n, y, l) t Hx). }
  exists M. split; [|split; [auto|split]].
  - rewrite EM. apply NoDup_list_prod; auto. apply seq_NoDup.
  - intros n y l t Hx. apply (HM (n, y, l) t Hx).
  - unfold made. rewrite filter_all.
    + rewrite <- (map_length fst M), EM, prod_length, seq_length. unfold items.
      rewrite !app_length. unfold part. rewrite !map_length. lia.
    + intros [[[n y] l] t] Hx. unfold inseg. simpl. apply Nat.ltb_lt.
      destruct (HK _ _ _ _ Hx) as [_ [ps [A B]]].
      apply (boperands d cap tr HV n y l t ps A B).
Qed.

(** ** T8: 12 |E| d^2 <= S (loads + stores) for S >= 24 d^2, orderly steps *)
Theorem T8 d cap E tr :
  24 * (d * d) <= cap -> NoDup E -> bvalid d cap tr -> borderly cap tr -> bsolves d E tr ->
  12 * length E * (d * d) <= cap * btraffic tr.
Proof.
  intros HG HN HV HO HS. destruct (Nat.eq_dec d 0) as [->|Hd]; [lia|].
  destruct (bmakers d cap E tr HN HV HS) as [M [HNM [HM [Hl EL]]]].
  pose proof (done_total cap all_own _ M (plain_carries d cap tr HV) HNM HM HO (plain_nres d cap tr HV) _ _ _
    (backward_segments d cap tr M HV HM Hl) ltac:(nia) ltac:(lia)) as H.
  rewrite plain_traffic in H. simpl len in H. rewrite EL in H. lia.
Qed.

(** ** T8a: without the condition on steps, four fifths of it: 48 |E| d^2 <= 5 S (loads + stores) *)
Theorem T8a d cap E tr :
  48 * (d * d) <= cap -> NoDup E -> bvalid d cap tr -> bsolves d E tr ->
  48 * length E * (d * d) <= 5 * cap * btraffic tr.
Proof.
  intros HG HN HV HS. destruct (Nat.eq_dec d 0) as [->|Hd]; [lia|].
  destruct (bmakers d cap E tr HN HV HS) as [M [HNM [HM [Hl EL]]]].
  pose proof (total_bound cap all_own _ M (plain_carries d cap tr HV) HNM HM (plain_nres d cap tr HV) _ _ _
    (backward_segments d cap tr M HV HM Hl) ltac:(nia) ltac:(lia)) as H.
  rewrite plain_traffic in H. simpl len in H. rewrite EL in H. lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 6. Such a schedule exists                                         *)
(* ------------------------------------------------------------------ *)

(** Load the words [ws], compute [os] at once, store them. *)
Definition at_once (ws os : list bword) : btrace :=
  let N := length ws in
  BTrace (N + 1 + length os)
    (fun t => if t <=? N then BState (firstn t ws) ws
              else BState os (rev (firstn (t - N - 1) os) ++ ws))
    (fun t => if t <? N then BLoad (nth t ws (Bx 0)) else if t =? N then BCompute
              else BStore (nth (t - N - 1) os (Bx 0))).

Lemma sumn_S n f : sumn (S n) f = sumn n f + f n.
Proof. reflexivity. Qed.

Lemma firstn_S {T} (l : list T) x : forall k, k < length l -> firstn (S k) l = firstn k l ++ [nth k l x].
Proof.
  induction l as [|y l IH]; intros k H; simpl in H; [lia|]. destruct k as [|k]; auto.
  simpl. f_equal. apply IH. lia.
Qed.

Lemma at_once_valid d cap ws os : length ws + length os <= cap ->
  (forall w, In w ws -> exists a x l, w = Bi a x l) ->
  (forall w, In w os -> bderivable d (length ws) ws w) ->
  bvalid d cap (at_once ws os) /\ borderly cap (at_once ws os) /\
  btraffic (at_once ws os) = length ws + length os /\
  incl os (bslow (bst (at_once ws os) (blen (at_once ws os)))).
Proof.
  intros HL HI HD. set (N := length ws).
  split; [split; [|split]|split; [|split]].
  - reflexivity.
  - intros w Hw. simpl in Hw. auto.
  - intros t Ht. simpl in Ht. fold N in Ht. unfold at_once, bstep. cbn [bst bev]. fold N.
    destruct (Nat.ltb_spec t N) as [H|H].
    + destruct (Nat.leb_spec t N); [|lia]. destruct (Nat.leb_spec (S t) N); [|lia]. cbn [bfast bslow].
      split; [rewrite firstn_length; lia|]. split; [apply nth_In; auto|]. split; auto.
      rewrite (firstn_S ws (Bx 0) t) by auto. intros w Hw. apply in_app_iff in Hw. simpl in *. tauto.
    + destruct (Nat.eqb_spec t N) as [->|NE].
      * rewrite Nat.leb_refl. destruct (Nat.leb_spec (S N) N); [lia|]. cbn [bfast bslow].
        split; [lia|]. replace (S N - N - 1) with 0 by lia. split; [|reflexivity].
        intros w Hw. right. unfold N. rewrite firstn_all. auto.
      * destruct (Nat.leb_spec t N); [lia|]. destruct (Nat.leb_spec (S t) N); [lia|]. cbn [bfast bslow].
        split; [lia|]. split; [apply nth_In; lia|]. split; [apply incl_refl|].
        replace (S t - N - 1) with (S (t - N - 1)) by lia.
        rewrite (firstn_S os (Bx 0)) by lia. rewrite rev_app_distr. reflexivity.
  - intros t Ht Ev. left. simpl in Ht, Ev. fold N in Ht, Ev. unfold plain_trace, at_once. cbn [st fast bst].
    fold N. destruct (Nat.ltb_spec t N); [discriminate|]. destruct (Nat.eqb_spec t N) as [->|];
      [|discriminate].
    rewrite Nat.leb_refl. destruct (Nat.leb_spec (S N) N); [lia|]. cbn [bfast]. unfold beside.
    pose proof (length_filter_le not_o (map plain (firstn N ws))) as L1.
    rewrite map_length, firstn_length in L1.
    pose proof (ixo_length (map plain os)) as L2. rewrite map_length in L2.
    assert (L3 : length (nodup pair_dec (ixo (map plain os))) <= length (ixo (map plain os))).
    { apply NoDup_incl_length; [apply NoDup_nodup|]. intros e He. apply nodup_In in He. auto. }
    lia.
  - unfold btraffic. simpl blen. fold N.
    assert (A : forall n, n <= N -> sumn n (fun t => bmoved (bev (at_once ws os) t)) = n).
    { induction n as [|n IH]; intros Hn; auto. rewrite sumn_S, IH by lia.
      unfold at_once. cbn [bev]. fold N. destruct (Nat.ltb_spec n N); [simpl; lia|lia]. }
    assert (B : forall n, sumn (N + 1 + n) (fun t => bmoved (bev (at_once ws os) t)) = N + n).
    { induction n as [|n IH].
      - rewrite !Nat.add_0_r, Nat.add_1_r, sumn_S, A by lia.
        unfold at_once. cbn [bev]. fold N. rewrite Nat.ltb_irrefl, Nat.eqb_refl. simpl. lia.
      - replace (N + 1 + S n) with (S (N + 1 + n)) by lia. rewrite sumn_S, IH.
        unfold at_once. cbn [bev]. fold N. destruct (Nat.ltb_spec (N + 1 + n) N); [lia|].
        destruct (Nat.eqb_spec (N + 1 + n) N); [lia|]. simpl. lia. }
    rewrite B. reflexivity.
  - intros w Hw. unfold at_once. cbn [blen bst]. fold N.
    destruct (Nat.leb_spec (N + 1 + length os) N); [lia|]. cbn [bslow].
    replace (N + 1 + length os - N - 1) with (length os) by lia. rewrite firstn_all.
    apply in_app_iff; left. apply -> in_rev. auto.
Qed.

(** ** All n*m pairs, with a fast memory for everything: inputs loaded and gradients stored once. *)
Theorem backward_exists d n m cap : 3 * n * d + 4 * m * d <= cap ->
  exists tr, bvalid d cap tr /\ borderly cap tr /\ bsolves d (list_prod (seq 0 n) (seq 0 m)) tr /\
    btraffic tr = 3 * n * d + 4 * m * d.
Proof.
  intros Hcap.
  set (all := fun k => list_prod (seq 0 k) (seq 0 d)).
  set (rows_of := fun a k => map (fun x : nat * nat => Bi a (fst x) (snd x)) (all k)).
  set (ws := rows_of IQ n ++ rows_of IG n ++ rows_of IK m ++ rows_of IV m).
  set (N := length ws).
  set (outs := fun c k ys => map (fun x : nat * nat => Bo c (fst x) (snd x) (map (fun y => (y, N)) (seq 0
    ys))) (all k)).
  set (os := outs DV m n ++ outs DQ n m ++ outs DK m n).
  assert (LA : forall k, length (all k) = k * d) by (intros k; unfold all; rewrite prod_length, !seq_length;
    auto).
  assert (LW : N = 2 * n * d + 2 * m * d).
  { unfold N, ws, rows_of. rewrite !app_length, !map_length, !LA. lia. }
  assert (LO : length os = n * d + 2 * m * d).
  { unfold os, outs. rewrite !app_length, !map_length, !LA. lia. }
  assert (IN : forall a x l, x < (match a with IQ | IG => n | _ => m end) -> l < d -> In (Bi a x l) ws).
  { intros a x l Hx Hl. assert (B : In (Bi a x l) (rows_of a (match a with IQ | IG => n | _ => m end))).
    { apply in_map_iff. exists (x, l). split; auto. apply in_prod_iff. rewrite !in_seq. lia. }
    unfold ws. rewrite !in_app_iff. destruct a; auto. }
  assert (MK : forall of i j, i < n -> j < m -> can_make of d i j ws).
  { intros of i j Hi Hj a l _ Hl. left. apply IN; auto. destruct a; auto. }
  destruct (at_once_valid d cap ws os) as [H1 [H2 [H3 H4]]].
  - fold N. lia.
  - intros w Hw. unfold ws in Hw. rewrite !in_app_iff in Hw.
    destruct Hw as [Hw|[Hw|[Hw|Hw]]]; apply in_map_iff in Hw; destruct Hw as [x [<- _]]; eauto.
  - fold N. intros w Hw. unfold os in Hw. rewrite !in_app_iff in Hw.
    destruct Hw as [Hw|[Hw|Hw]]; apply in_map_iff in Hw; destruct Hw as [[x l] [<- Hx]];
      apply in_prod_iff in Hx; rewrite !in_seq in Hx; simpl; intros y t' Hy;
      apply in_map_iff in Hy; destruct Hy as [y' [E Hy]]; inversion E; subst y' t'; apply in_seq in Hy;
      right; split; auto; (split; [apply IN; simpl; lia|apply MK; lia]).
  - exists (at_once ws os). split; auto. split; auto. split; [|fold N in H3; lia].
    assert (F : forall c x l k ys, In (Bo c x l (map (fun y => (y, N)) (seq 0 ys))) (outs c k ys) ->
      incl (outs c k ys) os -> forall P : nat -> Prop, (forall y, P y -> y < ys) -> finished (at_once ws
        os) c x l P).
    { intros c x l k ys A B P HP. eexists. split; [apply H4, B, A|]. intros y Hy. exists N.
      apply in_map_iff. exists y. split; auto. apply in_seq. apply HP in Hy. lia. }
    assert (A : forall c x l k ys, x < k -> l < d -> In (Bo c x l (map (fun y => (y, N)) (seq 0 ys)))
      (outs c k ys)).
    { intros c x l k ys Hx Hl. apply in_map_iff. exists (x, l). split; auto. apply in_prod_iff.
      rewrite !in_seq. lia. }
    intros i j l HE Hl. apply in_prod_iff in HE. rewrite !in_seq in HE.
    split; [|split].
    + apply (F DV j l m n); [apply A; lia|unfold os; apply incl_appl, incl_refl|].
      intros y Hy. apply in_prod_iff in Hy. rewrite !in_seq in Hy. lia.
    + apply (F DQ i l n m); [apply A; lia|unfold os; apply incl_appr, incl_appl, incl_refl|].
      intros y Hy. apply in_prod_iff in Hy. rewrite !in_seq in Hy. lia.
    + apply (F DK j l m n); [apply A; lia|unfold os; apply incl_appr, incl_appr, incl_refl|].
      intros y Hy. apply in_prod_iff in Hy. rewrite !in_seq in Hy. lia.
Qed.

(* ------------------------------------------------------------------ *)
(** * 7. Axioms used: none                                              *)
(* ------------------------------------------------------------------ *)

Print Assumptions T8.
Print Assumptions T8a.
Print Assumptions backward_exists.

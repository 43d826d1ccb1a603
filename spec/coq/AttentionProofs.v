(* AttentionProofs.v: what softmax attention is expected to do, of the form that specs are derived to.

   Idea. After psi-reduction an attention spec writes, for each element, `attention` below: a quotient
   of two sums over the keys that a mask lets through, or the value of an empty row. What users expect
   of attention are theorems about this form: a masked key has no influence, weights are positive and
   add up to 1, the order of the keys does not matter.
   How it may be wrong. By not being what a spec was derived to: that a certificate's term has this form
   is the claim `attention`, which the audit checks (certificates/FORMAT.md, section 14), not Coq. *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs LoopProofs Congruence ReductionProofs StateProofs SoftmaxProofs.
Local Open Scope Z_scope.

Definition attention (n : Z) (g : Z -> bool) (s v : Z -> arr num) (e : arr num) : arr num :=
  if any n g then map2 Div (numerator n g s v) (denominator n g s) else e.

(** Keys that the mask lets through decide alone: where two rows agree on these, so do the results. What a
    masked key holds, even that it has no value, does not matter. *)
Theorem masked_keys_have_no_influence n g s s' v v' e sh :
  (forall j, shp (s j) = Some []) -> (forall j, shp (s' j) = Some []) ->
  (forall j, shp (v j) = Some sh) -> (forall j, shp (v' j) = Some sh) ->
  (forall j, 0 <= j < n -> g j = true -> s j [= s' j /\ v j [= v' j) ->
  attention n g s v e [= attention n g s' v' e.
Proof.
  intros Ss Ss' Sv Sv' A. unfold attention. destruct (any n g); [|apply vle_refl].
  assert (T : top n g s [= top n g s').
  { apply (red_le (reduce RMax) (reduce_op_le RMax)); [congruence|intros; apply num_ele_refl|].
    intros j Hj Gj. apply A; auto. }
  assert (W : forall j, 0 <= j < n -> g j = true -> weight n g s j [= weight n g s' j).
  { intros j Hj Gj. apply map1_le, map2_le; auto. apply A; auto. }
  assert (Sw : forall j, shp (weight n g s j) = Some [] /\ shp (weight n g s' j) = Some [])
    by (intros; split; apply weight_facts; auto).
  apply map2_le.
  - apply (red_le (reduce RAdd) (reduce_op_le RAdd)).
    + rewrite !shp_map2, Sv, Sv', (proj1 (Sw 0)), (proj2 (Sw 0)). reflexivity.
    + intros. apply num_ele_refl.
    + intros j Hj Gj. apply map2_le; auto. apply A; auto.
  - apply (red_le (reduce RAdd) (reduce_op_le RAdd)); [|intros; apply num_ele_refl|exact W].
    rewrite (proj1 (Sw 0)), (proj2 (Sw 0)). reflexivity.
Qed.

(** An empty row gives what the spec says for it. *)
Theorem empty_row n g s v e : (forall j, 0 <= j < n -> g j = false) -> attention n g s v e = e.
Proof.
  intros H. unfold attention. destruct (any n g) eqn:A; [|reflexivity].
  apply any_true in A as (j & Hj & Gj). rewrite H in Gj by auto. discriminate.
Qed.

(** A row that masks the keys from its limit on does not depend on them: causal attention. *)
Theorem causal n g s s' v v' e sh limit :
  (forall j, shp (s j) = Some []) -> (forall j, shp (s' j) = Some []) ->
  (forall j, shp (v j) = Some sh) -> (forall j, shp (v' j) = Some sh) ->
  (forall j, limit <= j -> g j = false) ->
  (forall j, 0 <= j < limit -> s j [= s' j /\ v j [= v' j) ->
  attention n g s v e [= attention n g s' v' e.
Proof.
  intros Ss Ss' Sv Sv' Mask A. apply (masked_keys_have_no_influence n g s s' v v' e sh); auto.
  intros j Hj Gj. apply A. destruct (Z.le_gt_cases limit j) as [L|L]; [|lia]. rewrite Mask in Gj by auto. discriminate.
Qed.

(** ** Weights of a row of real scores *)
Definition share (l : list (R * R)) (x : R * R) : R := (exp (fst x) / sum_R (fun y => exp (fst y)) l)%R.
Theorem weights_are_positive l x : In x l -> (0 < share l x)%R.
Proof.
  intros I. unfold share. apply Rdiv_lt_0_compat; [apply exp_pos|].
  apply sum_positive; [intros; apply exp_pos|]. intros ->. contradiction.
Qed.
Lemma sum_div f l c : (sum_R (fun x => f x / c) l = sum_R f l / c)%R.
Proof. unfold Rdiv. rewrite Rmult_comm, <- sum_scale. apply sum_ext. intros. ring. Qed.
Theorem weights_sum_to_one l : l <> [] -> sum_R (share l) l = 1%R.
Proof.
  intros N. unfold share. rewrite (sum_div (fun x => exp (fst x))). apply Rinv_r.
  apply Rgt_not_eq, sum_positive; auto. intros. apply exp_pos.
Qed.
Theorem mean_of_weights l : softmax_mean l = sum_R (fun x => share l x * snd x)%R l.
Proof.
  unfold softmax_mean, share. rewrite <- (sum_div (fun x => exp (fst x) * snd x)%R). apply sum_ext.
  intros x. unfold Rdiv. ring.
Qed.
Lemma sum_permutation f l m : Permutation l m -> sum_R f l = sum_R f m.
Proof. induction 1; simpl; try lra. Qed.
Theorem order_of_keys_does_not_matter l m : Permutation l m -> softmax_mean l = softmax_mean m.
Proof. intros P. unfold softmax_mean. rewrite !(sum_permutation _ _ _ P). reflexivity. Qed.

(** ** The form is that mean: what the theorems about rows of real scores say, they say of `attention` *)
Lemma keys_not_empty n (g : Z -> bool) : any n g = true -> filter g (range n) <> [].
Proof.
  intros A. apply any_true in A as (j & Hj & Gj). intros C. assert (In j (filter g (range n))); [|rewrite C in *; auto].
  apply filter_In. split; [apply in_range|]; auto.
Qed.
Theorem attention_is_the_mean n g s v e sh p (a b : Z -> R) :
  (forall j, shp (s j) = Some []) -> (forall j, shp (v j) = Some sh) -> inb p sh = true -> any n g = true ->
  (forall j, 0 <= j < n -> g j = true -> at_ (s j) [] = Num (a j) /\ at_ (v j) p = Num (b j)) ->
  at_ (attention n g s v e) p = Num (softmax_mean (map (fun j => (a j, b j)) (filter g (range n)))).
Proof.
  intros Hs Hv I A V. unfold attention. rewrite A. destruct (quotient_at n g s v sh Hs Hv) as [_ Q]. rewrite Q by auto.
  destruct (numerator_facts n g s v sh Hs Hv) as [_ Nu]. destruct (denominator_facts n g s Hs) as [_ De].
  rewrite Nu, De by auto. clear Q Nu De. pose proof (keys_not_empty n g A) as N.
  change (keys n g) with (filter g (range n)). set (l := filter g (range n)) in *.
  assert (K : forall j, In j l -> scores s j = Num (a j) /\ at_ (v j) p = Num (b j)).
  { intros j Hj. apply filter_In in Hj as [Hr Hg]. apply in_range in Hr. apply V; auto. }
  destruct (fold_nmax_num (map (scores s) l) 0%R) as (m & HM).
  { intros x. rewrite in_map_iff. intros (j & <- & Hj). exists (a j). apply K, Hj. }
  { destruct l; [congruence|discriminate]. }
  assert (EM : M n g s = Num m) by exact HM. rewrite EM.
  assert (E1 : map (fun j => num1 Exp (nsub (scores s j) (Num m))) l =
    map (fun x => Num (exp (fst x - m))) (map (fun j => (a j, b j)) l)).
  { rewrite map_map. apply map_ext_in. intros j Hj. destruct (K j Hj) as [-> _]. reflexivity. }
  assert (E2 : map (fun j => nmul (num1 Exp (nsub (scores s j) (Num m))) (at_ (v j) p)) l =
    map (fun x => Num (exp (fst x - m) * snd x)) (map (fun j => (a j, b j)) l)).
  { rewrite map_map. apply map_ext_in. intros j Hj. destruct (K j Hj) as [-> ->]. reflexivity. }
  rewrite E1, E2. set (q := map (fun j => (a j, b j)) l).
  assert (Nq : q <> []) by (destruct l; [congruence|discriminate]).
  rewrite (fold_sum (fun x => exp (fst x - m))%R), (fold_sum (fun x => exp (fst x - m) * snd x)%R), !Rplus_0_l.
  assert (S : forall f, sum_R (fun x => exp (fst x - m) * f x)%R q = (exp (- m) * sum_R (fun x => exp (fst x) * f x) q)%R).
  { intros f. rewrite <- sum_scale. apply sum_ext. intros x. replace (fst x - m)%R with (- m + fst x)%R by ring.
    rewrite exp_plus. ring. }
  assert (S1 : sum_R (fun x => exp (fst x - m)) q = (exp (- m) * sum_R (fun x => exp (fst x)) q)%R).
  { rewrite <- sum_scale. apply sum_ext. intros x. rewrite <- exp_plus. f_equal. ring. }
  rewrite (S snd), S1.
  assert (P1 : (0 < sum_R (fun x => exp (fst x)) q)%R) by (apply sum_positive; auto; intros; apply exp_pos).
  assert (P2 : (0 < exp (- m))%R) by apply exp_pos.
  cbn [ndiv]. destruct (Req_EM_T _ 0) as [C|_].
  - exfalso. revert C. apply Rgt_not_eq, Rmult_lt_0_compat; auto.
  - apply (f_equal Num). unfold softmax_mean. field. split; apply Rgt_not_eq; auto.
Qed.

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

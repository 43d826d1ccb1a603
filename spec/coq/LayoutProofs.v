(* LayoutProofs.v: from indices to memory and back (MJ gamma, gamma prime; the psi correspondence).

   Idea. The row-major offset is one to one between the indices of a shape and 0 .. size - 1, and its
   inverse is `index_at`; strides of a row-major array make gamma that offset. So a full selection from
   an input is one read of memory, and two indices never read the same place.
   Other strides (padded, transposed) may repeat places: then only the read itself is said. *)
From Coq Require Import Reals ZArith List Bool Lia.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs.
Local Open Scope Z_scope.

Lemma size_positive p s : inb p s = true -> 0 < size s.
Proof. intros I. apply size_pos. eapply inb_positive; eauto. Qed.
Lemma offset_bounds s p : inb p s = true -> 0 <= offset s p < size s.
Proof.
  revert p. induction s as [|n s IH]; intros [|i p] I; try discriminate; [simpl; lia|].
  simpl in *. apply andb_prop in I as [I Ip]. specialize (IH p Ip). nia.
Qed.
(** gamma prime after gamma. *)
Theorem index_of_offset s p : inb p s = true -> index_at s (offset s p) = p.
Proof.
  revert p. induction s as [|n s IH]; intros [|i p] I; try discriminate; auto.
  simpl in *. apply andb_prop in I as [I Ip]. pose proof (offset_bounds s p Ip). pose proof (size_positive p s Ip).
  rewrite Z.div_add_l, Z.div_small, Z.add_0_r by lia. f_equal.
  rewrite Z.add_comm, Z.mod_add, Z.mod_small by lia. apply IH. exact Ip.
Qed.
(** gamma after gamma prime. *)
Theorem offset_of_index s k : (forall n, In n s -> 0 < n) -> 0 <= k < size s ->
  inb (index_at s k) s = true /\ offset s (index_at s k) = k.
Proof.
  revert k. induction s as [|n s IH]; intros k P K; simpl in *; [split; [reflexivity|lia]|].
  assert (Ps : 0 < size s) by (apply size_pos; auto).
  pose proof (Z.div_mod k (size s) ltac:(lia)). pose proof (Z.mod_pos_bound k (size s) Ps).
  destruct (IH (k mod size s)) as [I O]; auto. rewrite I, O. split; [|lia].
  assert (0 <= k / size s) by (apply Z.div_pos; lia).
  assert (k / size s < n) by (apply Z.div_lt_upper_bound; nia).
  destruct (Z.leb_spec 0 (k / size s)), (Z.ltb_spec (k / size s) n); simpl; auto; lia.
Qed.
Theorem offset_one_to_one s p q : inb p s = true -> inb q s = true -> offset s p = offset s q -> p = q.
Proof. intros P Q E. rewrite <- (index_of_offset s p P), <- (index_of_offset s q Q), E. reflexivity. Qed.

(** Strides of a row-major array: the product of the extents after an axis. *)
Fixpoint row_major (s : list Z) : list Z := match s with [] => [] | _ :: s' => size s' :: row_major s' end.
Theorem gamma_row_major s p : length p = length s -> gamma p (row_major s) = offset s p.
Proof.
  revert p. induction s as [|n s IH]; intros [|i p] L; try discriminate; auto. simpl. rewrite IH; auto.
Qed.

(** The psi correspondence: element p of an input is what lies in memory at gamma(p). *)
Theorem psi_correspondence L p : inb p (extents L) = true ->
  at_ (psi p (input L)) [] = Num (memory L (gamma p (strides L))) /\
  (strides L = row_major (extents L) -> at_ (psi p (input L)) [] = Num (memory L (offset (extents L) p))).
Proof.
  intros I. assert (E : at_ (psi p (input L)) [] = Num (memory L (gamma p (strides L)))).
  { rewrite at_psi, app_nil_r. simpl. rewrite I. reflexivity. }
  split; [exact E|]. intros S. rewrite E, S, gamma_row_major; auto. eapply inb_length; eauto.
Qed.
(** Reshape of a reshape, and to the shape that an array has. *)
Theorem reshape_own_shape {E} `{Elem E} (A : arr E) s : shp A = Some s -> reshape s A [=] A.
Proof.
  destruct A as [|t f]; [discriminate|]. intros [= ->]. apply veq_intro.
  - simpl. rewrite Z.eqb_refl. reflexivity.
  - intros p u U I. simpl in U. rewrite Z.eqb_refl in U. injection U as <-.
    simpl. rewrite Z.eqb_refl. simpl. rewrite I, index_of_offset by auto. rewrite I. reflexivity.
Qed.

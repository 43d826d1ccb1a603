(* AlgebraProofs.v: the rows of algebra.rules and gamma.rules.

   Idea. A pointwise term is known from what each index of its result picks from its operands
   (`pick_map2`), scalar extension included; the rest is arithmetic of numbers in which what has no
   value absorbs everything. *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts.
Require Rules.
Local Open Scope Z_scope.

Lemma sle_refl P : P <~ P.
Proof.
  destruct P as [|l]; simpl; auto. exists l. split; auto.
  induction l; constructor; auto. split; auto. apply ele_refl.
Qed.

(** * algebra.rules *)
Theorem let_inline_lr : Rules.let_inline_lr. Proof. red; intros; apply vle_refl. Qed.
Theorem let_inline_rl : Rules.let_inline_rl. Proof. red; intros; apply vle_refl. Qed.
Theorem let_inline_stmt_lr : Rules.let_inline_stmt_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem let_inline_stmt_rl : Rules.let_inline_stmt_rl. Proof. red; intros; apply sle_refl. Qed.

Lemma sjoin_none s t u : sjoin s t = Some u -> exists v, s = Some v /\ (v = [] \/ v = u).
Proof.
  destruct s as [[|n s]|], t as [[|m t]|]; simpl; intros S; try discriminate; decide_shapes;
    try discriminate; inversion S; subst; (eexists; split; [reflexivity|auto]).
Qed.
Lemma pick_in (A B : arr num) p u : sjoin (shp A) (shp B) = Some u -> inb p u = true ->
  exists v, shp A = Some v /\ (v = [] \/ inb p v = true).
Proof. intros S I. apply sjoin_none in S as (v & HA & [->| ->]); eauto. Qed.

Lemma div_mul_num x y z : nmul (ndiv x y) z = ndiv (nmul x z) y.
Proof.
  destruct x, y, z; simpl; auto; destruct (Req_EM_T _ _); simpl; auto. f_equal. field. auto.
Qed.
Lemma mul_comm_num x y : nmul x y = nmul y x.
Proof. destruct x, y; simpl; auto. f_equal. apply Rmult_comm. Qed.

Lemma div_mul_eq a b c : map2 Mul (map2 Div a b) c [=] map2 Div (map2 Mul a c) b.
Proof.
  assert (S : shp (map2 Mul (map2 Div a b) c) = shp (map2 Div (map2 Mul a c) b)).
  { rewrite !shp_map2, !sjoin_assoc, (sjoin_comm (shp b)). reflexivity. }
  apply pointwise; auto. intros p u U I.
  rewrite (pick_map2 Mul (map2 Div a b) c p u) by auto.
  pose proof U as U'. rewrite S in U'. rewrite (pick_map2 Div (map2 Mul a c) b p u) by auto.
  rewrite shp_map2 in U. destruct (pick_in _ _ _ _ U I) as (v & V & Iv).
  rewrite shp_map2 in U'. destruct (pick_in _ _ _ _ U' I) as (w & W & Iw).
  rewrite (pick_map2 Div a b p v), (pick_map2 Mul a c p w) by auto. apply div_mul_num.
Qed.
Theorem div_mul_lr : Rules.div_mul_lr. Proof. red; intros; apply veq_le, div_mul_eq. Qed.
Theorem div_mul_rl : Rules.div_mul_rl. Proof. red; intros; apply veq_ge, div_mul_eq. Qed.

Lemma mul_comm_eq (a b : arr num) : map2 Mul a b [=] map2 Mul b a.
Proof.
  assert (S : shp (map2 Mul a b) = shp (map2 Mul b a)) by (rewrite !shp_map2; apply sjoin_comm).
  apply pointwise; auto. intros p u U I.
  rewrite (pick_map2 Mul a b p u), (pick_map2 Mul b a p u) by (auto; congruence).
  apply mul_comm_num.
Qed.
Theorem mul_comm_lr : Rules.mul_comm_lr. Proof. red; intros; apply veq_le, mul_comm_eq. Qed.
Theorem mul_comm_rl : Rules.mul_comm_rl. Proof. red; intros; apply veq_le, mul_comm_eq. Qed.

Lemma fold_fault l : fold_left nadd l Fault = Fault.
Proof. induction l; simpl; auto. Qed.

(** Sums of quotients: what has no value makes the whole sum have none. *)
Lemma sum_div_zero l y : l <> [] ->
  fold_left nadd (map (fun x => ndiv x y) l) (Num 0) = ndiv (fold_left nadd l (Num 0)) y.
Proof.
  assert (Absorb : forall m, m <> [] -> fold_left nadd (map (fun x => ndiv x Fault) m) (Num 0) = Fault).
  { intros [|x m] N; [congruence|]. simpl. destruct x; simpl; apply fold_fault. }
  intros N. destruct y as [| | |b].
  - rewrite Absorb by auto. destruct (fold_left _ _ _); reflexivity.
  - destruct l as [|x l]; [congruence|]. simpl. destruct x; simpl; rewrite fold_fault;
      destruct (fold_left _ _ _); reflexivity.
  - destruct l as [|x l]; [congruence|]. simpl. destruct x; simpl; rewrite fold_fault;
      destruct (fold_left _ _ _); reflexivity.
  - destruct (Req_EM_T b 0) as [->|Nb].
    + destruct l as [|x l]; [congruence|]. simpl. destruct x; simpl;
        destruct (Req_EM_T 0 0); try congruence; simpl; rewrite fold_fault;
        destruct (fold_left _ _ _); simpl; auto; destruct (Req_EM_T 0 0); congruence.
    + replace (Num 0) with (ndiv (Num 0) (Num b)) at 1.
      * generalize (Num 0). clear N Absorb. induction l as [|x l IH]; intros a; simpl; auto.
        rewrite <- IH. f_equal. destruct a, x; simpl; auto; destruct (Req_EM_T b 0); try congruence; simpl;
        auto.
        f_equal. field. auto.
      * simpl. destruct (Req_EM_T b 0); [congruence|]. f_equal. field. auto.
Qed.

Lemma filter_all n : filter (fun _ : Z => true) (range n) = range n.
Proof. induction (range n); simpl; congruence. Qed.
Lemma range_cons n : 0 < n -> exists l, range n = 0 :: l.
Proof. intros H. unfold range. destruct (Z.to_nat n) eqn:N; [lia|]. simpl. eauto. Qed.

(** The elements of a reduction that a target index p sees. *)
Lemma pick_red f n g x p u :
  (forall j k, shp (x j) = shp (x k)) -> shp (x 0) = Some u -> u = [] \/ inb p u = true ->
  pick (red (reduce f) n g x) p =
  fold_left (operation (reduce f)) (map (fun j => pick (x j) p) (filter g (range n))) (identity (reduce f)
  Fault).
Proof.
  intros U S P. unfold pick at 1. rewrite shp_red, S.
  assert (C : forall q, inb q u = true -> (u = [] -> q = []) -> (u <> [] -> q = p) ->
    at_ (red (reduce f) n g x) q =
    fold_left (operation (reduce f)) (map (fun j => pick (x j) p) (filter g (range n))) (identity (reduce f)
    Fault)).
  { intros q Q Q0 Q1. rewrite (at_red _ _ _ _ q u) by auto. 
    replace (identity (reduce f) (at_ (x 0) q)) with (identity (reduce f) Fault) by (destruct f; reflexivity).
    f_equal. apply map_ext. intros j. unfold pick. rewrite (U j 0), S.
    destruct u; [rewrite Q0|rewrite Q1]; auto; congruence. }
  destruct u as [|k u]; apply C; auto; try congruence. destruct P; [discriminate|auto].
Qed.

Lemma red_div_eq n f b : (forall x y, shp (f x) = shp (f y)) -> 0 < n ->
  red (reduce RAdd) n (fun _ => true) (fun j => map2 Div (f j) b)
  [=] map2 Div (red (reduce RAdd) n (fun _ => true) f) b.
Proof.
  intros U Hn.
  assert (S : shp (red (reduce RAdd) n (fun _ => true) (fun j => map2 Div (f j) b)) =
              shp (map2 Div (red (reduce RAdd) n (fun _ => true) f) b)).
  { rewrite shp_red, !shp_map2, shp_red. reflexivity. }
  apply pointwise; auto. intros p u Hu I.
  rewrite shp_red in Hu.
  rewrite (pick_red _ _ _ _ p u); auto.
  2: { intros. rewrite !shp_map2. f_equal. apply U. }
  rewrite (pick_map2 Div (red (reduce RAdd) n (fun _ => true) f) b p u); auto; [|rewrite <- S, shp_red; auto].
  pose proof Hu as Hu'. rewrite shp_map2 in Hu'. destruct (pick_in _ _ _ _ Hu' I) as (v & V & Iv).
  rewrite (pick_red _ _ _ _ p v); auto. change (num2 Div) with ndiv.
  rewrite <- sum_div_zero.
  - simpl. rewrite map_map. f_equal. apply map_ext. intros j.
    apply (pick_map2 Div (f j) b p u); auto. rewrite <- Hu, !shp_map2. f_equal. apply U.
  - rewrite filter_all. destruct (range_cons n Hn) as (l & ->). discriminate.
Qed.
Lemma one_shape {E} (e : Z -> arr E) : (exists sh, forall x, shp (e x) = Some sh) ->
  forall x y, shp (e x) = shp (e y).
Proof. intros (s & S) x y. rewrite !S. reflexivity. Qed.
Theorem red_div_lr : Rules.red_div_lr. Proof. red; intros; apply veq_le, red_div_eq; auto using one_shape.
  Qed.
Theorem red_div_rl : Rules.red_div_rl. Proof. red; intros; apply veq_ge, red_div_eq; auto using one_shape.
  Qed.

Lemma any_intro_eq n w g : 0 <= w /\ w < n -> g w = true -> any n g = true.
Proof. intros. apply any_true. eauto. Qed.
Theorem any_intro_lr : Rules.any_intro_lr.
Proof. red; intros. rewrite (any_intro_eq n w); auto. apply vle_refl. Qed.
Theorem any_intro_rl : Rules.any_intro_rl.
Proof. red; intros. rewrite (any_intro_eq n w); auto. apply vle_refl. Qed.
Theorem and_true_lr : Rules.and_true_lr. Proof. red; intros; apply andb_true_r. Qed.
Theorem and_true_rl : Rules.and_true_rl. Proof. red; intros; symmetry; apply andb_true_r. Qed.
Theorem if_true_lr : Rules.if_true_lr. Proof. red; intros; apply vle_refl. Qed.
Theorem if_true_rl : Rules.if_true_rl. Proof. red; intros; apply vle_refl. Qed.

(** * gamma.rules *)
Lemma gamma_strided_eq p A : has_rank (input A) (length p) -> psi p (input A) [=] mem A p.
Proof.
  intros (s & f & HA & R). unfold input in HA. injection HA as <- <-.
  apply veq_intro.
  - rewrite shp_psi. simpl. rewrite R, Nat.leb_refl. rewrite <- R, skipn_all. reflexivity.
  - intros q u Hq Iq. rewrite at_psi. rewrite shp_psi in Hq. simpl in Hq.
    rewrite R, Nat.leb_refl in Hq. rewrite <- R, skipn_all in Hq. injection Hq as <-.
    destruct q; [|discriminate]. rewrite app_nil_r. simpl. destruct (inb p (extents A)); reflexivity.
Qed.
Theorem gamma_strided_lr : Rules.gamma_strided_lr.
Proof. red; intros; apply veq_le, gamma_strided_eq; auto. Qed.
Theorem gamma_strided_rl : Rules.gamma_strided_rl.
Proof. red; intros; apply veq_ge, gamma_strided_eq; auto. Qed.

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

Lemma add_comm_eq (a b : arr num) : map2 Add a b [=] map2 Add b a.
Proof.
  assert (S : shp (map2 Add a b) = shp (map2 Add b a)) by (rewrite !shp_map2; apply sjoin_comm).
  apply pointwise; auto. intros p u U I.
  rewrite (pick_map2 Add a b p u), (pick_map2 Add b a p u) by (auto; congruence).
  destruct (pick a p), (pick b p); simpl; auto. f_equal. apply Rplus_comm.
Qed.
Theorem add_comm_lr : Rules.add_comm_lr. Proof. red; intros; apply veq_le, add_comm_eq. Qed.
Theorem add_comm_rl : Rules.add_comm_rl. Proof. red; intros; apply veq_le, add_comm_eq. Qed.

Lemma reciprocal_num x y : ndiv x y = nmul x (ndiv (Num 1) y).
Proof. destruct x, y; simpl; auto; destruct (Req_EM_T _ _); simpl; auto. f_equal. field. auto. Qed.
Lemma div_reciprocal_eq a b : map2 Div a b [=] map2 Mul a (map2 Div (real 1) b).
Proof.
  assert (S : shp (map2 Div a b) = shp (map2 Mul a (map2 Div (real 1) b))).
  { rewrite !shp_map2. destruct (shp a) as [[|? ?]|], (shp b) as [[|? ?]|]; reflexivity. }
  apply pointwise; auto. intros p u U I. pose proof U as U'. rewrite S in U'.
  rewrite (pick_map2 Div a b p u), (pick_map2 Mul a (map2 Div (real 1) b) p u) by auto.
  rewrite shp_map2, sjoin_comm in U'. destruct (pick_in _ _ _ _ U' I) as (v & V & Iv).
  rewrite (pick_map2 Div (real 1) b p v) by auto. apply reciprocal_num.
Qed.
Theorem div_reciprocal_lr : Rules.div_reciprocal_lr. Proof. red; intros; apply veq_le, div_reciprocal_eq. Qed.
Theorem div_reciprocal_rl : Rules.div_reciprocal_rl. Proof. red; intros; apply veq_ge, div_reciprocal_eq. Qed.

Lemma fold_fault l : fold_left nadd l Fault = Fault.
Proof. induction l; simpl; auto. Qed.

(** What has been added to something is a number or has no value. *)
Definition added (a : num) : Prop := a = Fault \/ exists r, a = Num r.
Lemma added_nadd a b : added (nadd a b).
Proof. destruct a, b; simpl; red; eauto. Qed.
Lemma added_zero a : added a -> nadd a (Num 0) = a.
Proof. intros [->|(r & ->)]; auto. simpl. f_equal. apply Rplus_0_r. Qed.
Lemma sum_choice (g : Z -> bool) (f : Z -> num) l : forall a, added a ->
  fold_left nadd (map f (filter g l)) a = fold_left nadd (map (fun j => if g j then f j else Num 0) l) a.
Proof.
  induction l as [|j l IH]; intros a Ha; simpl; auto. destruct (g j); simpl.
  - apply IH, added_nadd.
  - rewrite added_zero by auto. apply IH; auto.
Qed.

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

Lemma red_if_eq n g f : (forall j, shp (f j) = Some []) ->
  red (reduce RAdd) n g f [=] red (reduce RAdd) n (fun _ => true) (fun j => if g j then f j else real 0).
Proof.
  intros S. assert (S' : forall j, shp (if g j then f j else real 0) = Some []) by (intros j; destruct (g j); auto).
  apply pointwise; [rewrite !shp_red, S, S'; reflexivity|]. intros p u U I.
  rewrite shp_red, S in U. injection U as <-.
  rewrite (pick_red _ _ _ _ p []), (pick_red _ _ _ _ p []); auto; try (intros; rewrite ?S, ?S'; reflexivity).
  rewrite filter_all. simpl (identity (reduce RAdd) Fault). simpl (operation (reduce RAdd)).
  rewrite (sum_choice g (fun j => pick (f j) p)) by (right; eauto).
  f_equal. apply map_ext. intros j. destruct (g j); reflexivity.
Qed.
Theorem red_if_lr : Rules.red_if_lr. Proof. red; intros; apply veq_le, red_if_eq; auto. Qed.
Theorem red_if_rl : Rules.red_if_rl. Proof. red; intros; apply veq_ge, red_if_eq; auto. Qed.

Lemma div_nonzero_eq a b y : shp b = Some [] -> shp y = shp (map2 Div a b) ->
  shp y = shp (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b))) ->
  ifzero b y (map2 Div a b) [=] ifzero b y (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b))).
Proof.
  intros Sb Sy Sy'. destruct (shp y) as [s|] eqn:Hy.
  2: { destruct y; [|discriminate]. split; reflexivity. }
  symmetry in Sy, Sy'.
  assert (Sr : shp (map2 Div (real 1) b) = Some []) by (rewrite shp_map2, Sb; reflexivity).
  assert (Si : shp (ifzero b (real 0) (map2 Div (real 1) b)) = Some []) by (apply shp_ifzero; auto).
  apply veq_intro; [rewrite !(shp_ifzero b _ _ s); auto|]. intros p u U I.
  rewrite (shp_ifzero b _ _ s) in U by auto. injection U as <-.
  rewrite (at_ifzero b y _ s p Hy Sy I), (at_ifzero b y _ s p Hy Sy' I).
  destruct (at_ b []) as [| | |r] eqn:Ab; auto. destruct (Req_EM_T r 0) as [|N]; auto.
  rewrite (at_pick (map2 Div a b) p s), (at_pick (map2 Mul a _) p s) by auto.
  rewrite (pick_map2 Div a b p s), (pick_map2 Mul a _ p s) by auto.
  assert (Pb : pick b p = Num r) by (unfold pick; rewrite Sb; auto).
  assert (Pi : pick (ifzero b (real 0) (map2 Div (real 1) b)) p = ndiv (Num 1) (Num r)).
  { unfold pick. rewrite Si, (at_ifzero b (real 0) _ [] []) by auto. rewrite Ab.
    destruct (Req_EM_T r 0); [contradiction|].
    pose proof (pick_map2 Div (real 1) b [] [] Sr (or_introl eq_refl)) as P.
    unfold pick in P at 1. rewrite Sr in P. rewrite P. unfold pick. rewrite Sb, Ab. reflexivity. }
  rewrite Pb, Pi. apply reciprocal_num.
Qed.
Theorem div_nonzero_lr : Rules.div_nonzero_lr. Proof. red; intros; apply veq_le, div_nonzero_eq; auto. Qed.
Theorem div_nonzero_rl : Rules.div_nonzero_rl. Proof. red; intros; apply veq_ge, div_nonzero_eq; auto. Qed.

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

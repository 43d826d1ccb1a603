(* LoopProofs.v: the rows of schedule.rules.

   Idea. A loop is the bag of its iterations' writes; blocks of a range are the range again
   (`range_blocks`), loops in another order write a permutation of the same bag. *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs.
Require Rules.
Local Open Scope Z_scope.

(** * schedule.rules *)
(** ** Loops over lists of indices *)
Definition loop (l : list Z) (P : Z -> stmt) : stmt := fold_right (fun i Q => both (P i) Q) (Writes []) l.
Lemma for_loop n P : for_ n P = loop (range n) P. Proof. reflexivity. Qed.
Lemma both_nil_l Q : both (Writes []) Q = Q. Proof. destruct Q; reflexivity. Qed.
Lemma both_nil_r Q : both Q (Writes []) = Q. Proof. destruct Q; simpl; rewrite ?app_nil_r; reflexivity. Qed.
Lemma both_assoc P Q R : both (both P Q) R = both P (both Q R).
Proof. destruct P, Q, R; simpl; rewrite ?app_assoc; reflexivity. Qed.
Lemma loop_app l m P : loop (l ++ m) P = both (loop l P) (loop m P).
Proof. unfold loop. induction l as [|i l IH]; simpl; [symmetry; apply both_nil_l|]. rewrite IH, both_assoc.
  reflexivity. Qed.
Lemma loop_map h l P : loop (map h l) P = loop l (fun i => P (h i)).
Proof. unfold loop. induction l as [|i l IH]; simpl; [reflexivity|]. rewrite IH. reflexivity. Qed.
Lemma loop_flat_map h l P : loop (flat_map h l) P = loop l (fun i => loop (h i) P).
Proof. induction l as [|i l IH]; [reflexivity|]. simpl. rewrite loop_app, IH. reflexivity. Qed.
Lemma loop_filter g l P : loop (filter g l) P = loop l (fun i => when (g i) (P i)).
Proof. induction l as [|i l IH]; simpl; auto. unfold loop in *. rewrite <- IH.
  destruct (g i); cbn [when fold_right]; rewrite ?both_nil_l; reflexivity. Qed.
Lemma loop_ext l P Q : (forall i, In i l -> P i = Q i) -> loop l P = loop l Q.
Proof. unfold loop. induction l as [|i l IH]; simpl; intros H; auto. rewrite H, IH; auto. Qed.

(** ** Ranges in blocks *)
Lemma range_blocks c B : 0 <= B ->
  flat_map (fun I => map (fun r => I * B + r) (range B)) (range c) = range (c * B).
Proof.
  intros HB. destruct (Z.le_gt_cases c 0) as [N|P].
  - rewrite (range_empty c), (range_empty (c * B)); auto. apply Z.mul_nonpos_nonneg; auto.
  - rewrite <- (Z2Nat.id c) by lia. induction (Z.to_nat c) as [|k IH]; [reflexivity|].
    rewrite Nat2Z.inj_succ, <- Z.add_1_r, range_succ, flat_map_app, IH by lia. simpl. rewrite app_nil_r.
    replace ((Z.of_nat k + 1) * B) with (Z.of_nat k * B + B) by ring. rewrite range_add by nia. reflexivity.
Qed.
Lemma range_filter n m : n <= m -> filter (fun i => i <? n) (range m) = range n.
Proof.
  intros L. destruct (Z.le_gt_cases n 0) as [N|P].
  - rewrite (range_empty n) by auto.
    assert (G : forall l, (forall i, In i l -> 0 <= i) -> filter (fun i => i <? n) l = []).
    { induction l as [|i l IH]; simpl; intros H; auto.
      replace (i <? n) with false by (specialize (H i (or_introl eq_refl)); lia). auto. }
    apply G. intros i Hi. apply in_range in Hi. lia.
  - replace m with (n + (m - n)) by ring. rewrite range_add, filter_app by lia.
    assert (G1 : forall l, (forall i, In i l -> i < n) -> filter (fun i => i <? n) l = l).
    { induction l as [|i l IH]; simpl; intros H; auto.
      replace (i <? n) with true by (specialize (H i (or_introl eq_refl)); lia). rewrite IH; auto. }
    assert (G2 : forall l, (forall i, In i l -> n <= i) -> filter (fun i => i <? n) l = []).
    { induction l as [|i l IH]; simpl; intros H; auto.
      replace (i <? n) with false by (specialize (H i (or_introl eq_refl)); lia). auto. }
    rewrite G1, G2, app_nil_r; auto.
    + intros i Hi. apply in_map_iff in Hi as (t & <- & Ht). apply in_range in Ht. lia.
    + intros i Hi. apply in_range in Hi. lia.
Qed.
(** The blocks of size B that cover 0 .. n-1. *)
Lemma blocks_cover n B : 1 <= B -> n <= (n + (B - 1)) / B * B.
Proof. intros HB. pose proof (Z.div_mod (n + (B - 1)) B ltac:(lia)).
  pose proof (Z.mod_pos_bound (n + (B - 1)) B ltac:(lia)). nia. Qed.
Lemma range_split n B : 1 <= B ->
  filter (fun i => i <? n) (flat_map (fun I => map (fun r => I * B + r) (range B)) (range ((n + (B - 1))
  / B))) = range n.
Proof. intros HB. rewrite range_blocks by lia. apply range_filter, blocks_cover. auto. Qed.

Lemma loop_when_blocks g c B P :
  loop (filter g (flat_map (fun I => map (fun r => I * B + r) (range B)) (range c))) P =
  for_ c (fun I => for_ B (fun r => when (g (I * B + r)) (P (I * B + r)))).
Proof.
  rewrite loop_filter, loop_flat_map. rewrite for_loop. apply loop_ext. intros I _.
  rewrite loop_map, for_loop. reflexivity.
Qed.
Lemma for_split_eq n B P : 1 <= B ->
  for_ n P = for_ ((n + (B - 1)) / B) (fun I => for_ B (fun r => when (I * B + r <? n) (P (I * B + r)))).
Proof. intros HB. rewrite <- (loop_when_blocks (fun i => i <? n)), range_split by auto. reflexivity. Qed.
Lemma sle_eq P Q : P = Q -> P <~ Q. Proof. intros ->. apply sle_refl. Qed.
Theorem for_split_lr : Rules.for_split_lr.
Proof. red; intros. apply sle_eq, (for_split_eq n B P); auto. Qed.
Theorem for_split_rl : Rules.for_split_rl.
Proof. red; intros. apply sle_eq. symmetry. apply (for_split_eq n B P); auto. Qed.

Lemma for_blocks q B P : 0 <= B -> for_ (q * B) P = for_ q (fun I => for_ B (fun r => P (I * B + r))).
Proof.
  intros HB. rewrite for_loop, <- range_blocks, loop_flat_map by auto. apply loop_ext. intros I _.
  rewrite loop_map. reflexivity.
Qed.
Lemma for_ext n P Q : (forall i, 0 <= i < n -> P i = Q i) -> for_ n P = for_ n Q.
Proof. intros H. apply loop_ext. intros i Hi. apply H, in_range. auto. Qed.
Lemma for_group_eq n q B (P : Z -> Z -> stmt) : 1 <= B -> n = q * B ->
  for_ n (fun i => P i (i / B)) = for_ q (fun I => for_ B (fun r => P (I * B + r) I)).
Proof.
  intros HB ->. rewrite for_blocks by lia. apply for_ext. intros I _. apply for_ext. intros r Hr.
  f_equal. rewrite Z.div_add_l, Z.div_small by lia. lia.
Qed.
Theorem for_group_lr : Rules.for_group_lr.
Proof. red; intros. apply sle_eq, (for_group_eq n q B P); auto. Qed.
Theorem for_group_rl : Rules.for_group_rl.
Proof. red; intros. apply sle_eq. symmetry. apply (for_group_eq n q B P); auto. Qed.

Lemma for_join_eq n m (P : Z -> Z -> stmt) : 1 <= m ->
  for_ n (fun i => for_ m (fun j => P i j)) = for_ (n * m) (fun r => P (r / m) (r mod m)).
Proof.
  intros Hm. rewrite for_blocks by lia. apply for_ext. intros i _. apply for_ext. intros j Hj.
  rewrite Z.div_add_l, Z.div_small, Z.add_0_r by lia. rewrite Z.add_comm, Z.mod_add, Z.mod_small by lia.
  reflexivity.
Qed.
Theorem for_join_lr : Rules.for_join_lr.
Proof. red; intros. apply sle_eq, (for_join_eq n m P); auto. Qed.
Theorem for_join_rl : Rules.for_join_rl.
Proof. red; intros. apply sle_eq. symmetry. apply (for_join_eq n m P); auto. Qed.

(** ** Bags are unordered *)
Definition shaped (P : stmt) : bool := match P with Writes _ => true | Unshaped => false end.
Definition bag (P : stmt) : list write := match P with Writes l => l | Unshaped => [] end.
Lemma loop_bag l P : loop l P =
  if forallb (fun i => shaped (P i)) l then Writes (flat_map (fun i => bag (P i)) l) else Unshaped.
Proof.
  induction l as [|i l IH]; [reflexivity|]. unfold loop in *. simpl. rewrite IH. destruct (P i); simpl; auto.
  destruct (forallb _ l); reflexivity.
Qed.
Lemma shaped_loop l P : shaped (loop l P) = forallb (fun i => shaped (P i)) l.
Proof. rewrite loop_bag. destruct (forallb (fun i => shaped (P i)) l); reflexivity. Qed.
Lemma flat_map_both {T U} (a b : T -> list U) l :
  Permutation (flat_map (fun j => a j ++ b j) l) (flat_map a l ++ flat_map b l).
Proof.
  induction l as [|j l IH]; simpl; auto. rewrite <- !app_assoc. apply Permutation_app_head.
  rewrite IH, !app_assoc. apply Permutation_app_tail, Permutation_app_comm.
Qed.
Lemma flat_map_nil {T U} (l : list T) : flat_map (fun _ => @nil U) l = [].
Proof. induction l; auto. Qed.
Lemma flat_map_swap {T U V} (f : T -> U -> list V) l m :
  Permutation (flat_map (fun i => flat_map (f i) m) l) (flat_map (fun j => flat_map (fun i => f i j) l) m).
Proof.
  induction l as [|i l IH]; simpl; [rewrite flat_map_nil; auto|].
  rewrite IH. symmetry. apply (flat_map_both (f i) (fun j => flat_map (fun i => f i j) l)).
Qed.
Lemma forallb_swap {T U} (f : T -> U -> bool) l m :
  forallb (fun i => forallb (f i) m) l = forallb (fun j => forallb (fun i => f i j) l) m.
Proof.
  apply eq_true_iff_eq. rewrite !forallb_forall. split; intros H x Hx; apply forallb_forall; intros y Hy;
    specialize (H y Hy); rewrite forallb_forall in H; auto.
Qed.
Lemma sle_permutation l m : Permutation l m -> Writes l <~ Writes m.
Proof.
  intros P. exists m. split; auto. clear P. induction m; constructor; auto. split; auto. apply ele_refl.
Qed.
Lemma forallb_ext {T} (f g : T -> bool) l : (forall x, f x = g x) -> forallb f l = forallb g l.
Proof. intros H. induction l; simpl; congruence. Qed.
Lemma flat_map_ext_in {T U} (f g : T -> list U) l : (forall x, In x l -> f x = g x) ->
  flat_map f l = flat_map g l.
Proof. induction l as [|x l IH]; simpl; intros H; auto. rewrite H, IH; auto. Qed.
Lemma nested_loops l m (P : Z -> Z -> stmt) : loop l (fun i => loop m (P i)) =
  if forallb (fun i => forallb (fun j => shaped (P i j)) m) l
  then Writes (flat_map (fun i => flat_map (fun j => bag (P i j)) m) l) else Unshaped.
Proof.
  rewrite loop_bag. rewrite (forallb_ext _ (fun i => forallb (fun j => shaped (P i j)) m)) by (intros;
  apply shaped_loop).
  destruct (forallb (fun i => forallb (fun j => shaped (P i j)) m) l) eqn:S; auto. f_equal.
  apply flat_map_ext_in. intros i Hi. rewrite loop_bag. rewrite forallb_forall in S. rewrite S by auto.
  reflexivity.
Qed.
Lemma for_swap_le n m (P : Z -> Z -> stmt) :
  for_ n (fun i => for_ m (fun j => P i j)) <~ for_ m (fun j => for_ n (fun i => P i j)).
Proof.
  change (loop (range n) (fun i => loop (range m) (P i)) <~ loop (range m) (fun j => loop (range n)
  (fun i => P i j))).
  rewrite (nested_loops _ _ P), (nested_loops _ _ (fun j i => P i j)).
  rewrite (forallb_swap (fun i j => shaped (P i j))). destruct (forallb _ _); [|exact I].
  apply sle_permutation, (flat_map_swap (fun i j => bag (P i j))).
Qed.
Theorem for_swap_lr : Rules.for_swap_lr. Proof. red; intros. apply for_swap_le. Qed.
Theorem for_swap_rl : Rules.for_swap_rl. Proof. red; intros. apply (for_swap_le m n (fun j i => P i j)). Qed.

(** ** Congruence *)
Lemma sle_both P Q P' Q' : P <~ P' -> Q <~ Q' -> both P Q <~ both P' Q'.
Proof.
  destruct P as [|a], Q as [|b], P' as [|a'], Q' as [|b']; simpl; try tauto.
  intros (x & Px & Fx) (y & Py & Fy). exists (x ++ y).
  split; [apply Permutation_app; auto|apply Forall2_app; auto].
Qed.
Lemma for_le n P Q : (forall i, 0 <= i < n -> P i <~ Q i) -> for_ n P <~ for_ n Q.
Proof.
  intros H. unfold for_. assert (G : forall l, (forall i, In i l -> P i <~ Q i) ->
    fold_right (fun i R => both (P i) R) (Writes []) l <~ fold_right (fun i R => both (Q i) R) (Writes []) l).
  { induction l as [|i l IH]; intros L; [apply (sle_refl (Writes []))|]. apply sle_both; simpl in L; auto. }
  apply G. intros i Hi. apply H, in_range. auto.
Qed.
Lemma gen_le {E} `{Elem E} n (e f : Z -> arr E) sh :
  (forall i, shp (e i) = Some sh) -> (forall i, shp (f i) = Some sh) ->
  (forall i, 0 <= i < n -> e i [= f i) -> gen n e [= gen n f.
Proof.
  intros Se Sf He. apply vle_intro.
  - rewrite !shp_gen, Se, Sf. reflexivity.
  - intros p s S I. rewrite shp_gen, Se in S. injection S as <-. destruct p as [|i p]; [discriminate|].
    simpl in I. apply andb_prop in I as [I _]. rewrite !at_gen by (intros; congruence).
    rewrite I. apply vle_at, He. lia.
Qed.
(** The element of an array of computed cells is the cell. *)
Lemma psi_gen_eq {E} `{Elem E} n (e : Z -> arr E) sh i : (forall i, shp (e i) = Some sh) -> 0 <= i < n ->
  psi [i] (gen n e) [=] e i.
Proof.
  intros S Hi. split.
  - rewrite shp_psi, shp_gen, !S. reflexivity.
  - intros q. rewrite at_psi. simpl. rewrite at_gen_in by (auto; intros; congruence). reflexivity.
Qed.

Lemma wrong_shape {E} (A : arr E) : shp A = None -> A = Wrong.
Proof. destruct A; [reflexivity|discriminate]. Qed.
Lemma psi_le {E} `{Elem E} p (A B : arr E) : A [= B -> psi p A [= psi p B.
Proof.
  intros [->|[S He]]; [apply vle_wrong|]. right. split; [rewrite !shp_psi, S; reflexivity|].
  intros q. rewrite !at_psi. apply He.
Qed.
Theorem for_let_lr : Rules.for_let_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem for_let_rl : Rules.for_let_rl. Proof. red; intros; apply sle_refl. Qed.
Theorem for_let_expand_lr : Rules.for_let_expand_lr.
Proof. red; unfold share; intros E HE n e P (sh & S) M. apply for_le. intros i Hi. apply M, veq_ge.
  apply (psi_gen_eq n e sh); auto. Qed.
Theorem for_let_expand_rl : Rules.for_let_expand_rl.
Proof. red; unfold share; intros E HE n e P (sh & S) M. apply for_le. intros i Hi. apply M, veq_le.
  apply (psi_gen_eq n e sh); auto. Qed.
Theorem when_let_lr : Rules.when_let_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem when_let_rl : Rules.when_let_rl. Proof. red; intros; apply sle_refl. Qed.
Theorem guard_intro_lr : Rules.guard_intro_lr. Proof. red; intros E HE g x y _ G. rewrite G. apply vle_refl.
  Qed.
Theorem guard_intro_rl : Rules.guard_intro_rl. Proof. red; intros E HE g x y _ G. rewrite G. apply vle_refl.
  Qed.
Theorem if_same_lr : Rules.if_same_lr. Proof. red; intros. destruct g; apply vle_refl. Qed.
Theorem if_same_rl : Rules.if_same_rl. Proof. red; intros. destruct g; apply vle_refl. Qed.
Theorem gen_if_lr : Rules.gen_if_lr. Proof. red; intros. destruct g; apply vle_refl. Qed.
Theorem gen_if_rl : Rules.gen_if_rl. Proof. red; intros. destruct g; apply vle_refl. Qed.

Lemma gen_let_shapes {E F} `{Elem E} `{Elem F} n (e : Z -> arr E) (b : Z -> arr E -> arr F) sh :
  (forall x, shp (e x) = Some sh) ->
  (forall x0 x1 y0 y1, shp x1 = shp y1 -> shp (b x0 x1) = shp (b y0 y1)) ->
  forall r, shp (b r (e r)) = shp (b 0 (e 0)) /\ shp (b r (psi [r] (gen n e))) = shp (b 0 (e 0)).
Proof.
  intros S T r. split; apply T; [congruence|]. rewrite shp_psi, shp_gen, !S. reflexivity.
Qed.
Theorem gen_let_expand_lr : Rules.gen_let_expand_lr.
Proof.
  red; unfold share; intros E HE F HF n e b (sh & S) T M. cbv zeta. change (gen n (fun r => e r)) with (gen n e).
  pose proof (gen_let_shapes n e b sh S T) as Sh. destruct (shp (b 0 (e 0))) as [u|] eqn:U.
  - apply (gen_le n _ _ u); try (intros; apply Sh). intros i Hi. apply M, veq_ge, (psi_gen_eq n e sh); auto.
  - left. apply wrong_shape. rewrite shp_gen, U. reflexivity.
Qed.
Theorem gen_let_expand_rl : Rules.gen_let_expand_rl.
Proof.
  red; unfold share; intros E HE F HF n e b (sh & S) T M. cbv zeta. change (gen n (fun r => e r)) with (gen n e).
  pose proof (gen_let_shapes n e b sh S T) as Sh. destruct (shp (b 0 (e 0))) as [u|] eqn:U.
  - apply (gen_le n _ _ u); try (intros; apply Sh). intros i Hi. apply M, veq_le, (psi_gen_eq n e sh); auto.
  - left. apply wrong_shape. rewrite shp_gen. destruct (Sh 0) as [_ ->]. reflexivity.
Qed.

(** ** Folds side by side *)
Lemma fold_shape {E} `{Elem E} (s : Z -> arr E -> arr E) i l sh :
  shp i = Some sh -> (forall J st, shp st = Some sh -> shp (s J st) = Some sh) ->
  shp (fold_left (fun st J => s J st) l i) = Some sh.
Proof. intros Si Ss. revert i Si. induction l; simpl; auto. Qed.
Lemma fold_lift_both {E} `{Elem E} n (i : Z -> arr E) (s : Z -> Z -> arr E -> arr E) sh :
  (forall r, shp (i r) = Some sh) ->
  (forall r J st, shp st = Some sh -> shp (s r J st) = Some sh) ->
  (forall r J x y, x [= y -> s r J x [= s r J y) ->
  forall l,
  shp (fold_left (fun st J => gen n (fun r => s r J (psi [r] st))) l (gen n i)) = Some (n :: sh) /\
  gen n (fun r => fold_left (fun st J => s r J st) l (i r))
  [= fold_left (fun st J => gen n (fun r => s r J (psi [r] st))) l (gen n i) /\
  fold_left (fun st J => gen n (fun r => s r J (psi [r] st))) l (gen n i)
  [= gen n (fun r => fold_left (fun st J => s r J st) l (i r)).
Proof.
  intros Si Ss M l. induction l as [|J l IH] using rev_ind.
  - simpl. rewrite shp_gen, Si. repeat split; apply vle_refl.
  - destruct IH as (Sh & L & R).
    assert (Sf : forall r, shp (fold_left (fun st J => s r J st) (l ++ [J]) (i r)) = Some sh)
      by (intros r; apply fold_shape; auto).
    assert (Sf' : forall r, shp (fold_left (fun st J => s r J st) l (i r)) = Some sh)
      by (intros r; apply fold_shape; auto).
    rewrite fold_left_app. simpl.
    set (F := fold_left (fun st J => gen n (fun r => s r J (psi [r] st))) l (gen n i)) in *.
    assert (SF : forall r, shp (psi [r] F) = Some sh) by (intros r; rewrite shp_psi, Sh; reflexivity).
    assert (SsF : forall r, shp (s r J (psi [r] F)) = Some sh) by auto.
    assert (Cell : forall r, 0 <= r < n -> psi [r] F [= fold_left (fun st J => s r J st) l (i r) /\
                                          fold_left (fun st J => s r J st) l (i r) [= psi [r] F).
    { intros r Hr. pose proof (psi_gen_eq n (fun r => fold_left (fun st J => s r J st) l (i r)) sh r Sf' Hr)
      as Q. split.
      - eapply vle_trans; [|apply veq_le, Q]. apply psi_le. exact R.
      - eapply vle_trans; [apply veq_ge, Q|]. apply psi_le. exact L. }
    split; [rewrite shp_gen, SsF; reflexivity|]. split.
    + apply (gen_le n _ _ sh); auto. intros r Hr. rewrite fold_left_app. simpl. apply M, Cell. auto.
    + apply (gen_le n _ _ sh); auto. intros r Hr. rewrite fold_left_app. simpl. apply M, Cell. auto.
Qed.
Theorem fold_lift_lr : Rules.fold_lift_lr.
Proof.
  red; intros E HE n m i s (sh & S) M F F'. apply (fold_lift_both n i s sh S); auto.
  intros r J st St. rewrite (F r J st); auto. congruence.
Qed.
Theorem fold_lift_rl : Rules.fold_lift_rl.
Proof.
  red; intros E HE n m i s (sh & S) M F F'. apply (fold_lift_both n i s sh S); auto.
  intros r J st St. rewrite (F r J st); auto. congruence.
Qed.

Theorem place_parallel_lr : Rules.place_parallel_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem place_parallel_rl : Rules.place_parallel_rl. Proof. red; intros; apply sle_refl. Qed.
Theorem place_parallel_gen_lr : Rules.place_parallel_gen_lr. Proof. red; intros; apply vle_refl. Qed.
Theorem place_parallel_gen_rl : Rules.place_parallel_gen_rl. Proof. red; intros; apply vle_refl. Qed.
Theorem place_slow_lr : Rules.place_slow_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem place_slow_rl : Rules.place_slow_rl. Proof. red; intros; apply sle_refl. Qed.

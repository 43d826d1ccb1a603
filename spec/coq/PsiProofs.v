(* PsiProofs.v: the rows of psi.rules.

   Idea. A selection's element q is the operand's element p ++ q (`at_psi`), out of bounds included; so
   a row is a statement about one index. Rows with a condition for the way back are no equations:
   right to left, an index that is out of range on one side may be in range on the other. *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs.
Require Rules.
Local Open Scope Z_scope.

(** A row that is an equation: both directions at once. *)
Ltac forward L := red; intros; apply veq_le; eapply L; eauto.
Ltac backward L := red; intros; apply veq_ge; eapply L; eauto.

Lemma has_extent_shp {E} `{Elem E} (A : arr E) n : has_extent A 0 n -> exists s, shp A = Some (n :: s).
Proof. intros ([|m s] & f & -> & N); [discriminate|]. injection N as ->. simpl. eauto. Qed.

Lemma eta_eq {E} `{Elem E} (A : arr E) n : has_extent A 0 n -> A [=] gen n (fun i => psi [i] A).
Proof.
  intros X. destruct (has_extent_shp _ _ X) as (s & S).
  assert (U : forall x y, shp (psi [x] A) = shp (psi [y] A)) by (intros; rewrite !shp_psi; reflexivity).
  apply veq_intro.
  - rewrite shp_gen, shp_psi, S. reflexivity.
  - intros p u HS I. rewrite S in HS. injection HS as <-. destruct p as [|i p]; [discriminate|].
    simpl in I. rewrite at_gen by auto. destruct ((0 <=? i) && (i <? n)); [|discriminate]. rewrite at_psi.
    reflexivity.
Qed.
Theorem eta_lr : Rules.eta_lr. Proof. forward @eta_eq. Qed.
Theorem eta_rl : Rules.eta_rl. Proof. backward @eta_eq. Qed.

(** Statements that are the same bag. *)
Lemma for_writes n P (bags : Z -> list write) :
  (forall i, 0 <= i < n -> P i = Writes (bags i)) -> for_ n P = Writes (flat_map bags (range n)).
Proof.
  intros HP. unfold for_. assert (G : forall l, (forall i, In i l -> 0 <= i < n) ->
    fold_right (fun i Q => both (P i) Q) (Writes []) l = Writes (flat_map bags l)).
  { induction l as [|i l IH]; intros L; simpl; auto.
    rewrite IH, HP by (intros; apply L; simpl; auto). reflexivity. }
  apply G. intros i. apply in_range.
Qed.
Lemma put_arr p A s : shp A = Some s -> put p A = Writes (map (fun q => (p ++ q, at_ A q)) (indices s)).
Proof.
  destruct A as [|t f]; simpl; [discriminate|]. intros [= ->]. f_equal.
  apply map_ext_in. intros q Q. f_equal. simpl.
  assert (I : inb q s = true); [|rewrite I; reflexivity].
  revert q Q. induction s as [|n s IH]; simpl; intros q Q.
  - destruct Q as [<-|[]]. reflexivity.
  - apply in_flat_map in Q as (i & Hi & Q). apply in_map_iff in Q as (r & <- & Q).
    apply in_range in Hi. simpl. rewrite IH by auto. lia.
Qed.
Lemma for_unshaped n P : (exists i, 0 <= i < n /\ P i = Unshaped) -> for_ n P = Unshaped.
Proof.
  intros (i & Hi & HP). unfold for_. apply in_range in Hi. revert Hi. generalize (range n).
  induction l as [|j l IH]; simpl; [tauto|]. intros [->|L].
  - rewrite HP. reflexivity.
  - rewrite IH by auto. destruct (P j); reflexivity.
Qed.

Lemma put_gen_bag p n (e : Z -> arr num) : (forall x y, shp (e x) = shp (e y)) -> shp (e 0) <> None ->
  put p (gen n (fun i => e i)) = for_ n (fun i => put (p ++ [i]) (e i)).
Proof.
  intros U N. destruct (shp (e 0)) as [s|] eqn:S; [|congruence].
  rewrite (put_arr p (gen n e) (n :: s)) by (rewrite shp_gen, S; reflexivity).
  rewrite (for_writes n _ (fun i => map (fun q => ((p ++ [i]) ++ q, at_ (e i) q)) (indices s))).
  2: { intros i _. apply put_arr. rewrite (U i 0). auto. }
  f_equal. simpl. 
  assert (G : forall l, (forall i, In i l -> 0 <= i < n) ->
    map (fun q => (p ++ q, at_ (gen n e) q)) (flat_map (fun i => map (cons i) (indices s)) l) =
    flat_map (fun i => map (fun q => ((p ++ [i]) ++ q, at_ (e i) q)) (indices s)) l).
  { induction l as [|i l IH]; intros L; simpl; auto.
    rewrite map_app, IH by (intros; apply L; simpl; auto). f_equal. rewrite map_map. apply map_ext. intros q.
    rewrite <- app_assoc. simpl. f_equal. apply at_gen_in; auto. apply L. simpl. auto. }
  apply G. intros i. apply in_range.
Qed.
Theorem put_gen_lr : Rules.put_gen_lr.
Proof.
  red; intros p n e (s & S). rewrite put_gen_bag; [apply sle_refl| |]; intros; rewrite !S; congruence.
Qed.
Theorem put_gen_rl : Rules.put_gen_rl.
Proof.
  red; intros p n e (s & S). rewrite put_gen_bag; [apply sle_refl| |]; intros; rewrite !S; congruence.
Qed.
Theorem put_let_lr : Rules.put_let_lr. Proof. red; intros; apply sle_refl. Qed.
Theorem put_let_rl : Rules.put_let_rl. Proof. red; intros; apply sle_refl. Qed.

(** * psi.rules *)
Lemma psi_empty_eq {E} `{Elem E} (A : arr E) : psi [] A [=] A.
Proof. split; [rewrite shp_psi; destruct (shp A); reflexivity|intros; apply at_psi]. Qed.
Theorem psi_empty_lr : Rules.psi_empty_lr. Proof. forward @psi_empty_eq. Qed.
Theorem psi_empty_rl : Rules.psi_empty_rl. Proof. backward @psi_empty_eq. Qed.

Lemma skipn_skipn_ {T} a b (l : list T) : skipn b (skipn a l) = skipn (a + b) l.
Proof. revert l. induction a; intros [|x l]; simpl; auto. apply skipn_nil. Qed.
Lemma psi_psi_eq {E} `{Elem E} p q (A : arr E) : psi q (psi p A) [=] psi (p ++ q) A.
Proof.
  split.
  - rewrite !shp_psi, app_length. destruct (shp A) as [s|]; auto.
    destruct (Nat.leb_spec (length p) (length s)), (Nat.leb_spec (length p + length q) (length s));
      simpl; rewrite ?skipn_length; try lia; auto.
    + replace (_ <=? _)%nat with true; [now rewrite skipn_skipn_|]. symmetry. apply Nat.leb_le. lia.
    + replace (_ <=? _)%nat with false; auto. symmetry. apply Nat.leb_gt. lia.
  - intros r. rewrite !at_psi, app_assoc. reflexivity.
Qed.
Theorem psi_psi_lr : Rules.psi_psi_lr. Proof. forward @psi_psi_eq. Qed.
Theorem psi_psi_rl : Rules.psi_psi_rl. Proof. backward @psi_psi_eq. Qed.

Lemma psi_map1_eq p f A : psi p (map1 f A) [=] map1 f (psi p A).
Proof.
  split; [rewrite shp_map1, !shp_psi, shp_map1; reflexivity|].
  intros q. rewrite at_psi, !at_map1, at_psi. reflexivity.
Qed.
Theorem psi_map1_lr : Rules.psi_map1_lr. Proof. forward psi_map1_eq. Qed.
Theorem psi_map1_rl : Rules.psi_map1_rl. Proof. backward psi_map1_eq. Qed.

Lemma shp_psi_some {E} `{Elem E} p (A : arr E) s :
  shp A = Some s -> (length p <= length s)%nat -> shp (psi p A) = Some (skipn (length p) s).
Proof. intros S L. rewrite shp_psi, S. apply Nat.leb_le in L. rewrite L. reflexivity. Qed.
Lemma shp_psi_none {E} `{Elem E} p (A : arr E) s :
  shp A = Some s -> (length s < length p)%nat -> shp (psi p A) = None.
Proof. intros S L. rewrite shp_psi, S. apply Nat.leb_gt in L. rewrite L. reflexivity. Qed.

Lemma psi_map2_eq p f A B : same_shape A B -> psi p (map2 f A B) [=] map2 f (psi p A) (psi p B).
Proof.
  intros (s & SA & SB). destruct (map2_same f A B s SA SB) as [S At].
  destruct (Nat.le_gt_cases (length p) (length s)) as [L|L].
  - destruct (map2_same f (psi p A) (psi p B) _ (shp_psi_some p A s SA L) (shp_psi_some p B s SB L))
    as [S' At'].
    split; [rewrite S', (shp_psi_some p _ s); auto|].
    intros q. rewrite at_psi, At, At', !at_psi. reflexivity.
  - apply none_veq; [apply (shp_psi_none p _ s); auto|].
    rewrite shp_map2, (shp_psi_none p A s) by auto. destruct (shp (psi p B)) as [[]|]; reflexivity.
Qed.
Theorem psi_map2_lr : Rules.psi_map2_lr. Proof. forward psi_map2_eq. Qed.
Theorem psi_map2_rl : Rules.psi_map2_rl. Proof. backward psi_map2_eq. Qed.

Lemma has_rank_0 {E} (A : arr E) : has_rank A 0 -> shp A = Some [].
Proof. intros ([|] & f & -> & L); [reflexivity|discriminate]. Qed.
Lemma psi_scalar_left_eq p f A B : has_rank A 0 -> psi p (map2 f A B) [=] map2 f (psi [] A) (psi p B).
Proof.
  intros R. apply has_rank_0 in R.
  assert (R' : shp (psi [] A) = Some []) by (rewrite shp_psi, R; reflexivity).
  destruct (shp B) as [s|] eqn:SB.
  - destruct (map2_left f A B s R SB) as [S At].
    destruct (Nat.le_gt_cases (length p) (length s)) as [L|L].
    + destruct (map2_left f (psi [] A) (psi p B) _ R' (shp_psi_some p B s SB L)) as [S' At'].
      split; [rewrite S', (shp_psi_some p _ s); auto|].
      intros q. rewrite at_psi, At, At', !at_psi. reflexivity.
    + apply none_veq; [apply (shp_psi_none p _ s); auto|].
      rewrite shp_map2, R', (shp_psi_none p B s) by auto. reflexivity.
  - apply none_veq; [rewrite shp_psi, shp_map2, R, SB; reflexivity|].
    rewrite shp_map2, R', shp_psi, SB. reflexivity.
Qed.
Theorem psi_scalar_left_lr : Rules.psi_scalar_left_lr. Proof. forward psi_scalar_left_eq. Qed.
Theorem psi_scalar_left_rl : Rules.psi_scalar_left_rl. Proof. backward psi_scalar_left_eq. Qed.

Lemma psi_scalar_right_eq p f A B : has_rank B 0 -> psi p (map2 f A B) [=] map2 f (psi p A) (psi [] B).
Proof.
  intros R. apply has_rank_0 in R.
  assert (R' : shp (psi [] B) = Some []) by (rewrite shp_psi, R; reflexivity).
  destruct (shp A) as [s|] eqn:SA.
  - destruct (map2_right f A B s SA R) as [S At].
    destruct (Nat.le_gt_cases (length p) (length s)) as [L|L].
    + destruct (map2_right f (psi p A) (psi [] B) _ (shp_psi_some p A s SA L) R') as [S' At'].
      split; [rewrite S', (shp_psi_some p _ s); auto|].
      intros q. rewrite at_psi, At, At', !at_psi. reflexivity.
    + apply none_veq; [apply (shp_psi_none p _ s); auto|].
      rewrite shp_map2, R', (shp_psi_none p A s) by auto. reflexivity.
  - apply none_veq; [rewrite shp_psi, shp_map2, R, SA; reflexivity|].
    rewrite shp_map2, R', shp_psi, SA. reflexivity.
Qed.
Theorem psi_scalar_right_lr : Rules.psi_scalar_right_lr. Proof. forward psi_scalar_right_eq. Qed.
Theorem psi_scalar_right_rl : Rules.psi_scalar_right_rl. Proof. backward psi_scalar_right_eq. Qed.

(** Rows that hold left to right everywhere, right to left in range. *)
Lemma first_axis {E} `{Elem E} i j p (A B : arr E) n m s :
  shp A = Some (n :: s) -> shp B = Some (m :: s) ->
  (forall q, ele (at_ A (i :: p ++ q)) (at_ B (j :: p ++ q))) -> psi (i :: p) A [= psi (j :: p) B.
Proof.
  intros SA SB He. destruct (Nat.le_gt_cases (length p) (length s)) as [L|L].
  - right. split.
    + rewrite !shp_psi, SA, SB. simpl. reflexivity.
    + intros q. rewrite !at_psi. apply He.
  - left. assert (N : shp (psi (i :: p) A) = None) by (apply (shp_psi_none _ _ (n :: s)); simpl; auto; lia).
    destruct (psi (i :: p) A); [reflexivity|discriminate].
Qed.

(** The first axis of an operand whatever its rank is: a selection with a first element. *)
Lemma psi_cons_le {E} `{Elem E} i j p (A B : arr E) :
  (forall n s, shp A = Some (n :: s) -> exists m, shp B = Some (m :: s)) ->
  (forall q, ele (at_ A (i :: p ++ q)) (at_ B (j :: p ++ q))) -> psi (i :: p) A [= psi (j :: p) B.
Proof.
  intros S He. destruct (shp A) as [[|n s]|] eqn:SA.
  - left. assert (N : shp (psi (i :: p) A) = None) by (rewrite shp_psi, SA; reflexivity).
    destruct (psi (i :: p) A); [reflexivity|discriminate].
  - destruct (S n s eq_refl) as (m & SB). eapply first_axis; eauto.
  - left. destruct A; [reflexivity|discriminate].
Qed.
Lemma shp_take {E} `{Elem E} k (A : arr E) : 
  shp (take k A) = match shp A with Some (_ :: s) => Some (k :: s) | _ => None end.
Proof. destruct A as [|[|n s] f]; reflexivity. Qed.
Lemma shp_drop {E} `{Elem E} k (A : arr E) : 
  shp (drop k A) = match shp A with Some (n :: s) => Some (n - k :: s) | _ => None end.
Proof. destruct A as [|[|n s] f]; reflexivity. Qed.
Lemma shp_rev {E} `{Elem E} (A : arr E) : 
  shp (rev_ A) = match shp A with Some (n :: s) => Some (n :: s) | _ => None end.
Proof. destruct A as [|[|n s] f]; reflexivity. Qed.
Lemma shp_rot {E} `{Elem E} k (A : arr E) : 
  shp (rot k A) = match shp A with Some (n :: s) => Some (n :: s) | _ => None end.
Proof. destruct A as [|[|n s] f]; reflexivity. Qed.

Ltac first_extent H := intros n' s'; rewrite H; destruct (shp _) as [[|? ?]|]; try discriminate;
intros [= <- <-]; eauto.

Theorem psi_take_lr : Rules.psi_take_lr.
Proof.
  red; intros. apply psi_cons_le.
  - intros n' s'. rewrite shp_take. destruct (shp A) as [[|m s]|]; try discriminate. intros [= <- <-]. eauto.
  - intros q. rewrite at_take. destruct ((0 <=? i) && (i <? k)); [apply ele_refl|apply ele_fault].
Qed.
Theorem psi_take_rl : Rules.psi_take_rl.
Proof.
  red; intros. apply psi_cons_le.
  - intros n' s' S. rewrite shp_take, S. eauto.
  - intros q. rewrite at_take. replace ((0 <=? i) && (i <? k)) with true by lia. apply ele_refl.
Qed.
Theorem psi_drop_lr : Rules.psi_drop_lr.
Proof.
  red; intros. apply psi_cons_le.
  - intros n' s'. rewrite shp_drop. destruct (shp A) as [[|m s]|]; try discriminate. intros [= <- <-]. eauto.
  - intros q. rewrite at_drop. destruct (0 <=? i); [apply ele_refl|apply ele_fault].
Qed.
Theorem psi_drop_rl : Rules.psi_drop_rl.
Proof.
  red; intros. apply psi_cons_le.
  - intros n' s' S. rewrite shp_drop, S. eauto.
  - intros q. rewrite at_drop. replace (0 <=? i) with true by lia. apply ele_refl.
Qed.
Theorem psi_rev_lr : Rules.psi_rev_lr.
Proof.
  red; intros E HE i n p A X. destruct (has_extent_shp _ _ X) as (s & S). apply psi_cons_le.
  - intros n' s'. rewrite shp_rev, S. intros [= <- <-]. eauto.
  - intros q. rewrite (at_rev A n s) by auto. apply ele_refl.
Qed.
Theorem psi_rev_rl : Rules.psi_rev_rl.
Proof.
  red; intros E HE i n p A X Hi. destruct (has_extent_shp _ _ X) as (s & S). apply psi_cons_le.
  - intros n' s'. rewrite shp_rev, S. intros [= <- <-]. eauto.
  - intros q. rewrite (at_rev A n s) by auto. apply ele_refl.
Qed.
Theorem psi_rot_lr : Rules.psi_rot_lr.
Proof.
  red; intros E HE i k n p A X. destruct (has_extent_shp _ _ X) as (s & S). apply psi_cons_le.
  - intros n' s'. rewrite shp_rot, S. intros [= <- <-]. eauto.
  - intros q. rewrite (at_rot k A n s) by auto.
    destruct ((0 <=? i) && (i <? n)); [apply ele_refl|apply ele_fault].
Qed.
Theorem psi_rot_rl : Rules.psi_rot_rl.
Proof.
  red; intros E HE i k n p A X Hi. destruct (has_extent_shp _ _ X) as (s & S). apply psi_cons_le.
  - intros n' s'. rewrite shp_rot, S. intros [= <- <-]. eauto.
  - intros q. rewrite (at_rot k A n s) by auto. replace ((0 <=? i) && (i <? n)) with true by lia.
    apply ele_refl.
Qed.
Lemma shp_cat {E} `{Elem E} (A B : arr E) n m s :
  shp A = Some (n :: s) -> shp B = Some (m :: s) -> shp (cat A B) = Some (n + m :: s).
Proof.
  destruct A as [|t f]; simpl; [discriminate|]. intros [= ->].
  destruct B as [|u g]; simpl; [discriminate|]. intros [= ->].
  destruct (shape_eq s s); [reflexivity|contradiction].
Qed.
Lemma psi_cat_facts {E} `{Elem E} (A B : arr E) n : cat_fits A B -> has_extent A 0 n ->
  exists m s, shp A = Some (n :: s) /\ shp B = Some (m :: s) /\ shp (cat A B) = Some (n + m :: s) /\
  forall i p, at_ (cat A B) (i :: p) = if i <? n then at_ A (i :: p) else at_ B (i - n :: p).
Proof.
  intros (n' & m & s & SA & SB & Hn & Hm) X. destruct (has_extent_shp _ _ X) as (s' & S).
  rewrite S in SA. injection SA as -> ->. exists m, s. repeat split; auto.
  - apply shp_cat; auto.
  - intros. apply (at_cat A B n' m s); auto.
Qed.
Theorem psi_cat_lr : Rules.psi_cat_lr.
Proof.
  red; intros E HE i n p A B F X. destruct (psi_cat_facts A B n F X) as (m & s & SA & SB & SC & At).
  assert (G : forall j (C : arr E) k, shp C = Some (k :: s) ->
    (forall q, ele (at_ (cat A B) (i :: p ++ q)) (at_ C (j :: p ++ q))) ->
    psi (i :: p) (cat A B) [= psi (j :: p) C).
  { intros j C k S. apply first_axis with (n := n + m) (m := k) (s := s); auto. }
  simpl. destruct (i <? n) eqn:I; eapply G; eauto; intros q; rewrite At, I; apply ele_refl.
Qed.
Theorem psi_cat_rl : Rules.psi_cat_rl.
Proof.
  red; intros E HE i n p A B F X. destruct (psi_cat_facts A B n F X) as (m & s & SA & SB & SC & At).
  assert (G : forall j (C : arr E) k, shp C = Some (k :: s) ->
    (forall q, ele (at_ C (j :: p ++ q)) (at_ (cat A B) (i :: p ++ q))) ->
    psi (j :: p) C [= psi (i :: p) (cat A B)).
  { intros j C k S. apply first_axis with (n := k) (m := n + m) (s := s); auto. }
  simpl. destruct (i <? n) eqn:I; eapply G; eauto; intros q; rewrite At, I; apply ele_refl.
Qed.
Lemma psi_iota_at i n q : at_ (psi [i] (iota n)) q = if (0 <=? i) && (i <? n) then at_ (real i) q else Fault.
Proof.
  rewrite at_psi. simpl. destruct ((0 <=? i) && (i <? n)); simpl; auto.
Qed.
Theorem psi_iota_lr : Rules.psi_iota_lr.
Proof.
  red; intros. right. split; [reflexivity|]. intros q. rewrite psi_iota_at.
  destruct ((0 <=? i) && (i <? n)); [apply ele_refl|left; reflexivity].
Qed.
Theorem psi_iota_rl : Rules.psi_iota_rl.
Proof.
  red; intros. right. split; [reflexivity|]. intros q. rewrite psi_iota_at.
  replace ((0 <=? i) && (i <? n)) with true by lia. apply ele_refl.
Qed.
Theorem psi_let_lr : Rules.psi_let_lr. Proof. red; intros; apply vle_refl. Qed.
Theorem psi_let_rl : Rules.psi_let_rl. Proof. red; intros; apply vle_refl. Qed.
Theorem psi_if_lr : Rules.psi_if_lr. Proof. red; intros; destruct c; apply vle_refl. Qed.
Theorem psi_if_rl : Rules.psi_if_rl. Proof. red; intros; destruct c; apply vle_refl. Qed.

Lemma psi_gen_shp {E} `{Elem E} i n p (e : Z -> arr E) : (forall x y, shp (e x) = shp (e y)) ->
  shp (psi (i :: p) (gen n e)) = shp (psi p (e i)).
Proof.
  intros U. rewrite !shp_psi, shp_gen, (U i 0). destruct (shp (e 0)); reflexivity.
Qed.
Theorem psi_gen_lr : Rules.psi_gen_lr.
Proof.
  red; intros E HE i n p e U. assert (U0 := one_shape e U). right. split; [apply (psi_gen_shp i n p e U0)|].
  intros q. rewrite !at_psi. simpl. change (gen n (fun v => e v)) with (gen n e). rewrite at_gen by auto.
  destruct ((0 <=? i) && (i <? n)); [apply ele_refl|apply ele_fault].
Qed.
Theorem psi_gen_rl : Rules.psi_gen_rl.
Proof.
  red; intros E HE i n p e U Hi. assert (U0 := one_shape e U). right.
  split; [symmetry; apply (psi_gen_shp i n p e U0)|].
  intros q. rewrite !at_psi. simpl. change (gen n (fun v => e v)) with (gen n e). rewrite at_gen by auto.
  replace ((0 <=? i) && (i <? n)) with true by lia. apply ele_refl.
Qed.

(** ** Selections from reductions and products *)
Lemma num_out (A : arr num) p s : shp A = Some s -> inb p s = false -> at_ A p = Fault.
Proof. exact (at_out A p s). Qed.
Lemma operation_fault_r f x : operation (reduce f) x Fault = Fault. Proof. destruct f, x; reflexivity. Qed.
Lemma operation_fault_l f x : operation (reduce f) Fault x = Fault. Proof. destruct f, x; reflexivity. Qed.
Lemma fold_operation_fault f l : fold_left (operation (reduce f)) l Fault = Fault.
Proof. induction l; simpl; auto. rewrite operation_fault_l. auto. Qed.
Lemma fold_all_faults f l a : l <> [] -> (forall x, In x l -> x = Fault) ->
  fold_left (operation (reduce f)) l a = Fault.
Proof.
  destruct l as [|x l]; intros N H; [congruence|]. simpl. rewrite (H x) by (simpl; auto).
  rewrite operation_fault_r. apply fold_operation_fault.
Qed.
Lemma shp_redf f A n s : shp A = Some (n :: s) -> shp (redf f A) = Some s.
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma at_redf f A n s p : shp A = Some (n :: s) -> at_ (redf f A) p =
  if inb p s then fold_left (operation (reduce f)) (map (fun j => at_ A (j :: p)) (range n))
  (identity (reduce f) Fault)
  else Fault.
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma wrong_of {E} (A : arr E) : shp A = None -> A = Wrong.
Proof. destruct A; [reflexivity|discriminate]. Qed.
Lemma identity_any f x y : identity (reduce f) x = identity (reduce f) y.
Proof. destruct f; reflexivity. Qed.

Lemma psi_red_facts p f n A s : shp A = Some (n :: s) ->
  shp (psi p (redf f A)) = shp (red (reduce f) n (fun _ => true) (fun k => psi ([k] ++ p) A)) /\
  forall q u, shp (psi p (redf f A)) = Some u -> inb q u = true ->
  at_ (red (reduce f) n (fun _ => true) (fun k => psi ([k] ++ p) A)) q =
    fold_left (operation (reduce f)) (map (fun j => at_ A (j :: p ++ q)) (range n)) (identity (reduce f)
    Fault) /\
  at_ (psi p (redf f A)) q = if inb (p ++ q) s then
    fold_left (operation (reduce f)) (map (fun j => at_ A (j :: p ++ q)) (range n)) (identity (reduce f)
    Fault) else Fault.
Proof.
  intros S. assert (Sh : shp (psi p (redf f A)) = shp (psi ([0] ++ p) A)).
  { rewrite !shp_psi, S, (shp_redf f A n s S). reflexivity. }
  split; [rewrite shp_red; exact Sh|]. intros q u U I. split.
  - rewrite (at_red _ _ _ _ q u) by congruence. rewrite filter_all.
    rewrite (identity_any f _ Fault). f_equal. apply map_ext. intros k. rewrite at_psi. reflexivity.
  - rewrite at_psi, (at_redf f A n s) by auto. reflexivity.
Qed.
Theorem psi_red_lr : Rules.psi_red_lr.
Proof.
  red; intros p f n A X. destruct (has_extent_shp _ _ X) as (s & S).
  destruct (psi_red_facts p f n A s S) as [Sh At]. apply vle_intro; auto.
  intros q u U I. destruct (At q u U I) as [-> ->]. destruct (inb (p ++ q) s); [right|left]; reflexivity.
Qed.
Theorem psi_red_rl : Rules.psi_red_rl.
Proof.
  red; intros p f n A X Hn. destruct (has_extent_shp _ _ X) as (s & S).
  destruct (psi_red_facts p f n A s S) as [Sh At]. apply vle_intro; auto.
  intros q u U I. rewrite <- Sh in U. destruct (At q u U I) as [-> ->].
  destruct (inb (p ++ q) s) eqn:J; [right; reflexivity|]. left. apply fold_all_faults.
  - destruct (range_cons n Hn) as (l & ->). discriminate.
  - intros x Hx. apply in_map_iff in Hx as (j & <- & _). apply (num_out _ _ (n :: s)); auto.
    simpl. rewrite J, andb_false_r. reflexivity.
Qed.

Lemma inner_facts f g A B s n t : shp A = Some (s ++ [n]) -> shp B = Some (n :: t) ->
  shp (inner f g A B) = Some (s ++ t) /\
  forall p, at_ (inner f g A B) p = if inb p (s ++ t) then
    fold_left (operation (reduce f))
      (map (fun k => num2 g (at_ A (firstn (length s) p ++ [k])) (at_ B (k :: skipn (length s) p))) (range n))
      (identity (reduce f) Fault) else Fault.
Proof.
  destruct A as [|a fa]; [discriminate|]. simpl. intros [= ->].
  destruct B as [|b fb]; [discriminate|]. simpl. intros [= ->].
  rewrite rev_app_distr. simpl. rewrite Z.eqb_refl, rev_involutive, rev_length. split; [reflexivity|].
  intros p. rewrite at_arr. reflexivity.
Qed.
Lemma app_one {T} (a b : list T) x y : a ++ [x] = b ++ [y] -> a = b /\ x = y.
Proof. apply app_inj_tail. Qed.
Lemma psi_inner_facts p q f g n A B : has_rank A (length p + 1) -> has_last_extent A n -> inner_fits A B ->
  exists s t, length s = length p /\ shp A = Some (s ++ [n]) /\ shp B = Some (n :: t) /\
  shp (psi (p ++ q) (inner f g A B)) =
    shp (red (reduce f) n (fun _ => true) (fun k => map2 g (psi (p ++ [k]) A) (psi ([k] ++ q) B))) /\
  forall r u, shp (psi (p ++ q) (inner f g A B)) = Some u -> inb r u = true ->
  at_ (red (reduce f) n (fun _ => true) (fun k => map2 g (psi (p ++ [k]) A) (psi ([k] ++ q) B))) r =
    fold_left (operation (reduce f)) (map (fun k => num2 g (at_ A (p ++ [k])) (at_ B (k :: q ++ r)))
    (range n)) (identity (reduce f) Fault) /\
  at_ (psi (p ++ q) (inner f g A B)) r = if inb p s && inb (q ++ r) t then
    fold_left (operation (reduce f)) (map (fun k => num2 g (at_ A (p ++ [k])) (at_ B (k :: q ++ r)))
    (range n)) (identity (reduce f) Fault) else Fault.
Proof.
  intros (a & fa & -> & R) (a' & fa' & [= <- <-] & L) (s & n' & t & SA & SB).
  simpl in SA. injection SA as ->. rewrite rev_app_distr in L. simpl in L. injection L as ->.
  rewrite app_length in R. simpl in R. assert (Ls : length s = length p) by lia. clear R.
  set (A := Arr (s ++ [n]) fa). assert (SA : shp A = Some (s ++ [n])) by reflexivity.
  exists s, t. split; [auto|]. split; [reflexivity|]. split; [auto|].
  destruct (inner_facts f g A B s n t SA SB) as [Sh At].
  assert (Scalar : forall k, shp (psi (p ++ [k]) A) = Some []).
  { intros k. rewrite shp_psi, SA, !app_length. simpl. rewrite Ls, Nat.leb_refl.
    rewrite <- Ls. replace (length s + 1)%nat with (length (s ++ [n])) by (rewrite app_length; reflexivity).
    rewrite skipn_all. reflexivity. }
  assert (E0 : shp (psi (p ++ q) (inner f g A B)) = shp (psi ([0] ++ q) B)).
  { rewrite !shp_psi, Sh, SB, !app_length. simpl. rewrite Ls.
    replace (length p + length q <=? length p + length t)%nat with (length q <=? length t)%nat.
    - destruct (length q <=? length t)%nat; auto. f_equal. rewrite <- Ls, <- skipn_skipn_, skipn_app_exact.
      reflexivity.
    - destruct (Nat.leb_spec (length q) (length t)); symmetry; [apply Nat.leb_le|apply Nat.leb_gt]; lia. }
  assert (M : forall k, shp (map2 g (psi (p ++ [k]) A) (psi ([k] ++ q) B)) = shp (psi ([k] ++ q) B)).
  { intros k. rewrite shp_map2, Scalar. destruct (shp (psi ([k] ++ q) B)) as [[]|]; reflexivity. }
  split; [rewrite shp_red, M; exact E0|]. intros r u U I. split.
  - rewrite (at_red _ _ _ _ r u) by (rewrite ?M; congruence). rewrite filter_all, (identity_any f _ Fault).
    f_equal. apply map_ext. intros k.
    destruct (map2_left g (psi (p ++ [k]) A) (psi ([k] ++ q) B) u) as [_ Atk]; auto.
    { transitivity (shp (psi ([0] ++ q) B)); [rewrite !shp_psi; reflexivity|congruence]. }
    rewrite Atk, !at_psi, app_nil_r. reflexivity.
  - assert (In : inb (p ++ q ++ r) (s ++ t) = inb p s && inb (q ++ r) t).
    { rewrite inb_app, <- Ls, firstn_app_exact, skipn_app_exact. reflexivity. }
    rewrite at_psi, At, <- app_assoc, In. destruct (inb p s && inb (q ++ r) t); auto.
    f_equal. apply map_ext. intros k. rewrite Ls, firstn_app_exact, skipn_app_exact. reflexivity.
Qed.
Theorem psi_inner_lr : Rules.psi_inner_lr.
Proof.
  red; intros p q f g n A B F R X.
  destruct (psi_inner_facts p q f g n A B R X F) as (s & t & Ls & SA & SB & Sh & At).
  apply vle_intro; auto. intros r u U I. destruct (At r u U I) as [-> ->].
  destruct (inb p s && inb (q ++ r) t); [right|left]; reflexivity.
Qed.
Theorem psi_inner_rl : Rules.psi_inner_rl.
Proof.
  red; intros p q f g n A B F R X Hn.
  destruct (psi_inner_facts p q f g n A B R X F) as (s & t & Ls & SA & SB & Sh & At).
  apply vle_intro; auto. intros r u U I. rewrite <- Sh in U. destruct (At r u U I) as [-> ->].
  destruct (inb p s && inb (q ++ r) t) eqn:J; [right; reflexivity|]. left. apply fold_all_faults.
  - destruct (range_cons n Hn) as (l & ->). discriminate.
  - intros x Hx. apply in_map_iff in Hx as (k & <- & _). apply andb_false_iff in J as [J|J].
    + rewrite (num_out A _ (s ++ [n])); auto; [apply num2_fault_l|].
      rewrite inb_app, <- Ls, firstn_app_exact, J. reflexivity.
    + rewrite (num_out B _ (n :: t)); auto; [apply num2_fault_r|]. simpl. rewrite J, andb_false_r.
      reflexivity.
Qed.

Lemma outer_facts g A B s t : shp A = Some s -> shp B = Some t ->
  shp (outer g A B) = Some (s ++ t) /\
  forall p, at_ (outer g A B) p = if inb p (s ++ t) then
    num2 g (at_ A (firstn (length s) p)) (at_ B (skipn (length s) p)) else Fault.
Proof.
  destruct A as [|a fa]; [discriminate|]. simpl. intros [= ->].
  destruct B as [|b fb]; [discriminate|]. simpl. intros [= ->]. split; reflexivity.
Qed.
Lemma psi_outer_eq p q g A B : has_rank A (length p) ->
  psi (p ++ q) (outer g A B) [=] map2 g (psi p A) (psi q B).
Proof.
  intros (s & fa & -> & L). set (A := Arr s fa). assert (SA : shp A = Some s) by reflexivity.
  assert (SP : shp (psi p A) = Some []) by (rewrite shp_psi, SA, L, Nat.leb_refl, <- L, skipn_all;
  reflexivity).
  destruct (shp B) as [t|] eqn:SB.
  - destruct (outer_facts g A B s t SA SB) as [Sh At].
    assert (E0 : shp (psi (p ++ q) (outer g A B)) = shp (psi q B)).
    { rewrite !shp_psi, Sh, SB, !app_length, <- L.
      replace (length s + length q <=? length s + length t)%nat with (length q <=? length t)%nat.
      - destruct (length q <=? length t)%nat; auto. f_equal. rewrite <- skipn_skipn_, skipn_app_exact.
        reflexivity.
      - destruct (Nat.leb_spec (length q) (length t)); symmetry; [apply Nat.leb_le|apply Nat.leb_gt]; lia. }
    assert (E1 : shp (map2 g (psi p A) (psi q B)) = shp (psi q B)).
    { rewrite shp_map2, SP. destruct (shp (psi q B)) as [[]|]; reflexivity. }
    apply veq_intro; [congruence|]. intros r u U I.
    destruct (map2_left g (psi p A) (psi q B) u SP) as [_ Am]; [congruence|].
    assert (In : inb (p ++ q ++ r) (s ++ t) = inb p s && inb (q ++ r) t).
    { rewrite inb_app, <- L, firstn_app_exact, skipn_app_exact. reflexivity. }
    rewrite Am, !at_psi, At, app_nil_r, <- app_assoc, In, L, firstn_app_exact, skipn_app_exact.
    destruct (inb p s) eqn:J; simpl andb.
    + destruct (inb (q ++ r) t) eqn:K; auto. rewrite (num_out B (q ++ r) t SB K). symmetry.
      apply num2_fault_r.
    + rewrite (num_out A p s SA J). symmetry. apply num2_fault_l.
  - apply none_veq.
    + destruct B; [|discriminate]. reflexivity.
    + rewrite shp_map2, SP, shp_psi, SB. reflexivity.
Qed.
Theorem psi_outer_lr : Rules.psi_outer_lr. Proof. forward psi_outer_eq. Qed.
Theorem psi_outer_rl : Rules.psi_outer_rl. Proof. backward psi_outer_eq. Qed.

Lemma psi_red_body_le {E} `{Elem E} p (f : reduction E) n g (x : Z -> arr E) :
  psi p (red f n g x) [= red f n g (fun j => psi p (x j)).
Proof.
  assert (Sh : shp (psi p (red f n g x)) = shp (red f n g (fun j => psi p (x j)))).
  { rewrite shp_psi, !shp_red, shp_psi. reflexivity. }
  apply vle_intro; auto. intros q u U I. rewrite at_psi.
  destruct (shp (x 0)) as [s|] eqn:S.
  - rewrite Sh, shp_red in U. rewrite (at_red f n g (fun j => psi p (x j)) q u) by auto.
    destruct (inb (p ++ q) s) eqn:J.
    + rewrite (at_red f n g x (p ++ q) s) by auto. rewrite at_psi.
      erewrite map_ext; [apply ele_refl|]. intros j. simpl. rewrite at_psi. reflexivity.
    + rewrite (at_out _ _ s); [apply ele_fault| |auto]. rewrite shp_red. auto.
  - rewrite at_none; [apply ele_fault|]. rewrite shp_red. auto.
Qed.
Theorem psi_red_body_lr : Rules.psi_red_body_lr. Proof. red; intros; apply psi_red_body_le. Qed.
Theorem psi_red_body_pairs_lr : Rules.psi_red_body_pairs_lr. Proof. red; intros; apply psi_red_body_le. Qed.
Theorem psi_red_body_states_lr : Rules.psi_red_body_states_lr. Proof. red; intros; apply psi_red_body_le. Qed.
Theorem psi_red_body_rl : Rules.psi_red_body_rl. Proof. red; intros; lia. Qed.
Theorem psi_red_body_pairs_rl : Rules.psi_red_body_pairs_rl. Proof. red; intros; lia. Qed.
Theorem psi_red_body_states_rl : Rules.psi_red_body_states_rl. Proof. red; intros; lia. Qed.

(** ** Transpose *)
Lemma nth_map {T U} (f : T -> U) l k d d' : (k < length l)%nat -> nth k (map f l) d = f (nth k l d').
Proof. revert k. induction l; intros [|k]; simpl; intros L; try lia; auto. apply IHl. lia. Qed.
Lemma position_nth t j : In j t -> nth (position j t) t O = j /\ (position j t < length t)%nat.
Proof.
  induction t as [|k t IH]; simpl; [tauto|]. intros H. destruct (Nat.eqb_spec j k) as [->|N].
  - split; [reflexivity|lia].
  - destruct H as [->|H]; [congruence|]. destruct (IH H) as [E L]. split; [exact E|lia].
Qed.
Lemma nth_position t k : NoDup t -> (k < length t)%nat -> position (nth k t O) t = k.
Proof.
  revert k. induction t as [|j t IH]; simpl; intros k D L; [lia|]. inversion D; subst.
  destruct k as [|k]; [rewrite Nat.eqb_refl; reflexivity|].
  destruct (Nat.eqb_spec (nth k t O) j) as [E|N].
  - exfalso. apply H1. rewrite <- E. apply nth_In. lia.
  - f_equal. apply IH; auto. lia.
Qed.
Lemma permutation_facts t : is_permutation t = true ->
  NoDup t /\ (forall j, (j < length t)%nat -> In j t) /\ (forall k, (k < length t)%nat ->
  (nth k t O < length t)%nat).
Proof.
  unfold is_permutation. rewrite andb_true_iff, !forallb_forall. intros [Sur Bnd].
  assert (S : forall j, (j < length t)%nat -> In j t).
  { intros j Hj. specialize (Sur j). rewrite in_seq in Sur. specialize (Sur ltac:(lia)).
    apply existsb_exists in Sur as (k & K & E). apply Nat.eqb_eq in E. subst. auto. }
  split; [|split; auto].
  - apply (@NoDup_incl_NoDup nat (seq 0 (length t)) t); [apply seq_NoDup|rewrite seq_length; lia|].
    intros j Hj. apply in_seq in Hj. apply S. lia.
  - intros k Hk. apply Nat.ltb_lt, Bnd, nth_In. auto.
Qed.
Lemma tran_bounds t s p : is_permutation t = true -> length t = length s -> length p = length t ->
  inb p (map (fun j => nth (position j t) s 0) (seq 0 (length t))) = inb (permute t p) s.
Proof.
  intros P Ls Lp. destruct (permutation_facts t P) as (D & S & B).
  assert (N : forall k, (k < length t)%nat ->
    nth k (map (fun j => nth (position j t) s 0) (seq 0 (length t))) 0 = nth (position k t) s 0).
  { intros k Hk. rewrite (nth_map _ _ k 0 O) by (rewrite seq_length; auto). rewrite seq_nth by auto.
    reflexivity. }
  assert (M : forall k, (k < length t)%nat -> nth k (permute t p) 0 = nth (nth k t O) p 0).
  { intros k Hk. unfold permute. apply (nth_map (fun k => nth k p 0)). auto. }
  apply eq_true_iff_eq. rewrite !inb_spec. unfold permute at 1 2. rewrite !map_length, seq_length.
  split; intros [_ H]; (split; [lia|]); intros k Hk.
  - rewrite M by lia. specialize (H (nth k t O)). rewrite N in H by (apply B; lia).
    rewrite nth_position in H by (auto; lia). apply H. rewrite Lp. apply B. lia.
  - destruct (position_nth t k) as [E L]; [apply S; lia|].
    rewrite N by lia. specialize (H (position k t) ltac:(lia)). rewrite M, E in H by lia. exact H.
Qed.
Lemma shp_psi_full {E} `{Elem E} p (A : arr E) s : shp A = Some s -> length p = length s ->
  shp (psi p A) = Some [].
Proof. intros S L. rewrite shp_psi, S, L, Nat.leb_refl, skipn_all. reflexivity. Qed.
Lemma psi_tran_eq {E} `{Elem E} p t (A : arr E) : tran_fits t A -> has_rank A (length p) ->
  psi p (tran t A) [=] psi (permute t p) A.
Proof.
  intros (P & s & SA & Lt) (s' & f & -> & R). simpl in SA. injection SA as ->.
  assert (ST : shp (tran t (Arr s f)) = Some (map (fun j => nth (position j t) s 0) (seq 0 (length t)))).
  { simpl. rewrite P, Lt, Nat.eqb_refl. reflexivity. }
  assert (At : forall q, at_ (tran t (Arr s f)) q =
    if inb q (map (fun j => nth (position j t) s 0) (seq 0 (length t))) then at_ (Arr s f) (permute t q)
    else fault).
  { intros q. simpl. rewrite P, Lt, Nat.eqb_refl. reflexivity. }
  assert (S1 : shp (psi p (tran t (Arr s f))) = Some []).
  { apply (shp_psi_full _ _ _ ST). rewrite map_length, seq_length. lia. }
  apply veq_intro.
  - rewrite S1. symmetry. apply (shp_psi_full _ _ s); auto. unfold permute. rewrite map_length. auto.
  - intros q u U I. rewrite S1 in U. injection U as <-. destruct q; [|discriminate].
    rewrite !at_psi, !app_nil_r, At, tran_bounds by (auto; lia).
    simpl. destruct (inb (permute t p) s); reflexivity.
Qed.
Theorem psi_tran_lr : Rules.psi_tran_lr. Proof. forward @psi_tran_eq. Qed.
Theorem psi_tran_rl : Rules.psi_tran_rl. Proof. backward @psi_tran_eq. Qed.

(** ** Reshape: Horner's form is the offset, its digits are the index *)
Lemma horner_offset u p : length p = length u -> horner u p = offset u p.
Proof.
  assert (G : forall u p F, length p = length u ->
    fold_left (fun F ni => F * fst ni + snd ni) (combine u p) F = F * size u + offset u p).
  { induction u0 as [|n u0 IH]; destruct p0 as [|i p0]; simpl; intros F L; try discriminate; [lia|].
    rewrite IH by lia. ring. }
  destruct u as [|n u], p as [|i p]; intros L; try discriminate L; [reflexivity|]. apply G. simpl in L. lia.
Qed.
Lemma size_app s t : size (s ++ t) = size s * size t.
Proof. induction s as [|n s IH]; simpl; [destruct (size t); reflexivity|]. rewrite IH. ring. Qed.
Lemma size_pos s : (forall n, In n s -> 0 < n) -> 0 < size s.
Proof. induction s as [|n s IH]; simpl; intros P; [lia|]. apply Z.mul_pos_pos; auto. Qed.
Lemma index_at_app s n F : s <> [] -> (forall m, In m (s ++ [n]) -> 0 < m) ->
  index_at (s ++ [n]) F = index_at s (F / n) ++ [F mod n].
Proof.
  revert F. induction s as [|m s IH]; intros F N P; [congruence|].
  assert (Pn : 0 < n) by (apply P, in_or_app; right; simpl; auto).
  assert (Ps : 0 < size s) by (apply size_pos; intros; apply P; simpl; right; apply in_or_app; auto).
  simpl. rewrite size_app. simpl. rewrite Z.mul_1_r.
  assert (D : F / (size s * n) = F / n / size s) by (rewrite Z.mul_comm, Z.div_div by lia; reflexivity).
  assert (R : F mod (size s * n) = F mod n + n * ((F / n) mod size s)).
  { rewrite Z.mul_comm. apply Z.rem_mul_r; lia. }
  f_equal; [exact D|]. pose proof (Z.mod_pos_bound F n Pn).
  destruct s as [|k s].
  - cbn [app index_at size]. rewrite Z.div_1_r, Z.mul_1_l. reflexivity.
  - rewrite IH; [|discriminate|intros; apply P; simpl; auto]. rewrite R. f_equal.
    + f_equal. rewrite (Z.mul_comm n), Z.div_add, Z.div_small by lia. reflexivity.
    + f_equal. rewrite (Z.mul_comm n), Z.mod_add, Z.mod_mod by lia. reflexivity.
Qed.
Lemma digits_index s F : (forall n, In n s -> 0 < n) -> rev (digits (rev s) F) = index_at s F.
Proof.
  revert F. induction s as [|n s IH] using rev_ind; intros F P; [reflexivity|].
  rewrite rev_app_distr. simpl. destruct s as [|m s].
  - simpl. rewrite Z.div_1_r. reflexivity.
  - rewrite index_at_app by (auto; discriminate). rewrite <- IH by (intros; apply P, in_or_app; auto).
    destruct (rev (m :: s)) eqn:Rv; [|reflexivity].
    exfalso. apply (f_equal (@length Z)) in Rv. rewrite rev_length in Rv. discriminate.
Qed.
Lemma inb_positive p s : inb p s = true -> forall n, In n s -> 0 < n.
Proof.
  revert s. induction p as [|i p IH]; destruct s as [|m s]; simpl; intros H n; try tauto; try discriminate.
  apply andb_prop in H as [H Hs]. intros [<-|I]; [lia|]. eapply IH; eauto.
Qed.
Lemma index_at_length s F : length (index_at s F) = length s.
Proof. revert F. induction s; simpl; auto. Qed.
Lemma digits_length s F : length (digits s F) = length s.
Proof. revert F. induction s as [|n [|m s] IH]; intros F; [reflexivity|reflexivity|]. simpl. f_equal.
  apply (IH (F / n)). Qed.
Theorem psi_reshape_lr : Rules.psi_reshape_lr.
Proof.
  red; intros E HE p u A L. destruct A as [|s f]; [apply vle_wrong|].
  unfold reshape. destruct (size u =? size s) eqn:Z0; [|apply vle_wrong].
  assert (Lu : length (unravel (Arr s f) u p) = length s).
  { unfold unravel. rewrite rev_length, digits_length, rev_length. reflexivity. }
  right. split.
  - rewrite !shp_psi. simpl shp. rewrite L, Lu, !Nat.leb_refl, !skipn_all. reflexivity.
  - intros q. rewrite !at_psi. rewrite at_arr. destruct (inb (p ++ q) u) eqn:I; [|apply ele_fault].
    assert (q = []) as ->.
    { apply inb_length in I. rewrite app_length in I. destruct q; [reflexivity|simpl in I; lia]. }
    rewrite !app_nil_r in *. simpl. destruct (inb (index_at s (offset u p)) s) eqn:J; [|apply ele_fault].
    rewrite digits_index by (eapply inb_positive; eauto). rewrite horner_offset by auto. rewrite J.
    apply ele_refl.
Qed.
Theorem psi_reshape_rl : Rules.psi_reshape_rl. Proof. red; intros; lia. Qed.

(** ** The rank operator *)
Lemma shp_psi_length {E} `{Elem E} p q (A : arr E) : length p = length q -> shp (psi p A) = shp (psi q A).
Proof. intros L. rewrite !shp_psi, L. reflexivity. Qed.
(** What the frame index p leaves of an array of cells is the cell at p. *)
Lemma cell_le {E} `{Elem E} (cell : list Z -> arr E) frame t p q :
  length frame = length p -> shp (cell p) = Some t ->
  psi (p ++ q) (Arr (frame ++ t) (fun i => at_ (cell (firstn (length p) i)) (skipn (length p) i)))
  [= psi q (cell p).
Proof.
  intros L S. right. split.
  - rewrite !shp_psi, S. simpl shp. rewrite !app_length, L.
    replace (length p + length q <=? length p + length t)%nat with (length q <=? length t)%nat.
    + destruct (length q <=? length t)%nat; auto. f_equal. rewrite <- L, <- skipn_skipn_, skipn_app_exact.
      reflexivity.
    + destruct (Nat.leb_spec (length q) (length t)); symmetry; [apply Nat.leb_le|apply Nat.leb_gt]; lia.
  - intros r. rewrite !at_psi, at_arr. destruct (inb ((p ++ q) ++ r) (frame ++ t)); [|apply ele_fault].
    rewrite <- app_assoc, firstn_app_exact, skipn_app_exact. apply ele_refl.
Qed.
Lemma omega_arr {E G} `{Elem E} `{Elem G} k (b : arr E -> arr G) s f r : (length s = r + k)%nat ->
  omega k b (Arr s f) =
  match b (psi (repeat 0 r) (Arr s f)) with
  | Wrong => Wrong
  | Arr t _ => Arr (firstn r s ++ t) (fun p => at_ (b (psi (firstn r p) (Arr s f))) (skipn r p))
  end.
Proof.
  intros L. unfold omega. replace (k <=? length s)%nat with true by (symmetry; apply Nat.leb_le; lia).
  replace (length s - k)%nat with r by lia. reflexivity.
Qed.
Theorem psi_omega_lr : Rules.psi_omega_lr.
Proof.
  red; unfold share; intros E HE F HF p q k b A T M (s & f & -> & R).
  change (fun x => b x) with b. rewrite (omega_arr k b s f (length p) R).
  assert (Sh : shp (b (psi (repeat 0 (length p)) (Arr s f))) = shp (b (psi p (Arr s f)))).
  { apply T, shp_psi_length, repeat_length. }
  destruct (b (psi (repeat 0 (length p)) (Arr s f))) as [|t ft]; [apply vle_wrong|].
  apply (cell_le (fun i => b (psi i (Arr s f)))); auto. rewrite firstn_length. lia.
Qed.
Theorem psi_omega_rl : Rules.psi_omega_rl. Proof. red; unfold share; intros; lia. Qed.

Lemma psi_omega2_le {E F G} `{Elem E} `{Elem F} `{Elem G} a b (e : arr E -> arr F ->
  arr G) A B frame pa pb q :
  (forall x0 x1 y0 y1, shp x0 = shp y0 -> shp x1 = shp y1 -> shp (e x0 x1) = shp (e y0 y1)) ->
  has_rank A (length pa + a) -> has_rank B (length pb + b) ->
  frame = (if (length pb <=? length pa)%nat then pa else pb) ->
  pa = skipn (length frame - length pa) frame -> pb = skipn (length frame - length pb) frame ->
  psi (frame ++ q) (omega2 a b e A B) [= psi q (e (psi pa A) (psi pb B)).
Proof.
  intros T (s & f & -> & RA) (t & g & -> & RB) HF HA HB. unfold omega2.
  replace (length s - a)%nat with (length pa) by lia. replace (length t - b)%nat with (length pb) by lia.
  set (fr := if (length pb <=? length pa)%nat then firstn (length pa) s else firstn (length pb) t).
  assert (Lf : length fr = length frame).
  { unfold fr. rewrite HF. destruct (length pb <=? length pa)%nat; rewrite firstn_length; lia. }
  cbv zeta. rewrite Lf. destruct (_ && _ && _); [|apply vle_wrong].
  assert (Sh : shp (e (psi (repeat 0 (length pa)) (Arr s f)) (psi (repeat 0 (length pb)) (Arr t g))) =
               shp (e (psi pa (Arr s f)) (psi pb (Arr t g)))).
  { apply T; apply shp_psi_length, repeat_length. }
  destruct (e (psi (repeat 0 (length pa)) (Arr s f)) (psi (repeat 0 (length pb)) (Arr t g))) as [|u fu];
  [apply vle_wrong|].
  pose proof (cell_le (fun i => e (psi (skipn (length frame - length pa) i) (Arr s f))
                                 (psi (skipn (length frame - length pb) i) (Arr t g))) fr u frame q Lf) as C.
  cbv beta in C. rewrite <- HA, <- HB in C. apply C. auto.
Qed.
Theorem psi_omega2_left_lr : Rules.psi_omega2_left_lr.
Proof.
  red; unfold share; intros E HE F HF G HG f p q a b e A B T M RA RB. rewrite app_assoc.
  apply (psi_omega2_le a b e A B (f ++ p) (f ++ p) p q); auto.
  - rewrite app_length. auto.
  - rewrite app_length. replace (_ <=? _)%nat with true; auto. symmetry. apply Nat.leb_le. lia.
  - rewrite Nat.sub_diag. reflexivity.
  - rewrite app_length. replace (length f + length p - length p)%nat with (length f) by lia. symmetry.
    apply skipn_app_exact.
Qed.
Theorem psi_omega2_left_rl : Rules.psi_omega2_left_rl. Proof. red; unfold share; intros; lia. Qed.
Theorem psi_omega2_right_lr : Rules.psi_omega2_right_lr.
Proof.
  red; unfold share; intros E HE F HF G HG f p q a b e A B T M RA RB. rewrite app_assoc.
  apply (psi_omega2_le a b e A B (f ++ p) p (f ++ p) q); auto.
  - rewrite app_length. auto.
  - rewrite app_length. destruct f as [|z f].
    + simpl. rewrite Nat.leb_refl. reflexivity.
    + replace (_ <=? _)%nat with false; auto. symmetry. apply Nat.leb_gt. simpl. lia.
  - rewrite app_length. replace (length f + length p - length p)%nat with (length f) by lia. symmetry.
    apply skipn_app_exact.
  - rewrite Nat.sub_diag. reflexivity.
Qed.
Theorem psi_omega2_right_rl : Rules.psi_omega2_right_rl. Proof. red; unfold share; intros; lia. Qed.

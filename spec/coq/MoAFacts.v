(* MoAFacts.v: shape and elements of every operator of MoA.v, as equations.

   Idea. `shp` and `at_` of an operator, stated without premises where possible (what is out of
   bounds has no value on both sides), so that a rule of psi-reduction is rewriting with them.
   Nothing here can be wrong without Coq's being wrong; it states no more than it proves. *)
From Coq Require Import Reals ZArith List Bool Lia Permutation.
Import ListNotations.
Require Import MoA.
Local Open Scope Z_scope.

(** * Lists and bounds *)
Lemma inb_length p s : inb p s = true -> length p = length s.
Proof.
  revert s; induction p as [|i p IH]; destruct s as [|n s]; simpl; try discriminate; auto.
  intros H. apply andb_prop in H as [_ H]. f_equal. auto.
Qed.
Lemma inb_app p q s :
  inb (p ++ q) s = inb p (firstn (length p) s) && inb q (skipn (length p) s).
Proof.
  revert s; induction p as [|i p IH]; intros s; simpl; [reflexivity|].
  destruct s as [|n s]; [reflexivity|]. rewrite IH, andb_assoc. reflexivity.
Qed.
Lemma inb_spec p s :
  inb p s = true <-> length p = length s /\ forall k, (k < length p)%nat -> 0 <= nth k p 0 < nth k s 0.
Proof.
  revert s; induction p as [|i p IH]; destruct s as [|n s]; simpl.
  - split; auto. intros _. split; [reflexivity|]. intros k Hk. lia.
  - split; [discriminate|]. intros [C _]. discriminate.
  - split; [discriminate|]. intros [C _]. discriminate.
  - rewrite !andb_true_iff, IH, Z.leb_le, Z.ltb_lt. split.
    + intros ((Ha & Hb) & Hl & H). split; [lia|]. intros [|k] Hk; [lia|]. apply H. lia.
    + intros (Hl & H). pose proof (H O ltac:(lia)) as H0. simpl in H0.
      split; [lia|]. split; [lia|]. intros k Hk. apply (H (S k)). lia.
Qed.
Lemma skipn_app_exact {T} (a b : list T) : skipn (length a) (a ++ b) = b.
Proof. rewrite skipn_app, skipn_all, Nat.sub_diag. reflexivity. Qed.
Lemma firstn_app_exact {T} (a b : list T) : firstn (length a) (a ++ b) = a.
Proof. rewrite firstn_app, Nat.sub_diag, firstn_all. simpl. apply app_nil_r. Qed.

Lemma in_range n i : In i (range n) <-> 0 <= i < n.
Proof.
  unfold range. rewrite in_map_iff. split.
  - intros (k & <- & Hk). apply in_seq in Hk. lia.
  - intros H. exists (Z.to_nat i). split; [lia|]. apply in_seq. lia.
Qed.
Lemma range_empty n : n <= 0 -> range n = [].
Proof. intros. unfold range. replace (Z.to_nat n) with O by lia. reflexivity. Qed.
Lemma range_succ n : 0 <= n -> range (n + 1) = range n ++ [n].
Proof.
  intros. unfold range. replace (Z.to_nat (n + 1)) with (S (Z.to_nat n)) by lia.
  rewrite seq_S, map_app. simpl. do 2 f_equal. lia.
Qed.
Lemma range_add a b : 0 <= a -> 0 <= b -> range (a + b) = range a ++ map (fun t => a + t) (range b).
Proof.
  intros Ha Hb. unfold range. rewrite Z2Nat.inj_add, seq_app, map_app by lia. f_equal.
  rewrite map_map. simpl.
  assert (G : forall m z, map Z.of_nat (seq (Z.to_nat a + z) m) = map (fun k => a + Z.of_nat k) (seq z m)).
  { induction m as [|m IH]; intros z; simpl; [reflexivity|]. f_equal; [lia|].
    replace (S (Z.to_nat a + z)) with (Z.to_nat a + S z)%nat by lia. apply IH. }
  rewrite <- G, Nat.add_0_r. reflexivity.
Qed.
Lemma range_one : range 1 = [0].
Proof. reflexivity. Qed.

Lemma any_true n g : any n g = true <-> exists j, 0 <= j < n /\ g j = true.
Proof.
  unfold any. rewrite existsb_exists. split; intros (j & Hj & Hg); exists j; rewrite in_range in *; auto.
Qed.

(** * Refinement *)
Definition veq {E} `{Elem E} (A B : arr E) : Prop := shp A = shp B /\ forall p, at_ A p = at_ B p.
Infix "[=]" := veq (at level 70).

Section Order.
Context {E : Type} `{Elem E}.
Lemma veq_refl (A : arr E) : A [=] A. Proof. split; auto. Qed.
Lemma veq_sym (A B : arr E) : A [=] B -> B [=] A. Proof. intros []; split; auto. Qed.
Lemma veq_trans (A B C : arr E) : A [=] B -> B [=] C -> A [=] C.
Proof. intros [] []; split; intros; etransitivity; eauto. Qed.
Lemma veq_le (A B : arr E) : A [=] B -> A [= B.
Proof. intros [Hs He]. right. split; auto. intros. rewrite He. apply ele_refl. Qed.
Lemma veq_ge (A B : arr E) : A [=] B -> B [= A.
Proof. intros. apply veq_le, veq_sym; auto. Qed.
Lemma at_out (A : arr E) p s : shp A = Some s -> inb p s = false -> at_ A p = fault.
Proof. destruct A; simpl; [discriminate|]. intros [= ->] ->. reflexivity. Qed.
Lemma at_none (A : arr E) p : shp A = None -> at_ A p = fault.
Proof. destruct A; simpl; [reflexivity|discriminate]. Qed.
(** Refinement is shown at indices in bounds. *)
Lemma vle_intro (A B : arr E) :
  shp A = shp B -> (forall p s, shp A = Some s -> inb p s = true -> ele (at_ A p) (at_ B p)) -> A [= B.
Proof.
  intros Hs He. right. split; auto. intros p. destruct (shp A) as [s|] eqn:HA.
  - destruct (inb p s) eqn:Hp; [eauto|]. rewrite (at_out A p s); auto. apply ele_fault.
  - rewrite at_none; auto. apply ele_fault.
Qed.
Lemma veq_intro (A B : arr E) :
  shp A = shp B -> (forall p s, shp A = Some s -> inb p s = true -> at_ A p = at_ B p) -> A [=] B.
Proof.
  intros Hs He. split; auto. intros p. destruct (shp A) as [s|] eqn:HA.
  - destruct (inb p s) eqn:Hp; [eauto|]. rewrite !(at_out _ p s); auto.
  - rewrite !at_none; auto.
Qed.
Lemma vle_at (A B : arr E) p : A [= B -> ele (at_ A p) (at_ B p).
Proof. intros [->|[_ He]]; [apply ele_fault|apply He]. Qed.
Lemma vle_shp (A B : arr E) s : A [= B -> shp A = Some s -> shp B = Some s.
Proof. intros [->|[Hs _]]; [discriminate|congruence]. Qed.
Lemma shp_arr s (f : list Z -> E) : shp (Arr s f) = Some s. Proof. reflexivity. Qed.
Lemma at_arr s (f : list Z -> E) p : at_ (Arr s f) p = if inb p s then f p else fault.
Proof. reflexivity. Qed.
End Order.

(** * Structure *)
Section Structure.
Context {E : Type} `{Elem E}.
Lemma shp_psi p (A : arr E) :
  shp (psi p A) = match shp A with
                  | Some s => if (length p <=? length s)%nat then Some (skipn (length p) s) else None
                  | None => None
                  end.
Proof. destruct A as [|s f]; simpl; auto. destruct (_ <=? _)%nat; auto. Qed.
Lemma at_psi p (A : arr E) q : at_ (psi p A) q = at_ A (p ++ q).
Proof.
  destruct A as [|s f]; [reflexivity|]. simpl. destruct (_ <=? _)%nat eqn:L.
  - rewrite at_arr. destruct (inb q _) eqn:Q; simpl; auto.
    rewrite inb_app, Q, andb_false_r. reflexivity.
  - simpl. destruct (inb (p ++ q) s) eqn:I; auto. apply inb_length in I.
    rewrite app_length in I. apply Nat.leb_gt in L. lia.
Qed.

Lemma shp_gen n (e : Z -> arr E) : shp (gen n e) = option_map (cons n) (shp (e 0)).
Proof. unfold gen. destruct (e 0); reflexivity. Qed.
Lemma at_gen n (e : Z -> arr E) i q :
  (forall x y, shp (e x) = shp (e y)) ->
  at_ (gen n e) (i :: q) = if (0 <=? i) && (i <? n) then at_ (e i) q else fault.
Proof.
  intros U. specialize (U i 0). unfold gen. destruct (e 0) as [|s f] eqn:E0.
  - rewrite (at_none (e i)) by exact U. destruct (_ && _); reflexivity.
  - rewrite at_arr. simpl. destruct ((0 <=? i) && (i <? n)); simpl; auto. destruct (inb q s) eqn:Q; auto.
    symmetry. apply (at_out _ _ s); auto.
Qed.
Lemma at_gen_in n (e : Z -> arr E) i q :
  (forall x y, shp (e x) = shp (e y)) -> 0 <= i < n -> at_ (gen n e) (i :: q) = at_ (e i) q.
Proof. intros U I. rewrite at_gen by auto. replace (_ && _) with true; auto. symmetry. lia. Qed.

Lemma at_take k (A : arr E) i p :
  at_ (take k A) (i :: p) = if (0 <=? i) && (i <? k) then at_ A (i :: p) else fault.
Proof.
  destruct A as [|[|n s] f]; simpl; try (destruct (_ && _); reflexivity).
  destruct ((0 <=? i) && (i <? k)) eqn:I; simpl; auto. destruct (inb p s) eqn:Q; auto. rewrite andb_false_r.
  reflexivity.
Qed.
Lemma at_drop k (A : arr E) i p :
  at_ (drop k A) (i :: p) = if 0 <=? i then at_ A (i + k :: p) else fault.
Proof.
  destruct A as [|[|n s] f]; simpl; try (destruct (_ <=? _); reflexivity).
  destruct (0 <=? i) eqn:I; simpl; auto. destruct (i <? n - k) eqn:J; simpl.
  - destruct (inb p s) eqn:Q; auto. rewrite andb_false_r. reflexivity.
  - replace (i + k <? n) with false; [|lia]. rewrite andb_false_r. reflexivity.
Qed.
Lemma at_rev (A : arr E) n s i p :
  shp A = Some (n :: s) -> at_ (rev_ A) (i :: p) = at_ A (n - 1 - i :: p).
Proof.
  destruct A as [|t f]; simpl; [discriminate|]. intros [= ->]. simpl.
  replace ((0 <=? i) && (i <? n)) with ((0 <=? n - 1 - i) && (n - 1 - i <? n)) by lia.
  destruct ((0 <=? n - 1 - i) && (n - 1 - i <? n)); simpl; auto. destruct (inb p s) eqn:Q; auto.
Qed.
Lemma at_rot k (A : arr E) n s i p :
  shp A = Some (n :: s) ->
  at_ (rot k A) (i :: p) = if (0 <=? i) && (i <? n) then at_ A ((i + k) mod n :: p) else fault.
Proof.
  destruct A as [|t f]; simpl; [discriminate|]. intros [= ->]. simpl.
  destruct ((0 <=? i) && (i <? n)) eqn:I; simpl; auto. destruct (inb p s) eqn:Q; auto. rewrite andb_false_r.
  reflexivity.
Qed.
Lemma at_cat (A B : arr E) n m s i p :
  shp A = Some (n :: s) -> shp B = Some (m :: s) -> 0 <= n -> 0 <= m ->
  at_ (cat A B) (i :: p) = if i <? n then at_ A (i :: p) else at_ B (i - n :: p).
Proof.
  destruct A as [|t f]; simpl; [discriminate|]. intros [= ->].
  destruct B as [|u g]; simpl; [discriminate|]. intros [= ->] Hn Hm.
  destruct (shape_eq s s) as [_|]; [|contradiction]. simpl.
  destruct (i <? n) eqn:I; simpl.
  - replace (i <? n + m) with true by lia. rewrite !andb_true_r.
    destruct (0 <=? i); simpl; auto. destruct (inb p s); auto.
  - replace ((0 <=? i - n) && (i - n <? m)) with ((0 <=? i) && (i <? n + m)) by lia.
    destruct ((0 <=? i) && (i <? n + m)); simpl; auto. destruct (inb p s); auto.
Qed.

(** ** Choice *)
Lemma shp_ifzero z (x y : arr E) s : shp x = Some s -> shp y = Some s -> shp (ifzero z x y) = Some s.
Proof.
  destruct x, y; try discriminate. intros [= ->] [= ->]. unfold ifzero. destruct (shape_eq s s); [reflexivity|contradiction].
Qed.
Lemma at_ifzero z (x y : arr E) s p : shp x = Some s -> shp y = Some s -> inb p s = true ->
  at_ (ifzero z x y) p = match at_ z [] with Num r => if Req_EM_T r 0 then at_ x p else at_ y p | _ => fault end.
Proof.
  destruct x as [|u f], y as [|t g]; try discriminate. intros [= ->] [= ->] I. unfold ifzero.
  destruct (shape_eq s s); [|contradiction]. rewrite at_arr, I. destruct (at_ z []) as [| | |r]; auto.
  destruct (Req_EM_T r 0); reflexivity.
Qed.

Lemma shp_map1 f (A : arr num) : shp (map1 f A) = shp A.
Proof. destruct A; reflexivity. Qed.
Lemma at_map1 f (A : arr num) p : at_ (map1 f A) p = num1 f (at_ A p).
Proof.
  destruct A as [|s g]; simpl; [destruct f; reflexivity|].
  destruct (inb p s) eqn:I; simpl; rewrite ?I; auto. destruct f; reflexivity.
Qed.
Lemma num2_fault_l f x : num2 f Fault x = Fault. Proof. destruct f, x; reflexivity. Qed.
Lemma num2_fault_r f x : num2 f x Fault = Fault. Proof. destruct f, x; reflexivity. Qed.

Lemma map2_same f (A B : arr num) s : shp A = Some s -> shp B = Some s ->
  shp (map2 f A B) = Some s /\ forall p, at_ (map2 f A B) p = num2 f (at_ A p) (at_ B p).
Proof.
  destruct A as [|t g], B as [|u h]; simpl; try discriminate. intros [= ->] [= ->].
  unfold map2, lift2. destruct (shape_eq s s) as [_|]; [|contradiction].
  split; [reflexivity|]. intros p. simpl. destruct (inb p s) eqn:I; simpl; rewrite ?I; auto.
  symmetry. apply num2_fault_l.
Qed.
Lemma map2_left f (A B : arr num) s : shp A = Some [] -> shp B = Some s ->
  shp (map2 f A B) = Some s /\ forall p, at_ (map2 f A B) p = num2 f (at_ A []) (at_ B p).
Proof.
  intros HA HB. destruct s as [|n s].
  - destruct (map2_same f A B [] HA HB) as [Hs He]. split; auto. intros p. rewrite He.
    destruct p; auto. destruct A as [|t g], B as [|u h]; try discriminate.
    simpl in *. injection HA as ->. injection HB as ->. simpl. rewrite !num2_fault_r. reflexivity.
  - destruct A as [|t g], B as [|u h]; simpl in *; try discriminate.
    injection HA as ->. injection HB as ->. unfold map2, lift2.
    destruct (shape_eq [] (n :: s)) as [C|_]; [discriminate|].
    split; [reflexivity|]. intros p. simpl. destruct p as [|i p]; [rewrite num2_fault_r; reflexivity|].
    destruct ((0 <=? i) && (i <? n) && inb p s) eqn:I; simpl; rewrite ?I; auto. rewrite num2_fault_r.
    reflexivity.
Qed.
Lemma map2_right f (A B : arr num) s : shp A = Some s -> shp B = Some [] ->
  shp (map2 f A B) = Some s /\ forall p, at_ (map2 f A B) p = num2 f (at_ A p) (at_ B []).
Proof.
  intros HA HB. destruct s as [|n s].
  - destruct (map2_same f A B [] HA HB) as [Hs He]. split; auto. intros p. rewrite He.
    destruct p; auto. destruct A as [|t g], B as [|u h]; try discriminate.
    simpl in *. injection HA as ->. injection HB as ->. simpl. rewrite !num2_fault_l. reflexivity.
  - destruct A as [|t g], B as [|u h]; simpl in *; try discriminate.
    injection HA as ->. injection HB as ->. unfold map2, lift2.
    destruct (shape_eq (n :: s) []) as [C|_]; [discriminate|].
    split; [reflexivity|]. intros p. simpl. destruct p as [|i p]; [rewrite num2_fault_l; reflexivity|].
    destruct ((0 <=? i) && (i <? n) && inb p s) eqn:I; simpl; rewrite ?I; auto. rewrite num2_fault_l.
    reflexivity.
Qed.

Lemma shp_red (f : reduction E) n g x : shp (red f n g x) = shp (x 0).
Proof. unfold red. destruct (x 0); reflexivity. Qed.
Lemma at_red (f : reduction E) n g x p s : shp (x 0) = Some s -> inb p s = true ->
  at_ (red f n g x) p =
  fold_left (operation f) (map (fun j => at_ (x j) p) (filter g (range n))) (identity f (at_ (x 0) p)).
Proof. unfold red. destruct (x 0) eqn:X; [discriminate|]. intros [= ->] I. rewrite at_arr, I. reflexivity.
  Qed.
End Structure.

(** * Scalar extension *)
Definition sjoin (s t : option (list Z)) : option (list Z) :=
  match s, t with
  | Some [], t => t
  | s, Some [] => s
  | Some s, Some t => if shape_eq s t then Some s else None
  | _, _ => None
  end.
(** What index p of the result of a pointwise operator reads of an operand. *)
Definition pick (A : arr num) (p : list Z) : num :=
  match shp A with Some [] => at_ A [] | _ => at_ A p end.

Ltac decide_shapes :=
  repeat match goal with
  | |- context [shape_eq ?s ?t] => destruct (shape_eq s t)
  | H : context [shape_eq ?s ?t] |- _ => destruct (shape_eq s t)
  end.

Lemma sjoin_comm s t : sjoin s t = sjoin t s.
Proof. destruct s as [[|n s]|], t as [[|m t]|]; simpl; auto; decide_shapes; congruence. Qed.
Lemma sjoin_assoc s t u : sjoin (sjoin s t) u = sjoin s (sjoin t u).
Proof.
  destruct s as [[|n s]|], t as [[|m t]|], u as [[|k u]|]; simpl; auto; decide_shapes; simpl;
    decide_shapes; try congruence.
Qed.
Lemma shp_map2 f A B : shp (map2 f A B) = sjoin (shp A) (shp B).
Proof.
  destruct A as [|[|n s] g], B as [|[|m t] h]; simpl; auto; unfold map2, lift2; decide_shapes;
    simpl; try congruence.
Qed.
Lemma pick_map2 f A B p u :
  shp (map2 f A B) = Some u -> u = [] \/ inb p u = true ->
  pick (map2 f A B) p = num2 f (pick A p) (pick B p).
Proof.
  intros S P. rewrite shp_map2 in S. unfold pick. rewrite shp_map2, S.
  destruct (shp A) as [s|] eqn:HA; [|destruct (shp B) as [[|? ?]|]; discriminate].
  destruct (shp B) as [t|] eqn:HB; [|destruct s; discriminate].
  destruct s as [|n s].
  - injection S as ->. destruct (map2_left f A B u HA HB) as [_ E].
    destruct u; rewrite !E; reflexivity.
  - destruct t as [|m t]; simpl in S.
    + injection S as <-. destruct (map2_right f A B _ HA HB) as [_ E]. rewrite !E. reflexivity.
    + decide_shapes; [|discriminate]. injection S as <-. rewrite <- e in HB.
      destruct (map2_same f A B _ HA HB) as [_ E]. rewrite !E. reflexivity.
Qed.
Lemma at_pick A p u : shp A = Some u -> inb p u = true -> at_ A p = pick A p.
Proof.
  intros S P. unfold pick. rewrite S. destruct u; auto. destruct p; [auto|discriminate].
Qed.
(** Two pointwise terms of one shape are equal if their elements are. *)
Lemma pointwise (A B : arr num) :
  shp A = shp B -> (forall p u, shp A = Some u -> inb p u = true -> pick A p = pick B p) -> A [=] B.
Proof.
  intros S P. apply veq_intro; auto. intros p u U I.
  rewrite (at_pick A p u), (at_pick B p u) by congruence. eauto.
Qed.
Lemma none_veq {E} `{Elem E} (A B : arr E) : shp A = None -> shp B = None -> A [=] B.
Proof. destruct A, B; simpl; try discriminate. intros. split; auto. Qed.

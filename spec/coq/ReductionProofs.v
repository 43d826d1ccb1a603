(* ReductionProofs.v: splitting reductions.

   Idea. Addition of numbers with `Fault`, `Bot` and `Top` has no identity for all of them: Bot + 0
   has no value. But everything that the operation has made is left alone by its identity, and so is
   the identity: that is enough for a reduction to be that of its blocks (`total_flat_map`). Tuples
   are taken apart into components on which the operation acts as such a monoid (`view`). *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs LoopProofs.
Require Rules.
Local Open Scope Z_scope.

(** * Reductions *)
(** ** Folds of an operation that is a monoid on what it makes *)
Section Monoid.
Context {T : Type} (op : T -> T -> T) (e : T).
Hypothesis assoc : forall a b c, op (op a b) c = op a (op b c).
Hypothesis unit_unit : op e e = e.
Hypothesis made : forall a b, op (op a b) e = op a b.
Definition total (l : list T) : T := fold_left op l e.
Lemma fold_made l a : op a e = a -> op (fold_left op l a) e = fold_left op l a.
Proof. revert a. induction l as [|x l IH]; simpl; auto. Qed.
Lemma total_made l : op (total l) e = total l.
Proof. apply fold_made, unit_unit. Qed.
Lemma fold_total l a : op a e = a -> fold_left op l a = op a (total l).
Proof.
  intros M. unfold total. induction l as [|x l IH] using rev_ind; simpl; auto.
  rewrite !fold_left_app. simpl. rewrite IH, assoc. reflexivity.
Qed.
Lemma total_app l m : total (l ++ m) = op (total l) (total m).
Proof. unfold total at 1. rewrite fold_left_app. apply fold_total, total_made. Qed.
Lemma total_last l x : total (l ++ [x]) = op (total l) x.
Proof. unfold total. rewrite fold_left_app. reflexivity. Qed.
Lemma total_flat_map {U} (h : U -> list T) l : total (flat_map h l) = total (map (fun u => total (h u)) l).
Proof.
  induction l as [|u l IH] using rev_ind; [reflexivity|].
  rewrite flat_map_app, map_app, total_app, IH. simpl. rewrite app_nil_r, total_last. reflexivity.
Qed.
Lemma total_one l : total [total l] = total l.
Proof. unfold total at 1. simpl. pose proof (total_app l []) as A. rewrite app_nil_r in A.
  rewrite <- (app_nil_l l) at 1. rewrite total_app. unfold total at 1. simpl.
  rewrite <- assoc, unit_unit. rewrite <- (app_nil_l l) at 2. rewrite total_app. reflexivity. Qed.
End Monoid.

(** ** Numbers *)
Lemma nadd_assoc a b c : nadd (nadd a b) c = nadd a (nadd b c).
Proof. destruct a, b, c; simpl; auto. f_equal. ring. Qed.
Lemma nadd_comm a b : nadd a b = nadd b a.
Proof. destruct a, b; simpl; auto. f_equal. ring. Qed.
Lemma nmul_assoc a b c : nmul (nmul a b) c = nmul a (nmul b c).
Proof. destruct a, b, c; simpl; auto. f_equal. ring. Qed.
Lemma nmul_add_l a b c : nmul (nadd a b) c = nadd (nmul a c) (nmul b c).
Proof. destruct a, b, c; simpl; auto. f_equal. ring. Qed.
Lemma nmax_assoc a b c : nmax (nmax a b) c = nmax a (nmax b c).
Proof. destruct a, b, c; simpl; auto. f_equal. symmetry. apply Rmax_assoc. Qed.
Lemma nmax_comm a b : nmax a b = nmax b a.
Proof. destruct a, b; simpl; auto. f_equal. apply Rmax_comm. Qed.
Lemma nmin_assoc a b c : nmin (nmin a b) c = nmin a (nmin b c).
Proof. destruct a, b, c; simpl; auto. f_equal. symmetry. apply Rmin_assoc. Qed.

Lemma reduce_assoc f a b c :
  operation (reduce f) (operation (reduce f) a b) c = operation (reduce f) a (operation (reduce f) b c).
Proof. destruct f; [apply nadd_assoc|apply nmul_assoc|apply nmax_assoc|apply nmin_assoc]. Qed.
Lemma reduce_unit f : operation (reduce f) (identity (reduce f) Fault) (identity (reduce f) Fault) =
  identity (reduce f) Fault.
Proof. destruct f; simpl; auto; f_equal; ring. Qed.
Lemma reduce_made f a b :
  operation (reduce f) (operation (reduce f) a b) (identity (reduce f) Fault) = operation (reduce f) a b.
Proof. destruct f, a, b; simpl; auto; f_equal; ring. Qed.

(** Softmax states, one column: (maximum, sum of weights, weighted value). *)
Definition column := (num * num * num)%type.
Definition nmerge (s t : column) : column :=
  let '(m, z, o) := s in let '(m', z', o') := t in
  let M := nmax m m' in let a := nexpsub m M in let b := nexpsub m' M in
  (M, nadd (nmul z a) (nmul z' b), nadd (nmul o a) (nmul o' b)).
Definition nempty : column := (Bot, Num 0, Num 0).

(** exp(a - b) exp(b - c) = exp(a - c) where b and c are maxima over what a is in. *)
Lemma expsub_chain a b c : nmul (nexpsub a (nmax a b)) (nexpsub (nmax a b) (nmax (nmax a b) c)) =
  nexpsub a (nmax (nmax a b) c).
Proof.
  destruct a as [| | |a], b as [| | |b], c as [| | |c]; simpl; auto; try (f_equal; ring);
    f_equal; rewrite <- exp_plus; f_equal; ring.
Qed.
Lemma merge_component m1 m2 m3 z1 z2 z3 :
  let M12 := nmax m1 m2 in let M23 := nmax m2 m3 in let M := nmax M12 m3 in
  nadd (nmul (nadd (nmul z1 (nexpsub m1 M12)) (nmul z2 (nexpsub m2 M12))) (nexpsub M12 M))
  (nmul z3 (nexpsub m3 M)) =
  nadd (nmul z1 (nexpsub m1 M)) (nmul (nadd (nmul z2 (nexpsub m2 M23)) (nmul z3 (nexpsub m3 M23)))
  (nexpsub M23 M)).
Proof.
  cbv zeta. rewrite !nmul_add_l, !nmul_assoc, nadd_assoc.
  rewrite expsub_chain. rewrite (nmax_comm m1 m2), expsub_chain.
  rewrite (nmax_comm m2 m1). rewrite (nmax_assoc m1 m2 m3), (nmax_comm m1 (nmax m2 m3)),
  (expsub_chain m2 m3 m1).
  rewrite (nmax_comm m2 m3), (expsub_chain m3 m2 m1). reflexivity.
Qed.
Lemma nmerge_assoc a b c : nmerge (nmerge a b) c = nmerge a (nmerge b c).
Proof.
  destruct a as [[m1 z1] o1], b as [[m2 z2] o2], c as [[m3 z3] o3]. unfold nmerge.
  rewrite <- (nmax_assoc m1 m2 m3). f_equal; [f_equal; auto|]; apply merge_component.
Qed.
Lemma nmerge_unit : nmerge nempty nempty = nempty.
Proof. unfold nmerge, nempty. simpl. repeat f_equal; ring. Qed.
Lemma made_component m1 m2 z1 z2 :
  nadd (nmul (nadd (nmul z1 (nexpsub m1 (nmax m1 m2))) (nmul z2 (nexpsub m2 (nmax m1 m2))))
  (nexpsub (nmax m1 m2) (nmax (nmax m1 m2) Bot)))
       (nmul (Num 0) (nexpsub Bot (nmax (nmax m1 m2) Bot))) =
  nadd (nmul z1 (nexpsub m1 (nmax m1 m2))) (nmul z2 (nexpsub m2 (nmax m1 m2))).
Proof.
  destruct m1 as [| | |a], m2 as [| | |b], z1, z2; simpl; auto; f_equal;
    rewrite ?Rminus_eq_0, ?exp_0; ring_simplify; auto.
Qed.
Lemma nmerge_made a b : nmerge (nmerge a b) nempty = nmerge a b.
Proof.
  destruct a as [[m1 z1] o1], b as [[m2 z2] o2]. unfold nmerge, nempty.
  f_equal; [f_equal|]; [|apply made_component|apply made_component].
  destruct m1, m2; reflexivity.
Qed.

(** ** Views: what a reduction does to each component of an element *)
(** An element of kind `wf` is known from its components `proj q`; the reduction acts on each of them
    as a monoid on what it makes. *)
Record view {E} `{Elem E} (R : reduction E) := {
  T : Type; op : T -> T -> T; unit : T; Q : Type;
  wf : E -> Prop; proj : Q -> E -> T;
  assoc : forall a b c, op (op a b) c = op a (op b c);
  unit_unit : op unit unit = unit;
  made : forall a b, op (op a b) unit = op a b;
  wf_operation : forall a b, wf a -> wf b -> wf (operation R a b);
  wf_identity : forall a, wf a -> wf (identity R a);
  proj_operation : forall q a b, wf a -> wf b -> proj q (operation R a b) = op (proj q a) (proj q b);
  proj_identity : forall q a, wf a -> proj q (identity R a) = unit;
  ext : forall a b, wf a -> wf b -> (forall q, proj q a = proj q b) -> ele a b
}.
Arguments T {E _ R}. Arguments op {E _ R}. Arguments unit {E _ R}. Arguments Q {E _ R}.
Arguments wf {E _ R}. Arguments proj {E _ R}. Arguments ext {E _ R}. Arguments assoc {E _ R}.
Arguments unit_unit {E _ R}. Arguments made {E _ R}. Arguments wf_operation {E _ R}.
Arguments wf_identity {E _ R}.
Arguments proj_operation {E _ R}. Arguments proj_identity {E _ R}.

Definition numbers (f : redop) : view (reduce f).
Proof.
  refine {| T := num; op := operation (reduce f); unit := identity (reduce f) Fault; Q := Datatypes.unit;
            wf := fun _ => True; proj := fun _ x => x |}; auto.
  - apply reduce_assoc. - apply reduce_unit. - apply reduce_made.
  - intros. apply identity_any.
  - intros a b _ _ H. rewrite (H tt). apply ele_refl.
Defined.

(** *** Pairs *)
Definition is_pair (s t : list Z) (e : arr num * arr num) : Prop := shp (fst e) = Some s /\ shp (snd e) =
  Some t.
Definition index_of (s : list Z) := {p : list Z | inb p s = true}.
Lemma le_at (A B : arr num) s : shp A = Some s -> shp B = Some s ->
  (forall p, inb p s = true -> at_ A p = at_ B p) -> A [= B.
Proof.
  intros SA SB H. apply vle_intro; [congruence|]. intros p u U I. rewrite SA in U. injection U as <-.
  right. auto.
Qed.
Lemma shp_like v A s : shp A = Some s -> shp (like v A) = Some s.
Proof. destruct A; simpl; [discriminate|auto]. Qed.
Lemma at_like v A s p : shp A = Some s -> inb p s = true -> at_ (like v A) p = v.
Proof. destruct A; simpl; [discriminate|]. intros [= ->] ->. reflexivity. Qed.
Definition pairs (s t : list Z) : view add_pairs.
Proof.
  refine {| T := num; op := nadd; unit := Num 0; Q := index_of s + index_of t; wf := is_pair s t;
            proj := fun q e => match q with
                               | inl p => at_ (fst e) (proj1_sig p) | inr p => at_ (snd e) (proj1_sig p)
                               end |}.
  - apply nadd_assoc.
  - exact (reduce_unit RAdd).
  - exact (reduce_made RAdd).
  - intros a b [A1 A2] [B1 B2]. split; simpl.
    + apply (map2_same Add _ _ s); auto.
    + apply (map2_same Add _ _ t); auto.
  - intros a [A1 A2]. split; simpl; apply shp_like; auto.
  - intros [p|p] a b [A1 A2] [B1 B2]; simpl.
    + apply (map2_same Add _ _ s); auto.
    + apply (map2_same Add _ _ t); auto.
  - intros [[p I]|[p I]] a [A1 A2]; simpl; eapply at_like; eauto.
  - intros a b [A1 A2] [B1 B2] H. split.
    + apply (le_at _ _ s); auto. intros p I. apply (H (inl (exist _ p I))).
    + apply (le_at _ _ t); auto. intros p I. apply (H (inr (exist _ p I))).
Defined.

(** *** States *)
Definition is_state (s : list Z) (e : state) : Prop :=
  shp (fst (fst e)) = Some [] /\ shp (snd (fst e)) = Some [] /\ shp (snd e) = Some s.
(** One column of a state; without a column, the sum of weights in its place. *)
Definition column_of {s} (q : option (index_of s)) (e : state) : column :=
  (at_ (fst (fst e)) [], at_ (snd (fst e)) [],
   match q with Some p => at_ (snd e) (proj1_sig p) | None => at_ (snd (fst e)) [] end).

Lemma merge_facts s a b : is_state s a -> is_state s b ->
  is_state s (merge a b) /\ forall q : option (index_of s),
  column_of q (merge a b) = nmerge (column_of q a) (column_of q b).
Proof.
  destruct a as [[m z] o], b as [[m' z'] o']. intros (Hm & Hz & Ho) (Hm' & Hz' & Ho'). simpl in *.
  destruct (map2_same Max m m' [] Hm Hm') as [SM AM].
  destruct (map2_same Expsub m (map2 Max m m') [] Hm SM) as [Sa Aa].
  destruct (map2_same Expsub m' (map2 Max m m') [] Hm' SM) as [Sb Ab].
  destruct (map2_same Mul z _ [] Hz Sa) as [Sza Aza]. destruct (map2_same Mul z' _ [] Hz' Sb) as [Szb Azb].
  destruct (map2_same Add _ _ [] Sza Szb) as [Sz Az].
  destruct (map2_right Mul o _ s Ho Sa) as [Soa Aoa]. destruct (map2_right Mul o' _ s Ho' Sb) as [Sob Aob].
  destruct (map2_same Add _ _ s Soa Sob) as [So Ao].
  split; [repeat split; auto|]. intros q. unfold column_of, nmerge. simpl.
  rewrite Az, Aza, Azb, Aa, Ab, AM. destruct q as [[p I]|]; simpl; [|reflexivity].
  rewrite Ao, Aoa, Aob, Aa, Ab, AM. reflexivity.
Qed.
Definition states_view (s : list Z) : view states.
Proof.
  refine {| T := column; op := nmerge; unit := nempty; Q := option (index_of s); wf := is_state s;
  proj := column_of |}.
  - apply nmerge_assoc.
  - apply nmerge_unit.
  - apply nmerge_made.
  - intros a b Ha Hb. apply (merge_facts s a b); auto.
  - intros a (Hm & Hz & Ho). repeat split; simpl; apply shp_like; auto.
  - intros q a b Ha Hb. apply (merge_facts s a b); auto.
  - intros q a (Hm & Hz & Ho). unfold column_of, nempty. simpl.
    rewrite (at_like Bot _ [] []), (at_like (Num 0) _ [] []) by auto.
    destruct q as [[p I]|]; simpl; [rewrite (at_like _ _ s p) by auto|]; reflexivity.
  - intros a b (Am & Az & Ao) (Bm & Bz & Bo) H. pose proof (H None) as H0. unfold column_of in H0.
    injection H0 as Em Ez _.
    repeat split.
    + apply (le_at _ _ []); auto. intros [|] I; [auto|discriminate].
    + apply (le_at _ _ []); auto. intros [|] I; [auto|discriminate].
    + apply (le_at _ _ s); auto. intros p I. pose proof (H (Some (exist _ p I))) as Hp.
      unfold column_of in Hp. injection Hp as _ _ Ep. exact Ep.
Defined.

(** ** What a reduction makes *)
Section Red.
Context {E : Type} `{Elem E} {R : reduction E} (V : view R).
(** Every element of x j is of the kind that V knows. *)
Definition known (s : list Z) (x : Z -> arr E) : Prop :=
  (forall j, shp (x j) = Some s) /\ forall j p, inb p s = true -> wf V (at_ (x j) p).

Lemma fold_wf l a : wf V a -> (forall b, In b l -> wf V b) -> wf V (fold_left (operation R) l a).
Proof. revert a. induction l as [|b l IH]; simpl; intros a Wa Wl; auto. apply IH; auto.
  apply wf_operation; auto. Qed.
Lemma fold_view l a q : wf V a -> (forall b, In b l -> wf V b) ->
  proj V q (fold_left (operation R) l a) = fold_left (op V) (map (proj V q) l) (proj V q a).
Proof.
  revert a. induction l as [|b l IH]; simpl; intros a Wa Wl; auto.
  rewrite IH, proj_operation; auto. apply wf_operation; auto.
Qed.
Lemma red_wf n g x s p : known s x -> inb p s = true -> wf V (at_ (red R n g x) p).
Proof.
  intros [S W] I. rewrite (at_red R n g x p s) by auto. apply fold_wf; [apply wf_identity; auto|].
  intros b Hb. apply in_map_iff in Hb as (j & <- & _). auto.
Qed.
Definition sum_of (l : list (T V)) : T V := total (op V) (unit V) l.
Lemma red_proj n g x s p q : known s x -> inb p s = true ->
  proj V q (at_ (red R n g x) p) = sum_of (map (fun j => proj V q (at_ (x j) p)) (filter g (range n))).
Proof.
  intros [S W] I. rewrite (at_red R n g x p s) by auto. rewrite fold_view, proj_identity, map_map; auto.
  - apply wf_identity; auto.
  - intros b Hb. apply in_map_iff in Hb as (j & <- & _). auto.
Qed.
Lemma red_known n g x s : (forall J, known s (x J)) -> known s (fun J => red R (n J) (g J) (x J)).
Proof.
  intros K. split; [intros J; rewrite shp_red; apply K|]. intros J p I. apply (red_wf _ _ _ s); auto.
Qed.
(** Arrays of known elements refine each other where the components agree. *)
Lemma view_le A B s : shp A = Some s -> shp B = Some s ->
  (forall p, inb p s = true -> wf V (at_ A p) /\ wf V (at_ B p) /\ forall q,
  proj V q (at_ A p) = proj V q (at_ B p)) ->
  A [= B.
Proof.
  intros SA SB H0. apply vle_intro; [congruence|]. intros p u U I. rewrite SA in U. injection U as <-.
  destruct (H0 p I) as (Wa & Wb & P). apply (ext V); auto.
Qed.

(** *** Splitting a range *)
Lemma filter_filter {U} (f g : U -> bool) l : filter g (filter f l) = filter (fun x => f x && g x) l.
Proof. induction l as [|x l IH]; simpl; auto. destruct (f x); simpl; [destruct (g x)|]; congruence. Qed.
Lemma filter_flat_map {U W} (g : W -> bool) (h : U ->
  list W) l : filter g (flat_map h l) = flat_map (fun u => filter g (h u)) l.
Proof. induction l as [|u l IH]; simpl; auto. rewrite filter_app, IH. reflexivity. Qed.
Lemma filter_map {U W} (g : W -> bool) (h : U ->
  W) l : filter g (map h l) = map h (filter (fun u => g (h u)) l).
Proof. induction l as [|u l IH]; simpl; auto. destruct (g (h u)); simpl; congruence. Qed.
Lemma map_flat_map {U W X} (f : W -> X) (h : U ->
  list W) l : map f (flat_map h l) = flat_map (fun u => map f (h u)) l.
Proof. induction l as [|u l IH]; simpl; auto. rewrite map_app, IH. reflexivity. Qed.

(** A reduction over blocks of a range, whatever the guards inside of the blocks are, is the reduction over
    the indices that they let through. *)
Lemma blocks_both c B g g' n x s : known s x ->
  filter g (range n) = flat_map (fun J => map (fun t => J * B + t) (filter (g' J) (range B))) (range c) ->
  red R n g x [= red R c (fun _ => true) (fun J => red R B (g' J) (fun t => x (J * B + t))) /\
  red R c (fun _ => true) (fun J => red R B (g' J) (fun t => x (J * B + t))) [= red R n g x.
Proof.
  intros K F.
  assert (Kt : forall J, known s (fun t => x (J * B + t))) by (intros J; split; intros; apply K; auto).
  pose proof (red_known (fun _ => B) g' (fun J t => x (J * B + t)) s Kt) as KJ. cbv beta in KJ.
  assert (P : forall p q, inb p s = true -> proj V q (at_ (red R n g x) p) =
    proj V q (at_ (red R c (fun _ => true) (fun J => red R B (g' J) (fun t => x (J * B + t)))) p)).
  { intros p q I. rewrite (red_proj n g x s) by auto.
    rewrite (red_proj c _ (fun J => red R B (g' J) (fun t => x (J * B + t))) s) by auto.
    rewrite F, filter_all, map_flat_map. unfold sum_of.
    rewrite (total_flat_map _ _ (assoc V) (unit_unit V) (made V)). f_equal. apply map_ext. intros J.
    rewrite (red_proj B (g' J) (fun t => x (J * B + t)) s) by auto. rewrite map_map. reflexivity. }
  assert (S1 : shp (red R n g x) = Some s) by (rewrite shp_red; apply K).
  assert (S2 : shp (red R c (fun _ => true) (fun J => red R B (g' J) (fun t => x (J * B + t)))) = Some s)
    by (rewrite shp_red; apply KJ).
  split; apply (view_le _ _ s); auto; intros p I; (split; [|split]).
  1, 5: apply (red_wf _ _ _ s); auto.
  1, 3: apply (red_wf _ _ _ s); auto.
  - intros q. apply P. auto.
  - intros q. symmetry. apply P. auto.
Qed.
Lemma split_both n B g x s : known s x -> 1 <= B ->
  red R n g x [= red R ((n + (B - 1)) / B) (fun _ => true) (fun J => red R B (fun t => (J * B + t <? n) &&
  g (J * B + t)) (fun t => x (J * B + t))) /\
  red R ((n + (B - 1)) / B) (fun _ => true) (fun J => red R B (fun t => (J * B + t <? n) &&
  g (J * B + t)) (fun t => x (J * B + t))) [= red R n g x.
Proof.
  intros K HB. apply (blocks_both _ B g (fun J t => (J * B + t <? n) && g (J * B + t)) n x s K).
  rewrite <- (range_split n B) by auto. rewrite filter_filter, filter_flat_map.
  apply flat_map_ext_in. intros J _. apply filter_map.
Qed.
Lemma split_even_both n c B g x s : known s x -> 1 <= B -> n = c * B ->
  red R n g x [= red R c (fun _ => true) (fun J => red R B (fun t => g (J * B + t)) (fun t => x (J * B + t)))
  /\
  red R c (fun _ => true) (fun J => red R B (fun t => g (J * B + t)) (fun t => x (J * B + t))) [= red R n g x.
Proof.
  intros K HB ->. apply (blocks_both _ B g (fun J t => g (J * B + t)) (c * B) x s K).
  rewrite <- range_blocks, filter_flat_map by lia. apply flat_map_ext_in. intros J _. apply filter_map.
Qed.
Lemma whole_both n g x s : known s x ->
  red R n g x [= red R 1 (fun _ => true) (fun J => red R n g x) /\
  red R 1 (fun _ => true) (fun J => red R n g x) [= red R n g x.
Proof.
  intros K. pose proof (red_known (fun _ => n) (fun _ => g) (fun _ => x) s (fun _ => K)) as KJ.
  cbv beta in KJ.
  assert (P : forall p q, inb p s = true -> proj V q (at_ (red R n g x) p) =
    proj V q (at_ (red R 1 (fun _ => true) (fun _ => red R n g x)) p)).
  { intros p q I. rewrite (red_proj 1 _ (fun _ => red R n g x) s), filter_all, range_one by auto. cbn [map].
    rewrite (red_proj n g x s) by auto. symmetry.
    apply (total_one (op V) (unit V) (assoc V) (unit_unit V) (made V)). }
  assert (S1 : shp (red R n g x) = Some s) by (rewrite shp_red; apply K).
  assert (S2 : shp (red R 1 (fun _ => true) (fun J => red R n g x)) = Some s) by (rewrite shp_red;
  exact (proj1 KJ 0)).
  split; apply (view_le _ _ s); auto; intros p I; (split; [|split]).
  1, 5: apply (red_wf _ _ _ s); auto.
  1, 3: apply (red_wf _ _ _ s); auto.
  - intros q. apply P. auto.
  - intros q. symmetry. apply P. auto.
Qed.
End Red.

Lemma numbers_known f x : (exists sh, forall j, shp (x j) = Some sh) -> exists s, known (numbers f) s x.
Proof. intros (s & S). exists s. split; auto. simpl. auto. Qed.
Lemma pairs_known x : (exists sh sh', forall j, pair_of sh sh' (x j)) -> exists s t, known (pairs s t) [] x.
Proof.
  intros (s & t & P). exists s, t. split; [intros; apply P|]. intros j [|] I; [|discriminate].
  destruct (P j) as (? & ? & ?). split; auto.
Qed.
Lemma states_known x : (exists sh, forall j, state_of sh (x j)) -> exists s, known (states_view s) [] x.
Proof.
  intros (s & P). exists s. split; [intros; apply P|]. intros j [|] I; [|discriminate].
  destruct (P j) as (? & ? & ? & ?). repeat split; auto.
Qed.
Theorem reduce_split_lr : Rules.reduce_split_lr.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (split_both _ n B g x s K); auto. Qed.
Theorem reduce_split_rl : Rules.reduce_split_rl.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (split_both _ n B g x s K); auto. Qed.
Theorem reduce_split_pairs_lr : Rules.reduce_split_pairs_lr.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (split_both _ n B g x [] K); auto. Qed.
Theorem reduce_split_pairs_rl : Rules.reduce_split_pairs_rl.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (split_both _ n B g x [] K); auto. Qed.
Theorem reduce_split_states_lr : Rules.reduce_split_states_lr.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (split_both _ n B g x [] K); auto. Qed.
Theorem reduce_split_states_rl : Rules.reduce_split_states_rl.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (split_both _ n B g x [] K); auto. Qed.
Theorem reduce_split_even_lr : Rules.reduce_split_even_lr.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (split_even_both _ n q B g x s K); auto.
  Qed.
Theorem reduce_split_even_rl : Rules.reduce_split_even_rl.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (split_even_both _ n q B g x s K); auto.
  Qed.
Theorem reduce_split_even_pairs_lr : Rules.reduce_split_even_pairs_lr.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (split_even_both _ n q B g x [] K); auto.
  Qed.
Theorem reduce_split_even_pairs_rl : Rules.reduce_split_even_pairs_rl.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (split_even_both _ n q B g x [] K); auto.
  Qed.
Theorem reduce_split_even_states_lr : Rules.reduce_split_even_states_lr.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (split_even_both _ n q B g x [] K); auto.
  Qed.
Theorem reduce_split_even_states_rl : Rules.reduce_split_even_states_rl.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (split_even_both _ n q B g x [] K); auto.
  Qed.
Theorem reduce_whole_lr : Rules.reduce_whole_lr.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (whole_both _ n g x s K). Qed.
Theorem reduce_whole_rl : Rules.reduce_whole_rl.
Proof. red; intros. destruct (numbers_known f x H) as (s & K). apply (whole_both _ n g x s K). Qed.
Theorem reduce_whole_pairs_lr : Rules.reduce_whole_pairs_lr.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (whole_both _ n g x [] K). Qed.
Theorem reduce_whole_pairs_rl : Rules.reduce_whole_pairs_rl.
Proof. red; intros. destruct (pairs_known x H) as (s & t & K). apply (whole_both _ n g x [] K). Qed.
Theorem reduce_whole_states_lr : Rules.reduce_whole_states_lr.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (whole_both _ n g x [] K). Qed.
Theorem reduce_whole_states_rl : Rules.reduce_whole_states_rl.
Proof. red; intros. destruct (states_known x H) as (s & K). apply (whole_both _ n g x [] K). Qed.

(* Derivation.v: what the derivation of a certificate is put together from.

   Idea. An exported certificate (certificates/second/coq_derivation.py) is one theorem, `first <~ last`:
   the program refines the spec. Its proof follows the steps: at a position the rule's theorem, around
   it one lemma of this file for each operator that encloses the position (`in_..`). What a rule asks of
   its variables is found by four tactics: `shape` (the shape of an array), `typed` (arrays of tuples and
   the shapes inside), `grows` (a larger operand gives a larger result) and `arith`.
   How it may be wrong: nothing here is believed, Coq checks what the tactics find. A tactic that is too
   weak refuses a certificate that is right. *)
From Coq Require Import Reals ZArith List Bool Lia Permutation.
Import ListNotations.
Require Export MoA.
Require Import MoAFacts AlgebraProofs PsiProofs LoopProofs Congruence ReductionProofs StateProofs.
Local Open Scope Z_scope.

(** * Types of values *)
(** An array of shape sh with good elements. *)
Definition typed_in {E} `{Elem E} (good : E -> Prop) (sh : list Z) (x : arr E) : Prop :=
  shp x = Some sh /\ forall p, inb p sh = true -> good (at_ x p).
Notation pairs_in sh s t := (typed_in (is_pair s t) sh).
Notation states_in sh s := (typed_in (is_state s) sh).

Lemma pairs_up sh s t x y : x [= y -> pairs_in sh s t x -> pairs_in sh s t y.
Proof.
  intros L [S P]. split; [eapply vle_shp; eauto|]. intros p I. destruct (P p I) as [A B].
  destruct (vle_at x y p L) as [LA LB]. split; eapply vle_shp; eauto.
Qed.
Lemma states_up sh s x y : x [= y -> states_in sh s x -> states_in sh s y.
Proof.
  intros L [S P]. split; [eapply vle_shp; eauto|]. intros p I. destruct (P p I) as (A & B & C).
  destruct (vle_at x y p L) as (LA & LB & LC). repeat split; eapply vle_shp; eauto.
Qed.

(** ** Shapes *)
Section Shapes.
Context {E : Type} `{Elem E}.
Implicit Types (A B : arr E) (s t u : list Z).
Lemma s_psi p A s : shp A = Some s -> (length p <=? length s)%nat = true ->
  shp (psi p A) = Some (skipn (length p) s).
Proof. intros S L. rewrite shp_psi, S, L. reflexivity. Qed.
Lemma s_gen n (e : Z -> arr E) s : shp (e 0) = Some s -> shp (gen n e) = Some (n :: s).
Proof. intros S. rewrite shp_gen, S. reflexivity. Qed.
Lemma s_red (f : reduction E) n g x s : shp (x 0) = Some s -> shp (red f n g x) = Some s.
Proof. intros S. rewrite shp_red. exact S. Qed.
Lemma s_take k A n s : shp A = Some (n :: s) -> shp (take k A) = Some (k :: s).
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma s_drop k A n s : shp A = Some (n :: s) -> shp (drop k A) = Some (n - k :: s).
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma s_rev A n s : shp A = Some (n :: s) -> shp (rev_ A) = Some (n :: s).
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma s_rot k A n s : shp A = Some (n :: s) -> shp (rot k A) = Some (n :: s).
Proof. destruct A; simpl; [discriminate|]. intros [= ->]. reflexivity. Qed.
Lemma s_cat A B n m s t : shp A = Some (n :: s) -> shp B = Some (m :: t) -> s = t -> shp (cat A B) = Some (n + m :: s).
Proof.
  destruct A, B; simpl; try discriminate. intros [= ->] [= ->] ->. destruct (shape_eq t t); [reflexivity|contradiction].
Qed.
Lemma s_tran (t : list nat) A s : shp A = Some s -> is_permutation t && (length t =? length s)%nat = true ->
  shp (tran t A) = Some (map (fun j => nth (position j t) s 0) (seq 0 (length t))).
Proof. destruct A; simpl; [discriminate|]. intros [= ->] ->. reflexivity. Qed.
Lemma s_reshape u A s : shp A = Some s -> size u = size s -> shp (reshape u A) = Some u.
Proof. destruct A; simpl; [discriminate|]. intros [= ->] ->. rewrite Z.eqb_refl. reflexivity. Qed.
Lemma s_fold n (i : arr E) st s : shp i = Some s -> (forall J x, shp x = Some s -> shp (st J x) = Some s) ->
  shp (fold n i st) = Some s.
Proof.
  intros S F. unfold fold. revert i S. induction (range n) as [|J l IH]; simpl; intros i S; auto.
Qed.
Lemma s_if (g : bool) A B s t : shp A = Some s -> shp B = Some t -> t = s -> shp (if g then A else B) = Some s.
Proof. intros SA SB ->. destruct g; auto. Qed.
Lemma s_ifzero z A B s t : shp A = Some s -> shp B = Some t -> t = s -> shp (ifzero z A B) = Some s.
Proof. intros SA SB ->. apply shp_ifzero; auto. Qed.
Lemma s_share {F} (e : F) b s (P : F -> Prop) : P e -> (forall x, P x -> shp (b x : arr E) = Some s) -> shp (share e b) = Some s.
Proof. intros Pe T. apply T, Pe. Qed.
Lemma s_to A s t : shp A = Some s -> s = t -> shp A = Some t.
Proof. intros S <-. exact S. Qed.
End Shapes.
Lemma s_mem L p : shp (mem L p) = Some []. Proof. reflexivity. Qed.
Lemma s_map1 f A s : shp A = Some s -> shp (map1 f A) = Some s.
Proof. rewrite shp_map1. auto. Qed.
Lemma s_map2 f A B s t u : shp A = Some s -> shp B = Some t -> sjoin (Some s) (Some t) = Some u -> shp (map2 f A B) = Some u.
Proof. intros SA SB J. rewrite shp_map2, SA, SB. exact J. Qed.
Lemma join_same n s m t : m :: t = n :: s -> sjoin (Some (n :: s)) (Some (m :: t)) = Some (n :: s).
Proof. intros ->. simpl. destruct (shape_eq _ _); [reflexivity|contradiction]. Qed.
Lemma s_redf f A n s : shp A = Some (n :: s) -> shp (redf f A) = Some s.
Proof. apply shp_redf. Qed.
Lemma s_inner f g A B s n s' m t : shp A = Some s -> shp B = Some (m :: t) -> rev s = n :: s' -> n = m ->
  shp (inner f g A B) = Some (rev s' ++ t).
Proof.
  destruct A, B; simpl; try discriminate. intros [= ->] [= ->] -> ->. rewrite Z.eqb_refl. reflexivity.
Qed.
Lemma s_outer g A B s t : shp A = Some s -> shp B = Some t -> shp (outer g A B) = Some (s ++ t).
Proof. destruct A, B; simpl; try discriminate. intros [= ->] [= ->]. reflexivity. Qed.
Lemma s_osmerge a b : shp a = Some [] -> shp b = Some [] -> shp (osmerge a b) = Some [].
Proof. destruct a as [|s], b as [|t]; simpl; try discriminate. intros [= ->] [= ->]. reflexivity. Qed.
Lemma s_omega {E G} `{Elem E} `{Elem G} k (b : arr E -> arr G) A s t : shp A = Some s -> (k <=? length s)%nat = true ->
  (forall x, shp x = Some (skipn (length s - k) s) -> shp (b x) = Some t) ->
  shp (omega k b A) = Some (firstn (length s - k) s ++ t).
Proof.
  destruct A as [|s' f]; [discriminate|]. intros S0 L T. injection S0 as ->. unfold omega. rewrite L. cbv zeta.
  set (r := (length s - k)%nat) in *. assert (S : shp (b (psi (repeat 0 r) (Arr s f))) = Some t).
  { apply T. rewrite shp_psi. cbn [shp]. rewrite repeat_length.
    replace (r <=? length s)%nat with true by (symmetry; apply Nat.leb_le; unfold r; lia). reflexivity. }
  destruct (b (psi (repeat 0 r) (Arr s f))); [discriminate|]. injection S as ->. reflexivity.
Qed.
Lemma s_omega2 {E F G} `{Elem E} `{Elem F} `{Elem G} a b (body : arr E -> arr F -> arr G) A B s t u :
  shp A = Some s -> shp B = Some t -> (a <=? length s)%nat && (b <=? length t)%nat = true ->
  (forall x y, shp x = Some (skipn (length s - a) s) -> shp y = Some (skipn (length t - b) t) -> shp (body x y) = Some u) ->
  let ra := (length s - a)%nat in let rb := (length t - b)%nat in
  let frame := if (rb <=? ra)%nat then firstn ra s else firstn rb t in
  skipn (length frame - ra) (firstn rb t) = skipn (length frame - rb) (firstn ra s) ->
  shp (omega2 a b body A B) = Some (frame ++ u).
Proof.
  destruct A as [|s' f], B as [|t' g]; try discriminate. intros SA SB L T ra rb frame Fr. injection SA as ->. injection SB as ->.
  unfold omega2. fold ra rb. cbv zeta. fold frame. rewrite L, Fr. destruct (shape_eq _ _); [|contradiction]. simpl andb. cbv iota.
  apply andb_prop in L as [La Lb].
  assert (S : shp (body (psi (repeat 0 ra) (Arr s f)) (psi (repeat 0 rb) (Arr t g))) = Some u).
  { apply T; rewrite shp_psi; cbn [shp]; rewrite repeat_length.
    - replace (ra <=? length s)%nat with true by (symmetry; apply Nat.leb_le; unfold ra; lia). reflexivity.
    - replace (rb <=? length t)%nat with true by (symmetry; apply Nat.leb_le; unfold rb; lia). reflexivity. }
  destruct (body (psi (repeat 0 ra) (Arr s f)) _); [discriminate|]. injection S as ->. reflexivity.
Qed.
Lemma s_get2_0 s t x : pairs_in [] s t x -> shp (get2_0 x) = Some s. Proof. intros [_ P]. apply (P [] eq_refl). Qed.
Lemma s_get2_1 s t x : pairs_in [] s t x -> shp (get2_1 x) = Some t. Proof. intros [_ P]. apply (P [] eq_refl). Qed.
Lemma s_get3_0 s x : states_in [] s x -> shp (get3_0 x) = Some []. Proof. intros [_ P]. apply (P [] eq_refl). Qed.
Lemma s_get3_1 s x : states_in [] s x -> shp (get3_1 x) = Some []. Proof. intros [_ P]. apply (P [] eq_refl). Qed.
Lemma s_get3_2 s x : states_in [] s x -> shp (get3_2 x) = Some s. Proof. intros [_ P]. apply (P [] eq_refl). Qed.

(** ** Tuples *)
Lemma nil_in p : inb p [] = true -> p = []. Proof. destruct p; [reflexivity|discriminate]. Qed.
Lemma t_tup2 s t a b : shp a = Some s -> shp b = Some t -> pairs_in [] s t (tup2 a b).
Proof. intros A B. split; [reflexivity|]. intros p I. rewrite (nil_in p I). split; assumption. Qed.
Lemma t_tup3 s a b c : shp a = Some [] -> shp b = Some [] -> shp c = Some s -> states_in [] s (tup3 a b c).
Proof. intros A B C. split; [reflexivity|]. intros p I. rewrite (nil_in p I). repeat split; assumption. Qed.
Section Tuples.
Context {E : Type} `{Elem E} (good : E -> Prop).
Lemma t_gen sh n (e : Z -> arr E) : shp (e 0) = Some sh -> (forall i, 0 <= i < n -> typed_in good sh (e i)) ->
  typed_in good (n :: sh) (gen n e).
Proof.
  intros S T. split; [rewrite shp_gen, S; reflexivity|]. intros [|i p] I; [discriminate|]. simpl in I.
  apply andb_prop in I as [I Ip]. apply andb_prop in I as [I1 I2]. unfold gen. destruct (e 0) as [|s f]; [discriminate|].
  injection S as ->. rewrite at_arr. simpl. rewrite I1, I2, Ip. simpl. apply T; auto. lia.
Qed.
Lemma t_psi sh p x : typed_in good sh x -> (length p <=? length sh)%nat = true -> inb p (firstn (length p) sh) = true ->
  typed_in good (skipn (length p) sh) (psi p x).
Proof.
  intros [S T] L I. split; [rewrite shp_psi, S, L; reflexivity|]. intros q J. rewrite at_psi. apply T.
  rewrite inb_app, I, J. reflexivity.
Qed.
Lemma t_fold sh n i st : typed_in good sh i -> (forall J x, 0 <= J < n -> typed_in good sh x -> typed_in good sh (st J x)) ->
  typed_in good sh (fold n i st).
Proof.
  intros Ti T. unfold fold. assert (G : forall l x, (forall J, In J l -> 0 <= J < n) -> typed_in good sh x ->
    typed_in good sh (fold_left (fun s J => st J s) l x)).
  { induction l as [|J l IH]; simpl; intros x R Hx; auto. }
  apply G; auto. intros J. apply in_range.
Qed.
Lemma t_if sh (g : bool) x y : typed_in good sh x -> typed_in good sh y -> typed_in good sh (if g then x else y).
Proof. destruct g; auto. Qed.
Lemma t_to sh sh' x : typed_in good sh x -> sh = sh' -> typed_in good sh' x.
Proof. intros T <-. exact T. Qed.
Lemma t_share sh {F} (e : F) b (P : F -> Prop) : P e -> (forall x, P x -> typed_in good sh (b x)) -> typed_in good sh (share e b).
Proof. intros Pe T. apply T, Pe. Qed.
End Tuples.
Lemma t_red_states s n g x : (forall j, states_in [] s (x j)) -> states_in [] s (red states n g x).
Proof.
  intros T. assert (K : forall j, St s (x j)) by (intros j; destruct (T j) as [S P]; split; [exact S|exact (P [] eq_refl)]).
  destruct (st_red s n g x K) as [[S P] _]. split; [exact S|]. intros p I. rewrite (nil_in p I). exact P.
Qed.
Lemma t_red_pairs s t n g x : (forall j, pairs_in [] s t (x j)) -> pairs_in [] s t (red add_pairs n g x).
Proof.
  intros T. assert (K : forall j, Pr s t (x j)) by (intros j; destruct (T j) as [S P]; split; [exact S|exact (P [] eq_refl)]).
  destruct (pr_red s t n g x K) as [[S P] _]. split; [exact S|]. intros p I. rewrite (nil_in p I). exact P.
Qed.
Lemma t_osmerge s a b : states_in [] s a -> states_in [] s b -> states_in [] s (osmerge a b).
Proof.
  intros [Sa Pa] [Sb Pb]. destruct (st_merge s a b) as [[S P] _]; [split; [exact Sa|exact (Pa [] eq_refl)]|
    split; [exact Sb|exact (Pb [] eq_refl)]|]. split; [exact S|]. intros p I. rewrite (nil_in p I). exact P.
Qed.

(** ** Tactics: arithmetic, shapes, types *)
Ltac plain_in H := lazymatch type of H with
  | (_ && _)%bool = true => let A := fresh H in apply andb_prop in H; destruct H as [A H]; plain_in A; plain_in H
  | negb _ = true => apply negb_true_iff in H; plain_in H
  | (_ <? _) = true => apply Z.ltb_lt in H
  | (_ <=? _) = true => apply Z.leb_le in H
  | (_ =? _) = true => apply Z.eqb_eq in H
  | (_ <? _) = false => apply Z.ltb_ge in H
  | (_ <=? _) = false => apply Z.leb_gt in H
  | (_ =? _) = false => apply Z.eqb_neq in H
  | _ => idtac
  end.
Ltac whole := lia || (Z.to_euclidean_division_equations; nia).
Ltac arith := cbv beta; lazymatch goal with
  | |- _ /\ _ => split; arith
  | |- (_ && _)%bool = true => apply andb_true_intro; split; arith
  | |- (_ <? _) = true => apply Z.ltb_lt; whole
  | |- (_ <=? _) = true => apply Z.leb_le; whole
  | |- (_ =? _) = true => apply Z.eqb_eq; whole
  | |- true = true => reflexivity
  | |- _ => whole
  end.
(** Two lists of extents that are equal, whatever their forms. *)
Ltac same_shape_ := first [reflexivity | assumption | repeat (f_equal; [try (reflexivity || whole)|]); try reflexivity; f_equal; whole].
Ltac joined := first [reflexivity | apply join_same; same_shape_].
Ltac short := cbn [skipn firstn length app rev map nth seq position Nat.eqb Nat.sub Nat.leb fst snd].

Ltac shape := cbv beta; lazymatch goal with
  | |- shp (psi _ _) = _ => eapply s_to; [eapply s_psi; [shape|reflexivity]|short; same_shape_]
  | |- shp (mem _ _) = _ => reflexivity
  | |- shp (map1 _ _) = _ => eapply s_map1; shape
  | |- shp (map2 _ _ _) = _ => eapply s_map2; [shape|shape|joined]
  | |- shp (gen _ _) = _ => eapply s_to; [eapply s_gen; shape|same_shape_]
  | |- shp (red _ _ _ _) = _ => eapply s_red; shape
  | |- shp (redf _ _) = _ => eapply s_redf; shape
  | |- shp (inner _ _ _ _) = _ => eapply s_to; [eapply s_inner; [shape|shape|short; reflexivity|same_extent]|short; same_shape_]
  | |- shp (outer _ _ _) = _ => eapply s_to; [eapply s_outer; [shape|shape]|short; same_shape_]
  | |- shp (take _ _) = _ => eapply s_to; [eapply s_take; shape|same_shape_]
  | |- shp (drop _ _) = _ => eapply s_to; [eapply s_drop; shape|same_shape_]
  | |- shp (rev_ _) = _ => eapply s_to; [eapply s_rev; shape|same_shape_]
  | |- shp (rot _ _) = _ => eapply s_to; [eapply s_rot; shape|same_shape_]
  | |- shp (cat _ _) = _ => eapply s_to; [eapply s_cat; [shape|shape|same_shape_]|same_shape_]
  | |- shp (tran _ _) = _ => eapply s_to; [eapply s_tran; [shape|reflexivity]|short; same_shape_]
  | |- shp (reshape _ _) = _ => eapply s_to; [eapply s_reshape; [shape|cbn [size]; ring]|same_shape_]
  | |- shp (fold _ _ _) = _ => eapply s_fold; [shape|intros; shape]
  | |- shp (if _ then _ else _) = _ => eapply s_if; [shape|shape|same_shape_]
  | |- shp (ifzero _ _ _) = _ => eapply s_ifzero; [shape|shape|same_shape_]
  | |- @shp (_ * _) (@share (arr num) _ _ _) = _ => eapply (s_share _ _ _ (fun _ => True)); [exact I|intros ? _; shape]
  | |- @shp state (@share (arr num) _ _ _) = _ => eapply (s_share _ _ _ (fun _ => True)); [exact I|intros ? _; shape]
  | |- @shp (_ * _) (share _ _) = _ => eapply (s_share _ _ _ (fun x => shp x = Some _)); [shape|intros; shape]
  | |- @shp state (share _ _) = _ => eapply (s_share _ _ _ (fun x => shp x = Some _)); [shape|intros; shape]
  | |- shp (@share (arr num) _ _ _) = _ => eapply (s_share _ _ _ (fun x => shp x = Some _)); [shape|intros; shape]
  | |- shp (@share (arr state) _ _ _) = _ => eapply (s_share _ _ _ (states_in _ _)); [typed|intros; shape]
  | |- shp (@share (arr (_ * _ * _)) _ _ _) = _ => eapply (s_share _ _ _ (states_in _ _)); [typed|intros; shape]
  | |- shp (share _ _) = _ => eapply (s_share _ _ _ (pairs_in _ _ _)); [typed|intros; shape]
  | |- shp (omega _ _ _) = _ => eapply s_to; [eapply s_omega; [shape|reflexivity|short; intros; shape]|short; same_shape_]
  | |- shp (omega2 _ _ _ _ _) = _ =>
      eapply s_to; [eapply s_omega2; [shape|shape|reflexivity|short; intros; shape|short; same_shape_]|short; same_shape_]
  | |- shp (osmerge _ _) = _ => apply s_osmerge; shape
  | |- shp (get2_0 _) = _ => eapply s_get2_0; typed
  | |- shp (get2_1 _) = _ => eapply s_get2_1; typed
  | |- shp (get3_0 _) = _ => eapply s_get3_0; typed
  | |- shp (get3_1 _) = _ => eapply s_get3_1; typed
  | |- shp (get3_2 _) = _ => eapply s_get3_2; typed
  | H : typed_in _ _ ?x |- shp ?x = _ => eapply s_to; [exact (proj1 H)|same_shape_]
  | H : shp ?x = Some _ |- shp ?x = _ => first [exact H | eapply s_to; [exact H|same_shape_]]
  | |- _ => reflexivity
  end
with same_extent := first [reflexivity | whole]
with typed := cbv beta; lazymatch goal with
  | H : typed_in _ _ ?x |- typed_in _ _ ?x => exact H
  | |- typed_in _ _ (tup3 _ _ _) => eapply t_tup3; shape
  | |- typed_in _ _ (tup2 _ _) => eapply t_tup2; shape
  | |- typed_in _ _ (gen _ _) => eapply t_gen; [shape|intros; typed]
  | |- typed_in _ _ (psi _ _) => eapply t_to; [eapply t_psi; [typed|reflexivity|short; bounds]|short; same_shape_]
  | |- typed_in _ _ (fold _ _ _) => eapply t_fold; [typed|intros; typed]
  | |- typed_in _ _ (if _ then _ else _) => eapply t_if; typed
  | |- typed_in _ _ (red states _ _ _) => eapply t_red_states; intros; typed
  | |- typed_in _ _ (red add_pairs _ _ _) => eapply t_red_pairs; intros; typed
  | |- typed_in _ _ (osmerge _ _) => eapply t_osmerge; typed
  | |- typed_in _ _ (@share (arr num) _ _ _) => eapply (t_share _ _ _ _ (fun x => shp x = Some _)); [shape|intros; typed]
  | |- typed_in _ _ (@share (arr state) _ _ _) => eapply (t_share _ _ _ _ (states_in _ _)); [typed|intros; typed]
  | |- typed_in _ _ (@share (arr (_ * _ * _)) _ _ _) => eapply (t_share _ _ _ _ (states_in _ _)); [typed|intros; typed]
  | |- typed_in _ _ (share _ _) => eapply (t_share _ _ _ _ (pairs_in _ _ _)); [typed|intros; typed]
  end
with bounds := cbn [inb]; repeat (apply andb_true_intro; split); try reflexivity; (apply Z.leb_le || apply Z.ltb_lt); whole.

(** * A larger operand gives a larger result *)
Section Grows.
Context {E : Type} `{Elem E}.
Lemma g_gen n (e f : Z -> arr E) : (forall i, e i [= f i) -> gen n e [= gen n f.
Proof.
  intros L. destruct (e 0) as [|s a] eqn:X.
  - left. unfold gen. rewrite X. reflexivity.
  - apply gen_mono; auto. rewrite X. symmetry. eapply vle_shp; [apply L|]. rewrite X. reflexivity.
Qed.
Lemma g_share {F} `{Elem F} (e e' : arr F) (b b' : arr F -> arr E) : e [= e' -> (forall x y, x [= y -> b x [= b' y) ->
  share e b [= share e' b'.
Proof. intros L M. apply M, L. Qed.
Lemma g_if (g : bool) (x y x' y' : arr E) : x [= x' -> y [= y' -> (if g then x else y) [= (if g then x' else y').
Proof. destruct g; auto. Qed.
Lemma g_red (R : reduction E) n g x y :
  (forall a b a' b', ele a a' -> ele b b' -> ele (operation R a b) (operation R a' b')) ->
  (forall a b, ele a b -> ele (identity R a) (identity R b)) ->
  (forall j, x j [= y j) -> red R n g x [= red R n g y.
Proof.
  intros M I L. destruct (x 0) as [|s a] eqn:X.
  - left. unfold red. rewrite X. reflexivity.
  - apply red_le; auto.
    + rewrite X. symmetry. eapply vle_shp; [apply L|]. rewrite X. reflexivity.
    + intros p. apply I, vle_at, L.
Qed.
End Grows.
Lemma i_num f (a b : num) : ele a b -> ele (identity (reduce f) a) (identity (reduce f) b).
Proof. destruct f; intros; apply num_ele_refl. Qed.
Lemma i_pairs a b : ele a b -> ele (identity add_pairs a) (identity add_pairs b).
Proof. intros [A B]. split; apply like_le; auto. Qed.
Lemma i_states a b : ele a b -> ele (identity states a) (identity states b).
Proof. intros (A & B & C). repeat split; apply like_le; auto. Qed.
Definition g_red_num f := fun n g x y => g_red (reduce f) n g x y (reduce_op_le f) (i_num f).
Definition g_red_pairs := fun n g x y => g_red add_pairs n g x y add_pairs_le i_pairs.
Definition g_red_states := fun n g x y => g_red states n g x y merge_le i_states.
Lemma g_share_stmt {F} `{Elem F} (e e' : arr F) b b' : e [= e' -> (forall x y, x [= y -> b x <~ b' y) ->
  share e b <~ share e' b'.
Proof. intros L M. apply M, L. Qed.
Lemma if_stmt_le (g : bool) P Q P' Q' : P <~ P' -> Q <~ Q' -> (if g then P else Q) <~ (if g then P' else Q').
Proof. destruct g; auto. Qed.

Lemma shp_redf_of f A : shp (redf f A) = match shp A with Some (_ :: s) => Some s | _ => None end.
Proof. destruct A as [|[|n s] g]; reflexivity. Qed.
Lemma shp_inner_of f g A B : shp (inner f g A B) = match shp A, shp B with
  | Some s, Some (m :: t) => match rev s with n :: s' => if n =? m then Some (rev s' ++ t) else None | [] => None end
  | _, _ => None end.
Proof.
  destruct A as [|s a], B as [|[|m t] b]; try reflexivity. unfold inner. cbn [shp]. destruct (rev s); [reflexivity|].
  destruct (_ =? _); reflexivity.
Qed.

Ltac grows := cbv beta; first
  [ assumption
  | lazymatch goal with
    | |- ?A [= ?B => constr_eq A B; apply vle_refl
    | |- ?A <~ ?B => constr_eq A B; apply sle_refl
    end
  | lazymatch goal with
    | |- psi _ _ [= _ => apply psi_le; grows
    | |- map1 _ _ [= _ => apply map1_le; grows
    | |- map2 _ _ _ [= _ => apply map2_le; grows
    | |- gen _ _ [= _ => apply g_gen; intros; grows
    | |- red (reduce _) _ _ _ [= _ => apply g_red_num; intros; grows
    | |- red add_pairs _ _ _ [= _ => apply g_red_pairs; intros; grows
    | |- red states _ _ _ [= _ => apply g_red_states; intros; grows
    | |- redf _ _ [= _ => apply redf_le; grows
    | |- inner _ _ _ _ [= _ => apply inner_le; grows
    | |- outer _ _ _ [= _ => apply outer_le; grows
    | |- tup2 _ _ [= _ => apply tup2_le; grows
    | |- tup3 _ _ _ [= _ => apply tup3_le; grows
    | |- get2_0 _ [= _ => apply get2_0_le; grows
    | |- get2_1 _ [= _ => apply get2_1_le; grows
    | |- get3_0 _ [= _ => apply get3_0_le; grows
    | |- get3_1 _ [= _ => apply get3_1_le; grows
    | |- get3_2 _ [= _ => apply get3_2_le; grows
    | |- fold _ _ _ [= _ => apply fold_mono; [grows|intros; grows]
    | |- (if _ then _ else _) [= _ => apply g_if; grows
    | |- ifzero _ _ _ [= _ => apply ifzero_le; grows
    | |- share _ _ [= _ => apply g_share; [grows|intros; grows]
    | |- osmerge _ _ [= _ => apply osmerge_le; grows
    | |- take _ _ [= _ => apply take_le; grows
    | |- drop _ _ [= _ => apply drop_le; grows
    | |- rev_ _ [= _ => apply rev_le; grows
    | |- rot _ _ [= _ => apply rot_le; grows
    | |- cat _ _ [= _ => apply cat_le; grows
    | |- tran _ _ [= _ => apply tran_le; grows
    | |- reshape _ _ [= _ => apply reshape_le; grows
    | |- omega _ _ _ [= _ => apply omega_le; [grows|intros; grows|intros; determined|intros; determined]
    | |- omega2 _ _ _ _ _ [= _ => apply omega2_le; [grows|grows|intros; grows|intros; determined|intros; determined]
    | |- put _ _ <~ _ => apply put_le; grows
    | |- for_ _ _ <~ _ => apply for_le; intros; grows
    | |- when _ _ <~ _ => apply when_le; grows
    | |- share _ _ <~ _ => apply g_share_stmt; [grows|intros; grows]
    | |- (if _ then _ else _) <~ _ => apply if_stmt_le; grows
    end ]
(** Shapes depend on shapes only. *)
with determined := unfold share; cbv beta; rewrite ?shp_map1, ?shp_map2, ?shp_psi, ?shp_gen, ?shp_red, ?shp_redf_of, ?shp_inner_of,
    ?shp_map1, ?shp_map2, ?shp_psi, ?shp_gen, ?shp_red, ?shp_redf_of, ?shp_inner_of;
  repeat match goal with H : shp ?x = shp ?y |- context [shp ?x] => is_var x; rewrite !H end; reflexivity.

(** * One step inside of a term: a lemma for each operator and child *)
Section Inside.
Context {E F : Type} `{Elem E} `{Elem F}.
Implicit Types (x y : arr E).
Lemma in_gen n (e f : Z -> arr E) s t : (forall i, 0 <= i < n -> e i [= f i) -> shp (e 0) = Some s -> shp (f 0) = Some t -> t = s ->
  gen n e [= gen n f.
Proof. intros L S T ->. apply gen_mono; auto. congruence. Qed.
Lemma in_fold_init n (i i' : arr E) st : i [= i' -> (forall J x y, x [= y -> st J x [= st J y) -> fold n i st [= fold n i' st.
Proof. intros L M. apply fold_mono; auto. Qed.
Lemma in_fold n (i : arr E) st st' (P : arr E -> Prop) : (forall x y, x [= y -> P x -> P y) -> P i ->
  (forall J x, 0 <= J < n -> P x -> P (st J x)) -> (forall J x y, x [= y -> st J x [= st J y) ->
  (forall J x, 0 <= J < n -> P x -> st J x [= st' J x) -> fold n i st [= fold n i st'.
Proof.
  intros Up Pi Keep Mono L. unfold fold.
  assert (G : forall l x y, (forall J, In J l -> 0 <= J < n) -> P x -> x [= y ->
    fold_left (fun s J => st J s) l x [= fold_left (fun s J => st' J s) l y).
  { induction l as [|J l IH]; simpl; intros x y R Px Lxy; auto. assert (RJ : 0 <= J < n) by auto.
    apply IH; auto. eapply vle_trans; [apply Mono, Lxy|]. apply L; auto. apply (Up x y); auto. }
  apply G; auto; [intros J; apply in_range|apply vle_refl].
Qed.
Lemma in_share (e : arr E) (b b' : arr E -> arr F) (P : arr E -> Prop) : P e -> (forall x, P x -> b x [= b' x) -> share e b [= share e b'.
Proof. intros Pe L. apply L, Pe. Qed.
Lemma in_shared (e e' : arr E) (b : arr E -> arr F) : e [= e' -> (forall x y, x [= y -> b x [= b y) -> share e b [= share e' b.
Proof. intros L M. apply M, L. Qed.
Lemma in_share_stmt (e : arr E) (b b' : arr E -> stmt) (P : arr E -> Prop) : P e -> (forall x, P x -> b x <~ b' x) -> share e b <~ share e b'.
Proof. intros Pe L. apply L, Pe. Qed.
Lemma in_shared_stmt (e e' : arr E) (b : arr E -> stmt) : e [= e' -> (forall x y, x [= y -> b x <~ b y) -> share e b <~ share e' b.
Proof. intros L M. apply M, L. Qed.
Lemma in_then (g : bool) x x' y : (g = true -> x [= x') -> (if g then x else y) [= (if g then x' else y).
Proof. destruct g; intros L; [auto|apply vle_refl]. Qed.
Lemma in_else (g : bool) x y y' : (negb g = true -> y [= y') -> (if g then x else y) [= (if g then x else y').
Proof. destruct g; intros L; [apply vle_refl|auto]. Qed.
Lemma in_if (g g' : bool) x y : g = g' -> (if g then x else y) [= (if g' then x else y).
Proof. intros ->. apply vle_refl. Qed.
Lemma in_ifzero z z' x x' y y' : z [= z' -> x [= x' -> y [= y' -> ifzero z x y [= ifzero z' x' y'.
Proof. apply ifzero_le. Qed.
Lemma in_guard (R : reduction E) n g g' (x : Z -> arr E) : (forall j, 0 <= j < n -> g j = g' j) -> red R n g x [= red R n g' x.
Proof.
  intros G. unfold red. replace (filter g' (range n)) with (filter g (range n)); [apply vle_refl|].
  apply filter_ext_in. intros j J. apply G, in_range, J.
Qed.
Lemma in_any n g g' : (forall j, 0 <= j < n -> g j = g' j) -> any n g = any n g'.
Proof.
  intros G. unfold any. assert (K : forall l, (forall j, In j l -> 0 <= j < n) -> existsb g l = existsb g' l).
  { induction l as [|j l IH]; simpl; intros R; auto. rewrite G, IH by auto. reflexivity. }
  apply K. intros j. apply in_range.
Qed.
End Inside.
Lemma in_red f n g x y s t : (forall j, 0 <= j < n -> g j = true -> x j [= y j) -> shp (x 0) = Some s -> shp (y 0) = Some t -> t = s ->
  red (reduce f) n g x [= red (reduce f) n g y.
Proof. intros L S T ->. apply red_le; auto; [apply reduce_op_le|congruence|]. intros. destruct f; apply num_ele_refl. Qed.
Lemma like_same v a b s : shp a = Some s -> shp b = Some s -> like v a [= like v b.
Proof. destruct a, b; try discriminate. intros [= ->] [= ->]. apply vle_refl. Qed.
Lemma in_red_pairs n g x y s t s' t' : (forall j, 0 <= j < n -> g j = true -> x j [= y j) -> pairs_in [] s t (x 0) -> pairs_in [] s' t' (y 0) ->
  s' = s -> t' = t -> red add_pairs n g x [= red add_pairs n g y.
Proof.
  intros L [Sx Px] [Sy Py] -> ->. apply red_le; auto; [apply add_pairs_le|congruence|]. intros p.
  destruct p as [|i p].
  - destruct (Px [] eq_refl), (Py [] eq_refl). split; eapply like_same; eauto.
  - rewrite (at_out (x 0) (i :: p) []), (at_out (y 0) (i :: p) []) by auto. apply ele_refl.
Qed.
Lemma in_red_states n g x y s s' : (forall j, 0 <= j < n -> g j = true -> x j [= y j) -> states_in [] s (x 0) -> states_in [] s' (y 0) ->
  s' = s -> red states n g x [= red states n g y.
Proof.
  intros L [Sx Px] [Sy Py] ->. apply red_le; auto; [apply merge_le|congruence|]. intros p.
  destruct p as [|i p].
  - destruct (Px [] eq_refl) as (? & ? & ?), (Py [] eq_refl) as (? & ? & ?). repeat split; eapply like_same; eauto.
  - rewrite (at_out (x 0) (i :: p) []), (at_out (y 0) (i :: p) []) by auto. apply ele_refl.
Qed.
Lemma in_when (g : bool) P Q : (g = true -> P <~ Q) -> when g P <~ when g Q.
Proof. destruct g; intros L; [apply L; reflexivity|apply sle_refl]. Qed.
Lemma in_when_guard (g g' : bool) P : g = g' -> when g P <~ when g' P.
Proof. intros ->. apply sle_refl. Qed.
Section Folds.
Variables (n : Z).
Lemma in_fold_num (i : arr num) st st' s : shp i = Some s -> (forall J x, 0 <= J < n -> shp x = Some s -> shp (st J x) = Some s) ->
  (forall J x y, x [= y -> st J x [= st J y) -> (forall J x, 0 <= J < n -> shp x = Some s -> st J x [= st' J x) -> fold n i st [= fold n i st'.
Proof. intros. apply (in_fold n i st st' (fun x => shp x = Some s)); auto. intros x y L. exact (vle_shp x y s L). Qed.
Lemma in_fold_states (i : arr state) st st' sh s : states_in sh s i -> (forall J x, 0 <= J < n -> states_in sh s x -> states_in sh s (st J x)) ->
  (forall J x y, x [= y -> st J x [= st J y) -> (forall J x, 0 <= J < n -> states_in sh s x -> st J x [= st' J x) -> fold n i st [= fold n i st'.
Proof. intros. apply (in_fold n i st st' (states_in sh s)); auto. intros x y. apply states_up. Qed.
Lemma in_fold_pairs (i : arr (arr num * arr num)) st st' sh s t : pairs_in sh s t i ->
  (forall J x, 0 <= J < n -> pairs_in sh s t x -> pairs_in sh s t (st J x)) ->
  (forall J x y, x [= y -> st J x [= st J y) -> (forall J x, 0 <= J < n -> pairs_in sh s t x -> st J x [= st' J x) -> fold n i st [= fold n i st'.
Proof. intros. apply (in_fold n i st st' (pairs_in sh s t)); auto. intros x y. apply pairs_up. Qed.
End Folds.

(** * What rules ask of their variables *)
Lemma by_shapes {E F} (A : arr E) (B : arr F) s t : shp A = Some s -> shp B = Some t -> t = s -> shp A = shp B.
Proof. congruence. Qed.
Lemma rank_by {E} (A : arr E) s r : shp A = Some s -> length s = r -> has_rank A r.
Proof. destruct A; [discriminate|]. intros [= ->] L. exists s. eauto. Qed.
Lemma extent_by {E} (A : arr E) s k n m : shp A = Some s -> nth_error s k = Some m -> m = n -> has_extent A k n.
Proof. destruct A; [discriminate|]. intros [= ->] N <-. exists s. eauto. Qed.
Lemma last_extent_by {E} (A : arr E) s n m : shp A = Some s -> hd_error (rev s) = Some m -> m = n -> has_last_extent A n.
Proof. destruct A; [discriminate|]. intros [= ->] N <-. exists s. eauto. Qed.
Lemma same_by {E F} (A : arr E) (B : arr F) s t : shp A = Some s -> shp B = Some t -> t = s -> same_shape A B.
Proof. intros SA SB ->. exists s. auto. Qed.
Lemma cat_by {E} (A B : arr E) n m s t : shp A = Some (n :: s) -> shp B = Some (m :: t) -> t = s -> 0 <= n -> 0 <= m -> cat_fits A B.
Proof. intros SA SB -> N M. exists n, m, s. auto. Qed.
Lemma inner_by {E F} (A : arr E) (B : arr F) s n m t : shp A = Some (s ++ [n]) -> shp B = Some (m :: t) -> m = n -> inner_fits A B.
Proof. intros SA SB ->. exists s, n, t. auto. Qed.
Lemma inner_by_rev {E F} (A : arr E) (B : arr F) s s' n m t : shp A = Some s -> rev s = n :: s' -> shp B = Some (m :: t) -> m = n -> inner_fits A B.
Proof.
  intros SA R SB ->. exists (rev s'), n, t. split; [|exact SB]. rewrite SA. f_equal.
  rewrite <- (rev_involutive s), R. reflexivity.
Qed.
Lemma tran_by {E} t (A : arr E) s : shp A = Some s -> is_permutation t = true -> length t = length s -> tran_fits t A.
Proof. intros S P L. split; eauto. Qed.
Lemma state_by s x : states_in [] s x -> state_of s x.
Proof. intros [S P]. destruct (P [] eq_refl) as (A & B & C). repeat split; auto. Qed.
Lemma pair_by s t x : pairs_in [] s t x -> pair_of s t x.
Proof. intros [S P]. destruct (P [] eq_refl). repeat split; auto. Qed.

(** Hypotheses `shp x = shp T` become `shp x = Some ..`. *)
Ltac known_shapes := repeat match goal with
  | H : shp ?x = shp ?T |- _ => let S := fresh "S" in eassert (S : shp T = Some _) by shape; rewrite S in H; clear S
  end.
Ltac premise := cbv beta; lazymatch goal with
  | |- forall _, _ => intros; premise
  | |- exists _, forall _, _ => eexists; premise
  | |- exists _, exists _, forall _, _ => eexists; eexists; premise
  | |- exists _, _ => eexists; premise
  | |- shp _ = Some _ => shape
  | |- state_of _ _ => eapply state_by; typed
  | |- pair_of _ _ _ => eapply pair_by; typed
  | |- has_rank _ _ => eapply rank_by; [shape|reflexivity]
  | |- has_extent _ _ _ => eapply extent_by; [shape|reflexivity|same_extent]
  | |- has_last_extent _ _ => eapply last_extent_by; [shape|reflexivity|same_extent]
  | |- same_shape _ _ => eapply same_by; [shape|shape|same_shape_]
  | |- cat_fits _ _ => eapply cat_by; [shape|shape|same_shape_|whole|whole]
  | |- inner_fits _ _ => eapply inner_by_rev; [shape|reflexivity|shape|same_extent]
  | |- tran_fits _ _ => eapply tran_by; [shape|reflexivity|reflexivity]
  | |- shp _ = shp _ => first [eapply by_shapes; [shape|shape|same_shape_] | known_shapes; eapply by_shapes; [shape|shape|same_shape_]
                              | determined | reflexivity]
  | |- _ [= _ => grows
  | |- _ <~ _ => grows
  | |- _ => arith
  end.

Lemma same_trans (a b c : bool) : a = b -> b = c -> a = c. Proof. congruence. Qed.
Lemma same_refl (a : bool) : a = a. Proof. reflexivity. Qed.

(** No tactic and no comparison of terms needs to look into these. *)
#[global] Opaque range gen red fold for_ when put psi map1 map2 redf inner outer omega omega2 take drop rev_ rot cat tran
  reshape ifzero any osmerge input.

(** ** Rules that hold by definition: nothing is asked of their variables *)
Section Definitions.
Context {E F : Type} `{Elem E} `{Elem F}.
Lemma def_let_inline_lr (e : arr E) (b : arr E -> arr F) : share e b [= b e. Proof. apply vle_refl. Qed.
Lemma def_let_inline_rl (e : arr E) (b : arr E -> arr F) : b e [= share e b. Proof. apply vle_refl. Qed.
Lemma def_let_inline_stmt_lr (e : arr E) (P : arr E -> stmt) : share e P <~ P e. Proof. apply sle_refl. Qed.
Lemma def_let_inline_stmt_rl (e : arr E) (P : arr E -> stmt) : P e <~ share e P. Proof. apply sle_refl. Qed.
Lemma def_put_let_lr p (e : arr E) (b : arr E -> arr num) : put p (share e b) <~ share e (fun x => put p (b x)).
Proof. apply sle_refl. Qed.
Lemma def_put_let_rl p (e : arr E) (b : arr E -> arr num) : share e (fun x => put p (b x)) <~ put p (share e b).
Proof. apply sle_refl. Qed.
Lemma def_psi_let_lr p (e : arr E) (b : arr E -> arr F) : psi p (share e b) [= share e (fun x => psi p (b x)).
Proof. apply vle_refl. Qed.
Lemma def_psi_let_rl p (e : arr E) (b : arr E -> arr F) : share e (fun x => psi p (b x)) [= psi p (share e b).
Proof. apply vle_refl. Qed.
Lemma def_for_let_lr n (e : arr E) (P : Z -> arr E -> stmt) :
  for_ n (fun i => share e (fun x => P i x)) <~ share e (fun x => for_ n (fun i => P i x)).
Proof. apply sle_refl. Qed.
Lemma def_for_let_rl n (e : arr E) (P : Z -> arr E -> stmt) :
  share e (fun x => for_ n (fun i => P i x)) <~ for_ n (fun i => share e (fun x => P i x)).
Proof. apply sle_refl. Qed.
Lemma def_when_let_lr g (e : arr E) (P : arr E -> stmt) : when g (share e P) <~ share e (fun x => when g (P x)).
Proof. apply sle_refl. Qed.
Lemma def_when_let_rl g (e : arr E) (P : arr E -> stmt) : share e (fun x => when g (P x)) <~ when g (share e P).
Proof. apply sle_refl. Qed.
End Definitions.

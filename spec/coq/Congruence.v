(* Congruence.v: every operator is monotone for refinement.

   Idea. A step of a derivation replaces a subterm by one that refines it. If every operator gives a
   result that refines when its operands do, the whole term is refined: `rule rows + this file` is
   what the claim `equal` rests on. Under a binder the operands need to refine for the indices that
   it takes only; that shapes agree for the others, too, is what types say.
   Nothing here can be wrong without Coq's being wrong; but a position that the audit allows and no
   lemma below is about would be a gap (FORMAT.md, section 1, Children). *)
From Coq Require Import Reals ZArith List Bool Lia Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs LoopProofs.
Local Open Scope Z_scope.

Lemma vle_cases {E} `{Elem E} (A B : arr E) : A [= B ->
  A = Wrong \/ exists s f g, A = Arr s f /\ B = Arr s g /\ forall p, ele (at_ A p) (at_ B p).
Proof.
  intros [->|[S He]]; auto. destruct A as [|s f]; auto. destruct B as [|t g]; [discriminate|].
  simpl in S. injection S as <-. right. exists s, f, g. auto.
Qed.
(** Arrays of one shape whose elements refine in bounds. *)
Lemma arr_le {E} `{Elem E} s (f g : list Z -> E) : (forall p, inb p s = true -> ele (f p) (g p)) ->
  Arr s f [= Arr s g.
Proof.
  intros He. right. split; [reflexivity|]. intros p. rewrite !at_arr.
  destruct (inb p s) eqn:I; [auto|apply ele_refl].
Qed.
Ltac by_cases H := let s := fresh "s" in let f := fresh "f" in let g := fresh "g" in let He := fresh "He" in
  destruct (vle_cases _ _ H) as [->|(s & f & g & -> & -> & He)]; [try apply vle_wrong|].

(** ** Structure *)
Section Structure.
Context {E : Type} `{Elem E}.
Lemma take_le k (A B : arr E) : A [= B -> take k A [= take k B.
Proof. intros L. by_cases L. destruct s as [|n s]; [apply vle_wrong|]. apply arr_le. auto. Qed.
Lemma on_first_le h (A B : arr E) p : (forall q, ele (at_ A q) (at_ B q)) ->
  ele (on_first h A p) (on_first h B p).
Proof. intros He. destruct p; [apply ele_refl|apply He]. Qed.
Lemma drop_le k (A B : arr E) : A [= B -> drop k A [= drop k B.
Proof. intros L. by_cases L. destruct s as [|n s]; [apply vle_wrong|]. apply arr_le. intros.
  apply on_first_le. auto. Qed.
Lemma rev_le (A B : arr E) : A [= B -> rev_ A [= rev_ B.
Proof. intros L. by_cases L. destruct s as [|n s]; [apply vle_wrong|]. apply arr_le. intros.
  apply on_first_le. auto. Qed.
Lemma rot_le k (A B : arr E) : A [= B -> rot k A [= rot k B.
Proof. intros L. by_cases L. destruct s as [|n s]; [apply vle_wrong|]. apply arr_le. intros.
  apply on_first_le. auto. Qed.
Lemma cat_le (A A' B B' : arr E) : A [= A' -> B [= B' -> cat A B [= cat A' B'.
Proof.
  intros L M. by_cases L. by_cases M; [destruct s; apply vle_wrong|].
  destruct s as [|n s]; [apply vle_wrong|]. destruct s0 as [|m t]; [apply vle_wrong|].
  unfold cat. destruct (shape_eq s t); [|apply vle_wrong]. apply arr_le. intros [|i q] _; [apply ele_refl|].
  destruct (i <? n); auto.
Qed.
Lemma tran_le t (A B : arr E) : A [= B -> tran t A [= tran t B.
Proof.
  intros L. by_cases L. unfold tran.
  destruct (is_permutation t && (length t =? length s)%nat); [|apply vle_wrong].
  apply arr_le. auto.
Qed.
Lemma reshape_le u (A B : arr E) : A [= B -> reshape u A [= reshape u B.
Proof. intros L. by_cases L. unfold reshape. destruct (size u =? size s); [|apply vle_wrong]. apply arr_le.
  auto. Qed.
Lemma gen_mono n (e f : Z -> arr E) : shp (e 0) = shp (f 0) -> (forall i, 0 <= i < n -> e i [= f i) ->
  gen n e [= gen n f.
Proof.
  intros S L. unfold gen. destruct (e 0) as [|s a]; [apply vle_wrong|].
  destruct (f 0) as [|t b]; [discriminate|].
  injection S as <-. apply arr_le. intros [|i q] I; [apply ele_refl|]. simpl in I.
  apply vle_at, L. destruct ((0 <=? i) && (i <? n)) eqn:R; [lia|discriminate].
Qed.
Lemma fold_mono n (i i' : arr E) (s s' : Z -> arr E -> arr E) : i [= i' ->
  (forall J x y, 0 <= J < n -> x [= y -> s J x [= s' J y) -> fold n i s [= fold n i' s'.
Proof.
  intros L M. unfold fold. assert (G : forall l x y, (forall J, In J l -> 0 <= J < n) -> x [= y ->
    fold_left (fun st J => s J st) l x [= fold_left (fun st J => s' J st) l y).
  { induction l as [|J l IH]; simpl; intros x y R Hxy; auto. }
  apply G; auto. intros J. apply in_range.
Qed.
Lemma scalar_le (x y : E) : ele x y -> scalar x [= scalar y.
Proof. intros. apply arr_le. auto. Qed.
Lemma ifzero_le z z' (x x' y y' : arr E) : z [= z' -> x [= x' -> y [= y' -> ifzero z x y [= ifzero z' x' y'.
Proof.
  intros Lz Lx Ly. destruct x as [|s f]; [apply vle_wrong|]. destruct y as [|t g]; [apply vle_wrong|].
  unfold ifzero at 1. destruct (shape_eq s t) as [<-|]; [|apply vle_wrong].
  assert (Sx : shp x' = Some s) by (eapply vle_shp; eauto; reflexivity).
  assert (Sy : shp y' = Some s) by (eapply vle_shp; eauto; reflexivity).
  destruct x' as [|s' f']; [discriminate|]. destruct y' as [|t' g']; [discriminate|].
  injection Sx as ->. injection Sy as ->. unfold ifzero. destruct (shape_eq s s); [|contradiction].
  apply arr_le. intros p _. destruct (vle_at z z' [] Lz) as [F|Q]; [simpl in F; rewrite F; apply ele_fault|].
  rewrite <- Q. destruct (at_ z []) as [| | |r]; try apply ele_refl.
  destruct (Req_EM_T r 0); apply vle_at; auto.
Qed.
End Structure.

(** ** Cells *)
Lemma cells_le {E} `{Elem E} frame s (b c : list Z -> arr E) r : (forall p, b p [= c p) ->
  Arr (frame ++ s) (fun p => at_ (b (firstn r p)) (skipn r p)) [= Arr (frame ++ s)
  (fun p => at_ (c (firstn r p)) (skipn r p)).
Proof. intros L. apply arr_le. intros p _. apply vle_at, L. Qed.
Lemma omega_le {E G} `{Elem E} `{Elem G} k (b c : arr E -> arr G) A B : A [= B ->
  (forall x y, x [= y -> b x [= c y) -> (forall x, shp (b x) = shp (c x)) -> (forall x y, shp x = shp y ->
  shp (b x) = shp (b y)) ->
  omega k b A [= omega k c B.
Proof.
  intros L M S T. by_cases L. unfold omega. destruct (k <=? length s)%nat; [|apply vle_wrong].
  set (r := (length s - k)%nat). set (A' := Arr s f) in *. set (B' := Arr s g) in *.
  assert (P : forall p, psi p A' [= psi p B') by (intros; apply psi_le; exact L).
  assert (Sh : shp (b (psi (repeat 0 r) A')) = shp (c (psi (repeat 0 r) B'))).
  { rewrite <- S. apply T. rewrite !shp_psi. reflexivity. }
  destruct (b (psi (repeat 0 r) A')) as [|t a]; [apply vle_wrong|].
  destruct (c (psi (repeat 0 r) B')) as [|u d]; [discriminate|].
  injection Sh as <-. apply (cells_le (firstn r s) t (fun p => b (psi p A')) (fun p => c (psi p B')) r). auto.
Qed.

Lemma omega2_le {E F G} `{Elem E} `{Elem F} `{Elem G} a b (c e : arr E -> arr F ->
  arr G) A A' B B' : A [= A' -> B [= B' ->
  (forall x y u w, x [= y -> u [= w -> c x u [= e y w) -> (forall x u, shp (c x u) = shp (e x u)) ->
  (forall x y u w, shp x = shp y -> shp u = shp w -> shp (c x u) = shp (c y w)) ->
  omega2 a b c A B [= omega2 a b e A' B'.
Proof.
  intros L M N S T. destruct (vle_cases _ _ L) as [->|(s & f & g & -> & -> & Hs)]; [apply vle_wrong|].
  destruct (vle_cases _ _ M) as [->|(t & h & k & -> & -> & Ht)]; [apply vle_wrong|]. unfold omega2.
  cbv zeta. destruct (_ && _ && _); [|apply vle_wrong].
  set (ra := (length s - a)%nat). set (rb := (length t - b)%nat).
  set (frame := if (rb <=? ra)%nat then firstn ra s else firstn rb t).
  assert (P : forall p, psi p (Arr s f) [= psi p (Arr s g)) by (intros; apply psi_le; exact L).
  assert (Q : forall p, psi p (Arr t h) [= psi p (Arr t k)) by (intros; apply psi_le; exact M).
  assert (Sh : shp (c (psi (repeat 0 ra) (Arr s f)) (psi (repeat 0 rb) (Arr t h))) =
               shp (e (psi (repeat 0 ra) (Arr s g)) (psi (repeat 0 rb) (Arr t k)))).
  { rewrite <- S. apply T; rewrite !shp_psi; reflexivity. }
  destruct (c (psi (repeat 0 ra) (Arr s f)) _) as [|u x]; [apply vle_wrong|].
  destruct (e (psi (repeat 0 ra) (Arr s g)) _) as [|v y]; [discriminate|]. injection Sh as <-.
  apply (cells_le frame u
    (fun p => c (psi (skipn (length frame - ra) p) (Arr s f)) (psi (skipn (length frame - rb) p) (Arr t h)))
    (fun p => e (psi (skipn (length frame - ra) p) (Arr s g)) (psi (skipn (length frame - rb) p) (Arr t k)))).
  auto.
Qed.

(** ** Numbers *)
Lemma num_ele_refl (x : num) : ele x x. Proof. right. reflexivity. Qed.
Lemma num1_le f (x y : num) : ele x y -> ele (num1 f x) (num1 f y).
Proof. intros [->| ->]; [left; destruct f; reflexivity|right; reflexivity]. Qed.
Lemma num2_le f (x y x' y' : num) : ele x x' -> ele y y' -> ele (num2 f x y) (num2 f x' y').
Proof.
  intros [->| ->]; [left; apply num2_fault_l|].
  intros [->| ->]; [left; apply num2_fault_r|right; reflexivity].
Qed.
Lemma map1_le f A B : A [= B -> map1 f A [= map1 f B.
Proof. intros L. by_cases L. apply arr_le. intros p _. apply num1_le. auto. Qed.
Lemma map2_le f A A' B B' : A [= A' -> B [= B' -> map2 f A B [= map2 f A' B'.
Proof.
  intros L M. by_cases L. by_cases M. unfold map2, lift2. destruct (shape_eq s s0).
  - apply arr_le. intros p _. apply num2_le; auto.
  - destruct s, s0; try apply vle_wrong; apply arr_le; intros p _; apply num2_le; auto.
Qed.
Lemma outer_le g A A' B B' : A [= A' -> B [= B' -> outer g A B [= outer g A' B'.
Proof. intros L M. by_cases L. by_cases M. apply arr_le. intros p _. apply num2_le; auto. Qed.

(** ** Reductions *)
Lemma reduce_op_le f x y x' y' : ele x x' -> ele y y' ->
  ele (operation (reduce f) x y) (operation (reduce f) x' y').
Proof.
  intros [->| ->] Hy; [left; destruct f; reflexivity|].
  destruct Hy as [->| ->]; [left; destruct f, x'; reflexivity|right; reflexivity].
Qed.
Lemma add_pairs_le x y x' y' : ele x x' -> ele y y' ->
  ele (operation add_pairs x y) (operation add_pairs x' y').
Proof. intros [] []; split; apply map2_le; auto. Qed.
Lemma merge_le x y x' y' : ele x x' -> ele y y' -> ele (operation states x y) (operation states x' y').
Proof.
  destruct x as [[m z] o], y as [[n w] u], x' as [[m' z'] o'], y' as [[n' w'] u'].
  intros (Hm & Hz & Ho) (Hn & Hw & Hu). simpl in *. repeat split; simpl; repeat apply map2_le; auto.
Qed.
Lemma like_le v A B : A [= B -> like v A [= like v B.
Proof. intros L. by_cases L. apply vle_refl. Qed.
Section Reductions.
Context {E : Type} `{Elem E} (R : reduction E).
Hypothesis mono : forall x y x' y', ele x x' -> ele y y' -> ele (operation R x y) (operation R x' y').
Lemma fold_op_le l l' a a' : ele a a' -> Forall2 ele l l' ->
  ele (fold_left (operation R) l a) (fold_left (operation R) l' a').
Proof. intros Ha F. revert a a' Ha. induction F; simpl; auto. Qed.
(** Of the sample x 0 only the shapes matter: `shaped` says so. *)
Lemma red_le n g (x y : Z -> arr E) : shp (x 0) = shp (y 0) ->
  (forall p, ele (identity R (at_ (x 0) p)) (identity R (at_ (y 0) p))) ->
  (forall j, 0 <= j < n -> g j = true -> x j [= y j) -> red R n g x [= red R n g y.
Proof.
  intros S I L. unfold red. destruct (x 0) as [|s a] eqn:X; [apply vle_wrong|].
  destruct (y 0) as [|t b] eqn:Y; [discriminate|].
  injection S as <-. apply arr_le. intros p _. apply fold_op_le; [apply I|].
  assert (G : forall l, (forall j, In j l -> 0 <= j < n /\ g j = true) ->
    Forall2 ele (map (fun j => at_ (x j) p) l) (map (fun j => at_ (y j) p) l)).
  { induction l as [|j l IH]; simpl; intros Hl; constructor; auto. apply vle_at, L; apply Hl; auto. }
  apply G. intros j Hj. apply filter_In in Hj as [Hj Hg]. apply in_range in Hj. auto.
Qed.
End Reductions.
Lemma redf_le f A B : A [= B -> redf f A [= redf f B.
Proof.
  intros L. by_cases L. destruct s as [|n s]; [apply vle_wrong|]. apply arr_le. intros p _.
  apply (fold_op_le (reduce f) (reduce_op_le f)); [apply num_ele_refl|].
  induction (range n) as [|j l IH]; constructor; [apply He|exact IH].
Qed.
Lemma inner_le f g A A' B B' : A [= A' -> B [= B' -> inner f g A B [= inner f g A' B'.
Proof.
  intros L M. by_cases L. by_cases M. unfold inner. destruct s0 as [|m t]; [apply vle_wrong|].
  destruct (rev s) as [|n s']; [apply vle_wrong|]. destruct (n =? m); [|apply vle_wrong]. apply arr_le.
  intros p _.
  apply (fold_op_le (reduce f) (reduce_op_le f)); [apply num_ele_refl|].
  induction (range n) as [|j l IH]; constructor; [apply num2_le; auto|exact IH].
Qed.

(** ** Tuples *)
Section Tuples.
Context {A B C : Type} `{Elem A} `{Elem B} `{Elem C}.
Lemma tup2_le (x x' : arr A) (y y' : arr B) : x [= x' -> y [= y' -> tup2 x y [= tup2 x' y'.
Proof. intros. apply scalar_le. split; auto. Qed.
Lemma tup3_le (x x' : arr A) (y y' : arr B) (z z' : arr C) : x [= x' -> y [= y' -> z [= z' ->
  tup3 x y z [= tup3 x' y' z'.
Proof. intros. apply scalar_le. repeat split; auto. Qed.
Lemma get2_0_le (t t' : arr (arr A * arr B)) : t [= t' -> get2_0 t [= get2_0 t'.
Proof. intros L. apply (vle_at t t' [] L). Qed.
Lemma get2_1_le (t t' : arr (arr A * arr B)) : t [= t' -> get2_1 t [= get2_1 t'.
Proof. intros L. apply (vle_at t t' [] L). Qed.
Lemma get3_0_le (t t' : arr (arr A * arr B * arr C)) : t [= t' -> get3_0 t [= get3_0 t'.
Proof. intros L. apply (vle_at t t' [] L). Qed.
Lemma get3_1_le (t t' : arr (arr A * arr B * arr C)) : t [= t' -> get3_1 t [= get3_1 t'.
Proof. intros L. apply (vle_at t t' [] L). Qed.
Lemma get3_2_le (t t' : arr (arr A * arr B * arr C)) : t [= t' -> get3_2 t [= get3_2 t'.
Proof. intros L. apply (vle_at t t' [] L). Qed.
End Tuples.
Lemma osmerge_le s s' t t' : s [= s' -> t [= t' -> osmerge s t [= osmerge s' t'.
Proof.
  intros L M. destruct (vle_cases _ _ L) as [->|(u & a & b & -> & -> & Ha)]; [apply vle_wrong|].
  destruct u as [|k u]; [|destruct t; apply vle_wrong].
  destruct (vle_cases _ _ M) as [->|(v & c & d & -> & -> & Hc)]; [apply vle_wrong|].
  destruct v as [|k v]; [|apply vle_wrong]. apply scalar_le. apply (merge_le _ _ _ _ (Ha []) (Hc [])).
Qed.

(** ** Statements *)
Lemma put_le p A B : A [= B -> put p A <~ put p B.
Proof.
  intros L. destruct A as [|s f]; [exact I|].
  assert (S : shp B = Some s) by (eapply vle_shp; eauto; reflexivity).
  rewrite (put_arr p (Arr s f) s), (put_arr p B s) by auto. eexists. split; [apply Permutation_refl|].
  induction (indices s) as [|q l IH]; constructor; [|exact IH]. split; [reflexivity|]. exact (vle_at _ _ q L).
Qed.
Lemma when_le (g : bool) P Q : P <~ Q -> when g P <~ when g Q.
Proof. destruct g; auto. intros _. apply sle_refl. Qed.
Lemma forall2_swap {X Y} (P : X -> Y -> Prop) l m : Forall2 P l m -> Forall2 (fun y x => P x y) m l.
Proof. induction 1; constructor; auto. Qed.
Lemma forall2_trans {X} (P : X -> X -> Prop) l m n : (forall x y z, P x y -> P y z -> P x z) ->
  Forall2 P l m -> Forall2 P m n -> Forall2 P l n.
Proof. intros T F. revert n. induction F; intros n G; inversion G; subst; constructor; eauto. Qed.
Lemma sle_trans P Q R : P <~ Q -> Q <~ R -> P <~ R.
Proof.
  destruct P as [|l], Q as [|m], R as [|n]; simpl; try tauto. intros (l' & Pl & Fl) (m' & Pm & Fm).
  destruct (Permutation_Forall2 Pm (forall2_swap _ _ _ Fl)) as (k & Pk & Fk).
  exists k. split; [eapply Permutation_trans; eauto|].
  eapply forall2_trans; [|apply (forall2_swap _ _ _ Fk)|exact Fm].
  intros x y z [E1 V1] [E2 V2]. split; [congruence|eapply ele_trans; eauto].
Qed.
(** Loops: LoopProofs.for_le; selection: PsiProofs.psi_le; bags: LoopProofs.sle_both. *)

(* MoA.v: what the terms of certificates/FORMAT.md, section 1, mean.

   Idea. An array is a shape and a function from indices to elements; an element is a number or a
   tuple of arrays. What has no value is a value of its own: `Fault` as an element (a selection out
   of range, a quotient by zero, a sum with the maximum of nothing), `Wrong` as an array (shapes
   that do not fit). `A [= B` (refinement) says: B has A's shape, and wherever A has a value, B has
   the same one. A rule is right if one side refines to the other; a derivation of such steps ends
   in a program that computes what the spec says wherever the spec says something.
   Array operators, reductions and loops are defined by their elements, not by the rules.

   How it may be wrong. A definition here may differ from what FORMAT.md says or from what the
   emitted program does: these definitions are believed, nothing here can show them right.
   Booleans compare whole numbers only; `iszero` of a real is the condition of an `if` (`ifzero`).
   Elements of integer inputs are indices from a total function: that their reads are in range is
   the claim `safe`, not this file's business. Extents may be negative here; such arrays have no
   elements. *)
From Coq Require Import Reals ZArith List Bool Lia Permutation.
Import ListNotations.
Local Open Scope Z_scope.

(** * Numbers *)

(** A real, or the maximum of nothing (`bottom`), the minimum of nothing, or no value at all. *)
Inductive num := Fault | Bot | Top | Num (r : R).

Definition lift_real1 (f : R -> R) (x : num) : num :=
  match x with Num a => Num (f a) | _ => Fault end.
Definition lift_real2 (f : R -> R -> R) (x y : num) : num :=
  match x, y with Num a, Num b => Num (f a b) | _, _ => Fault end.

Definition nadd := lift_real2 Rplus.
Definition nsub := lift_real2 Rminus.
Definition nmul := lift_real2 Rmult.
Definition ndiv (x y : num) : num :=
  match x, y with
  | Num a, Num b => if Req_EM_T b 0 then Fault else Num (a / b)
  | _, _ => Fault
  end.
Definition nmax (x y : num) : num :=
  match x, y with
  | Num a, Num b => Num (Rmax a b)
  | Bot, Bot => Bot | Bot, Num b => Num b | Num a, Bot => Num a
  | _, _ => Fault
  end.
Definition nmin (x y : num) : num :=
  match x, y with
  | Num a, Num b => Num (Rmin a b)
  | Top, Top => Top | Top, Num b => Num b | Num a, Top => Num a
  | _, _ => Fault
  end.
(** 0 if a is bottom, else exp(a - b). *)
Definition nexpsub (x y : num) : num :=
  match x, y with
  | Fault, _ | _, Fault => Fault
  | Bot, _ => Num 0
  | Num a, Num b => Num (exp (a - b))
  | _, _ => Fault
  end.

(** Pointwise operator words. *)
Inductive op1 := Neg | Exp | Exp2 | Log | Sqrt | Tanh.
Inductive op2 := Add | Sub | Mul | Div | Max | Min | Expsub.
Definition num1 (f : op1) : num -> num :=
  match f with
  | Neg => lift_real1 Ropp
  | Exp => lift_real1 exp
  | Exp2 => lift_real1 (fun a => exp (a * ln 2))
  | Log => fun x => match x with Num a => if Rlt_dec 0 a then Num (ln a) else Fault | _ => Fault end
  | Sqrt => fun x => match x with Num a => if Rle_dec 0 a then Num (sqrt a) else Fault | _ => Fault end
  | Tanh => lift_real1 tanh
  end.
Definition num2 (f : op2) : num -> num -> num :=
  match f with
  | Add => nadd | Sub => nsub | Mul => nmul | Div => ndiv
  | Max => nmax | Min => nmin | Expsub => nexpsub
  end.

(** * Arrays *)

(** Elements: something without value, and an order in which it is the least. *)
Class Elem (E : Type) := {
  fault : E;
  ele : E -> E -> Prop;
  ele_refl : forall x, ele x x;
  ele_trans : forall x y z, ele x y -> ele y z -> ele x z;
  ele_fault : forall x, ele fault x
}.

Inductive arr (E : Type) := Wrong | Arr (shape : list Z) (element : list Z -> E).
Arguments Wrong {E}.
Arguments Arr {E} shape element.

(** Index p is in bounds of shape s. *)
Fixpoint inb (p s : list Z) : bool :=
  match p, s with
  | [], [] => true
  | i :: p', n :: s' => (0 <=? i) && (i <? n) && inb p' s'
  | _, _ => false
  end.

Definition shp {E} (A : arr E) : option (list Z) :=
  match A with Wrong => None | Arr s _ => Some s end.

(** Element p; without value out of bounds. *)
Definition at_ {E} `{Elem E} (A : arr E) (p : list Z) : E :=
  match A with Wrong => fault | Arr s f => if inb p s then f p else fault end.

(** Refinement: A has no shape, or B has A's shape and A's elements wherever A has them. *)
Definition vle {E} `{Elem E} (A B : arr E) : Prop :=
  A = Wrong \/ (shp A = shp B /\ forall p, ele (at_ A p) (at_ B p)).
Infix "[=" := vle (at level 70).

#[export] Instance num_elem : Elem num.
Proof.
  refine {| fault := Fault; ele := fun x y => x = Fault \/ x = y |}.
  - auto.
  - intros x y z [-> | ->] [-> | ->]; auto.
  - auto.
Defined.

Section Refinement.
Context {E : Type} `{Elem E}.
Lemma vle_refl (A : arr E) : A [= A.
Proof. right. split; auto. intros. apply ele_refl. Qed.
Lemma vle_trans (A B C : arr E) : A [= B -> B [= C -> A [= C.
Proof.
  intros [->|[Hs He]] HB; [left; reflexivity|]. destruct HB as [->|[Ht Hf]].
  - destruct A; [left; reflexivity|discriminate].
  - right. split; [congruence|]. intros p. eapply ele_trans; eauto.
Qed.
Lemma vle_wrong (A : arr E) : Wrong [= A.
Proof. left. reflexivity. Qed.
End Refinement.

(** Tuples are elements; what has no value is a tuple of arrays without shape. *)
#[export] Instance pair_elem {A B} `{Elem A} `{Elem B} : Elem (arr A * arr B).
Proof.
  refine {| fault := (Wrong, Wrong); ele := fun x y => fst x [= fst y /\ snd x [= snd y |}.
  - intros; split; apply vle_refl.
  - intros x y z [] []; split; eapply vle_trans; eauto.
  - intros; split; apply vle_wrong.
Defined.
#[export] Instance triple_elem {A B C} `{Elem A} `{Elem B} `{Elem C} : Elem (arr A * arr B * arr C).
Proof.
  refine {| fault := (Wrong, Wrong, Wrong);
     ele := fun x y => fst (fst x) [= fst (fst y) /\ snd (fst x) [= snd (fst y) /\ snd x [= snd y |}.
  - intros; repeat split; apply vle_refl.
  - intros x y z (? & ? & ?) (? & ? & ?); repeat split; eapply vle_trans; eauto.
  - intros; repeat split; apply vle_wrong.
Defined.

(** 0 .. n-1. *)
Definition range (n : Z) : list Z := map Z.of_nat (seq 0 (Z.to_nat n)).

Definition shape_eq (s t : list Z) : {s = t} + {s <> t} := list_eq_dec Z.eq_dec s t.
Arguments shape_eq : simpl never.

Section Operators.
Context {E : Type} `{Elem E}.

(** Selection by a full or partial index. *)
Definition psi (p : list Z) (A : arr E) : arr E :=
  match A with
  | Wrong => Wrong
  | Arr s _ => if (length p <=? length s)%nat then Arr (skipn (length p) s) (fun q => at_ A (p ++ q))
  else Wrong
  end.

(** The array with first axis n whose element i is e i; its cells have the shape of e 0. *)
Definition gen (n : Z) (e : Z -> arr E) : arr E :=
  match e 0 with
  | Wrong => Wrong
  | Arr s _ => Arr (n :: s) (fun p => match p with i :: q => at_ (e i) q | [] => fault end)
  end.

Definition take (k : Z) (A : arr E) : arr E :=
  match A with Arr (_ :: s) _ => Arr (k :: s) (fun p => at_ A p) | _ => Wrong end.

Definition on_first (g : Z -> Z) (A : arr E) (p : list Z) : E :=
  match p with i :: q => at_ A (g i :: q) | [] => fault end.

Definition drop (k : Z) (A : arr E) : arr E :=
  match A with Arr (n :: s) _ => Arr (n - k :: s) (on_first (fun i => i + k) A) | _ => Wrong end.
Definition rev_ (A : arr E) : arr E :=
  match A with Arr (n :: s) _ => Arr (n :: s) (on_first (fun i => n - 1 - i) A) | _ => Wrong end.
Definition rot (k : Z) (A : arr E) : arr E :=
  match A with Arr (n :: s) _ => Arr (n :: s) (on_first (fun i => (i + k) mod n) A) | _ => Wrong end.
Definition cat (A B : arr E) : arr E :=
  match A, B with
  | Arr (n :: s) _, Arr (m :: t) _ =>
    if shape_eq s t
    then Arr (n + m :: s)
             (fun p => match p with i :: q => if i <? n then at_ A p else at_ B (i - n :: q)
             | [] => fault end)
    else Wrong
  | _, _ => Wrong
  end.

(** Transpose: element p of the result is element q of A with q_k = p_(t_k); extent t_k of the
    result is extent k of A. *)
Definition permute (t : list nat) (p : list Z) : list Z := map (fun k => nth k p 0) t.
Fixpoint position (j : nat) (t : list nat) : nat :=
  match t with [] => O | k :: u => if Nat.eqb j k then O else S (position j u) end.
Definition is_permutation (t : list nat) : bool :=
  forallb (fun j => existsb (Nat.eqb j) t) (seq 0 (length t)) && forallb (fun k => (k <? length t)%nat) t.
Definition tran (t : list nat) (A : arr E) : arr E :=
  match A with
  | Arr s _ =>
    if is_permutation t && (length t =? length s)%nat
    then Arr (map (fun j => nth (position j t) s 0) (seq 0 (length t))) (fun p => at_ A (permute t p))
    else Wrong
  | Wrong => Wrong
  end.

(** Row-major offset of an index, and the index at an offset (MJ gamma, gamma prime). *)
Fixpoint size (s : list Z) : Z := match s with [] => 1 | n :: s' => n * size s' end.
Fixpoint offset (s p : list Z) : Z :=
  match s, p with n :: s', i :: p' => i * size s' + offset s' p' | _, _ => 0 end.
Fixpoint index_at (s : list Z) (k : Z) : list Z :=
  match s with [] => [] | n :: s' => k / size s' :: index_at s' (k mod size s') end.
Definition reshape (u : list Z) (A : arr E) : arr E :=
  match A with
  | Arr s _ => if size u =? size s then Arr u (fun p => at_ A (index_at s (offset u p))) else Wrong
  | Wrong => Wrong
  end.
End Operators.

(** The body applied to every cell of rank k: the other axes are the frame. *)
Definition omega {E G} `{Elem E} `{Elem G} (k : nat) (b : arr E -> arr G) (A : arr E) : arr G :=
  match A with
  | Wrong => Wrong
  | Arr s _ =>
    let r := (length s - k)%nat in
    if (k <=? length s)%nat then
      match b (psi (repeat 0 r) A) with
      | Wrong => Wrong
      | Arr t _ => Arr (firstn r s ++ t) (fun p => at_ (b (psi (firstn r p) A)) (skipn r p))
      end
    else Wrong
  end.
(** Cells of two arrays; the frames agree on their last axes, the longer one is that of the result. *)
Definition omega2 {E F G} `{Elem E} `{Elem F} `{Elem G} (a b : nat) (body : arr E -> arr F -> arr G)
    (A : arr E) (B : arr F) : arr G :=
  match A, B with
  | Arr s _, Arr t _ =>
    let ra := (length s - a)%nat in let rb := (length t - b)%nat in
    let frame := if (rb <=? ra)%nat then firstn ra s else firstn rb t in
    let r := length frame in
    if (a <=? length s)%nat && (b <=? length t)%nat
       && (if shape_eq (skipn (r - ra) (firstn rb t)) (skipn (r - rb) (firstn ra s)) then true else false)
    then
      match body (psi (repeat 0 ra) A) (psi (repeat 0 rb) B) with
      | Wrong => Wrong
      | Arr u _ => Arr (frame ++ u) (fun p =>
          at_ (body (psi (skipn (r - ra) (firstn r p)) A) (psi (skipn (r - rb) (firstn r p)) B)) (skipn r p))
      end
    else Wrong
  | _, _ => Wrong
  end.

Definition scalar {E} (e : E) : arr E := Arr [] (fun _ => e).
Definition real (i : Z) : arr num := scalar (Num (IZR i)).
Definition rat (p q : Z) : arr num := scalar (Num (IZR p / IZR q)).
Definition bottom : arr num := scalar Bot.
Definition iota (n : Z) : arr num :=
  Arr [n] (fun p => match p with i :: _ => Num (IZR i) | [] => Fault end).

Definition lift1 (f : num -> num) (A : arr num) : arr num :=
  match A with Wrong => Wrong | Arr s _ => Arr s (fun p => f (at_ A p)) end.
(** Equal shapes, or one operand of rank 0 (scalar extension). *)
Definition lift2 (f : num -> num -> num) (A B : arr num) : arr num :=
  match A, B with
  | Arr s _, Arr t _ =>
    if shape_eq s t then Arr s (fun p => f (at_ A p) (at_ B p))
    else match s, t with
         | [], _ => Arr t (fun p => f (at_ A []) (at_ B p))
         | _, [] => Arr s (fun p => f (at_ A p) (at_ B []))
         | _, _ => Wrong
         end
  | _, _ => Wrong
  end.
Definition map1 (f : op1) := lift1 (num1 f).
Definition map2 (f : op2) := lift2 (num2 f).

(** ** Reductions: an operation on elements, and its identity for elements like a given one *)
Record reduction E := { operation : E -> E -> E; identity : E -> E }.
Arguments operation {E}. Arguments identity {E}.
(** Where g(j), in increasing j, from the identity; the result has the shape of x 0. *)
Definition red {E} `{Elem E} (f : reduction E) (n : Z) (g : Z -> bool) (x : Z -> arr E) : arr E :=
  match x 0 with
  | Wrong => Wrong
  | Arr s _ => Arr s (fun p =>
      fold_left (operation f) (map (fun j => at_ (x j) p) (filter g (range n))) (identity f (at_ (x 0) p)))
  end.

Inductive redop := RAdd | RMul | RMax | RMin.
Definition reduce (f : redop) : reduction num :=
  match f with
  | RAdd => {| operation := nadd; identity := fun _ => Num 0 |}
  | RMul => {| operation := nmul; identity := fun _ => Num 1 |}
  | RMax => {| operation := nmax; identity := fun _ => Bot |}
  | RMin => {| operation := nmin; identity := fun _ => Top |}
  end.
Definition like (v : num) (A : arr num) : arr num :=
  match A with Wrong => Wrong | Arr s _ => Arr s (fun _ => v) end.
(** Sums of pairs, component by component. *)
Definition add_pairs : reduction (arr num * arr num) :=
  {| operation := fun x y => (map2 Add (fst x) (fst y), map2 Add (snd x) (snd y));
     identity := fun e => (like (Num 0) (fst e), like (Num 0) (snd e)) |}.
(** Softmax states (maximum, sum of weights, weighted values). *)
Definition state := (arr num * arr num * arr num)%type.
Definition merge (s t : state) : state :=
  let '(m, z, o) := s in let '(m', z', o') := t in
  let M := map2 Max m m' in
  let a := map2 Expsub m M in let b := map2 Expsub m' M in
  (M, map2 Add (map2 Mul z a) (map2 Mul z' b), map2 Add (map2 Mul o a) (map2 Mul o' b)).
Definition states : reduction state :=
  {| operation := merge;
     identity := fun e => (like Bot (fst (fst e)), like (Num 0) (snd (fst e)), like (Num 0) (snd e)) |}.
Definition osmerge (s t : arr state) : arr state :=
  match s, t with Arr [] _, Arr [] _ => scalar (merge (at_ s []) (at_ t [])) | _, _ => Wrong end.

(** Over the first axis. *)
Definition redf (f : redop) (A : arr num) : arr num :=
  match A with
  | Arr (n :: s) _ => Arr s (fun p =>
      fold_left (operation (reduce f)) (map (fun j => at_ A (j :: p)) (range n)) (identity (reduce f) Fault))
  | _ => Wrong
  end.
(** Last axis of A with first axis of B. *)
Definition inner (f : redop) (g : op2) (A B : arr num) : arr num :=
  match A, B with
  | Arr s _, Arr (m :: t) _ =>
    match rev s with
    | n :: s' =>
      if n =? m then
        let r := length s' in
        Arr (rev s' ++ t) (fun p =>
          fold_left (operation (reduce f))
            (map (fun k => num2 g (at_ A (firstn r p ++ [k])) (at_ B (k :: skipn r p))) (range n))
            (identity (reduce f) Fault))
      else Wrong
    | [] => Wrong
    end
  | _, _ => Wrong
  end.
Definition outer (g : op2) (A B : arr num) : arr num :=
  match A, B with
  | Arr s _, Arr t _ => Arr (s ++ t) (fun p => num2 g (at_ A (firstn (length s) p)) (at_ B (skipn (length s)
  p)))
  | _, _ => Wrong
  end.

(** ** Tuples, choice, iteration *)
Section Values.
Context {A B C : Type} `{Elem A} `{Elem B} `{Elem C}.
Definition tup2 (x : arr A) (y : arr B) : arr (arr A * arr B) := scalar (x, y).
Definition tup3 (x : arr A) (y : arr B) (z : arr C) : arr (arr A * arr B * arr C) := scalar (x, y, z).
Definition get2_0 (t : arr (arr A * arr B)) : arr A := fst (at_ t []).
Definition get2_1 (t : arr (arr A * arr B)) : arr B := snd (at_ t []).
Definition get3_0 (t : arr (arr A * arr B * arr C)) : arr A := fst (fst (at_ t [])).
Definition get3_1 (t : arr (arr A * arr B * arr C)) : arr B := snd (fst (at_ t [])).
Definition get3_2 (t : arr (arr A * arr B * arr C)) : arr C := snd (at_ t []).
End Values.

(** x where the scalar is 0, y where it is another real; without value where it has none. Both have one
    shape. *)
Definition ifzero {E} `{Elem E} (z : arr num) (x y : arr E) : arr E :=
  match x, y with
  | Arr s _, Arr t _ =>
    if shape_eq s t
    then Arr s (fun p => match at_ z [] with Num r => at_ (if Req_EM_T r 0 then x else y) p | _ => fault end)
    else Wrong
  | _, _ => Wrong
  end.
(** `let`: sharing does not change what is meant. *)
Definition share {A B} (e : A) (b : A -> B) : B := b e.
Definition any (n : Z) (g : Z -> bool) : bool := existsb g (range n).
Definition fold {E} (n : Z) (init : arr E) (step : Z -> arr E -> arr E) : arr E :=
  fold_left (fun st j => step j st) (range n) init.

(** ** Inputs in memory: an element lies at the sum of its indices times the strides *)
Record layout := { extents : list Z; strides : list Z; memory : Z -> R }.
Fixpoint gamma (p strides : list Z) : Z :=
  match p, strides with i :: p', d :: q => i * d + gamma p' q | _, _ => 0 end.
Definition input (L : layout) : arr num := Arr (extents L) (fun p => Num (memory L (gamma p (strides L)))).
Definition mem (L : layout) (p : list Z) : arr num :=
  scalar (if inb p (extents L) then Num (memory L (gamma p (strides L))) else Fault).

(** * Statements: bags of writes *)
Definition write := (list Z * num)%type.
Inductive stmt := Unshaped | Writes (bag : list write).
Definition write_le (x y : write) : Prop := fst x = fst y /\ ele (snd x) (snd y).
(** The same writes in any order, values refined. *)
Definition sle (P Q : stmt) : Prop :=
  match P, Q with
  | Unshaped, _ => True
  | Writes l, Writes m => exists l', Permutation l l' /\ Forall2 write_le l' m
  | _, _ => False
  end.
Infix "<~" := sle (at level 70).
Definition both (P Q : stmt) : stmt :=
  match P, Q with Writes l, Writes m => Writes (l ++ m) | _, _ => Unshaped end.

(** All indices of a shape, row-major. *)
Fixpoint indices (s : list Z) : list (list Z) :=
  match s with [] => [[]] | n :: s' => flat_map (fun i => map (cons i) (indices s')) (range n) end.
Definition put (p : list Z) (A : arr num) : stmt :=
  match A with Wrong => Unshaped | Arr s f => Writes (map (fun q => (p ++ q, f q)) (indices s)) end.
Definition for_ (n : Z) (P : Z -> stmt) : stmt :=
  fold_right (fun i Q => both (P i) Q) (Writes []) (range n).
Definition when (g : bool) (P : stmt) : stmt := if g then P else Writes [].

(** * Side conditions of rules *)
Definition has_rank {E} (A : arr E) (r : nat) : Prop := exists s f, A = Arr s f /\ length s = r.
(** Extent number k of A is n. *)
Definition has_extent {E} (A : arr E) (k : nat) (n : Z) : Prop :=
  exists s f, A = Arr s f /\ nth_error s k = Some n.
Definition has_last_extent {E} (A : arr E) (n : Z) : Prop :=
  exists s f, A = Arr s f /\ hd_error (rev s) = Some n.
Definition same_shape {E F} (A : arr E) (B : arr F) : Prop := exists s, shp A = Some s /\ shp B = Some s.

(** The index into shape s of the row-major offset of p in u, as FORMAT.md writes it: Horner's form,
    then quotients and remainders from the last axis on. *)
Definition horner (u p : list Z) : Z :=
  match u, p with
  | _ :: u', i :: p' => fold_left (fun F ni => F * fst ni + snd ni) (combine u' p') i
  | _, _ => 0
  end.
Fixpoint digits (reversed : list Z) (F : Z) : list Z :=
  match reversed with
  | [] => []
  | n :: s => match s with [] => [F] | _ => F mod n :: digits s (F / n) end
  end.
Definition unravel {E} (A : arr E) (u p : list Z) : list Z :=
  match A with Arr s _ => rev (digits (rev s) (horner u p)) | Wrong => [] end.

(** * What types say *)
Definition cat_fits {E} (A B : arr E) : Prop :=
  exists n m s, shp A = Some (n :: s) /\ shp B = Some (m :: s) /\ 0 <= n /\ 0 <= m.
Definition inner_fits {E F} (A : arr E) (B : arr F) : Prop :=
  exists s n t, shp A = Some (s ++ [n]) /\ shp B = Some (n :: t).
Definition tran_fits {E} (t : list nat) (A : arr E) : Prop :=
  is_permutation t = true /\ exists s, shp A = Some s /\ length t = length s.
Definition pair_of {A B} `{Elem A} `{Elem B} (s t : list Z) (x : arr (arr A * arr B)) : Prop :=
  shp x = Some [] /\ shp (get2_0 x) = Some s /\ shp (get2_1 x) = Some t.
(** A softmax state: two scalars and values of shape s. *)
Definition state_of (s : list Z) (x : arr state) : Prop :=
  shp x = Some [] /\ shp (get3_0 x) = Some [] /\ shp (get3_1 x) = Some [] /\ shp (get3_2 x) = Some s.

(* Rules.v: the rows of spec/rules/*.rules as propositions over the meanings of MoA.v, one for each
   direction. Written by rules.py; proofs are in the files *Proofs.v. *)
From Coq Require Import ZArith List Bool.
Import ListNotations.
Require Import MoA.
Local Open Scope Z_scope.

(** let-inline: a shared value stands for its definition; backwards it introduces sharing *)
Definition let_inline_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (e : arr E1) (b : arr E1 -> arr E2),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (share e (fun x => (b x)))
  [= (b e).
Definition let_inline_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (e : arr E1) (b : arr E1 -> arr E2),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (b e)
  [= (share e (fun x => (b x))).

(** let-inline-stmt: the same around a statement *)
Definition let_inline_stmt_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (share e (fun x => (P x)))
  <~ (P e).
Definition let_inline_stmt_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (P e)
  <~ (share e (fun x => (P x))).

(** div-mul: (a/b)*c = (a*c)/b *)
Definition div_mul_lr : Prop :=
  forall (a : arr num) (b : arr num) (c : arr num),
  (map2 Mul (map2 Div a b) c)
  [= (map2 Div (map2 Mul a c) b).
Definition div_mul_rl : Prop :=
  forall (a : arr num) (b : arr num) (c : arr num),
  (map2 Div (map2 Mul a c) b)
  [= (map2 Mul (map2 Div a b) c).

(** div-reciprocal: a/b = a*(1/b) *)
Definition div_reciprocal_lr : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Div a b)
  [= (map2 Mul a (map2 Div (real 1) b)).
Definition div_reciprocal_rl : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Mul a (map2 Div (real 1) b))
  [= (map2 Div a b).

(** div-nonzero: a quotient that is taken only where its divisor is not 0 is a product with a reciprocal of which the same holds *)
Definition div_nonzero_lr : Prop :=
  forall (a : arr num) (b : arr num) (y : arr num),
  (shp (b) = Some []) ->
  (shp y = shp (map2 Div a b)) ->
  (shp y = shp (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b)))) ->
  (ifzero b y (map2 Div a b))
  [= (ifzero b y (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b)))).
Definition div_nonzero_rl : Prop :=
  forall (a : arr num) (b : arr num) (y : arr num),
  (shp (b) = Some []) ->
  (shp y = shp (map2 Div a b)) ->
  (shp y = shp (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b)))) ->
  (ifzero b y (map2 Mul a (ifzero b (real 0) (map2 Div (real 1) b))))
  [= (ifzero b y (map2 Div a b)).

(** mul-comm: a*b = b*a *)
Definition mul_comm_lr : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Mul a b)
  [= (map2 Mul b a).
Definition mul_comm_rl : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Mul b a)
  [= (map2 Mul a b).

(** add-comm: a+b = b+a *)
Definition add_comm_lr : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Add a b)
  [= (map2 Add b a).
Definition add_comm_rl : Prop :=
  forall (a : arr num) (b : arr num),
  (map2 Add b a)
  [= (map2 Add a b).

(** red-div: a common divisor leaves a non-empty sum *)
Definition red_div_lr : Prop :=
  forall (n : Z) (f : Z -> arr num) (b : arr num),
  (exists sh, forall x0, shp (f x0) = Some sh) ->
  (0 < n) ->
  (red (reduce RAdd) n (fun j => true) (fun j => (map2 Div (f j) b)))
  [= (map2 Div (red (reduce RAdd) n (fun j => true) (fun j => (f j))) b).
Definition red_div_rl : Prop :=
  forall (n : Z) (f : Z -> arr num) (b : arr num),
  (exists sh, forall x0, shp (f x0) = Some sh) ->
  (0 < n) ->
  (map2 Div (red (reduce RAdd) n (fun j => true) (fun j => (f j))) b)
  [= (red (reduce RAdd) n (fun j => true) (fun j => (map2 Div (f j) b))).

(** red-if: a guard of a sum is a choice between the element and 0 *)
Definition red_if_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (f : Z -> arr num),
  (forall x0, shp (f x0) = Some []) ->
  (red (reduce RAdd) n (fun j => (g j)) (fun j => (f j)))
  [= (red (reduce RAdd) n (fun j => true) (fun j => (if (g j) then (f j) else (real 0)))).
Definition red_if_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (f : Z -> arr num),
  (forall x0, shp (f x0) = Some []) ->
  (red (reduce RAdd) n (fun j => true) (fun j => (if (g j) then (f j) else (real 0))))
  [= (red (reduce RAdd) n (fun j => (g j)) (fun j => (f j))).

(** any-intro: a row with a witness key is not empty: the branch for empty rows may be written *)
Definition any_intro_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (w : Z) (g : Z -> bool) (X : arr E1) (y : arr E1),
  (shp X = shp y) ->
  (0 <= w /\ w < n) ->
  ((g w) = true) ->
  X
  [= (if (any n (fun j => (g j))) then X else y).
Definition any_intro_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (w : Z) (g : Z -> bool) (X : arr E1) (y : arr E1),
  (shp X = shp y) ->
  (0 <= w /\ w < n) ->
  ((g w) = true) ->
  (if (any n (fun j => (g j))) then X else y)
  [= X.

(** and-true: g and true = g *)
Definition and_true_lr : Prop :=
  forall (g : bool),
  (g && true)
  = g.
Definition and_true_rl : Prop :=
  forall (g : bool),
  g
  = (g && true).

(** if-true: a true guard goes away *)
Definition if_true_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (x : arr E1) (y : arr E1),
  (shp x = shp y) ->
  (if true then x else y)
  [= x.
Definition if_true_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (x : arr E1) (y : arr E1),
  (shp x = shp y) ->
  x
  [= (if true then x else y).

(** gamma-strided: a full selection from an input is a read at its strided offset *)
Definition gamma_strided_lr : Prop :=
  forall (p : list Z) (A : layout),
  (has_rank (input A) (length p)%nat) ->
  (psi (p) (input A))
  [= (mem A (p)).
Definition gamma_strided_rl : Prop :=
  forall (p : list Z) (A : layout),
  (has_rank (input A) (length p)%nat) ->
  (mem A (p))
  [= (psi (p) (input A)).

(** eta: an array is the array of its elements *)
Definition eta_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E : arr E1) (n : Z),
  (has_extent E 0 n) ->
  E
  [= (gen n (fun i => (psi ([i]) E))).
Definition eta_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E : arr E1) (n : Z),
  (has_extent E 0 n) ->
  (gen n (fun i => (psi ([i]) E)))
  [= E.

(** put-gen: writing an array writes its elements *)
Definition put_gen_lr : Prop :=
  forall (p : list Z) (n : Z) (e : Z -> arr num),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (put (p) (gen n (fun i => (e i))))
  <~ (for_ n (fun i => (put (p ++ [i]) (e i)))).
Definition put_gen_rl : Prop :=
  forall (p : list Z) (n : Z) (e : Z -> arr num),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (for_ n (fun i => (put (p ++ [i]) (e i))))
  <~ (put (p) (gen n (fun i => (e i)))).

(** put-let: sharing around a written value is sharing around the write *)
Definition put_let_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (e : arr E1) (b : arr E1 -> arr num),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (put (p) (share e (fun x => (b x))))
  <~ (share e (fun x => (put (p) (b x)))).
Definition put_let_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (e : arr E1) (b : arr E1 -> arr num),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (share e (fun x => (put (p) (b x))))
  <~ (put (p) (share e (fun x => (b x)))).

(** psi-empty: the empty index selects everything *)
Definition psi_empty_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (A : arr E1),
  (psi ([]) A)
  [= A.
Definition psi_empty_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (A : arr E1),
  A
  [= (psi ([]) A).

(** psi-psi: successive selections concatenate *)
Definition psi_psi_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (q : list Z) (A : arr E1),
  (psi (q) (psi (p) A))
  [= (psi (p ++ q) A).
Definition psi_psi_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (q : list Z) (A : arr E1),
  (psi (p ++ q) A)
  [= (psi (q) (psi (p) A)).

(** psi-map1: selection passes through a pointwise map *)
Definition psi_map1_lr : Prop :=
  forall (p : list Z) (F : op1) (A : arr num),
  (psi (p) (map1 F A))
  [= (map1 F (psi (p) A)).
Definition psi_map1_rl : Prop :=
  forall (p : list Z) (F : op1) (A : arr num),
  (map1 F (psi (p) A))
  [= (psi (p) (map1 F A)).

(** psi-map2: selection distributes over a pointwise operator on equal shapes *)
Definition psi_map2_lr : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (same_shape A B) ->
  (psi (p) (map2 F A B))
  [= (map2 F (psi (p) A) (psi (p) B)).
Definition psi_map2_rl : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (same_shape A B) ->
  (map2 F (psi (p) A) (psi (p) B))
  [= (psi (p) (map2 F A B)).

(** psi-scalar-left: scalar extension on the left *)
Definition psi_scalar_left_lr : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (has_rank A (0)%nat) ->
  (psi (p) (map2 F A B))
  [= (map2 F (psi ([]) A) (psi (p) B)).
Definition psi_scalar_left_rl : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (has_rank A (0)%nat) ->
  (map2 F (psi ([]) A) (psi (p) B))
  [= (psi (p) (map2 F A B)).

(** psi-scalar-right: scalar extension on the right, compound scalars included *)
Definition psi_scalar_right_lr : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (has_rank B (0)%nat) ->
  (psi (p) (map2 F A B))
  [= (map2 F (psi (p) A) (psi ([]) B)).
Definition psi_scalar_right_rl : Prop :=
  forall (p : list Z) (F : op2) (A : arr num) (B : arr num),
  (has_rank B (0)%nat) ->
  (map2 F (psi (p) A) (psi ([]) B))
  [= (psi (p) (map2 F A B)).

(** psi-take: take keeps the leading index *)
Definition psi_take_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (p : list Z) (A : arr E1),
  (psi ([i] ++ p) (take k A))
  [= (psi ([i] ++ p) A).
Definition psi_take_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (p : list Z) (A : arr E1),
  (0 <= i /\ i < k) ->
  (psi ([i] ++ p) A)
  [= (psi ([i] ++ p) (take k A)).

(** psi-drop: drop shifts the leading index *)
Definition psi_drop_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (p : list Z) (A : arr E1),
  (psi ([i] ++ p) (drop k A))
  [= (psi ([(i + k)] ++ p) A).
Definition psi_drop_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (p : list Z) (A : arr E1),
  (0 <= i) ->
  (psi ([(i + k)] ++ p) A)
  [= (psi ([i] ++ p) (drop k A)).

(** psi-cat: catenation chooses its side by the leading index *)
Definition psi_cat_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (A : arr E1) (B : arr E1),
  (cat_fits A B) ->
  (has_extent A 0 n) ->
  (psi ([i] ++ p) (cat A B))
  [= (if (i <? n) then (psi ([i] ++ p) A) else (psi ([(i - n)] ++ p) B)).
Definition psi_cat_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (A : arr E1) (B : arr E1),
  (cat_fits A B) ->
  (has_extent A 0 n) ->
  (if (i <? n) then (psi ([i] ++ p) A) else (psi ([(i - n)] ++ p) B))
  [= (psi ([i] ++ p) (cat A B)).

(** psi-rev: reverse mirrors the leading index *)
Definition psi_rev_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (A : arr E1),
  (has_extent A 0 n) ->
  (psi ([i] ++ p) (rev_ A))
  [= (psi ([((n - 1) - i)] ++ p) A).
Definition psi_rev_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (A : arr E1),
  (has_extent A 0 n) ->
  (0 <= i /\ i < n) ->
  (psi ([((n - 1) - i)] ++ p) A)
  [= (psi ([i] ++ p) (rev_ A)).

(** psi-rot: rotate shifts the leading index modulo the extent *)
Definition psi_rot_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (n : Z) (p : list Z) (A : arr E1),
  (has_extent A 0 n) ->
  (psi ([i] ++ p) (rot k A))
  [= (psi ([((i + k) mod n)] ++ p) A).
Definition psi_rot_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (k : Z) (n : Z) (p : list Z) (A : arr E1),
  (has_extent A 0 n) ->
  (0 <= i /\ i < n) ->
  (psi ([((i + k) mod n)] ++ p) A)
  [= (psi ([i] ++ p) (rot k A)).

(** psi-tran: transpose permutes a full index *)
Definition psi_tran_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (t : list nat) (A : arr E1),
  (tran_fits t A) ->
  (has_rank A (length p)%nat) ->
  (psi (p) (tran t A))
  [= (psi (permute t p) A).
Definition psi_tran_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (t : list nat) (A : arr E1),
  (tran_fits t A) ->
  (has_rank A (length p)%nat) ->
  (psi (permute t p) A)
  [= (psi (p) (tran t A)).

(** psi-reshape: reshape: from the index to the offset and back *)
Definition psi_reshape_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (u : list Z) (A : arr E1),
  (length p = length u) ->
  (psi (p) (reshape (u) A))
  [= (psi (unravel A u p) A).
Definition psi_reshape_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (u : list Z) (A : arr E1),
  (length p = length u) ->
  (0 < 0) ->
  (psi (unravel A u p) A)
  [= (psi (p) (reshape (u) A)).

(** psi-iota: element i of iota is i *)
Definition psi_iota_lr : Prop :=
  forall (i : Z) (n : Z),
  (psi ([i]) (iota n))
  [= (real i).
Definition psi_iota_rl : Prop :=
  forall (i : Z) (n : Z),
  (0 <= i /\ i < n) ->
  (real i)
  [= (psi ([i]) (iota n)).

(** psi-red: a reduction of the first axis becomes a binder *)
Definition psi_red_lr : Prop :=
  forall (p : list Z) (f : redop) (n : Z) (A : arr num),
  (has_extent A 0 n) ->
  (psi (p) (redf f A))
  [= (red (reduce f) n (fun k => true) (fun k => (psi ([k] ++ p) A))).
Definition psi_red_rl : Prop :=
  forall (p : list Z) (f : redop) (n : Z) (A : arr num),
  (has_extent A 0 n) ->
  (0 < n) ->
  (red (reduce f) n (fun k => true) (fun k => (psi ([k] ++ p) A)))
  [= (psi (p) (redf f A)).

(** psi-inner: inner product: the contracted axis becomes a binder *)
Definition psi_inner_lr : Prop :=
  forall (p : list Z) (q : list Z) (f : redop) (g : op2) (n : Z) (A : arr num) (B : arr num),
  (inner_fits A B) ->
  (has_rank A (length p + 1)%nat) ->
  (has_last_extent A n) ->
  (psi (p ++ q) (inner f g A B))
  [= (red (reduce f) n (fun k => true) (fun k => (map2 g (psi (p ++ [k]) A) (psi ([k] ++ q) B)))).
Definition psi_inner_rl : Prop :=
  forall (p : list Z) (q : list Z) (f : redop) (g : op2) (n : Z) (A : arr num) (B : arr num),
  (inner_fits A B) ->
  (has_rank A (length p + 1)%nat) ->
  (has_last_extent A n) ->
  (0 < n) ->
  (red (reduce f) n (fun k => true) (fun k => (map2 g (psi (p ++ [k]) A) (psi ([k] ++ q) B))))
  [= (psi (p ++ q) (inner f g A B)).

(** psi-outer: outer product splits the index *)
Definition psi_outer_lr : Prop :=
  forall (p : list Z) (q : list Z) (g : op2) (A : arr num) (B : arr num),
  (has_rank A (length p)%nat) ->
  (psi (p ++ q) (outer g A B))
  [= (map2 g (psi (p) A) (psi (q) B)).
Definition psi_outer_rl : Prop :=
  forall (p : list Z) (q : list Z) (g : op2) (A : arr num) (B : arr num),
  (has_rank A (length p)%nat) ->
  (map2 g (psi (p) A) (psi (q) B))
  [= (psi (p ++ q) (outer g A B)).

(** psi-omega: the frame index selects the cell, the rest goes inside *)
Definition psi_omega_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (p : list Z) (q : list Z) (k : nat) (b : arr E1 -> arr E2) (A : arr E1),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (has_rank A (length p + k)%nat) ->
  (psi (p ++ q) (omega k (fun x => (b x)) A))
  [= (share (psi (p) A) (fun x => (psi (q) (b x)))).
Definition psi_omega_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (p : list Z) (q : list Z) (k : nat) (b : arr E1 -> arr E2) (A : arr E1),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (has_rank A (length p + k)%nat) ->
  (0 < 0) ->
  (share (psi (p) A) (fun x => (psi (q) (b x))))
  [= (psi (p ++ q) (omega k (fun x => (b x)) A)).

(** psi-omega2-left: dyadic rank operator, left frame at least as long *)
Definition psi_omega2_left_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (E3 : Type) (H3 : Elem E3) (f : list Z) (p : list Z) (q : list Z) (a : nat) (b : nat) (e : arr E1 -> arr E2 -> arr E3) (A : arr E1) (B : arr E2),
  (forall x0 x1 y0 y1, shp x0 = shp y0 -> shp x1 = shp y1 -> shp (e x0 x1) = shp (e y0 y1)) ->
  (forall x0 x1 y0 y1, x0 [= y0 -> x1 [= y1 -> e x0 x1 [= e y0 y1) ->
  (has_rank A (length f + length p + a)%nat) ->
  (has_rank B (length p + b)%nat) ->
  (psi (f ++ p ++ q) (omega2 a b (fun x y => (e x y)) A B))
  [= (share (psi (f ++ p) A) (fun x => (share (psi (p) B) (fun y => (psi (q) (e x y)))))).
Definition psi_omega2_left_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (E3 : Type) (H3 : Elem E3) (f : list Z) (p : list Z) (q : list Z) (a : nat) (b : nat) (e : arr E1 -> arr E2 -> arr E3) (A : arr E1) (B : arr E2),
  (forall x0 x1 y0 y1, shp x0 = shp y0 -> shp x1 = shp y1 -> shp (e x0 x1) = shp (e y0 y1)) ->
  (forall x0 x1 y0 y1, x0 [= y0 -> x1 [= y1 -> e x0 x1 [= e y0 y1) ->
  (has_rank A (length f + length p + a)%nat) ->
  (has_rank B (length p + b)%nat) ->
  (0 < 0) ->
  (share (psi (f ++ p) A) (fun x => (share (psi (p) B) (fun y => (psi (q) (e x y))))))
  [= (psi (f ++ p ++ q) (omega2 a b (fun x y => (e x y)) A B)).

(** psi-omega2-right: dyadic rank operator, right frame longer *)
Definition psi_omega2_right_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (E3 : Type) (H3 : Elem E3) (f : list Z) (p : list Z) (q : list Z) (a : nat) (b : nat) (e : arr E1 -> arr E2 -> arr E3) (A : arr E1) (B : arr E2),
  (forall x0 x1 y0 y1, shp x0 = shp y0 -> shp x1 = shp y1 -> shp (e x0 x1) = shp (e y0 y1)) ->
  (forall x0 x1 y0 y1, x0 [= y0 -> x1 [= y1 -> e x0 x1 [= e y0 y1) ->
  (has_rank A (length p + a)%nat) ->
  (has_rank B (length f + length p + b)%nat) ->
  (psi (f ++ p ++ q) (omega2 a b (fun x y => (e x y)) A B))
  [= (share (psi (p) A) (fun x => (share (psi (f ++ p) B) (fun y => (psi (q) (e x y)))))).
Definition psi_omega2_right_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (E3 : Type) (H3 : Elem E3) (f : list Z) (p : list Z) (q : list Z) (a : nat) (b : nat) (e : arr E1 -> arr E2 -> arr E3) (A : arr E1) (B : arr E2),
  (forall x0 x1 y0 y1, shp x0 = shp y0 -> shp x1 = shp y1 -> shp (e x0 x1) = shp (e y0 y1)) ->
  (forall x0 x1 y0 y1, x0 [= y0 -> x1 [= y1 -> e x0 x1 [= e y0 y1) ->
  (has_rank A (length p + a)%nat) ->
  (has_rank B (length f + length p + b)%nat) ->
  (0 < 0) ->
  (share (psi (p) A) (fun x => (share (psi (f ++ p) B) (fun y => (psi (q) (e x y))))))
  [= (psi (f ++ p ++ q) (omega2 a b (fun x y => (e x y)) A B)).

(** psi-let: selection from a shared value selects from its body *)
Definition psi_let_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (p : list Z) (e : arr E1) (b : arr E1 -> arr E2),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (psi (p) (share e (fun x => (b x))))
  [= (share e (fun x => (psi (p) (b x)))).
Definition psi_let_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (p : list Z) (e : arr E1) (b : arr E1 -> arr E2),
  (forall x0 y0, shp x0 = shp y0 -> shp (b x0) = shp (b y0)) ->
  (forall x0 y0, x0 [= y0 -> b x0 [= b y0) ->
  (share e (fun x => (psi (p) (b x))))
  [= (psi (p) (share e (fun x => (b x)))).

(** psi-if: selection goes into both branches *)
Definition psi_if_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (c : bool) (A : arr E1) (B : arr E1),
  (shp A = shp B) ->
  (psi (p) (if c then A else B))
  [= (if c then (psi (p) A) else (psi (p) B)).
Definition psi_if_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (p : list Z) (c : bool) (A : arr E1) (B : arr E1),
  (shp A = shp B) ->
  (if c then (psi (p) A) else (psi (p) B))
  [= (psi (p) (if c then A else B)).

(** psi-gen: element i of gen is its body at i; backwards it stages an expression *)
Definition psi_gen_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (e : Z -> arr E1),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (psi ([i] ++ p) (gen n (fun v => (e v))))
  [= (psi (p) (e i)).
Definition psi_gen_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (i : Z) (n : Z) (p : list Z) (e : Z -> arr E1),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (0 <= i /\ i < n) ->
  (psi (p) (e i))
  [= (psi ([i] ++ p) (gen n (fun v => (e v)))).

(** psi-red-body: selection from a reduction of arrays reduces the selections *)
Definition psi_red_body_lr : Prop :=
  forall (p : list Z) (f : redop) (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (psi (p) (red (reduce f) n (fun j => (g j)) (fun j => (x j))))
  [= (red (reduce f) n (fun j => (g j)) (fun j => (psi (p) (x j)))).
Definition psi_red_body_rl : Prop :=
  forall (p : list Z) (f : redop) (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (0 < 0) ->
  (red (reduce f) n (fun j => (g j)) (fun j => (psi (p) (x j))))
  [= (psi (p) (red (reduce f) n (fun j => (g j)) (fun j => (x j)))).

(** psi-red-body: selection from a reduction of arrays reduces the selections *)
Definition psi_red_body_pairs_lr : Prop :=
  forall (p : list Z) (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (psi (p) (red add_pairs n (fun j => (g j)) (fun j => (x j))))
  [= (red add_pairs n (fun j => (g j)) (fun j => (psi (p) (x j)))).
Definition psi_red_body_pairs_rl : Prop :=
  forall (p : list Z) (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (0 < 0) ->
  (red add_pairs n (fun j => (g j)) (fun j => (psi (p) (x j))))
  [= (psi (p) (red add_pairs n (fun j => (g j)) (fun j => (x j)))).

(** psi-red-body: selection from a reduction of arrays reduces the selections *)
Definition psi_red_body_states_lr : Prop :=
  forall (p : list Z) (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (psi (p) (red states n (fun j => (g j)) (fun j => (x j))))
  [= (red states n (fun j => (g j)) (fun j => (psi (p) (x j)))).
Definition psi_red_body_states_rl : Prop :=
  forall (p : list Z) (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (0 < 0) ->
  (red states n (fun j => (g j)) (fun j => (psi (p) (x j))))
  [= (psi (p) (red states n (fun j => (g j)) (fun j => (x j)))).

(** for-split: dimension lifting of a loop, the tail guarded *)
Definition for_split_lr : Prop :=
  forall (n : Z) (B : Z) (P : Z -> stmt),
  (1 <= B) ->
  (for_ n (fun i => (P i)))
  <~ (for_ ((n + (B - 1)) / B) (fun I => (for_ B (fun r => (when (((I * B) + r) <? n) (P ((I * B) + r))))))).
Definition for_split_rl : Prop :=
  forall (n : Z) (B : Z) (P : Z -> stmt),
  (1 <= B) ->
  (for_ ((n + (B - 1)) / B) (fun I => (for_ B (fun r => (when (((I * B) + r) <? n) (P ((I * B) + r)))))))
  <~ (for_ n (fun i => (P i))).

(** for-group: a loop of blocks of equal length: the loop over the blocks and the loop inside of a block *)
Definition for_group_lr : Prop :=
  forall (n : Z) (q : Z) (B : Z) (P : Z -> Z -> stmt),
  (1 <= B) ->
  (n = (q * B)) ->
  (for_ n (fun i => (P i (i / B))))
  <~ (for_ q (fun I => (for_ B (fun r => (P ((I * B) + r) I))))).
Definition for_group_rl : Prop :=
  forall (n : Z) (q : Z) (B : Z) (P : Z -> Z -> stmt),
  (1 <= B) ->
  (n = (q * B)) ->
  (for_ q (fun I => (for_ B (fun r => (P ((I * B) + r) I)))))
  <~ (for_ n (fun i => (P i (i / B)))).

(** for-join: two loops are one loop over the pairs *)
Definition for_join_lr : Prop :=
  forall (n : Z) (m : Z) (P : Z -> Z -> stmt),
  (1 <= m) ->
  (for_ n (fun i => (for_ m (fun j => (P i j)))))
  <~ (for_ (n * m) (fun r => (P (r / m) (r mod m)))).
Definition for_join_rl : Prop :=
  forall (n : Z) (m : Z) (P : Z -> Z -> stmt),
  (1 <= m) ->
  (for_ (n * m) (fun r => (P (r / m) (r mod m))))
  <~ (for_ n (fun i => (for_ m (fun j => (P i j))))).

(** for-swap: independent loops commute *)
Definition for_swap_lr : Prop :=
  forall (n : Z) (m : Z) (P : Z -> Z -> stmt),
  (for_ n (fun i => (for_ m (fun j => (P i j)))))
  <~ (for_ m (fun j => (for_ n (fun i => (P i j))))).
Definition for_swap_rl : Prop :=
  forall (n : Z) (m : Z) (P : Z -> Z -> stmt),
  (for_ m (fun j => (for_ n (fun i => (P i j)))))
  <~ (for_ n (fun i => (for_ m (fun j => (P i j))))).

(** for-let: an invariant shared value leaves the loop *)
Definition for_let_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : arr E1) (P : Z -> arr E1 -> stmt),
  (forall x0 x1 y1, x1 [= y1 -> P x0 x1 <~ P x0 y1) ->
  (for_ n (fun i => (share e (fun x => (P i x)))))
  <~ (share e (fun x => (for_ n (fun i => (P i x))))).
Definition for_let_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : arr E1) (P : Z -> arr E1 -> stmt),
  (forall x0 x1 y1, x1 [= y1 -> P x0 x1 <~ P x0 y1) ->
  (share e (fun x => (for_ n (fun i => (P i x)))))
  <~ (for_ n (fun i => (share e (fun x => (P i x))))).

(** for-let-expand: a shared value of each iteration becomes an array over the iterations *)
Definition for_let_expand_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : Z -> arr E1) (P : Z -> arr E1 -> stmt),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (forall x0 x1 y1, x1 [= y1 -> P x0 x1 <~ P x0 y1) ->
  (for_ n (fun r => (share (e r) (fun x => (P r x)))))
  <~ (share (gen n (fun r => (e r))) (fun x => (for_ n (fun r => (P r (psi ([r]) x)))))).
Definition for_let_expand_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : Z -> arr E1) (P : Z -> arr E1 -> stmt),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (forall x0 x1 y1, x1 [= y1 -> P x0 x1 <~ P x0 y1) ->
  (share (gen n (fun r => (e r))) (fun x => (for_ n (fun r => (P r (psi ([r]) x))))))
  <~ (for_ n (fun r => (share (e r) (fun x => (P r x))))).

(** when-let: sharing may move out of a guard *)
Definition when_let_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (when g (share e (fun x => (P x))))
  <~ (share e (fun x => (when g (P x)))).
Definition when_let_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (share e (fun x => (when g (P x))))
  <~ (when g (share e (fun x => (P x)))).

(** guard-intro: where g holds, a value may be guarded by g *)
Definition guard_intro_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (x : arr E1) (y : arr E1),
  (shp x = shp y) ->
  (g = true) ->
  x
  [= (if g then x else y).
Definition guard_intro_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (x : arr E1) (y : arr E1),
  (shp x = shp y) ->
  (g = true) ->
  (if g then x else y)
  [= x.

(** if-same: a choice between a value and itself is the value; right to left: one value in two places *)
Definition if_same_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (x : arr E1),
  (if g then x else x)
  [= x.
Definition if_same_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (g : bool) (x : arr E1),
  x
  [= (if g then x else x).

(** fold-lift: folds that run side by side are one fold of an array of states *)
Definition fold_lift_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (m : Z) (i : Z -> arr E1) (s : Z -> Z -> arr E1 -> arr E1),
  (exists sh, forall x0, shp (i x0) = Some sh) ->
  (forall x0 x1 x2 y2, x2 [= y2 -> s x0 x1 x2 [= s x0 x1 y2) ->
  (forall r J st, shp st = shp (i r) -> shp (s r J st) = shp (i r)) ->
  (forall J st, shp st = shp (gen n (fun r => (i r))) -> shp (gen n (fun r => (s r J (psi ([r]) st)))) = shp (gen n (fun r => (i r)))) ->
  (gen n (fun r => (fold m (i r) (fun J st => (s r J st)))))
  [= (fold m (gen n (fun r => (i r))) (fun J st => (gen n (fun r => (s r J (psi ([r]) st)))))).
Definition fold_lift_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (m : Z) (i : Z -> arr E1) (s : Z -> Z -> arr E1 -> arr E1),
  (exists sh, forall x0, shp (i x0) = Some sh) ->
  (forall x0 x1 x2 y2, x2 [= y2 -> s x0 x1 x2 [= s x0 x1 y2) ->
  (forall r J st, shp st = shp (i r) -> shp (s r J st) = shp (i r)) ->
  (forall J st, shp st = shp (gen n (fun r => (i r))) -> shp (gen n (fun r => (s r J (psi ([r]) st)))) = shp (gen n (fun r => (i r)))) ->
  (fold m (gen n (fun r => (i r))) (fun J st => (gen n (fun r => (s r J (psi ([r]) st))))))
  [= (gen n (fun r => (fold m (i r) (fun J st => (s r J st))))).

(** gen-if: a condition that no element of an array changes leaves the array *)
Definition gen_if_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (g : bool) (x : Z -> arr E1) (y : Z -> arr E1),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (exists sh, forall x0, shp (y x0) = Some sh) ->
  (gen n (fun r => (if g then (x r) else (y r))))
  [= (if g then (gen n (fun r => (x r))) else (gen n (fun r => (y r)))).
Definition gen_if_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (g : bool) (x : Z -> arr E1) (y : Z -> arr E1),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (exists sh, forall x0, shp (y x0) = Some sh) ->
  (if g then (gen n (fun r => (x r))) else (gen n (fun r => (y r))))
  [= (gen n (fun r => (if g then (x r) else (y r)))).

(** gen-let-expand: a shared value of each element becomes an array over the elements *)
Definition gen_let_expand_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (n : Z) (e : Z -> arr E1) (b : Z -> arr E1 -> arr E2),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (forall x0 x1 y0 y1, shp x1 = shp y1 -> shp (b x0 x1) = shp (b y0 y1)) ->
  (forall x0 x1 y1, x1 [= y1 -> b x0 x1 [= b x0 y1) ->
  (gen n (fun r => (share (e r) (fun x => (b r x)))))
  [= (share (gen n (fun r => (e r))) (fun x => (gen n (fun r => (b r (psi ([r]) x)))))).
Definition gen_let_expand_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (E2 : Type) (H2 : Elem E2) (n : Z) (e : Z -> arr E1) (b : Z -> arr E1 -> arr E2),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (forall x0 x1 y0 y1, shp x1 = shp y1 -> shp (b x0 x1) = shp (b y0 y1)) ->
  (forall x0 x1 y1, x1 [= y1 -> b x0 x1 [= b x0 y1) ->
  (share (gen n (fun r => (e r))) (fun x => (gen n (fun r => (b r (psi ([r]) x))))))
  [= (gen n (fun r => (share (e r) (fun x => (b r x))))).

(** place-parallel: iterations of a loop may run in parallel *)
Definition place_parallel_lr : Prop :=
  forall (n : Z) (P : Z -> stmt),
  (for_ n (fun i => (P i)))
  <~ (for_ n (fun i => (P i))).
Definition place_parallel_rl : Prop :=
  forall (n : Z) (P : Z -> stmt),
  (for_ n (fun i => (P i)))
  <~ (for_ n (fun i => (P i))).

(** place-parallel-gen: elements of an array may be computed in parallel *)
Definition place_parallel_gen_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : Z -> arr E1),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (gen n (fun i => (e i)))
  [= (gen n (fun i => (e i))).
Definition place_parallel_gen_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (n : Z) (e : Z -> arr E1),
  (exists sh, forall x0, shp (e x0) = Some sh) ->
  (gen n (fun i => (e i)))
  [= (gen n (fun i => (e i))).

(** place-slow: a shared array may live in slow memory *)
Definition place_slow_lr : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (share e (fun x => (P x)))
  <~ (share e (fun x => (P x))).
Definition place_slow_rl : Prop :=
  forall (E1 : Type) (H1 : Elem E1) (e : arr E1) (P : arr E1 -> stmt),
  (forall x0 y0, x0 [= y0 -> P x0 <~ P y0) ->
  (share e (fun x => (P x)))
  <~ (share e (fun x => (P x))).

(** softmax-two-pass: row maximum first, then weights and weighted values in one reduction *)
Definition softmax_two_pass_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> arr num) (e : arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0, shp (v x0) = Some sh) ->
  (shp (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) = shp e) ->
  (if (any n (fun j => (g j))) then (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) else e)
  [= (share (red (reduce RMax) n (fun j => (g j)) (fun j => (s j))) (fun m => (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (map2 Expsub (s j) m) (map2 Mul (map2 Expsub (s j) m) (v j))))) (fun st => (ifzero (get2_0 st) e (map2 Div (get2_1 st) (get2_0 st))))))).
Definition softmax_two_pass_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> arr num) (e : arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0, shp (v x0) = Some sh) ->
  (shp (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) = shp e) ->
  (0 < 0) ->
  (share (red (reduce RMax) n (fun j => (g j)) (fun j => (s j))) (fun m => (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (map2 Expsub (s j) m) (map2 Mul (map2 Expsub (s j) m) (v j))))) (fun st => (ifzero (get2_0 st) e (map2 Div (get2_1 st) (get2_0 st)))))))
  [= (if (any n (fun j => (g j))) then (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) else e).

(** softmax-merge: a softmax-weighted mean is a reduction of the softmax monoid *)
Definition softmax_merge_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> arr num) (e : arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0, shp (v x0) = Some sh) ->
  (shp (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) = shp e) ->
  (if (any n (fun j => (g j))) then (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) else e)
  [= (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (v j)))) (fun st => (ifzero (get3_1 st) e (map2 Div (get3_2 st) (get3_1 st))))).
Definition softmax_merge_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> arr num) (e : arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0, shp (v x0) = Some sh) ->
  (shp (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) = shp e) ->
  (0 < 0) ->
  (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (v j)))) (fun st => (ifzero (get3_1 st) e (map2 Div (get3_2 st) (get3_1 st)))))
  [= (if (any n (fun j => (g j))) then (map2 Div (red (reduce RAdd) n (fun j => (g j)) (fun j => (map2 Mul (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k))))) (v j)))) (red (reduce RAdd) n (fun j => (g j)) (fun j => (map1 Exp (map2 Sub (s j) (red (reduce RMax) n (fun k => (g k)) (fun k => (s k)))))))) else e).

(** pair-share: weights do not depend on the value column: one reduction for all columns *)
Definition pair_share_lr : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (a : Z -> arr num) (b : Z -> Z -> arr num) (P : Z -> arr num -> arr num -> stmt),
  (exists sh, forall x0, shp (a x0) = Some sh) ->
  (exists sh, forall x0 x1, shp (b x0 x1) = Some sh) ->
  (forall x0 x1 x2 y1 y2, x1 [= y1 -> x2 [= y2 -> P x0 x1 x2 <~ P x0 y1 y2) ->
  (for_ d (fun c => (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (b j c)))) (fun st => (P c (get2_0 st) (get2_1 st))))))
  <~ (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (gen d (fun c => (b j c)))))) (fun st => (for_ d (fun c => (P c (get2_0 st) (psi ([c]) (get2_1 st))))))).
Definition pair_share_rl : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (a : Z -> arr num) (b : Z -> Z -> arr num) (P : Z -> arr num -> arr num -> stmt),
  (exists sh, forall x0, shp (a x0) = Some sh) ->
  (exists sh, forall x0 x1, shp (b x0 x1) = Some sh) ->
  (forall x0 x1 x2 y1 y2, x1 [= y1 -> x2 [= y2 -> P x0 x1 x2 <~ P x0 y1 y2) ->
  (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (gen d (fun c => (b j c)))))) (fun st => (for_ d (fun c => (P c (get2_0 st) (psi ([c]) (get2_1 st)))))))
  <~ (for_ d (fun c => (share (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (b j c)))) (fun st => (P c (get2_0 st) (get2_1 st)))))).

(** osm-share: the state (m, z) does not depend on the value column *)
Definition osm_share_lr : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num) (P : Z -> arr num -> arr num -> stmt),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (forall x0 x1 x2 y1 y2, x1 [= y1 -> x2 [= y2 -> P x0 x1 x2 <~ P x0 y1 y2) ->
  (for_ d (fun c => (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (v j c)))) (fun st => (P c (get3_1 st) (get3_2 st))))))
  <~ (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (fun st => (for_ d (fun c => (P c (get3_1 st) (psi ([c]) (get3_2 st))))))).
Definition osm_share_rl : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num) (P : Z -> arr num -> arr num -> stmt),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (forall x0 x1 x2 y1 y2, x1 [= y1 -> x2 [= y2 -> P x0 x1 x2 <~ P x0 y1 y2) ->
  (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (fun st => (for_ d (fun c => (P c (get3_1 st) (psi ([c]) (get3_2 st)))))))
  <~ (for_ d (fun c => (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (v j c)))) (fun st => (P c (get3_1 st) (get3_2 st)))))).

(** pair-fold: a sum of pairs is a fold from zero *)
Definition pair_fold_lr : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (a : Z -> arr num) (b : Z -> Z -> arr num),
  (forall x0, shp (a x0) = Some []) ->
  (forall x0 x1, shp (b x0 x1) = Some []) ->
  (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (gen d (fun c => (b j c))))))
  [= (fold n (tup2 (real 0) (gen d (fun c => (real 0)))) (fun j st => (if (g j) then (tup2 (map2 Add (get2_0 st) (a j)) (gen d (fun c => (map2 Add (psi ([c]) (get2_1 st)) (b j c))))) else st))).
Definition pair_fold_rl : Prop :=
  forall (d : Z) (n : Z) (g : Z -> bool) (a : Z -> arr num) (b : Z -> Z -> arr num),
  (forall x0, shp (a x0) = Some []) ->
  (forall x0 x1, shp (b x0 x1) = Some []) ->
  (fold n (tup2 (real 0) (gen d (fun c => (real 0)))) (fun j st => (if (g j) then (tup2 (map2 Add (get2_0 st) (a j)) (gen d (fun c => (map2 Add (psi ([c]) (get2_1 st)) (b j c))))) else st)))
  [= (red add_pairs n (fun j => (g j)) (fun j => (tup2 (a j) (gen d (fun c => (b j c)))))).

(** max-fold: a maximum is a fold from the maximum of nothing *)
Definition max_fold_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (forall x0, shp (x x0) = Some []) ->
  (red (reduce RMax) n (fun j => (g j)) (fun j => (x j)))
  [= (fold n bottom (fun j st => (if (g j) then (map2 Max st (x j)) else st))).
Definition max_fold_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (forall x0, shp (x x0) = Some []) ->
  (fold n bottom (fun j st => (if (g j) then (map2 Max st (x j)) else st)))
  [= (red (reduce RMax) n (fun j => (g j)) (fun j => (x j))).

(** reduce-split: a reduction is the reduction of its blocks; the last block is guarded *)
Definition reduce_split_lr : Prop :=
  forall (f : redop) (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (1 <= B) ->
  (red (reduce f) n (fun j => (g j)) (fun j => (x j)))
  [= (red (reduce f) ((n + (B - 1)) / B) (fun J => true) (fun J => (red (reduce f) B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_rl : Prop :=
  forall (f : redop) (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (1 <= B) ->
  (red (reduce f) ((n + (B - 1)) / B) (fun J => true) (fun J => (red (reduce f) B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t))))))
  [= (red (reduce f) n (fun j => (g j)) (fun j => (x j))).

(** reduce-split: a reduction is the reduction of its blocks; the last block is guarded *)
Definition reduce_split_pairs_lr : Prop :=
  forall (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (1 <= B) ->
  (red add_pairs n (fun j => (g j)) (fun j => (x j)))
  [= (red add_pairs ((n + (B - 1)) / B) (fun J => true) (fun J => (red add_pairs B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_pairs_rl : Prop :=
  forall (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (1 <= B) ->
  (red add_pairs ((n + (B - 1)) / B) (fun J => true) (fun J => (red add_pairs B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t))))))
  [= (red add_pairs n (fun j => (g j)) (fun j => (x j))).

(** reduce-split: a reduction is the reduction of its blocks; the last block is guarded *)
Definition reduce_split_states_lr : Prop :=
  forall (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (1 <= B) ->
  (red states n (fun j => (g j)) (fun j => (x j)))
  [= (red states ((n + (B - 1)) / B) (fun J => true) (fun J => (red states B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_states_rl : Prop :=
  forall (n : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (1 <= B) ->
  (red states ((n + (B - 1)) / B) (fun J => true) (fun J => (red states B (fun t => ((((J * B) + t) <? n) && (g ((J * B) + t)))) (fun t => (x ((J * B) + t))))))
  [= (red states n (fun j => (g j)) (fun j => (x j))).

(** reduce-split-even: a reduction of blocks that fill the range: no block needs a guard *)
Definition reduce_split_even_lr : Prop :=
  forall (f : redop) (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red (reduce f) n (fun j => (g j)) (fun j => (x j)))
  [= (red (reduce f) q (fun J => true) (fun J => (red (reduce f) B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_even_rl : Prop :=
  forall (f : redop) (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red (reduce f) q (fun J => true) (fun J => (red (reduce f) B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t))))))
  [= (red (reduce f) n (fun j => (g j)) (fun j => (x j))).

(** reduce-split-even: a reduction of blocks that fill the range: no block needs a guard *)
Definition reduce_split_even_pairs_lr : Prop :=
  forall (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red add_pairs n (fun j => (g j)) (fun j => (x j)))
  [= (red add_pairs q (fun J => true) (fun J => (red add_pairs B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_even_pairs_rl : Prop :=
  forall (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red add_pairs q (fun J => true) (fun J => (red add_pairs B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t))))))
  [= (red add_pairs n (fun j => (g j)) (fun j => (x j))).

(** reduce-split-even: a reduction of blocks that fill the range: no block needs a guard *)
Definition reduce_split_even_states_lr : Prop :=
  forall (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red states n (fun j => (g j)) (fun j => (x j)))
  [= (red states q (fun J => true) (fun J => (red states B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t)))))).
Definition reduce_split_even_states_rl : Prop :=
  forall (n : Z) (q : Z) (B : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (1 <= B) ->
  (n = (q * B)) ->
  (red states q (fun J => true) (fun J => (red states B (fun t => (g ((J * B) + t))) (fun t => (x ((J * B) + t))))))
  [= (red states n (fun j => (g j)) (fun j => (x j))).

(** reduce-whole: a reduction is the reduction of one block *)
Definition reduce_whole_lr : Prop :=
  forall (f : redop) (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (red (reduce f) n (fun j => (g j)) (fun j => (x j)))
  [= (red (reduce f) 1 (fun J => true) (fun J => (red (reduce f) n (fun t => (g t)) (fun t => (x t))))).
Definition reduce_whole_rl : Prop :=
  forall (f : redop) (n : Z) (g : Z -> bool) (x : Z -> arr num),
  (exists sh, forall x0, shp (x x0) = Some sh) ->
  (red (reduce f) 1 (fun J => true) (fun J => (red (reduce f) n (fun t => (g t)) (fun t => (x t)))))
  [= (red (reduce f) n (fun j => (g j)) (fun j => (x j))).

(** reduce-whole: a reduction is the reduction of one block *)
Definition reduce_whole_pairs_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (red add_pairs n (fun j => (g j)) (fun j => (x j)))
  [= (red add_pairs 1 (fun J => true) (fun J => (red add_pairs n (fun t => (g t)) (fun t => (x t))))).
Definition reduce_whole_pairs_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num)),
  (exists sh sh', forall x0, pair_of sh sh' (x x0)) ->
  (red add_pairs 1 (fun J => true) (fun J => (red add_pairs n (fun t => (g t)) (fun t => (x t)))))
  [= (red add_pairs n (fun j => (g j)) (fun j => (x j))).

(** reduce-whole: a reduction is the reduction of one block *)
Definition reduce_whole_states_lr : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (red states n (fun j => (g j)) (fun j => (x j)))
  [= (red states 1 (fun J => true) (fun J => (red states n (fun t => (g t)) (fun t => (x t))))).
Definition reduce_whole_states_rl : Prop :=
  forall (n : Z) (g : Z -> bool) (x : Z -> arr (arr num * arr num * arr num)),
  (exists sh, forall x0, state_of sh (x x0)) ->
  (red states 1 (fun J => true) (fun J => (red states n (fun t => (g t)) (fun t => (x t)))))
  [= (red states n (fun j => (g j)) (fun j => (x j))).

(** osm-fold: a reduction of softmax states is a fold that merges *)
Definition osm_fold_lr : Prop :=
  forall (n : Z) (B : Z) (d : Z) (g : Z -> Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (red states n (fun J => true) (fun J => (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c))))))))
  [= (fold n (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun J st => (osmerge st (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c))))))))).
Definition osm_fold_rl : Prop :=
  forall (n : Z) (B : Z) (d : Z) (g : Z -> Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (fold n (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun J st => (osmerge st (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c)))))))))
  [= (red states n (fun J => true) (fun J => (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c)))))))).

(** osm-skip: a block of identity states need not be merged *)
Definition osm_skip_lr : Prop :=
  forall (n : Z) (B : Z) (d : Z) (g : Z -> Z -> bool) (k : Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (red states n (fun J => true) (fun J => (red states B (fun t => (g J t)) (fun t => (if (k J) then (tup3 (s J t) (real 1) (gen d (fun c => (v J t c)))) else (tup3 bottom (real 0) (gen d (fun c => (real 0)))))))))
  [= (fold n (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun J st => (if (k J) then (osmerge st (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c))))))) else st))).
Definition osm_skip_rl : Prop :=
  forall (n : Z) (B : Z) (d : Z) (g : Z -> Z -> bool) (k : Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (fold n (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun J st => (if (k J) then (osmerge st (red states B (fun t => (g J t)) (fun t => (tup3 (s J t) (real 1) (gen d (fun c => (v J t c))))))) else st)))
  [= (red states n (fun J => true) (fun J => (red states B (fun t => (g J t)) (fun t => (if (k J) then (tup3 (s J t) (real 1) (gen d (fun c => (v J t c)))) else (tup3 bottom (real 0) (gen d (fun c => (real 0))))))))).

(** osm-combine: a reduction of blocks of states is a fold that merges the blocks' states *)
Definition osm_combine_lr : Prop :=
  forall (p : Z) (n : Z) (d : Z) (g : Z -> Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (red states p (fun P => true) (fun P => (red states n (fun j => (g P j)) (fun j => (tup3 (s P j) (real 1) (gen d (fun c => (v P j c))))))))
  [= (fold p (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun P st => (share (red states n (fun j => (g P j)) (fun j => (tup3 (s P j) (real 1) (gen d (fun c => (v P j c)))))) (fun x => (share (map2 Max (get3_0 st) (get3_0 x)) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun a => (share (map2 Expsub (get3_0 x) mx) (fun b => (tup3 mx (map2 Add (map2 Mul (get3_1 st) a) (map2 Mul (get3_1 x) b)) (gen d (fun c => (map2 Add (map2 Mul (psi ([c]) (get3_2 st)) a) (map2 Mul (psi ([c]) (get3_2 x)) b))))))))))))))).
Definition osm_combine_rl : Prop :=
  forall (p : Z) (n : Z) (d : Z) (g : Z -> Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num),
  (forall x0 x1, shp (s x0 x1) = Some []) ->
  (forall x0 x1 x2, shp (v x0 x1 x2) = Some []) ->
  (fold p (tup3 bottom (real 0) (gen d (fun c => (real 0)))) (fun P st => (share (red states n (fun j => (g P j)) (fun j => (tup3 (s P j) (real 1) (gen d (fun c => (v P j c)))))) (fun x => (share (map2 Max (get3_0 st) (get3_0 x)) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun a => (share (map2 Expsub (get3_0 x) mx) (fun b => (tup3 mx (map2 Add (map2 Mul (get3_1 st) a) (map2 Mul (get3_1 x) b)) (gen d (fun c => (map2 Add (map2 Mul (psi ([c]) (get3_2 st)) a) (map2 Mul (psi ([c]) (get3_2 x)) b)))))))))))))))
  [= (red states p (fun P => true) (fun P => (red states n (fun j => (g P j)) (fun j => (tup3 (s P j) (real 1) (gen d (fun c => (v P j c)))))))).

(** osm-cut: a reduction of states is the merge of the states of two parts of its range *)
Definition osm_cut_lr : Prop :=
  forall (n : Z) (h : Z) (k : Z) (d : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (n = (h + k)) ->
  (0 <= h) ->
  (0 <= k) ->
  (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c))))))
  [= (osmerge (red states h (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (red states k (fun t => (g (h + t))) (fun t => (tup3 (s (h + t)) (real 1) (gen d (fun c => (v (h + t) c))))))).
Definition osm_cut_rl : Prop :=
  forall (n : Z) (h : Z) (k : Z) (d : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (n = (h + k)) ->
  (0 <= h) ->
  (0 <= k) ->
  (osmerge (red states h (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (red states k (fun t => (g (h + t))) (fun t => (tup3 (s (h + t)) (real 1) (gen d (fun c => (v (h + t) c)))))))
  [= (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))).

(** osm-copy: a softmax state is its three components: it may be computed in one place and copied to another *)
Definition osm_copy_lr : Prop :=
  forall (n : Z) (d : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c))))))
  [= (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (fun y => (tup3 (get3_0 y) (get3_1 y) (gen d (fun c => (psi ([c]) (get3_2 y))))))).
Definition osm_copy_rl : Prop :=
  forall (n : Z) (d : Z) (g : Z -> bool) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (share (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))) (fun y => (tup3 (get3_0 y) (get3_1 y) (gen d (fun c => (psi ([c]) (get3_2 y)))))))
  [= (red states n (fun j => (g j)) (fun j => (tup3 (s j) (real 1) (gen d (fun c => (v j c)))))).

(** block-state: merging a block: new maximum, rescale, add the block's weights *)
Definition block_state_lr : Prop :=
  forall (B : Z) (d : Z) (g : Z -> bool) (st : arr (arr num * arr num * arr num)) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (exists sh, state_of sh (st)) ->
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (shp (get3_2 st) = shp (get3_2 (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))) ->
  (osmerge st (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))
  [= (share (gen B (fun t => (if (g t) then (s t) else bottom))) (fun x => (share (map2 Max (get3_0 st) (red (reduce RMax) B (fun u => true) (fun u => (psi ([u]) x)))) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun al => (share (gen B (fun t => (map2 Expsub (psi ([t]) x) mx))) (fun p => (tup3 mx (map2 Add (map2 Mul al (get3_1 st)) (red (reduce RAdd) B (fun u => true) (fun u => (psi ([u]) p)))) (gen d (fun c => (map2 Add (map2 Mul al (psi ([c]) (get3_2 st))) (red (reduce RAdd) B (fun u => (g u)) (fun u => (map2 Mul (psi ([u]) p) (v u c)))))))))))))))).
Definition block_state_rl : Prop :=
  forall (B : Z) (d : Z) (g : Z -> bool) (st : arr (arr num * arr num * arr num)) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (exists sh, state_of sh (st)) ->
  (forall x0, shp (s x0) = Some []) ->
  (exists sh, forall x0 x1, shp (v x0 x1) = Some sh) ->
  (shp (get3_2 st) = shp (get3_2 (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))) ->
  (share (gen B (fun t => (if (g t) then (s t) else bottom))) (fun x => (share (map2 Max (get3_0 st) (red (reduce RMax) B (fun u => true) (fun u => (psi ([u]) x)))) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun al => (share (gen B (fun t => (map2 Expsub (psi ([t]) x) mx))) (fun p => (tup3 mx (map2 Add (map2 Mul al (get3_1 st)) (red (reduce RAdd) B (fun u => true) (fun u => (psi ([u]) p)))) (gen d (fun c => (map2 Add (map2 Mul al (psi ([c]) (get3_2 st))) (red (reduce RAdd) B (fun u => (g u)) (fun u => (map2 Mul (psi ([u]) p) (v u c))))))))))))))))
  [= (osmerge st (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c))))))).

(** block-state-open: merging a block, the keys left out by their weight: it is 0, and then the value is not read *)
Definition block_state_open_lr : Prop :=
  forall (B : Z) (d : Z) (g : Z -> bool) (st : arr (arr num * arr num * arr num)) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (exists sh, state_of sh (st)) ->
  (forall x0, shp (s x0) = Some []) ->
  (forall x0 x1, shp (v x0 x1) = Some []) ->
  (shp (get3_2 st) = shp (get3_2 (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))) ->
  (osmerge st (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))
  [= (share (gen B (fun t => (if (g t) then (s t) else bottom))) (fun x => (share (map2 Max (get3_0 st) (red (reduce RMax) B (fun u => true) (fun u => (psi ([u]) x)))) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun al => (share (gen B (fun t => (map2 Expsub (psi ([t]) x) mx))) (fun p => (tup3 mx (map2 Add (map2 Mul al (get3_1 st)) (red (reduce RAdd) B (fun u => true) (fun u => (psi ([u]) p)))) (gen d (fun c => (map2 Add (map2 Mul al (psi ([c]) (get3_2 st))) (red (reduce RAdd) B (fun u => true) (fun u => (ifzero (psi ([u]) p) (real 0) (map2 Mul (psi ([u]) p) (v u c))))))))))))))))).
Definition block_state_open_rl : Prop :=
  forall (B : Z) (d : Z) (g : Z -> bool) (st : arr (arr num * arr num * arr num)) (s : Z -> arr num) (v : Z -> Z -> arr num),
  (exists sh, state_of sh (st)) ->
  (forall x0, shp (s x0) = Some []) ->
  (forall x0 x1, shp (v x0 x1) = Some []) ->
  (shp (get3_2 st) = shp (get3_2 (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c)))))))) ->
  (0 < 0) ->
  (share (gen B (fun t => (if (g t) then (s t) else bottom))) (fun x => (share (map2 Max (get3_0 st) (red (reduce RMax) B (fun u => true) (fun u => (psi ([u]) x)))) (fun mx => (share (map2 Expsub (get3_0 st) mx) (fun al => (share (gen B (fun t => (map2 Expsub (psi ([t]) x) mx))) (fun p => (tup3 mx (map2 Add (map2 Mul al (get3_1 st)) (red (reduce RAdd) B (fun u => true) (fun u => (psi ([u]) p)))) (gen d (fun c => (map2 Add (map2 Mul al (psi ([c]) (get3_2 st))) (red (reduce RAdd) B (fun u => true) (fun u => (ifzero (psi ([u]) p) (real 0) (map2 Mul (psi ([u]) p) (v u c)))))))))))))))))
  [= (osmerge st (red states B (fun t => (g t)) (fun t => (tup3 (s t) (real 1) (gen d (fun c => (v t c))))))).

(** vector-fold: a vector of sums is one fold over vectors *)
Definition vector_fold_lr : Prop :=
  forall (d : Z) (B : Z) (g : Z -> bool) (b : Z -> arr num) (f : Z -> Z -> arr num),
  (exists sh, forall x0, shp (b x0) = Some sh) ->
  (exists sh, forall x0 x1, shp (f x0 x1) = Some sh) ->
  (forall t w, shp w = shp (gen d (fun c => (b c))) -> shp (gen d (fun c => (map2 Add (psi ([c]) w) (f t c)))) = shp (gen d (fun c => (b c)))) ->
  (gen d (fun c => (map2 Add (b c) (red (reduce RAdd) B (fun t => (g t)) (fun t => (f t c))))))
  [= (fold B (gen d (fun c => (b c))) (fun t w => (if (g t) then (gen d (fun c => (map2 Add (psi ([c]) w) (f t c)))) else w))).
Definition vector_fold_rl : Prop :=
  forall (d : Z) (B : Z) (g : Z -> bool) (b : Z -> arr num) (f : Z -> Z -> arr num),
  (exists sh, forall x0, shp (b x0) = Some sh) ->
  (exists sh, forall x0 x1, shp (f x0 x1) = Some sh) ->
  (forall t w, shp w = shp (gen d (fun c => (b c))) -> shp (gen d (fun c => (map2 Add (psi ([c]) w) (f t c)))) = shp (gen d (fun c => (b c)))) ->
  (0 < 0) ->
  (fold B (gen d (fun c => (b c))) (fun t w => (if (g t) then (gen d (fun c => (map2 Add (psi ([c]) w) (f t c)))) else w)))
  [= (gen d (fun c => (map2 Add (b c) (red (reduce RAdd) B (fun t => (g t)) (fun t => (f t c)))))).

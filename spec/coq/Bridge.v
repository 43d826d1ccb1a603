(* Bridge.v: the proofs of certificates (FORMAT.md, section 6), checked by Coq's own micromega checker.

   Idea. A proof refutes hypotheses h >= 0 together with -g - 1 >= 0. Its steps are translated to a
   micromega witness, and ZMicromega.ZChecker, which the standard library proves sound, decides. The
   translation needs no proof: a wrong witness is refused. What a fact is numbered by in a certificate
   is found in ZChecker's list by the height at which it was pushed.
   `split e` becomes SplitProof (2e + 1), whose two cases ZChecker divides by the gcd g of the
   coefficients; e itself is g times that plus a constant, so one more step restores it.

   How it may be wrong. Only in `value`, which says what a polynomial of a certificate stands for:
   that is in the statement. `use` and `floordiv` are not translated: such a proof is refused. *)
From Coq Require Import ZArith List Bool Lia.
From Coq Require Import micromega.ZMicromega micromega.RingMicromega micromega.EnvRing micromega.Refl.
Import ListNotations.
Local Open Scope Z_scope.

(** ** Polynomials as a certificate writes them: (coefficient, [(atom, exponent)]) *)
Definition poly := list (Z * list (positive * positive)).

Definition power (env : positive -> Z) (f : positive * positive) : Z := env (fst f) ^ Zpos (snd f).
Definition value (env : positive -> Z) (p : poly) : Z :=
  fold_right (fun m rest => fst m * fold_right (fun f r => power env f * r) 1 (snd m) + rest) 0 p.

Definition monomial (m : Z * list (positive * positive)) : PExpr Z :=
  PEmul (PEc (fst m)) (fold_right (fun f r => PEmul (PEpow (PEX (fst f)) (Npos (snd f))) r) (PEc 1) (snd m)).
Definition expression (p : poly) : PExpr Z := fold_right (fun m rest => PEadd (monomial m) rest) (PEc 0) p.

Lemma expression_value env p : Zeval_expr env (expression p) = value env p.
Proof.
  induction p as [|[c l] p IH]; [reflexivity|]. simpl in *. rewrite IH. f_equal. f_equal.
  clear IH. induction l as [|[v e] l IH]; [reflexivity|]. simpl in *. rewrite IH. reflexivity.
Qed.

(** ** Proofs as a certificate writes them *)
Inductive step :=
| Mul (a b : nat)
| Sq (p : poly)
| Lin (c : Z) (terms : list (Z * nat))
| Cut (k : nat).
Inductive proof :=
| Contradiction (steps : list step)
| Split (steps : list step) (e : poly) (yes no : proof).

(** *** Translation *)
(** The heights at which the facts so far lie, the newest first, and the height of ZChecker's list. *)
Record places := { height : nat; facts : list nat }.
Definition push (s : places) : places := {| height := S (height s); facts := height s :: facts s |}.
Definition skip (s : places) : places := {| height := S (height s); facts := facts s |}.
Definition known (s : places) (k : nat) : option (Psatz Z) :=
  if Nat.ltb k (length (facts s))
  then Some (PsatzIn Z (height s - 1 - nth (length (facts s) - 1 - k) (facts s) O))%nat else None.

(** A constant c >= 0 as a fact that is not strict: cuts of sums with it must round as the format's do. *)
Definition constant (c : Z) : Psatz Z :=
  if c =? 0 then PsatzZ Z else PsatzMulE (PsatzC c) (PsatzSquare (Pc 1)).
Fixpoint sum (s : places) (terms : list (Z * nat)) (rest : Psatz Z) : option (Psatz Z) :=
  match terms with
  | [] => Some rest
  | (l, k) :: more =>
    match known s k with
    | Some w => sum s more (PsatzAdd rest (PsatzMulE (PsatzC l) w))
    | None => None
    end
  end.
Definition witness (s : places) (t : step) : option (ZArithProof -> ZArithProof) :=
  match t with
  | Mul a b => match known s a, known s b with
               | Some x, Some y => Some (RatProof (PsatzMulE x y)) | _, _ => None end
  | Sq p => Some (RatProof (PsatzSquare (normZ (expression p))))
  | Lin c terms => if 0 <=? c then option_map RatProof (sum s terms (constant c)) else None
  | Cut k => option_map CutProof (known s k)
  end.
Fixpoint steps_witness (s : places) (l : list step) : option (places * (ZArithProof -> ZArithProof)) :=
  match l with
  | [] => Some (s, fun w => w)
  | t :: more =>
    match witness s t, steps_witness (push s) more with
    | Some w, Some (s', f) => Some (s', fun rest => w (f rest))
    | _, _ => None
    end
  end.
(** e is g times what a case of SplitProof leaves, plus a constant >= 0; a constant e is itself a fact,
    or what SplitProof leaves of it is a contradiction. *)
Definition restore (e : PolC Z) (w : ZArithProof) : ZArithProof :=
  let (g, c) := Zgcd_pol e in
  if 0 <? g then
    let back := PsatzMulE (PsatzC g) (PsatzIn Z 0) in
    let left := c - g * (c / g) in
    RatProof (if left =? 0 then back else PsatzAdd (constant left) back) w
  else RatProof (if 0 <=? c then constant c else PsatzIn Z 0) w.
Fixpoint translate (s : places) (p : proof) : option ZArithProof :=
  match p with
  | Contradiction l => option_map (fun r => snd r DoneProof) (steps_witness s l)
  | Split l e yes no =>
    match steps_witness s l with
    | Some (s', f) =>
      let e1 := normZ (expression e) in
      let e2 := normZ (PEsub (PEopp (expression e)) (PEc 1)) in
      match translate (push (skip s')) yes, translate (push (skip s')) no with
      | Some y, Some n =>
        Some (f (SplitProof (normZ (PEadd (PEmul (PEc 2) (expression e)) (PEc 1))) (restore e1 y)
        (restore e2 n)))
      | _, _ => None
      end
    | None => None
    end
  end.

(** ** The check *)
Definition fact (e : PExpr Z) : NFormula Z := (normZ e, NonStrict).
Definition negated (goal : poly) : PExpr Z := PEsub (PEopp (expression goal)) (PEc 1).
Definition premises (hyps : list poly) (goal : poly) : list (NFormula Z) :=
  rev (map (fun h => fact (expression h)) hyps ++ [fact (negated goal)]).
Definition check (hyps : list poly) (goal : poly) (p : proof) : bool :=
  let n := S (length hyps) in
  match translate {| height := n; facts := rev (seq 0 n) |} p with
  | Some w => if existsb Zunsat (premises hyps goal) then true else ZChecker (premises hyps goal) w
  | None => false
  end.

Lemma fact_value env e : ZMicromega.eval_nformula env (fact e) <-> 0 <= Zeval_expr env e.
Proof.
  unfold fact, ZMicromega.eval_nformula, RingMicromega.eval_nformula. simpl.
  rewrite Zeval_expr_compat, ZMicromega.eval_pol_norm. reflexivity.
Qed.
(** A checked proof is right: where all hypotheses are >= 0, so is the goal. *)
Theorem check_sound hyps goal p : check hyps goal p = true ->
  forall env, (forall h, In h hyps -> 0 <= value env h) -> 0 <= value env goal.
Proof.
  unfold check. destruct (translate _ p) as [w|]; [|discriminate]. intros C env H.
  destruct (Z.le_gt_cases 0 (value env goal)) as [G|G]; [exact G|]. exfalso.
  assert (P : forall f, In f (premises hyps goal) -> ZMicromega.eval_nformula env f).
  { intros f. unfold premises. rewrite <- in_rev, in_app_iff. intros [I|[<-|[]]].
    - apply in_map_iff in I as (h & <- & I). apply fact_value. rewrite expression_value. auto.
    - apply fact_value. simpl. rewrite expression_value. lia. }
  destruct (existsb Zunsat (premises hyps goal)) eqn:U.
  - apply existsb_exists in U as (f & I & Uf). eapply Zunsat_sound; eauto.
  - pose proof (ZChecker_sound w _ C env) as S. revert S P. generalize (premises hyps goal).
    induction l as [|f l IH]; simpl; [auto|]. intros S P. apply IH; auto.
Qed.

(** All obligations of a certificate with their proofs. *)
Fixpoint checks (obligations : list (list poly * poly)) (proofs : list proof) : bool :=
  match obligations, proofs with
  | [], [] => true
  | (hyps, goal) :: more, p :: rest => if check hyps goal p then checks more rest else false
  | _, _ => false
  end.
Theorem checks_sound obligations proofs : checks obligations proofs = true ->
  forall hyps goal, In (hyps, goal) obligations ->
  forall env, (forall h, In h hyps -> 0 <= value env h) -> 0 <= value env goal.
Proof.
  revert proofs. induction obligations as [|[h g] more IH]; intros [|p rest]; simpl; try discriminate;
  [tauto|].
  destruct (check h g p) eqn:C; [|discriminate].
  intros R hyps goal [[= <- <-]|I]; [apply (check_sound h g p C)|eauto].
Qed.

(* ParallelBounds.v: several processors.

   Each processor has a fast memory of S words of its own, and they
   exchange words through one slow memory. The model: events in one order, each made by one
   processor by the rules of ElementBounds.v (its section 1), with its own fast memory and the
   common slow memory. Any number of processors; a word that one stores another may load, so
   partial sums and scores may be made by one and used by others. Traffic is the sum of theirs.
     T5        four fifths of |E| (dk+dv)^2 / S, dv <= dk, S >= 4 dk (dk+dv)
     T5star    |E| (dk+dv)^2 / S, dv <= dk, S >= 2 dk (dk+dv), orderly steps (TickBounds.v)
   S is what one processor has: more processors do not make the summed traffic smaller.

   Idea: as one processor sees it, the run is a run of its own in which slow memory also changes
   by itself. A product that it makes leaves its memory only by a store of its own, whoever ends
   up with the sum; operands come into its memory only by loads of its own. So the accounting
   of ElementBounds.v and TickBounds.v ([carries], [segment_bound]) holds of each processor with
   the products that it makes, and these add up. Words made by others may be loaded from the
   start on: scores are then charged as words that came in.

   May be wrong: in the model, where a machine moves words between fast memories directly; such
   a word counts here as stored and loaded, or, if the arrival alone is counted, is not covered.
   Simultaneous events are taken in some order.

   Over nat, without axioms; Print Assumptions at the end. *)
From Coq Require Import List Arith Lia Bool.
Require Import ElementBounds TickBounds.
Import ListNotations.

(* ------------------------------------------------------------------ *)
(** * 1. The model                                                      *)
(* ------------------------------------------------------------------ *)

(** The fast memory of each processor, and the slow memory of all. *)
Record pstate := PState { near : nat -> list word; common : list word }.

(** Processor r makes a step of ElementBounds.v; the memories of others stay as they are. *)
Definition pstep (dk cap t r : nat) (s : pstate) (e : event) (s' : pstate) : Prop :=
  step dk cap t (State (near s r) (common s)) e (State (near s' r) (common s')) /\
  forall r', r' <> r -> near s' r' = near s r'.

(** [plen] events; event t is [pev t], made by processor [who t]. *)
Record ptrace := PTrace { plen : nat; pst : nat -> pstate; who : nat -> nat; pev : nat -> event }.

(** Fast memories start empty, slow memory starts with inputs only. *)
Definition pvalid (dk cap : nat) (tr : ptrace) : Prop :=
  (forall r, near (pst tr 0) r = []) /\
  (forall w, In w (common (pst tr 0)) -> is_input w) /\
  (forall t, t < plen tr -> pstep dk cap t (who tr t) (pst tr t) (pev tr t) (pst tr (S t))).

(** Any run that begins with inputs only, wherever they are (NetworkBounds.v starts with some in
    the memories of processors). *)
Definition prun (dk cap : nat) (tr : ptrace) : Prop :=
  (forall r, length (near (pst tr 0) r) <= cap /\ forall w, In w (near (pst tr 0) r) -> is_input w) /\
  (forall w, In w (common (pst tr 0)) -> is_input w) /\
  (forall t, t < plen tr -> pstep dk cap t (who tr t) (pst tr t) (pev tr t) (pst tr (S t))).

(** At the end every output element is in slow memory, with a product for each unmasked key. *)
Definition psolves (dv : nat) (E : list (nat * nat)) (tr : ptrace) : Prop :=
  forall i j l, In (i, j) E -> l < dv ->
  exists ps, In (Wo i l ps) (common (pst tr (plen tr))) /\
             forall j', In (i, j') E -> exists t, In (j', t) ps.

(** Words loaded and stored, by whichever processor. *)
Definition moved (e : event) : nat := match e with Load _ | Store _ => 1 | Compute => 0 end.
Definition ptraffic (tr : ptrace) : nat := sumn (plen tr) (fun t => moved (pev tr t)).

(** Each processor is orderly (section 0 of TickBounds.v). *)
Definition porderly (cap : nat) (tr : ptrace) : Prop :=
  forall t, t < plen tr -> pev tr t = Compute ->
    let F := near (pst tr t) (who tr t) in let F' := near (pst tr (S t)) (who tr t) in
    beside cap F F' \/ one_new F F'.

(* ------------------------------------------------------------------ *)
(** * 2. The run as one processor sees it                               *)
(* ------------------------------------------------------------------ *)

Definition mine (r : nat) (tr : ptrace) (t : nat) : bool := who tr t =? r.
Definition view (r : nat) (tr : ptrace) : trace :=
  Trace (plen tr) (fun t => State (near (pst tr t) r) (common (pst tr t)))
        (fun t => if mine r tr t then pev tr t else Compute).

Lemma pvalid_run dk cap tr : pvalid dk cap tr -> prun dk cap tr.
Proof.
  intros [H0 [HI HS]]. split; [|split; auto]. intros r. rewrite H0.
  split; [simpl; lia|intros w []].
Qed.

Lemma view_nres dk cap tr r : pvalid dk cap tr -> nres (view r tr) 0 = 0.
Proof. intros [H0 _]. unfold nres. simpl. rewrite H0. reflexivity. Qed.

Section View.
Variables dk cap : nat.
Variable tr : ptrace.
Hypothesis HV : prun dk cap tr.

Lemma near_cap r : forall t, t <= plen tr -> length (near (pst tr t) r) <= cap.
Proof.
  destruct HV as [H0 [_ HS]]. induction t as [|t IH]; intros Ht; [apply H0|].
  destruct (HS t ltac:(lia)) as [[HL _] HO]. destruct (Nat.eq_dec r (who tr t)) as [->|N]; [exact HL|].
  rewrite HO by auto. apply IH. lia.
Qed.

(** What the others hold of a product that r made went through slow memory. *)
Lemma abroad r i l j t0 : mine r tr t0 = true -> forall t, t <= plen tr -> forall r' ps, r' <> r ->
  In (Wo i l ps) (near (pst tr t) r') -> In (j, t0) ps ->
  exists ps', In (Wo i l ps') (common (pst tr t)) /\ In (j, t0) ps'.
Proof.
  intros Ho. apply Nat.eqb_eq in Ho. destruct HV as [H0 [_ HS]].
  induction t as [|t IH]; intros Ht r' ps Hr Hw Hp; [destruct (H0 r') as [_ HI]; destruct (HI _ Hw)|].
  destruct (HS t ltac:(lia)) as [[_ HE] HO].
  assert (UP : incl (common (pst tr t)) (common (pst tr (S t)))).
  { destruct (pev tr t); simpl in HE; [destruct HE as [_ [_ ->]]|destruct HE as [_ [_ ->]]|destruct HE as
      [_ ->]];
      intros x Hx; simpl; auto. }
  assert (OLD : forall ps, In (Wo i l ps) (near (pst tr t) r') -> In (j, t0) ps ->
    exists ps', In (Wo i l ps') (common (pst tr (S t))) /\ In (j, t0) ps').
  { intros ps1 A B. destruct (IH ltac:(lia) r' ps1 Hr A B) as [ps2 [C D]]. exists ps2. auto. }
  destruct (Nat.eq_dec r' (who tr t)) as [E|N]; [|rewrite HO in Hw by auto; eauto].
  rewrite <- E in *. destruct (pev tr t) as [w|w|]; simpl in HE.
  - destruct HE as [E1 [E2 E3]]. apply E2 in Hw. destruct Hw as [->|Hw]; eauto.
  - destruct HE as [E1 [E2 E3]]. apply E2 in Hw. eauto.
  - destruct HE as [E1 E2]. destruct (E1 _ Hw) as [A|A]; [eauto|].
    destruct (A j t0 Hp) as [[ps' [B C]]|[B _]]; [eauto|congruence].
Qed.

Lemma view_carries r : carries cap (mine r tr) (view r tr).
Proof.
  destruct HV as [H0 [HI HS]]. split; [apply H0|split].
  - intros i l ps. split; [intros H; exact (proj2 (H0 r) _ H)|intros H; exact (HI _ H)].
  - intros t Ht. split; [apply near_cap; exact Ht|]. simpl in Ht. destruct (HS t Ht) as [[_ HE] HO].
    unfold view. cbn [ev st fast slow]. destruct (mine r tr t) eqn:Em.
    + apply Nat.eqb_eq in Em. rewrite Em in HE. destruct (pev tr t); auto.
      destruct HE as [E1 E2]. simpl in E1, E2. split.
      * intros i l ps j t0 Hw _ Hp. destruct (E1 _ Hw) as [A|A]; [right; eauto|].
        destruct (A j t0 Hp) as [B|[B _]]; auto.
      * intros i l ps j t0 Hw _ Hp. rewrite E2 in Hw. eauto.
    + assert (Nr : r <> who tr t) by (unfold mine in Em; apply Nat.eqb_neq in Em; auto).
      rewrite (HO r Nr). split; [intros i l ps j t0 Hw _ Hp; right; eauto|].
      intros i l ps j t0 Hw Ho Hp. destruct (pev tr t) as [w|w|]; simpl in HE.
      * destruct HE as [_ [_ E3]]. rewrite E3 in Hw. eauto.
      * destruct HE as [E1 [_ E3]]. rewrite E3 in Hw. destruct Hw as [->|Hw]; [|eauto].
        apply (abroad r i l j t0 Ho t ltac:(lia) (who tr t) ps); auto.
      * destruct HE as [_ E2]. rewrite E2 in Hw. eauto.
Qed.

Lemma view_makes r : makes dk (view r tr).
Proof.
  destruct HV as [_ [_ HS]]. intros t Ht Ev w Hw. simpl in Ht, Ev, Hw |- *.
  destruct (HS t Ht) as [[_ HE] HO]. destruct (mine r tr t) eqn:Em.
  - apply Nat.eqb_eq in Em. rewrite Em, Ev in HE. apply HE. exact Hw.
  - unfold mine in Em. apply Nat.eqb_neq in Em. rewrite HO in Hw by auto. auto.
Qed.

Lemma view_orderly r : porderly cap tr -> orderly cap (view r tr).
Proof.
  destruct HV as [_ [_ HS]]. intros H t Ht Ev. simpl in Ht, Ev |- *. destruct (mine r tr t) eqn:Em.
  - apply Nat.eqb_eq in Em. pose proof (H t Ht Ev) as HB. rewrite Em in HB. exact HB.
  - unfold mine in Em. apply Nat.eqb_neq in Em. destruct (HS t Ht) as [_ HO]. rewrite HO by auto.
    right. intros e e' A B. contradiction.
Qed.
End View.

(* ------------------------------------------------------------------ *)
(** * 3. Sums over processors                                           *)
(* ------------------------------------------------------------------ *)

Lemma io_moved tr : forall n, io tr 0 n = sumn n (fun t => moved (ev tr t)).
Proof.
  induction n as [|n IH]; [apply io_refl|]. rewrite (io_split tr 0 n (S n)) by lia. rewrite IH. simpl.
  f_equal. unfold io, loads, stores. replace (S n - n) with 1 by lia. simpl. destruct (ev tr n); auto.
Qed.

Lemma sumn_ext n f g : (forall l, l < n -> f l = g l) -> sumn n f = sumn n g.
Proof. induction n as [|n IH]; simpl; intros H; auto. rewrite IH, H; auto. Qed.

Lemma sumn_zero n f : (forall l, l < n -> f l = 0) -> sumn n f = 0.
Proof. induction n as [|n IH]; simpl; intros H; auto. rewrite IH, H; auto. Qed.

Lemma sumn_one p x v : x < p -> sumn p (fun r => if x =? r then v else 0) = v.
Proof.
  induction p as [|p IH]; intros H; [lia|]. simpl. destruct (Nat.eqb_spec x p) as [->|N].
  - rewrite sumn_zero; auto. intros l Hl. destruct (Nat.eqb_spec p l); auto; lia.
  - rewrite IH; lia.
Qed.

Lemma sum_of_traffic tr p : (forall t, t < plen tr -> who tr t < p) ->
  sumn p (fun r => traffic (view r tr)) = ptraffic tr.
Proof.
  intros Hp. unfold traffic, ptraffic. simpl.
  rewrite (sumn_ext p _ (fun r => sumn (plen tr) (fun t => if who tr t =? r then moved (pev tr t) else 0))).
  2:{ intros r _. rewrite io_moved. apply sumn_ext. intros t _. simpl. unfold mine.
  destruct (who tr t =? r); auto. }
  induction (plen tr) as [|n IH]; simpl; [apply sumn_zero; auto|].
  rewrite sumn_plus, IH by (intros; apply Hp; lia). rewrite sumn_one; auto.
Qed.

Lemma bounded (f : nat -> nat) n : exists p, forall t, t < n -> f t < p.
Proof.
  induction n as [|n [p H]]; [exists 0; intros; lia|].
  exists (S (p + f n)). intros t Ht. destruct (Nat.eq_dec t n) as [->|N]; [lia|].
  pose proof (H t ltac:(lia)). lia.
Qed.

(** One maker event for each product of the result, and each is some processor's. *)
Lemma pmakers dk dv cap E tr : NoDup E -> pvalid dk cap tr -> psolves dv E tr ->
  exists M, NoDup (map fst M) /\ length M = length E * dv /\
    forall i j l t, In (i, j, l, t) M -> l < dv /\
      exists ps, In (Wo i l ps) (common (pst tr (plen tr))) /\ In (j, t) ps.
Proof.
  intros HN HV HS.
  destruct (finite_choice
    (fun (x : nat * nat * nat) t => snd x < dv /\
       exists ps, In (Wo (fst (fst x)) (snd x) ps) (common (pst tr (plen tr))) /\ In (snd (fst x), t) ps)
    (list_prod E (seq 0 dv))) as [M [EM HM]].
  { intros [[i j] l] Hx. apply in_prod_iff in Hx. destruct Hx as [HE Hl]. apply in_seq in Hl. simpl.
    destruct (HS i j l HE ltac:(lia)) as [ps [A B]]. destruct (B j HE) as [t Ht].
    exists t. split; [lia|]. eauto. }
  exists M. split; [|split].
  - rewrite EM. apply NoDup_list_prod; auto. apply seq_NoDup.
  - rewrite <- (map_length fst M), EM, prod_length, seq_length. auto.
  - intros i j l t Hx. apply (HM (i, j, l) t Hx).
Qed.

Definition made_by (r : nat) (tr : ptrace) (M : list (nat * nat * nat * nat)) :=
  filter (fun m => who tr (snd m) =? r) M.

(** A bound for each processor and the products that it makes is one for all. *)
Lemma over_processors dk dv cap E tr K W c :
  NoDup E -> pvalid dk cap tr -> psolves dv E tr ->
  (forall r M, NoDup (map fst M) -> kept (mine r tr) (view r tr) M ->
     (forall i j l t, In (i, j, l, t) M -> l < dv) ->
     K * made M 0 (plen tr) <= W * (c * traffic (view r tr))) ->
  K * (length E * dv) <= W * (c * ptraffic tr).
Proof.
  intros HN HV HS H. destruct (pmakers dk dv cap E tr HN HV HS) as [M [HNM [HL HM]]].
  assert (HT : forall m, In m M -> snd m < plen tr).
  { intros [[[i j] l] t] Hx. destruct (HM _ _ _ _ Hx) as [_ [ps [A B]]]. simpl.
    apply (made_before cap _ _ (view_carries dk cap tr (pvalid_run dk cap tr HV) (who tr t)) i l j t)
      with (ps := ps); auto.
    unfold mine. apply Nat.eqb_refl. }
  destruct (bounded (who tr) (plen tr)) as [p Hp].
  rewrite <- HL, <- (sum_of_traffic tr p Hp).
  replace (length M) with (sumn p (fun r => length (made_by r tr M))).
  2:{ unfold made_by. rewrite (sumn_classes (fun m => who tr (snd m))). rewrite filter_all; auto.
      intros m Hm. apply Nat.ltb_lt. auto. }
  rewrite <- !sumn_scale. apply sumn_le. intros r _.
  replace (length (made_by r tr M)) with (made (made_by r tr M) 0 (plen tr)).
  2:{ unfold made. rewrite filter_all; auto. intros m Hm. apply filter_In in Hm. destruct Hm as [Hm _].
      unfold inseg. apply HT in Hm. simpl. apply Nat.ltb_lt. exact Hm. }
  apply H.
  - apply NoDup_map_filter. auto.
  - intros i j l t Hx. apply filter_In in Hx. destruct Hx as [Hx Hr]. split; [exact Hr|].
    apply (HM i j l t Hx).
  - intros i j l t Hx. apply filter_In in Hx. apply (HM i j l t). tauto.
Qed.

(* ------------------------------------------------------------------ *)
(** * 4. The theorems                                                   *)
(* ------------------------------------------------------------------ *)

(** ** T5: T3a with the summed traffic and the memory of one processor *)
Theorem T5 dk dv cap E tr :
  0 < dv -> dv <= dk -> 4 * (dk * (dk + dv)) <= cap ->
  NoDup E -> pvalid dk cap tr -> psolves dv E tr ->
  4 * length E * ((dk + dv) * (dk + dv)) <= 5 * cap * ptraffic tr.
Proof.
  intros Hdv Hd HG HN HV HS. pose proof (pvalid_run dk cap tr HV) as HR.
  pose proof (over_processors dk dv cap E tr (4 * ((dk + dv) * (dk + dv))) dv (5 * cap) HN HV HS
    (fun r M HNM HM Hl => total_bound cap _ _ M (view_carries dk cap tr HR r) HNM HM (view_nres dk cap tr
      r HV) _ _ _
       (attention_segments dk dv cap _ _ M _ dv (4 * (dk * (dk + dv)))
          (view_carries dk cap tr HR r) (view_makes dk cap tr HR r) HM Hl
          (fun T inl outl X Y => segment_count_sharp dk dv T inl outl X Y Hd)) ltac:(nia) HG)) as H.
  apply Nat.mul_le_mono_pos_l with (p := dv); auto. lia.
Qed.

(** ** T5star: T3star with the summed traffic and the memory of one processor *)
Theorem T5star dk dv cap E tr :
  0 < dv -> dv <= dk -> 2 * (dk * (dk + dv)) <= cap ->
  NoDup E -> pvalid dk cap tr -> porderly cap tr -> psolves dv E tr ->
  length E * ((dk + dv) * (dk + dv)) <= cap * ptraffic tr.
Proof.
  intros Hdv Hd HG HN HV HO HS. pose proof (pvalid_run dk cap tr HV) as HR.
  pose proof (over_processors dk dv cap E tr (4 * ((dk + dv) * (dk + dv))) dv (4 * cap) HN HV HS
    (fun r M HNM HM Hl => done_total cap _ _ M (view_carries dk cap tr HR r) HNM HM
       (view_orderly dk cap tr HR r HO) (view_nres dk cap tr r HV) _ _ _
       (attention_segments dk dv cap _ _ M _ dv (4 * (dk * (dk + dv)))
          (view_carries dk cap tr HR r) (view_makes dk cap tr HR r) HM Hl
          (fun T inl outl X Y => segment_count_sharp dk dv T inl outl X Y Hd)) ltac:(nia) ltac:(lia))) as H.
  assert (K : dv * (length E * ((dk + dv) * (dk + dv))) <= dv * (cap * ptraffic tr)) by lia.
  apply Nat.mul_le_mono_pos_l in K; auto.
Qed.

(* ------------------------------------------------------------------ *)
(** * 5. Such runs exist                                                *)
(* ------------------------------------------------------------------ *)

(** A schedule of ElementBounds.v is one of a single processor; so all of its schedules are here. *)
Definition alone (tr : trace) : ptrace :=
  PTrace (len tr) (fun t => PState (fun r => if r =? 0 then fast (st tr t) else []) (slow (st tr t)))
         (fun _ => 0) (ev tr).

Theorem one_processor dk cap dv E tr : valid dk cap tr -> solves dv E tr ->
  pvalid dk cap (alone tr) /\ psolves dv E (alone tr) /\ ptraffic (alone tr) = traffic tr /\
  (orderly cap tr -> porderly cap (alone tr)).
Proof.
  intros [H0 [HI HS]] HE. split; [split; [|split]|split; [exact HE|split]].
  - intros r. simpl. rewrite H0. destruct (r =? 0); auto.
  - exact HI.
  - intros t Ht. split.
    + simpl. specialize (HS t Ht). destruct (st tr t), (st tr (S t)). exact HS.
    + intros r Hr. simpl in *. destruct (Nat.eqb_spec r 0); [lia|auto].
  - unfold traffic. rewrite io_moved. reflexivity.
  - intros HO t Ht Ev. apply HO; auto.
Qed.

(** Two processors share a row: the second adds its product to the sum that the first stored. *)
Definition handover : ptrace :=
  let q := Wq 0 0 in let k := fun j => Wk j 0 in let v := fun j => Wv j 0 in
  let half := Wo 0 0 [(0, 3)] in let whole := Wo 0 0 [(1, 9); (0, 3)] in
  let inputs := [q; k 0; v 0; k 1; v 1] in
  let s := fun a b c => PState (fun r => if r =? 0 then a else if r =? 1 then b else []) c in
  PTrace 11
    (fun t => nth t
      [s [] [] inputs; s [q] [] inputs; s [k 0; q] [] inputs; s [v 0; k 0; q] [] inputs;
       s [half] [] inputs; s [] [] (half :: inputs);
       s [] [q] (half :: inputs); s [] [k 1; q] (half :: inputs); s [] [v 1; k 1; q] (half :: inputs);
       s [] [half; v 1; k 1; q] (half :: inputs); s [] [whole] (half :: inputs)]
      (s [] [] (whole :: half :: inputs)))
    (fun t => if t <? 5 then 0 else 1)
    (fun t => nth t [Load q; Load (k 0); Load (v 0); Compute; Store half;
                     Load q; Load (k 1); Load (v 1); Load half; Compute] (Store whole)).

Theorem handover_is_one : pvalid 1 4 handover /\ porderly 4 handover /\
  psolves 1 [(0, 0); (0, 1)] handover /\ ptraffic handover = 9.
Proof.
  split; [split; [|split]|split; [|split; [|reflexivity]]].
  - intros [|[|r]]; reflexivity.
  - intros w Hw. simpl in Hw. repeat (destruct Hw as [<-|Hw]; [exact I|]). destruct Hw.
  - intros t Ht. change (plen handover) with 11 in Ht.
    destruct t as [|[|[|[|[|[|[|[|[|[|[|t]]]]]]]]]]]; [..|lia];
      (split; [|intros [|[|r]] Hr; try reflexivity; simpl in Hr; lia]); simpl; (split; [simpl; lia|]).
    all: try (split; [simpl; tauto|split; [intros x Hx; simpl in *; tauto|reflexivity]]).
    + split; auto. intros w [<-|[]]. right. intros j t' [E|[]]. inversion E; subst.
      right. split; auto. split; [simpl; auto|]. intros l Hl. assert (l = 0) by lia. subst l.
      split; left; simpl; auto.
    + split; auto. intros w [<-|[]]. right. intros j t' [E|[E|[]]]; inversion E; subst.
      * right. split; auto. split; [simpl; auto|]. intros l Hl. assert (l = 0) by lia. subst l.
        split; left; simpl; auto.
      * left. eexists. split; [left; reflexivity|]. simpl; auto.
  - intros t Ht Ev. right. change (plen handover) with 11 in Ht.
    destruct t as [|[|[|[|[|[|[|[|[|[|[|t]]]]]]]]]]]; [..|lia]; try discriminate Ev; intros e e' A _ B _;
      simpl in *;
      destruct A as [<-|[]], B as [<-|[]]; reflexivity.
  - intros i j l HE Hl. assert (l = 0) by lia. subst l. exists [(1, 9); (0, 3)].
    destruct HE as [E|[E|[]]]; inversion E; subst; (split; [simpl; auto|]);
      intros j' [E'|[E'|[]]]; inversion E'; subst; simpl; eauto.
Qed.

(* ------------------------------------------------------------------ *)
(** * 6. Axioms used: none                                              *)
(* ------------------------------------------------------------------ *)

Print Assumptions T5.
Print Assumptions T5star.
Print Assumptions one_processor.
Print Assumptions handover_is_one.

(* StateProofs.v: the rows of softmax.rules that move, merge, share and copy states and pairs.

   Idea. A softmax state is known from its columns (maximum, sum of weights, one weighted value), and
   merging states merges columns (`merge_facts`); columns are a commutative monoid on what merging has
   made, with (bottom, 0, 0). *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs LoopProofs ReductionProofs.
Require Rules.
Local Open Scope Z_scope.

(** * softmax.rules *)
(** ** Arrays that are one state *)
Definition St (u : list Z) (A : arr state) : Prop := shp A = Some [] /\ is_state u (at_ A []).
Definition col {u} (q : option (index_of u)) (A : arr state) : column := column_of q (at_ A []).

Notation columns := (total nmerge nempty).

Lemma state_le u A B : St u A -> St u B -> (forall q : option (index_of u), col q A = col q B) -> A [= B.
Proof.
  intros [SA WA] [SB WB] H. apply (view_le (states_view u) A B []); auto.
  intros [|] I; [|discriminate]. auto.
Qed.
Lemma state_both u A B : St u A -> St u B -> (forall q : option (index_of u), col q A = col q B) ->
  A [= B /\ B [= A.
Proof. intros SA SB H. split; apply (state_le u); auto. Qed.
Lemma state_of_St u A : state_of u A -> St u A.
Proof. intros (S & M & Z & O). split; auto. repeat split; auto. Qed.
Lemma st_tup3 u m z o : shp m = Some [] -> shp z = Some [] -> shp o = Some u ->
  St u (tup3 m z o) /\ forall q : option (index_of u), col q (tup3 m z o) =
  (at_ m [], at_ z [], match q with Some p => at_ o (proj1_sig p) | None => at_ z [] end).
Proof. intros. split; [split; [reflexivity|repeat split; auto]|]. reflexivity. Qed.
Lemma st_merge u A B : St u A -> St u B ->
  St u (osmerge A B) /\ forall q : option (index_of u), col q (osmerge A B) = nmerge (col q A) (col q B).
Proof.
  intros [SA WA] [SB WB]. destruct A as [|a fa]; [discriminate|]. destruct B as [|b fb]; [discriminate|].
  simpl in SA, SB. injection SA as ->. injection SB as ->.
  destruct (merge_facts u _ _ WA WB) as [W C]. split; [split; auto|]. exact C.
Qed.
Lemma st_known u x : (forall j, St u (x j)) -> known (states_view u) [] x.
Proof. intros H. split; [intros; apply H|]. intros j [|] I; [|discriminate]. apply H. Qed.
Lemma st_red u n g x : (forall j, St u (x j)) ->
  St u (red states n g x) /\ forall q : option (index_of u), col q (red states n g x) =
  columns (map (fun j => col q (x j)) (filter g (range n))).
Proof.
  intros H. pose proof (st_known u x H) as K. split.
  - split; [rewrite shp_red; apply H|]. apply (red_wf (states_view u) n g x [] [] K eq_refl).
  - intros q. apply (red_proj (states_view u) n g x [] [] q K eq_refl).
Qed.
Lemma st_get u A : St u A ->
  shp (get3_0 A) = Some [] /\ shp (get3_1 A) = Some [] /\ shp (get3_2 A) = Some u /\
  forall q : option (index_of u), col q A = (at_ (get3_0 A) [], at_ (get3_1 A) [],
    match q with Some p => at_ (get3_2 A) (proj1_sig p) | None => at_ (get3_1 A) [] end).
Proof. intros [S (M & Z & O)]. repeat split; auto. Qed.

(** A vector of scalars. *)
Lemma gen_scalars d (v : Z -> arr num) : (forall c, shp (v c) = Some []) ->
  shp (gen d v) = Some [d] /\ forall p : index_of [d], exists c,
  proj1_sig p = [c] /\ 0 <= c < d /\ at_ (gen d v) (proj1_sig p) = at_ (v c) [].
Proof.
  intros S. split; [rewrite shp_gen, S; reflexivity|]. intros [p I]. simpl.
  destruct p as [|c [|]]; try discriminate; simpl in I; [|destruct ((0 <=? c) && (c <? d)); discriminate].
  exists c. repeat split; auto; try lia. apply at_gen_in; [intros; congruence|lia].
Qed.

(** ** Folds of states *)
Lemma fold_states u init step (c : option (index_of u) -> Z -> column) :
  St u init -> (forall q : option (index_of u), col q init = nempty) ->
  (forall J st l, St u st -> (forall q : option (index_of u), col q st = columns (map (c q) l)) ->
     St u (step J st) /\ forall q : option (index_of u),
     col q (step J st) = nmerge (columns (map (c q) l)) (c q J)) ->
  forall l, St u (fold_left (fun st J => step J st) l init) /\
            forall q : option (index_of u),
            col q (fold_left (fun st J => step J st) l init) = columns (map (c q) l).
Proof.
  intros Si Ci Hs l. induction l as [|J l IH] using rev_ind; simpl; [split; auto|].
  destruct IH as [S C]. rewrite fold_left_app. simpl. destruct (Hs J _ l S C) as [S' C']. split; auto.
  intros q. rewrite C', map_app. simpl. rewrite total_last. reflexivity.
Qed.
Lemma empty_state d : St [d] (tup3 bottom (real 0) (gen d (fun _ => real 0))) /\
  forall q : option (index_of [d]), col q (tup3 bottom (real 0) (gen d (fun _ => real 0))) = nempty.
Proof.
  destruct (gen_scalars d (fun _ => real 0)) as [Sg Ag]; [reflexivity|].
  destruct (st_tup3 [d] bottom (real 0) (gen d (fun _ => real 0))) as [S C]; auto. split; auto.
  intros q. rewrite C. destruct q as [p|]; [|reflexivity]. destruct (Ag p) as (c & _ & _ & ->). reflexivity.
Qed.
Lemma columns_made u (q : option (index_of u)) l : nmerge (columns l) nempty = columns l.
Proof. apply (total_made nmerge nempty nmerge_unit nmerge_made). Qed.

Section Blocks.
Context (n B d : Z) (g : Z -> Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num).
Hypothesis Hs : forall J t, shp (s J t) = Some [].
Hypothesis Hv : forall J t c, shp (v J t c) = Some [].
Definition block (J : Z) := red states B (fun t => g J t) (fun t => tup3 (s J t) (real 1)
  (gen d (fun c => v J t c))).
Lemma block_st J : St [d] (block J).
Proof.
  apply st_red. intros t. apply st_tup3; auto. apply (gen_scalars d (fun c => v J t c)). auto.
Qed.
Lemma blocks_red : St [d] (red states n (fun _ => true) block) /\
  forall q : option (index_of [d]),
  col q (red states n (fun _ => true) block) = columns (map (fun J => col q (block J)) (range n)).
Proof. destruct (st_red [d] n (fun _ => true) block block_st) as [S C]. split; auto. intros q.
  rewrite C, filter_all. reflexivity. Qed.
Lemma blocks_fold step :
  (forall J st, St [d] st -> St [d] (step J st) /\ forall q : option (index_of [d]),
  col q (step J st) = nmerge (col q st) (col q (block J))) ->
  let F := fold n (tup3 bottom (real 0) (gen d (fun _ => real 0))) step in
  red states n (fun _ => true) block [= F /\ F [= red states n (fun _ => true) block.
Proof.
  intros Step F. destruct (empty_state d) as [Si Ci]. destruct blocks_red as [S C].
  destruct (fold_states [d] _ step (fun q J => col q (block J)) Si Ci) with (l := range n) as [S' C'].
  { intros J st l St0 Cl. destruct (Step J st St0) as [S1 C1]. split; auto. intros q. rewrite C1, Cl.
    reflexivity. }
  split; apply (state_le [d]); auto; intros q; rewrite C, C'; reflexivity.
Qed.
End Blocks.

Theorem osm_fold_lr : Rules.osm_fold_lr.
Proof.
  red; intros n B d g s v Hs Hv. apply (blocks_fold n B d g s v Hs Hv).
  intros J st S. apply st_merge; auto. apply (block_st B d g s v Hs Hv).
Qed.
Theorem osm_fold_rl : Rules.osm_fold_rl.
Proof.
  red; intros n B d g s v Hs Hv. apply (blocks_fold n B d g s v Hs Hv (fun J st => osmerge st (block B d g s v J))).
  intros J st S. apply st_merge; auto. apply (block_st B d g s v Hs Hv).
Qed.

(** The merge of two states, written out. *)
Lemma written_merge d st x : St [d] st -> St [d] x ->
  let mx := map2 Max (get3_0 st) (get3_0 x) in
  let a := map2 Expsub (get3_0 st) mx in let b := map2 Expsub (get3_0 x) mx in
  let t := tup3 mx (map2 Add (map2 Mul (get3_1 st) a) (map2 Mul (get3_1 x) b))
                (gen d (fun c => map2 Add (map2 Mul (psi [c] (get3_2 st)) a) (map2 Mul (psi [c] (get3_2 x))
                b))) in
  St [d] t /\ forall q : option (index_of [d]), col q t = nmerge (col q st) (col q x).
Proof.
  intros S X. destruct (st_get [d] st S) as (Sm & Sz & So & Cs).
  destruct (st_get [d] x X) as (Xm & Xz & Xo & Cx).
  cbv zeta.
  destruct (map2_same Max _ _ [] Sm Xm) as [SM AM].
  destruct (map2_same Expsub _ _ [] Sm SM) as [Sa Aa]. destruct (map2_same Expsub _ _ [] Xm SM) as [Sb Ab].
  destruct (map2_same Mul _ _ [] Sz Sa) as [Sza Aza]. destruct (map2_same Mul _ _ [] Xz Sb) as [Szb Azb].
  destruct (map2_same Add _ _ [] Sza Szb) as [Sz' Az'].
  assert (Cell : forall c, shp (map2 Add (map2 Mul (psi [c] (get3_2 st)) (map2 Expsub (get3_0 st)
  (map2 Max (get3_0 st) (get3_0 x))))
     (map2 Mul (psi [c] (get3_2 x)) (map2 Expsub (get3_0 x) (map2 Max (get3_0 st) (get3_0 x))))) = Some []).
  { intros c. rewrite shp_map2, !(shp_map2 Mul), !shp_psi, So, Xo, Sa, Sb. reflexivity. }
  destruct (gen_scalars d _ Cell) as [Sg Ag].
  destruct (st_tup3 [d] _ _ _ SM Sz' Sg) as [S' C']. split; auto. intros q. rewrite C', Cs, Cx. unfold nmerge.
  rewrite Az', Aza, Azb, Aa, Ab, AM. destruct q as [p|]; [|reflexivity]. f_equal.
  destruct (Ag p) as (c & -> & Hc & ->).
  assert (P1 : shp (psi [c] (get3_2 st)) = Some []) by (rewrite shp_psi, So; reflexivity).
  assert (P2 : shp (psi [c] (get3_2 x)) = Some []) by (rewrite shp_psi, Xo; reflexivity).
  destruct (map2_same Mul _ _ [] P1 Sa) as [Soa Aoa]. destruct (map2_same Mul _ _ [] P2 Sb) as [Sob Aob].
  destruct (map2_same Add _ _ [] Soa Sob) as [_ Ao].
  rewrite Ao, Aoa, Aob, Aa, Ab, AM, !at_psi. reflexivity.
Qed.
Theorem osm_combine_lr : Rules.osm_combine_lr.
Proof.
  red; unfold share; intros n B d g s v Hs Hv. cbv zeta. apply (blocks_fold n B d g s v Hs Hv).
  intros J st S. apply (written_merge d st (block B d g s v J)); auto. apply (block_st B d g s v Hs Hv).
Qed.
Theorem osm_combine_rl : Rules.osm_combine_rl.
Proof.
  red; unfold share; intros n B d g s v Hs Hv. cbv zeta.
  match goal with |- fold _ _ ?step [= _ => apply (blocks_fold n B d g s v Hs Hv step) end.
  intros J st S. apply (written_merge d st (block B d g s v J)); auto. apply (block_st B d g s v Hs Hv).
Qed.

Lemma columns_empties {X} (l : list X) : columns (map (fun _ => nempty) l) = nempty.
Proof. induction l as [|x l IH] using rev_ind; [reflexivity|]. rewrite map_app. simpl. rewrite total_last, IH.
  apply nmerge_unit. Qed.

(** Blocks without keys are identity states. *)
Section Skip.
Context (n B d : Z) (g : Z -> Z -> bool) (k : Z -> bool) (s : Z -> Z -> arr num) (v : Z -> Z -> Z -> arr num).
Hypothesis Hs : forall J t, shp (s J t) = Some [].
Hypothesis Hv : forall J t c, shp (v J t c) = Some [].
Definition skipped := red states n (fun _ => true) (fun J => red states B (fun t => g J t) (fun t =>
  if k J then tup3 (s J t) (real 1) (gen d (fun c => v J t c)) else tup3 bottom (real 0)
  (gen d (fun _ => real 0)))).
Definition stepped := fold n (tup3 bottom (real 0) (gen d (fun _ => real 0))) (fun J st =>
  if k J then osmerge st (red states B (fun t => g J t) (fun t => tup3 (s J t) (real 1)
  (gen d (fun c => v J t c)))) else st).
Lemma skip_both : skipped [= stepped /\ stepped [= skipped.
Proof.
  pose (inner := fun J => red states B (fun t => g J t) (fun t =>
    if k J then tup3 (s J t) (real 1) (gen d (fun c => v J t c)) else tup3 bottom (real 0)
    (gen d (fun _ => real 0)))).
  assert (I : forall J, St [d] (inner J) /\ forall q : option (index_of [d]),
    col q (inner J) = if k J then col q (block B d g s v J) else nempty).
  { intros J. unfold inner. destruct (k J).
    - split; [apply (block_st B d g s v Hs Hv J)|reflexivity].
    - destruct (empty_state d) as [Se Ce].
      destruct (st_red [d] B (fun t => g J t) (fun _ => tup3 bottom (real 0) (gen d (fun _ => real 0))))
      as [S C]; auto.
      split; auto. intros q. rewrite C. erewrite map_ext; [apply columns_empties|]. intros. apply Ce. }
  destruct (st_red [d] n (fun _ => true) inner) as [S C]; [intros; apply I|].
  destruct (empty_state d) as [Si Ci].
  destruct (fold_states [d] _ (fun J st => if k J then osmerge st (block B d g s v J) else st)
    (fun q J => col q (inner J)) Si Ci) with (l := range n) as [S' C'].
  { intros J st l St0 Cl. destruct (I J) as [_ CI]. destruct (k J) eqn:K.
    - destruct (st_merge [d] st (block B d g s v J) St0 (block_st B d g s v Hs Hv J)) as [S1 C1]. split; auto.
      intros q. rewrite C1, Cl, CI. reflexivity.
    - split; auto. intros q. rewrite Cl, CI. symmetry. apply (columns_made [d] q). }
  apply (state_both [d] _ _ S S'). intros q. rewrite (C q), (C' q), filter_all. reflexivity.
Qed.
End Skip.
Theorem osm_skip_lr : Rules.osm_skip_lr.
Proof. red; intros n B d g k s v Hs Hv. apply (skip_both n B d g k s v Hs Hv). Qed.
Theorem osm_skip_rl : Rules.osm_skip_rl.
Proof. red; intros n B d g k s v Hs Hv. apply (skip_both n B d g k s v Hs Hv). Qed.

(** States of keys whose values are vectors. *)
Lemma keys_st sh d (s : Z -> arr num) (v : Z -> Z -> arr num) : (forall j, shp (s j) = Some []) ->
  (forall j c, shp (v j c) = Some sh) ->
  forall j, St (d :: sh) (tup3 (s j) (real 1) (gen d (fun c => v j c))).
Proof. intros Hs Hv j. apply st_tup3; auto. rewrite shp_gen, Hv. reflexivity. Qed.

Lemma cut_both n h k d g (s : Z -> arr num) (v : Z -> Z -> arr num) sh :
  (forall j, shp (s j) = Some []) -> (forall j c, shp (v j c) = Some sh) -> n = h + k -> 0 <= h -> 0 <= k ->
  let L := red states n (fun j => g j) (fun j => tup3 (s j) (real 1) (gen d (fun c => v j c))) in
  let R := osmerge (red states h (fun j => g j) (fun j => tup3 (s j) (real 1) (gen d (fun c => v j c))))
                   (red states k (fun t => g (h + t)) (fun t => tup3 (s (h + t)) (real 1)
                   (gen d (fun c => v (h + t) c)))) in
  L [= R /\ R [= L.
Proof.
  intros Hs Hv -> Hh Hk. cbv zeta. pose proof (keys_st sh d s v Hs Hv) as K.
  set (x := fun j => tup3 (s j) (real 1) (gen d (fun c => v j c))) in *.
  destruct (st_red (d :: sh) (h + k) (fun j => g j) x K) as [S C].
  destruct (st_red (d :: sh) h (fun j => g j) x K) as [S1 C1].
  destruct (st_red (d :: sh) k (fun t => g (h + t)) (fun t => x (h + t)) (fun t => K (h + t))) as [S2 C2].
  destruct (st_merge _ _ _ S1 S2) as [S3 C3].
  assert (E : forall q : option (index_of (d :: sh)), col q (red states (h + k) (fun j => g j) x) =
    col q (osmerge (red states h (fun j => g j) x) (red states k (fun t => g (h + t)) (fun t => x (h + t))))).
  { intros q. rewrite C, C3, C1, C2, range_add, filter_app, map_app, filter_map, map_map by auto.
    apply (total_app nmerge nempty nmerge_assoc nmerge_unit nmerge_made). }
  apply (state_both (d :: sh) _ _ S S3 E).
Qed.
Theorem osm_cut_lr : Rules.osm_cut_lr.
Proof. red; intros n h k d g s v Hs (sh & Hv) E H0 H1. apply (cut_both n h k d g s v sh); auto. Qed.
Theorem osm_cut_rl : Rules.osm_cut_rl.
Proof. red; intros n h k d g s v Hs (sh & Hv) E H0 H1. apply (cut_both n h k d g s v sh); auto. Qed.

Lemma copy_both d sh A : St (d :: sh) A ->
  let C := tup3 (get3_0 A) (get3_1 A) (gen d (fun c => psi [c] (get3_2 A))) in A [= C /\ C [= A.
Proof.
  intros S. destruct (st_get _ A S) as (Sm & Sz & So & CA). cbv zeta.
  assert (U : forall x y, shp (psi [x] (get3_2 A)) = shp (psi [y] (get3_2 A))) by (intros;
  rewrite !shp_psi, So; reflexivity).
  assert (Sg : shp (gen d (fun c => psi [c] (get3_2 A))) = Some (d :: sh)) by (rewrite shp_gen, shp_psi, So;
  reflexivity).
  destruct (st_tup3 (d :: sh) _ _ _ Sm Sz Sg) as [St' C'].
  assert (E : forall q : option (index_of (d :: sh)),
  col q A = col q (tup3 (get3_0 A) (get3_1 A) (gen d (fun c => psi [c] (get3_2 A))))).
  { intros q. rewrite CA, C'. destruct q as [[p I]|]; [|reflexivity]. f_equal. simpl.
    destruct p as [|c p]; [discriminate|]. simpl in I. apply andb_prop in I as [I _].
    rewrite at_gen_in by (auto; lia). rewrite at_psi. reflexivity. }
  apply (state_both (d :: sh) _ _ S St' E).
Qed.
Theorem osm_copy_lr : Rules.osm_copy_lr.
Proof.
  red; unfold share; intros n d g s v Hs (sh & Hv). apply (copy_both d sh). apply st_red. apply keys_st; auto.
Qed.
Theorem osm_copy_rl : Rules.osm_copy_rl.
Proof.
  red; unfold share; intros n d g s v Hs (sh & Hv). cbv zeta.
  apply (copy_both d sh (red states n (fun j => g j) (fun j => tup3 (s j) (real 1)
  (gen d (fun c => v j c))))).
  apply st_red. apply keys_st; auto.
Qed.

(** One state for all columns. *)
Lemma num_le (A B : arr num) s : shp A = Some s -> shp B = Some s -> (forall p, inb p s = true ->
  at_ A p = at_ B p) -> A [= B /\ B [= A.
Proof. intros SA SB H. split; eapply le_at; eauto. intros. symmetry. auto. Qed.
Lemma share_both d n g (s : Z -> arr num) (v : Z -> Z -> arr num) sh c : 
  (forall j, shp (s j) = Some []) -> (forall j c, shp (v j c) = Some sh) -> 0 <= c < d ->
  let A := red states n (fun j => g j) (fun j => tup3 (s j) (real 1) (v j c)) in
  let B := red states n (fun j => g j) (fun j => tup3 (s j) (real 1) (gen d (fun c => v j c))) in
  (get3_1 A [= get3_1 B /\ get3_1 B [= get3_1 A) /\
  (get3_2 A [= psi [c] (get3_2 B) /\ psi [c] (get3_2 B) [= get3_2 A).
Proof.
  intros Hs Hv Hc. cbv zeta.
  assert (KA : forall j, St sh (tup3 (s j) (real 1) (v j c))) by (intros; apply st_tup3; auto).
  pose proof (keys_st sh d s v Hs Hv) as KB.
  destruct (st_red sh n (fun j => g j) (fun j => tup3 (s j) (real 1) (v j c)) KA) as [SA CA].
  destruct (st_red (d :: sh) n (fun j => g j) _ KB) as [SB CB].
  set (A := red states n (fun j => g j) (fun j => tup3 (s j) (real 1) (v j c))) in *.
  set (B := red states n (fun j => g j) (fun j => tup3 (s j) (real 1) (gen d (fun c => v j c)))) in *.
  destruct (st_get _ A SA) as (_ & A1 & A2 & GA). destruct (st_get _ B SB) as (_ & B1 & B2 & GB).
  split.
  - apply (num_le _ _ []); auto. intros [|] I; [|discriminate].
    assert (E : col (None : option (index_of sh)) A = col (None : option (index_of (d :: sh))) B).
    { rewrite CA, CB. reflexivity. }
    rewrite GA, GB in E. injection E as _ E1. exact E1.
  - apply (num_le _ _ sh); auto; [rewrite shp_psi, B2; reflexivity|]. intros p I.
    assert (I' : inb (c :: p) (d :: sh) = true) by (simpl; rewrite I; lia).
    assert (E : col (Some (exist _ p I) : option (index_of sh)) A =
    col (Some (exist _ (c :: p) I') : option (index_of (d :: sh))) B).
    { rewrite CA, CB. f_equal. apply map_ext. intros j. unfold col, column_of. simpl. f_equal.
      symmetry. apply (at_gen_in d (fun c => v j c)); auto. intros. rewrite !Hv. reflexivity. }
    rewrite GA, GB in E. injection E as _ _ E2. rewrite at_psi. exact E2.
Qed.
Theorem osm_share_lr : Rules.osm_share_lr.
Proof.
  red; unfold share; intros d n g s v P Hs (sh & Hv) M. cbv zeta. apply for_le. intros c Hc.
  destruct (share_both d n g s v sh c Hs Hv Hc) as [[? ?] [? ?]]. apply M; auto.
Qed.
Theorem osm_share_rl : Rules.osm_share_rl.
Proof.
  red; unfold share; intros d n g s v P Hs (sh & Hv) M. cbv zeta. apply for_le. intros c Hc.
  destruct (share_both d n g s v sh c Hs Hv Hc) as [[? ?] [? ?]]. apply M; auto.
Qed.

(** ** Pairs *)
Definition Pr (s t : list Z) (A : arr (arr num * arr num)) : Prop := shp A =
  Some [] /\ is_pair s t (at_ A []).
Definition part {s t} (q : index_of s + index_of t) (A : arr (arr num * arr num)) : num := proj (pairs s t)
  q (at_ A []).
Lemma pr_red s t n g x : (forall j, Pr s t (x j)) ->
  Pr s t (red add_pairs n g x) /\ forall q : index_of s + index_of t,
  part q (red add_pairs n g x) = total nadd (Num 0) (map (fun j => part q (x j)) (filter g (range n))).
Proof.
  intros H. assert (K : known (pairs s t) [] x).
  { split; [intros; apply H|]. intros j [|] I; [|discriminate]. apply H. }
  split; [split; [rewrite shp_red; apply H|]; apply (red_wf (pairs s t) n g x [] [] K eq_refl)|].
  intros q. apply (red_proj (pairs s t) n g x [] [] q K eq_refl).
Qed.
Lemma pr_tup2 s t a b : shp a = Some s -> shp b = Some t -> Pr s t (tup2 a b).
Proof. intros. repeat split; auto. Qed.
Lemma pr_get s t A : Pr s t A -> shp (get2_0 A) = Some s /\ shp (get2_1 A) = Some t.
Proof. intros [_ H]. exact H. Qed.
Lemma pr_le s t A B : Pr s t A -> Pr s t B -> (forall q : index_of s + index_of t, part q A = part q B) ->
  A [= B.
Proof.
  intros [SA WA] [SB WB] H. apply (view_le (pairs s t) A B []); auto. intros [|] I; [|discriminate]. auto.
Qed.
Lemma pair_share_both d n g (a : Z -> arr num) (b : Z -> Z -> arr num) sa sb c :
  (forall j, shp (a j) = Some sa) -> (forall j c, shp (b j c) = Some sb) -> 0 <= c < d ->
  let A := red add_pairs n (fun j => g j) (fun j => tup2 (a j) (b j c)) in
  let B := red add_pairs n (fun j => g j) (fun j => tup2 (a j) (gen d (fun c => b j c))) in
  (get2_0 A [= get2_0 B /\ get2_0 B [= get2_0 A) /\
  (get2_1 A [= psi [c] (get2_1 B) /\ psi [c] (get2_1 B) [= get2_1 A).
Proof.
  intros Ha Hb Hc. cbv zeta.
  assert (KA : forall j, Pr sa sb (tup2 (a j) (b j c))) by (intros; apply pr_tup2; auto).
  assert (KB : forall j, Pr sa (d :: sb) (tup2 (a j) (gen d (fun c => b j c)))).
  { intros. apply pr_tup2; auto. rewrite shp_gen, Hb. reflexivity. }
  destruct (pr_red sa sb n (fun j => g j) _ KA) as [SA CA].
  destruct (pr_red sa (d :: sb) n (fun j => g j) _ KB) as [SB CB].
  set (A := red add_pairs n (fun j => g j) (fun j => tup2 (a j) (b j c))) in *.
  set (B := red add_pairs n (fun j => g j) (fun j => tup2 (a j) (gen d (fun c => b j c)))) in *.
  destruct (pr_get _ _ A SA) as [A0 A1]. destruct (pr_get _ _ B SB) as [B0 B1]. split.
  - apply (num_le _ _ sa); auto. intros p I.
    transitivity (part (inl (exist _ p I) : index_of sa + index_of sb) A); [reflexivity|]. rewrite CA.
    transitivity (part (inl (exist _ p I) : index_of sa + index_of (d :: sb)) B); [|reflexivity]. rewrite CB.
    reflexivity.
  - apply (num_le _ _ sb); auto; [rewrite shp_psi, B1; reflexivity|]. intros p I. rewrite at_psi. cbn [app].
    assert (I' : inb (c :: p) (d :: sb) = true) by (simpl; rewrite I; lia).
    transitivity (part (inr (exist _ p I) : index_of sa + index_of sb) A); [reflexivity|]. rewrite CA.
    transitivity (part (inr (exist _ (c :: p) I') : index_of sa + index_of (d :: sb)) B); [|reflexivity].
    rewrite CB.
    f_equal. apply map_ext. intros j. unfold part. cbn. symmetry. apply (at_gen_in d (fun c => b j c)); auto.
    intros. rewrite !Hb. reflexivity.
Qed.
Theorem pair_share_lr : Rules.pair_share_lr.
Proof.
  red; unfold share; intros d n g a b P (sa & Ha) (sb & Hb) M. cbv zeta. apply for_le. intros c Hc.
  destruct (pair_share_both d n g a b sa sb c Ha Hb Hc) as [[? ?] [? ?]]. apply M; auto.
Qed.
Theorem pair_share_rl : Rules.pair_share_rl.
Proof.
  red; unfold share; intros d n g a b P (sa & Ha) (sb & Hb) M. cbv zeta. apply for_le. intros c Hc.
  destruct (pair_share_both d n g a b sa sb c Ha Hb Hc) as [[? ?] [? ?]]. apply M; auto.
Qed.

(** ** Folds that skip *)
Lemma fold_filter {X} (g : Z -> bool) (f : Z -> X -> X) l a :
  fold_left (fun st j => if g j then f j st else st) l a = fold_left (fun st j => f j st) (filter g l) a.
Proof. revert a. induction l as [|j l IH]; simpl; intros; auto. destruct (g j); simpl; apply IH. Qed.
Lemma fold_num (x : Z -> arr num) op (init : arr num) l : shp init = Some [] ->
  (forall j, shp (x j) = Some []) ->
  shp (fold_left (fun st j => map2 op st (x j)) l init) = Some [] /\
  at_ (fold_left (fun st j => map2 op st (x j)) l init) [] =
  fold_left (num2 op) (map (fun j => at_ (x j) []) l) (at_ init []).
Proof.
  intros Si Sx. revert init Si. induction l as [|j l IH]; simpl; intros init Si; auto.
  destruct (map2_same op init (x j) [] Si (Sx j)) as [S A]. destruct (IH _ S) as [S' A']. rewrite A', A. auto.
Qed.
Lemma max_fold_both n g (x : Z -> arr num) : (forall j, shp (x j) = Some []) ->
  let L := red (reduce RMax) n (fun j => g j) (fun j => x j) in
  let R := fold n bottom (fun j st => if g j then map2 Max st (x j) else st) in L [= R /\ R [= L.
Proof.
  intros Sx. cbv zeta. unfold fold. rewrite (fold_filter g (fun j st => map2 Max st (x j))).
  destruct (fold_num x Max bottom (filter g (range n))) as [S A]; auto.
  apply (num_le _ _ []); auto; [rewrite shp_red; auto|]. intros [|] I; [|discriminate].
  rewrite (at_red _ _ _ _ [] []) by auto. rewrite A. reflexivity.
Qed.
Theorem max_fold_lr : Rules.max_fold_lr. Proof. red; intros n g x S. apply (max_fold_both n g x S). Qed.
Theorem max_fold_rl : Rules.max_fold_rl. Proof. red; intros n g x S. apply (max_fold_both n g x S). Qed.

Lemma pair_fold_both d n g (a : Z -> arr num) (b : Z -> Z -> arr num) : (forall j, shp (a j) = Some []) ->
  (forall j c, shp (b j c) = Some []) ->
  let L := red add_pairs n (fun j => g j) (fun j => tup2 (a j) (gen d (fun c => b j c))) in
  let R := fold n (tup2 (real 0) (gen d (fun _ => real 0))) (fun j st =>
     if g j then tup2 (map2 Add (get2_0 st) (a j)) (gen d (fun c => map2 Add (psi [c] (get2_1 st)) (b j c)))
     else st) in
  L [= R /\ R [= L.
Proof.
  intros Ha Hb. cbv zeta.
  assert (K : forall j, Pr [] [d] (tup2 (a j) (gen d (fun c => b j c)))).
  { intros. apply pr_tup2; auto. apply (gen_scalars d (fun c => b j c)). auto. }
  destruct (pr_red [] [d] n (fun j => g j) _ K) as [SL CL].
  unfold fold. rewrite (fold_filter g (fun j st => tup2 (map2 Add (get2_0 st) (a j))
  (gen d (fun c => map2 Add (psi [c] (get2_1 st)) (b j c))))).
  set (step := fun st j => tup2 (map2 Add (get2_0 st) (a j)) (gen d (fun c => map2 Add (psi [c] (get2_1 st))
  (b j c)))).
  assert (F : forall l, Pr [] [d] (fold_left step l (tup2 (real 0) (gen d (fun _ => real 0)))) /\
    forall q : index_of [] + index_of [d],
    part q (fold_left step l (tup2 (real 0) (gen d (fun _ => real 0)))) =
      total nadd (Num 0) (map (fun j => part q (tup2 (a j) (gen d (fun c => b j c)))) l)).
  { induction l as [|j l IH] using rev_ind.
    - destruct (gen_scalars d (fun _ => real 0)) as [Sg Ag]; [reflexivity|]. split; [apply pr_tup2; auto|].
      intros [[[|] I]|p]; [reflexivity|discriminate|]. unfold part. simpl. destruct (Ag p) as (c & _ & _ & E).
      exact E.
    - destruct IH as [P C]. rewrite fold_left_app. simpl. destruct (pr_get _ _ _ P) as [P0 P1].
      set (F := fold_left step l (tup2 (real 0) (gen d (fun _ => real 0)))) in *.
      destruct (map2_same Add (get2_0 F) (a j) [] P0 (Ha j)) as [S0 A0].
      assert (Sp : forall c, shp (psi [c] (get2_1 F)) = Some []) by (intros; rewrite shp_psi, P1;
      reflexivity).
      assert (Sc : forall c, shp (map2 Add (psi [c] (get2_1 F)) (b j c)) = Some []) by (intros;
      rewrite shp_map2, Sp, Hb; reflexivity).
      destruct (gen_scalars d _ Sc) as [Sg Ag]. destruct (gen_scalars d (fun c => b j c)) as [Sb Ab]; auto.
      split; [apply pr_tup2; auto|]. intros q. rewrite map_app. simpl. rewrite total_last, <- C.
      destruct q as [[[|] I]|p]; [|discriminate|]; unfold part; simpl.
      + apply A0.
      + destruct (Ag p) as (c & Ep & Hc & ->). destruct (Ab p) as (c' & Ep' & _ & ->).
        assert (c' = c) as -> by congruence.
        destruct (map2_same Add _ _ [] (Sp c) (Hb j c)) as [_ ->]. rewrite at_psi, Ep. reflexivity. }
  destruct (F (filter g (range n))) as [SR CR].
  split; apply (pr_le [] [d]); auto; intros q.
  - transitivity (total nadd (Num 0) (map (fun j => part q (tup2 (a j) (gen d (fun c => b j c))))
    (filter (fun j => g j) (range n)))); [apply CL|symmetry; apply CR].
  - transitivity (total nadd (Num 0) (map (fun j => part q (tup2 (a j) (gen d (fun c => b j c))))
    (filter (fun j => g j) (range n)))); [apply CR|symmetry; apply CL].
Qed.
Theorem pair_fold_lr : Rules.pair_fold_lr. Proof. red; intros d n g a b Ha Hb.
  apply (pair_fold_both d n g a b Ha Hb). Qed.
Theorem pair_fold_rl : Rules.pair_fold_rl. Proof. red; intros d n g a b Ha Hb.
  apply (pair_fold_both d n g a b Ha Hb). Qed.

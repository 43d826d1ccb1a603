(* SoftmaxProofs.v: the rows of softmax.rules that know the exponential, and what they add up to.

   Idea. Merging all columns of a row gives the maximum and the sums of weights relative to it
   (`columns_closed`): exp(a - b) exp(b - c) = exp(a - c) moves a sum from one maximum to the next.
   `tiled_softmax`: for every way to cut a row's keys into blocks, in every order and nesting of
   merges, the last step gives sum(exp(s) v) / sum(exp(s)), and a row without keys keeps the sum 0. *)
From Coq Require Import Reals ZArith List Bool Lia Lra Permutation.
Import ListNotations.
Require Import MoA MoAFacts AlgebraProofs PsiProofs LoopProofs Congruence ReductionProofs StateProofs.
Require Rules.
Local Open Scope Z_scope.

(** ** Online softmax, closed: the merge of all columns is the maximum and the sums of weights relative to it *)
Definition score (x : column) : num := fst (fst x).
Definition peak (l : list column) : num := fold_left nmax (map score l) Bot.
Definition weighted (f : column -> num) (M : num) (l : list column) : num :=
  fold_left nadd (map (fun x => nmul (f x) (nexpsub (score x) M)) l) (Num 0).

Lemma peak_last l x : peak (l ++ [x]) = nmax (peak l) (score x).
Proof. unfold peak. rewrite map_app, fold_left_app. reflexivity. Qed.
Lemma weighted_last f M l x : weighted f M (l ++ [x]) =
  nadd (weighted f M l) (nmul (f x) (nexpsub (score x) M)).
Proof. unfold weighted. rewrite map_app, fold_left_app. reflexivity. Qed.
(** The maximum of a list is the maximum of any of its members and something. *)
Lemma peak_member l x : In x l -> exists r, peak l = nmax (score x) r.
Proof.
  induction l as [|y l IH] using rev_ind; [simpl; tauto|]. rewrite in_app_iff, peak_last. intros [H|[->|[]]].
  - destruct (IH H) as (r & ->). exists (nmax r (score y)). apply nmax_assoc.
  - exists (peak l). apply nmax_comm.
Qed.
Lemma scale f M M' x l : nexpsub M M' = Num x ->
  (forall y, In y l -> nmul (nexpsub (score y) M) (nexpsub M M') = nexpsub (score y) M') ->
  nmul (weighted f M l) (Num x) = weighted f M' l.
Proof.
  intros Ex H. rewrite Ex in H. induction l as [|y l IH] using rev_ind.
  - unfold weighted. simpl. f_equal. ring.
  - rewrite !weighted_last, nmul_add_l, nmul_assoc, H, IH; auto.
    + intros z Hz. apply H. apply in_or_app. auto.
    + apply in_or_app. simpl. auto.
Qed.
Lemma nadd_fault_r a : nadd a Fault = Fault. Proof. destruct a; reflexivity. Qed.
Lemma nmul_fault_r a : nmul a Fault = Fault. Proof. destruct a; reflexivity. Qed.
Lemma peak_cases l : peak l = Fault \/ peak l = Bot \/ exists r, peak l = Num r.
Proof.
  induction l as [|y l IH] using rev_ind; [right; left; reflexivity|]. rewrite peak_last.
  destruct IH as [->|[->|(r & ->)]]; destruct (score y); simpl; eauto.
Qed.
Lemma rescale f l x :
  nadd (nmul (weighted f (peak l) l) (nexpsub (peak l) (nmax (peak l) (score x))))
       (nmul (f x) (nexpsub (score x) (nmax (peak l) (score x)))) =
  weighted f (nmax (peak l) (score x)) (l ++ [x]).
Proof.
  rewrite weighted_last. set (M := peak l). set (M' := nmax M (score x)).
  destruct (nexpsub M M') as [| | |e] eqn:Ex.
  - assert (F : M' = Fault).
    { unfold M' in *. destruct (peak_cases l) as [P|[P|(r & P)]]; fold M in P; rewrite P in *;
        destruct (score x); simpl in *; auto; discriminate. }
    rewrite F. destruct (score x); simpl; rewrite ?nmul_fault_r, !nadd_fault_r; reflexivity.
  - unfold M' in *. destruct M, (score x); discriminate.
  - unfold M' in *. destruct M, (score x); discriminate.
  - rewrite (scale f M M' e l Ex); [reflexivity|]. intros y Hy. destruct (peak_member l y Hy) as (r & P).
    fold M in P. unfold M'. rewrite P. apply expsub_chain.
Qed.
Lemma columns_closed l : columns l =
  (peak l, weighted (fun x => snd (fst x)) (peak l) l, weighted snd (peak l) l).
Proof.
  induction l as [|x l IH] using rev_ind; [reflexivity|].
  rewrite total_last, IH, peak_last, <- !rescale. destruct x as [[m z] o]. reflexivity.
Qed.

(** ** Softmax-weighted means *)
Lemma fold_nadd_num l r a : fold_left nadd l a = Num r -> (exists q, a = Num q) /\ forall x, In x l ->
  exists q, x = Num q.
Proof.
  revert a. induction l as [|x l IH]; simpl; intros a H.
  - split; [eauto|tauto].
  - destruct (IH _ H) as [(q & Q) L]. destruct a, x; try discriminate. split; [eauto|].
    intros y [<-|Hy]; eauto.
Qed.
Lemma fold_nmax_num l (r : R) : (forall x, In x l -> exists q, x = Num q) -> l <> [] ->
  exists M, fold_left nmax l Bot = Num M.
Proof.
  intros H N. destruct l as [|x l]; [congruence|]. destruct (H x (or_introl eq_refl)) as (q & ->). simpl.
  assert (G : forall l q, (forall x, In x l -> exists q, x = Num q) ->
  exists M, fold_left nmax l (Num q) = Num M).
  { induction l0 as [|y l0 IH]; simpl; intros q0 L; [eauto|]. destruct (L y (or_introl eq_refl)) as (p & ->).
    simpl. apply IH. auto. }
  apply G. intros y Hy. apply H. simpl. auto.
Qed.
Lemma fold_positive {X} (f : X -> R) l q : (0 <= q)%R -> (forall x, In x l -> 0 < f x)%R -> l <> [] ->
  exists r, fold_left nadd (map (fun x => Num (f x)) l) (Num q) = Num r /\ (0 < r)%R.
Proof.
  intros Q P N. destruct l as [|x l]; [congruence|]. simpl.
  assert (Q' : (0 < q + f x)%R) by (specialize (P x (or_introl eq_refl)); lra). clear N.
  assert (P' : forall y, In y l -> (0 < f y)%R) by (intros; apply P; simpl; auto). clear P Q. revert Q'.
  generalize (q + f x)%R.
  induction l as [|y l IH]; simpl; intros p Hp; [eauto|]. apply IH; [intros; apply P'; simpl; auto|].
  specialize (P' y (or_introl eq_refl)). lra.
Qed.

(** What the quotient of a softmax is, element by element: where the weights' sum has a value, every score is
    a real number, and the weights are those relative to the maximum. *)
Lemma quotient_facts (l : list Z) (s : Z -> num) (v : Z -> num) :
  l <> [] -> let M := fold_left nmax (map s l) Bot in
  let Zs := fold_left nadd (map (fun j => num1 Exp (nsub (s j) M)) l) (Num 0) in
  (exists r, Zs = Num r /\ (0 < r)%R /\
     Zs = fold_left nadd (map (fun j => nexpsub (s j) M) l) (Num 0) /\
     fold_left nadd (map (fun j => nmul (num1 Exp (nsub (s j) M)) (v j)) l) (Num 0) =
     fold_left nadd (map (fun j => nmul (nexpsub (s j) M) (v j)) l) (Num 0)) \/ (forall x, ndiv x Zs = Fault).
Proof.
  intros N M Zs. destruct Zs as [| | |r] eqn:E; try (right; intros x; destruct x; reflexivity). left.
  exists r.
  destruct (fold_nadd_num _ _ _ E) as [_ L].
  assert (L' : forall j, In j l -> exists q, s j = Num q).
  { intros j Hj. destruct (L (num1 Exp (nsub (s j) M))) as (q & Q); [apply in_map_iff; eauto|].
    destruct (s j); try discriminate. eauto. }
  destruct (fold_nmax_num (map s l) 0%R) as (m & HM).
  { intros x Hx. apply in_map_iff in Hx as (j & <- & Hj). auto. }
  { destruct l; [congruence|discriminate]. }
  fold M in HM.
  assert (W : forall j, In j l -> num1 Exp (nsub (s j) M) = nexpsub (s j) M).
  { intros j Hj. destruct (L' j Hj) as (q & ->). rewrite HM. reflexivity. }
  assert (Pos : exists r', Zs = Num r' /\ (0 < r')%R).
  { unfold Zs. pose (f := fun j => match s j with Num q => exp (q - m) | _ => 1%R end).
    replace (map (fun j => num1 Exp (nsub (s j) M)) l) with (map (fun j => Num (f j)) l).
    - apply fold_positive; auto; [lra|]. intros j Hj. unfold f. destruct (L' j Hj) as (q & ->). apply exp_pos.
    - apply map_ext_in. intros j Hj. unfold f. destruct (L' j Hj) as (q & ->). rewrite HM. reflexivity. }
  destruct Pos as (r' & P1 & P2). assert (r' = r) by congruence. subst r'. repeat split; auto.
  - rewrite <- E. unfold Zs. f_equal. apply map_ext_in. auto.
  - f_equal. apply map_ext_in. intros j Hj. rewrite W; auto.
Qed.

Section Mean.
Context (n : Z) (g : Z -> bool) (s v : Z -> arr num) (sh : list Z).
Hypothesis Hs : forall j, shp (s j) = Some [].
Hypothesis Hv : forall j, shp (v j) = Some sh.
Definition keys := filter (fun j => g j) (range n).
Definition top := red (reduce RMax) n (fun k => g k) (fun k => s k).
Definition weight j := map1 Exp (map2 Sub (s j) top).
Definition numerator := red (reduce RAdd) n (fun j => g j) (fun j => map2 Mul (weight j) (v j)).
Definition denominator := red (reduce RAdd) n (fun j => g j) (fun j => weight j).
Definition scores j := at_ (s j) [].
Definition M := fold_left nmax (map scores keys) Bot.
Lemma top_facts : shp top = Some [] /\ at_ top [] = M.
Proof. split; [unfold top; rewrite shp_red; auto|]. unfold top. rewrite (at_red _ _ _ _ [] []); auto. Qed.
Lemma weight_facts j : shp (weight j) = Some [] /\ at_ (weight j) [] = num1 Exp (nsub (scores j) M).
Proof.
  destruct top_facts as [St At]. destruct (map2_same Sub (s j) top [] (Hs j) St) as [S A].
  unfold weight. rewrite shp_map1, at_map1, A, At. auto.
Qed.
Lemma denominator_facts : shp denominator = Some [] /\
  at_ denominator [] = fold_left nadd (map (fun j => num1 Exp (nsub (scores j) M)) keys) (Num 0).
Proof.
  unfold denominator. split; [rewrite shp_red; apply weight_facts|].
  rewrite (at_red _ _ _ _ [] []); [|apply weight_facts|reflexivity].
  erewrite map_ext; [reflexivity|]. intros j. apply weight_facts.
Qed.
Lemma numerator_facts : shp numerator = Some sh /\ forall p, inb p sh = true ->
  at_ numerator p = fold_left nadd (map (fun j => nmul (num1 Exp (nsub (scores j) M)) (at_ (v j) p)) keys)
  (Num 0).
Proof.
  assert (F : forall j, shp (map2 Mul (weight j) (v j)) = Some sh /\
     forall p, at_ (map2 Mul (weight j) (v j)) p = nmul (num1 Exp (nsub (scores j) M)) (at_ (v j) p)).
  { intros j. destruct (weight_facts j) as [Sw Aw]. destruct (map2_left Mul _ _ _ Sw (Hv j)) as [S A].
    split; auto. intros p. rewrite A, Aw. reflexivity. }
  unfold numerator. split; [rewrite shp_red; apply F|]. intros p I.
  rewrite (at_red _ _ _ _ p sh); [|apply F|auto]. erewrite map_ext; [reflexivity|]. intros j. apply F.
Qed.
Lemma quotient_at : shp (map2 Div numerator denominator) = Some sh /\ forall p, inb p sh = true ->
  at_ (map2 Div numerator denominator) p = ndiv (at_ numerator p) (at_ denominator []).
Proof. destruct numerator_facts as [S _]. destruct denominator_facts as [D _].
  destruct (map2_right Div _ _ _ S D) as [H A]. split; auto. Qed.

(** Any way to get the maximum's weights and sums, then the choice at zero, refines the mean. *)
Lemma mean_le (z o e : arr num) : shp z = Some [] -> shp o = Some sh -> shp e = Some sh ->
  at_ z [] = fold_left nadd (map (fun j => nexpsub (scores j) M) keys) (Num 0) ->
  (forall p, inb p sh = true -> at_ o p =
  fold_left nadd (map (fun j => nmul (nexpsub (scores j) M) (at_ (v j) p)) keys) (Num 0)) ->
  (if any n (fun j => g j) then map2 Div numerator denominator else e) [= ifzero z e (map2 Div o z).
Proof.
  intros Sz So Se Az Ao. destruct (any n (fun j => g j)) eqn:Any.
  - assert (N : keys <> []).
    { apply any_true in Any as (j & Hj & Gj). intros C. assert (In j keys); [|rewrite C in *; auto].
      apply filter_In. split; auto. apply in_range. auto. }
    destruct quotient_at as [Sq Aq]. destruct denominator_facts as [Sd Ad].
    destruct numerator_facts as [Sn An].
    destruct (map2_right Div o z sh So Sz) as [Sr Ar].
    assert (Ss : shp (ifzero z e (map2 Div o z)) = Some sh) by (apply shp_ifzero; auto).
    apply vle_intro; [congruence|]. intros p u U I. rewrite Sq in U. injection U as <-.
    rewrite Aq, An by auto.
    destruct (quotient_facts keys scores (fun j => at_ (v j) p) N) as [(r & E & P & Ez & Eo)|F].
    + fold M in E, Ez, Eo. right. rewrite (at_ifzero z e (map2 Div o z) sh p Se Sr I), Ad, E, Az, <- Ez, E.
      destruct (Req_EM_T r 0) as [C|_]; [subst r; exfalso; revert P; apply Rlt_irrefl|].
      rewrite Ar, Ao, Az, <- Ez, E by auto. change (num2 Div) with ndiv. rewrite Eo. reflexivity.
    + left. rewrite Ad. apply F.
  - assert (N : keys = []).
    { destruct keys as [|j l] eqn:K; [reflexivity|]. exfalso.
      assert (H : In j keys) by (rewrite K; simpl; auto).
      apply filter_In in H as [Hr Hg]. apply in_range in Hr.
      assert (any n (fun j => g j) = true) by (apply any_true; eauto). congruence. }
    rewrite N in Az. assert (Sr : shp (map2 Div o z) = Some sh) by (apply map2_right; auto).
    apply vle_intro; [rewrite Se; symmetry; apply shp_ifzero; auto|]. intros p u U I. rewrite Se in U. injection U as <-.
    rewrite (at_ifzero z e (map2 Div o z) sh p Se Sr I), Az. simpl. destruct (Req_EM_T 0 0); [right; reflexivity|congruence].
Qed.
End Mean.

Lemma nmul_one_expsub a b : nmul (Num 1) (nexpsub a b) = nexpsub a b.
Proof. destruct a, b; simpl; auto; f_equal; ring. Qed.
Theorem softmax_merge_lr : Rules.softmax_merge_lr.
Proof.
  red; unfold share; intros n g s v e Hs (sh & Hv) Te. cbv zeta.
  assert (Se : shp e = Some sh).
  { rewrite <- Te. exact (proj1 (quotient_at n g s v sh Hs Hv)). }
  set (x := fun j => tup3 (s j) (real 1) (v j)).
  assert (K : forall j, St sh (x j)) by (intros; apply st_tup3; auto).
  destruct (st_red sh n (fun j => g j) x K) as [S C].
  set (st := red states n (fun j => g j) x) in *. clearbody st.
  destruct (st_get sh st S) as (_ & S1 & S2 & G).
  apply (mean_le n g s v sh Hs Hv (get3_1 st) (get3_2 st) e S1 S2 Se).
  - pose proof (C None) as H. rewrite columns_closed, G in H. injection H as _ H1 _. rewrite H1.
    unfold weighted, peak. rewrite !map_map. cbn. f_equal. apply map_ext. intros j. apply nmul_one_expsub.
  - intros p I. pose proof (C (Some (exist _ p I))) as H. rewrite columns_closed, G in H.
    injection H as _ _ H2. rewrite H2.
    unfold weighted, peak. rewrite !map_map. cbn. f_equal. apply map_ext. intros j. apply mul_comm_num.
Qed.
Theorem softmax_merge_rl : Rules.softmax_merge_rl. Proof. red; unfold share; intros; lia. Qed.

Theorem softmax_two_pass_lr : Rules.softmax_two_pass_lr.
Proof.
  red; unfold share; intros n g s v e Hs (sh & Hv) Te. cbv zeta.
  assert (Se : shp e = Some sh).
  { rewrite <- Te. exact (proj1 (quotient_at n g s v sh Hs Hv)). }
  fold (top n g s). destruct (top_facts n g s Hs) as [St At].
  set (w := fun j => map2 Expsub (s j) (top n g s)).
  assert (W : forall j, shp (w j) = Some [] /\ at_ (w j) [] = nexpsub (scores s j) (M n g s)).
  { intros j. destruct (map2_same Expsub (s j) _ [] (Hs j) St) as [S A]. split; auto. unfold w. rewrite A, At.
    reflexivity. }
  assert (WV : forall j, shp (map2 Mul (w j) (v j)) = Some sh /\ forall p,
  at_ (map2 Mul (w j) (v j)) p = nmul (nexpsub (scores s j) (M n g s)) (at_ (v j) p)).
  { intros j. destruct (W j) as [S A]. destruct (map2_left Mul _ _ _ S (Hv j)) as [S' A']. split; auto.
    intros p. rewrite A', A. reflexivity. }
  set (x := fun j => tup2 (w j) (map2 Mul (w j) (v j))).
  assert (K : forall j, Pr [] sh (x j)) by (intros; apply pr_tup2; [apply W|apply WV]).
  destruct (pr_red [] sh n (fun j => g j) x K) as [S C].
  change (fun j : Z => tup2 (map2 Expsub (s j) (top n g s)) (map2 Mul (map2 Expsub (s j) (top n g s)) (v j)))
  with x.
  set (st := red add_pairs n (fun j => g j) x) in *. clearbody st.
  destruct (pr_get [] sh st S) as [S0 S1].
  apply (mean_le n g s v sh Hs Hv (get2_0 st) (get2_1 st) e S0 S1 Se).
  - transitivity (part (inl (exist _ [] eq_refl) : index_of [] + index_of sh) st); [reflexivity|]. rewrite C.
    unfold total. f_equal. apply map_ext. intros j. apply W.
  - intros p I. transitivity (part (inr (exist _ p I) : index_of [] + index_of sh) st); [reflexivity|].
    rewrite C.
    unfold total. f_equal. apply map_ext. intros j. unfold part. cbn. apply WV.
Qed.
Theorem softmax_two_pass_rl : Rules.softmax_two_pass_rl. Proof. red; unfold share; intros; lia. Qed.

Theorem vector_fold_rl : Rules.vector_fold_rl. Proof. red; intros; lia. Qed.
Theorem vector_fold_lr : Rules.vector_fold_lr.
Proof.
  red; intros d B g b f (sb & Hb) (sf & Hf) T. unfold fold.
  rewrite (fold_filter (fun t => g t) (fun t w => gen d (fun c => map2 Add (psi [c] w) (f t c)))).
  set (step := fun w t => gen d (fun c => map2 Add (psi [c] w) (f t c))).
  change (gen d (fun c => b c)) with (gen d b) in *.
  assert (Sb : shp (gen d b) = Some (d :: sb)) by (rewrite shp_gen, Hb; reflexivity).
  (* what a step does to an array of the right shape *)
  assert (J : sjoin (Some sb) (Some sf) = Some sb).
  { pose proof (T 0 (gen d b) eq_refl) as H. rewrite shp_gen, shp_map2, shp_psi, Sb, Hf in H.
    simpl length in H. simpl Nat.leb in H. cbv iota in H. simpl skipn in H.
    destruct (sjoin (Some sb) (Some sf)) as [u|] eqn:J; simpl in H; [|discriminate]. injection H as ->.
    reflexivity. }
  assert (Step : forall w t, shp w = Some (d :: sb) ->
    shp (step w t) = Some (d :: sb) /\
    forall c p, 0 <= c < d -> inb p sb = true ->
    at_ (step w t) (c :: p) = nadd (at_ w (c :: p)) (pick (f t c) p)).
  { intros w t Sw.
    assert (Sc : forall c, shp (map2 Add (psi [c] w) (f t c)) = Some sb).
    { intros c'. rewrite shp_map2, shp_psi, Sw, Hf. exact J. }
    split; [unfold step; rewrite shp_gen, Sc; reflexivity|]. intros c p Hc I.
    unfold step. rewrite at_gen_in by (auto; intros; rewrite !Sc; reflexivity).
    rewrite (at_pick _ p sb) by auto. rewrite (pick_map2 Add _ _ p sb) by auto. change (num2 Add) with nadd.
    rewrite <- (at_pick (psi [c] w) p sb); [|rewrite shp_psi, Sw; reflexivity|auto]. rewrite at_psi.
    reflexivity. }
  assert (F : forall l, shp (fold_left step l (gen d b)) = Some (d :: sb) /\
    forall c p, 0 <= c < d -> inb p sb = true ->
    at_ (fold_left step l (gen d b)) (c :: p) =
    fold_left nadd (map (fun t => pick (f t c) p) l) (at_ (b c) p)).
  { induction l as [|t l IH] using rev_ind.
    - split; auto. intros c p Hc I. simpl. rewrite at_gen_in by (auto; intros; rewrite !Hb; reflexivity).
      reflexivity.
    - destruct IH as [S A]. rewrite fold_left_app. simpl.
      destruct (Step (fold_left step l (gen d b)) t S) as [S' A']. split; auto.
      intros c p Hc I. rewrite A', A, map_app, fold_left_app by auto. reflexivity. }
  destruct (F (filter (fun t => g t) (range B))) as [SR AR].
  set (body := fun c => map2 Add (b c) (red (reduce RAdd) B (fun t => g t) (fun t => f t c))).
  assert (Sbody : forall c, shp (body c) = Some sb).
  { intros c. unfold body. rewrite shp_map2, shp_red, Hb, Hf. exact J. }
  apply vle_intro; [rewrite shp_gen, Sbody; symmetry; exact SR|].
  intros p u U I. rewrite shp_gen, Sbody in U. injection U as <-. destruct p as [|c p]; [discriminate|].
  simpl in I. apply andb_prop in I as [Ic Ip]. rewrite AR by (auto; lia).
  change (gen d (fun c : Z => map2 Add (b c) (red (reduce RAdd) B (fun t : Z => g t) (fun t' : Z => f t' c))))
  with (gen d body).
  rewrite at_gen_in by (auto; try lia; intros; rewrite !Sbody; reflexivity).
  rewrite (at_pick _ p sb) by auto. unfold body. rewrite (pick_map2 Add _ _ p sb) by (auto; apply Sbody).
  assert (Pf : sf = [] \/ inb p sf = true).
  { rewrite sjoin_comm in J. destruct (sjoin_none _ _ _ J) as (w & [= <-] & [->| ->]); auto. }
  rewrite (pick_red RAdd B (fun t => g t) (fun t => f t c) p sf); auto; [|intros; rewrite !Hf; reflexivity].
  rewrite <- (at_pick (b c) p sb) by auto. change (identity (reduce RAdd) Fault) with (Num 0).
  change (operation (reduce RAdd)) with nadd. change (num2 Add) with nadd.
  destruct (at_ (b c) p) as [| | |r] eqn:Eb; try (left; reflexivity). right.
  symmetry. apply (fold_total nadd (Num 0) nadd_assoc). simpl. f_equal. apply Rplus_0_r.
Qed.

(** ** Merging a block: FlashAttention's update *)
(** Guarded-out keys count as bottom: they change neither a maximum nor a sum of weights. *)
Lemma fold_max_guarded (g : Z -> bool) (s : Z -> num) l :
  fold_left nmax (map (fun t => if g t then s t else Bot) l) Bot = fold_left nmax (map s (filter g l)) Bot.
Proof.
  induction l as [|t l IH] using rev_ind; [reflexivity|].
  rewrite filter_app, !map_app, !fold_left_app, IH. simpl. destruct (g t); [reflexivity|]. simpl.
  apply (total_made nmax Bot); [reflexivity|apply (reduce_made RMax)].
Qed.
Lemma fold_weights_guarded (g : Z -> bool) (s : Z -> num) M l : M <> Fault ->
  fold_left nadd (map (fun t => nexpsub (if g t then s t else Bot) M) l) (Num 0) =
  fold_left nadd (map (fun t => nexpsub (s t) M) (filter g l)) (Num 0).
Proof.
  intros N. assert (Z0 : nexpsub Bot M = Num 0) by (destruct M; [congruence|reflexivity..]).
  induction l as [|t l IH] using rev_ind; [reflexivity|].
  rewrite filter_app, !map_app, !fold_left_app, IH. cbn [map filter]. destruct (g t); [reflexivity|].
  cbn [fold_left app map filter]. rewrite Z0.
  apply (total_made nadd (Num 0)); [apply (reduce_unit RAdd)|apply (reduce_made RAdd)].
Qed.
(** The sums relative to the block's own maximum, brought to a larger one. *)
Lemma rescale_block f l m : nmax m (peak l) <> Fault ->
  nmul (weighted f (peak l) l) (nexpsub (peak l) (nmax m (peak l))) = weighted f (nmax m (peak l)) l.
Proof.
  intros N. rewrite (nmax_comm m) in *. set (M' := nmax (peak l) m) in *.
  assert (E : exists e, nexpsub (peak l) M' = Num e).
  { unfold M' in *. destruct (peak_cases l) as [P|[P|(r & P)]]; rewrite P in *; destruct m; simpl in *; eauto;
    congruence. }
  destruct E as (e & E). pose proof E as E'. rewrite E. apply (scale f _ _ e l E).
  intros y Hy. destruct (peak_member l y Hy) as (r & P). unfold M'. rewrite P. apply expsub_chain.
Qed.

Section Block.
Context (B d : Z) (g : Z -> bool) (st : arr state) (s : Z -> arr num) (v : Z -> Z -> arr num) (sh : list Z).
Hypothesis Ss : St (d :: sh) st.
Hypothesis Hs : forall t, shp (s t) = Some [].
Hypothesis Hv : forall t c, shp (v t c) = Some sh.
Definition key t := tup3 (s t) (real 1) (gen d (fun c => v t c)).
Definition kept := filter (fun t => g t) (range B).
Definition sc t := at_ (s t) [].
Definition own := fold_left nmax (map sc kept) Bot.
Definition mst := at_ (get3_0 st) [].
Definition big := nmax mst own.

Definition x := gen B (fun t => if g t then s t else bottom).
Definition mx := map2 Max (get3_0 st) (red (reduce RMax) B (fun _ => true) (fun t => psi [t] x)).
Definition al := map2 Expsub (get3_0 st) mx.
Definition p := gen B (fun t => map2 Expsub (psi [t] x) mx).
Definition znew := map2 Add (map2 Mul al (get3_1 st)) (red (reduce RAdd) B (fun _ => true)
  (fun t => psi [t] p)).
Definition onew := gen d (fun c => map2 Add (map2 Mul al (psi [c] (get3_2 st))) (red (reduce RAdd)
  B (fun t => g t) (fun t => map2 Mul (psi [t] p) (v t c)))).

Lemma guarded_shape t : shp (if g t then s t else bottom) = Some [].
Proof. destruct (g t); auto. Qed.
Lemma x_at t : 0 <= t < B -> at_ (psi [t] x) [] = if g t then sc t else Bot.
Proof.
  intros Ht. rewrite at_psi. simpl app. unfold x.
  rewrite at_gen_in by (auto; intros; rewrite !guarded_shape; reflexivity).
  destruct (g t); reflexivity.
Qed.
Lemma x_shape t : shp (psi [t] x) = Some [].
Proof. unfold x. rewrite shp_psi, shp_gen, guarded_shape. reflexivity. Qed.
Lemma mx_facts : shp mx = Some [] /\ at_ mx [] = big.
Proof.
  destruct (st_get _ _ Ss) as (S0 & _ & _ & _).
  assert (R : shp (red (reduce RMax) B (fun _ => true) (fun t => psi [t] x)) = Some []) by (rewrite shp_red;
  apply x_shape).
  destruct (map2_same Max _ _ [] S0 R) as [S A]. split; [exact S|]. unfold mx. rewrite A.
  rewrite (at_red _ _ _ _ [] []); [|apply x_shape|reflexivity]. rewrite filter_all.
  unfold big, mst, own. change (num2 Max) with nmax. f_equal. simpl. unfold kept. rewrite <- fold_max_guarded.
  f_equal. apply map_ext_in. intros t Ht. apply x_at, in_range. auto.
Qed.
Lemma al_facts : shp al = Some [] /\ at_ al [] = nexpsub mst big.
Proof.
  destruct (st_get _ _ Ss) as (S0 & _ & _ & _). destruct mx_facts as [Sm Am].
  destruct (map2_same Expsub _ _ [] S0 Sm) as [S A]. split; [exact S|]. unfold al. rewrite A, Am. reflexivity.
Qed.
Lemma p_shape t : shp (psi [t] p) = Some [].
Proof.
  unfold p. rewrite shp_psi, shp_gen. destruct mx_facts as [Sm _]. rewrite shp_map2, x_shape, Sm. reflexivity.
Qed.
Lemma p_at t : 0 <= t < B -> at_ (psi [t] p) [] = nexpsub (if g t then sc t else Bot) big.
Proof.
  intros Ht. destruct mx_facts as [Sm Am].
  assert (F : forall t, shp (map2 Expsub (psi [t] x) mx) = Some []) by (intros; rewrite shp_map2, x_shape, Sm;
  reflexivity).
  rewrite at_psi. simpl app. unfold p. rewrite at_gen_in by (auto; intros; rewrite !F; reflexivity).
  destruct (map2_same Expsub _ _ [] (x_shape t) Sm) as [_ A]. rewrite A, Am, x_at by auto. reflexivity.
Qed.
Lemma z_facts : shp znew = Some [] /\
  at_ znew [] = nadd (nmul (nexpsub mst big) (at_ (get3_1 st) []))
    (fold_left nadd (map (fun t => nexpsub (if g t then sc t else Bot) big) (range B)) (Num 0)).
Proof.
  destruct (st_get _ _ Ss) as (_ & S1 & _ & _). destruct al_facts as [Sa Aa].
  destruct (map2_same Mul _ _ [] Sa S1) as [Sz Az].
  assert (R : shp (red (reduce RAdd) B (fun _ => true) (fun t => psi [t] p)) = Some []) by (rewrite shp_red;
  apply p_shape).
  destruct (map2_same Add _ _ [] Sz R) as [S A]. split; [exact S|]. unfold znew. rewrite A, Az, Aa.
  rewrite (at_red _ _ _ _ [] []); [|apply p_shape|reflexivity]. rewrite filter_all.
  change (num2 Add) with nadd. change (num2 Mul) with nmul. f_equal. simpl.
  f_equal. apply map_ext_in. intros t Ht. apply p_at, in_range. auto.
Qed.
Lemma cell_facts c :
  let cell := map2 Add (map2 Mul al (psi [c] (get3_2 st))) (red (reduce RAdd) B (fun t => g t)
  (fun t => map2 Mul (psi [t] p) (v t c))) in
  shp cell = Some sh /\ forall q, inb q sh = true ->
  at_ cell q = nadd (nmul (nexpsub mst big) (at_ (get3_2 st) (c :: q)))
    (fold_left nadd (map (fun t => nmul (nexpsub (sc t) big) (at_ (v t c) q)) kept) (Num 0)).
Proof.
  destruct (st_get _ _ Ss) as (_ & _ & S2 & _). destruct al_facts as [Sa Aa]. cbv zeta.
  assert (S2c : shp (psi [c] (get3_2 st)) = Some sh) by (rewrite shp_psi, S2; reflexivity).
  destruct (map2_left Mul _ _ sh Sa S2c) as [So Ao].
  assert (F : forall t, shp (map2 Mul (psi [t] p) (v t c)) = Some sh /\ forall q,
  at_ (map2 Mul (psi [t] p) (v t c)) q = nmul (at_ (psi [t] p) []) (at_ (v t c) q)).
  { intros t. apply (map2_left Mul _ _ sh (p_shape t) (Hv t c)). }
  assert (R : shp (red (reduce RAdd) B (fun t => g t) (fun t => map2 Mul (psi [t] p) (v t c))) =
  Some sh) by (rewrite shp_red; apply F).
  destruct (map2_same Add _ _ sh So R) as [S A]. split; [exact S|]. intros q I. rewrite A, Ao, Aa, at_psi.
  rewrite (at_red _ _ _ _ q sh); [|apply F|auto].
  change (num2 Add) with nadd. change (num2 Mul) with nmul. f_equal. simpl. unfold kept.
  f_equal. apply map_ext_in. intros t Ht. apply filter_In in Ht as [Ht G]. apply in_range in Ht.
  destruct (F t) as [_ ->]. rewrite p_at, G by auto. reflexivity.
Qed.

Lemma block_both :
  let L := osmerge st (red states B (fun t => g t) key) in let R := tup3 mx znew onew in L [= R /\ R [= L.
Proof.
  cbv zeta. pose proof (keys_st sh d s v Hs Hv) as K.
  destruct (st_red (d :: sh) B (fun t => g t) key K) as [Sr Cr].
  destruct (st_merge _ _ _ Ss Sr) as [Sm Cm]. destruct mx_facts as [Smx Amx]. destruct z_facts as [Sz Az].
  assert (So : shp onew = Some (d :: sh)).
  { unfold onew. rewrite shp_gen. destruct (cell_facts 0) as [-> _]. reflexivity. }
  destruct (st_tup3 (d :: sh) mx znew onew Smx Sz So) as [St' Ct].
  apply (state_both (d :: sh) _ _ Sm St'). intros q. rewrite Cm, Cr, Ct.
  destruct (st_get _ _ Ss) as (_ & _ & _ & G). rewrite G.
  rewrite columns_closed. set (L := map (fun j => col q (key j)) (filter (fun t => g t) (range B))).
  assert (Pk : peak L = own). { unfold peak, L, own, kept. rewrite map_map. reflexivity. }
  unfold nmerge. rewrite Pk. fold mst. fold big. rewrite Amx, Az.
  assert (Wz : weighted (fun x => snd (fst x)) big L =
  fold_left nadd (map (fun t => nexpsub (sc t) big) kept) (Num 0)).
  { unfold weighted, L. rewrite map_map. f_equal. apply map_ext. intros t. apply nmul_one_expsub. }
  assert (Z0 : nadd (nmul (at_ (get3_1 st) []) (nexpsub mst big)) (nmul (weighted (fun x => snd (fst x))
  own L) (nexpsub own big)) =
    nadd (nmul (nexpsub mst big) (at_ (get3_1 st) []))
    (fold_left nadd (map (fun t => nexpsub (if g t then sc t else Bot) big) (range B)) (Num 0))).
  { rewrite (mul_comm_num (nexpsub mst big)). destruct big as [| | |b] eqn:Eb.
    1: { replace (nexpsub mst Fault) with Fault by (destruct mst; reflexivity). rewrite nmul_fault_r.
    reflexivity. }
    all: f_equal; rewrite fold_weights_guarded by congruence; change (filter g (range B)) with kept;
    rewrite <- Wz, <- Eb; unfold big; rewrite <- Pk; apply rescale_block;
      rewrite Pk; fold big; congruence. }
  destruct q as [[[|c q] I]|]; [discriminate| |].
  - f_equal; [f_equal; exact Z0|]. simpl proj1_sig.
    simpl in I. pose proof I as I'. apply andb_prop in I' as [Ic Iq].
    unfold onew. rewrite at_gen_in; [|intros; rewrite !(proj1 (cell_facts _)); reflexivity|lia].
    rewrite (proj2 (cell_facts c)) by auto.
    rewrite (mul_comm_num (nexpsub mst big)).
    assert (Wo : weighted snd big L =
    fold_left nadd (map (fun t => nmul (nexpsub (sc t) big) (at_ (v t c) q)) kept) (Num 0)).
    { unfold weighted, L. rewrite map_map. f_equal. apply map_ext. intros t. rewrite mul_comm_num. f_equal.
      unfold col, column_of. simpl. apply (at_gen_in d (fun c => v t c)); [intros; rewrite !Hv;
      reflexivity|lia]. }
    destruct big as [| | |b] eqn:Eb.
    1: { replace (nexpsub mst Fault) with Fault by (destruct mst; reflexivity). rewrite nmul_fault_r.
    reflexivity. }
    all: f_equal; rewrite <- Wo, <- Eb; unfold big; rewrite <- Pk; apply rescale_block; rewrite Pk; fold big;
    congruence.
  - replace (weighted snd own L) with (weighted (fun x => snd (fst x)) own L); [f_equal; [f_equal;
    exact Z0|exact Z0]|].
    unfold weighted, L. rewrite !map_map. reflexivity.
Qed.

(** The same with the keys left out by their weight, for values that are scalars. *)
Section Open.
Hypothesis Flat : sh = [].
Definition openwide := gen d (fun c => map2 Add (map2 Mul al (psi [c] (get3_2 st))) (red (reduce RAdd)
  B (fun _ => true) (fun t => ifzero (psi [t] p) (real 0) (map2 Mul (psi [t] p) (v t c))))).

(** A term that is not there is 0, and so is one that is there with weight 0. *)
Lemma weighted_terms c l : big <> Fault -> (forall t, In t l -> 0 <= t < B) -> forall a, added a ->
  let term t := nmul (nexpsub (sc t) big) (at_ (v t c) []) in
  let wide t := at_ (ifzero (psi [t] p) (real 0) (map2 Mul (psi [t] p) (v t c))) [] in
  fold_left nadd (map term (filter g l)) a = Fault \/
  fold_left nadd (map term (filter g l)) a = fold_left nadd (map wide l) a.
Proof.
  intros N Hl a Ha term wide. revert a Ha.
  assert (W : forall t, 0 <= t < B -> wide t = if g t then (if Req_EM_T 0 0 then wide t else Fault) else Num 0).
  { intros t Ht. destruct (g t) eqn:G; [destruct (Req_EM_T 0 0); congruence|].
    unfold wide. assert (Sm : shp (map2 Mul (psi [t] p) (v t c)) = Some [])
      by (rewrite shp_map2, p_shape, Hv, Flat; reflexivity).
    rewrite (at_ifzero (psi [t] p) (real 0) _ [] [] eq_refl Sm eq_refl).
    rewrite (p_at t Ht), G.
    assert (Z0 : nexpsub Bot big = Num 0) by (clear - N; destruct big; [contradiction|reflexivity..]).
    rewrite Z0.
    destruct (Req_EM_T 0 0); [reflexivity|congruence]. }
  assert (V : forall t, 0 <= t < B -> g t = true -> term t = Fault \/ term t = wide t).
  { intros t Ht G. unfold term, wide.
    assert (Sm : shp (map2 Mul (psi [t] p) (v t c)) = Some [])
      by (rewrite shp_map2, p_shape, Hv, Flat; reflexivity).
    rewrite (at_ifzero (psi [t] p) (real 0) _ [] [] eq_refl Sm eq_refl).
    assert (Sv : shp (v t c) = Some []) by (rewrite Hv, Flat; reflexivity).
    destruct (map2_same Mul _ _ [] (p_shape t) Sv) as [_ A].
    pose proof (p_at t Ht) as P. rewrite G in P. rewrite A, P.
    change (num2 Mul) with nmul. destruct (nexpsub (sc t) big) as [| | |r]; try (left; reflexivity).
    destruct (Req_EM_T r 0) as [->|]; [|right; reflexivity].
    destruct (at_ (v t c) []) as [| | |b]; simpl; auto. right. f_equal. apply Rmult_0_l. }
  induction l as [|t l IH]; intros a Ha; [right; reflexivity|].
  assert (Ht : 0 <= t < B) by (apply Hl; left; reflexivity).
  assert (Hl' : forall t, In t l -> 0 <= t < B) by (intros; apply Hl; right; auto).
  cbn [map filter fold_left]. destruct (g t) eqn:G.
  - cbn [map fold_left]. destruct (V t Ht G) as [E|E]; rewrite E.
    + left. destruct a; simpl; apply fold_fault.
    + apply IH; auto. apply added_nadd.
  - assert (E : wide t = Num 0) by (rewrite (W t Ht), G; reflexivity).
    rewrite E, added_zero by auto. apply IH; auto.
Qed.

Lemma open_le : onew [= openwide.
Proof.
  destruct (st_get _ _ Ss) as (_ & _ & S2 & _). destruct al_facts as [Sa Aa].
  assert (Wide : forall t c, shp (ifzero (psi [t] p) (real 0) (map2 Mul (psi [t] p) (v t c))) = Some []).
  { intros. apply shp_ifzero; auto. rewrite shp_map2, p_shape, Hv, Flat. reflexivity. }
  assert (S2c : forall c, shp (psi [c] (get3_2 st)) = Some []) by (intros; rewrite shp_psi, S2, Flat; reflexivity).
  assert (R : forall c, shp (red (reduce RAdd) B (fun _ => true) (fun t => ifzero (psi [t] p) (real 0)
    (map2 Mul (psi [t] p) (v t c)))) = Some []) by (intros; rewrite shp_red; apply Wide).
  assert (So : forall c, shp (map2 Mul al (psi [c] (get3_2 st))) = Some [])
    by (intros c; apply (map2_same Mul _ _ [] Sa (S2c c))).
  unfold onew, openwide. apply gen_le with (sh := []).
  - intros c. destruct (cell_facts c) as [C _]. rewrite Flat in C. exact C.
  - intros c. apply (map2_same Add _ _ [] (So c) (R c)).
  - intros c _. destruct (cell_facts c) as [C1 C2]. rewrite Flat in C1, C2.
    destruct (map2_same Mul _ _ [] Sa (S2c c)) as [_ Ao].
    destruct (map2_same Add _ _ [] (So c) (R c)) as [S A].
    apply vle_intro; [rewrite C1, S; reflexivity|]. intros q u U I. rewrite C1 in U. injection U as <-.
    destruct q; [|discriminate]. rewrite (C2 [] eq_refl), A, Ao, Aa, at_psi. simpl app.
    rewrite (at_red _ _ _ _ [] []); [|apply Wide|reflexivity]. rewrite filter_all.
    change (num2 Add) with nadd. change (num2 Mul) with nmul.
    assert (D : big = Fault \/ big <> Fault) by (destruct big; auto; right; discriminate).
    destruct D as [D|D].
    + left. rewrite D. destruct mst; reflexivity.
    + destruct (weighted_terms c (range B) D) with (a := Num 0) as [E|E].
      * intros t Ht. apply in_range; auto.
      * right; eauto.
      * left. change kept with (filter g (range B)). cbv zeta in E. rewrite E. destruct (nmul _ _); reflexivity.
      * right. change kept with (filter g (range B)). cbv zeta in E. rewrite E. reflexivity.
Qed.
End Open.
End Block.
Lemma block_shapes B d g st s v : (exists sh, state_of sh st) -> (forall t, shp (s t) = Some []) ->
  (exists sh, forall t c, shp (v t c) = Some sh) ->
  shp (get3_2 st) = shp (get3_2 (red states B (fun t => g t) (fun t => tup3 (s t) (real 1)
  (gen d (fun c => v t c))))) ->
  exists sh, St (d :: sh) st /\ forall t c, shp (v t c) = Some sh.
Proof.
  intros (sh' & S) Hs (sh & Hv) E. exists sh. split; auto.
  destruct (st_red (d :: sh) B (fun t => g t) _ (keys_st sh d s v Hs Hv)) as [Sr _].
  destruct (st_get _ _ Sr) as (_ & _ & S2 & _). apply state_of_St in S.
  destruct (st_get _ _ S) as (_ & _ & S2' & _).
  assert (sh' = d :: sh) as -> by congruence. exact S.
Qed.
Theorem block_state_lr : Rules.block_state_lr.
Proof.
  red; unfold share; intros B d g st s v S Hs Hv E. destruct (block_shapes B d g st s v S Hs Hv E) as (sh & S' & Hv').
  apply (block_both B d g st s v sh S' Hs Hv').
Qed.
Theorem block_state_rl : Rules.block_state_rl.
Proof.
  red; unfold share; intros B d g st s v S Hs Hv E. destruct (block_shapes B d g st s v S Hs Hv E) as (sh & S' & Hv').
  apply (block_both B d g st s v sh S' Hs Hv').
Qed.

Theorem block_state_open_lr : Rules.block_state_open_lr.
Proof.
  red; unfold share; intros B d g st s v S Hs Hv E.
  destruct (block_shapes B d g st s v S Hs (ex_intro _ [] Hv) E) as (sh & S' & Hv').
  assert (Flat : sh = []) by (specialize (Hv 0 0); specialize (Hv' 0 0); congruence).
  eapply vle_trans; [apply (block_both B d g st s v sh S' Hs Hv')|].
  apply tup3_le; [apply vle_refl|apply vle_refl|]. apply (open_le B d g st s v sh S' Hs Hv' Flat).
Qed.
Theorem block_state_open_rl : Rules.block_state_open_rl.
Proof. red; intros; lia. Qed.

(** ** Every tiling *)
(** Keys of a row, cut into blocks that are merged in any order and any nesting. *)
Inductive tiling := Keys (l : list column) | Merge (a b : tiling).
Fixpoint keys_of (t : tiling) : list column :=
  match t with Keys l => l | Merge a b => keys_of a ++ keys_of b end.
Fixpoint run (t : tiling) : column :=
  match t with Keys l => columns l | Merge a b => nmerge (run a) (run b) end.

Lemma nmerge_comm a b : nmerge a b = nmerge b a.
Proof.
  destruct a as [[m z] o], b as [[m' z'] o']. unfold nmerge. rewrite (nmax_comm m' m).
  f_equal; [f_equal|]; apply nadd_comm.
Qed.
Lemma nempty_columns l : nmerge nempty (columns l) = columns l.
Proof. rewrite nmerge_comm. apply (columns_made [] None). Qed.
Lemma run_keys t : run t = columns (keys_of t).
Proof.
  induction t as [l|a IHa b IHb]; [reflexivity|]. simpl. rewrite IHa, IHb. symmetry.
  apply (total_app nmerge nempty nmerge_assoc nmerge_unit nmerge_made).
Qed.
Lemma columns_permutation l m : Permutation l m -> columns l = columns m.
Proof.
  assert (C : forall x l, columns (x :: l) = nmerge (nmerge nempty x) (columns l)).
  { intros x l0. change (x :: l0) with ([x] ++ l0).
    rewrite (total_app nmerge nempty nmerge_assoc nmerge_unit nmerge_made). reflexivity. }
  induction 1 as [|x l m P IH|x y l|l m k P IH1 Q IH2]; [reflexivity| | |congruence].
  - rewrite !C, IH. reflexivity.
  - rewrite !C, <- (nmerge_assoc (nmerge nempty y)), (nmerge_comm (nmerge nempty y)), nmerge_assoc.
    reflexivity.
Qed.
(** Any two tilings of the same keys, in any order, give the same state. *)
Theorem every_tiling t u : Permutation (keys_of t) (keys_of u) -> run t = run u.
Proof. intros P. rewrite !run_keys. apply columns_permutation, P. Qed.

(** ** and it is softmax *)
Definition real_key (x : R * R) : column := (Num (fst x), Num 1, Num (snd x)).
Definition sum_R (f : R * R -> R) (l : list (R * R)) : R := fold_right (fun x a => (f x + a)%R) 0%R l.
(** The weighted mean of the values, with weights exp(score): no maximum in it. *)
Definition softmax_mean (l : list (R * R)) : R :=
  (sum_R (fun x => exp (fst x) * snd x) l / sum_R (fun x => exp (fst x)) l)%R.

Lemma sum_scale c f l : (sum_R (fun x => c * f x) l = c * sum_R f l)%R.
Proof. induction l as [|x l IH]; simpl; [ring|]. rewrite IH. ring. Qed.
Lemma sum_ext f g l : (forall x, f x = g x) -> sum_R f l = sum_R g l.
Proof. intros E. induction l; simpl; congruence. Qed.
Lemma sum_positive f l : (forall x, 0 < f x)%R -> l <> [] -> (0 < sum_R f l)%R.
Proof.
  intros P N. destruct l as [|x l]; [congruence|]. simpl. clear N.
  assert (0 <= sum_R f l)%R by (induction l as [|y l IH]; simpl; [lra|specialize (P y); lra]).
  specialize (P x). lra.
Qed.
Lemma fold_sum (f : R * R -> R) l a : fold_left nadd (map (fun x => Num (f x)) l) (Num a) =
  Num (a + sum_R f l).
Proof.
  revert a. induction l as [|x l IH]; simpl; intros a; [f_equal; ring|]. rewrite IH. f_equal. ring.
Qed.
Lemma peak_real l : l <> [] -> exists m, peak (map real_key l) = Num m.
Proof.
  intros N. apply (fold_nmax_num _ 0%R).
  - intros x. rewrite map_map, in_map_iff. intros (y & <- & _). exists (fst y). reflexivity.
  - destruct l; [congruence|discriminate].
Qed.
(** A row with keys: the last step divides, and the result is the mean, whatever the tiling was. A row
    without keys, or with all of them masked: the sum of weights is 0, and what `empty` says is written. *)
Theorem tiled_softmax t l : Permutation (keys_of t) (map real_key l) ->
  let '(_, z, o) := run t in
  if match l with [] => true | _ => false end then z = Num 0
  else (exists r, z = Num r /\ 0 < r)%R /\ ndiv o z = Num (softmax_mean l).
Proof.
  intros P. rewrite run_keys, (columns_permutation _ _ P), columns_closed.
  destruct l as [|x l']; [reflexivity|]. cbv iota. set (l := x :: l') in *.
  assert (N : l <> []) by discriminate. clearbody l.
  destruct (peak_real l N) as (m & ->).
  assert (W : weighted (fun x => snd (fst x)) (Num m) (map real_key l) =
  Num (exp (- m) * sum_R (fun x => exp (fst x)) l)).
  { unfold weighted. rewrite map_map. cbn [real_key fst snd score nexpsub nmul lift_real2].
    rewrite (fold_sum (fun x => 1 * exp (fst x - m))%R), <- sum_scale. f_equal. rewrite Rplus_0_l.
    apply sum_ext.
    intros y. rewrite Rmult_1_l, <- exp_plus. f_equal. ring. }
  assert (V : weighted snd (Num m) (map real_key l) =
  Num (exp (- m) * sum_R (fun x => (exp (fst x) * snd x)%R) l)).
  { unfold weighted. rewrite map_map. cbn [real_key fst snd score nexpsub nmul lift_real2].
    rewrite (fold_sum (fun x => snd x * exp (fst x - m))%R), <- sum_scale. f_equal. rewrite Rplus_0_l.
    apply sum_ext.
    intros y. replace (fst y - m)%R with (- m + fst y)%R by ring. rewrite exp_plus. ring. }
  rewrite W, V.
  assert (P1 : (0 < sum_R (fun x => exp (fst x)) l)%R) by (apply sum_positive; auto; intros; apply exp_pos).
  assert (P2 : (0 < exp (- m))%R) by apply exp_pos.
  split; [eexists; split; [reflexivity|apply Rmult_lt_0_compat; auto]|].
  cbn [ndiv]. destruct (Req_EM_T _ 0) as [C|_].
  - exfalso. revert C. apply Rgt_not_eq, Rmult_lt_0_compat; auto.
  - apply (f_equal Num). unfold softmax_mean. field. split; apply Rgt_not_eq; auto.
Qed.

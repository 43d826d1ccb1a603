(* zcheck: checks the proofs of a certificate with the checker that Coq extracted.

   usage: zcheck CERT.json OBLIGATIONS.json
   Idea. OBLIGATIONS.json says what is to be proved and where in the certificate the proof lies; it is
   written by a program that has read the spec, not by the prover. The proofs are read from the
   certificate, the extracted `check` of spec/coq/Bridge.v decides each. Every proof of the certificate
   must be that of an obligation: nothing lies there unread.
   Exit codes: 0 all accepted, 1 refused, 2 usage or files, 3 holes.

   How it may be wrong. It believes that the obligations are those of the spec: that is what the
   programs that regenerate them are for. It does not look at the derivation or at the kernel. *)

open Json

exception Wrong of string
exception Hole of string

let wrong where what = raise (Wrong (where ^ ": " ^ what))

(* ---- Numbers of Coq ---- *)
let rec positive n : Checker.positive =
  if n = 1 then Checker.XH
  else if n land 1 = 1 then Checker.XI (positive (n lsr 1)) else Checker.XO (positive (n lsr 1))

let small n : Checker.z = if n = 0 then Checker.Z0 else Checker.Zpos (positive n)
let rec nat n : Checker.nat = if n = 0 then Checker.O else Checker.S (nat (n - 1))

let ten = small 10

(* `0` or `-?[1-9][0-9]*`, at most 2,000 digits. *)
let integer where text : Checker.z =
  let n = String.length text in
  let minus = n > 0 && text.[0] = '-' in
  let first = if minus then 1 else 0 in
  let digits = n - first in
  if digits = 0 || digits > 2000 then wrong where "no integer";
  if text.[first] = '0' && (digits > 1 || minus) then wrong where "an integer in other than its one form";
  let value = ref Checker.Z0 in
  for i = first to n - 1 do
    match text.[i] with
    | '0' .. '9' as c -> value := Checker.Z.add (Checker.Z.mul !value ten) (small (Char.code c - 48))
    | _ -> wrong where "no digit"
  done;
  if minus then Checker.Z.opp !value else !value

(* ---- Polynomials and proofs ---- *)
let items where = function List l -> l | _ -> wrong where "a list wanted"
let text where = function Text s -> s | _ -> wrong where "a string wanted"
let number where = function Number n -> n | _ -> wrong where "a number wanted"

let most_exponent = 1000

let monomial where = function
  | List [ c; List factors ] ->
    let last = ref (-1) in
    let factor = function
      | List [ Number atom; Number e ] ->
        if atom <= !last then wrong where "atoms do not increase";
        if e < 1 || e > most_exponent then wrong where "an exponent";
        last := atom;
        (positive (atom + 1), positive e)
      | _ -> wrong where "a factor"
    in
    let c = integer where (text where c) in
    if c = Checker.Z0 then wrong where "a coefficient of zero";
    (c, List.map factor factors)
  | _ -> wrong where "a monomial"

let poly where v =
  let p = List.map (monomial where) (items where v) in
  let keys = List.sort compare (List.map snd p) in
  let rec twice = function a :: (b :: _ as rest) -> a = b || twice rest | _ -> false in
  if twice keys then wrong where "a monomial twice";
  p

let term where = function
  | List [ l; k ] ->
    let l = integer where (text where l) in
    (match l with Checker.Zpos _ -> () | _ -> wrong where "a multiplier that is not positive");
    (l, nat (number where k))
  | _ -> wrong where "a term of lin"

let step where = function
  | List [ Text "mul"; Number a; Number b ] -> Checker.Mul (nat a, nat b)
  | List [ Text "sq"; p ] -> Checker.Sq (poly where p)
  | List [ Text "lin"; c; List terms ] ->
    let c = integer where (text where c) in
    (match c with Checker.Zneg _ -> wrong where "a negative constant" | _ -> ());
    Checker.Lin (c, List.map (term where) terms)
  | List [ Text "cut"; Number k ] -> Checker.Cut (nat k)
  | List (Text ("use" | "floordiv" as word) :: _) -> wrong where (word ^ " is not supported here")
  | _ -> wrong where "no step of a proof"

let rec proof where v =
  let rec go acc = function
    | [] -> Checker.Contradiction (List.rev acc)
    | [ List [ Text "split"; e; yes; no ] ] ->
      Checker.Split (List.rev acc, poly where e, proof where yes, proof where no)
    | s :: rest -> go (step where s :: acc) rest
  in
  go [] (items where v)

(* ---- Where proofs lie ---- *)
let child where v part =
  match v with
  | List l ->
    (match int_of_string_opt part with
     | Some i when i >= 0 && string_of_int i = part && i < List.length l -> List.nth l i
     | _ -> wrong where "points to nowhere")
  | Object fields -> (try List.assoc part fields with Not_found -> wrong where "points to nowhere")
  | _ -> wrong where "points to nowhere"

let at root pointer =
  match String.split_on_char '/' pointer with
  | "" :: parts -> List.fold_left (child pointer) root parts
  | _ -> wrong pointer "is no pointer"

let is_step = function
  | List (Text ("mul" | "sq" | "lin" | "cut" | "floordiv" | "use" | "split") :: _ :: _) -> true
  | _ -> false

let is_hole = function Object [ ("hole", Text _) ] -> true | _ -> false

(* Pointers of everything in a certificate that has the form of a proof. *)
let rec proofs where v acc =
  match v with
  | _ when is_hole v -> where :: acc
  | List (first :: _) when is_step first -> where :: acc
  | List l ->
    snd (List.fold_left (fun (i, acc) x -> (i + 1, proofs (where ^ "/" ^ string_of_int i) x acc)) (0, acc) l)
  | Object fields -> List.fold_left (fun acc (k, x) -> proofs (where ^ "/" ^ k) x acc) acc fields
  | Text _ | Number _ | Bool _ -> acc

(* ---- Obligations ---- *)
let field where fields name =
  try List.assoc name fields with Not_found -> wrong where ("no " ^ name)

let closed where fields names =
  List.iter (fun (k, _) -> if not (List.mem k names) then wrong where ("unknown key " ^ k)) fields

let fields_of where = function Object f -> f | _ -> wrong where "an object wanted"

let obligation certificate seen v =
  let f = fields_of "obligation" v in
  let pointer = text "obligation" (field "obligation" f "at") in
  closed pointer f [ "at"; "hyps"; "goal" ];
  if Hashtbl.mem seen pointer then wrong pointer "is the proof of two obligations";
  Hashtbl.add seen pointer ();
  let found = at certificate pointer in
  let hyps = List.map (poly pointer) (items pointer (field pointer f "hyps")) in
  let goal = poly pointer (field pointer f "goal") in
  if is_hole found then raise (Hole pointer);
  if not (Checker.check hyps goal (proof pointer found)) then wrong pointer "the proof is refused"

let read path =
  let channel = open_in_bin path in
  let size = in_channel_length channel in
  if size > most_bytes then wrong path "too large";
  let s = really_input_string channel size in
  close_in channel; s

let run certificate_path obligations_path =
  let bytes = read certificate_path in
  let certificate = parse bytes in
  let top = fields_of "obligations" (parse (read obligations_path)) in
  closed "obligations" top [ "format"; "certificate_sha256"; "obligations" ];
  if field "obligations" top "format" <> Text "minimoa.obligations/1" then wrong "obligations" "the format";
  if field "obligations" top "certificate_sha256" <> Text (Sha256.digest bytes) then
    wrong "obligations" "of another certificate";
  let seen = Hashtbl.create 256 in
  let holes = ref [] in
  let all = items "obligations" (field "obligations" top "obligations") in
  List.iter (fun o -> try obligation certificate seen o with Hole p -> holes := p :: !holes) all;
  List.iter (fun p -> if not (Hashtbl.mem seen p) then wrong p "is a proof of no obligation")
    (List.rev (proofs "" certificate []));
  (List.length all - List.length !holes, List.rev !holes)

let () =
  match Sys.argv with
  | [| _; certificate; obligations |] ->
    (match run certificate obligations with
     | n, [] -> Printf.printf "zcheck: %d obligations accepted, 0 refused\n" n
     | n, holes ->
       Printf.printf "zcheck: %d obligations accepted, %d holes: %s\n" n (List.length holes) (String.concat " " holes);
       exit 3
     | exception Wrong what -> Printf.printf "zcheck: refused: %s\n" what; exit 1
     | exception Refused what -> Printf.printf "zcheck: refused: %s\n" what; exit 1
     | exception Sys_error what -> Printf.eprintf "zcheck: %s\n" what; exit 2
     | exception Stack_overflow -> Printf.printf "zcheck: refused: too deep\n"; exit 1)
  | _ -> prerr_endline "usage: zcheck CERT.json OBLIGATIONS.json"; exit 2

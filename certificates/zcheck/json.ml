(* A strict reader of JSON, for certificates and obligations.

   Idea. One pass over the bytes, no repair of anything: no duplicate key, no number but a small whole
   one, no escapes but those of quote, backslash and newline, nothing after the value. What it does not know it refuses.
   How it may be wrong: by accepting two texts as one value; so keys and strings are compared as bytes. *)

type t =
  | Text of string
  | Number of int
  | List of t list
  | Object of (string * t) list
  | Bool of bool

exception Refused of string

let most_bytes = 64 * 1024 * 1024
let most_depth = 200

type state = { bytes : string; mutable at : int }

let refuse s what = raise (Refused (Printf.sprintf "byte %d: %s" s.at what))
let peek s = if s.at < String.length s.bytes then s.bytes.[s.at] else '\000'

let rec blanks s =
  match peek s with
  | (' ' | '\n') when s.at < String.length s.bytes -> s.at <- s.at + 1; blanks s
  | _ -> ()

let expect s c = if peek s = c then s.at <- s.at + 1 else refuse s (Printf.sprintf "'%c' wanted" c)

let string s =
  expect s '"';
  let out = Buffer.create 16 in
  let rec go () =
    if s.at >= String.length s.bytes then refuse s "a string has no end";
    match s.bytes.[s.at] with
    | '"' -> s.at <- s.at + 1
    | '\\' ->
      s.at <- s.at + 1;
      (match peek s with
       | ('"' | '\\') as c -> Buffer.add_char out c
       | 'n' -> Buffer.add_char out '\n'
       | _ -> refuse s "an escape that is not known");
      s.at <- s.at + 1; go ()
    | c when Char.code c < 32 -> refuse s "a control character"
    | c -> Buffer.add_char out c; s.at <- s.at + 1; go ()
  in
  go (); Buffer.contents out

let number s =
  let first = s.at in
  while (match peek s with '0' .. '9' -> true | _ -> false) do s.at <- s.at + 1 done;
  let digits = String.sub s.bytes first (s.at - first) in
  if String.length digits = 0 || String.length digits > 9 then refuse s "a small whole number wanted";
  if String.length digits > 1 && digits.[0] = '0' then refuse s "a number starts with 0";
  int_of_string digits

let word s text value =
  let n = String.length text in
  if s.at + n <= String.length s.bytes && String.sub s.bytes s.at n = text then (s.at <- s.at + n; value)
  else refuse s "a value wanted"

let rec value s depth =
  if depth > most_depth then refuse s "too deep";
  blanks s;
  let v = match peek s with
    | '"' -> Text (string s)
    | '0' .. '9' -> Number (number s)
    | '[' -> s.at <- s.at + 1; List (items s depth ']' (fun () -> value s (depth + 1)))
    | '{' ->
      s.at <- s.at + 1;
      let seen = Hashtbl.create 16 in
      Object (items s depth '}' (fun () ->
        blanks s;
        let key = string s in
        if Hashtbl.mem seen key then refuse s ("a key twice: " ^ key);
        Hashtbl.add seen key ();
        blanks s; expect s ':';
        (key, value s (depth + 1))))
    | 't' -> word s "true" (Bool true)
    | 'f' -> word s "false" (Bool false)
    | _ -> refuse s "a value wanted"
  in
  blanks s; v

and items : 'a. state -> int -> char -> (unit -> 'a) -> 'a list = fun s _ close item ->
  blanks s;
  if peek s = close then (s.at <- s.at + 1; [])
  else
    let rec go acc =
      let acc = item () :: acc in
      blanks s;
      if peek s = ',' then (s.at <- s.at + 1; go acc) else (expect s close; List.rev acc)
    in
    go []

let parse bytes =
  if String.length bytes > most_bytes then raise (Refused "too large");
  let s = { bytes; at = 0 } in
  let v = value s 0 in
  if s.at <> String.length bytes then refuse s "something after the value";
  v

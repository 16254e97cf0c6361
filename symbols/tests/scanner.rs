//! Which functions a script has, what they are called, and what is inside of each.

use proptest::prelude::*;
use trapline_symbols::scanner::functions;

/// `«name» first bytes` of each function, in the order of their beginnings.
fn found(script: &str) -> Vec<String> {
    let mut found = functions(script);
    found.sort_by_key(|function| (function.start, std::cmp::Reverse(function.end)));
    let show = |function: &trapline_symbols::scanner::FunctionRange| {
        let parts =
            function.name.iter().map(|part| script[part.start..part.end].trim_matches(['"', '\'']));
        let name = parts.collect::<Vec<_>>().join(".");
        let new = if function.is_constructor { "new " } else { "" };
        format!("{new}{name}:{}", &script[function.start..function.end])
    };
    found.iter().map(show).collect()
}

#[track_caller]
fn check(script: &str, expected: &[&str]) {
    assert_eq!(found(script), expected, "{script}");
}

#[test]
fn function_has_its_own_name() {
    check("function pay(a,b){return a/b}", &["pay:function pay(a,b){return a/b}"]);
    check("x=function pay(){};", &["pay:function pay(){}"]);
    check("async function pay(){}", &["pay:async function pay(){}"]);
    check("export default async function*pay(){}", &["pay:async function*pay(){}"]);
    check(
        "export function pay(){}export class Cart{}",
        &["pay:function pay(){}", "Cart:class Cart{}"],
    );
}

#[test]
fn function_is_named_by_what_it_is_assigned_to() {
    check("const pay=()=>1,sum=a=>a+1;", &["pay:()=>1", "sum:a=>a+1"]);
    check("let pay=async(a)=>{await a}", &["pay:async(a)=>{await a}"]);
    check("let pay=async a=>a", &["pay:async a=>a"]);
    check("cart.pay=function(){}", &["cart.pay:function(){}"]);
    check("this.pay=()=>{};exports.sum=function(){}", &["pay:()=>{}", "sum:function(){}"]);
    check("Cart.prototype.add=function(){}", &["Cart.add:function(){}"]);
    check("a??=()=>1;b||=function(){}", &["a:()=>1", "b:function(){}"]);
    check("function f(cb=()=>1){}", &["f:function f(cb=()=>1){}", "cb:()=>1"]);
}

#[test]
fn function_that_is_an_argument_has_no_name() {
    check("a.map(x=>x.b)", &[":x=>x.b"]);
    check("x=f(()=>{g()})", &[":()=>{g()}"]);
    check("!function(){}()", &[":function(){}"]);
    check("return_(async()=>{})", &[":async()=>{}"]);
}

#[test]
fn members_have_their_owner() {
    check(
        "class Cart{constructor(){}add(){}static of(){}get sum(){}async#go(){}*[x](){}'a b'(){}}",
        &[
            "Cart:class Cart{constructor(){}add(){}static of(){}get sum(){}async#go(){}*[x](){}'a b'(){}}",
            "new Cart:constructor(){}",
            "Cart.add:add(){}",
            "Cart.of:static of(){}",
            "Cart.sum:get sum(){}",
            "Cart.#go:async#go(){}",
            ":(){}",
            "Cart.a b:'a b'(){}",
        ],
    );
    check(
        "var C=class extends B{go=()=>1;x=2;run(){}}",
        &["C:class extends B{go=()=>1;x=2;run(){}}", "C.go:()=>1", "C.run:run(){}"],
    );
    check(
        "const api={pay(){},sum:function(){},a:{b:()=>1},get,async go(){}}",
        &["api.pay:pay(){}", "api.sum:function(){}", "api.a.b:()=>1", "api.go:async go(){}"],
    );
    check("f({setup(){},data:()=>({x:1})})", &["setup:setup(){}", "data:()=>({x:1})"]);
}

#[test]
fn keywords_may_be_keys() {
    check(
        "x={function(){},class:()=>1,get(){},set:function(){},async(){},static(){},if(){}}",
        &[
            "x.function:function(){}",
            "x.class:()=>1",
            "x.get:get(){}",
            "x.set:function(){}",
            "x.async:async(){}",
            "x.static:static(){}",
            "x.if:if(){}",
        ],
    );
    check("a.function(1);a.class={};a.if(b)/c/d;function f(){}", &["f:function f(){}"]);
}

#[test]
fn slash_divides_or_begins_a_regex() {
    for noise in [
        "x=/[/}]{/g;",
        "x=a/b/c;",
        "if(a)/}/.test(b);",
        "x=(a)/b;/}/;",
        "x=[1]/2;/{/g;",
        "return_;/}/",
        "x=y++/2;/{/",
        "typeof/}/",
        "x={}/1;",
        "x=function(){}/1",
        "{}/}/",
        "`${a}`/1;/}/",
        "a=b\n/c/d;",
        "case_:/}/;",
        "x=>/}/",
        "x=>{}\n/}/",
    ] {
        let script = format!("{noise}\nfunction last(){{}}");
        let found = found(&script);
        assert_eq!(
            found.last().map(String::as_str),
            Some("last:function last(){}"),
            "{noise}: {found:?}"
        );
    }
}

#[test]
fn strings_templates_and_comments_hold_no_functions() {
    check(r#"a="function x(){";b='}\'}';/* function y(){ */ // function z(){"#, &[]);
    check(
        "a=`function ${b.map(c=>`}${c}{`)} x(){`;function f(){}",
        &[":c=>`}${c}{`", "f:function f(){}"],
    );
    check("#!/usr/bin/env node function\nfunction f(){}", &["f:function f(){}"]);
}

#[test]
fn arrow_ends_where_its_value_ends() {
    check("f(a=>b,c=>d)", &[":a=>b", ":c=>d"]);
    check("x=a?b=>c:d=>e;", &[":b=>c", ":d=>e"]);
    check("x=a=>b?c:d;", &["x:a=>b?c:d"]);
    check("x=a=>b=>c;y", &["x:a=>b=>c", ":b=>c"]);
    check("const x=()=>1\nconst y=()=>2\n", &["x:()=>1", "y:()=>2"]);
    check("x={a:b=>({c:d}),e:1}", &["x.a:b=>({c:d})"]);
    check("x=(a,b)=>a+\nb\nfoo()", &["x:(a,b)=>a+\nb"]);
}

#[test]
fn statements_and_objects_are_told_apart() {
    check("if(a){b()}else{c=function(){}}", &["c:function(){}"]);
    check("switch(a){case 1:{f=()=>{}}default:g=()=>1}", &["f:()=>{}", "g:()=>1"]);
    check("for(const a of b){c=()=>1}while(x)y=()=>2;", &["c:()=>1", "y:()=>2"]);
    check("try{a=()=>1}catch{b=()=>2}finally{c=()=>3}", &["a:()=>1", "b:()=>2", "c:()=>3"]);
    check("label:{x=()=>1}", &["x:()=>1"]);
    check(
        "class A{static{x=()=>1}b(){}}",
        &["A:class A{static{x=()=>1}b(){}}", "x:()=>1", "A.b:b(){}"],
    );
    check("class A{a=1\nb=2\nc(){}}", &["A:class A{a=1\nb=2\nc(){}}", "A.c:c(){}"]);
}

#[test]
fn odd_code_ends() {
    for script in [
        "}}}",
        "function",
        "function(",
        "class{",
        "a=>",
        "x={a:",
        "`${",
        "/",
        "'",
        "(((",
        "=>=>",
        "async",
        "\\",
        "\u{2028}/",
        "class A extends {",
        "#",
    ] {
        let _ = functions(script);
    }
    let deep = "(".repeat(100_000) + "{[" + &")".repeat(100_000);
    let _ = functions(&deep);
    let _ = functions(&"a=>".repeat(100_000));
    let _ = functions(&"{".repeat(100_000));
    let _ = functions(&"x={a:".repeat(30_000));
}

#[test]
fn time_grows_with_the_length_only() {
    for part in [
        "/[", "a=>/[", "=>", "`${", "\\u{", "x={a:", "a?b:", "a.", "(a,", "({", ")", "class A{",
        "async ",
    ] {
        let started = std::time::Instant::now();
        let _ = functions(&part.repeat(1_000_000 / part.len()));
        let seconds = started.elapsed().as_secs_f32();
        assert!(seconds < 5.0, "{seconds} s for {part:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_scanned(script: String) {
        for function in functions(&script) {
            prop_assert!(script.get(function.start..function.end).is_some());
        }
    }

    #[test]
    fn any_tokens_are_scanned(tokens in prop::collection::vec(prop::sample::select(vec![
        "function", "class", "async", "=>", "(", ")", "{", "}", "[", "]", "a", ".", ",", ";", ":", "?", "=", "/",
        "`", "${", "'", "\n", "extends", "static", "get", "*", "#x", "return", "if", "1", "++", "é",
    ]), 0..200), space: bool) {
        let script = tokens.join(if space { " " } else { "" });
        for function in functions(&script) {
            prop_assert!(script.get(function.start..function.end).is_some());
            for part in function.name {
                prop_assert!(script.get(part.start..part.end).is_some());
            }
        }
    }
}

use trapline_core::event::Exception;
use trapline_core::resolution::Image;
use trapline_symbols::table::{CodeRange, Function, Inlined, Place, Position, Scope, Writer};

use super::*;

const APP: &str = "https://shop.example/assets/main-8f3a.js?v=1";

fn raw(function: &str, file: &str, line: u32, column: u32) -> Frame {
    let (function, file) = (function.into(), file.into());
    Frame { function, file, line, column, in_app: true, ..Frame::default() }
}

fn thrown(frames: Vec<Frame>) -> Event {
    let exception = Exception { frames, ..Exception::default() };
    Event { exceptions: vec![exception], ..Event::default() }
}

/// `t` at column 40 is `Cart.total` in `src/cart.ts:7:3`.
fn map() -> Vec<u8> {
    let mut writer = Writer::new(Kind::SourceMap, "main-8f3a.js", None);
    let source =
        writer.source("src/cart.ts", true, Some("1\n2\n3\n4\n5\n6\n  return this.sum;\n8"));
    let library = writer.source("node_modules/left-pad/index.js", false, None);
    let function = writer.string("Cart.total");
    let place = |source, line, column| Some(Place { source, line, column });
    writer.scope(&Scope { line: 0, column: 30, function });
    writer.scope(&Scope { line: 0, column: 60, function: 0 });
    writer.position(&Position { line: 0, column: 39, place: place(source, 6, 2), name: 0 });
    writer.position(&Position { line: 0, column: 99, place: place(library, 0, 4), name: 0 });
    writer.finish()
}

fn frames_after(event: &mut Event, file: &str, found: Found) -> Vec<Frame> {
    resolve(event, &HashMap::from([(file.to_owned(), found)]));
    event.exceptions.remove(0).frames
}

#[test]
fn frame_of_a_bundle_is_the_line_that_its_author_wrote() {
    let map = map();
    let table = Table::parse(&map).unwrap();
    let mut event = thrown(vec![raw("t", APP, 1, 40), raw("e", APP, 1, 104)]);
    assert_eq!(wanted(&event).len(), 1);
    let frames = frames_after(&mut event, APP, Found::Table(table));
    let [own, library] = frames.as_slice() else { panic!("{frames:#?}") };
    assert_eq!((own.function.as_str(), own.file.as_str()), ("Cart.total", "src/cart.ts"));
    assert_eq!((own.line, own.column, own.in_app), (7, 3, true));
    let source = own.source.as_ref().unwrap();
    assert_eq!(source.line, "  return this.sum;");
    assert_eq!((source.before.len(), source.after.len()), (5, 1));
    let expected = RawFrame { function: "t".into(), file: APP.into(), line: 1, column: 40 };
    assert_eq!(own.raw.as_deref(), Some(&expected));
    assert_eq!((library.in_app, library.source.as_ref()), (false, None));
}

#[test]
fn frame_that_the_map_does_not_know_says_so() {
    let map = map();
    let table = Table::parse(&map).unwrap();
    let mut event = thrown(vec![raw("t", APP, 9, 9), raw("t", APP, 0, 0)]);
    let frames = frames_after(&mut event, APP, Found::Table(table));
    let reasons: Vec<_> = frames.into_iter().map(|frame| frame.unresolved).collect();
    assert_eq!(reasons, [Some(Unresolved::Elsewhere), Some(Unresolved::NoPosition)]);
}

#[test]
fn frame_without_a_map_stays_and_says_why() {
    let why = Unresolved::NotUploaded { debug_id: "f3".into(), nearest_release: String::new() };
    let mut event = thrown(vec![raw("t", APP, 1, 40)]);
    let frames = frames_after(&mut event, APP, Found::Nothing(why.clone()));
    assert_eq!(frames, [Frame { unresolved: Some(why), ..raw("t", APP, 1, 40) }]);
}

/// `pay` is inlined into `checkout` at offset 0x20 of the module.
fn module() -> Vec<u8> {
    let mut writer = Writer::new(Kind::Wasm, "shop_bg.wasm", None);
    let source = writer.source("src/pay.rs", true, None);
    let (pay, checkout) = (writer.string("shop::pay"), writer.string("shop::checkout"));
    let call = |function, line| Inlined { function, source: Some(source), line, column: 5 };
    writer.code(&CodeRange { offset: 0x20, frames: vec![call(pay, 12), call(checkout, 40)] });
    writer.function(&Function { start: 0, end: 0, name: 0 });
    writer.function(&Function { start: 0x10, end: 0x40, name: checkout });
    writer.finish()
}

#[test]
fn inlined_calls_of_a_module_are_frames() {
    let module = module();
    let file = "https://shop.example/shop_bg.wasm";
    let mut event = thrown(vec![raw("wasm-function[1]", file, 1, 0x24)]);
    let frames = frames_after(&mut event, file, Found::Table(Table::parse(&module).unwrap()));
    let calls: Vec<_> = frames.iter().map(|frame| (frame.function.as_str(), frame.line)).collect();
    assert_eq!(calls, [("shop::pay", 12), ("shop::checkout", 40)]);
    assert!(frames.iter().all(|frame| frame.raw.is_some() && frame.file == "src/pay.rs"));
}

/// `[file:line, wasm-function[0], wasm-function[1]]`, as WebKit has it: no offsets.
fn calls_of_panic(file: &str, line: u32) -> Vec<(String, u32)> {
    let module = module();
    let served = "https://shop.example/shop_bg.wasm";
    let calls = [0, 1].map(|index| raw(&format!("wasm-function[{index}]"), served, 0, 0));
    let mut event = thrown([vec![raw("", file, line, 5)], calls.to_vec()].concat());
    let frames = frames_after(&mut event, served, Found::Table(Table::parse(&module).unwrap()));
    frames.into_iter().map(|frame| (frame.function, frame.line)).skip(2).collect()
}

#[test]
fn place_of_a_panic_says_what_was_inlined_where_the_engine_does_not() {
    let inlined = [("shop::pay".to_owned(), 12), ("shop::checkout".into(), 40)];
    assert_eq!(calls_of_panic("src/pay.rs", 12), inlined);
    assert_eq!(calls_of_panic("app\\src\\pay.rs", 12), inlined);
    let unknown = [("shop::checkout".to_owned(), 0)];
    assert_eq!(calls_of_panic("src/pay.rs", 40), unknown, "what is called there did not panic");
    assert_eq!(calls_of_panic("src/pay.rs", 13), unknown);
    assert_eq!(calls_of_panic("c/prepay.rs", 12), unknown);
}

#[test]
fn module_that_an_engine_does_not_name_is_the_only_one() {
    let module = module();
    let file = "https://shop.example/shop_bg.wasm";
    let image = Image { kind: "wasm".into(), file: file.into(), debug_id: "0badcafe".into() };
    let frames = vec![raw("wasm-function[1]", "[wasm code]", 0, 0)];
    let mut event = Event { images: vec![image.clone()], ..thrown(frames) };
    assert_eq!(wanted(&event)[0].debug_id.as_deref(), Some("0badcafe"));
    let found = Found::Table(Table::parse(&module).unwrap());
    let frames = frames_after(&mut event.clone(), file, found);
    assert_eq!(frames[0].function, "shop::checkout");
    event.images.push(Image { file: "https://shop.example/other.wasm".into(), ..image });
    assert_eq!(wanted(&event), []);
    event.exceptions[0].frames[0].image = Some(0);
    assert_eq!(wanted(&event)[0].file, file);
}

#[test]
fn scripts_within_the_page_have_no_map() {
    let page = "https://shop.example/cart?a=1";
    let mut event = thrown(vec![raw("pay", page, 12, 3)]);
    assert_eq!(wanted(&event).len(), 1);
    event.request.url = Some(format!("{page}#top"));
    assert_eq!(wanted(&event), []);
}

#[test]
fn what_a_server_or_the_engine_says_is_left_alone() {
    let source = Some(Source::default());
    let own = Frame { source, ..raw("pay", "https://shop.example/a.js", 1, 2) };
    let frames = vec![own, raw("now", "", 0, 0), raw("map", "[native code]", 0, 0)];
    assert_eq!(wanted(&thrown(frames)), []);
}

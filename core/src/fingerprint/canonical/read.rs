//! Wordings that name a property, a variable or a method.

/// Access to what is not there, calls of what is no function, names that nobody defined.
pub(super) fn access(said: &str) -> Option<String> {
    let evaluated = || between(said, "(evaluating '", "')");
    if said.contains("Symbol.iterator")
        || said.contains("is not iterable")
        || said.starts_with("undefined is not a function (near '")
        || said.starts_with("Spread syntax requires ...iterable")
        || said.contains(" is not a function or its return value is not iterable")
    {
        return Some("not iterable".into());
    }
    // Chromium, its version before 2021, and the old Edge.
    for start in [
        "Cannot read properties of ",
        "Cannot set properties of ",
        "Cannot read property '",
        "Cannot set property '",
        "Unable to get property '",
        "Unable to set property '",
    ] {
        if said.starts_with(start) {
            let name =
                between(said, "(reading '", "')").or_else(|| between(said, "(setting '", "')"));
            let name = name.or_else(|| between(said, "property '", "'"));
            return Some(nullish(name.unwrap_or_default()));
        }
    }
    if let Some(rest) = said.strip_prefix("can't access property ") {
        let (name, object) = rest.split_once(", ")?;
        let is_nullish = object.ends_with(" is undefined") || object.ends_with(" is null");
        return is_nullish.then(|| nullish(name.trim_matches('"')));
    }
    if said.starts_with("Cannot destructure ")
        || said.starts_with("Right side of assignment cannot be destructured")
    {
        return Some(nullish(between(said, "property '", "'").unwrap_or_default()));
    }
    if said.starts_with("undefined is not an object") || said.starts_with("null is not an object") {
        let code = evaluated().unwrap_or_default();
        if code.starts_with("Object.") {
            return Some("nothing as an object".into());
        }
        // All that it says of what cannot be spread or walked over.
        let is_walked = is_identifier(code) || code.contains(" of ");
        return Some(if is_walked { "not iterable".into() } else { nullish(last_property(code)) });
    }
    if said.contains(" is not a constructor") {
        let code = evaluated()
            .unwrap_or_else(|| said.split(" is not a constructor").next().unwrap_or_default());
        let code = code.strip_prefix("new ").unwrap_or(code);
        return Some(of("no constructor", member(code.split('(').next().unwrap_or_default())));
    }
    if let Some((code, rest)) = said.split_once(" is not a function") {
        let is_engines = rest.is_empty() || rest.starts_with(['.', ' ']);
        let code = evaluated().map_or(code, |code| code.split('(').next().unwrap_or_default());
        let is_code =
            !code.trim_start_matches("(intermediate value)").contains(' ') || code.ends_with(')');
        return (is_engines && is_code).then(|| of("no function", member(code)));
    }
    if let Some(name) =
        said.strip_suffix(" is not defined").or_else(|| said.strip_prefix("Can't find variable: "))
    {
        return is_identifier(name).then(|| of("not defined", name));
    }
    if said.starts_with("Object doesn't support property or method '") {
        return Some(of("no function", between(said, "method '", "'").unwrap_or_default()));
    }
    // Firefox, where no property is known: `order.lines[0] is undefined`.
    let object = said.strip_suffix(" is undefined").or_else(|| said.strip_suffix(" is null"))?;
    is_expression(object).then(|| nullish(""))
}

/// DOM methods that refuse what they are given; each engine says which method it was.
///
/// `Failed to execute 'append' on 'Node': parameter 1 is not of type 'Node'.`, `Node.append: Argument 1 is not an object.`,
/// `Argument 1 ('node') to Node.append must be an instance of Node`
pub(super) fn argument(said: &str) -> Option<String> {
    let method = match said.strip_prefix("Argument ") {
        Some(rest) => {
            let (_, rest) = rest.split_once(" to ")?;
            let (place, _) = rest.split_once(" must be ")?;
            last_word(place.trim_start_matches("the ").trim_end_matches(" constructor"))
        }
        None => {
            let (method, what) = operation(said)?;
            let is_argument = what.starts_with("parameter ")
                || what.starts_with("Argument ")
                || what.contains("cannot be converted to")
                || what.contains("is not of type")
                || what.contains("could not be converted to");
            if what.contains("argument required") || what.contains("arguments required") {
                return Some("too few arguments".into());
            }
            if !is_argument {
                return None;
            }
            method
        }
    };
    Some(of("argument", method))
}

/// The method and what it says: of `Failed to execute 'm' on 'T': what`, `Failed to construct 'T': what`, `T.m: what`.
pub(super) fn operation(said: &str) -> Option<(&str, &str)> {
    if let Some(rest) = said.strip_prefix("Failed to ") {
        let (head, what) = rest.split_once(": ")?;
        return Some((between(head, "'", "'")?, what));
    }
    let (head, what) = said.split_once(": ")?;
    if let Some(constructor) = head.strip_suffix(" constructor") {
        return is_identifier(constructor).then_some((constructor, what));
    }
    let (object, method) = head.split_once('.')?;
    let is_interface = object.starts_with(|c: char| c.is_ascii_uppercase());
    (is_interface && is_identifier(object) && is_identifier(method)).then_some((method, what))
}

fn nullish(property: &str) -> String {
    of(
        "nullish access",
        if property.starts_with('<') || property.starts_with(|c: char| c.is_ascii_digit()) {
            "[]"
        } else {
            property
        },
    )
}

fn of(what: &str, name: &str) -> String {
    if name.is_empty() { what.to_owned() } else { format!("{what}: {name}") }
}

/// The property that was read last: `a.b.c = "d"` → `c`, `a.b[<n>]` → `[]`, `a.b("c").d(e` → `d`
fn last_property(code: &str) -> &str {
    let code = code.split(" = ").next().unwrap_or(code);
    let (mut depth, mut quote, mut property) = (0_usize, None, "");
    for (at, character) in code.char_indices() {
        match (quote, character) {
            (Some(open), character) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => {
                if depth == 0 && character == '[' {
                    property = if code.get(at..).is_some_and(|rest| rest.starts_with("[<n>]")) {
                        "[]"
                    } else {
                        ""
                    };
                }
                depth += 1;
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '.') if depth == 0 => {
                let rest = code.get(at + 1..).unwrap_or_default();
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '#')));
                property = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            }
            _ => {}
        }
    }
    property
}

/// A thrown object, as JSON or as SDKs describe it: `{"code":<n>,"reason":"conflict"}` → `object with keys code, reason`
pub(super) fn object(said: &str) -> Option<String> {
    if let Some((_, keys)) =
        said.split_once(" with keys: ").filter(|_| said.starts_with("Object captured as "))
    {
        return Some(format!("object with keys {keys}"));
    }
    let inside = said.strip_prefix("{\"")?;
    let mut keys: Vec<&str> = Vec::new();
    let mut pieces = inside.split('"').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_some_and(|after| after.starts_with(':')) {
            keys.push(piece);
        }
    }
    keys.sort_unstable();
    keys.dedup();
    (!keys.is_empty()).then(|| format!("object with keys {}", keys.join(", ")))
}

/// A module that is not there: bundlers and loaders say which.
pub(super) fn module(said: &str) -> Option<String> {
    let rest = said
        .strip_prefix("Cannot find module ")
        .or_else(|| said.strip_prefix("Failed to resolve module specifier "));
    let name = rest?.split(['\'', '"']).nth(1)?;
    (!name.is_empty()).then(|| format!("missing module {name}"))
}

/// `a.b.c` → `c`; nothing for a variable alone, which a minifier renames.
fn member(code: &str) -> &str {
    match code.trim().rsplit_once(['.', ']']) {
        Some((_, name)) if is_identifier(name) => name,
        _ => "",
    }
}

fn last_word(place: &str) -> &str {
    place.rsplit(['.', ' ']).next().unwrap_or_default()
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'))
}

fn is_expression(code: &str) -> bool {
    let rest = code
        .trim_start_matches("(intermediate value)")
        .trim_start_matches("(destructured parameter)");
    !rest.contains(' ') && rest.chars().all(|c| c.is_alphanumeric() || "_$#.[]()<>\"'".contains(c))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

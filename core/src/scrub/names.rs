//! Which keys have secret values, by their names.
//!
//! A name is taken apart into words (`x-api-key`, `apiKey`, `API_KEY` → `api`, `key`), so that `author` is no `auth` and
//! `tokenizer` no `token`. A name that ends with what is said *about* a secret (`password_strength`, `token_count`,
//! `cookie_consent`) is not secret.

/// What a value is because of its key's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// Nothing that is known.
    None,
    /// Always secret, numbers too.
    Secret,
    /// Secret where it is a text: numbers of tokens are counts.
    SecretText,
    /// The address of somebody's connection.
    Address,
    /// The project says so.
    Rule,
}

/// One word of a name is enough.
const WORDS: [&str; 43] = [
    "apikey",
    "apisecret",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "csrf",
    "cvc",
    "cvc2",
    "cvv",
    "cvv2",
    "jsessionid",
    "jwt",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "phpsessid",
    "pin",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "sessionkey",
    "sid",
    "signature",
    "ssn",
    "token",
    "totp",
    "xsrf",
    "accesskey",
    "accesstoken",
    "authtoken",
    "cardnumber",
    "creditcard",
    "mfa",
    "motdepasse",
    "contraseña",
    "senha",
];

/// Several of one thing: secret texts, or harmless numbers (`max_tokens`).
const PLURALS: [&str; 6] =
    ["cookies", "credentials", "passwords", "secrets", "tokens", "authtokens"];

/// Names that are secret only as a whole: their words also have another meaning (`boarding_pass`).
const WHOLE: [&str; 6] = ["auth", "creds", "pan", "pass", "pw", "sig"];

/// Words that make the `key` behind them secret; a `public_key` or the `key` of a list is none.
const KEY_OWNERS: [&str; 14] = [
    "access",
    "account",
    "api",
    "auth",
    "client",
    "encryption",
    "license",
    "master",
    "private",
    "secret",
    "service",
    "signing",
    "ssh",
    "storage",
];

/// Words that make the `pass` behind them a password; a `boarding_pass` is none.
const PASS_OWNERS: [&str; 10] =
    ["admin", "auth", "db", "ftp", "http", "login", "mysql", "proxy", "smtp", "user"];

/// What is said about a secret, at the end of a name.
const ABOUT: [&str; 42] = [
    "age", "banner", "broken", "consent", "count", "disabled", "enabled", "endpoint", "error",
    "errors", "exists", "expired", "expires", "expiry", "field", "form", "fails", "input",
    "invalid", "label", "length", "limit", "max", "min", "missing", "mode", "name", "notice",
    "page", "policy", "present", "required", "route", "size", "status", "strength", "total", "ttl",
    "type", "url", "usage", "valid",
];

/// Words that make a name harmless wherever they stand.
const HARMLESS: [&str; 6] = ["has", "is", "max", "min", "public", "num"];

/// Headers and variables in which proxies pass on whom they speak for.
const ADDRESSES: [&str; 11] = [
    "cfconnectingip",
    "cfconnectingipv6",
    "clientip",
    "fastlyclientip",
    "forwarded",
    "remoteaddr",
    "trueclientip",
    "xclientip",
    "xclusterclientip",
    "xforwardedfor",
    "xrealip",
];

/// What endings of names without any border between words give away: `csrfmiddlewaretoken`, `userpassword`.
const ENDINGS: [&str; 7] =
    ["password", "passwd", "token", "secret", "apikey", "sessionid", "sessid"];

/// Longest name that is looked at, in bytes: longer ones are texts that ended up as keys.
const MAX_NAME: usize = 128;

/// Judges a key.
pub(super) fn secrecy(name: &str) -> Secrecy {
    if name.len() > MAX_NAME || !has_stem(name) {
        return Secrecy::None;
    }
    let words = words(name);
    let word_list: Vec<&str> = words.iter().map(String::as_str).collect();
    let whole: String = word_list.concat();
    if ADDRESSES.contains(&whole.as_str()) {
        return Secrecy::Address;
    }
    if word_list.last().is_some_and(|last| word_list.len() > 1 && ABOUT.contains(last))
        || word_list.first().is_some_and(|first| word_list.len() > 1 && HARMLESS.contains(first))
    {
        return Secrecy::None;
    }
    let is_key = word_list.windows(2).any(|pair| match pair {
        [owner, "key" | "keys"] => KEY_OWNERS.contains(owner),
        [owner, "pass"] => PASS_OWNERS.contains(owner),
        _ => false,
    });
    if is_key
        || WHOLE.contains(&whole.as_str())
        || WORDS.contains(&whole.as_str())
        || word_list.iter().any(|word| WORDS.contains(word))
        || word_list.iter().any(|word| ENDINGS.iter().any(|ending| word.ends_with(ending)))
    {
        return Secrecy::Secret;
    }
    if word_list.iter().any(|word| PLURALS.contains(word)) {
        return Secrecy::SecretText;
    }
    Secrecy::None
}

/// What every name that the lists above know contains, without the signs between words: a page of `a=1&b=2…` is to cost
/// little.
const STEMS: [&[u8]; 34] = [
    b"addr",
    b"auth",
    b"bearer",
    b"card",
    b"cc",
    b"contrase",
    b"cookie",
    b"cred",
    b"csrf",
    b"cvc",
    b"cvv",
    b"forwarded",
    b"ip",
    b"jwt",
    b"key",
    b"mfa",
    b"motdepasse",
    b"otp",
    b"pan",
    b"pass",
    b"pin",
    b"pw",
    b"private",
    b"secret",
    b"senha",
    b"sess",
    b"sid",
    b"sig",
    b"ssn",
    b"token",
    b"totp",
    b"wd",
    b"xsrf",
    b"passwort",
];

fn has_stem(name: &str) -> bool {
    let mut compact = [0_u8; MAX_NAME];
    let kept = name.bytes().filter(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let length =
        compact.iter_mut().zip(kept).map(|(to, byte)| *to = byte.to_ascii_lowercase()).count();
    let mut rest = compact.get(..length).unwrap_or_default();
    while let Some((first, after)) = rest.split_first() {
        // Most names have no stem at all, so the first byte decides mostly.
        if STEMS.iter().any(|stem| stem.first() == Some(first) && rest.starts_with(stem)) {
            return true;
        }
        rest = after;
    }
    false
}

/// Names of URL parameters: `key`, `code` and the like sign somebody in there, and mean many things elsewhere.
pub(super) fn is_secret_parameter(name: &str, value: &str) -> bool {
    // An OAuth code is long; a voucher is short.
    let min_bytes = if is_one_of(name, &CODES) { 16 } else { 8 };
    is_of_cloud(name) || may_be_secret_parameter(name) && value.len() >= min_bytes
}

/// Whether a URL parameter of this name may be secret, if it is long enough.
pub(super) fn may_be_secret_parameter(name: &str) -> bool {
    is_of_cloud(name) || is_one_of(name, &CODES) || is_one_of(name, &KEYS)
}

const CODES: [&str; 3] = ["code", "nonce", "state"];
const KEYS: [&str; 7] = ["accesskeyid", "auth_key", "googleaccessid", "hash", "hmac", "key", "sig"];

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Amazon's and Google's signed URLs.
fn is_of_cloud(name: &str) -> bool {
    let start = name.get(..6).unwrap_or_default();
    start.eq_ignore_ascii_case("x-amz-") || start.eq_ignore_ascii_case("x-goog")
}

/// Values that a secret name may have and that tell nothing: what was not set, and the modes of `fetch`.
pub(super) fn is_telling(value: &str) -> bool {
    let value = value.trim();
    let told = [
        "",
        "null",
        "undefined",
        "none",
        "true",
        "false",
        "[Filtered]",
        "NaN",
        "include",
        "omit",
        "same-origin",
        "[object Object]",
        "[list]",
        "[object]",
        "0",
        "...",
        "***",
    ];
    !told.contains(&value) && !value.bytes().all(|byte| byte == b'*')
}

/// `XSRF-TOKEN`, `xsrfToken`, `XSRFToken` → `xsrf`, `token`
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let starts_word = c.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || before.is_uppercase() && rest.peek().is_some_and(|next| next.is_lowercase()));
        if (starts_word || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests;

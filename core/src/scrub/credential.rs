//! Words that are credentials by their shape: JSON web tokens, what follows `Bearer`, and keys of services that begin them
//! with their name so that they can be found.

/// Something secret at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes that are kept in front of it.
    pub(super) skip: usize,
    /// Bytes of it.
    pub(super) length: usize,
    /// What it is.
    pub(super) what: &'static str,
}

/// How keys begin, and how many characters at least follow. From the services' own documentation.
const KEYS: [(&str, usize); 34] = [
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("whsec_", 16), // Stripe
    ("AKIA", 16),
    ("ASIA", 16), // AWS
    ("AIza", 35),
    ("ya29.", 20),
    ("GOCSPX-", 20), // Google
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30), // GitHub
    ("glpat-", 20),      // GitLab
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxs-", 10),
    ("xapp-", 10), // Slack
    ("SG.", 30),   // SendGrid
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk-", 40), // Anthropic, OpenAI
    ("npm_", 30),
    ("pypi-", 30),
    ("hf_", 30), // package registries, Hugging Face
    ("shpat_", 30),
    ("dop_v1_", 30),
    ("EAACEdEose0cBA", 10), // Shopify, DigitalOcean, Facebook
    ("sntrys_", 20),
    ("sntryu_", 20), // Sentry
];

/// Finds a credential at the beginning of `text`, which begins behind the border of a word.
pub(super) fn find(text: &str) -> Option<Found> {
    json_web_token(text).or_else(|| authorization(text)).or_else(|| key(text))
}

/// `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`: two JSON objects in base64, and a signature that may be missing.
fn json_web_token(text: &str) -> Option<Found> {
    if !text.starts_with("eyJ") {
        return None;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-=".contains(byte);
    let bytes = text.as_bytes();
    let part = |from: usize| {
        bytes.get(from..).unwrap_or_default().iter().take_while(|b| is_part(b)).count()
    };
    let header = part(0);
    let payload = part(header + 1);
    let first_dot = bytes.get(header) == Some(&b'.');
    if !first_dot || header < 10 || payload < 4 {
        return None;
    }
    let mut length = header + 1 + payload;
    // Encrypted tokens have five parts.
    for _ in 0..3 {
        if bytes.get(length) != Some(&b'.') {
            break;
        }
        let more = part(length + 1);
        if more == 0 {
            break;
        }
        length += 1 + more;
    }
    Some(Found { skip: 0, length, what: "JSON web token" })
}

/// `Bearer abc123…`, `Basic dXNlcjpwYXNz`, `Token abc…`: the scheme stays.
fn authorization(text: &str) -> Option<Found> {
    let (scheme, what) =
        [("bearer", "bearer token"), ("basic", "password"), ("token", "token")].into_iter().find(
            |(scheme, _)| text.get(..scheme.len()).is_some_and(|t| t.eq_ignore_ascii_case(scheme)),
        )?;
    let rest = text.get(scheme.len()..)?;
    let value = rest.trim_start_matches([' ', '\t']);
    let skip = text.len() - value.len();
    let is_value = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = value.bytes().take_while(|byte| is_value(byte)).count();
    let secret = value.get(..length)?.trim_end_matches('.');
    (skip > scheme.len() && looks_random(secret)).then_some(Found {
        skip,
        length: secret.len(),
        what,
    })
}

/// Whether no language has such a word: `authentication` is one, `a8f5f167f44f` and `dXNlcjpwYXNz` are none.
fn looks_random(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let inner_capital =
        word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()) && has(u8::is_ascii_lowercase);
    word.len() >= 8 && (has(u8::is_ascii_digit) || inner_capital || word.len() >= 24)
}

fn key(text: &str) -> Option<Found> {
    let (start, min) = KEYS.iter().find(|(start, _)| text.starts_with(start))?;
    let is_value = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let rest = text.get(start.len()..)?;
    let length = rest.bytes().take_while(|byte| is_value(byte)).count();
    let secret = rest.get(..length)?.trim_end_matches('.');
    let found = Found { skip: 0, length: start.len() + secret.len(), what: "key" };
    (secret.len() >= *min).then_some(found)
}

/// Length of `-----BEGIN … PRIVATE KEY----- … -----END …-----`, or of all that is there of it.
pub(super) fn private_key(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("-----BEGIN ")?;
    let (kind, _) = rest.get(..rest.floor_char_boundary(64))?.split_once("-----")?;
    if !kind.ends_with("PRIVATE KEY") {
        return None;
    }
    let end = text.find("-----END ").and_then(|end| {
        let tail = text.get(end + 9..)?;
        Some(end + 9 + tail.find("-----")? + 5)
    });
    Some(end.unwrap_or(text.len()))
}

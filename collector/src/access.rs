//! Cloudflare Access: whoever has passed the organisation's login comes with `Cf-Access-Jwt-Assertion`, and is signed in by mail
//! address. On where `ACCESS_TEAM_DOMAIN` and `ACCESS_AUD` are set.
//!
//! ```text
//! token := base64url({"alg": "RS256", "kid"}) "." base64url({"iss", "aud", "exp", "nbf"?, "email"}) "." base64url(signature)
//! ```
//! Refused: other algorithms than RS256, whatever the token says of itself; keys that the team does not publish; tokens of
//! another team or application, too old or too new; tokens of services, which have no mail address.

mod keys;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;
use trapline_core::json;

use crate::people::members::email_of;
use crate::people::{Role, Viewer};
use crate::request::Incoming;
use crate::sql::Statement;
use crate::{account, audit};

/// Longest token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Clocks differ by so many seconds.
const LEEWAY_S: i64 = 60;

/// What a deployment is told of Access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `https://shop.cloudflareaccess.com`
    pub issuer: String,
    /// The application's tag.
    pub aud: String,
    /// Of people that come for the first time; `None`: they are refused.
    pub default_role: Option<Role>,
}

impl Access {
    /// As it is set, if it is.
    pub fn of(incoming: &Incoming) -> Option<Self> {
        let domain = incoming.setting("ACCESS_TEAM_DOMAIN")?;
        let role = incoming.setting("ACCESS_DEFAULT_ROLE").and_then(|name| Role::named(&name));
        Some(Self {
            issuer: issuer(&domain)?,
            aud: incoming.setting("ACCESS_AUD")?,
            // An administrator is made by an administrator.
            default_role: role.filter(|role| *role < Role::Admin),
        })
    }
}

/// `shop.cloudflareaccess.com` → `https://shop.cloudflareaccess.com`. Without TLS only what is on the same machine.
fn issuer(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_end_matches('/');
    if let Some(port) = domain.strip_prefix("http://127.0.0.1:") {
        return port.parse::<u16>().ok().map(|port| format!("http://127.0.0.1:{port}"));
    }
    let host = domain.strip_prefix("https://").unwrap_or(domain);
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    (host.contains('.') && host.bytes().all(is_host)).then(|| format!("https://{host}"))
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token in three parts.
    #[error("what came is no token")]
    Shape,
    /// Not RS256.
    #[error("it is not signed by RS256")]
    Algorithm,
    /// Of another team.
    #[error("it was issued by another team")]
    Issuer,
    /// For another application.
    #[error("it is for another application")]
    Audience,
    /// Not good any more, or not yet.
    #[error("it is too old, or not good yet")]
    Time,
    /// Of a service.
    #[error("it names no mail address")]
    Email,
    /// The team has no such key, or did not answer.
    #[error("the team's keys do not have the one that it is signed by")]
    Key,
    /// Changed on the way, or made up.
    #[error("its signature is wrong")]
    Signature,
}

/// What a token claims, before its signature was checked.
#[derive(Debug, PartialEq, Eq)]
struct Claimed<'a> {
    email: String,
    key_id: String,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Whose mail address a token proves.
///
/// # Errors
/// Why it proves none.
pub async fn email(access: &Access, token: &str, now_ms: i64) -> Result<String, Refused> {
    let claimed = claimed(access, token, now_ms / 1_000)?;
    let key = keys::of(&access.issuer, &claimed.key_id, now_ms).await.ok_or(Refused::Key)?;
    match keys::has_signed(&key, claimed.signed.as_bytes(), &claimed.signature).await {
        Some(true) => Ok(claimed.email),
        _ => Err(Refused::Signature),
    }
}

fn claimed<'a>(access: &Access, token: &'a str, now_s: i64) -> Result<Claimed<'a>, Refused> {
    let token = token.trim();
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Shape)?;
    let (header, payload) = signed.split_once('.').ok_or(Refused::Shape)?;
    if token.len() > MAX_TOKEN {
        return Err(Refused::Shape);
    }
    let header = part(header).ok_or(Refused::Shape)?;
    // What has to be understood by whoever reads it, is not.
    if text(&header, "alg") != "RS256" || header.get("crit").is_some() {
        return Err(Refused::Algorithm);
    }
    let claims = part(payload).ok_or(Refused::Shape)?;
    if text(&claims, "iss") != access.issuer {
        return Err(Refused::Issuer);
    }
    let is_ours = |aud: &Value| aud.as_str() == Some(access.aud.as_str());
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(is_ours),
        Some(one) => is_ours(one),
        None => false,
    };
    if !is_for_us {
        return Err(Refused::Audience);
    }
    let second = |name: &str| claims.get(name).and_then(Value::as_i64);
    let is_over = second("exp").is_none_or(|exp| exp <= now_s);
    let is_early = match claims.get("nbf") {
        None => false,
        Some(_) => second("nbf").is_none_or(|nbf| nbf > now_s + LEEWAY_S),
    };
    if is_over || is_early {
        return Err(Refused::Time);
    }
    let email = email_of(text(&claims, "email")).filter(|email| !email.is_empty());
    Ok(Claimed {
        email: email.ok_or(Refused::Email)?,
        key_id: text(&header, "kid").to_owned(),
        signed,
        signature: BASE64URL.decode(signature).map_err(|_| Refused::Shape)?,
    })
}

fn part(encoded: &str) -> Option<Value> {
    json::from_slice(&BASE64URL.decode(encoded).ok()?).ok()
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A session for whom Access has brought: for the person with the mail address, who is made where there is a role for new ones.
/// Nobody who was removed is made again, and nobody before the deployment was set up. The last statement tells as `sessions`
/// whether the session is there. SCAN of `person` and `former_person`; primary key of `session`.
pub fn begin(access: &Access, email: &str, session: &[u8], around: &Around<'_>) -> [Statement; 5] {
    let Around { now_ms, expires_ms, device, address } = *around;
    let role = access.default_role.map_or(-1, |role| role as i64);
    let name = access.default_role.map_or("", Role::name);
    let comes = Viewer { name: email.into(), address: address.into(), ..Viewer::default() };
    [
        Statement::new(
            "INSERT INTO person (id, name, created_ms, role, projects, email)
             SELECT 1 + max((SELECT max(id) FROM person), (SELECT coalesce(max(id), 0) FROM former_person)),
                ?1, ?2, ?3, '', ?1
             WHERE ?3 >= 0 AND EXISTS (SELECT 1 FROM person)
             AND NOT EXISTS (SELECT 1 FROM person WHERE email = ?1)
             AND NOT EXISTS (SELECT 1 FROM former_person WHERE email = ?1)",
            [email.into(), now_ms.into(), role.into()],
        ),
        audit::note_of_change(&comes, now_ms, "person joined", email, name),
        Statement::new(
            "INSERT INTO session (hash, person_id, created_ms, expires_ms, device, address)
             SELECT ?2, id, ?3, ?4, ?5, ?6 FROM person WHERE email = ?1 ON CONFLICT DO NOTHING",
            [
                email.into(),
                session.into(),
                now_ms.into(),
                expires_ms.into(),
                device.into(),
                address.into(),
            ],
        ),
        audit::note_session(session, now_ms, address, "signed in by Cloudflare Access"),
        account::has_session(session),
    ]
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let access = Access { issuer: String::new(), aud: String::new(), default_role: None };
    let around = Around { now_ms: 1, expires_ms: 2, device: "", address: "" };
    begin(&access, "jo@shop.test", &[], &around).to_vec()
}

/// Of the request that signs in.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Now.
    pub now_ms: i64,
    /// When the session ends.
    pub expires_ms: i64,
    /// `Firefox 133 on Windows`
    pub device: &'a str,
    /// IP address.
    pub address: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;
    use serde_json::json;

    const NOW_S: i64 = 1_800_000_000;

    fn access() -> Access {
        Access {
            issuer: "https://shop.cloudflareaccess.com".into(),
            aud: "tag".into(),
            default_role: Some(Role::Viewer),
        }
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        format!("{}.{}.{}", part(header), part(claims), BASE64URL.encode("signature"))
    }

    fn good() -> (Value, Value) {
        let claims = json!({
            "iss": "https://shop.cloudflareaccess.com", "aud": ["other", "tag"], "exp": NOW_S + 60, "nbf": NOW_S - 60,
            "email": "Jo@Shop.Test",
        });
        (json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }), claims)
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Value, &mut Value), expected: Option<Refused>) {
        let (mut header, mut claims) = good();
        change(&mut header, &mut claims);
        let token = token(&header, &claims);
        let found = claimed(&access(), &token, NOW_S);
        assert_eq!(found.as_ref().err().copied(), expected, "{header} {claims}");
        if let Ok(found) = found {
            assert_eq!((found.email.as_str(), found.key_id.as_str()), ("jo@shop.test", "k1"));
            assert_eq!(found.signature, b"signature");
            assert!(token.starts_with(found.signed));
        }
    }

    #[test]
    fn what_a_token_claims_has_to_be_for_us_and_now() {
        check(|_, _| {}, None);
        check(|_, claims| claims["aud"] = "tag".into(), None);
        for alg in ["none", "None", "HS256", "RS512", "ES256", "rs256", ""] {
            check(|header, _| header["alg"] = alg.into(), Some(Refused::Algorithm));
        }
        check(|header, _| header["alg"] = Value::Null, Some(Refused::Algorithm));
        check(|header, _| header["crit"] = json!(["x"]), Some(Refused::Algorithm));
        for issuer in ["https://evil.cloudflareaccess.com", "shop.cloudflareaccess.com", ""] {
            check(|_, claims| claims["iss"] = issuer.into(), Some(Refused::Issuer));
        }
        for aud in [json!("other"), json!(["other"]), json!([]), json!({ "tag": 1 }), Value::Null] {
            check(|_, claims| claims["aud"] = aud.clone(), Some(Refused::Audience));
        }
        for exp in [json!(NOW_S), json!(NOW_S - 9), json!("9999999999"), Value::Null] {
            check(|_, claims| claims["exp"] = exp.clone(), Some(Refused::Time));
        }
        check(|_, claims| claims["nbf"] = json!(NOW_S + 61), Some(Refused::Time));
        check(|_, claims| claims["nbf"] = json!("soon"), Some(Refused::Time));
        for email in [json!(""), json!("jo"), json!(7), Value::Null] {
            check(|_, claims| claims["email"] = email.clone(), Some(Refused::Email));
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "a".repeat(MAX_TOKEN);
        for token in ["", ".", "..", "a.b", "e30.e30.", "a.b.c.d", "e30.bm8.c", long.as_str()] {
            assert!(claimed(&access(), token, NOW_S).is_err(), "{token:.20}");
        }
    }

    #[test]
    fn keys_come_from_the_team_alone() {
        for (domain, expected) in [
            ("shop.cloudflareaccess.com", Some("https://shop.cloudflareaccess.com")),
            ("https://shop.cloudflareaccess.com/", Some("https://shop.cloudflareaccess.com")),
            ("http://127.0.0.1:8123", Some("http://127.0.0.1:8123")),
            ("http://127.0.0.1:8123@evil.test", None),
            ("http://127.0.0.1", None),
            ("http://shop.cloudflareaccess.com", None),
            ("shop.cloudflareaccess.com/x", None),
            ("user@evil.test", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(issuer(domain).as_deref(), expected, "{domain:?}");
        }
    }

    #[test]
    fn a_mail_address_signs_in_its_person_and_new_ones_by_setting_alone() {
        let db = TestDb::new();
        let around = Around { now_ms: 5, expires_ms: 9, device: "", address: "" };
        let comes = |access: &Access, email: &str, session: u8| {
            let statements = begin(access, email, &[session], &around);
            db.batch(&statements);
            db.batch(&statements);
            db.rows(&statements[4])[0][0] == "1"
        };
        assert!(!comes(&access(), "first@shop.test", 1), "it is not set up yet");
        db.run(
            "INSERT INTO person (id, name, created_ms, email) VALUES (1, 'Jo', 0, 'jo@shop.test')",
        );
        db.run("INSERT INTO former_person VALUES (7, 'Ada', 'ada@shop.test', 1)");
        let strict = Access { default_role: None, ..access() };
        assert!(comes(&strict, "jo@shop.test", 2));
        assert!(!comes(&strict, "new@shop.test", 3));
        assert!(!comes(&access(), "ada@shop.test", 4), "who was removed stays so");
        assert!(comes(&access(), "new@shop.test", 5));
        assert!(comes(&access(), "new@shop.test", 6));
        let people = Statement::new("SELECT id, role, projects FROM person ORDER BY id", []);
        assert_eq!(db.rows(&people), [["1", "2", ""], ["8", "0", ""]]);
        let log = Statement::new("SELECT action FROM audit ORDER BY action", []);
        let actions: Vec<String> = db.rows(&log).concat();
        let signed_in = "signed in by Cloudflare Access";
        assert_eq!(actions, ["person joined", signed_in, signed_in, signed_in]);
    }
}

use super::*;

#[test]
fn secret_names_are_known_in_every_spelling() {
    for name in [
        "password",
        "Password",
        "userPassword",
        "user_password",
        "passwd",
        "newpassword",
        "password_confirmation",
        "token",
        "accessToken",
        "ACCESS_TOKEN",
        "id-token",
        "refreshtoken",
        "csrfmiddlewaretoken",
        "X-CSRF-Token",
        "XSRF-TOKEN",
        "Authorization",
        "proxy-authorization",
        "auth",
        "Cookie",
        "Set-Cookie",
        "api_key",
        "apiKey",
        "APIKey",
        "x-api-key",
        "stripe_api_key",
        "secret",
        "client_secret",
        "aws_secret_access_key",
        "privateKey",
        "ssh_key",
        "PHPSESSID",
        "connect.sid",
        "sessionid",
        "jwt",
        "otp",
        "pin",
        "cvv",
        "cardNumber",
        "credit_card",
        "ssn",
        "passphrase",
        "mysql_pwd",
        "DB_PASS",
        "smtpPass",
        "stripeToken",
    ] {
        assert_eq!(secrecy(name), Secrecy::Secret, "{name}");
    }
    for name in ["tokens", "cookies", "credentials", "user_passwords"] {
        assert_eq!(secrecy(name), Secrecy::SecretText, "{name}");
    }
    for name in ["X-Forwarded-For", "REMOTE_ADDR", "cf-connecting-ip"] {
        assert_eq!(secrecy(name), Secrecy::Address, "{name}");
    }
}

#[test]
fn every_listed_word_has_a_stem() {
    let lists = [&WORDS[..], &PLURALS, &WHOLE, &ADDRESSES, &ENDINGS, &["xkey"]];
    for word in lists.concat() {
        assert!(has_stem(word), "{word}");
    }
}

#[test]
fn names_alike_are_not_secret() {
    for name in [
        "author",
        "authority",
        "authenticated",
        "tokenizer",
        "password_strength",
        "hasPassword",
        "token_count",
        "max_tokens_allowed_count",
        "tokenType",
        "cookie_consent",
        "cookies_enabled",
        "public_key",
        "key",
        "keyboard",
        "monkey",
        "spinner",
        "pins",
        "opinion",
        "passenger",
        "bypass",
        "compass",
        "boarding_pass",
        "secretary",
        "session",
        "session_id_type",
        "hotpot",
        "signature_valid",
        "csrf_enabled",
        "class",
        "sidebar",
        "inside",
        "id",
        "name",
        "email",
        "trace_id",
        "span_id",
        "page_view_id",
        "public_token",
    ] {
        assert_eq!(secrecy(name), Secrecy::None, "{name}");
    }
}

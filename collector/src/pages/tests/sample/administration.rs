//! Pages on which a project is seen to, with one text wherever a sender or a person may put any.

use super::*;

pub(crate) fn outcomes(text: &str) -> OutcomesPage {
    let reason = |outcome: &str, reason: &str| Reason {
        outcome: outcome.into(),
        reason: reason.into(),
        quantity: 1,
        last: text.into(),
        last_ms: 1,
        samples: vec![Sample { detail: text.into(), quantity: 1 }],
    };
    let noise = |class| Noise {
        short_id: text.into(),
        r#type: text.into(),
        value: text.into(),
        class,
        quantity: 1,
    };
    let ends = Ends { accepted: 3, filtered: 2, limited: 1, dropped: 1 };
    OutcomesPage {
        shell: shell(text),
        summary: Summary {
            range: "24h",
            since: text.into(),
            since_ms: 1,
            step_hours: 1,
            counted_since: Some(text.into()),
            total: ends,
            steps: vec![ends; 24],
            reasons: vec![reason("discarded", text), reason("invalid", "origin")],
            noise: vec![noise("frequent"), noise("script_error")],
            ..Summary::default()
        },
        database_bytes: 480_000_000,
        database_limit: 500_000_000,
    }
}

pub(crate) fn alerts(text: &str) -> AlertsPage {
    let rule = |channel: &str| Rule {
        name: text.into(),
        channel: channel.into(),
        target: text.into(),
        search: text.into(),
        environment: text.into(),
        threshold: 1,
        measure: "lcp".into(),
        of: text.into(),
        ..Rule::default()
    };
    let row = |id, channel| RuleRow {
        id,
        settings: serde_json::to_string(&rule(channel)).unwrap(),
        measured: serde_json::json!(["lcp", 1, 1, 1, 1, text, text]).to_string(),
        ..RuleRow::default()
    };
    let told = |rule_id| DeliveryRow {
        delivery: text.into(),
        rule_id,
        kind: text.into(),
        number: 1,
        answer: text.into(),
        attempts: 2,
        ..DeliveryRow::default()
    };
    let measured = |rule_id| DeliveryRow {
        kind: "measure".into(),
        number: 0,
        measured: serde_json::json!(["lcp", 1, 1, 1, 1, text, text]).to_string(),
        ..told(rule_id)
    };
    AlertsPage {
        shell: shell(text),
        prefix: text.into(),
        is_admin: true,
        rules: vec![row(1, "webhook"), row(2, "email")],
        deliveries: vec![told(1), told(7), measured(1)],
        secret: Some((1, text.into())),
        tested: Some(told(2)),
        typed: Some(Typed { id: 1, rule: rule(text), error: text.into() }),
        ..AlertsPage::default()
    }
}

pub(crate) fn settings(text: &str) -> SettingsPage {
    let texts = || vec![text.to_owned()];
    let key = |revoked_ms| KeyRow {
        public_key: text.into(),
        label: text.into(),
        created_ms: 1,
        revoked_ms,
    };
    let token = |revoked_ms| TokenRow {
        id: text.into(),
        project_id: 0,
        scopes: text.into(),
        label: text.into(),
        made_by: text.into(),
        created_ms: 1,
        revoked_ms,
    };
    let row = OutcomeRow {
        outcome: text.into(),
        reason: text.into(),
        detail: text.into(),
        quantity: 1,
        last_ms: 1,
    };
    SettingsPage {
        shell: shell(text),
        keys: vec![(key(None), text.into()), (key(Some(2)), text.into())],
        tokens: vec![token(None), token(Some(2))],
        new_token: Some(text.into()),
        origins: texts(),
        settings: Settings {
            blocked_origins: texts(),
            filters: FilterSettings { messages: texts(), urls: texts(), ..Default::default() },
            scrub: ScrubSettings { mask_keys: texts(), keep_words: texts(), ..Default::default() },
            ..Settings::default()
        },
        caught: vec![row],
        may_change: true,
        prefix: text.into(),
        agent_origin: text.into(),
        agent_script: text.into(),
        erasures: 1,
        typed: Some(TypedRules {
            text: text.into(),
            error: String::new(),
            preview: Preview { events: 7, with_own_fingerprint: 1, rules: vec![caught(text)] },
        }),
        ..SettingsPage::default()
    }
}

pub(crate) fn people(text: &str) -> PeoplePage {
    let member = Member { name: text.into(), email: text.into(), ..Member::default() };
    let invitation = Invitation {
        id: text.into(),
        name: text.into(),
        made_by: text.into(),
        ..Invitation::default()
    };
    let entry = Entry {
        at_ms: 1,
        id: 1,
        person: text.into(),
        address: text.into(),
        action: text.into(),
        subject: text.into(),
        detail: text.into(),
    };
    let session = SessionRow {
        id: text.into(),
        device: text.into(),
        address: text.into(),
        ..SessionRow::default()
    };
    let project = ProjectLine { id: 1, slug: text.into(), name: text.into() };
    PeoplePage {
        shell: shell(text),
        projects: vec![project],
        members: vec![member],
        invitations: vec![invitation],
        entries: vec![entry],
        next: Some(text.into()),
        sessions: vec![session],
        made: Some(("Sign-in key", text.into())),
        team: text.into(),
        ..PeoplePage::default()
    }
}

fn caught(text: &str) -> Caught {
    Caught {
        rule: text.into(),
        events: 3,
        issues: 4,
        examples: vec![Example { short_id: text.into(), title: text.into() }],
        warning: text.into(),
    }
}

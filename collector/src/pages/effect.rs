//! What an error did to the visits that met it, beside views of the same pages without any error.

use super::measure::{duration, whole};
use super::number::counted;
use crate::page_views::visits::Effect;

/// Ready to print; nothing where nothing is known.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// `of 31 page views that were measured`; empty without any.
    pub(super) base: String,
    /// What is measured, with the error, without one; of the last at least one is known.
    pub(super) facts: Vec<(&'static str, String, String)>,
    /// `5 messages`; empty without any.
    pub(super) messages: String,
}

impl Effects {
    pub(super) fn of(effect: &Effect) -> Self {
        let share = |share: f64| format!("{}%", whole(share * 100.0));
        let facts = [
            ("Response to input, p75", effect.inp.map(duration), effect.inp_without.map(duration)),
            (
                "Left before using it",
                effect.abandoned.map(share),
                effect.abandoned_without.map(share),
            ),
        ];
        let known = facts.into_iter().filter_map(|(name, with, without)| {
            Some((name, with?, without.unwrap_or_else(|| "not known".to_owned())))
        });
        Self {
            base: match effect.views {
                0 => String::new(),
                views => counted(views.into(), "page view"),
            },
            facts: known.collect(),
            messages: match effect.feedback {
                0 => String::new(),
                100.. => "100 messages or more".to_owned(),
                messages => counted(messages.into(), "message"),
            },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.messages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_told() {
        assert!(Effects::of(&Effect::default()).is_empty());
        let effect = Effect {
            views: 31,
            inp: Some(534.0),
            abandoned: Some(0.484),
            abandoned_without: Some(0.21),
            feedback: 1,
            ..Effect::default()
        };
        let effects = Effects::of(&effect);
        assert_eq!(
            effects.facts,
            [
                ("Response to input, p75", "534 ms".to_owned(), "not known".to_owned()),
                ("Left before using it", "48%".to_owned(), "21%".to_owned()),
            ]
        );
        assert_eq!(
            (effects.base.as_str(), effects.messages.as_str()),
            ("31 page views", "1 message")
        );
    }
}

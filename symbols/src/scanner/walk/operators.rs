//! What `=`, `:`, `,`, `;` and `?` begin and end: values that have a name, entries, statements, conditions.

use super::super::brackets::What;
use super::super::names::{NamePart, meaningful};
use super::{Before, Walk};

impl Walk<'_> {
    pub(super) fn on_assignment(&mut self) {
        let parts = std::mem::take(&mut self.chain);
        self.before = Before::Operator;
        let mut hint = parts;
        if let Some(open) = self.open.last_mut() {
            match &mut open.what {
                What::Class { name, key, in_value, .. } if !*in_value => {
                    *in_value = true;
                    hint = name.iter().copied().chain(*key).collect();
                }
                // A default in a pattern: `{ pay = () => {} }`.
                What::Object { key, in_value, .. } if !*in_value => {
                    *in_value = true;
                    hint = key.iter().copied().collect();
                }
                _ => (),
            }
        }
        self.next_hint = meaningful(self.script, &hint);
    }

    pub(super) fn on_colon(&mut self) {
        self.end_arrows_before_colon();
        let script = self.script;
        self.before = Before::Operator;
        let Some(open) = self.open.last_mut() else {
            self.before = Before::Statement;
            return;
        };
        if open.conditions > 0 {
            open.conditions -= 1;
            return;
        }
        match &mut open.what {
            What::Object { owner, key, in_value, .. } => {
                *in_value = true;
                let hint: Vec<NamePart> = owner.iter().copied().chain(*key).collect();
                self.next_hint = meaningful(script, &hint);
            }
            What::Block | What::Body(_) => self.before = Before::Statement,
            _ => (),
        }
    }

    pub(super) fn on_comma(&mut self) {
        self.end_arrows();
        self.before = Before::Operator;
        if let Some(What::Object { key, entry, in_value, .. }) =
            self.open.last_mut().map(|open| &mut open.what)
        {
            (*key, *entry, *in_value) = (None, None, false);
        }
    }

    pub(super) fn on_semicolon(&mut self) {
        self.end_arrows();
        self.before = Before::Statement;
        match self.open.last_mut().map(|open| (&mut open.conditions, &mut open.what)) {
            Some((_, What::Class { key, entry, in_value, .. })) => {
                (*key, *entry, *in_value) = (None, None, false);
            }
            // `for (;;)`
            Some((_, What::Control)) => self.before = Before::Operator,
            Some((conditions, What::Block | What::Body(_))) => *conditions = 0,
            _ => (),
        }
    }

    pub(super) fn add_condition(&mut self) {
        self.before = Before::Operator;
        if let Some(open) = self.open.last_mut() {
            open.conditions = open.conditions.saturating_add(1);
        } else {
            // At the top of a script: a frame that ends with it.
            self.push(What::Block);
            self.add_condition();
        }
    }
}

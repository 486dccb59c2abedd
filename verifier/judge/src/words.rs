//! What a finding says, in both languages: from the check's own message, or from the table of words.

use crate::result::Text;
use assize_clause::{Bilingual, Check, CheckBody, FieldTest, item_field};
use assize_facts::{Item, KindSchema, Lang, Reason, reason};

/// Why something is not determined, with the reason behind the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub reason: Reason,
    because: Option<Reason>,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Why {
        Why { reason, because: None }
    }
}

impl Why {
    /// A reason whose words have a place `{why}`.
    pub fn because(reason: Reason, because: Reason) -> Why {
        Why { reason, because: Some(because) }
    }

    fn say(&self, lang: Lang) -> String {
        match &self.because {
            Some(because) => self.reason.clone().with("why", because.render(lang)).render(lang),
            None => self.reason.render(lang),
        }
    }

    /// What would settle it.
    pub fn mend(&self) -> Option<Text> {
        Text::mend(&self.reason).or_else(|| Text::mend(self.because.as_ref()?))
    }
}

fn text(words: Bilingual) -> Text {
    Text { en: words.en, zh: words.zh }
}

/// The check's own words, with the item's fields.
pub fn violated(check: &Check, item: &Item) -> Text {
    check.message(item).map_or_else(|| Text::of(&reason!("violated", check = check.id)), text)
}

pub fn mend(check: &Check, item: &Item) -> Option<Text> {
    check.mend_for(item).map(text)
}

/// What was seen instead of a violation: the fields that the check looks at, with their values.
pub fn satisfied(check: &Check, item: &Item, schema: &KindSchema) -> Text {
    let tests: &[FieldTest] = match &check.body {
        CheckBody::Expect(tests) => tests,
        CheckBody::Selection => &check.selects,
    };
    Text::both(|lang| {
        let seen: Vec<String> =
            tests.iter().map(|t| format!("{} = {}", t.field, item_field(item, schema, &t.field, lang))).collect();
        reason!("satisfied", seen = seen.join(", ")).render(lang)
    })
}

/// Why it could not be told, and of which field.
pub fn undetermined(field: Option<&str>, why: &Why) -> Text {
    match field {
        Some(field) if why.because.is_none() => {
            Text::both(|lang| reason!("field-unknown", field = field).with("why", why.say(lang)).render(lang))
        }
        _ => Text::both(|lang| why.say(lang)),
    }
}

//! How a check works, in words: for `clause explain`, and for messages where a clause file gives none.

use crate::wording::value_shown;
use crate::{AppliesWhen, Check, CheckBody, FieldTest, Form, ItemKind, Matcher, Operand, Within};
use assize_facts::{Lang, Type, kinds, words};

impl Check {
    /// One sentence: what is examined, which items count, and what they are held to.
    pub fn explain(&self, lang: Lang) -> String {
        let subjects = kinds::schema(&self.kind).map(|schema| {
            let code = format!("subject.{}", schema.subjects);
            words().get(&code).map_or(code, |w| if lang == Lang::Zh { w.zh.clone() } else { w.en.clone() })
        });
        let subjects = subjects.unwrap_or_default();
        let selected = tests_shown(&self.selects, lang);
        let sentence = match (&self.body, self.form) {
            (CheckBody::Expect(expect), _) => each(&self.kind, &selected, &tests_shown(expect, lang), lang),
            (CheckBody::Selection, Form::Some) => some(&self.kind, &selected, lang),
            (CheckBody::Selection, Form::Each | Form::None) => none(&self.kind, &selected, lang),
        };
        let least = match (self.form, lang) {
            (Form::Each, Lang::En) => format!("at least {} such", self.minimum),
            (Form::Each, Lang::Zh) => format!("至少 {} 个", self.minimum),
            (_, Lang::En) => format!("at least {} {subjects} examined", self.minimum),
            (_, Lang::Zh) => format!("至少检查 {} {subjects}", self.minimum),
        };
        let condition = self.applies_when.as_ref().map(|c| c.explain(lang));
        match (condition, lang) {
            (None, Lang::En) => format!("{sentence} ({least})"),
            (None, Lang::Zh) => format!("{sentence}({least})"),
            (Some(condition), Lang::En) => format!("{sentence} ({least}); applies when {condition}"),
            (Some(condition), Lang::Zh) => format!("{sentence}({least});适用条件:{condition}"),
        }
    }
}

fn each(kind: &str, selected: &str, expected: &str, lang: Lang) -> String {
    match (lang, selected.is_empty()) {
        (Lang::En, true) => format!("each item of {kind} has {expected}"),
        (Lang::En, false) => format!("each item of {kind} with {selected} has {expected}"),
        (Lang::Zh, true) => format!("{kind} 的每一项:{expected}"),
        (Lang::Zh, false) => format!("{kind} 中满足 {selected} 的每一项:{expected}"),
    }
}

fn none(kind: &str, selected: &str, lang: Lang) -> String {
    match (lang, selected.is_empty()) {
        (Lang::En, true) => format!("there is no item of {kind}"),
        (Lang::En, false) => format!("no item of {kind} has {selected}"),
        (Lang::Zh, true) => format!("{kind} 没有任何项"),
        (Lang::Zh, false) => format!("{kind} 中没有满足 {selected} 的项"),
    }
}

fn some(kind: &str, selected: &str, lang: Lang) -> String {
    match (lang, selected.is_empty()) {
        (Lang::En, true) => format!("there is an item of {kind}"),
        (Lang::En, false) => format!("some item of {kind} has {selected}"),
        (Lang::Zh, true) => format!("{kind} 至少有一项"),
        (Lang::Zh, false) => format!("{kind} 中至少有一项满足 {selected}"),
    }
}

fn and(lang: Lang) -> &'static str {
    match lang {
        Lang::En => " and ",
        Lang::Zh => " 且 ",
    }
}

fn tests_shown(tests: &[FieldTest], lang: Lang) -> String {
    tests.iter().map(|test| test.explain(lang)).collect::<Vec<_>>().join(and(lang))
}

impl FieldTest {
    /// The field and what it must be, as in `min_version at least 1.3`.
    pub fn explain(&self, lang: Lang) -> String {
        format!("{} {}", self.field, self.matcher.explain(&self.ty, lang))
    }
}

impl AppliesWhen {
    /// When it applies, in words.
    pub fn explain(&self, lang: Lang) -> String {
        let or = if lang == Lang::Zh { " 或 " } else { " or " };
        let joined = |all: &[AppliesWhen], by: &str| all.iter().map(|c| c.explain(lang)).collect::<Vec<_>>().join(by);
        match self {
            AppliesWhen::Some { kind, selects, .. } => some(kind, &tests_shown(selects, lang), lang),
            AppliesWhen::ContractItems { kind } => contract_items(kind.as_deref().and_then(ItemKind::parse), lang),
            AppliesWhen::Parameter { name, ty, matcher, .. } => format!("{name} {}", matcher.explain(ty, lang)),
            AppliesWhen::Any(all) => joined(all, or),
            AppliesWhen::All(all) => joined(all, and(lang)),
        }
    }
}

fn contract_items(kind: Option<ItemKind>, lang: Lang) -> String {
    match (kind, lang) {
        (None, Lang::En) => "the contract lists items".into(),
        (None, Lang::Zh) => "合同列有交付项".into(),
        (Some(kind), Lang::En) => format!("the contract lists an item of kind {}", kind.word()),
        (Some(kind), Lang::Zh) => format!("合同列有 {} 类交付项", kind.word()),
    }
}

impl Matcher {
    /// What a value of the type must be, as in `at least 1.3`.
    pub fn explain(&self, ty: &Type, lang: Lang) -> String {
        let (value, values) = (|o: &Operand| operand(o, ty, lang), |all: &[Operand]| list(all, ty, lang));
        let say = |en: &str, zh: &str, rest: String| match lang {
            Lang::En => format!("{en} {rest}"),
            Lang::Zh => format!("{zh} {rest}"),
        };
        match self {
            Matcher::Equals(o) => say("equal to", "等于", value(o)),
            Matcher::AtLeast(o) => say("at least", "不低于", value(o)),
            Matcher::AtMost(o) => say("at most", "不高于", value(o)),
            Matcher::Below(o) => say("below", "低于", value(o)),
            Matcher::Above(o) => say("above", "高于", value(o)),
            Matcher::OneOf(all) => say("one of", "属于", values(all)),
            Matcher::NoneOf(all) => say("none of", "不属于", values(all)),
            Matcher::Matches(pattern) => say("matching", "匹配", operand(&pattern.text, &Type::Text, lang)),
            Matcher::Not(inner) => say("not", "并非", inner.explain(ty, lang)),
            Matcher::Every(inner) => say("with every element", "每个元素", inner.explain(element(ty), lang)),
            Matcher::Any(inner) => say("with an element", "有元素", inner.explain(element(ty), lang)),
            Matcher::Contains(o) => say("containing", "包含", operand(o, element(ty), lang)),
            Matcher::Length(inner) => say("of length", "长度", inner.explain(&Type::Int, lang)),
            Matcher::Present(true) => say("present", "存在", String::new()).trim().into(),
            Matcher::Present(false) => say("absent", "不存在", String::new()).trim().into(),
            Matcher::Within(Within::Distance(o)) => say("no further from zero than", "绝对值不超过", value(o)),
            Matcher::Within(Within::Between(low, high)) => match lang {
                Lang::En => format!("between {} and {}", value(low), value(high)),
                Lang::Zh => format!("介于 {} 与 {} 之间", value(low), value(high)),
            },
            Matcher::AllOf(all) => all.iter().map(|m| m.explain(ty, lang)).collect::<Vec<_>>().join(and(lang)),
        }
    }
}

fn element(ty: &Type) -> &Type {
    match ty.present() {
        Type::List(inner) => inner,
        other => other,
    }
}

fn list(all: &[Operand], ty: &Type, lang: Lang) -> String {
    let shown: Vec<String> = all.iter().map(|o| operand(o, ty, lang)).collect();
    match (shown.is_empty(), lang) {
        (true, Lang::En) => "nothing".into(),
        (true, Lang::Zh) => "空集".into(),
        (false, Lang::En) => shown.join(", "),
        (false, Lang::Zh) => shown.join("、"),
    }
}

fn operand(operand: &Operand, ty: &Type, lang: Lang) -> String {
    match operand {
        Operand::Value(value) if value.as_str() == Some("") => "\"\"".into(),
        Operand::Value(value) => value_shown(value, Some(ty), lang),
        Operand::Parameter(name) => format!("{{{name}}}"),
        Operand::Contract(name) => format!("{{contract.{name}}}"),
        Operand::Deliverable(crate::DeliverableRef::Name) => "{deliverable.name}".into(),
        Operand::Deliverable(crate::DeliverableRef::Version) => "{deliverable.version}".into(),
        Operand::Missing(reason) => format!("({})", reason.render(lang)),
    }
}

//! Filling matchers: parameters and the contract's own words when a contract is loaded, the delivery's when it is known.

use super::{DeliverableRef, FieldTest, Matcher, Operand, Pattern, Within};
use crate::ParameterValue;
use crate::matcher::names::compile;
use assize_facts::{Reason, Type, reason};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a contract agreed.
pub(crate) struct Terms<'a> {
    pub parameters: &'a BTreeMap<String, ParameterValue>,
    /// The contract's own words by name; what it does not say is left out.
    pub contract: &'a BTreeMap<String, String>,
    /// A day means that whole day there.
    pub zone: &'a TimeZone,
}

impl Terms<'_> {
    pub fn tests(&self, tests: &[FieldTest]) -> Vec<FieldTest> {
        tests.iter().map(|test| FieldTest { matcher: self.matcher(&test.matcher, &test.ty), ..test.clone() }).collect()
    }

    pub fn operand(&self, operand: &Operand) -> Operand {
        match operand {
            Operand::Parameter(name) => match self.parameters.get(name) {
                Some(value) => Operand::Value(value.json()),
                None => Operand::Parameter(name.clone()),
            },
            Operand::Contract(name) => match self.contract.get(name) {
                Some(text) => Operand::Value(Json::from(text.as_str())),
                None => Operand::Missing(reason!("contract-does-not-say", name = name)),
            },
            Operand::Value(_) | Operand::Deliverable(_) | Operand::Missing(_) => operand.clone(),
        }
    }

    pub fn matcher(&self, matcher: &Matcher, ty: &Type) -> Matcher {
        let filled = self.filled(matcher, ty);
        if *ty.present() == Type::Time { self.days(filled) } else { filled }
    }

    fn filled(&self, matcher: &Matcher, ty: &Type) -> Matcher {
        let boxed = |inner: &Matcher, ty: &Type| Box::new(self.matcher(inner, ty));
        match matcher {
            Matcher::Equals(o) => Matcher::Equals(self.operand(o)),
            Matcher::AtLeast(o) => Matcher::AtLeast(self.operand(o)),
            Matcher::AtMost(o) => Matcher::AtMost(self.operand(o)),
            Matcher::Below(o) => Matcher::Below(self.operand(o)),
            Matcher::Above(o) => Matcher::Above(self.operand(o)),
            Matcher::OneOf(all) => Matcher::OneOf(self.spliced(all)),
            Matcher::NoneOf(all) => Matcher::NoneOf(self.spliced(all)),
            Matcher::Matches(pattern) => Matcher::Matches(self.pattern(pattern)),
            Matcher::Not(inner) => Matcher::Not(boxed(inner, ty)),
            Matcher::Every(inner) => Matcher::Every(boxed(inner, element(ty))),
            Matcher::Any(inner) => Matcher::Any(boxed(inner, element(ty))),
            Matcher::Contains(o) => Matcher::Contains(self.operand(o)),
            Matcher::Length(inner) => Matcher::Length(boxed(inner, &Type::Int)),
            Matcher::Present(yes) => Matcher::Present(*yes),
            Matcher::Within(Within::Distance(o)) => Matcher::Within(Within::Distance(self.operand(o))),
            Matcher::Within(Within::Between(low, high)) => {
                Matcher::Within(Within::Between(self.operand(low), self.operand(high)))
            }
            Matcher::AllOf(all) => Matcher::AllOf(all.iter().map(|m| self.matcher(m, ty)).collect()),
        }
    }

    /// A list that a parameter brings becomes its elements.
    fn spliced(&self, all: &[Operand]) -> Vec<Operand> {
        let mut out = Vec::new();
        for operand in all {
            match self.operand(operand) {
                Operand::Value(Json::Array(values)) => out.extend(values.into_iter().map(Operand::Value)),
                other => out.push(other),
            }
        }
        out
    }

    fn pattern(&self, pattern: &Pattern) -> Pattern {
        let text = self.operand(&pattern.text);
        let regex = text.value().and_then(Json::as_str).and_then(|t| compile(t).ok());
        Pattern { text, regex }
    }

    /// Comparisons with a whole day become comparisons with instants.
    fn days(&self, matcher: Matcher) -> Matcher {
        let start = |o: &Operand| Some(Operand::Value(self.start(day(o)?)?));
        let after = |o: &Operand| Some(Operand::Value(self.start(day(o)?.tomorrow().ok()?)?));
        let rewritten = match &matcher {
            Matcher::AtLeast(o) => start(o).map(Matcher::AtLeast),
            Matcher::Below(o) => start(o).map(Matcher::Below),
            Matcher::AtMost(o) => after(o).map(Matcher::Below),
            Matcher::Above(o) => after(o).map(Matcher::AtLeast),
            Matcher::Equals(o) => start(o)
                .zip(after(o))
                .map(|(low, high)| Matcher::AllOf(vec![Matcher::AtLeast(low), Matcher::Below(high)])),
            Matcher::Within(Within::Between(low, high)) => {
                let low = Matcher::AtLeast(start(low).unwrap_or_else(|| low.clone()));
                let high = after(high).map_or_else(|| Matcher::AtMost(high.clone()), Matcher::Below);
                Some(Matcher::AllOf(vec![low, high]))
            }
            _ => None,
        };
        rewritten.unwrap_or(matcher)
    }

    fn start(&self, day: Date) -> Option<Json> {
        let zoned = day.to_zoned(self.zone.clone()).ok()?;
        Some(Json::from(zoned.timestamp().to_string()))
    }
}

fn day(operand: &Operand) -> Option<Date> {
    let text = operand.value()?.as_str()?;
    // A longer text is an instant, which jiff would cut to its date.
    if text.len() == 10 { text.parse().ok() } else { None }
}

fn element(ty: &Type) -> &Type {
    match ty.present() {
        Type::List(inner) => inner,
        other => other,
    }
}

/// The delivery's own words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub name: Option<String>,
    pub version: Option<String>,
}

impl Said {
    fn value(&self, place: DeliverableRef) -> Operand {
        let (said, name) = match place {
            DeliverableRef::Name => (&self.name, "name"),
            DeliverableRef::Version => (&self.version, "version"),
        };
        match said {
            Some(text) => Operand::Value(Json::from(text.as_str())),
            None => Operand::Missing(not_said(name)),
        }
    }

    fn operand(&self, operand: &mut Operand) {
        if let Operand::Deliverable(place) = operand {
            *operand = self.value(*place);
        }
    }

    pub fn tests(&self, tests: &mut [FieldTest]) {
        for test in tests {
            self.matcher(&mut test.matcher);
        }
    }

    pub fn matcher(&self, matcher: &mut Matcher) {
        match matcher {
            Matcher::Equals(o)
            | Matcher::AtLeast(o)
            | Matcher::AtMost(o)
            | Matcher::Below(o)
            | Matcher::Above(o)
            | Matcher::Contains(o)
            | Matcher::Within(Within::Distance(o)) => self.operand(o),
            Matcher::Within(Within::Between(low, high)) => {
                self.operand(low);
                self.operand(high);
            }
            Matcher::OneOf(all) | Matcher::NoneOf(all) => all.iter_mut().for_each(|o| self.operand(o)),
            Matcher::Not(inner) | Matcher::Every(inner) | Matcher::Any(inner) | Matcher::Length(inner) => {
                self.matcher(inner)
            }
            Matcher::AllOf(all) => all.iter_mut().for_each(|m| self.matcher(m)),
            // A pattern never refers to the delivery: it would let the supplier write the expression.
            Matcher::Matches(_) | Matcher::Present(_) => {}
        }
    }
}

fn not_said(name: &str) -> Reason {
    reason!("delivery-does-not-say", name = name)
}

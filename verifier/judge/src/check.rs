//! One check: which items it selects, what each of them says, and what was not seen.

use crate::Truth;
use crate::bench::Bench;
use crate::fingerprint::{Fingerprints, subject};
use crate::matching::{holds, satisfies};
use crate::result::{Examined, FindingResult, GapResult, Location, Note, Outcome, Text, Verdict};
use crate::seen;
use crate::words::{self, Why};
use assize_clause::{Check, CheckBody, Dependencies, FieldTest, Form, Weight};
use assize_facts::{Gap, Item, KindSchema, Layer, Reason, Sheet, Type, kinds, reason};

/// A check with everything that came of it.
pub struct Judged<'c> {
    pub check: &'c Check,
    /// Known not to apply: it decides nothing.
    pub applies: bool,
    /// A layer that it needs was left out.
    pub left_out: bool,
    /// Why it is not known whether it applies.
    pub condition: Option<FindingResult>,
    /// Why what was observed is not tied to the delivered binary, where no finding says so itself.
    pub tie: Option<FindingResult>,
    pub examined: Examined,
    pub findings: Vec<Finding>,
    pub gaps: Vec<GapResult>,
    /// What a linked dependency does against the check, where dependencies decide nothing.
    pub dependencies: Vec<FindingResult>,
    /// That parts of dependencies were not seen where they decide nothing: a note.
    pub unheard: Option<Note>,
}

pub struct Finding {
    pub result: FindingResult,
    /// Of a violation by a supporting check: whether its item is linked into a binary.
    pub linked: Truth,
}

/// What a waiver makes of a finding or gap; see `waiver`.
pub trait Cover {
    fn covers(&self, fingerprint: &str, outcome: Outcome) -> bool;
}

/// No waiver.
pub struct Nothing;

impl Cover for Nothing {
    fn covers(&self, _: &str, _: Outcome) -> bool {
        false
    }
}

impl Judged<'_> {
    /// The table of `interface` §5, with covered findings counted as satisfied and covered gaps as absent.
    pub fn verdict(&self, cover: &dyn Cover) -> Verdict {
        if !self.applies {
            return Verdict::NotApplicable;
        }
        let open = |finding: &FindingResult| !cover.covers(&finding.fingerprint, finding.outcome);
        if self.left_out || self.condition.as_ref().is_some_and(open) {
            return Verdict::Inconclusive;
        }
        let standing = |outcome| self.findings.iter().any(|f| f.result.outcome == outcome && open(&f.result));
        let gap = self.gaps.iter().any(|gap| !cover.covers(&gap.fingerprint, Outcome::Undetermined));
        let (violated, undetermined) = (standing(Outcome::Violated), standing(Outcome::Undetermined));
        let verdict = match self.check.form {
            Form::Each | Form::None if violated => Verdict::Fail,
            Form::Each | Form::None if undetermined || gap => Verdict::Inconclusive,
            Form::Each | Form::None => Verdict::Pass,
            // A finding of `some` is satisfied, or counts as such by a waiver, or there is none.
            Form::Some if self.findings.iter().any(|f| f.result.outcome == Outcome::Satisfied || !open(&f.result)) => {
                Verdict::Pass
            }
            Form::Some if violated => Verdict::Fail,
            Form::Some => Verdict::Inconclusive,
        };
        match verdict {
            Verdict::Pass if self.tie.as_ref().is_some_and(open) => Verdict::Inconclusive,
            decided => decided,
        }
    }

    /// Violations that stand.
    pub fn violations<'s>(&'s self, cover: &'s dyn Cover) -> impl Iterator<Item = &'s Finding> {
        let open = move |f: &&Finding| !cover.covers(&f.result.fingerprint, Outcome::Violated);
        self.findings.iter().filter(|f| f.result.outcome == Outcome::Violated).filter(open)
    }

    /// Everything that a waiver may name.
    pub fn coverable(&self) -> Vec<(&str, Outcome)> {
        if self.left_out {
            return vec![];
        }
        let findings = self
            .all_findings()
            .filter(|f| f.outcome != Outcome::Satisfied)
            .map(|f| (f.fingerprint.as_str(), f.outcome));
        findings.chain(self.gaps.iter().map(|gap| (gap.fingerprint.as_str(), Outcome::Undetermined))).collect()
    }
}

impl Judged<'_> {
    /// What is about the whole check first.
    pub fn all_findings(&self) -> impl Iterator<Item = &FindingResult> {
        self.condition.iter().chain(&self.tie).chain(self.findings.iter().map(|f| &f.result))
    }
}

/// Judges a check of a clause.
pub fn judge<'c>(clause: &'c str, check: &'c Check, bench: &Bench<'_>) -> Judged<'c> {
    let mut prints = Fingerprints::new(clause, check);
    let applies = check.applies_when.as_ref().map_or(Truth::True, |condition| bench.applies(condition));
    let left_out = !bench.run.examines(check.layer) || !bench.examines(&check.kind);
    let what = match (check.form, kinds::schema(&check.kind)) {
        (Form::None | Form::Some, Some(schema)) => schema.subjects.to_owned(),
        (Form::Each, _) | (_, None) => check.kind.clone(),
    };
    let mut judged = Judged {
        check,
        applies: !applies.is_false(),
        left_out: left_out && !applies.is_false(),
        condition: None,
        tie: None,
        examined: Examined { what, count: 0 },
        findings: vec![],
        gaps: vec![],
        dependencies: vec![],
        unheard: None,
    };
    if applies.is_false() {
        return judged;
    }
    if left_out {
        judged.gaps.push(self::left_out(clause, check));
        return judged;
    }
    if let Truth::Unknown(reason) = applies {
        judged.condition =
            Some(whole(&mut prints, "condition", &check.kind, Why::because(reason!("condition-unknown"), reason)));
    }
    let sheet = bench.sheet(&check.request());
    let Some(schema) = kinds::schema(&check.kind) else {
        judged.gaps.push(gap_result(
            &mut prints,
            &Gap { reason: reason!("no-such-kind", kind = check.kind), place: String::new(), owner: None },
        ));
        return judged;
    };
    Sitting { check, sheet: &sheet, schema, bench, prints, judged, told: false, loose: None }.hear()
}

/// What an item counts for.
enum Standing {
    Counts,
    /// It decides nothing.
    Nothing,
    /// It decides nothing and is in the binary.
    Listed,
    Unknown(Reason),
}

struct Sitting<'a, 'c> {
    check: &'c Check,
    sheet: &'a Sheet,
    schema: &'a KindSchema,
    bench: &'a Bench<'a>,
    prints: Fingerprints<'c>,
    judged: Judged<'c>,
    /// A satisfied finding became undetermined because nothing ties it to the delivery.
    told: bool,
    /// Why some other finding is not tied.
    loose: Option<Why>,
}

impl<'c> Sitting<'_, 'c> {
    fn hear(mut self) -> Judged<'c> {
        let sheet = self.sheet;
        let mut selected = 0;
        for (index, item) in sheet.items.iter().enumerate() {
            let chosen = satisfies(item, &self.check.selects);
            if !chosen.is_false() {
                selected += u64::from(self.item(index, item, chosen));
            }
        }
        self.gaps();
        self.judged.examined.count = if self.check.form == Form::Each { selected } else { sheet.scope.count };
        self.sum_up();
        self.judged
    }

    /// Hears one item; tells whether it counts as selected.
    fn item(&mut self, index: usize, item: &Item, chosen: Truth) -> bool {
        let expected = match &self.check.body {
            CheckBody::Expect(tests) => satisfies(item, tests),
            // Being selected is what `none` forbids and `some` asks for.
            CheckBody::Selection => Truth::from(self.check.form == Form::Some),
        };
        let sure = match (self.standing(item, expected.is_false()), chosen) {
            (Standing::Nothing, _) => return false,
            (Standing::Listed, Truth::True) => {
                let against = self.finding(index, item, Outcome::Violated, None);
                self.judged.dependencies.push(against);
                return false;
            }
            (Standing::Listed, _) => return false,
            (_, Truth::Unknown(reason)) | (Standing::Unknown(reason), _) => Err(reason),
            (Standing::Counts, _) => Ok(()),
        };
        let (outcome, why) = match (&sure, expected) {
            (Ok(()), Truth::True) => (Outcome::Satisfied, None),
            (Ok(()), Truth::False) => (Outcome::Violated, None),
            (Ok(()), Truth::Unknown(reason)) => (Outcome::Undetermined, Some(reason.into())),
            // Whether or not it is selected, it is as `each` asks.
            (Err(_), Truth::True) if self.check.form == Form::Each => (Outcome::Satisfied, None),
            (Err(reason), _) => (Outcome::Undetermined, Some(reason.clone().into())),
        };
        let (outcome, why) = self.worth(item, outcome, why);
        let linked = match (outcome, self.check.weight) {
            (Outcome::Violated, Weight::Supporting) => self.linked(item),
            _ => Truth::Unknown(reason!("not-asked")),
        };
        let result = self.finding(index, item, outcome, why);
        self.judged.findings.push(Finding { result, linked });
        sure.is_ok()
    }

    /// A satisfied observation of something that is not tied to the delivered binary is none; a violated one stays.
    fn worth(&mut self, item: &Item, outcome: Outcome, why: Option<Why>) -> (Outcome, Option<Why>) {
        let Some(untied) = self.untied(Some(item)) else { return (outcome, why) };
        if outcome == Outcome::Satisfied {
            self.told = true;
            return (Outcome::Undetermined, Some(untied));
        }
        self.loose.get_or_insert(untied);
        (outcome, why)
    }

    fn untied(&self, item: Option<&Item>) -> Option<Why> {
        match self.bench.chain.tied(item, self.schema) {
            Truth::True => None,
            Truth::False => Some(reason!("process-not-tied").into()),
            Truth::Unknown(reason) => Some(Why::because(reason!("process-not-tied-because"), reason)),
        }
    }

    /// `against`: the item is not as the check asks, so that it matters whose it is.
    fn standing(&self, item: &Item, against: bool) -> Standing {
        if !is_source(self.schema) || self.check.dependencies == Dependencies::Build {
            return Standing::Counts;
        }
        let owner = match seen::text(item, "owner") {
            Ok(owner) => owner,
            Err(reason) => return Standing::Unknown(reason),
        };
        match (owner.as_str(), self.check.dependencies) {
            ("main" | "local-replace", _) | (_, Dependencies::Build) => Standing::Counts,
            (_, Dependencies::Ignored) => Standing::Nothing,
            (_, Dependencies::Supporting) if against && self.bench.linked.item(item).is_true() => Standing::Listed,
            (_, Dependencies::Supporting) => Standing::Nothing,
            (_, Dependencies::Decisive) => match self.bench.linked.item(item) {
                Truth::True => Standing::Counts,
                Truth::False => Standing::Nothing,
                Truth::Unknown(reason) => Standing::Unknown(reason),
            },
        }
    }

    fn linked(&self, item: &Item) -> Truth {
        if is_source(self.schema) { self.bench.linked.item(item) } else { Truth::Unknown(reason!("not-code")) }
    }

    fn gaps(&mut self) {
        let decide_nothing = matches!(self.check.dependencies, Dependencies::Supporting | Dependencies::Ignored);
        let (aside, heard): (Vec<&Gap>, Vec<&Gap>) =
            self.sheet.gaps.iter().partition(|gap| decide_nothing && gap.owner.as_deref() == Some("dependency"));
        for gap in heard {
            self.judged.gaps.push(gap_result(&mut self.prints, gap));
        }
        if let Some(first) = aside.first() {
            self.judged.unheard = Some(Note {
                check: self.check.id.clone(),
                fingerprint: self.prints.whole("dependencies-not-seen"),
                message: Text::both(|lang| {
                    reason!("dependencies-not-seen", count = aside.len(), why = first.reason.render(lang)).render(lang)
                }),
            });
        }
    }

    /// What is about the whole check: too little seen, nothing selected, nothing that ties what was seen to the delivery.
    fn sum_up(&mut self) {
        let satisfied = self.judged.findings.iter().any(|f| f.result.outcome == Outcome::Satisfied);
        let (count, minimum) = (self.judged.examined.count, self.check.minimum);
        match self.check.form {
            Form::Each if count < minimum => {
                self.add(
                    "shortfall",
                    reason!("too-few-selected", found = count, needed = minimum, kind = self.check.kind),
                );
            }
            Form::None if count < minimum => self.too_few_examined(),
            // A sheet that lists something and says that nothing was examined contradicts itself: it shows nothing.
            Form::Some if satisfied && count == 0 => {
                self.judged.findings.clear();
                self.too_few_examined();
            }
            // One that is there is enough; what could not be told of others does not matter then.
            Form::Some if satisfied => self.judged.findings.retain(|f| f.result.outcome == Outcome::Satisfied),
            Form::Some if count < minimum => self.too_few_examined(),
            Form::Some if self.judged.findings.is_empty() && self.judged.gaps.is_empty() => self.nothing_selected(),
            Form::Each | Form::None | Form::Some => {}
        }
        self.tie(satisfied);
    }

    /// That nothing is wrong was observed on something, too.
    fn tie(&mut self, satisfied: bool) {
        let open = match self.check.form {
            _ if self.told => None,
            Form::None => self.untied(None),
            Form::Some if satisfied => None,
            Form::Each if !self.judged.findings.is_empty() => self.loose.take(),
            Form::Each | Form::Some => self.untied(None),
        };
        self.judged.tie = open.map(|why| whole(&mut self.prints, "tie", &self.check.kind, why));
    }

    fn too_few_examined(&mut self) {
        let (count, minimum) = (self.judged.examined.count, self.check.minimum);
        self.add("shortfall", reason!("too-few-examined", found = count, needed = minimum, kind = self.check.kind));
    }

    fn add(&mut self, what: &str, reason: Reason) {
        let result = whole(&mut self.prints, what, &self.check.kind, reason.into());
        self.judged.findings.push(Finding { result, linked: Truth::Unknown(reason!("not-asked")) });
    }

    fn nothing_selected(&mut self) {
        let nobody = Item { fields: Default::default(), origin: Default::default() };
        let result = FindingResult {
            outcome: Outcome::Violated,
            fingerprint: self.prints.whole("nothing-selected"),
            message: words::violated(self.check, &nobody),
            subject: self.check.kind.clone(),
            location: None,
            fact: None,
            exhibits: vec![],
            reason: None,
            mend: words::mend(self.check, &nobody),
        };
        self.judged.findings.push(Finding { result, linked: Truth::Unknown(reason!("not-code")) });
    }

    fn finding(&mut self, index: usize, item: &Item, outcome: Outcome, why: Option<Why>) -> FindingResult {
        let (message, mend) = match (&why, outcome) {
            (Some(why), _) => (words::undetermined(self.open_field(item), why), why.mend()),
            (None, Outcome::Violated) => (words::violated(self.check, item), words::mend(self.check, item)),
            (None, _) => (words::satisfied(self.check, item, self.schema), None),
        };
        FindingResult {
            outcome,
            fingerprint: self.prints.item(item, outcome),
            message,
            subject: subject(item, self.schema),
            location: Location::of(&item.origin),
            fact: Some(format!("{}#{index}", self.sheet.stem())),
            exhibits: item.origin.exhibits.clone(),
            reason: why.map(|why| why.reason.into_code()),
            mend,
        }
    }

    /// The field that leaves an item open, where one does.
    fn open_field(&self, item: &Item) -> Option<&'c str> {
        let expected: &[FieldTest] = match &self.check.body {
            CheckBody::Expect(tests) => tests,
            CheckBody::Selection => &[],
        };
        let mut tests = self.check.selects.iter().chain(expected);
        tests.find(|test| matches!(holds(item, test), Truth::Unknown(_))).map(|test| test.field.as_str())
    }
}

/// Items that have an owner and stand in a package: only they belong to somebody, and can be linked.
fn is_source(schema: &KindSchema) -> bool {
    let owned = schema.field("owner").is_some_and(|field| matches!(field.ty, Type::Enum(_) | Type::Text));
    schema.layers == [Layer::Source] && owned && schema.field("package").is_some()
}

/// The one gap of a check whose clause was left out.
pub fn left_out(clause: &str, check: &Check) -> GapResult {
    gap_result(
        &mut Fingerprints::new(clause, check),
        &Gap { reason: reason!("left-out"), place: String::new(), owner: None },
    )
}

fn gap_result(prints: &mut Fingerprints<'_>, gap: &Gap) -> GapResult {
    GapResult {
        code: gap.reason.code.clone(),
        fingerprint: prints.gap(gap),
        place: gap.place.clone(),
        message: Text::of(&gap.reason),
        mend: Text::mend(&gap.reason),
    }
}

fn whole(prints: &mut Fingerprints<'_>, what: &str, kind: &str, why: Why) -> FindingResult {
    FindingResult {
        outcome: Outcome::Undetermined,
        fingerprint: prints.whole(what),
        message: words::undetermined(None, &why),
        subject: kind.to_owned(),
        location: None,
        fact: None,
        exhibits: vec![],
        mend: why.mend(),
        reason: Some(why.reason.into_code()),
    }
}

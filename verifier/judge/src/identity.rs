//! The chain source → binary → image → process → endpoint: what the result shows of it, and what an observation of a running thing is worth by it.

use crate::Truth;
use crate::links::{all_agree, overall};
use crate::result::{IdentityLink, Outcome};
use crate::run::RunRecord;
use crate::seen;
use assize_facts::{Item, KindSchema, Layer, Sheet, reason};

/// The four links, evaluated in every run.
pub struct Chain<'a> {
    pub run: &'a RunRecord,
    pub source_binary: Sheet,
    pub image_binary: Sheet,
    pub process_binary: Sheet,
    pub endpoint_process: Sheet,
    /// Whether the contract agreed that a structural comparison of source and binary is enough.
    pub structural: bool,
}

impl Chain<'_> {
    /// As the result shows it.
    pub fn links(&self) -> Vec<IdentityLink> {
        vec![
            self.shown("source-binary", &[Layer::Source, Layer::Binary], || self.source()),
            self.shown("binary-image", &[Layer::Binary], || self.image()),
            self.shown("binary-process", &[Layer::Binary, Layer::Runtime], || self.shown_process()),
            self.shown("process-endpoint", &[Layer::Runtime], || self.shown_endpoints()),
        ]
    }

    fn shown(
        &self,
        link: &str,
        layers: &[Layer],
        evaluate: impl FnOnce() -> (Outcome, Option<String>),
    ) -> IdentityLink {
        let left_out = layers.iter().any(|layer| !self.run.examines(*layer));
        let (outcome, reason) = if left_out { (Outcome::Undetermined, Some("left-out".into())) } else { evaluate() };
        IdentityLink { link: link.into(), outcome, reason }
    }

    fn source(&self) -> (Outcome, Option<String>) {
        let field = if self.structural { "structure_agrees" } else { "agrees" };
        match overall(&self.source_binary, field) {
            // What was agreed is proved, and what was not is said.
            Truth::True if self.structural => (Outcome::Satisfied, Some("bodies-not-compared".into())),
            truth => {
                let parts = [
                    ("main_agrees", "main-disagrees"),
                    ("tags_agree", "tags-disagree"),
                    ("platform_agrees", "platform-disagrees"),
                    ("modules_agree", "modules-disagree"),
                    ("functions_agree", "link-functions-disagree"),
                    ("bodies_agree", "bodies-differ"),
                ];
                outcome(truth, first_false(&self.source_binary, &parts))
            }
        }
    }

    fn image(&self) -> (Outcome, Option<String>) {
        if self.image_binary.items.is_empty() && self.image_binary.scope.count > 0 {
            return (Outcome::NotApplicable, Some("no-image".into()));
        }
        let parts = [("holds", "image-without-binary"), ("digests_agree", "image-digests-differ")];
        let why = first_false(&self.image_binary, &parts);
        outcome(
            all_agree(&self.image_binary, reason!("not-collected"), |item| !seen::flag(item, "beside").is_true()),
            why,
        )
    }

    fn shown_process(&self) -> (Outcome, Option<String>) {
        let parts =
            [("same_bytes", "other-binary-runs"), ("nothing_preloaded", "preloaded"), ("unchanged", "executed-anew")];
        self.unless_operators(self.process(), first_false(&self.process_binary, &parts))
    }

    fn shown_endpoints(&self) -> (Outcome, Option<String>) {
        let all = all_agree(&self.endpoint_process, reason!("nothing-listens"), |_| true);
        self.unless_operators(all, first_false(&self.endpoint_process, &[("agrees", "other-process-answers")]))
    }

    /// What the operator named is the subject itself; that nothing ties it to the delivery is said all the same.
    fn unless_operators(&self, truth: Truth, why: Option<&str>) -> (Outcome, Option<String>) {
        if self.run.operator.all && !truth.is_true() {
            return (Outcome::Undetermined, Some("named-by-operator".into()));
        }
        outcome(truth, why)
    }

    fn process(&self) -> Truth {
        if [Layer::Binary, Layer::Runtime].iter().any(|layer| !self.run.examines(*layer)) {
            return Truth::Unknown(reason!("left-out"));
        }
        // A process that the operator named needs no tie, and proves none for others.
        all_agree(&self.process_binary, reason!("no-process-seen"), |item| !seen::flag(item, "by_operator").is_true())
    }

    /// Whether something observed is tied to the delivered binary. `None` asks for a whole sheet.
    pub fn tied(&self, item: Option<&Item>, schema: &KindSchema) -> Truth {
        if !needs_tie(schema) || self.run.operator.all || item.is_some_and(|item| self.is_operators(item)) {
            return Truth::True;
        }
        let process = self.process();
        let of_endpoints = schema.name.starts_with("endpoint.") || schema.name == "process.listeners";
        if of_endpoints { process.and(|| self.endpoint(item)) } else { process }
    }

    fn is_operators(&self, item: &Item) -> bool {
        let operator = &self.run.operator;
        let endpoint = item.text("endpoint").is_some_and(|name| operator.endpoints.iter().any(|e| e == name));
        let pid = item.origin.pid.is_some_and(|pid| operator.pids.contains(&pid));
        endpoint || pid || seen::flag(item, "by_operator").is_true()
    }

    /// The sockets behind an observation: those of its endpoint or port, else all.
    fn endpoint(&self, item: Option<&Item>) -> Truth {
        let name = item.and_then(|item| item.text("endpoint"));
        let port = item.and_then(|item| item.int("port"));
        let mine = |link: &Item| {
            let named = name.is_some_and(|name| link.texts("endpoints").is_some_and(|all| all.contains(&name)));
            named || (port.is_some() && link.int("port") == port)
        };
        let links = &self.endpoint_process;
        if !links.items.iter().any(mine) {
            return all_agree(links, reason!("nothing-listens"), |_| true);
        }
        let whole = links.gaps.iter().find(|gap| gap.place.is_empty());
        let agree = Truth::all(links.items.iter().filter(|link| mine(link)).map(|link| seen::flag(link, "agrees")));
        whole.map_or(Truth::True, |gap| Truth::Unknown(gap.reason.clone())).and(|| agree)
    }
}

/// Observations of running things; the two links that tie them are not tied by themselves.
fn needs_tie(schema: &KindSchema) -> bool {
    schema.layers.contains(&Layer::Runtime) && !matches!(schema.name, "link.process_binary" | "link.endpoint_process")
}

fn first_false<'n>(links: &Sheet, parts: &[(&str, &'n str)]) -> Option<&'n str> {
    parts
        .iter()
        .find(|(field, _)| links.items.iter().any(|item| seen::flag(item, field).is_false()))
        .map(|(_, name)| *name)
}

fn outcome(truth: Truth, why: Option<&str>) -> (Outcome, Option<String>) {
    match truth {
        Truth::True => (Outcome::Satisfied, None),
        Truth::False => (Outcome::Violated, Some(why.unwrap_or("link-disagrees").into())),
        Truth::Unknown(reason) => (Outcome::Undetermined, Some(reason.into_code())),
    }
}

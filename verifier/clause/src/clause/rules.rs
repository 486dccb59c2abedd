//! The rules between the checks of a clause.

use super::Weight;
use super::check::Outline;
use crate::read::{Reader, Span, did_you_mean};

pub(super) fn rules(reader: &Reader, checks: &[Outline], end: &Span) {
    twice(reader, checks);
    some_decide(reader, checks, end);
    checks.iter().for_each(|check| claims(reader, check, checks));
    checks.iter().for_each(|check| groups(reader, check, checks));
}

fn twice(reader: &Reader, checks: &[Outline]) {
    for (index, check) in checks.iter().enumerate() {
        let Some((id, span)) = &check.id else { continue };
        let same = checks[..index].iter().filter_map(|c| c.id.as_ref()).find(|(other, _)| other == id);
        if let Some((_, first)) = same {
            let mistake = reader.at(span, format!("a check is already called `{id}`"));
            reader.report(mistake.label("again here").also(first.clone(), "first here"));
        }
    }
}

fn some_decide(reader: &Reader, checks: &[Outline], end: &Span) {
    if checks.is_empty() {
        return reader.absent(reader.at(end, "the clause has no `[[check]]`"));
    }
    // A weight that could not be read may have been the decisive one.
    if checks.iter().all(|c| matches!(c.weight, Some(Weight::Supporting | Weight::Note))) {
        let span = &checks[0].weight_span;
        let mistake = reader.at(span, "no check of the clause is decisive");
        reader.absent(mistake.help("supporting checks and notes never make a verdict by themselves"));
    }
}

fn claims(reader: &Reader, check: &Outline, checks: &[Outline]) {
    if check.weight != Some(Weight::Supporting) {
        return;
    }
    let borne = || checks.iter().filter(|c| matches!(c.weight, Some(Weight::Decisive) | None));
    let Some((claim, span)) = &check.claim else {
        let mistake = reader.at(&check.weight_span, "a supporting check needs a `claim`");
        return reader.absent(mistake.help("the claim of the decisive check that it supports"));
    };
    let decisive: Vec<&str> = borne().filter_map(|c| Some(c.claim.as_ref()?.0.as_str())).collect();
    if !decisive.contains(&claim.as_str()) {
        let mistake = reader.at(span, format!("no decisive check bears the claim `{claim}`"));
        let help = did_you_mean(claim, decisive);
        reader.absent(mistake.help(help.unwrap_or_else(|| "give the same `claim` to a decisive check".into())));
    }
}

fn groups(reader: &Reader, check: &Outline, checks: &[Outline]) {
    let Some((group, span)) = &check.group else { return };
    if matches!(check.weight, Some(Weight::Supporting | Weight::Note)) {
        let mistake = reader.at(span, "only decisive checks are joined in a group");
        return reader.report(mistake.help("leave out `group`"));
    }
    let others = checks.iter().filter(|c| !std::ptr::eq(*c, check)).filter_map(|c| c.group.as_ref());
    let names: Vec<&str> = others.map(|(name, _)| name.as_str()).collect();
    if !names.contains(&group.as_str()) {
        let mistake = reader.at(span, format!("`{group}` is a group of one"));
        let near = did_you_mean(group, names).filter(|said| said.starts_with("did"));
        reader.absent(mistake.help(near.unwrap_or_else(|| "a group joins two or more checks by `or`".into())));
    }
}

//! The sheets of this room: which data there is, and the table of releases as it is used.

use crate::places::{Set, midnight};
use crate::{Places, Problem};
use assize_facts::kinds::data::{DataSet, GoRelease, Snapshot};
use assize_facts::{Fact, GoVersion, Known, Origin, Request, Sheet, Time, reason};

/// One sheet per request of this room's kinds. Data that is not there is a gap; data that cannot be read is the operator's to mend.
pub fn collect(places: &Places, requests: &[Request]) -> Result<Vec<Sheet>, Problem> {
    requests
        .iter()
        .map(|request| {
            let mut sheet = match request.kind.as_str() {
                Snapshot::KIND => snapshots(places)?,
                GoRelease::KIND => releases(places)?,
                kind => Sheet::missing(kind, reason!("collector-not-built", kind = kind)),
            };
            sheet.with = request.args();
            sheet.settle();
            Ok(sheet)
        })
        .collect()
}

fn snapshots(places: &Places) -> Result<Sheet, Problem> {
    let mut sheet = Sheet::of::<Snapshot>();
    match places.releases()? {
        Some(releases) => push(&mut sheet, DataSet::GoReleases, &releases.set, releases.data.all.len()),
        None => sheet.gap(reason!("go-release-table-missing"), ""),
    }
    match places.vulnerabilities()? {
        Some(database) => push(&mut sheet, DataSet::Vulnerabilities, &database.set, database.data.entries),
        // Its absence is told where the database is asked; this sheet lists what there is.
        None => sheet.examined(1),
    }
    Ok(sheet)
}

fn push(sheet: &mut Sheet, name: DataSet, set: &Set, entries: usize) {
    let as_of = match set.as_of {
        Some(when) => Known::Value(Time(when.to_string())),
        None => Known::Unknown(reason!("data-undated", name = name.word())),
    };
    let snapshot = Snapshot { name, as_of, source: set.source, sha256: set.sha256.clone(), entries: entries as u64 };
    sheet.push(snapshot, Origin::default());
    sheet.examined(1);
}

fn releases(places: &Places) -> Result<Sheet, Problem> {
    let mut sheet = Sheet::of::<GoRelease>();
    match places.releases()? {
        None => sheet.gap(reason!("go-release-table-missing"), ""),
        Some(releases) => {
            for release in &releases.data.all {
                let fact = GoRelease {
                    version: GoVersion(release.version.clone()),
                    date: Time(midnight(release.date).to_string()),
                    security: release.security,
                };
                sheet.push(fact, Origin::default());
                sheet.examined(1);
            }
        }
    }
    Ok(sheet)
}

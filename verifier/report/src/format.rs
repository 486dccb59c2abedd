//! The formats by name, and the one place that chooses between them.

use crate::case::Case;
use crate::{html, json, junit, markdown, oscal, sarif};

/// A format of the result, as `--format` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
    Sarif,
    SarifFailures,
    Junit,
    Oscal,
    Markdown,
    Html,
    /// Printed from the page by a browser.
    Pdf,
}

impl Format {
    pub const ALL: &'static [Format] = &[
        Format::Human,
        Format::Json,
        Format::Sarif,
        Format::SarifFailures,
        Format::Junit,
        Format::Oscal,
        Format::Markdown,
        Format::Html,
        Format::Pdf,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::SarifFailures => "sarif-failures",
            Format::Junit => "junit",
            Format::Oscal => "oscal",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Pdf => "pdf",
        }
    }

    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.iter().copied().find(|format| format.name() == name)
    }
}

/// The report as text; `None` for `human`, which depends on the terminal, and `pdf`, which is none.
pub fn render(format: Format, case: &Case) -> Option<String> {
    Some(match format {
        Format::Human | Format::Pdf => return None,
        Format::Json => json::json(case.result),
        Format::Sarif => sarif::sarif(case),
        Format::SarifFailures => sarif::sarif_failures(case),
        Format::Junit => junit::junit(case),
        Format::Oscal => oscal::oscal(case),
        Format::Markdown => markdown::markdown_report(case),
        Format::Html => html::html(case),
    })
}

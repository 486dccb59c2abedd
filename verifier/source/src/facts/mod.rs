//! The facts that Go source tells, one file per kind.

mod cgo;
mod cgo_optional;
mod declarations;
mod embeds;
mod files;
mod health;
mod listeners;
mod literals;
mod loaders;
mod logs;
mod mentions;
mod runtime_settings;
mod search;
mod seccomp;
mod signals;
mod source;
mod suppressions;
mod tls;

pub(crate) use literals::{MachineCode, machine_code};
pub(crate) use mentions::Mentions;
pub(crate) use source::Source;

use crate::meaning::Lens;
use assize_facts::kinds::inventory::Suppression;
use assize_facts::kinds::source::{
    CgoImport, Declarations, HealthHandler, Listener, LogCall, RuntimeSetting, SeccompLoad, SignalHandler, SourceFile,
    TlsConfig,
};
use assize_facts::{Fact, Sheet};

/// Kinds that are answered here.
pub(crate) const KINDS: &[&str] = &[
    SourceFile::KIND,
    CgoImport::KIND,
    Declarations::KIND,
    TlsConfig::KIND,
    SignalHandler::KIND,
    LogCall::KIND,
    Listener::KIND,
    HealthHandler::KIND,
    RuntimeSetting::KIND,
    SeccompLoad::KIND,
    Suppression::KIND,
];

/// The sheet of a kind of [`KINDS`].
pub(crate) fn sheet(kind: &str, source: &Source) -> Option<Sheet> {
    let mut sheet = match kind {
        SourceFile::KIND => files::sheet(source),
        CgoImport::KIND => cgo::sheet(source),
        Declarations::KIND => declarations::sheet(source),
        SignalHandler::KIND => signals::sheet(&Lens::new(source)),
        TlsConfig::KIND => tls::sheet(&Lens::new(source)),
        LogCall::KIND => logs::sheet(&Lens::new(source)),
        Listener::KIND => listeners::sheet(&Lens::new(source)),
        HealthHandler::KIND => health::sheet(&Lens::new(source)),
        RuntimeSetting::KIND => runtime_settings::sheet(&Lens::new(source)),
        SeccompLoad::KIND => seccomp::sheet(&Lens::new(source)),
        Suppression::KIND => suppressions::sheet(source),
        _ => return None,
    };
    sheet.settle();
    Some(sheet)
}

#[cfg(test)]
mod cgo_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod services_tests;
#[cfg(test)]
mod settings_tests;
#[cfg(test)]
mod signals_tests;
#[cfg(test)]
pub(crate) mod table;

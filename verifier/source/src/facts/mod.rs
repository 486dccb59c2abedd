//! The facts that Go source tells, one file per kind.

mod accepted;
mod alternatives;
mod asked;
mod cgo;
mod cgo_optional;
pub(crate) mod declarations;
mod default_clients;
mod default_mux;
mod embeds;
mod encoded;
mod exec;
mod files;
mod frameworks;
mod grpc;
mod handed;
mod health;
mod health_served;
mod http_clients;
mod implied;
mod listeners;
mod literals;
mod loaders;
mod log_fields;
mod log_methods;
mod log_setup;
mod log_values;
mod loggers;
mod logs;
mod matches;
mod mentions;
mod mounted;
mod mounts;
mod muxes;
mod order;
mod pprof;
mod prefixes;
mod routers;
mod runtime_settings;
mod search;
mod seccomp;
mod sensing;
mod signal_channels;
mod signals;
mod sockets;
mod source;
mod spoken;
mod structs;
mod suppressions;
mod tls;
mod types;
mod unsafe_pointers;
mod writers;

pub(crate) use literals::{MachineCode, machine_code};
pub(crate) use mentions::{DIRECTIVE, Mentions, marks};
pub(crate) use source::Source;

use crate::meaning::Lens;
use assize_facts::kinds::inventory::Suppression;
use assize_facts::kinds::source::{
    CgoImport, Declarations, Embed, ExecCall, HealthHandler, HttpClient, Listener, LogCall, Match, Pprof,
    RuntimeSetting, SeccompLoad, SignalHandler, SourceFile, TestSensing, TlsConfig, UnsafePointer,
};
use assize_facts::{Fact, Request, Sheet};

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
    HttpClient::KIND,
    Pprof::KIND,
    UnsafePointer::KIND,
    ExecCall::KIND,
    Embed::KIND,
    TestSensing::KIND,
    Match::KIND,
];

/// Those of [`KINDS`] that ask what the inventory has on files.
pub(crate) const OF_INVENTORY: &[&str] = &[CgoImport::KIND, Embed::KIND];

/// Whether they have anything to ask.
pub(crate) fn asks_inventory(source: &Source) -> bool {
    embeds::any(source)
}

/// The sheets of kinds of [`KINDS`], in their order. What was found out for one serves the next as long as there is room for it.
pub(crate) fn sheets(requests: &[&Request], source: &mut Source) -> Vec<Option<Sheet>> {
    let mut sheets = Vec::with_capacity(requests.len());
    while sheets.len() < requests.len() {
        let lens = Lens::new(source);
        for request in &requests[sheets.len()..] {
            sheets.push(seen(request, &lens));
            if !source.is_roomy() {
                break;
            }
        }
        drop(lens);
        source.tidy();
    }
    sheets
}

pub(crate) fn seen(request: &Request, lens: &Lens) -> Option<Sheet> {
    let source = lens.source;
    let mut sheet = match request.kind.as_str() {
        SourceFile::KIND => files::sheet(source),
        CgoImport::KIND => cgo::sheet(source),
        Declarations::KIND => declarations::sheet(source),
        SignalHandler::KIND => signals::sheet(lens),
        TlsConfig::KIND => tls::sheet(lens),
        LogCall::KIND => logs::sheet(lens),
        Listener::KIND => listeners::sheet(lens),
        HealthHandler::KIND => health::sheet(lens),
        RuntimeSetting::KIND => runtime_settings::sheet(lens),
        SeccompLoad::KIND => seccomp::sheet(lens),
        Suppression::KIND => suppressions::sheet(source),
        HttpClient::KIND => http_clients::sheet(lens),
        Pprof::KIND => pprof::sheet(lens),
        UnsafePointer::KIND => unsafe_pointers::sheet(lens),
        ExecCall::KIND => exec::sheet(lens),
        Embed::KIND => embeds::sheet(source),
        TestSensing::KIND => sensing::sheet(lens),
        Match::KIND => matches::sheet(lens, request),
        _ => return None,
    };
    sheet.settle();
    Some(sheet)
}

#[cfg(test)]
mod callers_tests;
#[cfg(test)]
mod cgo_tests;
#[cfg(test)]
mod clients_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod frameworks_tests;
#[cfg(test)]
mod health_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod log_setup_tests;
#[cfg(test)]
mod logs_tests;
#[cfg(test)]
mod machine_tests;
#[cfg(test)]
mod mounted_tests;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod pprof_tests;
#[cfg(test)]
mod services_tests;
#[cfg(test)]
mod settings_tests;
#[cfg(test)]
mod signals_tests;
#[cfg(test)]
pub(crate) mod table;

//! What was read of an executable as typed facts.

use crate::build_info::{BuildInfo, Line};
use crate::functions::Function;
use crate::program::Program;
use assize_facts::kinds::binary::{Functions, Info, Linkage, Module, Setting};
use assize_facts::{GoVersion, Known, Origin, Reason, Sheet, reason};
use assize_golang::linker::in_module;
use std::borrow::Cow;

/// Packages that load C without cgo, by their import path: the class of run-time loaders.
const LOADERS: &[&str] = &[
    "github.com/ebitengine/purego",
    "github.com/notti/nocgo",
    "github.com/jupiterrider/ffi",
    "github.com/rainycape/dl",
    "github.com/coreos/pkg/dlopen",
    "github.com/pkujhd/goloader",
];
const MOST_SHOWN: usize = 20;

fn origin(program: &Program) -> Origin {
    Origin::file(program.path.as_str())
}

/// Something of the build information; null where there is none.
fn of_info<T>(program: &Program, pick: impl Fn(&BuildInfo) -> Option<T>) -> Known<Option<T>> {
    match &program.build_info {
        Known::Value(info) => Known::Value(info.as_ref().and_then(pick)),
        Known::Possible(_) => Known::Unknown(reason!("build-information-broken")),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    }
}

fn setting(program: &Program, key: &str) -> Known<Option<String>> {
    of_info(program, |info| info.setting(key).map(str::to_owned))
}

pub fn info(sheet: &mut Sheet, program: &Program) {
    let version = |info: &BuildInfo| Some(GoVersion(info.version.trim_start_matches("go").to_owned()));
    let info = Info {
        binary: program.name.clone(),
        path: program.path.clone(),
        sha256: program.sha256.clone(),
        format: program.headers.format.into(),
        os: program.headers.os.clone(),
        arch: program.headers.arch.clone(),
        go_program: program.is_go(),
        go_version: of_info(program, version),
        main_package: of_info(program, |info| info.path.clone()),
        main_module: of_info(program, |info| info.main.as_ref().map(|m| m.path.clone())),
        main_version: of_info(program, |info| info.main.as_ref().map(|m| m.version.clone())),
        readers_agree: program.readers_agree.clone(),
        stripped: program.headers.stripped,
        obfuscated: program.obfuscated.clone(),
        packer: program.packer.clone(),
        compiler: program.compiler.clone(),
        default_godebug: setting(program, "DefaultGODEBUG"),
        vcs_revision: setting(program, "vcs.revision"),
        vcs_modified: setting(program, "vcs.modified").map(|v| v.map(|v| v == "true")),
        declared: program.declared,
        beside: program.beside,
    };
    sheet.push(info, origin(program));
}

/// The build information where it was read; else the reason becomes a gap of the sheet.
fn read<'p>(sheet: &mut Sheet, program: &'p Program) -> Option<&'p BuildInfo> {
    match &program.build_info {
        Known::Value(info) => info.as_ref(),
        Known::Possible(_) => None,
        Known::Unknown(reason) => {
            sheet.gap(reason.clone(), program.path.as_str());
            None
        }
    }
}

pub fn settings(sheet: &mut Sheet, program: &Program) {
    if program.beside {
        return;
    }
    let Some(info) = read(sheet, program) else { return };
    for (key, value) in &info.settings {
        let setting = Setting { binary: program.name.clone(), key: key.clone(), value: value.clone() };
        sheet.push(setting, origin(program));
    }
}

pub fn modules(sheet: &mut Sheet, program: &Program) {
    if program.beside {
        return;
    }
    let Some(info) = read(sheet, program) else { return };
    let main = info.main.iter().map(|line| (line, true));
    for (line, is_main) in main.chain(info.modules.iter().map(|line| (line, false))) {
        sheet.push(module(program, line, is_main), origin(program));
    }
}

fn module(program: &Program, line: &Line, is_main: bool) -> Module {
    let replace = line.replace.as_deref();
    Module {
        binary: program.name.clone(),
        path: line.path.clone(),
        version: line.version.clone(),
        sum: line.sum.clone(),
        replace_path: replace.map(|r| r.path.clone()),
        replace_version: replace.map(|r| r.version.clone()).filter(|v| !v.is_empty()),
        replace_sum: replace.and_then(|r| r.sum.clone()),
        is_main,
    }
}

pub fn functions(sheet: &mut Sheet, program: &Program) {
    let read = match &program.functions {
        Ok(functions) => functions,
        // Of a program beside the delivered ones the runtime alone is asked for, which is then not there.
        Err(_) if program.beside => return,
        Err(reason) => return sheet.gap(reason.clone(), program.path.as_str()),
    };
    if let Some(reason) = read.trees_unread.as_ref().filter(|_| !program.beside) {
        sheet.gap(reason.clone(), program.path.as_str());
    }
    for (name, package) in read.packages().filter(|(name, _)| !program.beside || *name == "runtime") {
        let mut all: Vec<Function<'_>> = package.functions().collect();
        all.sort_unstable();
        let functions = Functions {
            binary: program.name.clone(),
            package: name.to_owned(),
            names: all.iter().map(|f| f.name.as_ref().to_owned()).collect(),
            files: all.iter().map(|f| f.file.as_ref().to_owned()).collect(),
            lines: all.iter().map(|f| f.line).collect(),
            inlined: package.inlined().map(Cow::into_owned).collect(),
        };
        sheet.push(functions, origin(program));
    }
}

/// Functions that only a build with cgo has; data symbols such as `_cgo_init` are in every Go program and are not asked for.
pub fn cgo_functions(functions: &Result<crate::functions::Functions, Reason>) -> Known<Vec<String>> {
    let functions = match functions {
        Ok(functions) => functions,
        Err(reason) => return Known::Unknown(reason.clone()),
    };
    let mut found = Vec::new();
    for (package, functions) in functions.packages() {
        let cgo = |name: &[u8]| {
            let marks = ["_cgo_", "_Cfunc_", "_C2func_", "_cgoexp_"];
            package == "runtime/cgo" || marks.iter().any(|mark| name.starts_with(mark.as_bytes()))
        };
        found.extend(functions.names_that(cgo).map(|name| format!("{package}.{name}")));
    }
    found.sort();
    Known::Value(found)
}

fn loaders(program: &Program) -> Known<Vec<String>> {
    let functions = match &program.functions {
        Ok(functions) => functions,
        Err(reason) => return Known::Unknown(reason.clone()),
    };
    let is_loader = |package: &&str| LOADERS.iter().any(|loader| in_module(loader, package));
    Known::Value(functions.packages().map(|(package, _)| package).filter(is_loader).map(str::to_owned).collect())
}

pub fn linkage(sheet: &mut Sheet, program: &Program) {
    let headers = &program.headers;
    let mut cgo = cgo_functions(&program.functions);
    let has_cgo = cgo.clone().map(|found| !found.is_empty());
    if let Known::Value(found) = &mut cgo {
        found.truncate(MOST_SHOWN);
    }
    let cgo_setting = cgo_setting(program);
    let consistent = match (&cgo_setting, &has_cgo) {
        (Known::Value(Some(false)), Known::Value(found)) => Known::Value(!found),
        (Known::Value(_), Known::Value(_)) => Known::Value(true),
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        (Known::Possible(_), _) | (_, Known::Possible(_)) => Known::Unknown(reason!("build-information-broken")),
    };
    let stated = setting(program, "-buildmode");
    let known = |value| program.unread.clone().map_or(Known::Value(value), Known::Unknown);
    let linkage = Linkage {
        binary: program.name.clone(),
        go_program: program.is_go(),
        interpreter: headers.interpreter.clone(),
        needed: headers.needed.clone(),
        needed_by_pure_go: known(headers.needed_by_pure_go),
        cgo_setting,
        cgo_functions: cgo,
        has_cgo_functions: has_cgo,
        run_time_loaders: loaders(program),
        consistent,
        embedded: program.embedded.clone(),
        build_mode: program.unread.clone().map_or_else(|| build_mode(headers.mode, &stated), Known::Unknown),
        rpath: headers.rpath.clone(),
        pie: headers.pie,
        relro: headers.relro.into(),
        nx: headers.nx,
        writable_executable: headers.writable_executable,
        stack_protector: program.stack_protector.clone(),
        named_libraries: program.named_libraries.clone(),
    };
    sheet.push(linkage, origin(program));
}

/// `CGO_ENABLED` as the go command records it since Go 1.18. Other build systems record no settings: then nothing is known.
fn cgo_setting(program: &Program) -> Known<Option<bool>> {
    match setting(program, "CGO_ENABLED") {
        Known::Value(Some(value)) if value == "0" || value == "1" => Known::Value(Some(value == "1")),
        Known::Value(_) => Known::Unknown(reason!("setting-not-recorded", setting = "CGO_ENABLED")),
        unread => unread.map(|_| None),
    }
}

/// What the headers show; of a shared object, the name that the build information gives it.
fn build_mode(headers: &str, stated: &Known<Option<String>>) -> Known<String> {
    match (headers, stated) {
        ("shared", Known::Value(Some(mode))) if mode != "exe" && mode != "pie" => Known::Value(mode.clone()),
        (mode, _) => Known::Value(mode.into()),
    }
}

//! `source.seccomp_loads`: where the program loads a seccomp filter, by a library or by the system call itself.

use super::mentions::mark;
use super::order::before_listening;
use super::search::{Search, is_dead, item, methods, references, spelt};
use crate::go::syntax::{Call, Expr};
use crate::meaning::{Const, Lens, Site, Symbol};
use assize_facts::kinds::source::SeccompLoad;
use assize_facts::{Item, Known, Sheet, reason};

/// Functions of libraries that load a filter.
const LIBRARIES: &[(&str, &str)] = &[
    ("github.com/elastic/go-seccomp-bpf", "LoadFilter"),
    ("github.com/opencontainers/runc/libcontainer/seccomp", "InitSeccomp"),
    ("github.com/seccomp/containers-golang", "LoadProfile"),
    ("github.com/containers/common/pkg/seccomp", "LoadProfile"),
];
const LIBSECCOMP: &str = "github.com/seccomp/libseccomp-golang";

/// Functions that make a system call whose number is the first argument.
const RAW: &[&str] = &[
    "Syscall",
    "Syscall6",
    "RawSyscall",
    "RawSyscall6",
    "SyscallNoError",
    "RawSyscallNoError",
    "AllThreadsSyscall",
    "AllThreadsSyscall6",
];
const RAW_PACKAGES: &[&str] = &["syscall", "golang.org/x/sys/unix"];

/// `seccomp` and `prctl` by architecture (Go's zsysnum_linux_*.go).
const NUMBERS: &[(&str, i128, i128)] = &[
    ("amd64", 317, 157),
    ("386", 354, 172),
    ("arm", 383, 172),
    ("arm64", 277, 167),
    ("riscv64", 277, 167),
    ("loong64", 277, 167),
    ("ppc64le", 358, 171),
    ("ppc64", 358, 171),
    ("s390x", 348, 172),
    ("mips64le", 5312, 5153),
    ("mips64", 5312, 5153),
    ("mipsle", 4352, 4192),
    ("mips", 4352, 4192),
];

/// `PR_SET_SECCOMP` (prctl(2)) with `SECCOMP_MODE_FILTER`, `SECCOMP_SET_MODE_FILTER` (seccomp(2)).
const PR_SET_SECCOMP: i128 = 22;
const MODE_FILTER: i128 = 2;
const SET_MODE_FILTER: i128 = 1;

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let libraries = || LIBRARIES.iter().map(|(path, _)| *path).chain([LIBSECCOMP]);
    let search = Search {
        file: &|lens, file| RAW_PACKAGES.iter().copied().chain(libraries()).any(|path| lens.imports(file, path)),
        marks: mark::SECCOMP,
        words: &[],
        dependencies: true,
    };
    search.sheet::<SeccompLoad>(lens, |site| {
        let mut out: Vec<(u32, Item)> = Vec::new();
        for found in references(lens, site, is_sought) {
            let library = match found.call {
                Some((_, call)) if RAW_PACKAGES.contains(&&*found.symbol.path) => {
                    match raw(lens, site, &found.symbol, call) {
                        Some(name) => name.to_string(),
                        None => continue,
                    }
                }
                _ if RAW_PACKAGES.contains(&&*found.symbol.path) => continue,
                _ => found.symbol.path.to_string(),
            };
            let call = found.call.map(|(whole, _)| whole);
            out.push((found.whole().at.start, of(lens, site, library, spelt(&found.symbol), found.whole(), call)));
        }
        for (base, name, whole, _) in methods(site).filter(|(_, name, _, _)| *name == "Load") {
            if lens.type_of(site, base).is_some_and(|t| t.name.is(LIBSECCOMP, "ScmpFilter"))
                || is_new_filter(lens, site, base)
            {
                let call = format!("ScmpFilter.{name}");
                out.push((whole.at.start, of(lens, site, LIBSECCOMP.into(), call, whole, Some(whole))));
            }
        }
        // What nobody calls loads nothing.
        if !out.is_empty() && is_dead(lens, site) {
            out.clear();
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, item)| item).collect()
    })
}

/// Whether a function makes a system call whose number is its first argument.
pub(super) fn is_raw(symbol: &Symbol) -> bool {
    RAW_PACKAGES.contains(&&*symbol.path) && RAW.contains(&&*symbol.name)
}

fn is_sought(symbol: &Symbol) -> bool {
    let prctl = RAW_PACKAGES.contains(&&*symbol.path) && &*symbol.name == "Prctl";
    is_raw(symbol) || prctl || LIBRARIES.iter().any(|(path, name)| symbol.is(path, name))
}

/// A filter from `libseccomp.NewFilter`, whose type is not delivered.
fn is_new_filter<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> bool {
    use crate::go::syntax::Is;
    use crate::meaning::{bare, body::Binding};
    let Some(local) = site.body.local(bare(base)) else { return false };
    let Some(Binding::Define([one], 0, _)) = site.body.locals.get(local as usize).map(|l| l.binding) else {
        return false;
    };
    let Is::Call(call) = &bare(one).is else { return false };
    lens.symbol(site, &call.fun).is_some_and(|s| s.is(LIBSECCOMP, "NewFilter"))
}

/// Whether a system call is one that loads a filter; what it is called.
fn raw<'s>(lens: &Lens<'s>, site: &Site<'s>, symbol: &Symbol, call: &Call) -> Option<&'static str> {
    let value = |index: usize| call.args.get(index).map(|arg| lens.eval(site, arg));
    let single = |index: usize| value(index).and_then(|v| v.single().cloned());
    if &*symbol.name == "Prctl" {
        return is_filter(single(0), single(1)).then_some("prctl");
    }
    let number = single(0)?;
    let is = |name: &str, of: fn(&(&str, i128, i128)) -> i128| match &number {
        Const::Symbol(symbol) => &*symbol.name == name,
        Const::Int(n) => lens
            .source
            .program
            .configs
            .iter()
            .any(|config| config.os == "linux" && NUMBERS.iter().any(|row| row.0 == config.arch && of(row) == *n)),
        Const::Text(_) | Const::Bool(_) | Const::Nil => false,
    };
    if is("SYS_SECCOMP", |row| row.1) {
        let sets = match single(1) {
            Some(Const::Int(mode)) => mode == SET_MODE_FILTER,
            Some(Const::Symbol(symbol)) => symbol.name.ends_with("SET_MODE_FILTER"),
            Some(Const::Text(_) | Const::Bool(_) | Const::Nil) => false,
            None => true,
        };
        return sets.then_some("seccomp");
    }
    (is("SYS_PRCTL", |row| row.2) && is_filter(single(1), single(2))).then_some("prctl")
}

/// `prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER)`; an option that is not known is none that anyone could recognise.
fn is_filter(option: Option<Const>, mode: Option<Const>) -> bool {
    let option = match option {
        Some(Const::Int(n)) => n == PR_SET_SECCOMP,
        Some(Const::Symbol(symbol)) => &*symbol.name == "PR_SET_SECCOMP",
        Some(Const::Text(_) | Const::Bool(_) | Const::Nil) | None => false,
    };
    let mode = match mode {
        Some(Const::Int(n)) => n == MODE_FILTER,
        Some(Const::Symbol(symbol)) => symbol.name.ends_with("MODE_FILTER"),
        Some(Const::Text(_) | Const::Bool(_) | Const::Nil) => false,
        None => true,
    };
    option && mode
}

fn of<'s>(lens: &Lens<'s>, site: &Site<'s>, library: String, call: String, at: &Expr, whole: Option<&Expr>) -> Item {
    let before_listening = match whole.and_then(|whole| site.body.place(whole)) {
        Some(node) => before_listening(lens, site, node, &call),
        // A function that is named may be called anywhere.
        None => Known::Unknown(reason!("listening-order-not-followed", call = &call)),
    };
    let fact = SeccompLoad {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        library,
        call,
        before_listening,
    };
    item(fact, lens.source.origin(site.place.file, at.at))
}

//! `source.runtime_settings`: what go.mod, go.work, `//go:debug` lines and calls set of the Go runtime.

use super::Source;
use super::mentions::{DIRECTIVE, mark};
use super::search::{Reference, Search, called, item, references, references_named};
use crate::build::{FileId, join};
use crate::go::directive::Directive;
use crate::go::syntax::{Expr, Item as Declared};
use crate::meaning::{Const, Lens, Site, Symbol, Use, bare};
use assize_facts::kinds::source::{Owner, RuntimeSetting, SettingSource};
use assize_facts::{Item, Known, Origin, Sheet, reason};
use assize_golang::godebug;
use assize_golang::modfile::{GoVersionLine, Godebug};

/// Calls that set something of the runtime, with the argument that says what.
const CALLS: &[(&str, &str, usize)] = &[
    ("runtime", "GOMAXPROCS", 0),
    ("runtime", "SetCPUProfileRate", 0),
    ("runtime", "SetBlockProfileRate", 0),
    ("runtime", "SetMutexProfileFraction", 0),
    ("runtime/debug", "SetGCPercent", 0),
    ("runtime/debug", "SetMemoryLimit", 0),
    ("runtime/debug", "SetMaxThreads", 0),
    ("runtime/debug", "SetMaxStack", 0),
    ("runtime/debug", "SetTraceback", 0),
    ("runtime/debug", "SetPanicOnFault", 0),
];

/// Environment variables that the runtime reads (runtime package documentation).
const VARIABLES: &[&str] = &["GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK", "GORACE"];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let search = Search {
        file: &|lens, file| {
            let paths = ["runtime", "runtime/debug", "os", "syscall", "golang.org/x/sys/unix"];
            paths.iter().any(|path| lens.imports(file, path))
        },
        marks: mark::RUNTIME | mark::SETENV,
        words: &[],
        dependencies: true,
    };
    let mut sheet = search.sheet::<RuntimeSetting>(lens, |site| {
        references_named(lens, site, is_name, is_sought).iter().flat_map(|found| of_call(lens, site, found)).collect()
    });
    let mut items = of_module_files(lens.source);
    items.extend(of_directives(lens));
    items.extend(linked(lens));
    items.append(&mut sheet.items);
    sheet.items = items;
    sheet
}

fn is_name(name: &str) -> bool {
    matches!(name, "Setenv" | "MemProfileRate") || CALLS.iter().any(|(_, known, _)| *known == name)
}

fn is_sought(symbol: &Symbol) -> bool {
    is_setenv(symbol) || is_heap_rate(symbol) || CALLS.iter().any(|(path, name, _)| symbol.is(path, name))
}

/// The one rate that is a variable (runtime package documentation).
fn is_heap_rate(symbol: &Symbol) -> bool {
    symbol.is("runtime", "MemProfileRate")
}

fn is_setenv(symbol: &Symbol) -> bool {
    symbol.is("os", "Setenv") || symbol.is("syscall", "Setenv") || symbol.is("golang.org/x/sys/unix", "Setenv")
}

fn of_call<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> Vec<Item> {
    let origin = lens.source.origin(site.place.file, found.whole().at);
    let make = |from, name: &str, value| {
        let package = lens.package(site.place.file).to_string();
        let fact = RuntimeSetting { package, owner: lens.owner(site.place.file), from, name: name.into(), value };
        item(fact, origin.clone())
    };
    let open = || Known::Unknown(lens.open(site, found.whole()));
    let value_of = |value: &Expr| lens.eval(site, value).known(|| lens.open(site, value), shown);
    if is_heap_rate(&found.symbol) {
        let value = match site.body.use_of(found.node) {
            Use::Assign(value) => value.map_or_else(open, value_of),
            Use::Address => open(),
            Use::AssignField(..) | Use::Field(..) | Use::Method(..) | Use::Read => return Vec::new(),
        };
        return vec![make(SettingSource::Assignment, &found.symbol.name, value)];
    }
    let Some((_, call)) = found.call else {
        // `f := os.Setenv` may set anything; a setter of the runtime is named by itself.
        return match is_setenv(&found.symbol) {
            true if lens.owner(site.place.file) == Owner::Dependency => Vec::new(),
            true => vec![make(SettingSource::Setenv, "GODEBUG", open())],
            false => vec![make(SettingSource::Call, &found.symbol.name, open())],
        };
    };
    if is_setenv(&found.symbol) {
        let [name, value] = call.args.as_slice() else { return Vec::new() };
        let text = |at| lens.eval(site, at).known(|| lens.open(site, at), text);
        // Each name with its own value, where there are several.
        let told = pairs(lens, site, name, value).unwrap_or_else(|| vec![(text(name), text(value))]);
        // Dependencies set what their callers ask for.
        let own = lens.owner(site.place.file) != Owner::Dependency;
        let mut out = Vec::new();
        for (name, value) in told {
            match name {
                Known::Value(name) if VARIABLES.contains(&name.as_str()) => {
                    out.extend(of_variable(&name, value).into_iter().map(|(n, v)| make(SettingSource::Setenv, &n, v)));
                }
                Known::Possible(names) if names.iter().any(|n| n == "GODEBUG") => {
                    out.push(make(SettingSource::Setenv, "GODEBUG", open()));
                }
                Known::Value(_) | Known::Possible(_) => {}
                Known::Unknown(_) => out.extend(own.then(|| make(SettingSource::Setenv, "GODEBUG", open()))),
            }
        }
        return out;
    }
    let at = CALLS.iter().find(|(path, name, _)| found.symbol.is(path, name)).map_or(0, |(_, _, at)| *at);
    let value = match call.args.get(at) {
        Some(arg) => value_of(arg),
        None => open(),
    };
    // GOMAXPROCS(0) asks and sets nothing.
    if found.symbol.is("runtime", "GOMAXPROCS")
        && matches!(&value, Known::Value(v) if v.parse::<i64>().is_ok_and(|n| n < 1))
    {
        return Vec::new();
    }
    vec![make(SettingSource::Call, &found.symbol.name, value)]
}

type Pair = (Known<String>, Known<String>);

/// Names and values of a call that are not told where it stands: those of a literal map that is ranged over, or of the calls of the
/// function that hands its parameters on.
fn pairs<'s>(lens: &Lens<'s>, site: &Site<'s>, name: &Expr, value: &Expr) -> Option<Vec<Pair>> {
    let text = |site: &Site<'s>, at: &Expr| lens.eval(site, at).known(|| lens.open(site, at), text);
    if let (Some(names), Some(values)) = (lens.ranged(site, name), lens.ranged(site, value)) {
        let both = names.into_iter().zip(values);
        return Some(both.map(|((at, name), (of, value))| (text(&at, name), text(&of, value))).collect());
    }
    if site.body.closure(site.body.place(name)?).is_some() {
        return None;
    }
    let Some(Declared::Func(func)) = lens.item(site.place) else { return None };
    let param = |expr: &Expr| {
        let local = site.body.local(bare(expr))?;
        let set = site.body.uses(local).any(|(_, used)| !matches!(used, Use::Read));
        let index = func.signature.params.iter().position(|p| {
            p.name.as_ref().is_some_and(|name| site.body.local_at(name.at) == Some(local)) && !p.variadic
        })?;
        (!set).then_some(index)
    };
    let name_at = param(name)?;
    if func.receiver.is_some() {
        return None;
    }
    let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
    let mut out = Vec::new();
    for (at, node) in lens.mentions(&symbol).iter() {
        let (_, call) = called(at, *node)?;
        let value = match param(value) {
            Some(index) => text(at, call.args.get(index)?),
            None => text(site, value),
        };
        out.push((text(at, call.args.get(name_at)?), value));
    }
    Some(out)
}

fn of_variable(name: &str, value: Known<String>) -> Vec<(String, Known<String>)> {
    match value {
        Known::Value(value) if name == "GODEBUG" => {
            // Blanks are part of a name, and no setting has one (internal/godebug, `parse`).
            let parts = value.split(',').filter_map(|part| part.split_once('='));
            parts.map(|(name, value)| (name.to_string(), value.to_string().into())).collect()
        }
        value => vec![(name.to_string(), value)],
    }
}

/// Whether a call of the program may switch `tls10server` on.
pub(super) fn may_lower_tls(lens: &Lens) -> bool {
    let search = Search {
        file: &|lens, file| ["os", "syscall", "golang.org/x/sys/unix"].iter().any(|path| lens.imports(file, path)),
        marks: mark::SETENV,
        words: &[],
        dependencies: true,
    };
    let (found, _) = search.run(lens, |site| {
        let calls = references(lens, site, is_setenv);
        calls.iter().flat_map(|found| of_call(lens, site, found)).collect::<Vec<Item>>()
    });
    linked(lens).next().is_some()
        || found.iter().any(|item| match item.text("name") {
            Some("tls10server") => item.text("value") != Some("0"),
            Some("GODEBUG") => true,
            _ => false,
        })
}

fn text(value: Const) -> Option<String> {
    match value {
        Const::Text(text) => Some(text),
        Const::Int(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
    }
}

fn shown(value: Const) -> Option<String> {
    match value {
        Const::Text(text) => Some(text),
        Const::Int(number) => Some(number.to_string()),
        Const::Bool(value) => Some(value.to_string()),
        Const::Nil | Const::Symbol(_) => None,
    }
}

/// The module file whose `go` and `godebug` lines are in force for one build: go.work in a workspace, else the main module's go.mod.
struct InForce<'a> {
    package: String,
    file: String,
    go: Option<&'a GoVersionLine>,
    godebug: &'a [Godebug],
    toolchain: Option<u32>,
}

fn in_force<'a>(source: &'a Source) -> Vec<InForce<'a>> {
    let program = &source.program;
    let mut out = Vec::new();
    for build in &program.builds {
        let (modules, config) = (&program.modules[build.modules], &program.configs[build.config]);
        let Some(main) = modules.mains.first() else { continue };
        let toolchain = config.release_declared.then_some(config.release);
        let shown = |path: &str| program.files.shown(path);
        out.push(match &modules.work {
            Some(work) => InForce {
                package: main.path.clone(),
                file: shown(&work_file(source, &main.folder)),
                go: work.go.as_ref(),
                godebug: &work.godebug,
                toolchain,
            },
            None => InForce {
                package: main.path.clone(),
                file: shown(&join(&main.folder, "go.mod")),
                go: main.go_mod.go.as_ref(),
                godebug: &main.go_mod.godebug,
                toolchain,
            },
        });
    }
    out
}

fn work_file(source: &Source, folder: &str) -> String {
    let mut folder = folder;
    loop {
        let path = join(folder, "go.work");
        if folder.is_empty() || source.program.folders.has_file(&path) {
            return path;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

fn of_module_files(source: &Source) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    for file in in_force(source) {
        let make = |from, name: &str, value: &str, line: u32| {
            let value = value.to_string().into();
            let fact =
                RuntimeSetting { package: file.package.clone(), owner: Owner::Main, from, name: name.into(), value };
            item(fact, Origin::line(file.file.clone(), line))
        };
        let mut items = Vec::new();
        if let Some(go) = file.go {
            let stated = |name: &str| file.godebug.iter().any(|g| g.key == name || g.key == "default");
            let implied = godebug::implied(&go.version, file.toolchain).into_iter().filter(|(name, _)| !stated(name));
            items.extend(implied.map(|(name, value)| make(SettingSource::GoLine, name, value, go.place.line)));
        }
        for line in file.godebug {
            items.push(make(SettingSource::GodebugLine, &line.key, &line.value, line.place.line));
            // `default=go1.21` brings what that go line would.
            let implied = (line.key == "default").then(|| line.value.strip_prefix("go")).flatten();
            let implied = implied.map(|go| godebug::implied(go, file.toolchain)).unwrap_or_default();
            items.extend(implied.into_iter().map(|(n, v)| make(SettingSource::GodebugLine, n, v, line.place.line)));
        }
        items.retain(|item| !out.contains(item));
        out.extend(items);
    }
    out
}

/// `//go:debug` lines of main packages, before the package clause (cmd/go/internal/load/godebug.go).
fn of_directives(lens: &Lens) -> Vec<Item> {
    let program = &lens.source.program;
    let toolchain = in_force(lens.source).first().and_then(|file| file.toolchain);
    let mut out = Vec::new();
    for package in program.packages.values().filter(|p| p.is_main) {
        for &file in &package.go_files {
            for (name, value, start, end) in directives(lens, file) {
                // `default=go1.21` brings what that go line would.
                let implied = (name == "default").then(|| value.strip_prefix("go")).flatten();
                let implied = implied.map(|go| godebug::implied(go, toolchain)).unwrap_or_default();
                let implied = implied.into_iter().map(|(name, value)| (name.to_string(), value.to_string()));
                let all: Vec<(String, String)> = implied.collect();
                out.extend([(name, value)].into_iter().chain(all).map(|(name, value)| {
                    let fact = RuntimeSetting {
                        package: package.path.clone(),
                        owner: package.owner,
                        from: SettingSource::GoDebugDirective,
                        name,
                        value: value.into(),
                    };
                    item(fact, lens.source.origin(file, Source::span(start, end)))
                }));
            }
        }
    }
    out
}

/// Functions of the standard library that set variables, bound under another name by `//go:linkname`.
fn linked(lens: &Lens) -> impl Iterator<Item = Item> {
    const SETTERS: [&str; 4] = ["os.Setenv", "syscall.Setenv", "syscall.runtimeSetenv", "runtime.setenv_c"];
    let program = &lens.source.program;
    let files = lens.source.built_go_files().into_iter();
    let marked = files.filter(|file| program.head(*file).is_some_and(|head| head.mentions.has(DIRECTIVE)));
    marked.flat_map(|file| {
        let directives = program.head(file).map_or(&[][..], |head| &head.outline.directives).iter();
        let sets = |d: &Directive| {
            let target = d.text.strip_prefix("go:linkname ").and_then(|names| names.split_whitespace().nth(1));
            d.first_on_line && target.is_some_and(|target| SETTERS.contains(&target))
        };
        let setters = directives.filter(|d| sets(d));
        let of = |d: &Directive| {
            let origin = lens.source.origin(file, Source::span(d.start, d.start + 2 + d.text.len()));
            let fact = RuntimeSetting {
                package: lens.package(file).to_string(),
                owner: lens.owner(file),
                from: SettingSource::Setenv,
                name: "GODEBUG".into(),
                value: Known::Unknown(reason!("value-not-decided", what = d.text, place = program.shown(file))),
            };
            item(fact, origin)
        };
        setters.map(of).collect::<Vec<Item>>()
    })
}

fn directives(lens: &Lens, file: FileId) -> Vec<(String, String, usize, usize)> {
    let Some(head) = lens.source.program.head(file) else { return Vec::new() };
    let own =
        head.outline.directives.iter().filter(|d| d.first_on_line && !d.block && d.start < head.outline.package_at);
    let read = own.filter_map(|d| {
        let line = format!("//{}", d.text);
        let (name, value) = godebug::directive(&line)?;
        Some((name.to_string(), value.to_string(), d.start, d.start + line.len()))
    });
    read.collect()
}

/// Whether `tls10server=1` is in force by default in the programs that are built, each with its own answer; empty where nothing tells.
pub(super) fn old_tls_defaults(lens: &Lens) -> Vec<bool> {
    let program = &lens.source.program;
    let mut out = Vec::new();
    for file in in_force(lens.source) {
        let go = file.go.map_or("1.16", |go| go.version.as_str());
        let mains = program.packages.values().filter(|p| p.is_main && p.owner != Owner::Dependency);
        let mut lines: Vec<Vec<(String, String)>> = mains
            .map(|p| p.go_files.iter().flat_map(|f| directives(lens, *f)).map(|(n, v, _, _)| (n, v)).collect())
            .collect();
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        for own in lines {
            let stated = file.godebug.iter().map(|g| (g.key.as_str(), g.value.as_str()));
            let all = stated.chain(own.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            let settings = godebug::defaults(go, file.toolchain, all);
            let old = settings.get("tls10server").is_some_and(|v| v == "1");
            // Toolchains from 1.27 on ignore it; which one builds is not declared.
            out.push(old);
            if old && file.toolchain.is_none() {
                out.push(false);
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

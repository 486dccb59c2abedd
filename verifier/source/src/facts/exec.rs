//! `source.exec_calls`: where the program starts another one, becomes another one, or loads a plugin.

use super::mentions::mark;
use super::search::{Reference, Search, item, references, spelt};
use super::types::Types;
use crate::go::syntax::{Element, Expr, Is};
use crate::meaning::{Const, Lens, Site, Symbol};
use assize_facts::kinds::source::ExecCall;
use assize_facts::{Item, Known, Sheet};

/// Functions with what they do and where the program stands in their arguments.
const FUNCTIONS: &[(&str, &str, &str, usize)] = &[
    ("os/exec", "Command", "start", 0),
    ("os/exec", "CommandContext", "start", 1),
    ("os", "StartProcess", "start", 0),
    ("syscall", "StartProcess", "start", 0),
    ("syscall", "ForkExec", "start", 0),
    ("syscall", "Exec", "replace", 0),
    ("golang.org/x/sys/unix", "Exec", "replace", 0),
    ("golang.org/x/sys/windows", "CreateProcess", "start", 0),
    ("golang.org/x/sys/execabs", "Command", "start", 0),
    ("golang.org/x/sys/execabs", "CommandContext", "start", 1),
    ("plugin", "Open", "plugin", 0),
];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let types = Types::closed(lens, &[("os/exec", "Cmd")]);
    let file =
        |lens: &Lens, file| FUNCTIONS.iter().any(|(path, ..)| lens.imports(file, path)) || types.matters(lens, file);
    let words = types.own_names();
    let search = Search { file: &file, marks: mark::EXEC, words: &words, dependencies: true };
    let mut sheet = search.sheet::<ExecCall>(lens, |site| {
        let mut out: Vec<(u32, Item)> = references(lens, site, |s| function(s).is_some())
            .iter()
            .filter_map(|found| Some((found.whole().at.start, of_reference(lens, site, found)?)))
            .collect();
        for (_, expr) in site.body.exprs() {
            if let Is::Composite(Some(ty), elements) = &expr.is
                && types.is_plain(lens, site, ty)
            {
                let program = path(lens, site, expr, elements);
                out.push((expr.at.start, of(lens, site, "start", "exec.Cmd".into(), program, expr)));
            }
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, item)| item).collect()
    });
    sheet.gaps.extend(types.gap());
    sheet
}

fn function(symbol: &Symbol) -> Option<(&'static str, usize)> {
    FUNCTIONS.iter().find(|(path, name, ..)| symbol.is(path, name)).map(|(_, _, form, at)| (*form, *at))
}

fn of_reference<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> Option<Item> {
    let (form, at) = function(&found.symbol)?;
    let program = match found.call.and_then(|(_, call)| call.args.get(at)) {
        Some(arg) => text(lens, site, arg),
        // A function value may be called with anything.
        None => Known::Unknown(lens.open(site, found.whole())),
    };
    Some(of(lens, site, form, spelt(&found.symbol), program, found.whole()))
}

/// `exec.Cmd{Path: …}`.
fn path<'s>(lens: &Lens<'s>, site: &Site<'s>, whole: &Expr, elements: &'s [Element]) -> Known<String> {
    let named = |e: &&Element| e.name() == Some("Path");
    match elements.iter().find(named) {
        Some(element) => text(lens, site, &element.value),
        None => Known::Unknown(lens.open(site, whole)),
    }
}

fn text<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &Expr) -> Known<String> {
    lens.eval(site, arg).known(
        || lens.open(site, arg),
        |value| match value {
            Const::Text(text) => Some(text),
            Const::Int(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
        },
    )
}

fn of(lens: &Lens, site: &Site, form: &str, call: String, program: Known<String>, at: &Expr) -> Item {
    let fact = ExecCall {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        form: form.into(),
        call,
        program,
    };
    item(fact, lens.source.origin(site.place.file, at.at))
}

//! How the Go linker names functions, and which declaration a name belongs to (`cmd/compile/internal/ir/func.go`, `closureName`; Go 1.26).

pub use assize_golang::linker::{plain, unescaped};
use std::collections::BTreeSet;

/// What a function of the table is, seen from the declarations of its package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A declared function itself.
    Itself(String),
    /// A closure, deferred call, range body or method value in a declared function.
    Within {
        base: String,
        inlined: bool,
    },
    /// The n-th `init` function of the package, or something in it.
    Init {
        number: usize,
        itself: bool,
        inlined: bool,
    },
    /// What initialises package-level variables: `init`, `map.init.0`, `glob..func1`, `init.func1`.
    Initializer {
        inlined: bool,
    },
    /// What cgo generates.
    Cgo,
    Undeclared,
}

/// Finds what a name (made plain) belongs to among the declared names of its package.
pub fn owner_of(name: &str, declared: &BTreeSet<&str>) -> Named {
    if let Some(initializer) = initializer(name) {
        return initializer;
    }
    if declared.contains(name) {
        return Named::Itself(name.to_owned());
    }
    for (at, _) in name.char_indices().rev().filter(|(_, c)| matches!(c, '.' | '-')) {
        let (base, rest) = name.split_at(at);
        if declared.contains(base)
            && let Some(inlined) = tail(rest)
        {
            return Named::Within { base: base.to_owned(), inlined };
        }
    }
    // A call that asks for errno too has its own (cmd/cgo/out.go, writeDefsFunc).
    let generated =
        ["_Cfunc_", "_C2func_", "_cgo", "_Cgo", "_Ctype_", "_Cmacro_"].iter().any(|start| name.starts_with(start));
    if generated { Named::Cgo } else { Named::Undeclared }
}

/// `init` can be declared by nobody as a type or ordinary function, and `map` is a keyword, so these names cannot be forged in Go.
fn initializer(name: &str) -> Option<Named> {
    if name == "init" || name.strip_prefix("map.init.").is_some_and(is_number) {
        return Some(Named::Initializer { inlined: false });
    }
    if let Some(rest) = name.strip_prefix("glob.") {
        return tail(rest).map(|inlined| Named::Initializer { inlined });
    }
    let rest = name.strip_prefix("init.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    match rest[..end].parse() {
        Ok(number) if end == rest.len() => Some(Named::Init { number, itself: true, inlined: false }),
        Ok(number) => tail(&rest[end..]).map(|inlined| Named::Init { number, itself: false, inlined }),
        Err(_) => tail(&name["init".len()..]).map(|inlined| Named::Initializer { inlined }),
    }
}

/// Reads what follows a function's name: `.func1.2`, `-range1`, `.gowrap1`, `-fm`, or an inlined function's name before such. Tells whether there is one.
fn tail(rest: &str) -> Option<bool> {
    let mut parts = rest.split(['.', '-']).filter(|part| !part.is_empty()).peekable();
    parts.peek()?;
    let mut last = false;
    let mut inlined = false;
    for part in parts {
        last = is_inner(part);
        inlined |= !last;
    }
    last.then_some(inlined)
}

fn is_inner(part: &str) -> bool {
    let numbered = ["func", "range", "gowrap", "deferwrap", ""];
    part == "fm" || numbered.iter().any(|start| part.strip_prefix(start).is_some_and(is_number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Named {
        let declared = ["main", "Serve", "(*Server).Start", "T.String", "init", "over", "routes", "(*Set).Add"];
        owner_of(&plain(name), &declared.into())
    }

    fn within(base: &str, inlined: bool) -> Named {
        Named::Within { base: base.into(), inlined }
    }

    #[test]
    fn names_are_those_that_go_1_26_writes() {
        let itself = |name: &str| Named::Itself(name.into());
        let init = |number, itself, inlined| Named::Init { number, itself, inlined };
        for (name, expected) in [
            ("Serve", itself("Serve")),
            ("Serve.abi0", itself("Serve")),
            ("(*Set[go.shape.int]).Add", itself("(*Set).Add")),
            ("(*Set[...]).Add", itself("(*Set).Add")),
            ("(*Set[go.shape.interface { Less(a.B) bool }]).Add.func1", within("(*Set).Add", false)),
            ("(*Server).Start.func2.1", within("(*Server).Start", false)),
            ("(*Server).Start-fm", within("(*Server).Start", false)),
            ("over-range1", within("over", false)),
            ("over.deferwrap1", within("over", false)),
            ("over.func1-range2", within("over", false)),
            ("main.gowrap3", within("main", false)),
            ("routes.Ready.func5", within("routes", true)),
            ("routes.(*Mux).Handle.func1.2", within("routes", true)),
            ("(*Set[int]).Add-fm.(*Set[go.shape.int]).Add.func1", within("(*Set).Add", true)),
            ("Serve+0-tramp0", itself("Serve")),
            ("init", Named::Initializer { inlined: false }),
            ("map.init.0", Named::Initializer { inlined: false }),
            ("glob..func1", Named::Initializer { inlined: false }),
            ("init.func1", Named::Initializer { inlined: false }),
            ("init.F.func1", Named::Initializer { inlined: true }),
            ("init.0", init(0, true, false)),
            ("init.1.gowrap1", init(1, false, false)),
            ("init.12.F.func1", init(12, false, true)),
            ("_Cfunc_getpid", Named::Cgo),
            ("_C2func_getpid", Named::Cgo),
            ("serve", Named::Undeclared),
            ("Serve.Evil", Named::Undeclared),
            ("T.func1", Named::Undeclared),
            ("(*Server).Stop", Named::Undeclared),
            ("glob.Match", Named::Undeclared),
        ] {
            assert_eq!(read(name), expected, "{name}");
        }
    }
}

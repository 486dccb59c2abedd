//! Functions of the package `runtime` that only some release lines have: what a program's code says of its toolchain beside the version it names.
//!
//! Chosen from the function tables of the smallest programs that Go 1.22.12, 1.23.12, 1.24.13, 1.25.14, 1.26.8 and 1.27.1 build: each is linked
//! into every program of its lines, and the `src/runtime` of the other lines does not declare it.

pub mod positions;

/// A function and the first and last line `1.N` that have it, as far as is known.
struct Sign {
    function: &'static str,
    from: u32,
    until: u32,
}

const fn from(line: u32, function: &'static str) -> Sign {
    Sign { function, from: line, until: u32::MAX }
}

const fn until(line: u32, function: &'static str) -> Sign {
    Sign { function, from: 0, until: line }
}

const SIGNS: &[Sign] = &[
    until(22, "addAdjustedTimers"),
    until(22, "doaddtimer"),
    until(22, "runOneTimer"),
    until(23, "heapSetType"),
    until(23, "materializeGCProg"),
    until(23, "traceTryAcquire"),
    until(24, "gcMarkRootPrepare"),
    until(24, "parsedebugvars"),
    until(24, "runfinq"),
    until(25, "entersyscall_sysmon"),
    until(25, "exitsyscall0"),
    until(25, "exitsyscallfast"),
    until(25, "printfloat"),
    until(26, "alginit"),
    until(26, "memhashFallback"),
    from(23, "printindented"),
    from(23, "traceAllocFreeEnabled"),
    from(23, "unblockTimerChan"),
    from(24, "mallocgcLarge"),
    from(24, "mallocgcSmallNoscan"),
    from(24, "postMallocgcDebug"),
    from(25, "gcPrepareMarkRoots"),
    from(25, "parseRuntimeDebugVars"),
    from(25, "runFinalizers"),
    from(26, "findMaybeRunnableGoroutines"),
    from(26, "gcBeginWork"),
    from(26, "printquoted"),
    from(27, "addModuleItabs"),
    from(27, "moduleTypelinks"),
];

/// What in the package `runtime` of a program does not fit the line `1.N` that it names: functions that the line does not have (as they are),
/// and those of which it has at least one (`-` before each) where it has none.
pub fn contradictions(line: u32, has: impl Fn(&str) -> bool) -> Vec<String> {
    let strange = SIGNS.iter().filter(|s| line < s.from || line > s.until).filter(|s| has(s.function));
    let mut found: Vec<String> = strange.map(|s| s.function.to_owned()).collect();
    // A newer line than those that were looked at has most of what the newest of them has, and nobody knows which.
    let own: Vec<&Sign> = SIGNS.iter().filter(|s| s.from == line).collect();
    if !own.is_empty() && !own.iter().any(|s| has(s.function)) {
        found.extend(own.iter().map(|s| format!("-{}", s.function)));
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: u32, functions: &[&str]) -> String {
        contradictions(line, |name| functions.contains(&name)).join(" ")
    }

    #[test]
    fn a_line_has_its_own_functions_and_no_others() {
        let go1_26 = ["alginit", "gcBeginWork", "runFinalizers", "mallocgcLarge", "printindented"];
        assert_eq!(of(26, &go1_26), "");
        assert_eq!(of(27, &go1_26), "-addModuleItabs -moduleTypelinks alginit");
        assert_eq!(of(25, &go1_26), "gcBeginWork");
        let go1_24 = ["runfinq", "exitsyscallfast", "alginit", "mallocgcLarge", "unblockTimerChan"];
        assert_eq!(of(24, &go1_24), "");
        assert_eq!(of(26, &go1_24), "-findMaybeRunnableGoroutines -gcBeginWork -printquoted exitsyscallfast runfinq");
        assert_eq!(of(20, &["doaddtimer", "alginit"]), "");
    }
}

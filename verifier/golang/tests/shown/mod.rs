//! Module files as the JSON that `go mod edit -json` and `go work edit -json` print, and two to begin from.

use assize_golang::modfile::{Replace, Strictness, parse_go_mod, parse_go_work};
use serde_json::{Value, json};

pub const BASE: &str = "module example.com/m // Deprecated: go away

go 1.26.0

toolchain go1.26.8

godebug (
\tdefault=go1.21
\ttls10server=1
)

require (
\tx.y/a v1.0.0
\t\"x.y/b\" v2.0.0+incompatible // indirect; because
\t// above
\tx.y/c/v3 v3.0.1-pre // indirect
)

require gopkg.in/d.v1 v1.0.0 // not indirect

exclude x.y/a v1.1.0

replace (
\tx.y/a v1.0.0 => x.y/fork v1.0.1
\tx.y/b => ./b
)

// why
retract [v1.0.0, v1.1.0]

tool x.y/a/cmd/t

ignore (
\t./node_modules
)
";

pub const WORK: &str =
    "go 1.26\ntoolchain go1.26.8\ngodebug tls10server=1\nuse (\n\t./a\n\t./b // c\n)\nuse .\nreplace x.y/a => ./a\n";

/// Leaves out what is absent, as Go's `omitempty` does.
pub fn filled(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        *map = std::mem::take(map).into_iter().map(|(k, v)| (k, filled(v))).filter(|(_, v)| !empty(v)).collect();
    } else if let Value::Array(list) = &mut value {
        *list = std::mem::take(list).into_iter().map(filled).collect();
    }
    value
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        Value::Number(_) => false,
    }
}

fn replaced(list: &[Replace]) -> Vec<Value> {
    let one = |m: &assize_golang::module::Module| json!({"Path": m.path, "Version": m.version});
    list.iter().map(|r| json!({"Old": one(&r.old), "New": one(&r.new)})).collect()
}

/// `None` where it is refused.
pub fn go_mod(text: &[u8], strictness: Strictness) -> Option<Value> {
    let parsed = parse_go_mod(text, strictness);
    let f = parsed.file;
    let module = f.module.map(|m| json!({"Path": m.path, "Deprecated": m.deprecated}));
    let value = json!({
        "Module": module,
        "Go": f.go.map(|g| g.version),
        "Toolchain": f.toolchain.map(|t| t.version),
        "GoDebug": f.godebug.iter().map(|g| json!({"Key": g.key, "Value": g.value})).collect::<Vec<_>>(),
        "Require": f.require.iter().map(|r| json!({"Path": r.module.path, "Version": r.module.version, "Indirect": r.indirect})).collect::<Vec<_>>(),
        "Exclude": f.exclude.iter().map(|e| json!({"Path": e.module.path, "Version": e.module.version})).collect::<Vec<_>>(),
        "Replace": replaced(&f.replace),
        "Retract": f.retract.iter().map(|r| json!({"Low": r.interval.low, "High": r.interval.high, "Rationale": r.rationale})).collect::<Vec<_>>(),
        "Tool": f.tool.iter().map(|t| json!({"Path": t.path})).collect::<Vec<_>>(),
        "Ignore": f.ignore.iter().map(|i| json!({"Path": i.path})).collect::<Vec<_>>(),
    });
    parsed.mistakes.is_empty().then(|| filled(value))
}

/// `None` where it is refused.
pub fn go_work(text: &[u8]) -> Option<Value> {
    let parsed = parse_go_work(text);
    let f = parsed.file;
    let value = json!({
        "Go": f.go.map(|g| g.version),
        "Use": f.uses.iter().map(|u| json!({"DiskPath": u.path})).collect::<Vec<_>>(),
        "Replace": replaced(&f.replace),
    });
    parsed.mistakes.is_empty().then(|| filled(value))
}

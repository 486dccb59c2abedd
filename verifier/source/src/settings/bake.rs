//! Files of `docker buildx bake`: each target is a build of an image with arguments (Bake file reference, docker 29).

use super::dockerfile;
use super::hcl::{self, Block, Value};
use super::library::Library;
use super::model::{Scope, Step};
use super::shell::quoted;
use std::collections::BTreeMap;

/// What stands for a value that an expression decides.
const OPEN: &str = "${BAKE}";
/// Targets take over from so many others.
const DEEPEST: usize = 20;
/// So many combinations of a matrix are looked at; each of its values comes up in one.
const TURNS: usize = 50;

pub(super) fn is_bake(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("docker-bake.") && (name.ends_with(".hcl") || name.ends_with(".json"))
}

pub(super) fn scopes(text: &str, path: &str, library: &Library<'_>) -> Result<Vec<Scope>, String> {
    let blocks = if path.ends_with(".json") { hcl::of_json(text)? } else { hcl::read(text)? };
    let of = |kind: &'static str| blocks.iter().filter(move |block| block.kind == kind);
    let default = |block: &Block| (block.label.clone(), block.get("default").cloned());
    let variables: BTreeMap<String, Option<Value>> = of("variable").map(default).collect();
    let all = Targets { blocks: &blocks, variables };
    Ok(of("target")
        .flat_map(|target| all.turns(target).into_iter().map(|turn| all.scope(target, &turn, library)))
        .flatten()
        .collect())
}

/// What names mean in one turn through a matrix.
type Turn = BTreeMap<String, Value>;

struct Targets<'b> {
    blocks: &'b [Block],
    variables: BTreeMap<String, Option<Value>>,
}

impl Targets<'_> {
    fn turns(&self, target: &Block) -> Vec<Turn> {
        let Some(Value::Map(matrix)) = target.get("matrix") else { return vec![Turn::new()] };
        let lists: Vec<(&String, &[Value])> = matrix
            .iter()
            .filter_map(|(name, value)| match value {
                Value::List(all) if !all.is_empty() => Some((name, all.as_slice())),
                _ => None,
            })
            .collect();
        let most = lists.iter().map(|(_, all)| all.len()).max().unwrap_or(1).min(TURNS);
        let turn = |at: usize| lists.iter().map(|(name, all)| ((*name).clone(), all[at % all.len()].clone())).collect();
        (0..most).map(turn).collect()
    }

    fn scope(&self, target: &Block, turn: &Turn, library: &Library<'_>) -> Vec<Scope> {
        let mut line = Vec::new();
        self.line(target, &mut line);
        if !library.follow(line.len()) {
            return vec![];
        }
        let text = |name: &str| Some(self.text(line.iter().rev().find_map(|block| block.get(name))?, turn));
        let arguments = self.arguments(&line, turn);
        if let Some(inline) = text("dockerfile-inline") {
            return dockerfile::scopes(&inline, "", &arguments, library);
        }
        let context = text("context").filter(|context| !context.contains('$')).unwrap_or_else(|| ".".into());
        let mut words = vec!["docker".to_owned(), "build".to_owned()];
        words.extend(arguments.iter().map(|(name, value)| format!("--build-arg={name}={value}")));
        if let Some(file) = text("dockerfile") {
            words.push(format!("--file={}/{file}", context.trim_end_matches('/')));
        }
        words.push(quoted(&context));
        vec![Scope::new(&target.label, vec![Step::Tool { line: target.line, words, env: vec![] }])]
    }

    /// What a target takes over from, each once, and the target itself behind them.
    fn line<'t>(&'t self, target: &'t Block, line: &mut Vec<&'t Block>) {
        let names = match target.get("inherits") {
            Some(Value::List(names)) if line.len() < DEEPEST => names.as_slice(),
            _ => &[],
        };
        line.push(target);
        for name in names {
            let name = self.text(name, &Turn::new());
            let named = self.blocks.iter().find(|block| block.kind == "target" && block.label == name);
            if let Some(parent) = named.filter(|parent| !line.iter().any(|known| std::ptr::eq(*known, *parent))) {
                self.line(parent, line);
            }
        }
        line.retain(|known| !std::ptr::eq(*known, target));
        line.push(target);
    }

    fn arguments(&self, line: &[&Block], turn: &Turn) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        let of = |block: &&Block| match block.get("args") {
            Some(Value::Map(all)) => all.clone(),
            _ => vec![],
        };
        // Null takes an argument away.
        for (name, value) in line.iter().flat_map(of) {
            // So does a variable that is null unless somebody sets it.
            let is_null =
                |known: &String| !turn.contains_key(known) && self.variables.get(known) == Some(&Some(Value::Null));
            match value {
                Value::Null => drop(out.remove(&name)),
                Value::Name(known) if is_null(&known) => drop(out.remove(&name)),
                value => drop(out.insert(name, self.text(&value, turn))),
            }
        }
        out
    }

    fn text(&self, value: &Value, turn: &Turn) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Joined(parts) => parts.iter().map(|part| self.text(part, turn)).collect(),
            Value::Name(name) => match (turn.get(name), self.variables.get(name)) {
                (Some(value @ Value::Text(_)), _) | (None, Some(Some(value @ Value::Text(_)))) => {
                    self.text(value, turn)
                }
                _ => OPEN.into(),
            },
            Value::Null => String::new(),
            Value::List(_) | Value::Map(_) | Value::Open => OPEN.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls_tests::counts;

    #[test]
    fn arguments_reach_the_dockerfile_under_any_name() {
        const DOCKERFILE: &str = "-- Dockerfile --\nFROM golang\nARG X=0\nENV CGO_ENABLED=$X\nWORKDIR /src\nCOPY . .\nRUN go build ./cmd/app\n";
        let (on, open, off) = ("+ Dockerfile:3 CGO_ENABLED=1", "+ Dockerfile:3 CGO_ENABLED", "");
        for (name, bake, wanted) in [
            ("hcl", "target \"app\" {\n  args = { X = \"1\" }\n}", on),
            ("hcl", "variable \"CGO\" { default = \"1\" }\ntarget \"app\" {\n  args = { X = CGO }\n}", on),
            ("hcl", "variable \"CGO\" { default = 1 }\ntarget \"app\" {\n  args = { X = \"${CGO}\" }\n}", on),
            (
                "hcl",
                "target \"c\" {\n  args = {\n    X = 1, # on\n    Y = 2\n  }\n}\ntarget \"app\" { inherits = [\"c\"] }",
                on,
            ),
            ("hcl", "target \"app\" {\n  matrix = { cgo = [\"0\", \"1\"] }\n  args = { X = cgo }\n}", on),
            ("hcl", "target \"app\" {\n  args = { X = notequal(\"\", A) ? \"1\" : \"0\" }\n}", open),
            ("hcl", "variable \"X\" { default = null }\ntarget \"app\" {\n  args = { X = X }\n}", off),
            ("hcl", "// target \"app\" { args = { X = \"1\" } }\ntarget \"app\" { args = { Y = \"1\" } }", off),
            ("hcl", "target \"app\" {\n  args = { X = \"0\" }\n}", off),
            ("hcl", "target \"app\" {\n  dockerfile = \"other.Dockerfile\"\n  args = { X = \"1\" }\n}", off),
            ("json", "{\"target\": {\"app\": {\"args\": {\"X\": \"1\"}}}}", on),
            (
                "json",
                "{\"variable\": {\"C\": {\"default\": \"1\"}}, \"target\": {\"app\": {\"args\": {\"X\": \"${C}\"}}}}",
                on,
            ),
        ] {
            let other = "-- other.Dockerfile --\nFROM alpine\nRUN true\n";
            let found = counts(&format!("{DOCKERFILE}{other}-- docker-bake.{name} --\n{bake}\n"));
            let found: Vec<String> =
                found.into_iter().filter(|line| line.contains("CGO_ENABLED") && !line.ends_with("=0")).collect();
            assert_eq!(found.join("|"), wanted, "{bake}");
        }
    }
}

//! Outputs of jobs, where other jobs take them (GitHub Actions, workflow syntax, jobs.<job_id>.outputs).

use super::shown;
use serde_json::{Map, Value as Json};

/// Outputs that name outputs are followed so far, and so many of them for a job.
const DEEPEST: u32 = 5;
const MOST: u32 = 500;

/// A job with what outputs of others mean in their places, and the steps of those that may give them.
pub(super) fn with_needs(jobs: &Map<String, Json>, job: &Json) -> (Json, Vec<Json>) {
    let mut needs = Needs { jobs, named: Vec::new(), left: MOST };
    let filled = needs.filled(job);
    let steps = needs.named.iter().filter_map(|name| jobs.get(name)?.get("steps")?.as_array()).flatten();
    let gives = |step: &&Json| step.get("run").is_some_and(|run| shown(run).contains("GITHUB_OUTPUT"));
    let steps = steps.filter(gives).map(only_outputs).collect();
    (filled, steps)
}

struct Needs<'j> {
    jobs: &'j Map<String, Json>,
    /// Jobs whose outputs are taken.
    named: Vec<String>,
    left: u32,
}

impl Needs<'_> {
    fn filled(&mut self, value: &Json) -> Json {
        match value {
            Json::String(text) if text.contains("needs.") => Json::String(self.filled_text(text, DEEPEST)),
            Json::Array(all) => all.iter().map(|one| self.filled(one)).collect(),
            Json::Object(all) => all.iter().map(|(name, one)| (name.clone(), self.filled(one))).collect(),
            other => other.clone(),
        }
    }

    fn filled_text(&mut self, text: &str, depth: u32) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${{") {
            let Some((inner, after)) = behind.split_once("}}") else { break };
            out.push_str(before);
            match self.output(inner).filter(|_| depth > 0 && self.left > 0) {
                Some(meant) => {
                    self.left -= 1;
                    out.push_str(&self.filled_text(&meant, depth - 1));
                }
                None => out.push_str(&format!("${{{{{inner}}}}}")),
            }
            rest = after;
        }
        out + rest
    }

    /// `needs.JOB.outputs.NAME`
    fn output(&mut self, expression: &str) -> Option<String> {
        let parts: Vec<&str> = expression.trim().split('.').collect();
        let ["needs", job, "outputs", name] = parts.as_slice() else { return None };
        let meant = shown(self.jobs.get(*job)?.get("outputs")?.get(*name)?);
        if !self.named.iter().any(|known| known == job) {
            self.named.push((*job).to_owned());
        }
        Some(meant)
    }
}

/// A step that gives outputs; of one that does more, the lines that give them.
fn only_outputs(step: &Json) -> Json {
    let script = step.get("run").map(shown).unwrap_or_default();
    let more = ["GITHUB_ENV", "go ", "make", "git "].iter().any(|word| script.contains(word));
    let of_line = |line: &&str| !more || line.contains("GITHUB_OUTPUT");
    let lines = script.lines().filter(of_line).collect::<Vec<_>>().join("\n");
    let mut step = step.clone();
    step["run"] = Json::String(lines);
    step
}

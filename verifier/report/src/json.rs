//! The result as one JSON document, `assize/result/1`; the bytes that a pack keeps and a replay must give again.

use assize_judge::RunResult;

/// Pretty-printed, with a line feed at its end.
pub fn json(result: &RunResult) -> String {
    let mut text = serde_json::to_string_pretty(result).expect("a result is plain data");
    text.push('\n');
    text
}

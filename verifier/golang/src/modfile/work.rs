//! The directives of go.work (modfile/work.go, rule.go).

use super::Parsed;
use super::directive::{
    GoVersionLine, Godebug, Replace, each_directive, go_version, godebug, only, replace, set_once, toolchain,
};
use super::lex::Place;
use super::syntax::statements;
use super::unquote::word;

/// A go.work file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoWork {
    pub go: Option<GoVersionLine>,
    pub toolchain: Option<GoVersionLine>,
    pub godebug: Vec<Godebug>,
    pub uses: Vec<Use>,
    pub replace: Vec<Replace>,
}

/// `use FOLDER`, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub path: String,
    pub place: Place,
}

/// Reads a go.work file.
pub fn parse_go_work(bytes: &[u8]) -> Parsed<GoWork> {
    let tree = statements(bytes);
    let mut parsed = Parsed { file: GoWork::default(), mistakes: tree.mistakes };
    each_directive(&tree.file, &["godebug", "use", "replace"], true, &mut parsed, |file, verb, words, line, _| {
        let place = line.place;
        match verb {
            "go" => set_once(&mut file.go, "go", go_version(words, true)?, place)?,
            "toolchain" => set_once(&mut file.toolchain, "toolchain", toolchain(words)?, place)?,
            "godebug" => file.godebug.push(godebug(words, place)?),
            "use" => file.uses.push(Use { path: word(only(words, "usage: use local/dir")?)?, place }),
            "replace" => file.replace.push(replace(words, place)?),
            other => return Err(format!("unknown directive: {other}")),
        }
        Ok(())
    });
    parsed
}

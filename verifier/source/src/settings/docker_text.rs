//! The texts of Dockerfiles: instructions over several lines, their options, the exec form, here-documents (BuildKit 0.26, frontend/dockerfile/parser).

use super::shell::{self, quoted};

/// The shell text of an instruction: options left out, the words of the exec form as a shell has them.
pub(super) fn script(rest: &str) -> String {
    let (_, rest) = options(rest);
    match exec_form(rest) {
        None => rest.into(),
        Some(words) => match words.as_slice() {
            // ["sh", "-c", "…"]: the last word is itself a script.
            [shell, flag, script] if shell.ends_with("sh") && flag == "-c" => script.clone(),
            words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        },
    }
}

/// The words of the exec form. It is JSON, and what stands behind it is not read; other text in brackets is the shell's (`parseJSON`).
fn exec_form(rest: &str) -> Option<Vec<String>> {
    let text = rest.trim_start().starts_with('[').then(|| rest.replace("\\\n", ""))?;
    serde_json::Deserializer::from_str(&text).into_iter().next()?.ok()
}

/// The options of an instruction, and what stands behind them (`extractBuilderFlags`).
pub(super) fn options(rest: &str) -> (Vec<String>, &str) {
    let (mut all, mut left) = (Vec::new(), without_blanks(rest));
    while left.starts_with("--") {
        let (option, behind) = option(left);
        left = without_blanks(behind);
        if option == "--" {
            break;
        }
        all.push(option);
    }
    (all, left)
}

/// Text without what separates words, of which the end of a continued line is none.
fn without_blanks(text: &str) -> &str {
    let mut left = text.trim_start();
    while let Some(rest) = left.strip_prefix("\\\n") {
        left = rest.trim_start();
    }
    left
}

/// The word with which a text begins, without its quotes, and what stands behind it.
fn option(text: &str) -> (String, &str) {
    let (mut word, mut quote) = (String::new(), None);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (letter, quote) {
            (_, None) if letter.is_whitespace() => return (word, &text[at..]),
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('\\', _) => word.extend(letters.next().map(|(_, next)| next).filter(|next| *next != '\n')),
            _ => word.push(letter),
        }
    }
    (word, "")
}

/// Instructions with their lines, continuation lines joined (by a line break where a here-document follows).
pub(super) fn instructions(text: &str) -> Vec<(u32, String, String)> {
    let escape = escape(text);
    let mut all: Vec<(u32, String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut whole = trimmed.to_owned();
        // In place: a line may be continued a million times.
        while let Some(before) = continued(&whole, escape).map(str::len) {
            let Some((_, more)) = lines.next() else { break };
            whole.truncate(before);
            // The shell joins lines by its own character.
            whole.push_str("\\\n");
            // Comments and empty lines between continued ones are no part of the instruction.
            match more.trim().is_empty() || more.trim_start().starts_with('#') {
                true => whole.push(escape),
                false => whole.push_str(more),
            }
        }
        let end = whole.find(|c: char| c.is_whitespace() || c == '\\').unwrap_or(whole.len());
        let (instruction, rest) = whole.split_at(end);
        let mut rest = without_blanks(rest).to_owned();
        let instruction = instruction.to_ascii_uppercase();
        let of = match instruction.as_str() {
            "ONBUILD" => rest.split_whitespace().next().unwrap_or_default().to_ascii_uppercase(),
            _ => instruction.clone(),
        };
        // No other instruction has them (BuildKit, dockerfile/parser, heredocDirectives).
        let marks = if matches!(of.as_str(), "RUN" | "COPY" | "ADD") { heredocs(&rest) } else { vec![] };
        let documents: Vec<(&str, String)> = marks
            .iter()
            .map(|(mark, tabs)| {
                let own =
                    |more: &'_ str| if *tabs { more.trim_start_matches('\t').to_owned() } else { more.to_owned() };
                let document = lines.by_ref().map(|(_, more)| own(more)).take_while(|more| more != mark);
                (mark.as_str(), document.collect::<Vec<_>>().join("\n"))
            })
            .collect();
        if !documents.is_empty() {
            let to = rest.split_whitespace().last().unwrap_or_default().to_owned();
            if of != "RUN" && !to.starts_with("<<") {
                // Files of the image's own text.
                for (mark, document) in &documents {
                    let to = if to.ends_with('/') { format!("{to}{mark}") } else { to.clone() };
                    all.push((number as u32 + 1, "RUN".into(), format!("cat > {to} <<'{mark}'\n{document}\n{mark}")));
                }
                continue;
            }
            let whole = || documents.iter().map(|(mark, document)| format!("\n{document}\n{mark}")).collect::<String>();
            rest = match (of.as_str(), documents.as_slice()) {
                // The document alone is the script; else it is what some program reads.
                ("RUN", [(mark, document)]) if instruction == "RUN" && is_document_alone(&rest) => {
                    match shell::interpreter(document) {
                        Some(program) => format!("{program} <<'{mark}'\n{document}\n{mark}"),
                        None => document.clone(),
                    }
                }
                ("RUN", _) => format!("{rest}{}", whole()),
                _ => rest.replacen("<<-", "<<", 1).replacen("<<", "here-document-", 1),
            };
        }
        all.push((number as u32 + 1, instruction, rest));
    }
    all
}

/// What stands before the character that joins a line with the next one; two of them are one that stands for itself
/// (`lineContinuationRegex`).
fn continued(line: &str, escape: char) -> Option<&str> {
    line.trim_end().strip_suffix(escape).filter(|before| !before.ends_with(escape))
}

/// `RUN <<EOF`, with options or without; what stands behind the mark is another command's.
fn is_document_alone(rest: &str) -> bool {
    let script = script(rest);
    script.starts_with("<<") && script.split_whitespace().nth(1).is_none()
}

/// The directive `# escape=`: directives stand before everything else, comments too (BuildKit, dockerfile/parser, directives.go).
fn escape(text: &str) -> char {
    let directive = |line: &str| {
        let (name, value) = line.strip_prefix('#')?.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_name && !value.is_empty()).then(|| (name, value.to_owned()))
    };
    let found = text.lines().map_while(directive).find(|(name, _)| name == "escape");
    found.and_then(|(_, value)| value.chars().next()).filter(|c| *c == '`').unwrap_or('\\')
}

/// `RUN <<EOF`, `RUN bash <<-"EOF"`, `COPY <<EOF file`: the marks that end the documents, and whether tabs before their lines are none of
/// them (Dockerfile reference, Here-Documents).
fn heredocs(rest: &str) -> Vec<(String, bool)> {
    // They begin a word outside of quotes; `1<<n` in a text is arithmetic.
    let begins = |at: &usize| {
        let before = &rest[..*at];
        let outside = ['"', '\''].iter().all(|quote| before.matches(*quote).count() % 2 == 0);
        outside
            && before
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .ends_with(|c: char| c.is_whitespace() || c == '&' || c == ';')
    };
    let begin = rest.match_indices("<<").map(|(at, _)| at);
    let all = begin.filter(|at| (*at == 0 || begins(at)) && !rest[at + 2..].starts_with('<'));
    let mark = |at: usize| {
        let (behind, tabs) = (&rest[at + 2..], rest[at + 2..].starts_with('-'));
        let mark = behind.trim_start_matches('-');
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '"' | '\'');
        let mark = mark.starts_with(begins).then_some(mark)?;
        let mark = mark.split(|c: char| c.is_whitespace() || ";|&)>".contains(c)).next()?.trim_matches(['"', '\'']);
        (!mark.is_empty()).then(|| (mark.to_owned(), tabs))
    };
    all.filter_map(mark).collect()
}

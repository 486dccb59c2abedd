//! The texts of makefiles: logical lines, brackets, arguments of functions, what recipes bring along.

/// Lines with continuations joined; a recipe keeps its tab.
pub(super) fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, more)) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(more.trim_start());
        }
        all.push((number as u32 + 1, whole));
    }
    all
}

/// Where the bracket closes with which the text begins.
pub(super) fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A recipe's text without what make takes off its lines: the tab of those that a variable holds, and `@`, `-` and `+`, which a variable may
/// bring too (`$(Q)go build`).
pub(super) fn commands(script: &str) -> String {
    let line = |(number, line): (usize, &str)| match line.strip_prefix('\t') {
        Some(line) => line.trim_start_matches(['@', '-', '+', ' ']).to_owned(),
        None if number == 0 => line.trim_start().trim_start_matches(['@', '-', '+', ' ']).to_owned(),
        None => line.to_owned(),
    };
    script.split('\n').enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// A text with a value for `$(NAME)`, `${NAME}` and, of one letter or digit, `$N`.
pub(super) fn put_in(text: &str, name: &str, value: &str) -> String {
    let part = |text: &str| {
        let filled = text.replace(&format!("$({name})"), value).replace(&format!("${{{name}}}"), value);
        if name.len() == 1 { filled.replace(&format!("${name}"), value) } else { filled }
    };
    // `$$1` is the shell's.
    text.split("$$").map(part).collect::<Vec<_>>().join("$$")
}

/// The arguments of a function: commas in brackets are theirs.
pub(super) fn arguments(text: &str) -> Vec<&str> {
    let (mut all, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[from..]);
    all
}

/// The variable of `NAME:from=to`.
pub(super) fn is_substituted(inner: &str) -> Option<&str> {
    let (name, rest) = inner.split_once(':')?;
    (rest.contains('=') && !name.contains('$')).then_some(name)
}

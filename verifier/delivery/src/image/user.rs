//! Users of an image, by number or by a name that its own files give one (runc, libcontainer/user).

use super::tree::Tree;

/// The files that give users and groups their numbers.
pub(crate) const FILES: [&str; 2] = ["passwd", "group"];

/// Whether an image that runs as `found` runs as the user that is wanted, and with the wanted group where one is named.
pub(crate) fn is(tree: &Tree, wanted: &str, found: &str) -> bool {
    let (user, group) = parts(wanted);
    let same_user = number(tree, user) == number(tree, parts(found).0);
    same_user && group.is_none_or(|group| of_group(tree, group) == group_of(tree, found))
}

fn parts(text: &str) -> (&str, Option<&str>) {
    match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    }
}

/// Without a user it is root; a name that nothing knows stands for itself.
fn number(tree: &Tree, user: &str) -> String {
    match user {
        "" => "0".into(),
        user if is_number(user) => plain(user),
        user => field(tree, "etc/passwd", 0, user, 2)
            .unwrap_or_else(|| if user == "root" { "0".into() } else { user.into() }),
    }
}

fn of_group(tree: &Tree, group: &str) -> String {
    match group {
        group if is_number(group) => plain(group),
        group => field(tree, "etc/group", 0, group, 2)
            .unwrap_or_else(|| if group == "root" { "0".into() } else { group.into() }),
    }
}

/// The group that is named, else the user's own, else root's.
fn group_of(tree: &Tree, found: &str) -> String {
    match parts(found) {
        (_, Some(group)) => of_group(tree, group),
        (user, None) => field(tree, "etc/passwd", 2, &number(tree, user), 3).unwrap_or_else(|| "0".into()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn plain(number: &str) -> String {
    let digits = number.trim_start_matches('0');
    if digits.is_empty() { "0".into() } else { digits.into() }
}

/// A field of the first line that has a word in another.
fn field(tree: &Tree, file: &str, key: usize, word: &str, wanted: usize) -> Option<String> {
    let (_, content) = tree.file(file)?;
    let text = String::from_utf8_lossy(content.text.as_deref()?).into_owned();
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|line| line.get(key) == Some(&word))?;
    line.get(wanted).filter(|number| is_number(number)).map(|number| plain(number))
}

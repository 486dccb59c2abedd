//! Every reason that this room gives has its words.

#[test]
fn every_reason_has_words() {
    let mut sources = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut codes = std::collections::BTreeSet::new();
    while let Some(path) = sources.pop() {
        if path.is_dir() {
            sources.extend(std::fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a source file");
        for part in text.split("reason!(").skip(1).filter_map(|part| part.trim_start().strip_prefix('"')) {
            let code = part.split('"').next().expect("a first part");
            if code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                codes.insert(code.to_string());
            }
        }
    }
    assert!(codes.len() > 20, "{codes:?}");
    let missing: Vec<&String> = codes.iter().filter(|c| !assize_facts::words().contains_key(*c)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

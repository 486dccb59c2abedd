//! A pack of a million facts, for the benchmark `tests/bench/packs.sh`: made here, verified and replayed by the program itself.

use crate::tests::{contract, pack_of};
use crate::*;
use assize_facts::kinds::source::{CgoForm, CgoImport, Owner};
use assize_facts::{Origin, Sheet};

/// What the clause selects is none of the facts, as in a good delivery: what is measured is facts, not findings.
const CLAUSE: &str = r#"
id = "no-cgo"
chapter = "1"
obligation = "must"
waiver_level = "L1"
title = { en = "No cgo", zh = "禁用 cgo" }
text = { en = "No file of the build imports C.", zh = "构建文件不得导入 C。" }
[[check]]
id = "imports"
layer = "source"
none = "source.cgo_imports"
where = { form = "import-c", in_build = true }
fail = { en = "imports C", zh = "导入 C" }
"#;

fn sheet(count: u32) -> Sheet {
    let mut sheet = Sheet::of::<CgoImport>();
    sheet.examined(u64::from(count));
    for number in 0..count {
        let package = format!("example.com/service/internal/part{}", number / 100);
        let fact = CgoImport {
            package,
            owner: Owner::Main,
            form: CgoForm::parse("import-c").expect("a word of the vocabulary"),
            in_build: false.into(),
            detail: "C".into(),
        };
        sheet.push(
            fact,
            Origin::line(format!("src/internal/part{}/file{}.go", number / 100, number % 100), 1 + number % 900),
        );
    }
    sheet
}

#[test]
#[ignore = "a million facts; played by tests/bench/packs.sh, which says where the pack goes"]
fn a_million_facts_are_written() {
    let target = std::env::var_os("ASSIZE_MILLION").expect("ASSIZE_MILLION names the pack to be written");
    let count = std::env::var("ASSIZE_FACTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let pack = pack_of(&contract(), CLAUSE, vec![sheet(count)]);
    let begun = std::time::Instant::now();
    write_pack(target.as_ref(), &pack, &|| false).expect("it is written");
    println!("writing {count} recorded facts took {:.1} s", begun.elapsed().as_secs_f64());
}

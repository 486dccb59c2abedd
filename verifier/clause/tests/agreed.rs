//! What a contract makes of a clause: filled, spliced, dated, digested.

use assize_clause::{
    AgreedClause, AppliesWhen, CheckBody, Clause, Contract, Difference, FieldTest, Files, Library, Matcher, Mistakes,
    Obligation, Operand, ParameterValue, parse_deliverable,
};
use assize_facts::{Deliverable, Lang};
use serde_json::{Value as Json, json};

const CLAUSE: &str = r#"id = "floor"
chapter = "4.3"
obligation = "must"
waiver_level = "L3"
title = { en = "TLS {min}", zh = "TLS {min}" }
text = { en = "At least {min}; forms {forms}; within {within}; since {since}.", zh = "{min};{forms};{within};{since}。" }
applies_when = { any = [{ contract = "items", kind = "image" }, { parameter = "mode", one_of = ["strict"] }] }

[parameters.min]
type = "tls-version"
default = "1.3"
[parameters.forms]
type = "list<text>"
default = ["literal", "new"]
[parameters.within]
type = "duration"
default = "5s"
[parameters.since]
type = "date"
default = 2026-01-17
[parameters.mode]
type = "text"
choices = ["strict", "loose"]
default = "strict"
[parameters.least]
type = "int"
default = 2

[[check]]
id = "configured"
layer = "source"
each = "source.tls_configs"
minimum = "{least}"
where = { role = "server", package = { none_of = ["a", "{forms}", "b"] } }
expect = { min_version = { at_least = "{min}" }, form = { one_of = "{forms}" }, function = "{deliverable.name}" }
fail = { en = "{item.form} below {min} {{x}}", zh = "{item.form} 低于 {min}" }

[[check]]
id = "noted"
layer = "source"
weight = "note"
none = "source.tls_configs"
where = { package = "{contract.id}", function = "{contract.buyer}" }
applies_when = { parameter = "within", above = "1s" }

[[check]]
id = "dated"
layer = "source"
weight = "note"
none = "source.tls_configs"
applies_when = { parameter = "since", at_least = 2026-01-01 }

[[conflict]]
with = "other"
when = { mode = "strict" }
says = { en = "{min} and other", zh = "{min} 与 other" }
[[conflict]]
when = { forms = { length = 0 } }
says = { en = "no form", zh = "无形式" }
"#;

fn files(text: &str) -> Files {
    [("floor/clause.toml".to_string(), text.as_bytes().to_vec())].into()
}

fn library(_: &str) -> Library {
    Library::from_files("ours", "ours", files(CLAUSE))
}

fn shown<T>(result: Result<T, Mistakes>) -> T {
    result.unwrap_or_else(|mistakes| panic!("{}", mistakes.plain(100)))
}

fn contract(rest: &str) -> Contract {
    let text =
        format!("[contract]\nid = \"PO-1\"\ntitle = {{ en = \"t\", zh = \"t\" }}\nlibraries = [\"./ours\"]\n{rest}");
    shown(Contract::parse("contract.toml", text.as_bytes(), library))
}

fn agreed(rest: &str) -> AgreedClause {
    contract(&format!("[[clause]]\nuse = \"floor\"\n{rest}")).clauses.remove(0)
}

fn tests_of(clause: &AgreedClause, check: usize) -> (Vec<FieldTest>, Vec<FieldTest>) {
    let check = &clause.checks[check];
    match &check.body {
        CheckBody::Expect(expect) => (check.selects.clone(), expect.clone()),
        CheckBody::Selection => (check.selects.clone(), vec![]),
    }
}

fn value(value: Json) -> Operand {
    Operand::Value(value)
}

#[test]
fn defaults_fill_wording_matchers_minimum_and_messages() {
    let clause = agreed("");
    assert_eq!(clause.title.en, "TLS 1.3");
    assert_eq!(clause.text.en, "At least 1.3; forms literal and new; within 5 s; since 2026-01-17.");
    assert_eq!(clause.text.zh, "1.3;literal 和 new;5 秒;2026-01-17。");
    assert_eq!(clause.obligation, Obligation::Must);
    assert_eq!(clause.checks[0].minimum, 2);
    assert_eq!(clause.checks[0].fail.as_ref().expect("a message").en, "{item.form} below 1.3 {{x}}");
    let (selects, expect) = tests_of(&clause, 0);
    let listed = ["a", "literal", "new", "b"].map(|w| value(json!(w))).to_vec();
    assert_eq!(selects[1].matcher, Matcher::NoneOf(listed), "the parameter's list is spliced in");
    assert_eq!(expect[0].matcher, Matcher::AtLeast(value(json!("1.3"))));
    assert_eq!(expect[1].matcher, Matcher::OneOf(vec![value(json!("literal")), value(json!("new"))]));
}

#[test]
fn a_contract_overrides_parameters_and_obligation() {
    let clause =
        agreed("obligation = \"should\"\nparameters = { min = \"1.2\", forms = [], within = \"90s\", least = 7 }");
    assert_eq!(clause.obligation, Obligation::Should);
    assert_eq!(clause.text.en, "At least 1.2; forms (none); within 1 min 30 s; since 2026-01-17.");
    assert_eq!(clause.checks[0].minimum, 7);
    assert_eq!(clause.parameters["within"], ParameterValue::Duration(90_000.0));
    assert_eq!(tests_of(&clause, 0).1[1].matcher, Matcher::OneOf(vec![]));
}

#[test]
fn what_the_contract_does_not_say_is_missing_with_a_reason() {
    let (selects, _) = tests_of(&agreed(""), 1);
    assert_eq!(selects[0].matcher, Matcher::Equals(value(json!("PO-1"))));
    let Matcher::Equals(Operand::Missing(reason)) = &selects[1].matcher else { panic!("{:?}", selects[1]) };
    assert_eq!(reason.render(Lang::En), "the contract does not say its buyer");
    let bought = contract("[[clause]]\nuse = \"floor\"\n[[party]]\nrole = \"buyer\"\nname = \"B\"\n");
    assert_eq!(tests_of(&bought.clauses[0], 1).0[1].matcher, Matcher::Equals(value(json!("B"))));
}

#[test]
fn what_only_the_delivery_says_is_filled_when_it_is_known() {
    let contract = contract("[[clause]]\nuse = \"floor\"\n");
    let of = |deliverable: &Deliverable| tests_of(&contract.fill(deliverable).clauses[0], 0).1[2].matcher.clone();
    let named = Deliverable { name: Some("auth-api".into()), ..Deliverable::default() };
    assert_eq!(of(&named), Matcher::Equals(value(json!("auth-api"))));
    let Matcher::Equals(Operand::Missing(reason)) = of(&Deliverable::default()) else { panic!("filled from nothing") };
    assert_eq!(reason.code, "delivery-does-not-say");
}

#[test]
fn a_condition_on_a_parameter_carries_its_value_and_type() {
    let clause = agreed("parameters = { mode = \"loose\", within = \"2s\" }");
    let Some(AppliesWhen::Any(any)) = &clause.applies_when else { panic!("{:?}", clause.applies_when) };
    let AppliesWhen::Parameter { value, .. } = &any[1] else { panic!("{any:?}") };
    assert_eq!(value, &Some(json!("loose")));
    let Some(AppliesWhen::Parameter { value, matcher, .. }) = &clause.checks[1].applies_when else { panic!() };
    assert_eq!((value, matcher), (&Some(json!(2000)), &Matcher::Above(Operand::Value(json!(1000)))));
}

#[test]
fn applicable_takes_the_clauses_condition_away() {
    assert!(agreed("").applies_when.is_some());
    assert!(agreed("applicable = true").applies_when.is_none());
}

#[test]
fn the_wording_digest_changes_with_every_word_and_with_nothing_else() {
    let digest = |text: &str, rest: &str| {
        let library = Library::from_files("ours", "ours", files(text));
        let file = format!(
            "[contract]\nid = \"x\"\ntitle = {{ en = \"t\", zh = \"t\" }}\nlibraries = [\"./ours\"]\n[[clause]]\nuse = \"floor\"\n{rest}"
        );
        shown(Contract::parse("c.toml", file.as_bytes(), |_| library.clone())).clauses[0].wording_digest.clone()
    };
    let base = digest(CLAUSE, "");
    assert_eq!(base.0, "sha256:a99d8f00404b67e6d1ba33541200e93d903dc6f57fa6f07c20b318399a3ffd58");
    for same in [
        CLAUSE.replace("chapter = \"4.3\"", "# a comment\nchapter = \"9\""),
        CLAUSE.replace("type = \"int\"\ndefault = 2", "default = 2\ntype = \"int\""),
        CLAUSE.replace("[[conflict]]\nwhen", "[[conflict]]\n\nwhen"),
    ] {
        assert_eq!(digest(&same, ""), base);
    }
    assert_eq!(digest(CLAUSE, "obligation = \"may\""), base, "the obligation stands in the contract");
    assert_eq!(digest(CLAUSE, "parameters = { min = \"1.3\" }"), base, "a default said aloud is the same agreement");
    for other in [
        CLAUSE.replace("TLS {min}\", zh", "TLS  {min}\", zh"),
        CLAUSE.replace("role = \"server\"", "role = \"client\""),
        CLAUSE.replace("kind = \"image\"", "kind = \"binary\""),
        CLAUSE.replace("{item.form} 低于", "{item.form} 小于"),
        CLAUSE
            .replace("weight = \"note\"\nnone = \"source.tls_configs\"\nwhere", "none = \"source.tls_configs\"\nwhere"),
    ] {
        assert_ne!(other, CLAUSE, "the change is one");
        assert_ne!(digest(&other, ""), base);
    }
    assert_ne!(digest(CLAUSE, "parameters = { least = 3 }"), base);
}

#[test]
fn an_agreed_wording_is_held_to() {
    let right = agreed("").wording_digest.0;
    agreed(&format!("wording = \"{right}\""));
}

#[test]
fn the_contracts_digest_leaves_its_waivers_out() {
    let waiver = format!(
        "[[waiver]]\nclause = \"floor\"\nwording = \"sha256:{}\"\ncovers = [\"fail\"]\nfindings = [\"fp:1\"]\nsubject = \"any\"\n\
         reason = \"r\"\napproved_by = \"a\"\nlevel = \"L3\"\nstarts = 2026-01-01\nexpires = 2026-02-01\n",
        "0".repeat(64)
    );
    let base = contract("[[clause]]\nuse = \"floor\"\n");
    let mut waived = contract(&format!("[[clause]]\nuse = \"floor\"\n{waiver}"));
    assert_eq!((waived.digest.clone(), waived.waivers.len()), (base.digest.clone(), 1));
    assert_ne!(contract("[[clause]]\nuse = \"floor\"\nobligation = \"may\"\n").digest, base.digest);
    shown(waived.add_waivers("waivers.toml", waiver.as_bytes()));
    assert_eq!(waived.waivers.len(), 2);
    assert_eq!(waived.waivers[1].file, "waivers.toml");
    let refused = waived.add_waivers("waivers.toml", waiver.replace("[\"fp:1\"]", "[\"any\"]").as_bytes());
    assert!(refused.expect_err("a must clause").plain(80).contains("not waived wholesale"));
}

#[test]
fn conflicts_are_told_with_the_values_in_force() {
    let told = contract("[[clause]]\nuse = \"floor\"\nparameters = { mode = \"loose\" }\n").conflicts;
    assert_eq!(told.len(), 1, "the other clause is not in force: {told:?}");
    assert_eq!(told[0].says.en, "no form");
    assert_eq!(told[0].conditions[0].value, json!(["literal", "new"]));
}

#[test]
fn a_day_is_a_whole_day_in_the_contracts_time_zone() {
    let clause = r#"id = "floor"
chapter = "1"
obligation = "must"
waiver_level = "L1"
title = { en = "t", zh = "t" }
text = { en = "{day}", zh = "{day}" }
applies_when = { parameter = "day", within = [2026-01-17, 2026-01-18T00:00:00Z] }
[parameters.day]
type = "date"
default = 2026-01-17
[[check]]
id = "c"
layer = "source"
none = "source.tls_configs"
applies_when = { all = [{ parameter = "day", at_least = "{contract.signed_on}" }, { parameter = "day", at_most = 2026-03-01 }, { parameter = "day", not = 2026-01-17 }] }
"#;
    let library = Library::from_files("ours", "ours", files(clause));
    let text = "[contract]\nid = \"x\"\ntitle = { en = \"t\", zh = \"t\" }\nsigned_on = 2026-01-17\ntime_zone = \"Asia/Shanghai\"\nlibraries = [\"./ours\"]\n[[clause]]\nuse = \"floor\"\n";
    let contract = shown(Contract::parse("c.toml", text.as_bytes(), |_| library.clone()));
    let AppliesWhen::Parameter { matcher, .. } = contract.clauses[0].applies_when.as_ref().expect("a condition") else {
        panic!()
    };
    let (low, high) = (value(json!("2026-01-16T16:00:00Z")), value(json!("2026-01-18T00:00:00Z")));
    assert_eq!(matcher, &Matcher::AllOf(vec![Matcher::AtLeast(low.clone()), Matcher::AtMost(high)]));
    let Some(AppliesWhen::All(all)) = &contract.clauses[0].checks[0].applies_when else { panic!() };
    let matchers: Vec<&Matcher> = all
        .iter()
        .map(|c| match c {
            AppliesWhen::Parameter { matcher, .. } => matcher,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(matchers[0], &Matcher::AtLeast(low.clone()));
    assert_eq!(matchers[1], &Matcher::Below(value(json!("2026-03-01T16:00:00Z"))));
    let day = Matcher::AllOf(vec![Matcher::AtLeast(low), Matcher::Below(value(json!("2026-01-17T16:00:00Z")))]);
    assert_eq!(matchers[2], &Matcher::Not(Box::new(day)));
}

#[test]
fn sections_of_the_contract_replace_the_suppliers_whole() {
    let supplier = shown(parse_deliverable(
        "deliverable.toml",
        br#"
[run]
binary = "a"
args = ["{port.p}"]
[[endpoint]]
name = "public"
url = "http://127.0.0.1:{port.p}"
[[endpoint]]
name = "admin"
url = "http://127.0.0.1:81"
[[request]]
name = "r"
endpoint = "admin"
path = "/"
"#,
    ));
    let contract = contract(
        "[[clause]]\nuse = \"floor\"\n[run]\nbinary = \"a\"\nargs = [\"{port.p}\", \"-v\"]\n[[endpoint]]\nname = \"public\"\nurl = \"https://127.0.0.1:{port.p}\"\n",
    );
    let applied = contract.apply(&supplier);
    assert!(applied.run.as_ref().expect("a run").agreed);
    assert_eq!(applied.endpoints.len(), 1);
    assert_eq!(applied.requests, supplier.requests);
    let keys: Vec<String> = contract.differences(&supplier).into_iter().map(|d: Difference| d.key).collect();
    assert_eq!(keys, ["endpoint.admin", "endpoint.public", "run.args"]);
    assert!(contract.against(&supplier).is_empty());
}

#[test]
fn sections_that_refer_to_nothing_are_told_when_the_delivery_is_known() {
    let supplier = shown(parse_deliverable(
        "deliverable.toml",
        b"[[binary]]\nname = \"auth-api\"\npath = \"a\"\n[[endpoint]]\nname = \"public\"\nurl = \"http://127.0.0.1:80\"\n",
    ));
    for (section, words) in [
        ("[run]\nbinary = \"auth-ap\"\n", "did you mean `auth-api`?"),
        ("[[request]]\nname = \"r\"\nendpoint = \"pubilc\"\npath = \"/\"\n", "did you mean `public`?"),
        (
            "[[request]]\nname = \"r\"\nendpoint = \"public\"\npath = \"/\"\nuses = [\"db\"]\n",
            "has the dependency `db`",
        ),
    ] {
        let contract = contract(&format!("[[clause]]\nuse = \"floor\"\n{section}"));
        let told = contract.against(&supplier);
        assert_eq!(told.0.len(), 1, "{}", told.plain(100));
        assert!(told.plain(100).contains(words), "{words} is not in\n{}", told.plain(100));
    }
}

#[test]
fn a_misspelt_folder_of_examples_is_not_silent() {
    let mut files = files(CLAUSE);
    files.insert("floor/exampels/pass/a.toml".into(), vec![]);
    files.insert("empty/notes.md".into(), vec![]);
    let library = Library::from_files("ours", "ours", files);
    let told = library.mistakes().plain(100);
    for words in ["ours/floor/exampels is read by nothing", "did you mean `examples`?", "ours/empty has no clause.toml"]
    {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    assert!(library.clauses.is_empty(), "a clause with mistakes is not in force");
}

#[test]
fn a_library_is_read_from_a_folder_and_from_one_clause() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("our-clauses");
    for (path, text) in [
        ("floor/clause.toml", CLAUSE),
        ("floor/examples/pass/a.toml", "[[sheet]]\nkind = \"source.tls_configs\"\nexamined = 1\n"),
        ("floor/attacks/b.toml", "bad = 1\n"),
        (".hidden/clause.toml", "nonsense"),
        ("README.md", "about"),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    for path in [root.clone(), root.join("floor")] {
        let library = Library::from_folder(&path);
        assert!(library.mistakes().is_empty(), "{}", library.mistakes().plain(100));
        assert_eq!((library.name.as_str(), library.clauses.len()), ("our-clauses", 1));
        assert_eq!(shown(library.examples("floor")).len(), 1);
        assert!(library.attacks("floor").is_err());
        assert!(library.all_mistakes().plain(100).contains("has no key `bad`"));
    }
    assert!(!Library::from_folder(&root.join("nowhere")).mistakes().is_empty());
    let contract = "[contract]\nid = \"x\"\ntitle = { en = \"t\", zh = \"t\" }\nlibraries = [\"standard\", \"./our-clauses\"]\n[[clause]]\nuse = \"our-clauses/floor\"\n";
    let path = folder.path().join("contract.toml");
    std::fs::write(&path, contract).expect("a file");
    assert_eq!(shown(Contract::open(&path)).clauses[0].library, "our-clauses");
}

#[test]
fn files_that_are_no_text_or_too_large_are_refused_whole() {
    let refused = |bytes: &[u8]| Clause::parse("clause.toml", bytes, None).expect_err("a mistake").plain(100);
    assert!(refused(b"id = \"\xff\"").contains("is not UTF-8: byte 6"));
    assert!(refused(&vec![b'#'; 2 << 20]).contains("too large"));
    let deep = format!("x = {}", "[".repeat(100_000));
    assert!(refused(deep.as_bytes()).contains("not TOML"));
    let many: String = (0..5_000).map(|i| format!("k{i} = 1\n")).collect();
    assert!(refused(many.as_bytes()).contains("more mistakes are not shown"));
}

#[test]
fn a_hostile_file_cannot_steer_the_terminal() {
    let told =
        parse_deliverable("d.toml", "x = \"\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\n".as_bytes()).expect_err("broken");
    let drawn = told.plain(80);
    let obeyed = drawn.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
    assert_eq!(obeyed, None, "{drawn:?}");
}

#[test]
fn items_bring_delivery_complete_as_a_must_from_the_standard_library() {
    let text = CLAUSE
        .replace("id = \"floor\"", "id = \"delivery-complete\"")
        .replace("obligation = \"must\"", "obligation = \"may\"");
    let standard =
        Library::from_files("standard", "clauses", [("delivery-complete/clause.toml".into(), text.into())].into());
    let open = |name: &str| if name == "standard" { standard.clone() } else { library(name) };
    let parse = |rest: &str| {
        let text = format!(
            "[contract]\nid = \"x\"\ntitle = {{ en = \"t\", zh = \"t\" }}\nlibraries = [\"standard\", \"./ours\"]\n[[clause]]\nuse = \"floor\"\n{rest}"
        );
        Contract::parse("contract.toml", text.as_bytes(), open)
    };
    let ids = |contract: &Contract| contract.clauses.iter().map(|c| (c.id.clone(), c.obligation)).collect::<Vec<_>>();
    let item = "[[item]]\nkind = \"source\"\nname = \"src\"\n";
    let delivery = ("delivery-complete".to_string(), Obligation::Must);
    assert_eq!(ids(&shown(parse(""))).len(), 1, "nothing is listed");
    assert_eq!(ids(&shown(parse(item)))[1], delivery);
    let named = "[[clause]]\nuse = \"delivery-complete\"\n";
    assert_eq!(ids(&shown(parse(&format!("{named}{item}"))))[1], delivery, "the clause proposes `may`");
    assert_eq!(ids(&shown(parse(named)))[1].1, Obligation::May, "without items it is as proposed");
    let weakened = parse(&format!("{named}obligation = \"should\"\n{item}")).expect_err("weaker than must");
    assert!(weakened.plain(100).contains("is `must` where items are listed"));
    let only_ours = format!(
        "[contract]\nid = \"x\"\ntitle = {{ en = \"t\", zh = \"t\" }}\nlibraries = [\"./ours\"]\n[[clause]]\nuse = \"floor\"\n{item}"
    );
    assert_eq!(ids(&shown(Contract::parse("contract.toml", only_ours.as_bytes(), open)))[1], delivery);
}

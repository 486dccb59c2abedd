//! Tests of `link.image_binary` and `link.run_configuration`.

use super::{link, row};
use crate::run::{Declared, DeclaredBinary};
use crate::tests::court::sheet;
use assize_facts::Sheet;
use serde_json::{Value as Json, json};

fn info(name: &str, digest: &str) -> Json {
    json!({"binary": name, "path": format!("dist/{name}"), "sha256": digest, "os": "linux", "arch": "amd64"})
}

fn manifest(image: &str, platform: &str, starts: &str) -> Json {
    json!({
        "image": image, "declared": true, "digest": format!("sha256:{image}"), "platform": platform, "platform_agrees": true,
        "digests_agree": true, "declared_digest_agrees": null, "starts_sha256": starts,
        "run_agrees": false, "run_differences": ["user"]
    })
}

fn file(image: &str, platform: &str, path: &str, digest: &str, visible: bool) -> Json {
    json!({
        "image": image, "digest": format!("sha256:{image}"), "platform": platform, "path": path, "sha256": digest,
        "visible": visible, "executable_content": true, "privileged": path.contains("su"), "layer": 1
    })
}

fn declared() -> Declared {
    let binary = |name: &str| DeclaredBinary {
        name: name.into(),
        path: format!("dist/{name}"),
        package: None,
        ..DeclaredBinary::default()
    };
    Declared { binaries: vec![binary("api"), binary("migrate")], run_binary: Some("api".into()), ..Declared::default() }
}

fn links(manifests: &[Json], files: &[Json]) -> Vec<String> {
    let rows = |sheet: &Sheet| -> Vec<String> {
        sheet.items.iter().map(|item| row(item, &["image", "binary", "holds", "agrees", "other_copies"])).collect()
    };
    rows(&link("link.image_binary", sheets(manifests, files), declared()))
}

fn sheets(manifests: &[Json], files: &[Json]) -> Vec<Sheet> {
    vec![
        sheet("binary.info", 2, &[info("api", "sha256:a"), info("migrate", "sha256:m")]),
        sheet("image.manifest", manifests.len() as u64, manifests),
        sheet("image.files", files.len() as u64, files),
    ]
}

const AMD: &str = "linux/amd64";

#[test]
fn an_image_holds_the_binary_that_the_run_starts() {
    let good = [file("i", AMD, "/app/api", "sha256:a", true), file("i", AMD, "/app/api", "sha256:old", false)];
    assert_eq!(links(&[manifest("i", AMD, "sha256:a")], &good), ["i api true true [\"/app/api (layer 1)\"]"]);
    // One that a higher layer deleted is not held.
    let deleted = [file("i", AMD, "/app/api", "sha256:a", false)];
    assert_eq!(links(&[manifest("i", AMD, "sha256:x")], &deleted), ["i api false false []"]);
    let older = [file("i", AMD, "/app/api", "sha256:old", true)];
    assert_eq!(links(&[manifest("i", AMD, "sha256:old")], &older), ["i api false false [\"/app/api (layer 1)\"]"]);
}

#[test]
fn a_second_image_may_hold_another_binary_as_long_as_one_starts_the_first() {
    let files = [file("i", AMD, "/api", "sha256:a", true), file("j", AMD, "/migrate", "sha256:m", true)];
    let both = [manifest("i", AMD, "sha256:a"), manifest("j", AMD, "sha256:m")];
    assert_eq!(links(&both, &files), ["i api true true []", "j migrate true true []"]);
    assert_eq!(links(&both[1..], &files), ["j api false false []"]);
}

#[test]
fn other_platforms_are_left_aside_where_the_delivered_one_is_there() {
    let files = [file("i", AMD, "/api", "sha256:a", true), file("i", "linux/arm64", "/api", "sha256:arm", true)];
    let both = [manifest("i", AMD, "sha256:a"), manifest("i", "linux/arm64", "sha256:arm")];
    assert_eq!(links(&both, &files), ["i api true true []"]);
    assert_eq!(links(&both[1..], &files), ["i api false false [\"/api (layer 1)\"]"]);
}

#[test]
fn images_that_nobody_named_and_that_hold_nothing_of_the_product_are_beside_it() {
    let files =
        |path: &str, digest: &str| [file("i", AMD, "/api", "sha256:a", true), file("j", AMD, path, digest, true)];
    let undeclared = |image: &str, starts: &str, agrees: bool| {
        let mut one = manifest(image, AMD, starts);
        (one["declared"], one["run_agrees"]) = (json!(false), json!(agrees));
        one
    };
    let good = || {
        let mut one = manifest("i", AMD, "sha256:a");
        one["run_agrees"] = json!(true);
        one
    };
    let told = |manifests: &[Json], files: &[Json], gap: bool| {
        let mut all = sheets(manifests, files);
        if gap {
            all[2].gap(assize_facts::reason!("archive-damaged"), "j layer 0");
        }
        let holds = link("link.image_binary", all.clone(), declared());
        let runs = link("link.run_configuration", all, declared());
        let last = |sheet: &Sheet, fields: &[&str]| row(sheet.items.last().expect("one"), fields);
        format!("{} {}", last(&holds, &["beside"]), last(&runs, &["basis"]))
    };
    let postgres = files("/usr/bin/postgres", "sha256:p");
    assert_eq!(told(&[good(), undeclared("j", "sha256:p", false)], &postgres, false), "true beside");
    // Named, in a layout that is not read whole, or the only one: it has to hold the binary.
    assert_eq!(told(&[good(), manifest("j", AMD, "sha256:p")], &postgres, false), "false image");
    assert_eq!(
        told(&[undeclared("i", "sha256:a", true), undeclared("j", "sha256:p", false)], &postgres, true),
        "false image"
    );
    assert_eq!(told(&[undeclared("j", "sha256:p", false)], &postgres[1..], false), "false image");
    // An older copy, under the binary's name; where a named image runs as [run] says, this one need not.
    assert_eq!(
        told(&[good(), undeclared("j", "sha256:old", false)], &files("/srv/api", "sha256:old"), false),
        "false beside"
    );
    assert_eq!(
        told(&[good(), undeclared("j", "sha256:a", false)], &files("/srv/api", "sha256:a"), false),
        "false beside"
    );
    assert_eq!(
        told(&[manifest("i", AMD, "sha256:a"), undeclared("j", "sha256:a", false)], &files("/api", "sha256:a"), false),
        "false image"
    );
}

#[test]
fn an_archive_may_hold_the_images_of_other_services_under_other_names() {
    let named = |digest: &str, names: &[&str], starts: &str| {
        let mut one = manifest("all.tar", AMD, starts);
        (one["digest"], one["names"]) = (json!(digest), json!(names));
        one
    };
    let of = |digest: &str, path: &str, content: &str| {
        let mut one = file("all.tar", AMD, path, content, true);
        one["digest"] = json!(digest);
        one
    };
    let files = [of("a", "/api", "sha256:a"), of("p", "/usr/bin/postgres", "sha256:p"), of("e", "/api", "sha256:e")];
    let beside = |manifests: &[Json]| {
        let all = sheets(manifests, &files);
        let (holds, runs) =
            (link("link.image_binary", all.clone(), declared()), link("link.run_configuration", all, declared()));
        let each = holds.items.iter().zip(&runs.items);
        each.map(|(holds, runs)| row(holds, &["beside"]) + " " + &row(runs, &["basis"])).collect::<Vec<_>>()
    };
    let api = named("a", &["docker.io/acme/api:1.2", "1.2"], "sha256:a");
    let postgres = named("p", &["postgres:17"], "sha256:p");
    assert_eq!(beside(&[api.clone(), postgres.clone()]), ["false image", "true beside"]);
    // Under the product's name in whatever registry, or with the program's name, or without one, it may be what is meant to be started.
    for names in [&["registry.example:5000/other/api:latest"][..], &["1.2"], &[], &["migrate:1"]] {
        let other = named("p", names, "sha256:p");
        assert_eq!(beside(&[api.clone(), other]), ["false image", "false image"], "{names:?}");
    }
    assert_eq!(beside(&[named("a", &["1.2"], "sha256:a"), postgres.clone()]), ["false image", "false image"]);
    // Another program of the delivered one's name, one that is called by the declared digest, or none that starts the delivered one.
    assert_eq!(beside(&[api.clone(), named("e", &["proxy:1"], "sha256:e")]), ["false image", "false image"]);
    let mut called = postgres.clone();
    called["declared_digest_agrees"] = json!(true);
    assert_eq!(beside(&[api.clone(), called]), ["false image", "false image"]);
    let mut older = api;
    older["starts_sha256"] = json!("sha256:x");
    assert_eq!(beside(&[older, postgres]), ["false image", "false image"]);
}

#[test]
fn digests_decide_too() {
    let files = [file("i", AMD, "/api", "sha256:a", true)];
    let with = |key: &str, value: Json| {
        let mut one = manifest("i", AMD, "sha256:a");
        one[key] = value;
        links(&[one], &files).remove(0)
    };
    assert_eq!(with("digests_agree", json!(false)), "i api true false []");
    assert_eq!(with("declared_digest_agrees", json!(false)), "i api true false []");
    assert_eq!(with("declared_digest_agrees", json!(true)), "i api true true []");
    assert_eq!(with("digests_agree", json!("?")), "i api true ?no-line-recorded []");
}

#[test]
fn what_else_the_image_holds_is_listed() {
    let files = [
        file("i", AMD, "/api", "sha256:a", true),
        file("i", AMD, "/bin/su", "sha256:su", true),
        file("i", AMD, "/gone", "sha256:gone", false),
    ];
    let sheet = link("link.image_binary", sheets(&[manifest("i", AMD, "sha256:a")], &files), declared());
    assert_eq!(row(&sheet.items[0], &["paths", "undeclared", "privileged"]), "[\"/api\"] [\"/bin/su\"] [\"/bin/su\"]");
}

#[test]
fn a_run_is_held_against_the_image_unless_the_contract_agreed_it() {
    let basis = |manifests: &[Json], agreed: bool| {
        let sheet =
            link("link.run_configuration", sheets(manifests, &[]), Declared { run_agreed: agreed, ..declared() });
        assert!(sheet.scope.count > 0);
        row(&sheet.items[0], &["image", "basis", "agrees", "differences"])
    };
    let image = [manifest("i", AMD, "sha256:a")];
    assert_eq!(basis(&image, false), "i image false [\"user\"]");
    assert_eq!(basis(&image, true), "i contract false [\"user\"]");
    assert_eq!(basis(&[], false), "null supplier ?no-image []");
    assert_eq!(basis(&[], true), "null contract ?no-image []");
}

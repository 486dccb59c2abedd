//! Build files as text, settings as text: `line setting=value delivered`.

use super::delivered::Targets;
use super::evaluate::State;
use super::library::Library;
use super::{of_file, push, sort};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{BinarySpec, BuildSpec, Deliverable, Sheet, SourceSpec};
use std::collections::BTreeMap;

/// `-- path --` before each file's text; the settings that stand in the build of `./cmd/app`, with their files.
pub(super) fn told_in(files: &str) -> Vec<String> {
    told_with(files, None)
}

/// With the environment of the declared build.
pub(super) fn told_with(files: &str, env: Option<&[(&str, &str)]>) -> Vec<String> {
    let owned = |all: &[(&str, &str)]| all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let binary = BinarySpec {
        name: "app".into(),
        path: "dist/app".into(),
        package: Some("./cmd/app".into()),
        build: env.map(|all| BuildSpec { env: owned(all), ..BuildSpec::default() }),
    };
    let source = SourceSpec { platform: Some("linux/amd64".into()), ..SourceSpec::default() };
    let spec = Deliverable { binaries: vec![binary], source: Some(source), ..Deliverable::default() };
    let mut all: BTreeMap<String, String> =
        ["cmd/app/main.go", "internal/x/x.go", "go.mod", "tools/go.mod", "tools/t.go"]
            .map(|path| (path.to_owned(), "module example.com/m\n".to_owned()))
            .into();
    let mut path = None;
    for line in files.split_inclusive('\n') {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --\n")) {
            Some(name) => {
                path = Some(name);
                all.insert(name.into(), String::new());
            }
            None => all.get_mut(path.expect("a path line")).expect("the file").push_str(line),
        }
    }
    let library = Library::of(&all);
    let targets = Targets::of(&spec, "module example.com/m\n", &library.paths);
    let mut sheet = Sheet::of::<BuildSetting>();
    let mut state = State::new(&library, &targets);
    for (path, text) in &all {
        let Some(tool) = super::followed(path) else { continue };
        let cut = of_file(&mut state, tool, path, path, text).expect("it reads");
        assert!(!cut, "{path}");
    }
    push(&mut sheet, state.tell());
    let show = |item: &assize_facts::Item| {
        let delivered = item.bool("delivered").map_or("?", |d| if d { "yes" } else { "no" });
        let value = item.text("value").map(|v| format!("={v}")).unwrap_or_default();
        let (file, line) = (item.origin.file.clone().unwrap_or_default(), item.origin.line.unwrap_or(0));
        format!("{file}:{line} {}{value} {delivered}", item.text("setting").unwrap_or("?"))
    };
    sheet.items.iter().map(show).collect()
}

/// One file, without its name.
fn told(tool: BuildFile, text: &str) -> Vec<String> {
    let path = match tool {
        BuildFile::Dockerfile => "Dockerfile",
        BuildFile::Makefile => "Makefile",
        BuildFile::Shell => "build.sh",
        BuildFile::GithubActions => ".github/workflows/w.yml",
        BuildFile::GitlabCi => ".gitlab-ci.yml",
        BuildFile::Taskfile => "Taskfile.yml",
        BuildFile::Goreleaser => ".goreleaser.yml",
        BuildFile::GoEnv => "go.env",
        BuildFile::Envrc | BuildFile::Deliverable | BuildFile::Other => ".envrc",
    };
    let lines = told_in(&format!("-- {path} --\n{text}"));
    lines.iter().map(|l| l.strip_prefix(&format!("{path}:")).unwrap_or(l).to_owned()).collect()
}

#[test]
fn settings_of_a_dockerfile_count_in_the_stage_that_builds_the_delivered_program() {
    let text = "FROM golang AS tools\nENV GOFLAGS=-mod=mod\nRUN go install example.com/tool@v1\nFROM golang\nENV CGO_ENABLED=1\nRUN go get -u x && \\\n  go build -tags a ./cmd/app\n";
    assert_eq!(
        told(BuildFile::Dockerfile, text),
        ["2 -mod=mod no", "2 GOFLAGS=-mod=mod no", "5 CGO_ENABLED=1 yes", "6 go get=-u x yes", "7 -tags=a yes"]
    );
}

#[test]
fn a_makefile_takes_prerequisites_variables_and_exports_in() {
    let text = "export CGO_ENABLED = 0\nFLAGS := -modfile other.mod\nall: build\nprepare:\n\tgo mod tidy\nbuild: prepare\n\t$(GO) build $(FLAGS) -o dist/app ./cmd/app\ntest:\n\tgo build -mod=mod ./internal/x\n";
    assert_eq!(
        told(BuildFile::Makefile, text),
        ["1 CGO_ENABLED=0 yes", "5 go mod tidy yes", "7 -modfile=other.mod yes", "9 -mod=mod no"]
    );
}

#[test]
fn a_script_is_read_through_quotes_comments_documents_and_shells() {
    let text = "#!/bin/sh\n# go build -mod=mod ./cmd/app\necho \"go build -overlay x ./cmd/app\"\ncat <<EOF\ngo build -mod=mod ./cmd/app\nEOF\nGOFLAGS=-overlay=o.json sh -c 'go build ./cmd/app'\n";
    assert_eq!(told(BuildFile::Shell, text), ["7 -overlay=o.json yes", "7 GOFLAGS=-overlay=o.json yes"]);
}

#[test]
fn environment_prefixes_and_written_settings_are_seen() {
    let text = "go env -w GOSUMDB=off GONOSUMDB=*\nenv CGO_ENABLED=1 go build -toolexec ./wrap ./cmd/app\n";
    assert_eq!(
        told(BuildFile::Shell, text),
        ["1 GONOSUMDB=* yes", "1 GOSUMDB=off yes", "2 -toolexec=./wrap yes", "2 CGO_ENABLED=1 yes"]
    );
}

#[test]
fn what_a_variable_decides_is_not_known() {
    assert_eq!(told(BuildFile::Shell, "go build -mod=$MODE $PKG\n"), ["1 -mod ?"]);
}

#[test]
fn jobs_tasks_and_releases_are_scopes() {
    let github = "env:\n  GOFLAGS: -mod=mod\njobs:\n  lint:\n    steps:\n      - run: go vet ./...\n  build:\n    steps:\n      - run: |\n          go build ./cmd/app\n";
    assert_eq!(told(BuildFile::GithubActions, github), ["2 -mod=mod yes", "2 GOFLAGS=-mod=mod yes"]);
    let gitlab = "variables:\n  GOSUMDB: \"off\"\nunit:\n  script: [go test ./...]\n";
    assert_eq!(told(BuildFile::GitlabCi, gitlab), ["2 GOSUMDB=off no"]);
    let task = "version: 3\ntasks:\n  build:\n    env: {CGO_ENABLED: 1}\n    cmds:\n      - go build ./cmd/app\n";
    assert_eq!(told(BuildFile::Taskfile, task), ["4 CGO_ENABLED=1 yes"]);
    let release = "before:\n  hooks: [go mod tidy]\nbuilds:\n  - main: ./cmd/app\n    flags: [-overlay=x]\n";
    assert_eq!(told(BuildFile::Goreleaser, release), ["2 go mod tidy yes", "4 -overlay=x yes"]);
}

#[test]
fn build_files_are_known_by_their_names() {
    for (path, found) in [
        ("Makefile", true),
        ("build/Dockerfile.prod", true),
        (".github/workflows/ci.yml", true),
        ("scripts/release.sh", true),
        ("vendor/x/Makefile", false),
        ("main.go", false),
        ("docs/dockerfile-notes.md", true),
    ] {
        assert_eq!(sort(path).is_some(), found, "{path}");
    }
}

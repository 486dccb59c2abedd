//! Pipelines, tasks and releases through their spellings.

use super::super::calls_tests::counts;
use super::super::shapes_tests::{each_reaches, nothing_counts, reaches};

fn all_reach(name: &str, texts: &[&str]) {
    let with = |text: &str| format!("-- {name} --\n{text}\n");
    each_reaches(texts, "-overlay", with);
}

#[test]
fn pipelines_of_gitlab_take_in_refer_and_vary() {
    all_reach(
        ".gitlab-ci.yml",
        &[
            "include:\n  - local: ci/b.yml\n-- ci/b.yml --\nb:\n  script: [go build -overlay=o ./cmd/app]",
            "include: /ci/b.yml\nvariables: {GOFLAGS: -overlay=o}\n-- ci/b.yml --\nb:\n  script: [go build ./cmd/app]",
            "include: [{local: 'ci/*.yml'}]\nb:\n  extends: .t\n-- ci/b.yml --\n.t:\n  script: [go build -overlay=o ./cmd/app]",
            "include: [{local: 'ci/**.yml'}]\n-- ci/x/b.yml --\nb:\n  script: [go build -overlay=o ./cmd/app]",
            "include:\n  - local: ci/b.yml\n    inputs: {flags: -overlay=o}\n-- ci/b.yml --\nspec:\n  inputs:\n    flags:\n---\nb:\n  script: [\"go build $[[ inputs.flags ]] ./cmd/app\"]",
            "include: ci/other.yml\nb:\n  script: [go build ./cmd/app]",
            ".s:\n  script:\n    - export GOFLAGS=-overlay=o\nb:\n  script:\n    - !reference [.s, script]\n    - go build ./cmd/app",
            "b:\n  rules:\n    - if: $CI\n      variables: {GOFLAGS: -overlay=o}\n  script: [go build ./cmd/app]",
            "workflow:\n  rules:\n    - variables: {GOFLAGS: -overlay=o}\nb:\n  script: [go build ./cmd/app]",
            "b:\n  parallel:\n    matrix:\n      - GOFLAGS: [-overlay=o, -v]\n  script: [go build ./cmd/app]",
            "b:\n  script: [echo]\n  after_script:\n    - go build -overlay=o -o dist/app ./cmd/app",
            "b:\n  hooks:\n    pre_get_sources_script: [go env -w GOFLAGS=-overlay=o]\n  script: [go build ./cmd/app]",
            "p:\n  script: [echo GOFLAGS=-overlay=o > b.env]\n  artifacts: {reports: {dotenv: b.env}}\nb:\n  script: [go build ./cmd/app]",
            "c:\n  variables: {GOFLAGS: -overlay=o}\n  trigger: {include: ci/c.yml}\n-- ci/c.yml --\nb:\n  script: [go build ./cmd/app]",
        ],
    );
    let honest = "-- .gitlab-ci.yml --\ninclude:\n  - template: Security/SAST.gitlab-ci.yml\n  - project: a/b\n    file: c.yml\n  - remote: https://x.org/c.yml\np:\n  script: [echo VERSION=1 > b.env]\n  artifacts: {reports: {dotenv: b.env}}\n  rules:\n    - variables: {GOFLAGS: -overlay=o}\nb:\n  script: [go build ./cmd/app]\n";
    assert!(counts(honest).is_empty(), "{:?}", counts(honest));
}

#[test]
fn taskfiles_take_in_choose_and_repeat() {
    all_reach(
        "Taskfile.yml",
        &[
            "env: {GOFLAGS: -overlay=o}\nincludes: {b: ./build}\ntasks:\n  all:\n    cmds: [{task: 'b:app'}]\n-- build/Taskfile.yml --\ntasks:\n  app:\n    dir: ..\n    cmds: [go build ./cmd/app]",
            "includes: {b: {taskfile: ./build/app.yml}}\n-- build/app.yml --\ntasks:\n  app:\n    cmds: [go build -overlay=o ./cmd/app]",
            "includes: {b: ./build/other.yml}\ntasks:\n  app: go build ./cmd/app",
            "tasks:\n  app:\n    dotenv: [b.env]\n    cmds: [go build ./cmd/app]\n-- b.env --\nGOFLAGS=-overlay=o",
            "vars: {F: '{{.F | default \"-overlay=o\"}}'}\ntasks:\n  app: go build {{.F}} ./cmd/app",
            "vars: {F: '{{default \"-overlay=o\" .X}}'}\ntasks:\n  app: go build {{.F}} ./cmd/app",
            "vars: {F: {sh: echo -overlay=o}}\ntasks:\n  app: go build {{.F}} ./cmd/app",
            "vars: {F: {sh: cat f.txt}}\ntasks:\n  app: go build {{.F}} ./cmd/app\n-- f.txt --\n-overlay=o",
            "tasks:\n  app:\n    cmds:\n      - for: [-overlay=o, -v]\n        cmd: go build {{.ITEM}} ./cmd/app",
            "tasks:\n  app:\n    cmds:\n      - defer: go build -overlay=o ./cmd/app",
            "tasks:\n  app: go build {{if .CI}}-v{{else}}-overlay=o{{end}} ./cmd/app",
            "tasks:\n  app:\n    status: [go env -w GOFLAGS=-overlay=o]\n    cmds: [go build ./cmd/app]",
            "tasks:\n  'build:*':\n    vars: {N: '{{index .MATCH 0}}'}\n    cmds: ['go build -overlay=o ./cmd/{{.N}}']",
            "tasks:\n  b: go build {{.CLI_ARGS}} ./cmd/app\n  r: task b -- -overlay=o",
            "tasks:\n  b: go build {{.F}} ./cmd/app\n  r: task b F=-overlay=o",
        ],
    );
    nothing_counts(
        &[
            "includes: {b: {taskfile: ./other.yml, optional: true}}\ntasks:\n  app: go build ./cmd/app",
            "includes: {b: https://x.org/Taskfile.yml}\ntasks:\n  app: go build ./cmd/app",
            "tasks:\n  x:\n    cmds:\n      - for: [-overlay=o]\n        cmd: echo {{.ITEM}}\n  app: go build ./cmd/app",
            "tasks:\n  app: go build -o bin/app{{if eq OS \"windows\"}}.exe{{end}} ./cmd/app",
        ],
        |honest| format!("-- Taskfile.yml --\n{honest}\n"),
    );
}

#[test]
fn releases_are_found_in_their_places_and_read_through_templates() {
    all_reach(
        ".goreleaser.yml",
        &[
            "env: [F=-overlay=o]\nbuilds:\n  - main: ./cmd/app\n    flags: ['{{ .Env.F }}']",
            "builds:\n  - main: ./cmd/app\n    flags: ['{{ if .IsSnapshot }}-v{{ else }}-overlay=o{{ end }}']",
            "builds:\n  - main: ./cmd/app\n    flags: ['{{ readFile \"f.txt\" }}']",
            "build:\n  main: ./cmd/app\n  flags: [-overlay=o]",
            "kos:\n  - main: ./cmd/app\n    flags: [-overlay=o]",
        ],
    );
    all_reach(".config/goreleaser.yaml", &["builds:\n  - main: ./cmd/app\n    flags: [-overlay=o]"]);
    nothing_counts(
        &["    goos: [darwin]", "    targets: [windows_amd64]", "    skip: true", "    builder: rust"],
        |lines| {
            format!("-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    env: [GOFLAGS=-overlay=o]\n{lines}\n")
        },
    );
    let varied = "-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    env: [GOFLAGS=-overlay=o]\n    overrides:\n      - {goos: linux, goarch: amd64, env: [GOFLAGS=]}\n";
    assert!(!counts(varied).iter().any(|line| line.contains("overlay")), "{:?}", counts(varied));
    let own =
        "-- .goreleaser.yml --\nenv: [GOFLAGS=-overlay=o]\n-- cmd/app/.goreleaser.yml --\nenv: [GOFLAGS=-overlay=p]\n";
    let found = counts(own);
    assert!(found.contains(&"+ cmd/app/.goreleaser.yml:1 -overlay=p".to_owned()) && found.len() == 2, "{found:?}");
    let tool = counts("-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    tool: ./scripts/go\n");
    assert_eq!(tool, ["+ .goreleaser.yml:2 -toolexec=./scripts/go"]);
    let honest = "-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    flags: ['{{ .Env.EXTRA }}']\n    ldflags: ['-X main.v={{ .Version }}']\n";
    assert!(counts(honest).iter().all(|line| line.contains("-ldflags")), "{:?}", counts(honest));
}

#[test]
fn workflows_hand_on_what_they_are_given() {
    let step = |text: &str| format!("jobs:\n  b:\n    steps:\n      - {text}\n");
    let texts = [
        "jobs:\n  c:\n    uses: ./.github/workflows/r.yml\n    with: {flags: -overlay=o}\n-- .github/workflows/r.yml --\non:\n  workflow_call:\n    inputs:\n      flags: {type: string}\njobs:\n  b:\n    steps:\n      - run: go build ${{ inputs.flags }} ./cmd/app".to_owned(),
        "on:\n  workflow_dispatch:\n    inputs:\n      flags: {default: -overlay=o}\njobs:\n  b:\n    steps:\n      - run: go build ${{ inputs.flags }} ./cmd/app".to_owned(),
        step("uses: ./ci/b\n        with: {flags: -overlay=o}\n-- ci/b/action.yml --\ninputs:\n  flags: {default: -v}\nruns:\n  steps:\n    - run: go build ${{ inputs.flags }} ./cmd/app"),
        step("uses: ./ci/b\n-- ci/b/action.yml --\ninputs:\n  flags: {default: -overlay=o}\nruns:\n  steps:\n    - run: go build ${{ inputs.flags }} ./cmd/app"),
        step("id: f\n        run: echo \"flags=-overlay=o\" >> \"$GITHUB_OUTPUT\"\n      - run: go build ${{ steps.f.outputs.flags }} ./cmd/app"),
        step("uses: actions/checkout@v4\n        with: {path: src/m}\n      - working-directory: src/m/cmd\n        run: go build -overlay=o ./app"),
        step("run: echo FLAGS=-overlay=o >> $GITHUB_ENV\n      - run: go build $FLAGS ./cmd/app"),
        step("run: go build ${{ github.ref == 'refs/heads/main' && '-overlay=o' || '-v' }} ./cmd/app"),
        step("run: go build ${{ format('-{0}=o','overlay') }} ./cmd/app"),
        step("run: go build ./cmd/app\n        shell: env GOFLAGS=-overlay=o bash -e {0}"),
        "defaults:\n  run: {shell: 'env GOFLAGS=-overlay=o bash -e {0}'}\njobs:\n  b:\n    steps:\n      - run: go build ./cmd/app".to_owned(),
        "jobs:\n  b:\n    container: {image: golang, options: -e GOFLAGS=-overlay=o}\n    steps:\n      - run: go build ./cmd/app".to_owned(),
        step("uses: docker://golang:1.26\n        with: {args: go build -overlay=o ./cmd/app}"),
        step("uses: addnab/docker-run-action@v3\n        with: {run: go build -overlay=o ./cmd/app}"),
        step("uses: goreleaser/goreleaser-action@v6\n        with: {args: release --config build/r.yml}\n-- build/r.yml --\nbuilds:\n  - main: ./cmd/app\n    flags: [-overlay=o]"),
        step("uses: wangyoucao577/go-release-action@v1\n        with: {build_flags: -overlay=o}"),
        step("run: |\n          echo 'GOFLAGS<<X' >> $GITHUB_ENV\n          echo '-overlay=o' >> $GITHUB_ENV\n          echo 'X' >> $GITHUB_ENV\n      - run: go build ./cmd/app"),
        "jobs:\n  b:\n    strategy:\n      matrix: ${{ fromJSON('{\"f\":[\"-overlay=o\"]}') }}\n    steps:\n      - run: go build ${{ matrix.f }} ./cmd/app".to_owned(),
        "jobs:\n  b:\n    strategy:\n      matrix: {c: [{f: -overlay=o}]}\n    steps:\n      - run: go build ${{ matrix.c.f }} ./cmd/app".to_owned(),
        step("shell: python\n        run: |\n          import os\n          os.system('go build -overlay=o ./cmd/app')"),
        step("shell: pwsh\n        run: |\n          $env:GOFLAGS='-overlay=o'\n          go build ./cmd/app"),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    all_reach(".github/workflows/w.yml", &texts);
    nothing_counts(
        &[
            "run: echo DOCKER=x >> $GITHUB_ENV\n      - run: go build ./cmd/app",
            "run: go build -o app${{ matrix.os == 'windows' && '.exe' || '' }} ./cmd/app",
            "run: go build -v ${{ endsWith(github.repository, '-enterprise') && '-x' || '' }} ./cmd/app",
            "uses: golangci/golangci-lint-action@v6\n        with: {args: --timeout=5m}\n      - run: go build ./cmd/app",
            "uses: x/y@v1\n        id: v\n      - run: go build ${{ steps.v.outputs.flags }} ./cmd/app",
            "uses: actions/checkout@v4\n        with: {path: m}\n      - uses: actions/checkout@v4\n        with: {repository: x/other, path: other}\n      - working-directory: other\n        run: go mod edit -replace=example.com/m=../m && go build\n      - working-directory: m\n        run: go build ./cmd/app",
            "run: |\n          echo 'GOOS=android' >> $GITHUB_ENV\n          echo GOFLAGS=-overlay=o >> $GITHUB_ENV\n      - run: go build ./cmd/app",
        ],
        |honest| format!("-- .github/workflows/w.yml --\n{}", step(honest)),
    );
}

#[test]
fn files_that_take_in_one_another_have_an_end() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let tasks: String = names.iter().map(|name| format!("  {name}: ./Taskfile.yml\n")).collect();
    let task = format!("-- Taskfile.yml --\nincludes:\n{tasks}tasks:\n  app: go build ./cmd/app\n");
    let includes: String = names.iter().map(|name| format!("  - ci/{name}.yml\n")).collect();
    let files: String = names.iter().map(|name| format!("-- ci/{name}.yml --\ninclude:\n{includes}")).collect();
    let pipeline = format!("-- .gitlab-ci.yml --\ninclude:\n{includes}b:\n  script: [go build ./cmd/app]\n{files}");
    for files in [task, pipeline] {
        let found = counts(&files);
        assert!(found.iter().any(|line| line.contains("-overlay")), "{found:?}");
    }
}

#[test]
fn many_values_that_name_one_another_and_many_included_files_have_an_end() {
    let values: String = (0..400).map(|n| format!("  A{n}: $A{}\n", n + 1)).collect();
    let pipeline =
        format!("variables:\n{values}  A400: -overlay=o\n  GOFLAGS: $A0\nb:\n  script: [go build ./cmd/app]");
    all_reach(".gitlab-ci.yml", &[&pipeline]);
    let includes: String = (0..2000).map(|n| format!("- from_file: {{path: b{}.yml}}\n", n % 2)).collect();
    let files = "-- b0.yml --\nbuilds:\n- main: ./cmd/x\n-- b1.yml --\nincludes: []";
    all_reach(".goreleaser.yml", &[&format!("includes:\n{includes}builds:\n- main: ./cmd/app\n{files}")]);
}

#[test]
fn direnv_and_compose_are_read() {
    for text in [
        "[ -f x ] && export GOFLAGS=-overlay=o",
        "export A=1 GOFLAGS=-overlay=o",
        "source_env .more\n-- .more --\nexport GOFLAGS=-overlay=o",
        "dotenv b.env\n-- b.env --\nGOFLAGS=-overlay=o",
        "A=1; export GOFLAGS=-overlay=o",
        "declare -x GOFLAGS=-overlay=o",
        "export\tGOFLAGS=-overlay=o",
    ] {
        let found = counts(&format!("-- .envrc --\n{text}\n"));
        assert!(found.iter().any(|line| line.starts_with("? ") && line.contains("-overlay=o")), "{text}: {found:?}");
    }
    let image = "-- Dockerfile --\nFROM golang\nARG FLAGS\nWORKDIR /src\nCOPY . .\nRUN go build ${FLAGS} ./cmd/app\n";
    for args in ["{FLAGS: -overlay=o}", "[FLAGS=-overlay=o]"] {
        let services = format!("-- compose.yml --\nservices:\n  a:\n    build: {{context: ., args: {args}}}\n{image}");
        reaches(&[(args, services.as_str(), "+ Dockerfile:5 -overlay=o")]);
    }
}

#[test]
fn values_that_name_one_another_are_put_in_whatever_their_order() {
    all_reach(
        "Taskfile.yml",
        &[
            "vars:\n  Z: -overlay=o\n  A: \"{{.Z}}\"\ntasks:\n  b: go build {{.A}} ./cmd/app",
            "vars:\n  Z: -overlay=o\n  A: {ref: .Z}\ntasks:\n  b: go build {{.A}} ./cmd/app",
            "vars:\n  A: [-v, -overlay=o]\ntasks:\n  b: go build {{join \" \" .A}} ./cmd/app",
            "vars:\n  A: {map: {x: -overlay=o}}\ntasks:\n  b: go build {{.A.x}} ./cmd/app",
            "tasks:\n  b: go build {{printf \"-%s=o\" \"overlay\"}} ./cmd/app",
            "env:\n  Z: -overlay=o\n  GOFLAGS: $Z\ntasks:\n  b: go build ./cmd/app",
        ],
    );
    all_reach(
        ".gitlab-ci.yml",
        &[
            "variables:\n  A: $Z\n  Z: -overlay=o\n  GOFLAGS: $A\nb:\n  script: [go build ./cmd/app]",
            "b:\n  run:\n    - name: x\n      script: go build -overlay=o ./cmd/app",
        ],
    );
    all_reach(
        ".goreleaser.yml",
        &[
            "env: [F=-overlay=o, \"GOFLAGS={{ .Env.F }}\"]\nbuilds:\n- main: ./cmd/app",
            "builds:\n- main: ./cmd/app\n  flags: ['{{ envOrDefault `F` `-overlay=o` }}']",
            "includes:\n- from_file: {path: b.yml}\n-- b.yml --\nbuilds:\n- main: ./cmd/app\n  flags: [-overlay=o]",
            "includes:\n- from_url: {url: https://x.example/b.yml}\nbuilds:\n- main: ./cmd/app",
        ],
    );
    nothing_counts(
        &[
            "tasks:\n  b: go build -o app{{exeExt}} {{.FLAGS}} ./cmd/app",
            "vars: {A: $B, B: $A}\ntasks:\n  b: go build -o x ./cmd/app",
        ],
        |text| format!("-- Taskfile.yml --\n{text}\n"),
    );
}

#[test]
fn workflows_of_other_forges_and_services_that_build_are_read() {
    let workflow = |run: &str| format!("jobs:\n  b:\n    steps:\n{run}");
    for folder in [".gitea", ".forgejo", ".github"] {
        let run = workflow("    - run: go build -overlay=o ./cmd/app\n");
        all_reach(&format!("{folder}/workflows/w.yml"), &[&run]);
    }
    all_reach(
        ".github/workflows/w.yml",
        &[
            &workflow(
                "    - id: f\n      run: echo \"::set-output name=flags::-overlay=o\"\n    - run: go build ${{ steps.f.outputs.flags }} ./cmd/app\n",
            ),
            &workflow("    - run: go build ./cmd/app\n      shell: bash -c \"GOFLAGS=-overlay=o bash {0}\"\n"),
        ],
    );
    all_reach(
        "compose.yaml",
        &[
            "services:\n  b:\n    image: golang\n    env_file: b.env\n    command: go build ./cmd/app\n-- b.env --\nGOFLAGS=-overlay=o",
            "services:\n  b:\n    image: golang\n    environment: [GOFLAGS=-overlay=o]\n    entrypoint: [go, build]\n    command: [./cmd/app]",
        ],
    );
    all_reach("debian/rules", &["build:\n\tgo build -overlay=o ./cmd/app"]);
}

#[test]
fn what_jobs_and_tasks_hand_on_reaches_the_build() {
    reaches(&[
        (
            "gitlab reference",
            "-- .gitlab-ci.yml --\n.setup:\n  script:\n    - export GOFLAGS=-overlay=o.json\nbuild:\n  script:\n    - !reference [.setup, script]\n    - go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "gitlab reference variables",
            "-- .gitlab-ci.yml --\n.setup:\n  variables:\n    GOFLAGS: -overlay=o.json\nbuild:\n  variables: !reference [.setup, variables]\n  script:\n    - go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "taskfile deps vars",
            "-- Taskfile.yml --\nversion: '3'\ntasks:\n  all:\n    deps:\n      - task: build\n        vars: {FLAGS: -overlay=o.json}\n  build:\n    cmds:\n      - go build {{.FLAGS}} ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "taskfile cmds vars",
            "-- Taskfile.yml --\nversion: '3'\ntasks:\n  all:\n    cmds:\n      - task: build\n        vars: {FLAGS: -overlay=o.json}\n  build:\n    cmds:\n      - go build {{.FLAGS}} ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "goreleaser hooks.post",
            "-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    hooks:\n      post:\n        - go build -overlay=o.json -o {{ .Path }} ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "goreleaser hooks.post cmd",
            "-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    hooks:\n      post:\n        - cmd: go build -overlay=o.json -o dist/app ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "goreleaser hooks.pre env",
            "-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n    hooks:\n      pre: go mod edit -require=x@v1\n",
            "go mod edit",
        ),
        (
            "github needs outputs",
            "-- .github/workflows/w.yml --\njobs:\n  a:\n    runs-on: ubuntu-latest\n    outputs:\n      flags: ${{ steps.f.outputs.flags }}\n    steps:\n      - id: f\n        run: echo \"flags=-overlay=o.json\" >> $GITHUB_OUTPUT\n  b:\n    needs: a\n    runs-on: ubuntu-latest\n    steps:\n      - run: go build ${{ needs.a.outputs.flags }} ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "github needs outputs literal",
            "-- .github/workflows/w.yml --\njobs:\n  a:\n    runs-on: ubuntu-latest\n    outputs:\n      flags: -overlay=o.json\n    steps:\n      - run: echo\n  b:\n    needs: [a]\n    runs-on: ubuntu-latest\n    env:\n      GOFLAGS: ${{ needs.a.outputs.flags }}\n    steps:\n      - run: go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "github needs outputs in a variable",
            "-- .github/workflows/w.yml --\njobs:\n  a:\n    outputs:\n      flags: ${{ steps.f.outputs.flags }}\n    steps:\n      - id: f\n        run: echo \"flags=-overlay=o.json\" >> $GITHUB_OUTPUT\n  b:\n    needs: a\n    env:\n      F: ${{ needs.a.outputs.flags }}\n    steps:\n      - run: go build $F ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "gitlab rules reference",
            "-- .gitlab-ci.yml --\n.r:\n  rules:\n    - if: $X\n      variables:\n        GOFLAGS: -overlay=o.json\nbuild:\n  rules:\n    - !reference [.r, rules]\n  script:\n    - go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "gitlab variable value reference",
            "-- .gitlab-ci.yml --\n.v:\n  variables:\n    F: -overlay=o.json\nbuild:\n  variables:\n    GOFLAGS: !reference [.v, variables, F]\n  script:\n    - go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "github needs chain",
            "-- .github/workflows/w.yml --\njobs:\n  z:\n    outputs:\n      g: ${{ steps.g.outputs.g }}\n    steps:\n      - id: g\n        run: |\n          go test ./...\n          echo \"g=-overlay=o.json\" >> \"$GITHUB_OUTPUT\"\n  a:\n    needs: z\n    outputs:\n      flags: ${{ needs.z.outputs.g }}\n    steps:\n      - run: echo\n  b:\n    needs: a\n    steps:\n      - run: |\n          echo x\n          go build ${{ needs.a.outputs.flags }} ./cmd/app\n",
            "-overlay=o.json",
        ),
    ]);
    nothing_counts(
        &[
            "-- .github/workflows/w.yml --\njobs:\n  v:\n    outputs:\n      version: ${{ steps.v.outputs.version }}\n    steps:\n      - id: v\n        run: |\n          go mod edit -require=x@v1\n          echo \"version=$(git describe)\" >> \"$GITHUB_OUTPUT\"\n  b:\n    needs: v\n    steps:\n      - run: go build -o bin/app-${{ needs.v.outputs.version }} ./cmd/app\n",
        ],
        str::to_owned,
    );
}

//! Files of tools and languages that are not followed and may build: task runners, services that build, packagers, hosts that build what they
//! are given, programs. Whether one does, what stands in it tells.

/// By their whole names.
const NAMES: &[&str] = &[
    ".air.toml",
    ".bazelrc",
    ".buckconfig",
    ".devcontainer.json",
    ".justfile",
    ".mise.local.toml",
    ".mise.toml",
    ".plzconfig",
    ".replit",
    "air.toml",
    "apkbuild",
    "app.json",
    "appveyor.yml",
    "buck",
    "build",
    "build.bazel",
    "build.pants",
    "build.plz",
    "build.rs",
    "build.sbt",
    "build.xml",
    "build.zig",
    "buildpack.toml",
    "captain-definition",
    "cdk.json",
    "cloudbuild.json",
    "cmakelists.txt",
    "cmakepresets.json",
    "cmakeuserpresets.json",
    "composer.json",
    "configure.ac",
    "configure.in",
    "dagger.json",
    "default.nix",
    "deno.json",
    "deno.jsonc",
    "devbox.json",
    "devcontainer.json",
    "earthfile",
    "flake.nix",
    "fly.toml",
    "guardfile",
    "jamfile",
    "jamroot",
    "jenkinsfile",
    "justfile",
    "kbuild",
    "makefile.toml",
    "meson.build",
    "meson.options",
    "meson_options.txt",
    "mise.local.toml",
    "mise.toml",
    "modd.conf",
    "module.bazel",
    "netlify.toml",
    "nixpacks.toml",
    "now.json",
    "nx.json",
    "package.json",
    "package.toml",
    "pants.toml",
    "pixi.toml",
    "pkgbuild",
    "pom.xml",
    "portfile",
    "procfile",
    "procfile.dev",
    "project.json",
    "project.toml",
    "pyproject.toml",
    "railpack.json",
    "railway.json",
    "railway.toml",
    "rakefile",
    "reflex.conf",
    "samconfig.toml",
    "scalingo.json",
    "sconscript",
    "sconstruct",
    "setup.cfg",
    "singularity",
    "supervisord.conf",
    "supervisord.ini",
    "tasks.json",
    "thorfile",
    "tiltfile",
    "tox.ini",
    "tupfile",
    "turbo.json",
    "vagrantfile",
    "vercel.json",
    "workspace",
    "workspace.bazel",
    "wscript",
];

/// By the beginnings of their names.
const STARTS: &[&str] =
    &["docker-bake.", "earthfile.", "jenkinsfile.", "justfile.", "procfile.", "rakefile.", "tiltfile."];

/// By the first part of the names of YAML files, up to the ending or a further part.
const YAML: &[&str] = &[
    ".appveyor",
    ".azure-pipelines",
    ".build",
    ".buildkite",
    ".cirrus",
    ".drone",
    ".gitpod",
    ".gocd",
    ".ko",
    ".lefthook",
    ".nfpm",
    ".onedev",
    ".packit",
    ".pipeline",
    ".pre-commit",
    ".promu",
    ".prow",
    ".realize",
    ".semaphore",
    ".travis",
    ".vela",
    ".woodpecker",
    ".zuul",
    "amplify",
    "apko",
    "app",
    "apprunner",
    "appveyor",
    "azure-pipeline",
    "azure-pipelines",
    "bitbucket-pipelines",
    "bitrise",
    "buddy",
    "build",
    "buildkite",
    "buildspec",
    "ci",
    "cloudbuild",
    "codemagic",
    "codeship",
    "compose",
    "concourse",
    "deploy",
    "devenv",
    "devspace",
    "docker-compose",
    "evergreen",
    "garden",
    "gocd",
    "heroku",
    "jenkins-x",
    "ko",
    "koyeb",
    "lefthook",
    "manifest",
    "melange",
    "meta",
    "moon",
    "nfpm",
    "okteto",
    "package",
    "pipeline",
    "playbook",
    "process-compose",
    "recipe",
    "release",
    "render",
    "screwdriver",
    "semaphore",
    "serverless",
    "shippable",
    "site",
    "skaffold",
    "snapcraft",
    "tekton",
    "template",
    "wercker",
    "werf",
    "workflow",
    "zuul",
];

/// Folders whose YAML files are jobs.
const FOLDERS: &[&str] = &[
    ".argo",
    ".azure",
    ".azure-pipelines",
    ".azuredevops",
    ".buildkite",
    ".builds",
    ".circleci",
    ".cirrus",
    ".concourse",
    ".do",
    ".drone",
    ".harness",
    ".jenkins",
    ".lighthouse",
    ".pipelines",
    ".prow",
    ".screwdriver",
    ".semaphore",
    ".teamcity",
    ".tekton",
    ".vela",
    ".woodpecker",
    ".zuul.d",
    "concourse",
    "tekton",
    "zuul.d",
];

/// By their endings: programs in other languages, and recipes.
const ENDINGS: &[&str] = &[
    "awk",
    "bat",
    "bazel",
    "bb",
    "bbappend",
    "bbclass",
    "buck",
    "bzl",
    "cake",
    "cjs",
    "clj",
    "cmake",
    "cmd",
    "cr",
    "csproj",
    "csx",
    "cue",
    "def",
    "dhall",
    "earth",
    "ebuild",
    "exp",
    "exs",
    "fish",
    "fsx",
    "gradle",
    "groovy",
    "hcl",
    "jenkinsfile",
    "jl",
    "js",
    "jsonnet",
    "just",
    "kt",
    "kts",
    "libsonnet",
    "lua",
    "m4",
    "mjs",
    "mts",
    "nims",
    "ninja",
    "nix",
    "nomad",
    "nu",
    "php",
    "pkl",
    "pl",
    "plz",
    "pp",
    "proj",
    "ps1",
    "psm1",
    "py",
    "r",
    "raku",
    "rb",
    "sc",
    "scm",
    "service",
    "slackbuild",
    "sls",
    "spec",
    "star",
    "targets",
    "tcl",
    "tf",
    "tofu",
    "ts",
    "tup",
    "vbs",
];

/// Files and folders of Go programs that build, by habit: all Go files would have to be read again otherwise.
const GO_FILES: &[&str] = &["build.go", "ci.go", "do.go", "mage.go", "magefile.go", "make.go", "release.go"];
const GO_FOLDERS: &[&str] = &[
    ".ci",
    ".dagger",
    ".github",
    "build",
    "ci",
    "dagger",
    "dev",
    "hack",
    "magefiles",
    "packaging",
    "release",
    "script",
    "scripts",
    "tool",
    "tools",
];

fn has(all: &[&str], name: &str) -> bool {
    all.binary_search(&name).is_ok()
}

/// Whether a file is one that some tool may build from and that is not followed. `path` is relative to the source root.
pub(super) fn is_candidate(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_one = match ending {
        "go" => {
            let habit = || has(GO_FILES, &name) || folder.split('/').any(|part| has(GO_FOLDERS, part));
            !name.ends_with("_test.go") && habit()
        }
        "yml" | "yaml" => is_job(folder, &name),
        _ => has(ENDINGS, ending) || has(NAMES, &name) || STARTS.iter().any(|start| name.starts_with(start)),
    };
    let is_elsewhere = |part| matches!(part, "vendor" | "testdata" | "node_modules" | ".git" | "dist");
    // ko takes the one of the folder that it is called in.
    let is_for_tests =
        || name.starts_with(".ko.y") && folder.split('/').any(|part| matches!(part, "test" | "tests" | "e2e"));
    is_one && !folder.split('/').any(is_elsewhere) && !is_for_tests()
}

/// A YAML file that some service or packager takes by its name (`build.yaml`, `build-linux.yaml`) or its folder.
fn is_job(folder: &str, name: &str) -> bool {
    let begins = |start: &&str| name.strip_prefix(start).is_some_and(|rest| rest.starts_with(['.', '-', '_', 's']));
    has(NAMES, name) || YAML.iter().any(begins) || folder.split('/').any(|part| has(FOLDERS, part))
}

/// Whether a file holds flags of builds without a build beside them: arguments of images, and what ko builds with.
pub(super) fn holds_flags(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["docker-bake.", ".ko.y", "ko.y", "skaffold.y"].iter().any(|start| name.starts_with(start))
}

/// Whether a file says how services are started: what `go run` runs there is the service.
pub(super) fn starts_services(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let begins =
        ["procfile", "supervisord.", "process-compose.", ".replit"].iter().any(|start| name.starts_with(start));
    begins || name.ends_with(".service")
}

/// Whether a file is one of compose, whose images are built.
pub(super) fn is_compose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = |end: &&str| {
        name.len() >= end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    let begins = |start: &&str| {
        name.len() >= start.len() && name.as_bytes()[..start.len()].eq_ignore_ascii_case(start.as_bytes())
    };
    [".yml", ".yaml"].iter().any(ends) && ["compose", "docker-compose"].iter().any(begins) && is_candidate(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [NAMES, STARTS, YAML, FOLDERS, ENDINGS, GO_FILES, GO_FOLDERS] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn files_of_tools_are_known_by_names_folders_and_endings() {
        for path in [
            "project.toml",
            "fly.toml",
            "render.yaml",
            "app.yaml",
            "deploy/Procfile",
            ".replit",
            "etc/supervisord.conf",
            "deploy/app.service",
            ".circleci/config.yml",
            "azure-pipelines.yml",
            "ci/azure-pipelines-release.yml",
            "bitbucket-pipelines.yml",
            ".drone.yml",
            ".drone.jsonnet",
            ".woodpecker/build.yaml",
            ".woodpecker.yml",
            "Jenkinsfile",
            "ci/Jenkinsfile.release",
            ".buildkite/pipeline.yml",
            ".tekton/build.yaml",
            ".cirrus.yml",
            "concourse.yml",
            "ci/pipeline.yml",
            "nfpm.yaml",
            "melange.yaml",
            "PKGBUILD",
            "APKBUILD",
            "x.spec",
            "flake.nix",
            "BUILD.bazel",
            ".bazelrc",
            "Earthfile",
            ".ko.yaml",
            "magefile.go",
            "justfile",
            "Tupfile",
            "build.ninja",
            "meson.build",
            "docker-bake.hcl",
            "docker-bake.override.json",
            "deploy.tf",
            "main.tf",
            "compose.prod.yaml",
            ".travis.yml",
            "skaffold.yaml",
            "nixpacks.toml",
            "heroku.yml",
            "serverless.yml",
            "app-1.0.ebuild",
            ".builds/alpine.yml",
            ".gitpod.yml",
            "snap/snapcraft.yaml",
            ".pre-commit-config.yaml",
            "ko.yaml",
        ] {
            assert!(is_candidate(path), "{path}");
        }
        for path in [
            "README.md",
            "docs/config.yml",
            "api/openapi.yaml",
            "main.go",
            "vendor/x/Jenkinsfile",
            "apparmor.yaml",
            "go.mod",
            "test/configs/.ko.yaml",
            "config.toml",
        ] {
            assert!(!is_candidate(path), "{path}");
        }
    }
}

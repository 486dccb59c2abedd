//! What is fetched from elsewhere and run at once: nobody saw it, and it may set anything for what comes after it.

use super::commands::Run;
use super::evaluate::State;
use super::expand;
use super::printed::Here;
use super::shell::{Node, plain};
use crate::build::split;
use assize_facts::reason;

/// Installers that others publish: what they put in place is their owners' word, as packages of a distribution are, and none of the supplier's.
const INSTALLERS: &[&str] = &[
    "apt.kitware.com/",
    "astral.sh/",
    "awscli.amazonaws.com/",
    "bun.sh/",
    "cli.codecov.io/",
    "cli.github.com/",
    "codecov.io/",
    "coveralls.io/",
    "deb.nodesource.com/",
    "deno.land/",
    "dl.dagger.io/",
    "dl.k8s.io/",
    "dl.yarnpkg.com/",
    "download.docker.com/",
    "fluxcd.io/",
    "foundry.paradigm.xyz",
    "get.anchore.io/",
    "get.docker.com",
    "get.helm.sh/",
    "get.k3s.io",
    "get.k8s.io",
    "get.opentofu.org/",
    "get.pnpm.io/",
    "get.pulumi.com",
    "get.rke2.io",
    "get.sdkman.io",
    "get.trunk.io",
    "get.volta.sh",
    "git.io/install-golangci-lint",
    "go.dev/",
    "golangci-lint.run/",
    "install.determinate.systems/",
    "install.goreleaser.com/",
    "install.python-poetry.org",
    "istio.io/",
    "just.systems/",
    "mise.jdx.dev/",
    "mise.run",
    "nixos.org/",
    "packages.cloud.google.com/",
    "packages.microsoft.com/",
    "releases.hashicorp.com/",
    "rpm.nodesource.com/",
    "run.linkerd.io/",
    "sdk.cloud.google.com",
    "sh.rustup.rs",
    "taskfile.dev/",
    "uploader.codecov.io/",
    "webi.sh/",
    "www.npmjs.com/",
];

/// Whose installers lie in repositories of GitHub.
const OWNERS: &[&str] = &[
    "air-verse",
    "alecthomas",
    "anchore",
    "aquasecurity",
    "argoproj",
    "axiomhq",
    "azure",
    "bats-core",
    "bufbuild",
    "circleci-public",
    "client9",
    "codeclimate",
    "concourse",
    "cosmtrek",
    "creationix",
    "dagger",
    "dapr",
    "derailed",
    "docker",
    "earthly",
    "golang",
    "golang-migrate",
    "golangci",
    "google",
    "googlecontainertools",
    "goreleaser",
    "hashicorp",
    "haya14busa",
    "helm",
    "homebrew",
    "infracost",
    "k3d-io",
    "k3s-io",
    "kubernetes",
    "kubernetes-sigs",
    "kudobuilder",
    "linkerd",
    "magefile",
    "mikefarah",
    "moovweb",
    "nvm-sh",
    "ohmyzsh",
    "open-policy-agent",
    "operator-framework",
    "pulumi",
    "pyenv",
    "rancher",
    "reviewdog",
    "securego",
    "sigstore",
    "snyk",
    "stedolan",
    "tektoncd",
    "terraform-linters",
    "tilt-dev",
    "upbound",
    "urfave",
    "vektra",
];

/// Fetches goreleaser and runs it with what stands behind `--`.
const GORELEASER: &[&str] = &["goreleaser.com/static/run", "git.io/goreleaser"];

/// Whether a program fetches what an address names.
pub(super) fn fetches(program: &str) -> bool {
    matches!(split(program).1, "curl" | "wget" | "aria2c" | "fetch")
}

fn address(word: &str) -> Option<&str> {
    let rest = word.trim_matches(['"', '\'']);
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    (!rest.starts_with('-') && rest.contains(['.', '$'])).then_some(rest)
}

/// Whether an address is that of an installer which another than the supplier publishes.
fn is_installer(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let owner = ["raw.githubusercontent.com/", "github.com/", "raw.github.com/"]
        .iter()
        .find_map(|host| address.strip_prefix(host)?.split('/').next());
    let begins = |start: &str| {
        let rest = address.strip_prefix(start);
        rest.is_some_and(|rest| start.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#', ':', '-']))
    };
    // Commits of anybody's fork and of anybody's pull request lie below the owner's address too.
    let anybodys = |part: &str| {
        let commit = part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        commit || part == "pull" || part.contains('%')
    };
    let owned = |owner: &str| OWNERS.contains(&owner) && !address.split('/').any(anybodys);
    owner.is_some_and(owned) || INSTALLERS.iter().any(|start| begins(start))
}

impl State<'_> {
    /// The addresses that commands in the place of words (`$(…)`) fetch.
    fn addresses(&self, word: &str, list: u64) -> Vec<String> {
        let Some((command, _)) = word.strip_prefix("$(").and_then(|rest| rest.rsplit_once(')')) else { return vec![] };
        if !["curl", "wget", "aria2c", "fetch"].iter().any(|name| command.contains(name)) {
            return vec![];
        }
        let (script, values) = (self.library.script(command), Here { state: self, list });
        let mut left: Vec<&Node> = script.nodes.iter().collect();
        let mut found = Vec::new();
        while let Some(node) = left.pop() {
            match node {
                Node::Command(command) => {
                    let words: Vec<String> =
                        command.words.iter().flat_map(|word| expand::words(word, &values)).collect();
                    let Some(at) = words.iter().position(|word| fetches(word)) else { continue };
                    // Of words whose address nobody can tell, all count.
                    let named: Vec<&str> = words[at + 1..].iter().filter_map(|word| address(word)).collect();
                    let schemed = |word: &&&str| words.iter().any(|w| w.contains(&format!("://{word}")));
                    let sure: Vec<&&str> = named.iter().filter(schemed).collect();
                    let all = if sure.is_empty() { named.iter().collect() } else { sure };
                    found.extend(all.into_iter().map(|address| (*address).to_owned()));
                }
                group => left.extend(group.inside()),
            }
        }
        found
    }

    /// Whether commands in the place of words fetch more than a release of Go or an installer.
    pub(super) fn fetches_more(&self, word: &str, list: u64) -> bool {
        let addresses = self.addresses(&plain(word), list);
        !addresses.is_empty() && !addresses.iter().all(|address| is_installer(address))
    }

    /// Runs what commands in the place of words fetch, as far as it is known what that is; gives whether they fetch anything.
    pub(super) fn fetched(&mut self, run: &Run<'_>, word: &str, arguments: &[String]) -> bool {
        let word = plain(word);
        let addresses = self.addresses(&word, run.list);
        let is_goreleaser = |address: &String| GORELEASER.iter().any(|start| address.starts_with(start));
        if addresses.iter().any(is_goreleaser) {
            let end = arguments.iter().position(|word| word == "--").map_or(arguments.len(), |at| at + 1);
            let words = [&["goreleaser".to_owned()], &arguments[end..]].concat();
            self.tools(run.line, &words);
        } else if addresses.iter().any(|address| !is_installer(address)) {
            let text = super::cut(&word);
            self.unread(run.line, reason!("commands-fetched", command = text), Some(&text));
        }
        !addresses.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installers_of_others_are_known_by_their_addresses() {
        for (word, expected) in [
            ("https://raw.githubusercontent.com/golangci/golangci-lint/HEAD/install.sh", true),
            ("https://raw.githubusercontent.com/golangci-evil/golangci-lint/HEAD/install.sh", false),
            ("https://get.docker.com", true),
            ("https://get.docker.com.evil.example/x", false),
            ("get.docker.com", true),
            ("https://sh.rustup.rs", true),
            ("https://evil.example/get.docker.com/", false),
            ("https://evil.example/?golangci-lint.run/", false),
            ("$URL", false),
        ] {
            assert_eq!(is_installer(address(word).expect("an address")), expected, "{word}");
        }
    }
}

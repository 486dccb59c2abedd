//! Whose module a path is: of the same repository, of the same organisation, of nobody who could publish it.

use crate::module::{is_at_or_below, matches_prefix_patterns, split_path_version};

/// Hosts that give paths to anyone: the second element is an organisation, the third a repository.
const FORGES: &[&str] = &[
    "bitbucket.org",
    "codeberg.org",
    "gitea.com",
    "gitee.com",
    "codeup.aliyun.com",
    "dev.azure.com",
    "gitcode.com",
    "github.com",
    "gitlab.com",
    "jihulab.com",
    "git.sr.ht",
    "hub.jazz.net",
    "launchpad.net",
];

/// Hosts whose paths lead to many owners' code, so that the host alone says nothing.
const SHARED: &[&str] = &["gopkg.in", "golang.org", "google.golang.org", "go.googlesource.com", "rsc.io"];

/// Whether two modules are of one repository as far as their paths tell. On a host of the project's own (`go.etcd.io`,
/// `git.example.com`) the path does not tell repositories apart, and the host decides.
pub fn same_repository(path: &str, home: &str) -> bool {
    let home = split_path_version(home).map_or(home, |(prefix, _)| prefix);
    // Nobody's module is a whole organisation of a forge, or the forge: what is below it is many owners'.
    let least = match elements(home) {
        Some((host, _)) if FORGES.contains(&host) => 3,
        Some((host, _)) if SHARED.contains(&host) => 2,
        _ => 1,
    };
    if first(home, least).is_none() {
        return path == home;
    }
    if is_at_or_below(path, home) {
        return true;
    }
    match elements(home) {
        Some((host, _)) if SHARED.contains(&host) => false,
        Some((host, _)) if FORGES.contains(&host) => {
            first(home, 3).is_some_and(|repository| is_at_or_below(path, repository))
        }
        Some((host, _)) => is_at_or_below(path, host),
        None => false,
    }
}

/// Whether two modules are of one organisation.
pub fn same_organisation(path: &str, home: &str) -> bool {
    let forge = elements(home).is_some_and(|(host, _)| FORGES.contains(&host));
    same_repository(path, home)
        || (forge && first(home, 2).is_some_and(|organisation| is_at_or_below(path, organisation)))
}

/// Whether nobody else can provide the module: its path cannot be fetched, or the contract says that it is private.
pub fn is_unpublished(path: &str, private: &str) -> bool {
    let host = path.split('/').next().unwrap_or(path);
    !path.is_empty() && (!host.contains('.') || matches_prefix_patterns(private, path))
}

/// The host and the rest, where the first element can be a host.
fn elements(path: &str) -> Option<(&str, &str)> {
    let (host, rest) = path.split_once('/').unwrap_or((path, ""));
    host.contains('.').then_some((host, rest))
}

/// The first so many elements; `None` where there are fewer.
fn first(path: &str, count: usize) -> Option<&str> {
    let mut ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.nth(count - 1).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_and_organisations_are_told_apart_by_their_paths() {
        for (path, home, repository, organisation) in [
            ("github.com/hashicorp/vault/api", "github.com/hashicorp/vault", true, true),
            ("github.com/hashicorp/vault/sdk/v2", "github.com/hashicorp/vault/v3", true, true),
            ("github.com/hashicorp/hcl", "github.com/hashicorp/vault", false, true),
            ("github.com/hashicorpse/x", "github.com/hashicorp/vault", false, false),
            ("github.com/acme/mono/lib", "github.com/acme/mono/services/auth", true, true),
            ("go.etcd.io/etcd/api/v3", "go.etcd.io/etcd/v3", true, true),
            ("k8s.io/api", "k8s.io/kubernetes", true, true),
            ("sigs.k8s.io/yaml", "k8s.io/kubernetes", false, false),
            ("golang.org/x/net", "golang.org/x/tools", false, false),
            ("golang.org/x/tools/gopls", "golang.org/x/tools", true, true),
            ("gopkg.in/yaml.v3", "gopkg.in/ini.v1", false, false),
            ("github.com/google/uuid", "github.com/google", false, true),
            ("github.com/google/uuid", "github.com", false, false),
            ("gitcode.com/a/b", "gitcode.com/a/c", false, true),
            ("golang.org/x/net", "golang.org", false, false),
            ("app/lib", "app", true, true),
            ("lib", "app", false, false),
        ] {
            assert_eq!(same_repository(path, home), repository, "{path} of {home}");
            assert_eq!(same_organisation(path, home), organisation, "{path} of {home}");
        }
        for (path, wanted) in [("lib", true), ("corp.example/x", true), ("github.com/a/b", false), ("", false)] {
            assert_eq!(is_unpublished(path, "corp.example"), wanted, "{path}");
        }
    }
}

//! Whose module it is: the main module's own, with those of its repository and organisation, or somebody else's.

use assize_golang::module::matches_prefix_patterns;

/// Hosts where the first element of a path is an organisation and the second a repository.
const FORGES: &[&str] =
    &["github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org", "gitea.com", "git.sr.ht"];

/// Whether a module belongs to the main module's repository or organisation, or to the contract's `private_modules`.
///
/// An organisation is `host/name`; on a host of the project's own (`k8s.io`, `go.etcd.io`, `git.example.com`) it is the host.
pub(crate) fn is_own(module: &str, main: &str, private: &[String]) -> bool {
    let organisation = organisation(main);
    let inside =
        |prefix: &str| module == prefix || module.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    inside(main) || organisation.is_some_and(inside) || matches_prefix_patterns(&private.join(","), module)
}

fn organisation(module: &str) -> Option<&str> {
    let host = module.split('/').next().filter(|host| host.contains('.'))?;
    if !is_shared(host) {
        return Some(host);
    }
    let rest = module.get(host.len() + 1..)?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    module.get(..host.len() + 1 + name.len())
}

/// Hosts that give out paths to anyone.
fn is_shared(host: &str) -> bool {
    FORGES.contains(&host)
        || matches!(
            host,
            "gopkg.in" | "golang.org" | "google.golang.org" | "go.uber.org" | "cloud.google.com" | "example.com"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_modules_are_told_from_others() {
        let private = ["corp.example/*".to_string()];
        for (module, main, own) in [
            ("github.com/acme/lib", "github.com/acme/app", true),
            ("github.com/acme/lib/v2", "github.com/acme/app/v3", true),
            ("github.com/acmecorp/lib", "github.com/acme/app", false),
            ("k8s.io/api", "k8s.io/kubernetes", true),
            ("sigs.k8s.io/yaml", "k8s.io/kubernetes", false),
            ("golang.org/x/net", "golang.org/x/tools", true),
            ("golang.org/x/net", "github.com/acme/app", false),
            ("app/internal", "app", true),
            ("other", "app", false),
            ("corp.example/secret/lib", "github.com/acme/app", true),
            ("gopkg.in/yaml.v3", "gopkg.in/acme.v1", false),
        ] {
            assert_eq!(is_own(module, main, &private), own, "{module} of {main}");
        }
    }
}

//! Commands that start containers, in scripts, makefiles, units and the steps of pipelines.

use super::claims::{self, is_talk};
use super::containers::{Asked, Container, capabilities, last_part, of_security_option};

const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// Options of the engines themselves that take a value as the next word (`docker --help`, `podman --help`).
const WITH_VALUE: [&str; 16] = [
    "-c",
    "--context",
    "-H",
    "--host",
    "-l",
    "--log-level",
    "--config",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "--connection",
    "--url",
    "--root",
    "-n",
    "--namespace",
    "--storage-driver",
];

/// Every container that a text's commands start with a profile of their own choice, and what its other lines say.
pub(super) fn of_lines(text: &str) -> Vec<Container> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ").replace("`\n", " ");
    let mut all = Vec::new();
    for line in joined.lines().filter(|line| !is_talk(line)) {
        match started(line) {
            Some(container) => all.extend(Some(container).filter(|c| c.asked != Asked::Nothing)),
            None => all.extend(claims::of_line(line).map(|asked| Container { asked, ..Container::of_nobody(line) })),
        }
    }
    all
}

/// The container that a line starts.
fn started(line: &str) -> Option<Container> {
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| word.chars().filter(|c| !matches!(c, '"' | '\'' | ',' | '[' | ']' | '\\' | '`')).collect())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let engine = words
        .iter()
        .position(|word| ENGINES.contains(&last_part(word).trim_start_matches(['$', '(', '-', '@'])))
        .or_else(|| kubectl(&words))?;
    let rest = &words[engine + 1..];
    let sub = subcommand(rest)?;
    let options = &rest[sub + 1..];
    let profile = options.iter().rev().find_map(|word| {
        let word = word.strip_prefix("--security-opt=").unwrap_or(word);
        word.strip_prefix("seccomp")?.strip_prefix(['=', ':'])
    });
    let asked = match profile {
        _ if options.iter().any(|o| claims::of_line(o) == Some(Asked::Privileged)) => Asked::Privileged,
        Some(profile) => of_security_option(profile),
        // In a value that is itself a manifest (`--overrides`).
        None => claims::of_line(line).unwrap_or(Asked::Nothing),
    };
    let values = |option: &str| -> Vec<String> {
        let next = options.windows(2).filter(|w| w[0] == option).map(|w| w[1].to_owned());
        let joined = options.iter().filter_map(|w| w.strip_prefix(&format!("{option}=")).map(str::to_owned));
        next.chain(joined).collect()
    };
    Some(Container {
        runs: options.iter().filter(|w| !w.starts_with('-')).map(|w| last_part(w)).collect(),
        image: options.iter().find(|w| is_third_partys(w)).map(|w| (*w).to_owned()),
        asked,
        added: capabilities(values("--cap-add")),
        dropped: capabilities(values("--cap-drop")),
        by_command: true,
        of_pipeline: options.iter().any(|word| official(word) == "golang")
            && options.windows(2).any(|w| w == ["go", "test"]),
        ..Container::of_line(line)
    })
}

/// `kubectl run --privileged` starts one too.
fn kubectl(words: &[&str]) -> Option<usize> {
    words.iter().position(|word| matches!(last_part(word).as_str(), "kubectl" | "oc"))
}

/// Where the word stands that starts a container: after the engine's own options.
fn subcommand(words: &[&str]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match *word {
            "run" | "create" | "exec" | "debug" => return Some(at),
            "container" | "pod" => at += 1,
            option if WITH_VALUE.contains(&option) => at += 2,
            option if option.starts_with('-') || option.starts_with('$') => at += 1,
            _ => return None,
        }
    }
    None
}

/// Images of public registries that set a build machine up, and which a supplier cannot replace.
pub(super) fn is_third_partys(image: &str) -> bool {
    const KNOWN: [&str; 11] = [
        "plugins/docker",
        "woodpeckerci/plugin-docker-buildx",
        "quay.io/buildah/stable",
        "gcr.io/kaniko-project/executor",
        "multiarch/qemu-user-static",
        "tonistiigi/binfmt",
        "moby/buildkit",
        "linuxkit/binfmt",
        "kindest/node",
        "rancher/k3s",
        "docker/binfmt",
    ];
    let name = image.strip_prefix("docker.io/").unwrap_or(image);
    let name = name.split('@').next().unwrap_or(name);
    let name = name.split(':').next().unwrap_or(name);
    KNOWN.contains(&name)
}

/// Official images with a server of their own, which nobody starts his service from but by words of his own.
const SERVERS: [&str; 9] =
    ["docker", "mariadb", "memcached", "mongo", "mysql", "nginx", "postgres", "rabbitmq", "redis"];
/// Those that everybody builds upon and tests with.
const BASES: [&str; 9] = ["alpine", "busybox", "centos", "debian", "fedora", "golang", "node", "python", "ubuntu"];

fn official(image: &str) -> &str {
    let name = image.trim_start_matches("docker.io/").trim_start_matches("library/");
    name.split(['@', ':']).next().unwrap_or(name)
}

/// Whether an image is one that does not tell by itself whose a container is.
pub(super) fn is_everybodys(image: &str) -> bool {
    BASES.contains(&official(image)) || SERVERS.contains(&official(image))
}

/// Whether an image is that of another server.
pub(super) fn is_another_server(image: &str) -> bool {
    SERVERS.contains(&official(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        of_lines(text).iter().map(|c| format!("{:?} {} {}", c.asked, c.runs.join(" "), c.added.join(","))).collect()
    }

    #[test]
    fn commands_are_found_in_every_spelling() {
        let script = "docker run --rm --security-opt seccomp=unconfined \\\n  --cap-add=bpf auth-api:dev\n# docker run --privileged x\ndocker run auth-api\npodman run --security-opt=seccomp=$P x\n/usr/bin/docker --context prod container run --privileged registry.example/auth-api\nExecStart=-/usr/bin/podman create '--privileged' y\nkubectl run z --image=a --privileged\necho docker run --privileged\ndocker build --privileged=false .\ndocker run --privi\\leged q\n";
        assert_eq!(
            shown(script),
            [
                "Unconfined seccomp=unconfined auth-api CAP_BPF",
                "Open(\"$P\") x ",
                "Privileged auth-api ",
                "Privileged y ",
                "Privileged z ",
                "Privileged q ",
            ]
        );
        assert_eq!(shown("OPTS=--privileged\nrun $OPTS auth-api\n"), ["Privileged  "], "of nobody in particular");
    }
}

//! What deployment files say of the containers that they start: which seccomp profile, which capabilities.

use serde_json::Value as Json;

/// A container as a file starts it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Container {
    /// `Deployment auth-api, container app`.
    pub shown: String,
    /// Its name, its image's last part, the last parts of the words that it starts.
    pub names: Vec<String>,
    pub asked: Asked,
    /// Capabilities beside the usual ones, as in `CAP_SYS_ADMIN`.
    pub added: Vec<String>,
}

/// The profile that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// Nothing: what then holds is the platform's matter.
    Nothing,
    /// A file, by its path or the end of it.
    File(String),
    RuntimeDefault,
    Unconfined,
    Privileged,
    /// A value that a template or variable decides.
    Open(String),
}

/// Containers of a Kubernetes manifest: of every pod template in every document.
pub(super) fn of_manifest(text: &str) -> Result<Vec<Container>, String> {
    let mut all = Vec::new();
    for document in documents(text) {
        let json: Json = serde_saphyr::from_str(&document).map_err(|e| e.to_string())?;
        let name = json.pointer("/metadata/name").and_then(Json::as_str).unwrap_or("");
        let kind = json.get("kind").and_then(Json::as_str).unwrap_or("");
        pods(&json, &Json::Null, &format!("{kind} {name}"), 0, &mut all);
    }
    Ok(all)
}

/// YAML's documents (`---` on a line of its own begins one).
fn documents(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in text.lines() {
        if line.trim_end() == "---" {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    all.retain(|d| d.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')));
    all
}

/// Every object with `containers` is a pod's specification; its metadata stand beside it.
fn pods(json: &Json, metadata: &Json, shown: &str, depth: usize, all: &mut Vec<Container>) {
    const DEEPEST: usize = 40;
    if depth > DEEPEST {
        return;
    }
    match json {
        Json::Object(map) => {
            if let Some(Json::Array(containers)) = map.get("containers") {
                all.extend(containers.iter().map(|container| of_pod(json, metadata, container, shown)));
            }
            let beside = map.get("metadata").unwrap_or(&Json::Null);
            map.values().for_each(|value| pods(value, beside, shown, depth + 1, all));
        }
        Json::Array(values) => values.iter().for_each(|value| pods(value, &Json::Null, shown, depth + 1, all)),
        _ => {}
    }
}

fn of_pod(pod: &Json, metadata: &Json, container: &Json, shown: &str) -> Container {
    let name = container.get("name").and_then(Json::as_str).unwrap_or("");
    let context = |of: &Json, path: &str| of.pointer(&format!("/securityContext/{path}")).cloned();
    let annotation = |key: &str| metadata.pointer(&format!("/annotations/{}", key.replace('/', "~1"))).cloned();
    let asked = if context(container, "privileged") == Some(Json::Bool(true)) {
        Asked::Privileged
    } else if let Some(profile) = context(container, "seccompProfile").or_else(|| context(pod, "seccompProfile")) {
        of_kubernetes(&profile)
    } else {
        // Before Kubernetes 1.19.
        let old = annotation(&format!("container.seccomp.security.alpha.kubernetes.io/{name}"))
            .or_else(|| annotation("seccomp.security.alpha.kubernetes.io/pod"));
        old.as_ref().and_then(Json::as_str).map_or(Asked::Nothing, of_annotation)
    };
    let added = texts(context(container, "capabilities/add").as_ref());
    Container {
        shown: format!("{shown}, container {name}"),
        names: names(name, container),
        asked,
        added: capabilities(added),
    }
}

fn of_kubernetes(profile: &Json) -> Asked {
    let text = |key: &str| profile.get(key).and_then(Json::as_str).unwrap_or("");
    match text("type") {
        "Unconfined" => Asked::Unconfined,
        "RuntimeDefault" => Asked::RuntimeDefault,
        "Localhost" if !is_open(text("localhostProfile")) => Asked::File(text("localhostProfile").into()),
        other => Asked::Open(format!("{other} {}", text("localhostProfile"))),
    }
}

fn of_annotation(value: &str) -> Asked {
    match value {
        "unconfined" => Asked::Unconfined,
        "runtime/default" | "docker/default" => Asked::RuntimeDefault,
        other => match other.strip_prefix("localhost/") {
            Some(path) => Asked::File(path.into()),
            None => Asked::Open(other.into()),
        },
    }
}

/// Services of a compose file.
pub(super) fn of_compose(text: &str) -> Result<Vec<Container>, String> {
    let json: Json = serde_saphyr::from_str(text).map_err(|e| e.to_string())?;
    let Some(Json::Object(services)) = json.get("services") else { return Ok(vec![]) };
    let one = |(name, service): (&String, &Json)| {
        let options = texts(service.get("security_opt"));
        let profile =
            options.iter().find_map(|o| o.strip_prefix("seccomp").map(|rest| rest.trim_start_matches([':', '='])));
        let asked = match profile {
            _ if service.get("privileged") == Some(&Json::Bool(true)) => Asked::Privileged,
            None => Asked::Nothing,
            Some(profile) => of_option(profile),
        };
        let added = capabilities(texts(service.get("cap_add")));
        let mut names = names(name, service);
        names.extend(service.get("container_name").and_then(Json::as_str).map(str::to_owned));
        Container { shown: format!("service {name}"), names, asked, added }
    };
    Ok(services.iter().map(one).collect())
}

/// Commands that start a container with a profile of its own choice, in scripts and makefiles.
pub(super) fn of_commands(text: &str) -> Vec<Container> {
    let joined = text.replace("\\\n", " ");
    let mut all = Vec::new();
    for line in joined.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().map(|w| w.trim_matches(['"', '\'', ',', '[', ']'])).collect();
        let starts = words
            .windows(2)
            .any(|w| matches!(w[0], "docker" | "podman" | "nerdctl") && matches!(w[1], "run" | "create"));
        let profile = words.iter().find_map(|w| {
            let rest = w.strip_prefix("--security-opt=").unwrap_or(w).strip_prefix("seccomp")?;
            rest.strip_prefix(['=', ':'])
        });
        let privileged = words.contains(&"--privileged") || words.contains(&"--privileged=true");
        if !starts || (profile.is_none() && !privileged) {
            continue;
        }
        let asked = if privileged { Asked::Privileged } else { profile.map_or(Asked::Nothing, of_option) };
        let added = words.windows(2).filter(|w| w[0] == "--cap-add").map(|w| w[1].to_owned());
        let added = added.chain(words.iter().filter_map(|w| w.strip_prefix("--cap-add=").map(str::to_owned)));
        let names = words.iter().filter(|w| !w.starts_with('-')).map(|w| last_part(w)).collect();
        all.push(Container {
            shown: line.trim().chars().take(200).collect(),
            names,
            asked,
            added: capabilities(added.collect()),
        });
    }
    all
}

fn of_option(value: &str) -> Asked {
    match value {
        "unconfined" => Asked::Unconfined,
        "builtin" | "runtime/default" => Asked::RuntimeDefault,
        path if is_open(path) => Asked::Open(path.into()),
        path => Asked::File(path.into()),
    }
}

fn is_open(text: &str) -> bool {
    text.is_empty() || text.contains('$') || text.contains("{{")
}

fn names(name: &str, container: &Json) -> Vec<String> {
    let image = container.get("image").and_then(Json::as_str).unwrap_or("");
    let mut all = vec![name.to_owned(), last_part(image)];
    for key in ["command", "entrypoint"] {
        all.extend(texts(container.get(key)).iter().map(|word| last_part(word)));
    }
    all.retain(|name| !name.is_empty());
    all
}

/// `registry/team/auth-api:1.4@sha256:…` → `auth-api`.
fn last_part(path: &str) -> String {
    let path = path.split('@').next().unwrap_or(path);
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last).to_owned()
}

/// A text, or a list of texts.
fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Json::Array(all)) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => vec![],
    }
}

fn capabilities(names: Vec<String>) -> Vec<String> {
    let long = |name: String| {
        let name = name.to_ascii_uppercase();
        if name.starts_with("CAP_") { name } else { format!("CAP_{name}") }
    };
    names.into_iter().map(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(all: &[Container]) -> Vec<String> {
        all.iter().map(|c| format!("{} [{}] {:?} {}", c.shown, c.names.join(" "), c.asked, c.added.join(","))).collect()
    }

    #[test]
    fn a_container_has_its_own_profile_or_that_of_its_pod() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: auth\nspec:\n  template:\n    spec:\n      securityContext:\n        seccompProfile:\n          type: Localhost\n          localhostProfile: profiles/auth.json\n      containers:\n      - name: app\n        image: registry.example/x/auth-api:1.4\n        securityContext:\n          capabilities:\n            add: [SYS_ADMIN]\n      - name: proxy\n        securityContext:\n          seccompProfile: {type: Unconfined}\n      - name: tool\n        securityContext: {privileged: true}\n---\n# nothing\n---\nkind: Pod\nmetadata:\n  name: old\n  annotations:\n    seccomp.security.alpha.kubernetes.io/pod: runtime/default\nspec:\n  containers:\n  - name: a\n";
        assert_eq!(
            shown(&of_manifest(text).expect("a manifest")),
            [
                "Deployment auth, container app [app auth-api] File(\"profiles/auth.json\") CAP_SYS_ADMIN",
                "Deployment auth, container proxy [proxy] Unconfined ",
                "Deployment auth, container tool [tool] Privileged ",
                "Pod old, container a [a] RuntimeDefault ",
            ]
        );
    }

    #[test]
    fn services_and_commands_name_their_profiles() {
        let compose = "services:\n  api:\n    image: auth-api\n    security_opt:\n      - no-new-privileges:true\n      - seccomp:./deploy/s.json\n  db:\n    image: postgres\n  dev:\n    privileged: true\n";
        assert_eq!(
            shown(&of_compose(compose).expect("a compose file")),
            [
                "service api [api auth-api] File(\"./deploy/s.json\") ",
                "service db [db postgres] Nothing ",
                "service dev [dev] Privileged "
            ]
        );
        let script = "docker run --rm --security-opt seccomp=unconfined \\\n  --cap-add=bpf auth-api:dev\n# docker run --privileged x\ndocker run auth-api\npodman run --security-opt=seccomp=$P x\n";
        let found = shown(&of_commands(script));
        assert!(found[0].contains("Unconfined CAP_BPF") && found[0].contains("auth-api"), "{found:?}");
        assert!(found[1].contains("Open(\"$P\")") && found.len() == 2, "{found:?}");
    }
}

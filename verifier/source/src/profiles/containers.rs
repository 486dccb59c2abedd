//! What deployment files say of the containers that they start: which seccomp profile, which capabilities.

use super::claims::{self, is_open, is_true, is_unconfined};
use super::commands;
use assize_facts::{Reason, reason};
use serde_json::{Map, Value as Json};

/// A container as a file starts it, or what a file says of none in particular.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Container {
    /// `Deployment auth-api, container app`.
    pub shown: String,
    /// What it is called: anything can be called anything.
    pub names: Vec<String>,
    /// The last parts of its image and of the words that it starts.
    pub runs: Vec<String>,
    /// Its image as it is written.
    pub image: Option<String>,
    /// Ports that it is reached on.
    pub ports: Vec<u64>,
    pub asked: Asked,
    /// Capabilities beside the usual ones, as in `CAP_SYS_ADMIN`, and those that are taken away.
    pub added: Vec<String>,
    pub dropped: Vec<String>,
    /// Kubernetes starts it, by a container runtime that reads profiles in a form of its own.
    pub by_kubernetes: bool,
    /// It ends before the others start.
    pub ends_first: bool,
    /// A line of a script: one of many things that the script does.
    pub by_command: bool,
    /// A job of a pipeline runs in it, or has it beside itself, and takes it away in the end.
    pub of_pipeline: bool,
    /// Whose it is cannot be told from where it stands.
    pub of_nobody: bool,
    /// What else decides whether the profile that is asked for is in force.
    pub hangs_on: Option<Reason>,
    /// The service of a compose file, or of another one, that this one begins with (`extends`).
    pub extends: Option<(Option<String>, String)>,
}

/// The profile that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Asked {
    /// Nothing: what then holds is the platform's matter.
    #[default]
    Nothing,
    /// A file, by its path or the end of it.
    File(String),
    RuntimeDefault,
    Unconfined,
    Privileged,
    /// A value that a template or variable decides.
    Open(String),
}

impl Container {
    pub fn new(shown: &str) -> Container {
        Container { shown: shown.into(), ..Container::default() }
    }

    /// One that a line starts; the beginning of the line stands for it.
    pub fn of_line(line: &str) -> Container {
        Container::new(&line.trim().chars().take(200).collect::<String>())
    }

    /// Something that is said of no container in particular.
    pub fn of_nobody(line: &str) -> Container {
        Container { of_nobody: true, ..Container::of_line(line) }
    }

    /// A template may leave out what stands in it.
    pub fn by_a_template(self) -> Container {
        Container { hangs_on: Some(reason!("profile-by-template")), ..self }
    }
}

/// Every container of a document, whatever it is the document of: pods and their templates, services of compose, and what is said beside them.
pub(super) fn of_document(json: &Json) -> Vec<Container> {
    let mut all = Vec::new();
    let name = json.pointer("/metadata/name").and_then(Json::as_str).unwrap_or("");
    let kind = json.get("kind").and_then(Json::as_str).unwrap_or("");
    match json.get("services") {
        Some(Json::Object(services)) if kind.is_empty() && services.values().any(is_service) => {
            of_compose(services, &mut all)
        }
        _ => Walk { shown: format!("{kind} {name}").trim().to_owned(), all: &mut all }.value(json, &Json::Null, 0),
    }
    all
}

/// Keys under which a pod's specification lists containers.
const LISTS: [(&str, &str); 3] =
    [("containers", "container"), ("initContainers", "init container"), ("ephemeralContainers", "ephemeral container")];

struct Walk<'a> {
    shown: String,
    all: &'a mut Vec<Container>,
}

impl Walk<'_> {
    /// Every object with a list of containers is a pod's specification; its metadata stand beside it.
    fn value(&mut self, json: &Json, metadata: &Json, depth: usize) {
        const DEEPEST: usize = 64;
        if depth > DEEPEST {
            return self
                .all
                .push(Container { asked: Asked::Open("…".into()), ..Container::of_nobody("what is nested deeper") });
        }
        match json {
            Json::Object(map) => self.object(json, map, metadata, depth),
            Json::Array(values) => values.iter().for_each(|value| self.value(value, &Json::Null, depth + 1)),
            Json::String(text) => self.text(text, depth),
            _ => {}
        }
    }

    fn object(&mut self, json: &Json, map: &Map<String, Json>, metadata: &Json, depth: usize) {
        let mut is_pod = false;
        for (key, word) in LISTS {
            let Some(Json::Array(containers)) = map.get(key) else { continue };
            // In other documents the word has other meanings; a container has a name or an image.
            for container in containers.iter().filter(|c| c.get("name").is_some() || c.get("image").is_some()) {
                is_pod = true;
                self.all.push(of_pod(json, metadata, container, &format!("{}, {word}", self.shown), key));
            }
        }
        let of_pipeline = of_pipeline(map);
        claims::of_object(map, self.all);
        let beside = map.get("metadata").unwrap_or(&Json::Null);
        for (key, value) in map {
            match value {
                Json::Array(containers) if is_pod && LISTS.iter().any(|(list, _)| list == key) => {
                    containers.iter().for_each(|container| self.rest(container, depth + 1));
                }
                Json::Object(_) if is_pod && key == "securityContext" => {}
                Json::String(_) if of_pipeline.is_some() && key == "options" => self.all.extend(of_pipeline.clone()),
                value => self.value(value, beside, depth + 1),
            }
        }
    }

    /// What stands in a container beside its confinement.
    fn rest(&mut self, container: &Json, depth: usize) {
        for (_, value) in
            container.as_object().into_iter().flatten().filter(|(key, _)| *key != "securityContext" && *key != "image")
        {
            self.value(value, &Json::Null, depth + 1);
        }
    }

    /// Steps of a pipeline, options of a container, a patch within a list of patches.
    fn text(&mut self, text: &str, depth: usize) {
        if let Some(asked) = claims::of_option(text) {
            self.all.push(Container { asked, ..Container::of_nobody(text) });
        } else if ["docker ", "podman ", "nerdctl ", "kubectl "].iter().any(|engine| text.contains(engine)) {
            self.all.extend(commands::of_lines(text));
        } else if text.contains('\n') && claims::speaks(text) {
            match serde_saphyr::from_multiple::<Json>(text) {
                Ok(documents) => documents.iter().for_each(|json| self.value(json, &Json::Null, depth + 1)),
                Err(_) => self.all.extend(claims::of_text(text)),
            }
        }
    }
}

/// The container of a pipeline's job (GitHub Actions, `jobs.<job>.container` and `services`): an image with options of `docker create`.
fn of_pipeline(map: &Map<String, Json>) -> Option<Container> {
    let image = map.get("image")?.as_str()?;
    let asked = claims::of_line(map.get("options")?.as_str()?)?;
    let runs = vec![last_part(image)];
    Some(Container {
        runs,
        image: Some(image.to_owned()),
        asked,
        of_pipeline: true,
        ..Container::new(&format!("container {image}"))
    })
}

fn of_pod(pod: &Json, metadata: &Json, container: &Json, shown: &str, list: &str) -> Container {
    let name = container.get("name").and_then(Json::as_str).unwrap_or("");
    let context =
        |of: &Json, path: &str| of.pointer(&format!("/securityContext/{path}")).filter(|v| !v.is_null()).cloned();
    let annotation = |key: &str| metadata.pointer(&format!("/annotations/{}", key.replace('/', "~1"))).cloned();
    let old = annotation(&format!("container.seccomp.security.alpha.kubernetes.io/{name}"))
        .or_else(|| annotation("seccomp.security.alpha.kubernetes.io/pod"));
    let mut hangs_on = None;
    // ECS has it beside the image.
    let privileged =
        context(container, "privileged").or_else(|| container.get("privileged").cloned()).unwrap_or(Json::Null);
    let asked = if is_true(&privileged) {
        Asked::Privileged
    } else if let Some(text) = privileged.as_str().filter(|text| is_open(text)) {
        Asked::Open(text.into())
    } else if let Some(profile) = context(container, "seccompProfile").or_else(|| context(pod, "seccompProfile")) {
        of_kubernetes(&profile)
    } else if let Some(old) = old.as_ref().and_then(Json::as_str) {
        hangs_on = Some(reason!("profile-by-annotation"));
        of_annotation(old)
    } else {
        Asked::Nothing
    };
    let capabilities_of =
        |which: &str| capabilities(texts(context(container, &format!("capabilities/{which}")).as_ref()));
    Container {
        names: vec![name.to_owned()],
        runs: runs(container),
        image: container.get("image").and_then(Json::as_str).map(str::to_owned),
        ports: ports(container),
        asked,
        added: capabilities_of("add"),
        dropped: capabilities_of("drop"),
        by_kubernetes: true,
        ends_first: list == "initContainers" && container.get("restartPolicy").is_none(),
        hangs_on,
        ..Container::new(format!("{shown} {name}").trim_start_matches([',', ' ']))
    }
}

fn of_kubernetes(profile: &Json) -> Asked {
    let text = |key: &str| profile.get(key).and_then(Json::as_str).unwrap_or("");
    match text("type") {
        kind if is_unconfined(kind) => Asked::Unconfined,
        "RuntimeDefault" => Asked::RuntimeDefault,
        "Localhost" if !is_open(text("localhostProfile")) => Asked::File(text("localhostProfile").into()),
        other => Asked::Open(format!("{other} {}", text("localhostProfile")).trim().to_owned()),
    }
}

fn of_annotation(value: &str) -> Asked {
    match value {
        value if is_unconfined(value) => Asked::Unconfined,
        "runtime/default" | "docker/default" => Asked::RuntimeDefault,
        other => match other.strip_prefix("localhost/") {
            Some(path) => Asked::File(path.into()),
            None => Asked::Open(other.into()),
        },
    }
}

/// What the compose specification asks of a service: something to start, or somewhere to take that from; others begin with one that has neither.
fn is_service(service: &Json) -> bool {
    const KEYS: [&str; 14] = [
        "image",
        "build",
        "extends",
        "container_name",
        "security_opt",
        "privileged",
        "environment",
        "env_file",
        "restart",
        "volumes",
        "networks",
        "logging",
        "cap_add",
        "cap_drop",
    ];
    KEYS.iter().any(|key| service.get(key).is_some())
}

/// Services of a compose file, whatever the file is called.
fn of_compose(services: &Map<String, Json>, all: &mut Vec<Container>) {
    for (name, service) in services {
        let options = texts(service.get("security_opt"));
        // The last one counts (moby, parseSecurityOpt).
        let profile = options
            .iter()
            .rev()
            .find_map(|o| o.trim().strip_prefix("seccomp").map(|rest| rest.trim_start_matches([':', '='])));
        let privileged = service.get("privileged").unwrap_or(&Json::Null);
        let asked = match profile {
            _ if is_true(privileged) => Asked::Privileged,
            _ if privileged.as_str().is_some_and(is_open) => Asked::Open(privileged.to_string()),
            None => options.iter().find(|o| o.starts_with('$')).map_or(Asked::Nothing, |o| Asked::Open(o.clone())),
            Some(profile) => of_security_option(profile.trim()),
        };
        let mut names = vec![name.clone()];
        names.extend(service.get("container_name").and_then(Json::as_str).map(str::to_owned));
        all.push(Container {
            names,
            runs: runs(service),
            image: service.get("image").and_then(Json::as_str).map(str::to_owned),
            ports: ports(service),
            asked,
            added: capabilities(texts(service.get("cap_add"))),
            dropped: capabilities(texts(service.get("cap_drop"))),
            extends: service.get("extends").and_then(of_extends),
            ..Container::new(&shown_service(name))
        });
    }
}

/// What a service of a compose file is called here.
pub(super) fn shown_service(name: &str) -> String {
    format!("service {name}")
}

fn of_extends(extends: &Json) -> Option<(Option<String>, String)> {
    let text = |key: &str| extends.get(key).and_then(Json::as_str).map(str::to_owned);
    match extends {
        Json::String(service) => Some((None, service.clone())),
        _ => Some((text("file"), text("service")?)),
    }
}

/// A quadlet (`podman-systemd.unit(5)`): keys of `[Container]`, `PodmanArgs` for all other options.
pub(super) fn of_quadlet(text: &str) -> Vec<Container> {
    let joined = text.replace("\\\n", " ");
    let pairs: Vec<(&str, &str)> = joined
        .lines()
        .filter(|line| !line.trim_start().starts_with(['#', ';']))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    let all = |wanted: &str| -> Vec<&str> {
        pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value).collect()
    };
    let arguments: Option<Asked> =
        all("PodmanArgs").into_iter().filter_map(claims::of_line).max_by_key(|asked| *asked == Asked::Privileged);
    let asked =
        arguments.or_else(|| all("SeccompProfile").last().copied().map(of_security_option)).unwrap_or(Asked::Nothing);
    let words = |key: &str| all(key).into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect::<Vec<_>>();
    let image = all("Image").last().copied();
    vec![Container {
        names: all("ContainerName").into_iter().map(str::to_owned).collect(),
        runs: image.into_iter().map(last_part).chain(words("Exec").iter().map(|w| last_part(w))).collect(),
        image: image.map(str::to_owned),
        asked,
        added: capabilities(words("AddCapability")),
        dropped: capabilities(words("DropCapability")),
        ..Container::new(&format!("container {}", image.unwrap_or("")))
    }]
}

/// The value of `--security-opt seccomp=…`.
pub(super) fn of_security_option(value: &str) -> Asked {
    match value {
        value if is_unconfined(value) => Asked::Unconfined,
        "builtin" | "runtime/default" => Asked::RuntimeDefault,
        path if is_open(path) => Asked::Open(path.into()),
        path => Asked::File(path.into()),
    }
}

fn runs(container: &Json) -> Vec<String> {
    let image = container.get("image").and_then(Json::as_str).unwrap_or("");
    let mut all = vec![last_part(image)];
    for key in ["command", "entrypoint", "args"] {
        all.extend(texts(container.get(key)).iter().flat_map(|words| words.split_whitespace()).map(last_part));
    }
    all.retain(|name| !name.is_empty());
    all
}

/// Ports of a container: `containerPort`, or the last number of `8443:8443/tcp`.
fn ports(container: &Json) -> Vec<u64> {
    let number = |port: &Json| match port {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.rsplit(':').next()?.split('/').next()?.parse().ok(),
        Json::Object(map) => map.get("containerPort").or_else(|| map.get("target"))?.as_u64(),
        _ => None,
    };
    container.get("ports").and_then(Json::as_array).into_iter().flatten().filter_map(number).collect()
}

/// `registry/team/auth-api:1.4@sha256:…` → `auth-api`.
pub(super) fn last_part(path: &str) -> String {
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

pub(super) fn capabilities(names: Vec<String>) -> Vec<String> {
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
        all.iter()
            .map(|c| {
                format!(
                    "{} [{}] {:?} {}",
                    c.shown,
                    c.names.iter().chain(&c.runs).map(String::as_str).collect::<Vec<_>>().join(" "),
                    c.asked,
                    c.added.join(",")
                )
            })
            .collect()
    }

    fn all(text: &str) -> Vec<Container> {
        let documents: Vec<Json> = serde_saphyr::from_multiple(text).expect("YAML");
        documents.iter().flat_map(of_document).collect()
    }

    #[test]
    fn a_container_has_its_own_profile_or_that_of_its_pod() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: auth\nspec:\n  template:\n    spec:\n      securityContext:\n        seccompProfile:\n          type: Localhost\n          localhostProfile: profiles/auth.json\n      containers:\n      - name: app\n        image: registry.example/x/auth-api:1.4\n        securityContext:\n          capabilities:\n            add: [SYS_ADMIN]\n      - name: proxy\n        securityContext:\n          seccompProfile: {type: Unconfined}\n      - name: tool\n        securityContext: {privileged: true}\n---\n# nothing\n---\nkind: Pod\nmetadata:\n  name: old\n  annotations:\n    seccomp.security.alpha.kubernetes.io/pod: runtime/default\nspec:\n  containers:\n  - name: a\n";
        assert_eq!(
            shown(&all(text)),
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
            shown(&all(compose)),
            [
                "service api [api auth-api] File(\"./deploy/s.json\") ",
                "service db [db postgres] Nothing ",
                "service dev [dev] Privileged "
            ]
        );
        let quadlet = "[Container]\nImage=registry.example/auth-api:1\nSeccompProfile=/etc/auth.json\nPodmanArgs=--cap-drop all\nAddCapability=BPF\n";
        assert_eq!(
            shown(&of_quadlet(quadlet)),
            ["container registry.example/auth-api:1 [auth-api] File(\"/etc/auth.json\") CAP_BPF"]
        );
    }

    #[test]
    fn what_is_said_beside_every_container_is_told_of_nobody() {
        for (text, expected) in [
            (
                "podSecurityContext:\n  seccompProfile: {type: Unconfined}\nsecurityContext: {privileged: true}\n",
                "seccompProfile Unconfined; privileged Privileged",
            ),
            (
                "- op: add\n  path: /spec/template/spec/containers/0/securityContext/privileged\n  value: true\n",
                "/spec/template/spec/containers/0/securityContext/privileged Privileged",
            ),
            (
                "patches:\n- patch: |-\n    - op: replace\n      path: /spec/securityContext/seccompProfile/type\n      value: Unconfined\n",
                "/spec/securityContext/seccompProfile/type Unconfined",
            ),
            (
                "jobs:\n  a:\n    steps:\n    - run: |\n        docker run --privileged auth-api\n",
                "docker run --privileged auth-api Privileged",
            ),
            ("jobs: {a: {container: {options: --privileged}}}\n", "--privileged Privileged"),
            ("description: Never run this with --privileged.\n", ""),
            ("properties: {privileged: {type: boolean}, seccompProfile: {type: object}}\n", ""),
            ("base: &b {privileged: yes}\nother: {<<: *b}\n", "privileged Privileged; privileged Privileged"),
        ] {
            let found: Vec<String> = all(text).iter().map(|c| format!("{} {:?}", c.shown, c.asked)).collect();
            assert_eq!(found.join("; "), expected, "{text}");
        }
    }
}

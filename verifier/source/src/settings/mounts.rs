//! What a RUN of a Dockerfile has mounted in the place of delivered files, of the Go command or of its settings (Dockerfile reference,
//! RUN --mount; BuildKit 0.26, instructions/commands_runmount.go).

use super::delivered::normal;
use super::dockerfile::{Stage, absolute, is_source};
use super::edits::replaces_go_command;
use super::library::Library;
use super::model::{Step, Variable};
use super::shell::quoted;
use assize_facts::reason;

/// Where the Go command looks for settings in an image, and what of that lies in a folder that is mounted.
const SETTINGS: &[(&str, &str)] =
    &[("go/env", ""), ("go.env", ""), ("/.config/go", "env"), ("/.config", "go/env"), ("/usr/local/go", "go.env")];

/// `--mount=type=bind,source=…,target=…`.
struct Mount<'m>(Vec<(String, &'m str)>);

impl<'m> Mount<'m> {
    fn read(option: &'m str) -> Option<Mount<'m>> {
        let options = option.strip_prefix("--mount=")?;
        let pair = |pair: &'m str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.trim_start_matches('"').to_ascii_lowercase(), value.trim_matches(['"', '\'']))
        };
        Some(Mount(options.split(',').map(pair).collect()))
    }

    fn value(&self, names: &[&str]) -> Option<&'m str> {
        self.0.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| *value)
    }
}

impl Stage {
    pub(super) fn mounted(&mut self, line: u32, options: &[String], library: &Library<'_>) {
        for mount in options.iter().filter_map(|option| Mount::read(option)) {
            // What the caller of the build gives.
            if let Some(name) = mount.value(&["env"]).filter(|name| super::flags::VARIABLES.contains(name)) {
                let variable = Variable { line, name: name.to_owned(), value: None };
                self.scope.steps.push(Step::Env { variable, possible: true });
            }
            let Some(target) = mount.value(&["target", "dst", "destination"]) else { continue };
            let target = absolute(&self.folder, target);
            let is_bind = mount.value(&["type"]).is_none_or(|kind| kind == "bind");
            let from = mount.value(&["source", "src"]).or(mount.value(&["id"])).unwrap_or("");
            let of_context = is_bind && mount.value(&["from"]).is_none();
            self.settings_mounted(line, &target, of_context.then_some(from));
            if replaces_go_command(&[from.to_owned()], &target) {
                self.scope.steps.push(Step::run(line, &format!("cp {} {}", quoted(from), quoted(&target))));
            }
            match is_bind {
                true => self.bound(line, &target, from, !of_context),
                false => self.covered(line, &target, from, library),
            }
        }
    }

    /// A file of settings, or a folder with one, of the context or of elsewhere.
    fn settings_mounted(&mut self, line: u32, target: &str, of_context: Option<&str>) {
        let Some((_, inner)) = SETTINGS.iter().find(|(end, _)| target.ends_with(end)) else { return };
        match of_context {
            Some(from) => self.scope.steps.push(Step::Settings { path: normal(&format!("{from}/{inner}")) }),
            // A release of Go has settings of its own.
            None if *inner == "go.env" => {}
            None => {
                let why = reason!("settings-file-not-read", path = target);
                self.scope.steps.push(Step::Unread { line, why });
            }
        }
    }

    /// Folders and files of a bind mount in the place of others of the source.
    fn bound(&mut self, line: u32, target: &str, from: &str, other: bool) {
        let inside = self.inside(target);
        if !other && normal(from).is_empty() && self.root.is_none() {
            self.root = Some(target.to_owned());
            self.moved();
        }
        if inside.is_some_and(|inside| !inside.is_empty() && (other || inside != normal(from))) {
            let single = is_source(target.rsplit('/').next().unwrap_or_default());
            let target = if single { target.to_owned() } else { format!("{target}/mounted.go") };
            self.scope.steps.push(Step::run(line, &format!("cp {} {}", quoted(from), quoted(&target))));
        }
    }

    /// What the caller gives, what earlier builds left and what is empty, in the place of delivered files.
    fn covered(&mut self, line: u32, target: &str, from: &str, library: &Library<'_>) {
        let Some(inside) = self.inside(target).filter(|inside| !inside.is_empty()) else { return };
        let below = format!("{inside}/");
        let mut covered = library.paths.range(below.clone()..).take_while(|path| path.starts_with(&below));
        let script = match is_source(target.rsplit('/').next().unwrap_or_default()) {
            true => format!("cp {} {}", quoted(from), quoted(target)),
            false if inside == "vendor" => "rm -rf vendor".to_owned(),
            false if covered.any(|path| is_source(path.rsplit('/').next().unwrap_or(path))) => {
                format!("cp {} {}", quoted(from), quoted(&format!("{target}/mounted.go")))
            }
            false => return,
        };
        self.scope.steps.push(Step::run(line, &script));
    }

    /// Where a path lies below the source root.
    fn inside(&self, target: &str) -> Option<String> {
        let rest = target.strip_prefix(self.root.as_deref()?.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| normal(rest))
    }
}

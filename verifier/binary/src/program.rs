//! One executable read: headers, build information by two readers, and the function table.

use crate::build_info::{self, BuildInfo, Unread};
use crate::functions::{self, Package};
use crate::headers::{self, Headers};
use assize_delivery::{DeclaredBinary, Delivery};
use assize_facts::{Digest, Known, Progress, Reason, Request, Sheet, reason};
use gobin::GoBinary;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was read of one executable.
pub struct Program {
    pub name: String,
    pub path: String,
    pub declared: bool,
    pub sha256: Digest,
    pub headers: Headers,
    /// `None`: known to have none.
    pub build_info: Known<Option<BuildInfo>>,
    pub readers_agree: Known<bool>,
    /// Functions by package.
    pub functions: Result<BTreeMap<String, Package>, Reason>,
    pub obfuscated: Known<bool>,
    pub packer: Known<Option<String>>,
    pub embedded: Known<Vec<String>>,
}

/// What the inventory says of executables: packers and what is hidden in them.
pub struct Inventory(Sheet);

impl Inventory {
    pub fn of(delivery: &Delivery, progress: &dyn Progress) -> Inventory {
        let request = Request::new("inventory.files", &BTreeMap::new());
        Inventory(delivery.collect(&[request], progress).pop().unwrap_or_else(|| Sheet::named("inventory.files")))
    }

    fn packer(&self, path: &str) -> Known<Option<String>> {
        match self.0.items.iter().find(|i| i.text("path") == Some(path)).and_then(|i| i.fields.get("packer")) {
            Some(assize_facts::Field::Known(value)) => Known::Value(value.as_str().map(str::to_owned)),
            Some(assize_facts::Field::Unknown(reason)) => Known::Unknown(reason.clone()),
            Some(assize_facts::Field::Possible(_)) | None => Known::Unknown(reason!("not-in-inventory", path = path)),
        }
    }

    /// Executables inside of a file: embedded or appended.
    fn embedded(&self, path: &str) -> Known<Vec<String>> {
        let inside = format!("{path}!");
        if let Some(gap) = self.0.gaps.iter().find(|g| g.place == path || g.place.starts_with(&inside)) {
            return Known::Unknown(gap.reason.clone());
        }
        let within = self.0.items.iter().filter(|i| i.text("path").is_some_and(|p| p.starts_with(&inside)));
        let executable = within.filter(|i| i.bool("executable_content") != Some(false));
        let shown = |i: &assize_facts::Item| {
            let place = i.text("path").unwrap_or_default()[inside.len()..].to_owned();
            format!("{place} {}", i.text("format").unwrap_or("unknown"))
        };
        Known::Value(executable.map(shown).collect())
    }
}

impl Program {
    pub fn read(delivery: &Delivery, binary: &DeclaredBinary, inventory: &Inventory) -> Result<Program, Reason> {
        let bytes = delivery.open_binary(&binary.path)?;
        let sha256 = delivery.digest(&binary.path)?;
        let packer = inventory.packer(&binary.path);
        let embedded = inventory.embedded(&binary.path);
        // The readers check their bounds; what they miss on hostile bytes is still only a gap.
        let read = catch_unwind(AssertUnwindSafe(|| Read::of(&bytes)));
        let Read { headers, build_info, readers_agree, functions, obfuscated } =
            read.map_err(|_| reason!("binary-reader-failed", path = binary.path))??;
        Ok(Program {
            name: binary.name.clone(),
            path: binary.path.clone(),
            declared: binary.declared,
            sha256,
            headers,
            build_info,
            readers_agree,
            functions,
            obfuscated,
            packer,
            embedded,
        })
    }

    /// Whether it is a Go program; a packed one cannot be told.
    pub fn is_go(&self) -> Known<bool> {
        if let Known::Value(Some(packer)) = &self.packer {
            return Known::Unknown(reason!("binary-packed", packer = packer));
        }
        match &self.build_info {
            Known::Value(Some(_)) | Known::Unknown(_) | Known::Possible(_) => Known::Value(true),
            Known::Value(None) => Known::Value(self.functions.is_ok()),
        }
    }
}

struct Read {
    headers: Headers,
    build_info: Known<Option<BuildInfo>>,
    readers_agree: Known<bool>,
    functions: Result<BTreeMap<String, Package>, Reason>,
    obfuscated: Known<bool>,
}

impl Read {
    fn of(bytes: &[u8]) -> Result<Read, Reason> {
        let headers = headers::read(bytes)?;
        let section = headers.build_info.clone().and_then(|range| bytes.get(range));
        let own = section.map_or(Err(Unread::Absent), build_info::read);
        let library = GoBinary::parse(bytes);
        let missing = || reason!("function-table-not-read");
        let functions = library.as_ref().and_then(functions::read).ok_or_else(missing);
        let obfuscated = match &library {
            Some(binary) => Known::Value(binary.is_likely_garbled()),
            None => Known::Unknown(missing()),
        };
        let readers_agree = agree(&own, library.as_ref());
        let build_info = match own {
            Ok(info) => Known::Value(Some(info)),
            Err(Unread::Absent) => Known::Value(None),
            Err(Unread::Pointers) => Known::Unknown(reason!("build-information-too-old")),
            Err(Unread::Broken) => Known::Unknown(reason!("build-information-broken")),
        };
        Ok(Read { headers, build_info, readers_agree, functions, obfuscated })
    }
}

/// Whether two readers say the same of version, main package, modules and settings.
fn agree(own: &Result<BuildInfo, Unread>, library: Option<&GoBinary<'_>>) -> Known<bool> {
    let theirs = library.and_then(|b| b.build_info().map(|info| (b.go_version(), info)));
    match (own, theirs) {
        (Ok(own), Some((version, theirs))) => {
            let modules = own.modules.len() == theirs.deps.len();
            let settings = own.settings.iter().all(|(key, value)| {
                theirs
                    .setting(key)
                    .is_some_and(|t| t == value || t.trim_matches(['"', '`']) == value || value.contains('"'))
            });
            let main = own.main.as_ref().map(|m| m.path.as_str());
            let same_version = version.is_none_or(|v| v == own.version);
            let same_path = own.path.as_deref() == theirs.main_path && main == theirs.main_module;
            Known::Value(same_version && same_path && modules && settings)
        }
        (Err(Unread::Absent), None) => Known::Value(true),
        (Err(Unread::Pointers), _) => Known::Unknown(reason!("build-information-too-old")),
        _ => Known::Value(false),
    }
}

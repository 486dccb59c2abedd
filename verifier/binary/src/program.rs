//! One executable read: headers, build information by two readers, and the function table.

use crate::build_info::{self, BuildInfo, Line, Unread};
use crate::compiler;
use crate::early::Tables;
use crate::facts;
use crate::functions::{self, Functions};
use crate::headers::{self, Headers};
use crate::twice;
use assize_delivery::{Bytes, Delivery, Executable};
use assize_facts::{Digest, Known, Progress, Reason, Request, Sheet, reason};
use gobin::GoBinary;
use gobin::formats::BinaryContext;
use gobin::metadata::{self, DepEntry};
use gobin::structures::buildinfo;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was read of one executable.
pub struct Program {
    pub name: String,
    pub path: String,
    pub declared: bool,
    /// Whether it stands beside the programs that are delivered as the product's.
    pub beside: bool,
    pub sha256: Known<Digest>,
    /// Why nothing of it was read.
    pub unread: Option<Reason>,
    pub headers: Headers,
    /// `None`: known to have none.
    pub build_info: Known<Option<BuildInfo>>,
    /// What the debugging information calls the compiler.
    pub compiler: Option<String>,
    pub readers_agree: Known<bool>,
    /// Functions by package.
    pub functions: Result<Functions, Reason>,
    pub obfuscated: Known<bool>,
    pub packer: Known<Option<String>>,
    /// Whether the inventory saw signs of Go in it, be they readable or not.
    pub has_signs: bool,
    pub embedded: Known<Vec<String>>,
    pub stack_protector: Known<Option<bool>>,
    /// Shared objects that texts in it name.
    pub named_libraries: Vec<String>,
}

/// What the inventory says of executables: packers and what is hidden in them.
pub struct Inventory(Sheet);

impl Inventory {
    pub fn of(delivery: &Delivery, progress: &dyn Progress) -> Inventory {
        let request = Request::new("inventory.files", &BTreeMap::new());
        Inventory(delivery.collect(&[request], progress).pop().unwrap_or_else(|| Sheet::named("inventory.files")))
    }

    fn has_signs(&self, path: &str) -> bool {
        let mut lines = self.0.items.iter().filter(|item| item.text("path") == Some(path));
        lines.any(|item| item.bool("go_program") == Some(true))
    }

    fn packer(&self, path: &str) -> Known<Option<String>> {
        match self.0.items.iter().find(|i| i.text("path") == Some(path)).and_then(|i| i.fields.get("packer")) {
            Some(assize_facts::Field::Known(value)) => Known::Value(value.as_str().map(str::to_owned)),
            Some(assize_facts::Field::Unknown(reason)) => Known::Unknown(reason.clone()),
            Some(assize_facts::Field::Possible(_)) | None => Known::Unknown(reason!("not-in-inventory", path = path)),
        }
    }

    /// Whole Go programs inside of a file, each with where it stands; what stands inside of one of them is a part of that.
    pub fn go_programs_within(&self, path: &str) -> Vec<(String, Range<usize>)> {
        let within = |item: &assize_facts::Item| {
            let inside = item.text("path")?;
            let start = inside.strip_prefix(path)?.strip_prefix("!@0x")?;
            let start = usize::from_str_radix(start, 16).ok().filter(|_| item.bool("go_program") == Some(true))?;
            let size = usize::try_from(item.int("size")?).ok()?;
            Some((inside.to_owned(), start..start.checked_add(size)?))
        };
        let mut found: Vec<(String, Range<usize>)> = self.0.items.iter().filter_map(within).collect();
        found.sort_by_key(|(_, range)| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        found.retain(|(_, range)| {
            let is_outermost = range.start >= end;
            end = end.max(range.end);
            is_outermost
        });
        found
    }

    /// Executables inside of a file: embedded or appended.
    fn embedded(&self, path: &str) -> Known<Vec<String>> {
        let inside = format!("{path}!");
        if let Some(gap) = self.0.gaps.iter().find(|g| g.place == path || g.place.starts_with(&inside)) {
            return Known::Unknown(gap.reason.clone());
        }
        let within = self.0.items.iter().filter(|i| i.text("path").is_some_and(|p| p.starts_with(&inside)));
        let executable = within.filter(|i| i.bool("executable_content") != Some(false));
        let is_bpf = |i: &&assize_facts::Item| i.text("format") == Some("bpf-object");
        let (bpf, executable): (Vec<_>, Vec<_>) = executable.partition(is_bpf);
        if let (Some(object), []) = (bpf.first(), executable.as_slice()) {
            return Known::Unknown(reason!("bpf-object-embedded", path = object.text("path").unwrap_or_default()));
        }
        let shown = |i: &assize_facts::Item| {
            let place = i.text("path").unwrap_or_default()[inside.len()..].to_owned();
            format!("{place} {}", i.text("format").unwrap_or("unknown"))
        };
        Known::Value(executable.into_iter().chain(bpf).map(shown).collect())
    }
}

impl Program {
    /// The program, and its file.
    pub fn read(
        delivery: &Delivery,
        binary: &Executable,
        inventory: &Inventory,
        tables: &Tables,
    ) -> Result<(Program, Bytes), Reason> {
        let bytes = delivery.open_program(binary)?;
        let sha256 = Known::Value(bytes.sha256().clone());
        let packer = inventory.packer(&binary.place);
        let embedded = inventory.embedded(&binary.place);
        // The readers check their bounds; what they miss on hostile bytes is still only a gap.
        let read =
            catch_unwind(AssertUnwindSafe(|| Read::of(&bytes, |headers| tables.take(&binary.path, headers, &bytes))));
        let read = read.map_err(|_| reason!("binary-reader-failed", path = binary.path))??;
        let doubt = twice::doubt(delivery, binary, inventory, &read, &bytes);
        let Read { headers, build_info, readers_agree, functions, obfuscated } = read.unless(doubt);
        let compiler = headers.debug.as_ref().and_then(|debug| compiler::named(debug, &bytes));
        let program = Program {
            stack_protector: stack_protector(&headers, &functions, &bytes),
            named_libraries: named_libraries(delivery, binary, &headers),
            name: binary.name.clone(),
            path: binary.path.clone(),
            declared: binary.declared,
            beside: binary.beside,
            sha256,
            unread: None,
            headers,
            build_info,
            compiler,
            readers_agree,
            functions,
            obfuscated,
            packer,
            has_signs: inventory.has_signs(&binary.place),
            embedded,
        };
        Ok((program, bytes))
    }

    /// One that could not be read.
    pub fn unread(binary: &Executable, inventory: &Inventory, reason: Reason) -> Program {
        Program {
            name: binary.name.clone(),
            path: binary.path.clone(),
            declared: binary.declared,
            beside: binary.beside,
            sha256: binary.sha256.clone(),
            headers: Headers::unread(&reason),
            build_info: Known::Unknown(reason.clone()),
            compiler: None,
            readers_agree: Known::Unknown(reason.clone()),
            functions: Err(reason.clone()),
            obfuscated: Known::Unknown(reason.clone()),
            packer: inventory.packer(&binary.place),
            has_signs: inventory.has_signs(&binary.place),
            embedded: inventory.embedded(&binary.place),
            stack_protector: Known::Unknown(reason.clone()),
            named_libraries: Vec::new(),
            unread: Some(reason),
        }
    }

    /// Why its modules are not all known by the build information.
    pub fn silent_about_modules(&self) -> Option<Reason> {
        match &self.build_info {
            Known::Unknown(reason) => Some(reason.clone()),
            Known::Value(None) => Some(reason!("build-information-absent")),
            // What is built from files has no main module, and its list is whole all the same.
            Known::Value(Some(info)) if info.main.is_none() && !info.is_of_files() => {
                Some(reason!("build-information-absent"))
            }
            Known::Value(Some(_)) if self.readers_agree == Known::Value(false) => {
                Some(reason!("build-information-contradicts-itself"))
            }
            Known::Value(Some(_)) | Known::Possible(_) => None,
        }
    }

    fn info(&self) -> Option<&BuildInfo> {
        match &self.build_info {
            Known::Value(info) => info.as_ref(),
            Known::Possible(_) | Known::Unknown(_) => None,
        }
    }

    pub fn main_module(&self) -> Option<&str> {
        self.info()?.main.as_ref().map(|main| main.path.as_str())
    }

    /// GOOS, where headers and build information do not contradict each other.
    pub fn os(&self) -> Option<&str> {
        let stated = self.info().and_then(|info| info.setting("GOOS"));
        platform(&self.headers.os, stated)
    }

    /// GOARCH.
    pub fn arch(&self) -> Option<&str> {
        let stated = self.info().and_then(|info| info.setting("GOARCH"));
        platform(&self.headers.arch, stated)
    }

    /// Whether it is a Go program; a packed one cannot be told, nor a declared one that shows no sign of Go: that may be C, or Go with its signs wiped out.
    pub fn is_go(&self) -> Known<bool> {
        if let Some(reason) = &self.unread {
            return Known::Unknown(reason.clone());
        }
        if let Known::Value(Some(packer)) = &self.packer {
            return Known::Unknown(reason!("binary-packed", packer = packer));
        }
        match &self.build_info {
            Known::Value(Some(_)) | Known::Unknown(_) | Known::Possible(_) => Known::Value(true),
            Known::Value(None) if self.functions.is_err() && self.declared => {
                Known::Unknown(reason!("no-sign-of-go", binary = self.name))
            }
            Known::Value(None) => match &self.functions {
                Ok(_) => Known::Value(true),
                // Of another Go than those whose tables are read, or with tables that nobody can read.
                Err(reason) if self.has_signs => Known::Unknown(reason.clone()),
                Err(_) => Known::Value(false),
            },
        }
    }
}

/// The shared objects that its texts name, less those that its headers say it needs: their names stand there for that.
fn named_libraries(delivery: &Delivery, binary: &Executable, headers: &Headers) -> Vec<String> {
    let last = |library: &str| library.rsplit('/').next().unwrap_or(library).to_owned();
    let needed: BTreeSet<String> = headers.needed.iter().map(|library| last(library)).collect();
    delivery.named_libraries(binary).into_iter().filter(|named| !needed.contains(&last(named))).collect()
}

/// Whether the C parts check their stacks: they then refer to the function that ends the program (GCC manual, `-fstack-protector`). `None`: there are no C parts.
fn stack_protector(headers: &Headers, functions: &Result<Functions, Reason>, file: &Bytes) -> Known<Option<bool>> {
    const CALLED: &[u8] = b"__stack_chk_fail";
    match facts::cgo_functions(functions) {
        Known::Value(cgo) if cgo.is_empty() && headers.needed_by_pure_go => return Known::Value(None),
        Known::Unknown(reason) if headers.needed_by_pure_go => return Known::Unknown(reason),
        _ if headers.symbol_names.is_empty() => return Known::Unknown(reason!("symbols-removed")),
        _ => {}
    }
    let named = |range: &Range<usize>| Ok(memchr::memmem::find(&file.range(range.clone())?, CALLED).is_some());
    let all: Result<Vec<bool>, Reason> = headers.symbol_names.iter().map(named).collect();
    all.map_or_else(Known::Unknown, |all| Known::Value(Some(all.contains(&true))))
}

/// What the headers say, if the build information does not contradict it.
fn platform<'p>(headers: &'p Known<String>, stated: Option<&'p str>) -> Option<&'p str> {
    match (headers, stated) {
        (Known::Value(word), None) => Some(word),
        (Known::Value(word), Some(stated)) if word == stated => Some(word),
        // Apple's systems share their format. Elsewhere nobody knows which of both is right: ELF marks few systems, and words can be edited.
        (Known::Value(word), Some("ios")) if word == "darwin" => stated,
        (Known::Value(_) | Known::Possible(_), _) => None,
        (Known::Unknown(_), stated) => stated,
    }
}

/// What is read of the file itself.
pub struct Read {
    pub headers: Headers,
    pub build_info: Known<Option<BuildInfo>>,
    pub readers_agree: Known<bool>,
    pub functions: Result<Functions, Reason>,
    pub obfuscated: Known<bool>,
}

impl Read {
    /// `early` is what was read of the function table before.
    pub fn of(file: &Bytes, early: impl FnOnce(&Headers) -> Option<Functions>) -> Result<Read, Reason> {
        let headers = headers::read(file)?;
        match Plain::of(&headers, file, early) {
            Some(plain) => Ok(plain.read(headers)),
            None => Read::whole(headers, file),
        }
    }

    /// All that is Go's is unknown where there is a reason against it.
    fn unless(self, doubt: Option<Reason>) -> Read {
        let Some(doubt) = doubt else { return self };
        let unknown = || Known::Unknown(doubt.clone());
        Read {
            build_info: Known::Unknown(doubt.clone()),
            readers_agree: unknown(),
            functions: Err(doubt.clone()),
            obfuscated: unknown(),
            ..self
        }
    }

    pub fn whole(headers: Headers, file: &Bytes) -> Result<Read, Reason> {
        let bytes = file.whole()?;
        let own = headers
            .build_info
            .clone()
            .map_or(Err(Unread::Absent), |range| build_info::read(&headers.image, bytes, range));
        let library = GoBinary::parse(bytes);
        let missing = || reason!("function-table-not-read");
        let trees = library.as_ref().and_then(|binary| binary.moduledata()?.gofunc);
        let functions = functions::read(&headers.image, file, trees);
        let obfuscated = match &library {
            Some(binary) => Known::Value(binary.is_likely_garbled()),
            None => Known::Unknown(missing()),
        };
        let theirs = library.as_ref().and_then(|b| b.build_info().map(|info| (b.go_version(), info)));
        let readers_agree = agree(&own, theirs);
        Ok(Read { headers, build_info: known(own), readers_agree, functions, obfuscated })
    }
}

fn known(own: Result<BuildInfo, Unread>) -> Known<Option<BuildInfo>> {
    match own {
        Ok(info) => Known::Value(Some(info.settled())),
        Err(Unread::Absent) => Known::Value(None),
        Err(Unread::Broken) => Known::Unknown(reason!("build-information-broken")),
    }
}

/// A program as the Go linker writes it for ELF: the sections that its headers name hold everything that is asked for, and nothing else is read.
/// The library gets the section of the build information alone. What is otherwise, or leaves anything open, is read whole.
pub(crate) struct Plain {
    own: Result<BuildInfo, Unread>,
    readers_agree: Known<bool>,
    functions: Functions,
}

impl Plain {
    fn of(headers: &Headers, file: &Bytes, early: impl FnOnce(&Headers) -> Option<Functions>) -> Option<Plain> {
        let (own, readers_agree) = Plain::build_info(headers, file)?;
        let read = || functions::read(&headers.image, file, None).ok();
        let functions = early(headers).or_else(read)?;
        functions.trees_unread.is_none().then_some(Plain { own, readers_agree, functions })
    }

    /// The build information, and whether both readers say the same of it.
    pub fn build_info(headers: &Headers, file: &Bytes) -> Option<(Result<BuildInfo, Unread>, Known<bool>)> {
        if headers.format != "elf" || headers.image.big_endian || !headers.image.named {
            return None;
        }
        let section = file.range(headers.build_info.clone()?).ok()?;
        let own = build_info::read_inline(&section)?;
        let context = BinaryContext::new(&section);
        let theirs = buildinfo::extract(&context);
        let readers_agree = agree(&own, theirs.as_ref().map(|info| (info.go_version, info)));
        Some((own, readers_agree))
    }

    fn read(self, headers: Headers) -> Read {
        let Plain { own, readers_agree, functions } = self;
        let obfuscated = Known::Value(functions.garbled);
        Read { headers, build_info: known(own), readers_agree, functions: Ok(functions), obfuscated }
    }
}

/// Whether two readers say the same of version, main package, modules and settings. Of the layout before Go 1.18 the library reads only the version.
fn agree(own: &Result<BuildInfo, Unread>, theirs: Option<(Option<&str>, &metadata::BuildInfo<'_>)>) -> Known<bool> {
    match (own, theirs) {
        (Ok(own), Some((version, theirs))) => {
            let same_version = version.is_none_or(|v| v == own.version);
            if own.by_pointers {
                return match same_version {
                    true => Known::Unknown(reason!("build-information-too-old")),
                    false => Known::Value(false),
                };
            }
            let settings = own.settings.iter().all(|(key, value)| {
                theirs
                    .setting(key)
                    .is_some_and(|t| t == value || t.trim_matches(['"', '`']) == value || value.contains('"'))
            });
            let modules = own.modules.len() == theirs.deps.len()
                && own.modules.iter().zip(&theirs.deps).all(|(own, theirs)| same_module(own, theirs));
            let main = own.main.as_ref().map(|m| m.path.as_str());
            let same_path = own.path.as_deref() == theirs.main_path && main == theirs.main_module;
            Known::Value(same_version && same_path && modules && settings)
        }
        (Err(Unread::Absent), None) => Known::Value(true),
        _ => Known::Value(false),
    }
}

fn same_module(own: &Line, theirs: &DepEntry<'_>) -> bool {
    let sum = |text: Option<&str>| text.filter(|s| !s.is_empty()).map(str::to_owned);
    let replaced = match (&own.replace, &theirs.replacement) {
        (None, None) => true,
        (Some(own), Some(theirs)) => {
            own.path == theirs.path && own.version == theirs.version.unwrap_or_default() && own.sum == sum(theirs.sum)
        }
        _ => false,
    };
    own.path == theirs.path
        && own.version == theirs.version.unwrap_or_default()
        && own.sum == sum(theirs.sum)
        && replaced
}

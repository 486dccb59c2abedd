//! What names mean beyond one declaration: imports, the package's own names, where they are declared.

use super::body::{Binding, Bodies, Body, bare};
use crate::build::FileId;
use crate::facts::Source;
use crate::go::lexer::Fault;
use crate::go::outline::{Decl, DeclKind};
use crate::go::parse::{Parsed, parse};
use crate::go::syntax::{Call, Expr, Func, Is, Item, Op, TypeSpec, ValueSpec};
use crate::hashed::{HashMap, HashSet};
use assize_facts::kinds::source::Owner;
use smol_str::SmolStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Parsed declarations, by file and place in it; each is parsed once.
#[derive(Default)]
pub(crate) struct Decls {
    files: Vec<OnceLock<Box<[OnceLock<Parsed>]>>>,
    /// Bytes of text that were parsed.
    bytes: AtomicUsize,
}

impl Decls {
    pub fn new(files: usize) -> Decls {
        Decls { files: (0..files).map(|_| OnceLock::new()).collect(), bytes: AtomicUsize::new(0) }
    }

    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// A name at the top level of a package; the path is empty for Go's own names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol {
    pub path: SmolStr,
    pub name: SmolStr,
}

impl Symbol {
    pub fn new(path: &str, name: &str) -> Symbol {
        Symbol { path: path.into(), name: name.into() }
    }

    pub fn is(&self, path: &str, name: &str) -> bool {
        &*self.path == path && &*self.name == name
    }
}

/// A declaration of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub file: FileId,
    pub decl: usize,
}

/// Where an expression stands: its declaration, with its names bound.
#[derive(Clone)]
pub(crate) struct Site<'s> {
    pub place: Place,
    pub body: Arc<Body<'s>>,
}

struct View<'s> {
    package: &'s str,
    /// The same, to be handed out.
    path: SmolStr,
    /// And its number among the program's.
    number: Option<usize>,
    /// Local name and path; those that are only likely stand last.
    imports: Vec<(Box<str>, SmolStr)>,
    /// Paths of dot imports.
    dots: Vec<&'s str>,
}

type Table<'s> = HashMap<&'s str, Declared>;

/// Where a name is declared, and in which line there: nearly always in one place.
enum Declared {
    Once([(Place, usize); 1]),
    Often(Vec<(Place, usize)>),
}

impl Declared {
    fn all(&self) -> &[(Place, usize)] {
        match self {
            Declared::Once(one) => one,
            Declared::Often(all) => all,
        }
    }

    fn add(&mut self, more: (Place, usize)) {
        match self {
            Declared::Once([first]) => *self = Declared::Often(vec![*first, more]),
            Declared::Often(all) => all.push(more),
        }
    }
}

#[derive(Default)]
pub(super) struct Package<'s> {
    names: Table<'s>,
    /// By method name: base type, place.
    pub methods: HashMap<&'s str, Vec<(&'s str, Place)>>,
}

/// The program with its names.
pub(crate) struct Lens<'s> {
    pub source: &'s Source<'s>,
    /// Whether every declaration is looked at, whatever its marks: what tests hold the marks to.
    pub everything: bool,
    packages: Vec<OnceLock<Package<'s>>>,
    numbers: HashMap<&'s str, usize>,
    views: Vec<OnceLock<View<'s>>>,
    bodies: Bodies<'s>,
    /// What `//go:linkname` reaches, once asked.
    pub(super) linked: OnceLock<HashSet<Symbol>>,
    /// Where names of packages are used, once asked.
    pub(super) mentioned: Mutex<HashMap<Symbol, Arc<Mentioned<'s>>>>,
    /// Where fields and methods of a name are selected, once asked; `None` where those are too many.
    pub(super) selected: Mutex<HashMap<Symbol, Option<Arc<Mentioned<'s>>>>>,
    /// What fields of structs are given, once asked.
    pub(super) fields: Mutex<super::fields::Asked<'s>>,
    /// Conversions between pointers, once asked.
    pub(super) conversions: OnceLock<Vec<super::converted::Converted>>,
}

type Mentioned<'s> = Vec<(Site<'s>, u32)>;

impl<'s> Lens<'s> {
    pub fn new(source: &'s Source<'s>) -> Lens<'s> {
        let program = &source.program;
        let packages = program.packages.keys().map(|_| OnceLock::new()).collect();
        let numbers = program.packages.keys().enumerate().map(|(number, path)| (path.as_str(), number)).collect();
        let views = program.folders.files.iter().map(|_| OnceLock::new()).collect();
        Lens {
            source,
            everything: false,
            packages,
            numbers,
            views,
            bodies: Bodies::default(),
            linked: OnceLock::new(),
            mentioned: Mutex::default(),
            selected: Mutex::default(),
            fields: Mutex::default(),
            conversions: OnceLock::new(),
        }
    }

    pub fn outline(&self, file: FileId) -> &'s [Decl] {
        self.source.program.head(file).map_or(&[], |head| &head.outline.decls)
    }

    pub fn package(&self, file: FileId) -> &'s str {
        self.view(file).map_or("", |view| view.package)
    }

    pub fn owner(&self, file: FileId) -> Owner {
        self.source.program.package_of(file).1
    }

    pub fn is_main(&self, file: FileId) -> bool {
        self.source.program.packages.get(self.package(file)).is_some_and(|package| package.is_main)
    }

    /// A declaration's tree, and why it is not whole.
    pub fn parsed(&self, place: Place) -> Option<(Option<&'s Item>, Option<Fault>)> {
        let decls = self.outline(place.file);
        let decl = decls.get(place.decl)?;
        let of_file = self.source.decls.files.get(place.file.0 as usize)?;
        let of_file = of_file.get_or_init(|| decls.iter().map(|_| OnceLock::new()).collect());
        let read = || match self.source.text(place.file) {
            Some(text) => {
                self.source.decls.bytes.fetch_add(decl.end - decl.start, Ordering::Relaxed);
                parse(&text.bytes, decl)
            }
            None => Parsed { item: None, fault: None },
        };
        let parsed = of_file.get(place.decl)?.get_or_init(read);
        Some((parsed.item.as_ref(), parsed.fault))
    }

    pub fn site(&self, place: Place) -> Option<Site<'s>> {
        let (item, _) = self.parsed(place)?;
        Some(Site { place, body: self.bodies.of(place, item?) })
    }

    fn view(&self, file: FileId) -> Option<&View<'s>> {
        let slot = self.views.get(file.0 as usize)?;
        Some(slot.get_or_init(|| self.read_view(file)))
    }

    fn read_view(&self, file: FileId) -> View<'s> {
        let program = &self.source.program;
        let (path, _) = program.package_of(file);
        let package = program.packages.get_key_value(&path).map_or("", |(key, _)| key.as_str());
        let number = self.numbers.get(package).copied();
        let mut view = View { package, path: package.into(), number, imports: Vec::new(), dots: Vec::new() };
        let mut likely = Vec::new();
        let imports = program.head(file).map_or(&[][..], |head| &head.outline.imports);
        for import in imports {
            match import.name.as_deref() {
                Some("_") => {}
                Some(".") => view.dots.push(&import.path),
                Some(name) => view.imports.push((name.into(), (&*import.path).into())),
                None => {
                    let path = SmolStr::new(&import.path);
                    let names = self.own_names(&import.path).into_iter().map(|name| (name, path.clone()));
                    // A file cannot have two imports of a name: a package that was not delivered has another than the standard library's.
                    match program.packages.contains_key(&*import.path) || crate::build::is_standard(&import.path) {
                        true => view.imports.extend(names),
                        false => likely.extend(names),
                    }
                }
            }
        }
        view.imports.append(&mut likely);
        view
    }

    /// The name in a package's clause; where the package was not delivered, the names that its path makes likely.
    fn own_names(&self, path: &str) -> Vec<Box<str>> {
        let program = &self.source.program;
        let first = program.packages.get(path).and_then(|package| package.go_files.first());
        if let Some(head) = first.and_then(|file| program.head(*file)) {
            return vec![head.outline.package.clone()];
        }
        super::std::likely_names(path)
    }

    pub(super) fn names(&self, path: &str) -> Option<&Package<'s>> {
        self.numbered(*self.numbers.get(path)?, path)
    }

    fn numbered(&self, number: usize, path: &str) -> Option<&Package<'s>> {
        Some(self.packages.get(number)?.get_or_init(|| self.read_names(path)))
    }

    fn read_names(&self, path: &str) -> Package<'s> {
        let mut out = Package::default();
        let Some(package) = self.source.program.packages.get(path) else { return out };
        for &file in &package.go_files {
            for (decl, found) in self.outline(file).iter().enumerate() {
                let place = Place { file, decl };
                for (index, spec) in found.specs.iter().enumerate() {
                    for name in spec.names() {
                        match (spec.receiver(), found.kind) {
                            (Some(receiver), DeclKind::Method) => {
                                out.methods.entry(name).or_default().push((&receiver.base, place));
                            }
                            _ => {
                                let more = (place, index);
                                let known = out.names.entry(name).and_modify(|all| all.add(more));
                                known.or_insert(Declared::Once([more]));
                            }
                        }
                    }
                }
            }
        }
        out
    }

    /// Where a package of the program declares a name; several where builds differ.
    pub fn declared(&self, symbol: &Symbol) -> &[(Place, usize)] {
        self.names(&symbol.path).and_then(|package| package.names.get(&*symbol.name)).map_or(&[], Declared::all)
    }

    /// What the outline has on the one declaration of a name.
    fn outlined(&self, symbol: &Symbol) -> Option<(&'s Decl, Place, usize)> {
        let [(place, line)] = *self.declared(symbol) else { return None };
        Some((self.outline(place.file).get(place.decl)?, place, line))
    }

    pub fn is_delivered(&self, path: &str) -> bool {
        self.numbers.contains_key(path)
    }

    /// Whether a package that may have a well-known name is the supplier's own or his replacement: its code says what it does, not its name.
    pub fn is_substituted(&self, path: &str) -> bool {
        self.source.program.packages.get(path).is_some_and(|package| package.owner != Owner::Dependency)
    }

    /// Whether a package is neither the supplier's nor the standard library's.
    pub fn is_foreign(&self, path: &str) -> bool {
        !crate::build::may_be_standard(path) && !self.is_substituted(path)
    }

    /// The program's own function or method that a call enters, by its name or by the type in front of it.
    pub fn callee(&self, site: &Site<'s>, call: &Call) -> Option<(Site<'s>, &'s Func)> {
        match (self.symbol(site, &call.fun), &bare(&call.fun).is) {
            (Some(symbol), _) => self.function(&symbol),
            (None, Is::Select(base, name)) => self.method(&self.type_of(site, base)?.name, &name.name),
            (None, _) => None,
        }
    }

    /// The function or variable that a chain of calls and fields begins with, through variables that are set once: `c` of `c := a.New().With(x)` has
    /// `a.New`.
    pub fn root(&self, site: &Site<'s>, made: &'s Expr) -> Option<Symbol> {
        const LONGEST: u32 = 50;
        let mut at = made;
        for _ in 0..LONGEST {
            at = bare(at);
            if let Some(symbol) = self.symbol(site, at) {
                return Some(symbol);
            }
            at = match &at.is {
                Is::Call(call) => &call.fun,
                Is::Select(base, _) | Is::Star(base) | Is::Unary(Op::Address, base) => base,
                Is::Name(_) => match site.body.locals.get(site.body.local(at)? as usize)?.binding {
                    Binding::Define([one], 0, _) => one,
                    _ => return None,
                },
                Is::Composite(Some(ty), _) => ty,
                _ => return None,
            };
        }
        None
    }

    /// Go's own `nil`.
    pub fn is_nil(&self, site: &Site<'s>, value: &Expr) -> bool {
        self.symbol(site, value).is_some_and(|symbol| symbol.is("", "nil"))
    }

    /// The function that a symbol is, with its declaration.
    pub fn function(&self, symbol: &Symbol) -> Option<(Site<'s>, &'s Func)> {
        let (decl, place, _) = self.outlined(symbol)?;
        if decl.kind == DeclKind::Type { None } else { self.func_at(place) }
    }

    pub fn func_at(&self, place: Place) -> Option<(Site<'s>, &'s Func)> {
        match self.parsed(place)?.0? {
            Item::Func(func) => Some((self.site(place)?, func)),
            Item::Values(_) | Item::Types(_) => None,
        }
    }

    /// A method by its type's name.
    pub fn method(&self, ty: &Symbol, name: &str) -> Option<(Site<'s>, &'s Func)> {
        let all = self.names(&ty.path)?.methods.get(name)?;
        let mut found = all.iter().filter(|(base, _)| *base == &*ty.name);
        match (found.next(), found.next()) {
            (Some((_, place)), None) => self.func_at(*place),
            _ => None,
        }
    }

    /// The line of a package's `var` or `const` group that declares a name, and the name's index there.
    pub fn value(&self, symbol: &Symbol) -> Vec<(Site<'s>, &'s ValueSpec, usize)> {
        let of = |(place, line): (Place, usize)| {
            let Item::Values(specs) = self.parsed(place)?.0? else { return None };
            let spec = specs.get(line)?;
            let index = spec.names.iter().position(|n| symbol.name == *n.name)?;
            Some((self.site(place)?, spec, index))
        };
        self.declared(symbol).iter().copied().filter_map(of).collect()
    }

    /// Whether a symbol is a type of the program.
    pub fn is_type(&self, symbol: &Symbol) -> bool {
        self.outlined(symbol).is_some_and(|(decl, ..)| decl.kind == DeclKind::Type)
    }

    /// The line of an alias: where the outline tells none, nothing is parsed.
    pub fn alias_spec(&self, symbol: &Symbol) -> Option<(Site<'s>, &'s TypeSpec)> {
        let (decl, _, line) = self.outlined(symbol)?;
        let spec = decl.specs.get(line)?;
        if spec.alias { self.type_spec(symbol) } else { None }
    }

    pub fn type_spec(&self, symbol: &Symbol) -> Option<(Site<'s>, &'s TypeSpec)> {
        let (decl, place, line) = self.outlined(symbol)?;
        if decl.kind != DeclKind::Type {
            return None;
        }
        let Item::Types(specs) = self.parsed(place)?.0? else { return None };
        Some((self.site(place)?, specs.get(line)?))
    }

    /// The name at a package's top level that an expression is; `None` for locals, fields, methods and everything else.
    pub fn symbol(&self, site: &Site<'s>, expr: &Expr) -> Option<Symbol> {
        match &bare(expr).is {
            Is::Name(_) if site.body.local(bare(expr)).is_some() => None,
            Is::Name(name) => self.top(site.place.file, name),
            Is::Select(base, member) => {
                let base = bare(base);
                let Is::Name(name) = &base.is else { return None };
                let view = self.view(site.place.file)?;
                let text = name.as_str();
                let (_, path) = view.imports.iter().find(|(known, _)| **known == *text)?;
                if site.body.local(base).is_some() || self.has_own(view, name) {
                    return None;
                }
                Some(Symbol { path: path.clone(), name: member.name.clone() })
            }
            Is::Index(base, _) if is_generic(base) => self.symbol(site, base),
            _ => None,
        }
    }

    /// Whether a file's own package declares a name.
    fn has_own(&self, view: &View<'s>, name: &str) -> bool {
        let package = view.number.and_then(|number| self.numbered(number, view.package));
        package.is_some_and(|package| package.names.contains_key(name))
    }

    fn top(&self, file: FileId, name: &SmolStr) -> Option<Symbol> {
        let view = self.view(file)?;
        let has = |path: &str| self.names(path).is_some_and(|package| package.names.contains_key(&**name));
        if self.has_own(view, name) {
            return Some(Symbol { path: view.path.clone(), name: name.clone() });
        }
        if let Some(path) = view.dots.iter().find(|path| has(path)) {
            return Some(Symbol::new(path, name));
        }
        let exported = name.chars().next().is_some_and(char::is_uppercase);
        // Several dot imports of packages whose names are not known: which one it is cannot be told; a sought one is taken.
        let mut unknown = view.dots.iter().filter(|path| exported && !self.is_delivered(path));
        match unknown.clone().find(|path| super::std::is_sought(path, name)).or(unknown.next()) {
            Some(path) => Some(Symbol { path: (*path).into(), name: name.clone() }),
            None => Some(Symbol { path: SmolStr::default(), name: name.clone() }),
        }
    }

    /// Names that a file's imports give to a package.
    pub fn imports(&self, file: FileId, path: &str) -> bool {
        let head = self.source.program.head(file);
        head.is_some_and(|head| head.outline.imports.iter().any(|import| &*import.path == path))
    }

    /// How the declared function is named: `Start`, `(*Server).Start`; `None` at package level.
    pub fn function_name(&self, place: Place) -> Option<String> {
        let decl = self.outline(place.file).get(place.decl)?;
        let spec = decl.specs.first()?;
        let name = spec.names().next()?;
        match (decl.kind, spec.receiver()) {
            (DeclKind::Func, _) => Some(name.to_string()),
            (DeclKind::Method, Some(r)) if r.pointer => Some(format!("(*{}).{name}", r.base)),
            (DeclKind::Method, Some(r)) => Some(format!("{}.{name}", r.base)),
            _ => None,
        }
    }
}

/// `F[int]`: brackets behind a name are type arguments or an index; an index of a variable is no symbol anyone asks for.
fn is_generic(base: &Expr) -> bool {
    matches!(bare(base).is, Is::Name(_) | Is::Select(..))
}

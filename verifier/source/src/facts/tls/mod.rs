//! `source.tls_configs`: every TLS configuration that the program makes, what it is used as, and which versions it accepts.

mod around;
mod chosen;
mod creations;
mod fate;
mod fields;
mod given;
mod handed;
mod held;
pub(super) mod nothing;
mod options;
mod others;
mod promoted;
pub(super) mod replaced;
mod returns;
mod servers;
mod through;
mod versions;

use super::mentions::mark;
use super::runtime_settings;
use super::search::{Search, item, methods, references};
use super::types::Types;
use crate::go::syntax::{Call, Expr, Is, Item as Declared, Op, Span};
use crate::meaning::{Lens, NodeId, Place, Site, Symbol, Value, bare};
use assize_facts::kinds::source::{Owner, TlsConfig, TlsRole};
use assize_facts::{Gap, Item, Known, Sheet, TlsVersion, reason};
use creations::{Creation, Made, creations};
use fate::{Fate, fate};
use fields::{Assigned, Fields, assignments};
use std::collections::BTreeSet;
use versions::{callback, max_version, min_stated, min_version, raised};

pub(super) const TLS: &str = "crypto/tls";
const AUTOCERT: &str = "golang.org/x/crypto/acme/autocert";

/// What the whole program says, asked once.
struct World<'s> {
    pub types: Types,
    /// Assignments to fields of configurations whose making was not seen there.
    pub assigned: Vec<Assigned<'s>>,
    /// The lowest version of a server's default: one, or both where that is not decided.
    pub defaults: Vec<TlsVersion>,
    /// Whether some `http.Server` of the program is made without a configuration.
    pub bare_server: bool,
    /// Whether a server's configuration is taken from it somewhere.
    pub cleared: bool,
    /// Whether a server, or the configuration in its field, goes to reflection or to an untyped pointer.
    pub reflected: bool,
    /// Whether configurations are taken out of fields of clients: then those in such fields may serve, too.
    pub taken_from_clients: bool,
}

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let types = Types::closed(lens, &[(TLS, "Config")]);
    let lists = lists(lens, &types);
    let words: Vec<&str> = types.own_names().into_iter().chain(lists.iter().map(|list| &*list.name)).collect();
    let in_file = |lens: &Lens, file| {
        let own = lens.package(file);
        let listed = || lists.iter().any(|list| &*list.path == own || lens.imports(file, &list.path));
        let imports = |known: &dyn Fn(&str) -> bool| {
            let head = lens.source.program.head(file);
            head.is_some_and(|head| head.outline.imports.iter().any(|import| known(&import.path)))
        };
        let http = || imports(&|path| path == "net/http" || path == AUTOCERT || others::has_defaults(path));
        let marked = mark::TLS_FIELD | mark::SERVES;
        types.matters(lens, file) || lens.outline(file).iter().any(|d| d.marks & marked != 0) || http() || listed()
    };
    let search = Search { file: &in_file, marks: mark::TLS, words: &words, dependencies: true };
    let (sites, gaps): (Vec<Site>, Vec<Gap>) = search.run(lens, |site| vec![site.clone()]);
    let mut world = World {
        types,
        assigned: Vec::new(),
        defaults: defaults(lens),
        bare_server: false,
        cleared: false,
        reflected: false,
        taken_from_clients: false,
    };
    let made: Vec<Vec<Creation>> = sites.iter().map(|site| creations(lens, &world.types, site)).collect();
    for (site, made) in sites.iter().zip(&made) {
        world.assigned.extend(assignments(lens, &world.types, site, made));
        world.bare_server |= servers::makes_bare_server(lens, site);
        world.cleared |= servers::clears_config(lens, site);
        world.reflected |= reflects(lens, &world.types, site);
        world.taken_from_clients |= around::takes_from_client(lens, site);
    }
    let mut sheet = super::search::empty::<TlsConfig>(lens.source, true);
    sheet.gaps.extend(gaps);
    sheet.gaps.extend(world.types.gap());
    let mut seen = Seen::default();
    let made = sites.iter().zip(&made).map(|(site, made)| items(lens, &world, site, made, &mut seen));
    let made: Vec<Items> = made.collect();
    for (site, mut items) in sites.iter().zip(made) {
        items.extend(out_of_sight(lens, site, &seen));
        items.sort_by_key(|(at, _)| *at);
        sheet.items.extend(items.into_iter().map(|(_, item)| item));
    }
    sheet
}

/// Types of lists of configurations: in a literal of one nothing else says what its elements are.
fn lists(lens: &Lens, types: &Types) -> BTreeSet<Symbol> {
    fn element(ty: &Expr) -> Option<&Expr> {
        match &bare(ty).is {
            Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of) => Some(element(of).unwrap_or(of)),
            _ => None,
        }
    }
    let matters = |lens: &Lens, file| types.matters(lens, file);
    let words = types.own_names();
    let search = Search { file: &matters, marks: mark::TLS, words: &words, dependencies: false };
    let (found, _) = search.run(lens, |site| {
        let Some(Declared::Types(specs)) = lens.item(site.place) else { return Vec::new() };
        let is = |ty: &Expr| element(ty).and_then(|of| lens.named(site, of)).is_some_and(|ty| types.has(&ty));
        let own = lens.package(site.place.file);
        specs.iter().filter(|spec| is(&spec.ty)).map(|spec| Symbol::new(own, &spec.name.name)).collect()
    });
    found.into_iter().collect()
}

/// Items with where they stand in their file.
type Items = Vec<(u32, Item)>;

/// What was seen of the ways from makings to servers.
#[derive(Default)]
struct Seen {
    given: BTreeSet<(Place, NodeId)>,
    /// Some configuration goes where it was not followed to: it may be what any server is given.
    lost: bool,
}

/// What servers are given that no making was seen of.
fn out_of_sight<'s>(lens: &Lens<'s>, site: &Site<'s>, seen: &Seen) -> Items {
    if seen.lost {
        return Items::new();
    }
    let of = |(_, at): (NodeId, Span)| {
        let fact = TlsConfig {
            package: lens.package(site.place.file).to_string(),
            function: lens.function_name(site.place),
            owner: lens.owner(site.place.file),
            role: TlsRole::Server.into(),
            min_version: Known::Unknown(reason!("tls-config-not-followed")),
            min_stated: Known::Unknown(reason!("tls-config-not-followed")),
            max_version: Known::Unknown(reason!("tls-config-not-followed")),
            callback: Known::Unknown(reason!("tls-config-not-followed")),
            form: "given".into(),
        };
        (at.start, item(fact, lens.source.origin(site.place.file, at)))
    };
    given::given(lens, site)
        .into_iter()
        .filter(|(node, _)| !seen.given.contains(&(site.place, *node)) && !given::is_for_others(lens, site, *node))
        .map(of)
        .collect()
}

fn items<'s>(lens: &Lens<'s>, world: &World<'s>, site: &Site<'s>, made: &[Creation<'s>], seen: &mut Seen) -> Items {
    let mut out: Items = Vec::new();
    // Assignments that are seen with the making.
    let mut counted: BTreeSet<Span> = BTreeSet::new();
    for creation in made {
        let needless = match creation.made {
            Made::Default => !world.bare_server && !world.cleared && !creation.decided,
            Made::Cleared => !world.cleared,
            _ => false,
        };
        if needless {
            continue;
        }
        let mut fate = fate(lens, site, creation);
        // Options are copied wherever they go.
        fate.foreign &= creation.made != Made::Options;
        seen.given.extend(fate.given.iter().copied());
        let fields = Fields::of(lens, world, site, creation, &fate, made);
        counted.extend(through::sure(site, creation, &fate).into_iter().map(|(at, ..)| at));
        let role = match role(world, creation, &fate, &fields) {
            Known::Unknown(_) if around::is_template_of_clients(lens, &fate) => TlsRole::Client.into(),
            role => role,
        };
        let open = fate.lost && matches!(role, Known::Unknown(_));
        seen.lost |= open && lens.owner(site.place.file) != Owner::Dependency;
        let at = creation.expr_at;
        let mut fact = fact(lens, world, site, creation.made.form(), role, &fields);
        if fate.quic && !fate.server {
            let surely = !fate.lost && !fate.client;
            fact.min_version = raised(fact.min_version, surely);
            // One below would leave nothing to speak.
            if surely && matches!(fact.max_version, Known::Unknown(_)) {
                fact.max_version = None.into();
            }
        } else if (fields.chosen || matches!(fields.callback, Value::Unknown(_))) && !fate.chosen {
            // It never serves where the callback always has another one, which is told by itself.
            fact.min_version = raised(fact.min_version, false);
        }
        out.push((at.start, item(fact, lens.source.origin(site.place.file, at))));
    }
    for assigned in world.assigned.iter().filter(|a| a.site.place == site.place && !counted.contains(&a.at)) {
        let fields = assigned.fields(lens);
        let role = match () {
            () if assigned.of_server || fields.servers_only => TlsRole::Server.into(),
            () if assigned.of_client && !world.taken_from_clients => TlsRole::Client.into(),
            () => Known::Unknown(reason!("tls-role-not-followed")),
        };
        out.push((
            assigned.at.start,
            item(fact(lens, world, site, "assigned", role, &fields), lens.source.origin(site.place.file, assigned.at)),
        ));
    }
    out
}

fn fact(lens: &Lens, world: &World, site: &Site, form: &str, role: Known<TlsRole>, fields: &Fields) -> TlsConfig {
    TlsConfig {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        min_version: min_version(fields, &role, &world.defaults),
        min_stated: min_stated(fields),
        max_version: max_version(fields),
        callback: callback(fields),
        role,
        form: form.into(),
    }
}

/// A configuration that any way leads to a server with serves; one is a client's only where every way is known.
fn role(world: &World, creation: &Creation, fate: &Fate, fields: &Fields) -> Known<TlsRole> {
    let elsewhere = world.taken_from_clients && around::CLIENTS.iter().any(|field| fate.fields.contains(*field));
    match () {
        () if fate.server || fate.quic || matches!(creation.made, Made::Default | Made::Cleared | Made::Options) => {
            TlsRole::Server.into()
        }
        // Fields that only servers read may be set for clients, too.
        () if fate.client && !fate.lost && !elsewhere => TlsRole::Client.into(),
        () if fields.servers_only && !fate.is_unused() => TlsRole::Server.into(),
        () => Known::Unknown(reason!("tls-role-not-followed")),
    }
}

/// The calls of a declaration to what writes through any pointer.
fn writing<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<&'s Call> {
    let takes = |symbol: &Symbol| others::writes(&symbol.path) && !others::looks(&symbol.name);
    let functions = references(lens, site, takes).into_iter().filter_map(|found| Some(found.call?.1));
    let of_type = |base: &Expr| lens.type_of(site, base).is_some_and(|ty| others::writes(&ty.name.path));
    let methods = methods(site).filter(|(base, name, _, _)| !others::looks(name) && of_type(base));
    functions.chain(methods.map(|(_, _, _, call)| call)).collect()
}

fn writes_somewhere<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    !writing(lens, site).is_empty()
}

/// Whether a declaration hands a server, or a configuration out of a server's field, to what writes through any pointer.
fn reflects<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> bool {
    writing(lens, site).into_iter().flat_map(|call| &call.args).any(|arg| {
        let arg = match &bare(arg).is {
            Is::Unary(Op::Address, inside) => bare(inside),
            _ => bare(arg),
        };
        let of_server = lens.type_of(site, arg).is_some_and(|ty| ty.name.is("net/http", "Server"));
        // Other structs have a field of this name too.
        let is_field = matches!(&arg.is, Is::Select(_, name) if &*name.name == "TLSConfig");
        of_server || is_field && lens.type_of(site, arg).is_none_or(|ty| types.has(&ty))
    })
}

/// The lowest versions of a server's default that there can be.
fn defaults(lens: &Lens) -> Vec<TlsVersion> {
    let of = |old: bool| if old { TlsVersion::Tls10 } else { TlsVersion::Tls12 };
    let mut all: Vec<TlsVersion> = runtime_settings::old_tls_defaults(lens).into_iter().map(of).collect();
    if all.is_empty() || runtime_settings::may_lower_tls(lens) {
        all.extend([TlsVersion::Tls10, TlsVersion::Tls12]);
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod distant_tests;
#[cfg(test)]
mod held_tests;
#[cfg(test)]
mod helpers_tests;
#[cfg(test)]
mod nothing_tests;
#[cfg(test)]
mod servers_tests;
#[cfg(test)]
mod tests;

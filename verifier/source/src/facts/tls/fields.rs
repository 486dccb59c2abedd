//! The fields of a configuration that decide its versions: what the literal says, and everything that is assigned later.

use super::super::types::Types;
use super::World;
use super::around::CLIENTS;
use super::chosen::{chooses, chooses_by, is_method};
use super::creations::{Creation, Made, creations};
use super::fate::{Fate, fate};
use super::others::harmless_method;
use super::promoted::promoted;
use super::returns::returns_of;
use super::{held, options, through};
use crate::go::syntax::{Element, Expr, Is, Op, Span};
use crate::meaning::{Const, Lens, NodeId, Site, Use, Value, bare};
use assize_facts::reason;

pub(super) const FIELDS: [&str; 3] = ["MinVersion", "MaxVersion", "GetConfigForClient"];
/// Fields that only servers read (crypto/tls, type Config).
const SERVERS_ONLY: &[&str] = &["GetConfigForClient", "ClientCAs", "ClientAuth", "GetCertificate"];

/// An assignment to a configuration's field where its making was not seen.
pub(super) struct Assigned<'s> {
    pub site: Site<'s>,
    pub at: Span,
    /// Whether it is the configuration in the field of a server.
    pub of_server: bool,
    /// Or of a client.
    pub of_client: bool,
    /// Whether it makes the configuration: it changes none that there was.
    pub fresh: bool,
    /// The struct's field that holds the configuration, where it is reached by one.
    pub holder: Option<&'s str>,
    pub field: &'s str,
    pub value: Option<&'s Expr>,
}

impl<'s> Assigned<'s> {
    /// Whether it can be an assignment to a configuration of which all ways are known.
    fn reaches(&self, fate: &Fate) -> bool {
        !self.fresh && fate.escapes && (fate.lost || self.holder.is_none_or(|field| fate.fields.contains(field)))
    }

    /// A configuration of which one field alone is known.
    pub fn fields(&self, lens: &Lens<'s>) -> Fields {
        let mut fields = Fields::unknown(Value::Unknown(reason!("tls-config-not-followed")));
        fields.servers_only = SERVERS_ONLY.contains(&self.field);
        let value = value_of(lens, &self.site, self.field, self.value);
        if let Some(slot) = fields.slot(self.field) {
            *slot = value;
        }
        fields
    }
}

/// The values of the fields; a field that is not stated is 0, or false for the callback.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub min: Value,
    pub max: Value,
    pub callback: Value,
    pub servers_only: bool,
    /// Whether a function chooses another configuration for each connection, and never none that is written there.
    pub chosen: bool,
}

impl Fields {
    fn unknown(value: Value) -> Fields {
        Fields { min: value.clone(), max: value.clone(), callback: value, servers_only: false, chosen: false }
    }

    fn zero() -> Fields {
        let none = || Value::one(Const::Int(0));
        Fields {
            min: none(),
            max: none(),
            callback: Value::one(Const::Bool(false)),
            servers_only: false,
            chosen: false,
        }
    }

    fn slot(&mut self, field: &str) -> Option<&mut Value> {
        match field {
            "MinVersion" | options::VERSION => Some(&mut self.min),
            "MaxVersion" => Some(&mut self.max),
            "GetConfigForClient" => Some(&mut self.callback),
            _ => None,
        }
    }

    pub fn of<'s>(
        lens: &Lens<'s>,
        world: &World<'s>,
        site: &Site<'s>,
        creation: &Creation<'s>,
        fate: &Fate,
        made: &[Creation<'s>],
    ) -> Fields {
        let mut fields = Fields::own(lens, world, site, creation, made, DEPTH);
        fields.later(lens, site, creation, fate);
        if creation.made == Made::Options {
            let handed_on = options::is_handed_on(lens, site, creation, fate);
            fields.min = match options::adjusted(lens, site, creation) {
                _ if handed_on => Value::Unknown(reason!("tls-config-passed-on")),
                Some(adjusted) => adjusted,
                None => options::stated(fields.min),
            };
            return fields;
        }
        // Whoever has the server in his hands by reflection has its configuration.
        let reflected = world.reflected && fate.fields.contains("TLSConfig");
        if fate.foreign || reflected {
            let servers_only = fields.servers_only;
            fields = Fields { servers_only, ..Fields::unknown(Value::Unknown(reason!("tls-config-passed-on"))) };
        }
        if !matches!(creation.made, Made::Default | Made::Cleared) {
            // That others have fields of servers says nothing about this one.
            let servers_only = fields.servers_only;
            let sure = through::sure(site, creation, fate);
            for (_, field, value) in &sure {
                if let Some(slot) = fields.slot(field) {
                    *slot = value_of(lens, site, field, Some(value));
                }
            }
            let is_sure = |a: &Assigned| a.site.place == site.place && sure.iter().any(|(at, ..)| *at == a.at);
            for assigned in world.assigned.iter().filter(|a| a.reaches(fate) && !is_sure(a)) {
                let value = value_of(lens, &assigned.site, assigned.field, assigned.value);
                fields.add(assigned.field, value);
                // Elsewhere it may be a callback of any other configuration.
                let near = |place| assigned.site.place == place;
                let near = near(site.place) || fate.given.iter().any(|(place, _)| near(*place));
                fields.chosen |= near && chooses_by(lens, &assigned.site, assigned.field, assigned.value);
            }
            fields.servers_only = servers_only;
        }
        fields
    }

    /// What the making itself says.
    fn own<'s>(
        lens: &Lens<'s>,
        world: &World<'s>,
        site: &Site<'s>,
        creation: &Creation<'s>,
        made: &[Creation<'s>],
        depth: u32,
    ) -> Fields {
        match creation.made {
            Made::Literal | Made::Options => Fields::literal(lens, site, creation.elements),
            Made::New | Made::Zero | Made::Factory => Fields::zero(),
            Made::Default if creation.decided => Fields::zero(),
            Made::Default | Made::Cleared => Fields::unknown(Value::Unknown(reason!("tls-server-not-followed"))),
            Made::Field | Made::Foreign => Fields::unknown(Value::Unknown(reason!("tls-config-not-followed"))),
            Made::Clone => Fields::copied(lens, world, site, creation, made, depth),
        }
    }

    fn literal<'s>(lens: &Lens<'s>, site: &Site<'s>, elements: &'s [Element]) -> Fields {
        let mut fields = Fields::zero();
        for element in elements {
            let Some(Expr { is: Is::Name(name), .. }) = &element.key else {
                return Fields::unknown(Value::Unknown(lens.open(site, &element.value)));
            };
            fields.servers_only |= SERVERS_ONLY.contains(&&**name);
            fields.chosen |= &**name == "GetConfigForClient" && chooses(lens, site, &element.value);
            let value = value_of(lens, site, name, Some(&element.value));
            if let Some(slot) = fields.slot(name) {
                *slot = value;
            }
        }
        fields
    }

    /// A copy has what the original had; that is known where the original was made in the same function, or in a package's variable.
    fn copied<'s>(
        lens: &Lens<'s>,
        world: &World<'s>,
        site: &Site<'s>,
        creation: &Creation<'s>,
        made: &[Creation<'s>],
        depth: u32,
    ) -> Fields {
        let unknown = || Fields::unknown(Value::Unknown(reason!("tls-config-not-followed")));
        let (Some(depth), Some(original)) = (depth.checked_sub(1), creation.copied.map(bare)) else { return unknown() };
        let mut all: Option<Fields> = None;
        let mut add = |fields: Fields| all = Some(all.take().map_or(fields.clone(), |known| known.or(fields)));
        if let Some(local) = site.body.local(original) {
            let holds = |c: &&Creation<'s>| c.node != creation.node && fate(lens, site, c).holders.contains(&local);
            let originals: Vec<&Creation> = made.iter().filter(holds).collect();
            let writes = site.body.uses(local).filter(|(_, used)| matches!(used, Use::Assign(_))).count();
            let is_param = matches!(
                site.body.locals.get(local as usize).map(|l| l.binding),
                Some(crate::meaning::body::Binding::Param(_) | crate::meaning::body::Binding::Other)
            );
            if is_param || originals.len() != writes + 1 {
                return unknown();
            }
            for original in originals {
                let way = fate(lens, site, original);
                let mut fields = Fields::own(lens, world, site, original, made, depth);
                // Assignments behind the copy do not reach it, those before do: both are possible.
                let before = fields.clone();
                fields.later(lens, site, original, &way);
                add(fields.or(before.only_if_changed(site, &way)));
                world.assigned.iter().filter(|a| a.reaches(&way)).for_each(|a| add(Fields::with(lens, a)));
            }
        } else if let Some(symbol) = lens.symbol(site, original) {
            for (at, spec, index) in lens.value(&symbol) {
                let made = creations(lens, &world.types, &at);
                let value = spec.values.get(index).and_then(|value| at.body.place(inner(value)));
                let Some(found) = made.iter().find(|c| {
                    Some(c.node) == value || c.line.is_some_and(|(s, i)| std::ptr::eq(s, spec) && i == index)
                }) else {
                    return unknown();
                };
                let way = fate(lens, &at, found);
                add(Fields::of(lens, world, &at, found, &way, &made));
            }
        } else if let Some(found) = made.iter().find(|c| Some(c.node) == site.body.place(original)) {
            // A copy of a copy that no variable holds.
            add(Fields::own(lens, world, site, found, made, depth));
        } else if let Some(originals) = held::originals(lens, &world.types, site, original) {
            for (at, found, made) in originals {
                let way = fate(lens, &at, &found);
                let mut fields = Fields::own(lens, world, &at, &found, &made, depth);
                fields.later(lens, &at, &found, &way);
                add(if way.foreign { unknown() } else { fields });
                world.assigned.iter().filter(|a| a.reaches(&way)).for_each(|a| add(Fields::with(lens, a)));
            }
        }
        all.unwrap_or_else(unknown)
    }

    /// Only there to be joined: what an assignment adds to nothing.
    fn with<'s>(lens: &Lens<'s>, assigned: &Assigned<'s>) -> Fields {
        let mut fields = Fields {
            min: Value::Any(Vec::new()),
            max: Value::Any(Vec::new()),
            callback: Value::Any(Vec::new()),
            servers_only: false,
            chosen: false,
        };
        let value = value_of(lens, &assigned.site, assigned.field, assigned.value);
        if let Some(slot) = fields.slot(assigned.field) {
            *slot = value;
        }
        fields
    }

    /// What was there before later assignments, where there are any.
    fn only_if_changed(self, site: &Site, fate: &Fate) -> Fields {
        let changed = fate.holders.iter().any(|local| {
            site.body.uses(*local).any(|(_, used)| matches!(used, Use::AssignField(name, _) if FIELDS.contains(&name)))
        });
        match changed {
            true => self,
            false => Fields {
                min: Value::Any(Vec::new()),
                max: Value::Any(Vec::new()),
                callback: Value::Any(Vec::new()),
                ..self
            },
        }
    }

    fn or(self, other: Fields) -> Fields {
        Fields {
            min: self.min.or(other.min),
            max: self.max.or(other.max),
            callback: self.callback.or(other.callback),
            servers_only: self.servers_only || other.servers_only,
            chosen: self.chosen && other.chosen,
        }
    }

    fn add(&mut self, field: &str, value: Value) {
        self.servers_only |= SERVERS_ONLY.contains(&field);
        if let Some(slot) = self.slot(field) {
            *slot = slot.clone().or(value);
        }
    }

    /// Assignments through the variables that hold it, in the order of the text: one that always happens before anyone else sees the
    /// configuration takes the place of what was there, any other is one more possibility.
    fn later<'s>(&mut self, lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>, fate: &Fate) {
        if let Some(handed) = through::handed(lens, site, site.body.with_address(creation.node)) {
            self.handed(lens, &handed);
        }
        for local in &fate.holders {
            self.through(lens, site, creation, *local, fate.holders.len() == 1);
        }
        if let Some(symbol) = &fate.global {
            for (at, node) in lens.mentions(symbol).iter() {
                if let Use::AssignField(field, value) = at.body.use_of(*node) {
                    self.add(field, value_of(lens, at, field, value));
                    self.chosen |= chooses_by(lens, at, field, value);
                }
            }
        }
    }

    fn through<'s>(&mut self, lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>, local: u32, alone: bool) {
        let home = site.body.home(creation.node);
        let jumps = site.body.has_goto();
        let is_own = |value: Option<&'s Expr>| value.and_then(|v| site.body.place(inner(v))) == Some(creation.node);
        let replaced: Vec<NodeId> = site
            .body
            .uses(local)
            .filter(|(_, used)| matches!(used, Use::Assign(value) if !is_own(*value)))
            .map(|(node, _)| node)
            .collect();
        let given: Vec<NodeId> = returns_of(lens, site, local).into_iter().map(|(node, _)| node).collect();
        // A copy leaves it to nobody, but has what was there before.
        let (mut seen, mut copied) = (false, false);
        let follows = |node: NodeId| {
            let left = given.iter().any(|left| (creation.node..node).contains(left));
            let always = !site.body.is_conditional(node, home) || through::always(site, creation.node, node);
            let held = !replaced.iter().any(|other| through::comes_between(site, creation.node, *other, node));
            let same = site.body.closure(node) == site.body.closure(creation.node);
            let behind = node > creation.node && !through::apart(site, creation.node, node);
            alone && held && !left && !jumps && behind && always && same
        };
        for (node, used) in site.body.uses(local) {
            match used {
                _ if through::never_meets(site, creation.node, node) => {}
                Use::AssignField(field, value) => {
                    let choice =
                        value.filter(|_| field == "GetConfigForClient").map(|value| chooses(lens, site, value));
                    let value = value_of(lens, site, field, value);
                    let last = follows(node);
                    let sure = last && !seen && !copied;
                    self.servers_only |= SERVERS_ONLY.contains(&field);
                    // Whoever has it by then has the callback from then on.
                    self.chosen = choice.map_or(self.chosen, |choice| choice && (last || self.chosen));
                    match self.slot(field) {
                        Some(slot) if sure => *slot = value,
                        Some(slot) => *slot = slot.clone().or(value),
                        None => {}
                    }
                }
                Use::Method("Clone") => copied |= !creation.copied.is_some_and(|of| site.body.is_at(of, node)),
                // It is what it was, or gone by then.
                Use::Method(name) if harmless_method(name) => {}
                Use::Read | Use::Address | Use::Method(..) => {
                    let sets = Some(node).filter(|node| !seen && follows(*node));
                    match sets.and_then(|node| through::handed(lens, site, node)) {
                        Some(handed) => {
                            self.handed(lens, &handed);
                            seen |= handed.leaks;
                        }
                        None => seen |= !site.body.is_compared(node),
                    }
                }
                Use::Assign(_) | Use::Field(..) => {}
            }
        }
    }

    /// What a function does first to the configuration that it gets.
    fn handed<'s>(&mut self, lens: &Lens<'s>, handed: &through::Handed<'s>) {
        for (field, at, value) in &handed.sets {
            let value = value_of(lens, at, field, Some(value));
            if let Some(slot) = self.slot(field) {
                *slot = value;
            }
        }
    }
}

const DEPTH: u32 = 4;

fn inner(expr: &Expr) -> &Expr {
    match &bare(expr).is {
        Is::Unary(Op::Address, inside) => bare(inside),
        _ => bare(expr),
    }
}

fn value_of<'s>(lens: &Lens<'s>, site: &Site<'s>, field: &str, value: Option<&Expr>) -> Value {
    let Some(value) = value else { return Value::Unknown(reason!("tls-config-not-followed")) };
    if field != "GetConfigForClient" {
        return lens.eval(site, value);
    }
    match &bare(value).is {
        Is::Func(..) => Value::one(Const::Bool(true)),
        Is::Name(_) | Is::Select(..) => match lens.symbol(site, value) {
            Some(symbol) if symbol.is("", "nil") => Value::one(Const::Bool(false)),
            Some(symbol) if lens.function(&symbol).is_some() => Value::one(Const::Bool(true)),
            // A method value is never nil.
            None if is_method(lens, site, value) => Value::one(Const::Bool(true)),
            _ => Value::Unknown(lens.open(site, value)),
        },
        _ => Value::Unknown(lens.open(site, value)),
    }
}

/// Assignments to fields of configurations that were not made in this declaration, or not seen to be.
pub(super) fn assignments<'s>(
    lens: &Lens<'s>,
    types: &Types,
    site: &Site<'s>,
    made: &[Creation<'s>],
) -> Vec<Assigned<'s>> {
    let mut held: Vec<u32> = Vec::new();
    let mut globals = Vec::new();
    let mut out = Vec::new();
    let mut asked = false;
    for (node, expr) in site.body.exprs() {
        if let Is::Composite(ty, elements) = &expr.is {
            out.extend(promoted(lens, types, site, node, ty.as_deref(), elements));
        }
        let Is::Select(base, field) = &expr.is else { continue };
        let Some(field) = FIELDS.iter().find(|f| **f == &*field.name).copied() else { continue };
        let (value, base) = match site.body.use_of(node) {
            Use::Assign(value) => (value, itself(base)),
            // Whoever has the field's address sets it.
            Use::Address => (None, itself(base)),
            _ => continue,
        };
        if !asked {
            asked = true;
            for creation in
                made.iter().filter(|c| !matches!(c.made, Made::Foreign | Made::Default | Made::Cleared | Made::Field))
            {
                let way = fate(lens, site, creation);
                held.extend(way.holders);
                globals.extend(way.global);
            }
        }
        let local = site.body.local(base);
        if local.is_some_and(|local| held.contains(&local))
            || lens.symbol(site, base).is_some_and(|s| made_elsewhere(lens, types, &s))
        {
            continue;
        }
        let known = lens.type_of(site, base);
        let text = value.is_some_and(|v| matches!(lens.eval(site, v).single(), Some(Const::Text(_) | Const::Bool(_))));
        let is = match known {
            Some(ty) => lens.has_from(&ty.name, field, &|known| types.has_name(known)),
            // Other structs have fields of these names too; a version of TLS is a number.
            None => !text,
        };
        if is {
            let of_server =
                matches!(&base.is, Is::Select(s, name) if &*name.name == "TLSConfig" && is_server(lens, site, s));
            let holder = match &base.is {
                Is::Select(_, name) => Some(&*name.name),
                _ => None,
            };
            let (site, at, of_client) = (site.clone(), expr.at, holder == Some(CLIENTS[0]));
            out.push(Assigned { site, at, of_server, of_client, fresh: false, holder, field, value });
        }
    }
    out
}

/// What an address leads back to: of `&c` in `(&c).f`, and of `*&c`.
fn itself(base: &Expr) -> &Expr {
    match &bare(base).is {
        Is::Unary(Op::Address, inside) => itself(inside),
        Is::Star(inside) if matches!(bare(inside).is, Is::Unary(Op::Address, _)) => itself(inside),
        _ => bare(base),
    }
}

fn is_server<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> bool {
    lens.type_of(site, expr).is_some_and(|ty| ty.name.is("net/http", "Server"))
}

/// Whether a package's variable holds a configuration whose making is seen: its assignments are counted there.
fn made_elsewhere<'s>(lens: &Lens<'s>, types: &Types, symbol: &crate::meaning::Symbol) -> bool {
    lens.value(symbol)
        .iter()
        .any(|(at, _, _)| creations(lens, types, at).iter().any(|c| fate(lens, at, c).global.as_ref() == Some(symbol)))
}

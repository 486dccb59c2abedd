//! Functions that choose a configuration for each connection: `GetConfigForClient`.

use crate::go::syntax::{Expr, Func, Is};
use crate::meaning::{Lens, Site, bare};

/// Whether a function for `GetConfigForClient` always gives a configuration, or an error, as far as its `return` statements say.
pub(super) fn chooses<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    let value = bare(value);
    let always = |at: &Site<'s>, of| {
        // A server's own may be the one that the function stands in.
        let own = |config: &Expr| matches!(&config.is, Is::Select(_, name) if &*name.name == "TLSConfig");
        let none = |values: &&[Expr]| match values {
            [config, error] => lens.is_nil(at, error) && (lens.is_nil(at, config) || own(bare(config))),
            _ => false,
        };
        let all = at.body.returns(of);
        !all.is_empty() && !all.iter().any(|values| values.is_empty() || none(values))
    };
    let declared = |found: Option<(Site<'s>, &'s Func)>| found.is_some_and(|(at, _)| always(&at, None));
    match &value.is {
        Is::Func(..) => site.body.place(value).is_some_and(|closure| always(site, Some(closure))),
        Is::Name(_) | Is::Select(..) => match (lens.symbol(site, value), &value.is) {
            (Some(symbol), _) => declared(lens.function(&symbol)),
            (None, Is::Select(base, name)) => {
                declared(lens.type_of(site, base).and_then(|ty| lens.method(&ty.name, &name.name)))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a value is a method of the program's own.
pub(super) fn is_method<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    let Is::Select(base, name) = &bare(value).is else { return false };
    lens.type_of(site, base).is_some_and(|ty| lens.method(&ty.name, &name.name).is_some())
}

/// Whether a field is given such a function.
pub(super) fn chooses_by<'s>(lens: &Lens<'s>, site: &Site<'s>, field: &str, value: Option<&Expr>) -> bool {
    field == "GetConfigForClient" && value.is_some_and(|value| chooses(lens, site, value))
}

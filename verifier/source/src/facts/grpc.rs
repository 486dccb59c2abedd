//! Servers of gRPC (google.golang.org/grpc, `ServerOption`).

use super::search::made_with;
use crate::go::syntax::{Expr, Is};
use crate::meaning::{Lens, Site, Use, bare};
use assize_facts::kinds::source::Transport;

pub(super) const GRPC: &str = "google.golang.org/grpc";

/// What a server of gRPC speaks, by the options that make it; `None` where they are not all to be seen.
pub(super) fn spoken<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<Transport> {
    let Is::Call(made) = &held(site, base)?.is else { return None };
    let mut transport = Transport::Plain;
    for option in &made.args {
        let Is::Call(option) = &bare(option).is else { return None };
        let symbol = lens.symbol(site, &option.fun).filter(|symbol| &*symbol.path == GRPC && !made.spread)?;
        if &*symbol.name == "Creds" {
            let Is::Call(credentials) = &held(site, option.args.first()?)?.is else { return None };
            let credentials = lens.symbol(site, &credentials.fun);
            let insecure =
                credentials.is_some_and(|s| s.is("google.golang.org/grpc/credentials/insecure", "NewCredentials"));
            transport = if insecure { Transport::Plain } else { Transport::Tls };
        }
    }
    Some(transport)
}

/// What an expression stands for: what a variable was made with that nothing sets again, or itself.
fn held<'s>(site: &Site<'s>, expr: &'s Expr) -> Option<&'s Expr> {
    let expr = bare(expr);
    let Some(local) = site.body.local(expr).filter(|_| matches!(expr.is, Is::Name(_))) else { return Some(expr) };
    let is_set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
    made_with(site, local).filter(|_| !is_set).map(bare)
}

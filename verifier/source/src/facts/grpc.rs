//! Servers of gRPC (google.golang.org/grpc, `ServerOption`).

use crate::go::syntax::{Expr, Is};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, Site, bare};
use assize_facts::kinds::source::Transport;

pub(super) const GRPC: &str = "google.golang.org/grpc";

/// What a server of gRPC speaks, by the options that make it; `None` where they are not all to be seen.
pub(super) fn spoken<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<Transport> {
    let made = match site.body.local(bare(base)).filter(|_| matches!(bare(base).is, Is::Name(_))) {
        Some(local) => match site.body.locals.get(local as usize)?.binding {
            Binding::Define([one], 0, 1) => bare(one),
            _ => return None,
        },
        None => bare(base),
    };
    let Is::Call(made) = &made.is else { return None };
    let mut transport = Transport::Plain;
    for option in &made.args {
        let Is::Call(option) = &bare(option).is else { return None };
        let symbol = lens.symbol(site, &option.fun).filter(|symbol| &*symbol.path == GRPC && !made.spread)?;
        if &*symbol.name == "Creds" {
            let credentials = match &bare(option.args.first()?).is {
                Is::Call(call) => lens.symbol(site, &call.fun),
                _ => None,
            };
            let insecure =
                credentials.is_some_and(|s| s.is("google.golang.org/grpc/credentials/insecure", "NewCredentials"));
            transport = if insecure { Transport::Plain } else { Transport::Tls };
        }
    }
    Some(transport)
}

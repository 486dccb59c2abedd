//! Servers of frameworks: what the call that makes or starts one says of its transport (the frameworks' own documentation).

use super::grpc::{held, options};
use super::listeners::{literal_of, server_address, set_later, text, with_config};
use crate::go::syntax::{Call, Element, Expr, Is};
use crate::meaning::{Lens, Site, bare};
use assize_facts::kinds::source::Transport;
use assize_facts::{Known, reason};

/// A framework whose servers take their transport from elsewhere than the call that is seen.
pub(super) struct Framework {
    name: &'static str,
    /// What decides the transport, by its name there.
    setting: &'static str,
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    /// By functions of a package in the call that makes the server: one gives TLS, one an address, others decide in ways of their own.
    Options { path: &'static str, tls: &'static str, address: &'static str, others: &'static [&'static str] },
    /// By fields of a struct that a file fills in most programs; with all of them it has TLS.
    Fields(&'static [&'static str]),
    /// By the first argument: what runs.
    Runner(&'static str),
    /// By flags, files and the environment.
    Outside,
}

pub(super) const HERTZ: Framework = Framework {
    name: "Hertz",
    setting: "server.WithTLS",
    by: By::Options {
        path: "github.com/cloudwego/hertz/pkg/app/server",
        tls: "WithTLS",
        address: "WithHostPorts",
        others: &["WithNetwork", "WithListener", "WithTransport", "WithAltTransport"],
    },
};
pub(super) const KRATOS_HTTP: Framework = Framework {
    name: "Kratos",
    setting: "http.TLSConfig",
    by: By::Options {
        path: "github.com/go-kratos/kratos/v2/transport/http",
        tls: "TLSConfig",
        address: "Address",
        others: &["Network", "Listener"],
    },
};
pub(super) const KRATOS_GRPC: Framework = Framework {
    name: "Kratos",
    setting: "grpc.TLSConfig",
    by: By::Options {
        path: "github.com/go-kratos/kratos/v2/transport/grpc",
        tls: "TLSConfig",
        address: "Address",
        others: &["Network", "Listener", "Options"],
    },
};
pub(super) const GO_ZERO: Framework =
    Framework { name: "go-zero", setting: "rest.RestConf.CertFile", by: By::Fields(&["CertFile", "KeyFile"]) };
pub(super) const GO_ZERO_RPC: Framework =
    Framework { name: "go-zero", setting: "zrpc.RpcServer.AddOptions", by: By::Outside };
pub(super) const KITEX: Framework =
    Framework { name: "Kitex", setting: "server.WithTransServerFactory", by: By::Outside };
pub(super) const GO_FRAME: Framework = Framework { name: "GoFrame", setting: "server.httpsAddr", by: By::Outside };
pub(super) const BEEGO: Framework = Framework { name: "Beego", setting: "BConfig.Listen.EnableHTTPS", by: By::Outside };
pub(super) const BUFFALO: Framework = Framework { name: "Buffalo", setting: "servers.WrapTLS", by: By::Outside };
pub(super) const EXPORTER_TOOLKIT: Framework =
    Framework { name: "exporter-toolkit", setting: "web.config.file", by: By::Outside };
const IRIS_PATH: &str = "github.com/kataras/iris/v12";
pub(super) const IRIS: Framework = Framework { name: "Iris", setting: "iris.Runner", by: By::Runner(IRIS_PATH) };

/// What a server speaks and where, by the call that makes or starts it; `base` is what a method is called on.
pub(super) fn told<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    framework: &Framework,
    called: &str,
    base: Option<&'s Expr>,
    call: &'s Call,
) -> (Known<Transport>, Known<Option<String>>) {
    let found = match framework.by {
        By::Options { .. } => by_options(lens, site, framework, made(site, base, call)),
        By::Fields(fields) => by_fields(lens, site, fields, call),
        By::Runner(path) => by_runner(lens, site, path, call),
        By::Outside => None,
    };
    found.unwrap_or_else(|| (open(framework, called), open(framework, called)))
}

/// What there is to say where the server is taken along as a value.
pub(super) fn open<T>(framework: &Framework, called: &str) -> Known<T> {
    let (name, setting) = (framework.name, framework.setting);
    Known::Unknown(reason!("framework-not-told", call = called, framework = name, setting = setting))
}

/// The call that makes the server: the one before a method's name, or the call itself.
fn made<'s>(site: &Site<'s>, base: Option<&'s Expr>, call: &'s Call) -> Option<&'s Call> {
    match base {
        None => Some(call),
        Some(base) => match &held(site, base)?.is {
            Is::Call(made) => Some(made),
            _ => None,
        },
    }
}

fn by_options<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    framework: &Framework,
    made: Option<&'s Call>,
) -> Option<(Known<Transport>, Known<Option<String>>)> {
    let By::Options { path, tls, address, others } = framework.by else { return None };
    let made = made?;
    // A function of the program may make it of more than is seen here.
    lens.symbol(site, &made.fun).filter(|symbol| &*symbol.path == path)?;
    let (mut transport, mut at) = (Some(Transport::Plain), Known::Value(None));
    for (option, surely) in options(lens, site, made, path)? {
        let Is::Call(option) = &bare(option).is else { return None };
        let symbol = lens.symbol(site, &option.fun).filter(|symbol| &*symbol.path == path)?;
        let arg = option.args.first();
        match &*symbol.name {
            name if name == tls => {
                let is_some = is_some(lens, site, arg?);
                transport = Some(Transport::Tls).filter(|_| surely && is_some);
            }
            name if name == address => at = text(lens, site, arg?).map(Some),
            name if others.contains(&name) => return None,
            _ => {}
        }
    }
    Some((transport?.into(), at))
}

/// Whether a configuration is surely not nil.
fn is_some<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &'s Expr) -> bool {
    let made = held(site, value).filter(|made| literal_of(site, made).is_some());
    made.is_some_and(|made| !lens.is_nil(site, made))
}

fn by_fields<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    fields: &[&str],
    call: &'s Call,
) -> Option<(Known<Transport>, Known<Option<String>>)> {
    let conf = bare(call.args.first()?);
    let elements = literal_of(site, conf)?;
    let keyed = elements.iter().all(|element| element.key.is_some());
    // What is set later, or filled in from a file, is not followed.
    if !keyed || set_later(lens, site, conf, fields) {
        return None;
    }
    let has = |field: &&str| elements.iter().find(|element: &&Element| element.name() == Some(field));
    let given: Vec<_> = fields.iter().filter_map(has).collect();
    let transport = match given.as_slice() {
        [] => Transport::Plain,
        all if all.len() == fields.len() => {
            let is_text = |e: &&Element| text(lens, site, &e.value).value().is_some_and(|text| !text.is_empty());
            all.iter().all(is_text).then_some(Transport::Tls)?
        }
        _ => return None,
    };
    Some((transport.into(), Known::Unknown(lens.open(site, conf))))
}

/// `app.Run(iris.Addr(":8080"))`; that of TLS redirects from a plain server, too, unless its configurators say otherwise.
fn by_runner<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    path: &str,
    call: &'s Call,
) -> Option<(Known<Transport>, Known<Option<String>>)> {
    let Is::Call(runner) = &held(site, call.args.first()?)?.is else { return None };
    let symbol = lens.symbol(site, &runner.fun).filter(|symbol| &*symbol.path == path)?;
    let arg = runner.args.first()?;
    match &*symbol.name {
        "Addr" => Some((Transport::Plain.into(), text(lens, site, arg).map(Some))),
        "Server" => {
            let transport = with_config(lens, site, arg)?;
            Some((transport.into(), server_address(lens, site, arg)))
        }
        _ => None,
    }
}

//! What code that is not followed does with a configuration: the standard library's, and libraries'.

use crate::build::is_standard;

/// Where a function takes its configuration.
pub(super) fn config_at(name: &str) -> Option<usize> {
    match name {
        "NewListener" | "Server" | "Client" => Some(1),
        "Listen" | "Dial" => Some(2),
        "DialWithDialer" => Some(3),
        _ => None,
    }
}

/// Methods of a configuration that leave its versions alone.
pub(super) fn harmless_method(name: &str) -> bool {
    matches!(name, "Clone" | "BuildNameToCertificate" | "SetSessionTicketKeys" | "DecryptTicket" | "EncryptTicket")
}

/// Whether functions of a package that is not delivered may change a configuration that they get. The standard library's do not,
/// but for those that write through any pointer.
pub(super) fn changes(path: &str) -> bool {
    let writes = ["encoding", "reflect", "unsafe", "database"].iter().any(|p| path.starts_with(p));
    let known = ["golang.org/x/net/http2", "golang.org/x/crypto/acme/autocert"].contains(&path)
        || path.starts_with("google.golang.org/grpc")
        || path.starts_with("github.com/quic-go/quic-go");
    !(known || (is_standard(path) && !writes))
}

/// Packages of the standard library that keep what they get, and give it to whoever asks.
pub(super) fn keeps(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    matches!(
        first,
        "context" | "sync" | "container" | "slices" | "maps" | "iter" | "cmp" | "reflect" | "unique" | "weak"
    )
}

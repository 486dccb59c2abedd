//! Registered numbers of TLS (IANA "TLS Parameters"): groups, suites, signature schemes and alerts, with the names that facts use.

use std::sync::OnceLock;

/// Key exchange groups by number: the names of the registry, with Go's shorter spelling for the NIST curves (`P256`).
pub(crate) const GROUPS: &[(u16, &str)] = &[
    (23, "P256"),
    (24, "P384"),
    (25, "P521"),
    (29, "X25519"),
    (30, "X448"),
    (4587, "SecP256r1MLKEM768"),
    (4588, "X25519MLKEM768"),
    (4589, "SecP384r1MLKEM1024"),
    (512, "MLKEM512"),
    (513, "MLKEM768"),
    (514, "MLKEM1024"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (34, "GC256A"),
    (35, "GC256B"),
    (36, "GC256C"),
    (37, "GC256D"),
    (38, "GC512A"),
    (39, "GC512B"),
    (40, "GC512C"),
    (41, "curveSM2"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (0x6399, "X25519Kyber768Draft00"),
    (0x639a, "SecP256r1Kyber768Draft00"),
    // Curves that RFC 8422 deprecates; a TLS 1.2 server may still take them.
    (1, "sect163k1"),
    (2, "sect163r1"),
    (3, "sect163r2"),
    (4, "sect193r1"),
    (5, "sect193r2"),
    (6, "sect233k1"),
    (7, "sect233r1"),
    (8, "sect239k1"),
    (9, "sect283k1"),
    (10, "sect283r1"),
    (11, "sect409k1"),
    (12, "sect409r1"),
    (13, "sect571k1"),
    (14, "sect571r1"),
    (15, "secp160k1"),
    (16, "secp160r1"),
    (17, "secp160r2"),
    (18, "secp192k1"),
    (19, "secp192r1"),
    (20, "secp224k1"),
    (21, "secp224r1"),
    (22, "secp256k1"),
];

pub(crate) const X25519: u16 = 29;
pub(crate) const P256: u16 = 23;
pub(crate) const X25519MLKEM768: u16 = 4588;

/// The name of a group; a number without one is shown as `0x1234`.
pub(crate) fn group_name(number: u16) -> String {
    GROUPS.iter().find(|(n, _)| *n == number).map_or_else(|| format!("{number:#06x}"), |(_, name)| name.to_string())
}

/// The suites of TLS 1.3 (RFC 8446 §B.4; RFC 8998 for the SM4 ones).
pub(crate) const SUITES_13: &[(u16, &str)] = &[
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    (0x1304, "TLS_AES_128_CCM_SHA256"),
    (0x1305, "TLS_AES_128_CCM_8_SHA256"),
    (0x00c6, "TLS_SM4_GCM_SM3"),
    (0x00c7, "TLS_SM4_CCM_SM3"),
];

/// Signals that ride in the list of suites: the first means "renegotiation is understood" (RFC 5746) and is harmless,
/// the second (RFC 7507) makes a server refuse with `inappropriate_fallback` what it would otherwise accept.
const RENEGOTIATION_SCSV: u16 = 0x00ff;
const FALLBACK_SCSV: u16 = 0x5600;

/// Every suite below TLS 1.3 that has a name, modern ones first as an ordinary client has them; without `TLS_FALLBACK_SCSV`.
pub(crate) fn suites_below_13() -> &'static [u16] {
    static ALL: OnceLock<Vec<u16>> = OnceLock::new();
    ALL.get_or_init(|| {
        let named = |n: &u16| rustls::CipherSuite::from(*n).as_str().is_some();
        let fits = |n: &u16| n >> 8 != 0x13 && *n != FALLBACK_SCSV && *n != RENEGOTIATION_SCSV && *n != 0;
        let mut all: Vec<u16> = (0..=u16::MAX).filter(fits).filter(named).collect();
        // The usual ones go first: some old servers look at a prefix only.
        all.sort_by_key(|n| (MODEST_SUITES.iter().position(|m| m == n).unwrap_or(usize::MAX), *n));
        all.push(RENEGOTIATION_SCSV);
        all
    })
}

/// What an ordinary client of today offers below TLS 1.3.
pub(crate) const MODEST_SUITES: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, // ECDHE with AES-GCM and ChaCha20
    0xc009, 0xc013, 0xc00a, 0xc014, // ECDHE with AES-CBC
    0x009c, 0x009d, 0x002f, 0x0035, // RSA key exchange
];

/// The name of a suite as the registry has it.
pub(crate) fn suite_name(number: u16) -> String {
    if let Some((_, name)) = SUITES_13.iter().find(|(n, _)| *n == number) {
        return name.to_string();
    }
    rustls::CipherSuite::from(number).as_str().map_or_else(|| format!("{number:#06x}"), str::to_string)
}

/// How a suite below TLS 1.3 exchanges keys, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyExchange {
    /// In a group of `supported_groups`.
    Ecdhe,
    /// With parameters of the server's own choice.
    Dhe,
    /// Encrypted to the certificate's key, a pre-shared key, or none: no exchange in any group.
    NoGroup,
}

pub(crate) fn key_exchange(suite: u16) -> KeyExchange {
    let name = suite_name(suite);
    if name.contains("ECDHE_") || name.contains("ECDH_anon") {
        KeyExchange::Ecdhe
    } else if name.contains("_DHE_") || name.contains("DH_anon") {
        KeyExchange::Dhe
    } else {
        KeyExchange::NoGroup
    }
}

/// Signature schemes to offer: everything that a server could have a certificate for.
pub(crate) const SCHEMES: &[u16] = &[
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
    0x081a, 0x081b, 0x081c, 0x0904, 0x0905, 0x0906, 0x0708, 0x0303, 0x0301, 0x0203, 0x0201, 0x0302, 0x0402, 0x0502,
    0x0602, 0x0202,
];

/// The registry's name of an alert.
pub(crate) fn alert_name(number: u8) -> String {
    let name = match number {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return format!("alert({number})"),
    };
    format!("{name}({number})")
}

pub(crate) const PROTOCOL_VERSION: u8 = 70;
pub(crate) const HANDSHAKE_FAILURE: u8 = 40;
pub(crate) const ILLEGAL_PARAMETER: u8 = 47;
pub(crate) const INSUFFICIENT_SECURITY: u8 = 71;
pub(crate) const UNRECOGNIZED_NAME: u8 = 112;

/// Random bytes from the operating system, through the same provider that handshakes use.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broad_hello_offers_the_suites_of_every_age_and_no_signal_that_makes_servers_refuse() {
        let all = suites_below_13();
        for suite in [0x0005, 0x000a, 0x002f, 0x0033, 0xc013, 0xc02f, 0xcca8, 0x00ff] {
            assert!(all.contains(&suite), "{suite:#x}");
        }
        assert!(all.len() > 200);
        assert!(!all.contains(&FALLBACK_SCSV) && !all.contains(&0x1301) && !all.contains(&0));
        assert_eq!(all[0], 0xc02b, "suites of today come first");
    }

    #[test]
    fn names_are_those_of_the_registry() {
        assert_eq!(suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(suite_name(0xfafa), "0xfafa");
        assert_eq!(group_name(4588), "X25519MLKEM768");
        assert_eq!(group_name(23), "P256");
        assert_eq!(alert_name(70), "protocol_version(70)");
        assert_eq!(alert_name(200), "alert(200)");
    }

    #[test]
    fn key_exchange_is_told_by_the_suite() {
        assert_eq!(key_exchange(0xc02f), KeyExchange::Ecdhe);
        assert_eq!(key_exchange(0x0033), KeyExchange::Dhe);
        assert_eq!(key_exchange(0x002f), KeyExchange::NoGroup);
    }
}

//! TLS before a stand-in: a certificate authority and a certificate of one run, whose authority the service is given as `{dep.NAME.ca}`.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The authority as PEM, and what speaks TLS with its certificate.
pub(super) struct Shield {
    pub authority: String,
    config: Arc<ServerConfig>,
}

impl Shield {
    /// For 127.0.0.1, ::1, `localhost` and the dependency's name.
    pub fn new(name: &str) -> Result<Shield, String> {
        let text = |e: rcgen::Error| e.to_string();
        let mut authority = CertificateParams::new(Vec::<String>::new()).map_err(text)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Services CA");
        let authority_key = KeyPair::generate().map_err(text)?;
        let own = authority.self_signed(&authority_key).map_err(text)?;
        let names = ["localhost", "127.0.0.1", "::1", name].map(str::to_string);
        let params = CertificateParams::new(names.to_vec()).map_err(text)?;
        let key = KeyPair::generate().map_err(text)?;
        let issuer = Issuer::new(authority, authority_key);
        let leaf = params.signed_by(&key, &issuer).map_err(text)?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .map_err(|e| e.to_string())?;
        Ok(Shield { authority: own.pem(), config: Arc::new(config) })
    }

    /// The handshake happens with the first byte that is read.
    pub fn wrap<S: Read + Write>(&self, stream: S) -> io::Result<StreamOwned<ServerConnection, S>> {
        let connection = ServerConnection::new(self.config.clone()).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }
}

//! Certificates of a mesh for trying: an authority that is forgotten once it has signed, and one certificate for each service.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use chassis::service::BoxError;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

use crate::SERVICES;

/// The file of the authority's certificate.
pub(super) const AUTHORITY: &str = "authority.pem";

/// Makes them anew in `folder`: `authority.pem`, and `mailing.pem` with `mailing.key` and so on.
pub(super) fn make(folder: &Path) -> Result<(), BoxError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (certificate, authority) = authority()?;
    write(&folder.join(AUTHORITY), &certificate)?;
    for kind in SERVICES {
        let key = KeyPair::generate()?;
        let mut parameters = named(kind.name, vec![kind.name.into()])?;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages.push(KeyUsagePurpose::DigitalSignature);
        parameters.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        let certificate = parameters.signed_by(&key, &authority)?;
        write(&folder.join(format!("{}.pem", kind.name)), &certificate.pem())?;
        write(&folder.join(format!("{}.key", kind.name)), &key.serialize_pem())?;
    }
    Ok(())
}

fn authority() -> Result<(String, Issuer<'static, KeyPair>), BoxError> {
    let key = KeyPair::generate()?;
    let mut parameters = named("Motcua, for trying", Vec::new())?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages.push(KeyUsagePurpose::KeyCertSign);
    let certificate = parameters.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(parameters, key)))
}

/// A certificate that looks signed by itself is believed by few.
fn named(common_name: &str, names: Vec<String>) -> Result<CertificateParams, BoxError> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    Ok(parameters)
}

/// For our own eyes, whatever was there.
fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(pem.as_bytes())
}

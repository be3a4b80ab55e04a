//! The server's configuration, written anew at each start, outside the data directory.
//!
//! Our file includes the one initdb wrote and then overrides it, so an operator's own lines there,
//! and `ALTER SYSTEM`, which outranks both, keep working. Nothing inside the data directory is
//! edited: the directory can be moved, restored or opened by other tools as it is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::account::Accounts;
use super::binaries::Binaries;
use super::place::Place;
use super::{ADMIN, Error, PORT, Settings};

/// Name of the user map that leads our account to the admin's role and the owners'.
const MAP: &str = "motcua";

/// Writes the three files and returns the main one.
pub(super) fn write(
    settings: &Settings,
    place: &Place,
    accounts: &Accounts,
    binaries: &Binaries,
) -> Result<PathBuf, Error> {
    let lz4 = knows_lz4(binaries, &place.data, accounts);
    let main = place.configuration.join("postgresql.conf");
    write_readable(&main, &main_file(settings, place, lz4))?;
    write_readable(&access_file(place), &access_rules(&settings.owners))?;
    write_readable(&map_file(place), &map_rules(&accounts.client, &settings.owners))?;
    Ok(main)
}

fn access_file(place: &Place) -> PathBuf {
    place.configuration.join("pg_hba.conf")
}

fn map_file(place: &Place) -> PathBuf {
    place.configuration.join("pg_ident.conf")
}

/// No network, no password: the kernel tells the server which account stands at the other end.
/// An owner is let as far as its own database.
fn access_rules(owners: &[String]) -> String {
    let own = owners.iter().map(|name| format!("local \"{name}\" \"{name}\" peer map={MAP}\n"));
    format!("local all {ADMIN} peer map={MAP}\n{}", own.collect::<String>())
}

fn map_rules(client: &str, owners: &[String]) -> String {
    let own = owners.iter().map(|name| format!("{MAP} \"{client}\" \"{name}\"\n"));
    format!("{MAP} \"{client}\" {ADMIN}\n{}", own.collect::<String>())
}

/// Asks the binaries themselves, since compression is chosen when they are built.
fn knows_lz4(binaries: &Binaries, data: &Path, accounts: &Accounts) -> bool {
    let mut command = binaries.command("postgres");
    command.arg("-D").arg(data).args(["-c", "wal_compression=lz4", "-C", "wal_compression"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    accounts.step_down(&mut command);
    command.status().is_ok_and(|status| status.success())
}

/// The server's account must read it whatever our umask is; nothing in it is secret.
fn write_readable(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io("writing", path))?;
    let readable = Permissions::from_mode(0o644);
    fs::set_permissions(path, readable).map_err(Error::io("setting the mode of", path))
}

fn main_file(settings: &Settings, place: &Place, lz4: bool) -> String {
    let on_or_off = |wanted: bool| if wanted { "on" } else { "off" };
    let durable = on_or_off(settings.durable);
    format!(
        "\
# Written anew at each start. Own settings: the file included here, or ALTER SYSTEM.
include_if_exists = '{included}'

# One socket in a private directory and no network at all
listen_addresses = ''
port = {PORT}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
hba_file = '{hba}'
ident_file = '{ident}'
max_connections = {connections}
cluster_name = 'motcua'

# Durability and space
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
wal_compression = {compression}
shared_buffers = {buffers}MB
max_wal_size = 2GB
min_wal_size = 128MB

# One language, one clock
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'

# A week of log files. Statements, parameters and the values that broke a constraint
# may be personal data and stay out.
logging_collector = on
log_destination = 'stderr'
log_directory = '{log}'
log_filename = 'postgres-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %d '
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_min_duration_statement = -1
",
        included = place.data.join("postgresql.conf").display(),
        sockets = place.sockets.display(),
        hba = access_file(place).display(),
        ident = map_file(place).display(),
        log = place.log.display(),
        connections = settings.max_connections,
        buffers = settings.shared_buffers_mb,
        compression = if lz4 { "lz4" } else { "on" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_account_becomes_the_admin_or_an_owner_in_its_own_database() {
        let owners = ["dossier".to_owned()];
        let admin = "local all motcua_admin peer map=motcua\n";
        assert_eq!(access_rules(&[]), admin);
        let own = "local \"dossier\" \"dossier\" peer map=motcua\n";
        assert_eq!(access_rules(&owners), format!("{admin}{own}"));
        let admin = "motcua \"an.nguyen\" motcua_admin\n";
        assert_eq!(map_rules("an.nguyen", &[]), admin);
        let own = "motcua \"an.nguyen\" \"dossier\"\n";
        assert_eq!(map_rules("an.nguyen", &owners), format!("{admin}{own}"));
    }
}

//! Who we are and who runs the server: PostgreSQL refuses root, so root steps down for it.

use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Error;

/// Accounts root may step down to, the best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The two sides of the socket: the account of this process and the one of the server.
#[derive(Debug, Clone)]
pub(super) struct Accounts {
    /// Name of this process's account, which peer authentication sees.
    pub client: String,
    /// The account the server runs as.
    pub server: Account,
    /// Whether the two differ, which they do when this process is root.
    steps_down: bool,
}

/// An account of the operating system.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    gid: u32,
}

impl Accounts {
    /// The accounts of this process: itself twice, or root and whom root steps down to.
    pub fn of_this_process() -> Result<Self, Error> {
        let uid = rustix::process::geteuid();
        let client = ask_id(&["-un"])
            .ok_or_else(|| Error::NoAccount(format!("uid {} has no name", uid.as_raw())))?;
        if uid.is_root() {
            let server = UNPRIVILEGED.iter().find_map(|name| Account::named(name));
            let missing = || Error::NoAccount("root finds neither postgres nor nobody".to_owned());
            return Ok(Self { client, server: server.ok_or_else(missing)?, steps_down: true });
        }
        let gid = rustix::process::getegid().as_raw();
        let server = Account { name: client.clone(), uid: uid.as_raw(), gid };
        Ok(Self { client, server, steps_down: false })
    }

    /// Makes a command run as the server's account. As root this also drops supplementary groups.
    pub fn step_down(&self, command: &mut Command) {
        if self.steps_down {
            command.uid(self.server.uid).gid(self.server.gid);
        }
    }

    /// Gives a file or directory to the server's account; a symbolic link is not followed.
    pub fn give(&self, path: &Path) -> Result<(), Error> {
        if !self.steps_down {
            return Ok(());
        }
        lchown(path, Some(self.server.uid), Some(self.server.gid))
            .map_err(Error::io("giving to the server's account", path))
    }

    /// Checks that the server's account may enter `directory` and everything above it.
    ///
    /// Only permission bits and the primary group are looked at, which is all a stepped-down server
    /// has.
    pub fn check_way_to(&self, directory: &Path) -> Result<(), Error> {
        for above in directory.ancestors() {
            let metadata = above.metadata().map_err(Error::io("looking at", above))?;
            if !self.server.may_enter(metadata.mode(), metadata.uid(), metadata.gid()) {
                let (directory, account) = (above.to_owned(), self.server.name.clone());
                return Err(Error::NotTraversable { directory, account });
            }
        }
        Ok(())
    }

    /// Whether this process is root and the server is not.
    pub fn steps_down(&self) -> bool {
        self.steps_down
    }
}

impl Account {
    fn named(name: &str) -> Option<Self> {
        let number = |flag| ask_id(&[flag, name])?.parse().ok();
        Some(Self { name: name.to_owned(), uid: number("-u")?, gid: number("-g")? })
    }

    fn may_enter(&self, mode: u32, owner: u32, group: u32) -> bool {
        let bit = match (owner == self.uid, group == self.gid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        mode & bit != 0
    }
}

/// Asks `id`, which reads every source of accounts the system is set up with, not only a file.
fn ask_id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_that_counts_is_the_nearest() {
        let account = Account { name: "x".to_owned(), uid: 7, gid: 8 };
        let cases = [
            (0o755, 0, 0, true),
            (0o700, 0, 0, false),
            (0o700, 7, 0, true),
            (0o710, 0, 8, true),
            (0o701, 0, 8, false),
            (0o071, 7, 8, false),
            (0o711, 0, 0, true),
        ];
        for (mode, owner, group, may) in cases {
            assert_eq!(account.may_enter(mode, owner, group), may, "{mode:o} {owner} {group}");
        }
    }
}

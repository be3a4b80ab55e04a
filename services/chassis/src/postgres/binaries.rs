//! Finding the server's binaries, or saying which line installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Error, OLDEST_MAJOR};

/// Where Debian and Ubuntu keep one directory per major version.
const VERSIONED: &str = "/usr/lib/postgresql";

/// A directory that holds `postgres` and `initdb` of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub directory: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// The directory named by the settings; else the installed release that fits.
    ///
    /// `wanted` is the major version of existing data: it wins over a newer one installed beside
    /// it, so that an upgrade of the system's packages does not strand the data. The search path is
    /// asked last.
    pub fn find(named: Option<&Path>, wanted: Option<u32>) -> Result<Self, Error> {
        if let Some(directory) = named {
            return Self::inspect(directory)
                .map_err(|reason| Error::BadBinaries { directory: directory.to_owned(), reason });
        }
        choose(installed(versioned_directories()), wanted)
            .or_else(|| installed(search_path()).into_iter().next())
            .ok_or_else(|| Error::NoBinaries {
                searched: format!("{VERSIONED}/*/bin or the search path"),
                remedy: install_line(
                    &std::fs::read_to_string("/etc/os-release").unwrap_or_default(),
                ),
            })
    }

    /// A command that runs one of the binaries from a neutral place and with a bare environment, so
    /// that neither `PG*` variables nor secrets of this process reach the server.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.directory.join(name));
        command.current_dir("/").env_clear().env("LC_ALL", "C.UTF-8").env("LC_MESSAGES", "C");
        for kept in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    fn inspect(directory: &Path) -> Result<Self, String> {
        if !directory.join("initdb").is_file() {
            return Err("initdb is missing".to_owned());
        }
        let output = Command::new(directory.join("postgres")).arg("--version").output();
        let output = output.map_err(|error| format!("postgres does not run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let major = major_of(&text).ok_or("postgres does not tell its version")?;
        if major < OLDEST_MAJOR {
            return Err(format!("it is PostgreSQL {major}, needed is {OLDEST_MAJOR} or newer"));
        }
        Ok(Self { directory: directory.to_owned(), major })
    }
}

fn installed(directories: Vec<PathBuf>) -> Vec<Binaries> {
    directories.iter().filter_map(|directory| Binaries::inspect(directory).ok()).collect()
}

fn versioned_directories() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(VERSIONED) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path().join("bin")).collect()
}

fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

fn choose(found: Vec<Binaries>, wanted: Option<u32>) -> Option<Binaries> {
    found.into_iter().max_by_key(|one| (Some(one.major) == wanted, one.major))
}

/// Reads "postgres (PostgreSQL) 15.18 (Debian …)" and "… 18beta1".
fn major_of(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The one line that installs a server on the system an `os-release` file describes.
pub(super) fn install_line(os_release: &str) -> &'static str {
    let families = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
    let words = families.flat_map(|value| value.trim_matches('"').split(' ')).collect::<Vec<_>>();
    let is = |family: &str| words.contains(&family);
    if is("fedora") || is("rhel") {
        "dnf install -y postgresql-server"
    } else if is("alpine") {
        "apk add postgresql"
    } else if is("arch") {
        "pacman -S --noconfirm postgresql"
    } else {
        "apt-get install -y --no-install-recommends postgresql"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(major: u32) -> Binaries {
        Binaries { directory: PathBuf::from(format!("/{major}")), major }
    }

    #[test]
    fn versions_are_read() {
        let cases = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) devel", None),
            ("mysqld 15.1", None),
        ];
        for (text, major) in cases {
            assert_eq!(major_of(text), major, "{text}");
        }
    }

    #[test]
    fn the_release_of_the_data_wins_else_the_newest() {
        let found = || vec![release(15), release(17), release(16)];
        assert_eq!(choose(found(), None), Some(release(17)));
        assert_eq!(choose(found(), Some(15)), Some(release(15)));
        assert_eq!(choose(found(), Some(14)), Some(release(17)));
        assert_eq!(choose(Vec::new(), None), None);
    }

    #[test]
    fn each_family_has_its_line() {
        let cases = [
            ("ID=debian\n", "apt-get install -y --no-install-recommends postgresql"),
            (
                "ID=ubuntu\nID_LIKE=debian\n",
                "apt-get install -y --no-install-recommends postgresql",
            ),
            (
                "NAME=\"Rocky\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"",
                "dnf install -y postgresql-server",
            ),
            ("ID=alpine", "apk add postgresql"),
            ("", "apt-get install -y --no-install-recommends postgresql"),
        ];
        for (text, line) in cases {
            assert_eq!(install_line(text), line, "{text}");
        }
    }
}

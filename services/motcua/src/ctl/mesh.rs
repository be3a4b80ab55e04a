//! The services of the running mesh, each asked by itself in the name of the command line.

use std::fmt::Display;
use std::io::Write;

use chassis::access::INSTALLATION;
use chassis::clock::instant;
use chassis::config::Settings;
use chassis::service::BoxError;
use motcua::reach::Reach;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::{issuer, refused};

/// Where the services of this installation are.
pub struct Services {
    all: Vec<Service>,
}

/// One of them, and the token that it is asked with.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// Where it answers; it need not.
    pub channel: Channel,
    token: String,
}

impl Services {
    /// Those that listen where they should. The others are told of on standard error: when one is down, what the rest know is wanted
    /// most.
    ///
    /// # Errors
    /// The keys cannot be read, or no service listens.
    pub async fn of(settings: &Settings) -> Result<Self, BoxError> {
        let (reach, mut found) = (Reach::of(settings)?, Vec::new());
        for (name, addresses) in reach.services() {
            match reach.channel(name).await? {
                Some(channel) => found.push((*name, channel)),
                None => writeln!(
                    std::io::stderr(),
                    "{name} does not listen at {}",
                    addresses.join(", ")
                )?,
            }
        }
        if found.is_empty() {
            return Err("no service listens: is the mesh running?".into());
        }
        let issuer = issuer(settings)?;
        let asked = |(name, channel)| {
            let token = issuer.issue_to(name, INSTALLATION)?;
            Ok(Service { name, channel, token })
        };
        Ok(Self { all: found.into_iter().map(asked).collect::<Result<_, BoxError>>()? })
    }

    /// All that listen.
    pub fn all(&self) -> &[Service] {
        &self.all
    }

    /// The one of a name.
    ///
    /// # Errors
    /// There is none, or it does not listen.
    pub fn named(&self, name: &str) -> Result<&Service, BoxError> {
        let found = self.all.iter().find(|service| service.name == name);
        found.ok_or_else(|| format!("no service {name} listens").into())
    }
}

impl Service {
    /// A request in the name of the command line.
    ///
    /// # Errors
    /// The token cannot stand in a header.
    pub fn signed<T>(&self, message: T) -> Result<Request<T>, BoxError> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token).parse()?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }

    /// What it refused or why it did not answer, with its name.
    pub fn refused(&self, status: Status) -> BoxError {
        format!("{}: {}", self.name, refused(status)).into()
    }
}

/// An instant as people and programs read it, in UTC; a dash for none.
pub fn time(at: Option<prost_types::Timestamp>) -> String {
    let at = at.and_then(instant);
    at.map_or_else(|| "-".into(), |at| at.strftime("%FT%TZ").to_string())
}

/// A full name of a message without its package.
pub fn short(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or(kind)
}

/// Rows below their headings, each column as wide as its widest word, numbers to the right. `none` is told where there are no rows.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], none: &str) -> String {
    if rows.is_empty() {
        return none.into();
    }
    let headings = headings.map(ToOwned::to_owned);
    let lines: Vec<&[String; N]> = std::iter::once(&headings).chain(rows).collect();
    let mut widths = [0; N];
    for line in &lines {
        for (width, word) in widths.iter_mut().zip(*line) {
            *width = (*width).max(word.chars().count());
        }
    }
    let right = are_numbers(rows);
    let lines = lines.into_iter().map(|line| {
        let cells = line.iter().zip(widths).zip(right);
        let padded =
            cells.map(
                |((word, width), right)| {
                    if right { format!("{word:>width$}") } else { format!("{word:width$}") }
                },
            );
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where every word of a column is a number, or that none is known.
fn are_numbers<const N: usize>(rows: &[[String; N]]) -> [bool; N] {
    std::array::from_fn(|column| {
        rows.iter().all(|row| row[column] == "-" || row[column].parse::<f64>().is_ok())
    })
}

/// A number where one is known, else a dash.
pub fn known(number: Option<impl Display>) -> String {
    number.map_or_else(|| "-".into(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_word() {
        let row = |kind: &str, what: &str, many: &str| [kind, what, many].map(str::to_owned);
        let rows = [row("a", "đã nhận", "1.5"), row("bcd", "x", "-"), row("e", "y", "100")];
        assert_eq!(
            table(["K", "WHAT", "MANY"], &rows, "none"),
            "K    WHAT     MANY\na    đã nhận   1.5\nbcd  x           -\ne    y         100"
        );
        assert_eq!(table::<2>(["K", "WHAT"], &[], "none"), "none");
    }
}

//! The service's side of its contract: parse, one command or one query, convert.

mod answers;
mod convert;
mod documents;
mod dossiers;
mod files;
mod filter;
mod forms;
mod names;
mod new_file;
mod opening;
mod procedures;
mod slips;
mod submission;
mod supplements;
mod timeline;
mod watchers;

pub use answers::Answers;
pub use documents::Documents;
pub use dossiers::Dossiers;
pub use files::Files;
pub use procedures::Procedures;
pub use slips::Slips;
pub use supplements::Supplements;
pub use timeline::Timelines;
pub use watchers::Watchers;

use chassis::database::failed;

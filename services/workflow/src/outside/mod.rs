//! The other services where this one asks them.

mod forms;

pub use forms::Forms;

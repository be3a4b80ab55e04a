//! The terminal while it shows something that changes.

use std::io::{self, Write};

/// The other page of the terminal, its cursor hidden, a line that is too long cut off at the edge; and back.
const TAKE: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const GIVE_BACK: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// To the first line; the rest of a line, and of the page, is emptied.
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K";
const REST_OF_PAGE: &str = "\x1b[J";

/// A page of its own, given back when this is dropped: what stood on the terminal before stands there again.
pub struct Screen(());

impl Screen {
    /// Takes the page.
    ///
    /// # Errors
    /// The terminal fails.
    pub fn taken() -> io::Result<Self> {
        put(TAKE)?;
        Ok(Self(()))
    }

    /// Shows these lines and no others, without a flicker between.
    ///
    /// # Errors
    /// The terminal fails.
    pub fn show(&self, text: &str) -> io::Result<()> {
        let lines = text.lines().map(|line| format!("{line}{REST_OF_LINE}\r\n"));
        put(&format!("{HOME}{}{REST_OF_PAGE}", lines.collect::<String>()))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = put(GIVE_BACK);
    }
}

fn put(text: &str) -> io::Result<()> {
    let mut terminal = io::stdout().lock();
    terminal.write_all(text.as_bytes())?;
    terminal.flush()
}

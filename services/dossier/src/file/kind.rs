//! What a file is, by its first bytes.

/// A kind of file that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A document (ISO 32000).
    Pdf = 1,
    /// A photograph (ISO/IEC 10918).
    Jpeg = 2,
    /// A picture (ISO/IEC 15948).
    Png = 3,
}

impl FileKind {
    /// Whether a file of this kind may begin so.
    pub fn begins(self, bytes: &[u8]) -> bool {
        let mark: &[u8] = match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => &[0xff, 0xd8, 0xff],
            Self::Png => b"\x89PNG\r\n\x1a\n",
        };
        bytes.starts_with(mark)
    }
}

impl TryFrom<i32> for FileKind {
    type Error = ();

    /// By the number it is stored and sent with.
    fn try_from(number: i32) -> Result<Self, ()> {
        [Self::Pdf, Self::Jpeg, Self::Png].into_iter().find(|kind| *kind as i32 == number).ok_or(())
    }
}

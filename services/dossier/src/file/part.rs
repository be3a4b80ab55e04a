//! The parts a file is written and read in.

use chassis::refusal::Refusal;

use super::File;

/// Bytes of a part; the last may have fewer. A telephone sends one within a second or two on a poor line.
pub const PART: u32 = 256 * 1024;

/// How many parts so many bytes are.
pub fn parts(size: u64) -> u64 {
    size.div_ceil(u64::from(PART))
}

/// A part of a file, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub number: u64,
    /// Its bytes.
    pub length: u64,
}

impl Part {
    /// The part of a file that begins at an offset.
    ///
    /// # Errors
    /// No part begins there.
    pub fn at(file: &File, offset: i64) -> Result<Self, Refusal> {
        let part = u64::from(PART);
        let begin = u64::try_from(offset).ok().filter(|begin| begin.is_multiple_of(part));
        let begin = begin.filter(|begin| *begin < file.size).ok_or_else(no_part)?;
        Ok(Self { number: begin / part, length: part.min(file.size - begin) })
    }

    /// Whether these may be its bytes.
    ///
    /// # Errors
    /// There are too few or too many; the first do not begin as the file's kind does.
    pub fn check(self, file: &File, data: &[u8]) -> Result<(), Refusal> {
        if u64::try_from(data.len()) != Ok(self.length) {
            return Err(part_size(self.length));
        }
        if self.number == 0 && !file.kind.begins(data) { Err(wrong_kind()) } else { Ok(()) }
    }

    /// Where the part behind it begins; none at the end.
    pub fn next(self, file: &File) -> Option<u64> {
        let next = (self.number + 1) * u64::from(PART);
        (next < file.size).then_some(next)
    }
}

fn no_part() -> Refusal {
    Refusal::field(
        "offset",
        "OUT_OF_RANGE",
        "Vị trí phải là bội số của 262144 và nhỏ hơn dung lượng tệp.",
        "The offset must be a multiple of 262144 and below the size of the file.",
    )
}

fn part_size(length: u64) -> Refusal {
    Refusal::field(
        "data",
        "PART_SIZE",
        format!("Phần này phải có đúng {length} byte."),
        format!("This part must have exactly {length} bytes."),
    )
}

fn wrong_kind() -> Refusal {
    Refusal::field(
        "data",
        "FILE_KIND",
        "Nội dung không đúng loại tệp đã khai; hãy tạo tệp đúng loại PDF, JPEG hoặc PNG.",
        "The content is not of the kind declared; create a file of its true kind: PDF, JPEG or PNG.",
    )
}

//! Why a wish is not granted, in words a caller can act on. Knows nothing of gRPC; `status.rs` does.

use std::time::Duration;

/// What kind of refusal it is: it decides the gRPC code, and so what a client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong in itself: mend it, then send it with a new request id. INVALID_ARGUMENT.
    Invalid,
    /// The thing is not in a state for it: read it again. FAILED_PRECONDITION.
    Precondition,
    /// Someone was faster: read again, then repeat. ABORTED.
    Race,
    /// It exists already. ALREADY_EXISTS.
    Exists,
    /// It is not there, and anyone may know that. NOT_FOUND.
    Missing,
    /// The caller may not, or the thing does not exist; the answer does not tell which. PERMISSION_DENIED.
    Denied,
    /// Who calls is not known. UNAUTHENTICATED.
    Unauthenticated,
    /// Too much at once: come back after the stated time. RESOURCE_EXHAUSTED.
    Overloaded,
    /// Something it needs is away: repeat after the stated time with the same request id. UNAVAILABLE.
    Unavailable,
}

/// The same sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text from its two languages.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path from the request, for example `dossier.procedure`.
    pub field: String,
    /// UPPER_SNAKE, stable.
    pub reason: String,
    /// What is wrong and what to do; never the value itself.
    pub text: Text,
}

impl Violation {
    /// A violation of one field.
    pub fn new(
        field: impl Into<String>,
        reason: impl Into<String>,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), reason: reason.into(), text: Text::new(vi, en) }
    }
}

/// Why one command did not take effect. It concerns that command only and leaves no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub kind: Kind,
    /// UPPER_SNAKE, stable for ever; docs/refusals.md tells what to do about it.
    pub reason: &'static str,
    /// For the caller.
    pub public: Text,
    /// Every wrong field at once; empty unless the kind is [`Kind::Invalid`].
    pub violations: Vec<Violation>,
    /// When to come back, for the kinds that pass by themselves.
    pub retry_after: Option<Duration>,
    /// A particular that programs act on, such as where to go on: its key in lowerCamelCase, and it. No personal data.
    pub particular: Option<Box<(&'static str, String)>>,
}

/// The reason of every refusal that lists wrong fields.
pub const FIELDS_INVALID: &str = "FIELDS_INVALID";

impl Refusal {
    /// A refusal of a kind, with its reason and its text in vi and en.
    pub fn new(
        kind: Kind,
        reason: &'static str,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        let public = Text::new(vi, en);
        Self { kind, reason, public, violations: Vec::new(), retry_after: None, particular: None }
    }

    /// Some fields are wrong: all of them at once.
    pub fn fields(violations: Vec<Violation>) -> Self {
        let mut refusal = Self::new(
            Kind::Invalid,
            FIELDS_INVALID,
            "Có trường chưa đúng; hãy sửa các trường được nêu.",
            "Some fields are wrong; mend the fields named.",
        );
        refusal.violations = violations;
        refusal
    }

    /// One field is wrong.
    pub fn field(
        field: impl Into<String>,
        reason: impl Into<String>,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self::fields(vec![Violation::new(field, reason, vi, en)])
    }

    /// The caller may not, or there is no such thing.
    pub fn denied() -> Self {
        Self::new(
            Kind::Denied,
            "NOT_PERMITTED",
            "Bạn không có quyền, hoặc đối tượng không tồn tại.",
            "You are not permitted to do this, or there is no such thing.",
        )
    }

    /// The etag sent is not the present one.
    pub fn stale() -> Self {
        Self::new(
            Kind::Race,
            "ETAG_STALE",
            "Dữ liệu đã thay đổi; hãy đọc lại rồi thử lại.",
            "It changed since it was read; read it again, then repeat.",
        )
    }

    /// The same refusal, with a particular that programs act on.
    #[must_use]
    pub fn telling(mut self, key: &'static str, value: impl ToString) -> Self {
        self.particular = Some(Box::new((key, value.to_string())));
        self
    }

    /// The same refusal, with the time after which a repeat may be granted.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }
}

/// More at once than can be borne; it left no trace.
pub fn overloaded() -> Refusal {
    Refusal::new(
        Kind::Overloaded,
        "OVERLOADED",
        "Hệ thống đang quá tải; hãy gửi lại đúng yêu cầu này sau.",
        "Too many requests at once; repeat the same request later.",
    )
    .after(Duration::from_secs(1))
}

/// A request took too long to come; nothing of it was looked at.
pub fn late() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "REQUEST_LATE",
        "Yêu cầu gửi quá chậm nên chưa được xử lý; hãy gửi lại đúng yêu cầu này.",
        "The request took too long to come and was not looked at; repeat the same request.",
    )
    .after(Duration::from_secs(1))
}

/// Why a command came to nothing.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The rules said no.
    Refused(Box<Refusal>),
    /// It may or may not have taken effect (a database or broker away, a lock not had in time): repeat the same command.
    Unavailable(String),
    /// A command that cannot be carried out as it is, however often: undecodable, panicking or breaking a constraint.
    Broken(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => {
                write!(f, "refused: {}: {}", refusal.reason, refusal.public.en)
            }
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
            Self::Broken(why) => write!(f, "broken: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

//! The data that travels in the program.

/// The catalogue, a row per version.
pub(super) const PROCEDURES: &str = include_str!("../../data/procedures.csv");

/// A form of one version of a procedure, with its schemas by file name.
pub(super) struct EmbeddedForm {
    pub code: &'static str,
    pub version: u32,
    pub definition: &'static str,
    pub schemas: &'static [(&'static str, &'static str)],
}

/// Every form that is drawn up.
pub(super) const FORMS: &[EmbeddedForm] = &[EmbeddedForm {
    code: "1.012575",
    version: 1,
    definition: include_str!("../../data/forms/1.012575/v1/form.yaml"),
    schemas: &[
        (
            "step-1-applicant.json",
            include_str!("../../data/forms/1.012575/v1/step-1-applicant.json"),
        ),
        ("step-2-vehicle.json", include_str!("../../data/forms/1.012575/v1/step-2-vehicle.json")),
        ("step-3-origin.json", include_str!("../../data/forms/1.012575/v1/step-3-origin.json")),
        ("step-4-return.json", include_str!("../../data/forms/1.012575/v1/step-4-return.json")),
        (
            "step-5-confirmation.json",
            include_str!("../../data/forms/1.012575/v1/step-5-confirmation.json"),
        ),
    ],
}];

//! Files and documents of dossiers.

pub mod desk;
mod documents;
mod forms;
mod papers;
mod uploads;

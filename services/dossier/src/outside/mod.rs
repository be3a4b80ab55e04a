//! The world outside: who knows of agencies, and where the content of files lies.

pub mod agencies;
pub mod objects;

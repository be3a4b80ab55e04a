//! The world outside: where the content of files lies.

pub mod objects;

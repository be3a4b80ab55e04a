//! The world outside: who knows of accounts and agencies, who keeps what officers write, and where the content of files lies.

pub mod accounts;
pub mod agencies;
pub mod grounds;
pub mod objects;

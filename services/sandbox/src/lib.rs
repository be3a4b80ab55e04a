#![doc = include_str!("../README.md")]

pub mod bank;
pub mod telephone;

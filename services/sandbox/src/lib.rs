#![doc = include_str!("../README.md")]

pub mod bank;
pub mod carrier;
mod http;
pub mod telephone;
mod teller;

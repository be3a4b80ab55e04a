//! What every service stands on; it knows nothing of dossiers or plates.
#![doc = include_str!("../README.md")]

pub mod access;
mod admin;
pub mod backlog;
pub mod callback;
pub mod child;
pub mod clock;
pub mod config;
pub mod database;
pub mod events;
pub mod filter;
pub mod gather;
pub mod health;
pub mod jobs;
pub mod keys;
pub mod names;
pub mod pages;
pub mod peers;
pub mod postgres;
pub mod refusal;
pub mod replicas;
pub mod running;
pub mod seal;
pub mod server;
pub mod service;
pub mod status;
pub mod telemetry;
pub mod text;
pub mod timers;
pub mod tls;
pub mod webhook;
pub mod write;

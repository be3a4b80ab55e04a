//! The contract: Rust types made from the `.proto` files beside this crate, and the descriptors they
//! came from.

pub mod codec;

mod contract {
    #![allow(clippy::all, clippy::too_many_lines, reason = "generated code is not ours to tidy")]
    #![expect(missing_docs, unused_qualifications, reason = "likewise")]
    #![allow(rustdoc::all, reason = "its comments are those of the .proto files")]
    include!(concat!(env!("OUT_DIR"), "/contract.rs"));
}

pub use contract::{google, motcua};

/// The whole contract as an encoded `FileDescriptorSet`, custom options and comments included.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

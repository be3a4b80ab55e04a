//! The contract as its descriptors tell it.

use chassis::access::Rules;
use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor};
use prost_reflect::{MessageDescriptor, MethodDescriptor};

/// What is ours in the contract: everything in packages that begin with `motcua.`.
#[derive(Debug)]
pub struct Contract {
    /// All descriptors, those of others included.
    pub pool: DescriptorPool,
    /// Who may call what.
    pub rules: Rules,
}

impl Contract {
    /// Reads the descriptors the services are built from.
    ///
    /// # Panics
    /// They do not decode, or a method has no rule.
    pub fn read() -> Self {
        Self {
            pool: DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors"),
            rules: Rules::of_contract(proto::DESCRIPTORS).expect("rules"),
        }
    }

    /// Our files.
    pub fn files(&self) -> impl Iterator<Item = FileDescriptor> {
        self.pool.files().filter(|file| is_ours(file.package_name()))
    }

    /// Every rpc.
    pub fn methods(&self) -> impl Iterator<Item = MethodDescriptor> {
        let services = self.pool.services().filter(|service| is_ours(service.package_name()));
        services.flat_map(|service| service.methods().collect::<Vec<_>>())
    }

    /// Every message.
    pub fn messages(&self) -> impl Iterator<Item = MessageDescriptor> {
        self.pool.all_messages().filter(|message| is_ours(message.package_name()))
    }

    /// Every enum.
    pub fn enums(&self) -> impl Iterator<Item = EnumDescriptor> {
        self.pool.all_enums().filter(|found| is_ours(found.package_name()))
    }
}

fn is_ours(package: &str) -> bool {
    package.starts_with("motcua.")
}

/// The path of a method, `/package.Service/Method`.
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

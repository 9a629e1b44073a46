//! Provision: the policy, in two phases, and wipes (MS-ASPROV 2.2.2).

use crate::commands::settings::{DeviceInformation, write_device_information};
use crate::wbxml::code_pages::provision as tags;
use crate::wbxml::{Element, Tag, Writer};

const POLICY_TYPE: &str = "MS-EAS-Provisioning-WBXML";

/// Phase 1: asks for the policy; from 14.1 on the device tells what it is.
pub fn ask(facts: Option<&DeviceInformation>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::PROVISION, |writer| {
        if let Some(facts) = facts {
            write_device_information(facts, writer);
        }
        writer.element(tags::POLICIES, |writer| {
            writer.element(tags::POLICY, |writer| writer.text(tags::POLICY_TYPE, POLICY_TYPE));
        });
    });
    writer.finish()
}

/// Phase 2: the policy is in force.
pub fn acknowledge(key: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::PROVISION, |writer| {
        writer.element(tags::POLICIES, |writer| {
            writer.element(tags::POLICY, |writer| {
                writer.text(tags::POLICY_TYPE, POLICY_TYPE);
                writer.text(tags::POLICY_KEY, key);
                writer.text(tags::STATUS, "1");
            });
        });
    });
    writer.finish()
}

/// The wipe was carried out.
pub fn acknowledge_wipe(wipe: Wipe) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::PROVISION, |writer| {
        writer.element(wipe.tag(), |writer| writer.text(tags::STATUS, "1"));
    });
    writer.finish()
}

/// What the server orders to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wipe {
    /// The whole device.
    Device,
    /// The account.
    Account,
}

impl Wipe {
    fn tag(self) -> Tag {
        match self {
            Wipe::Device => tags::REMOTE_WIPE,
            Wipe::Account => tags::ACCOUNT_ONLY_REMOTE_WIPE,
        }
    }
}

/// An answer to either phase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Status of the whole answer; 1 if it is missing.
    pub status: u32,
    /// Status of the policy; 2 means there is none.
    pub policy_status: u32,
    /// The key; empty if none came.
    pub key: String,
    /// A wipe is ordered.
    pub wipe: Option<Wipe>,
}

/// Reads an answer whose shape was checked.
pub fn read(root: &Element) -> Policy {
    let policy = root.descend(&[tags::POLICIES, tags::POLICY]);
    let wipe = [Wipe::Device, Wipe::Account].into_iter().find(|wipe| root.child(wipe.tag()).is_some());
    Policy {
        status: root.number_of(tags::STATUS).unwrap_or(1),
        policy_status: policy.and_then(|policy| policy.number_of(tags::STATUS)).unwrap_or(1),
        key: policy.and_then(|policy| policy.text_of(tags::POLICY_KEY)).unwrap_or_default().to_owned(),
        wipe,
    }
}

//! Settings: who the person is, and what the device is (MS-ASCMD 2.2.1.18).

use crate::version::Version;
use crate::wbxml::code_pages::settings;
use crate::wbxml::{Element, Tag, Writer};

/// What the device tells about itself, in the order it will be sent.
pub type DeviceInformation = Vec<(Tag, String)>;

/// What an iPhone with iOS 26.1 tells about itself; iOS sends it in no particular order.
pub fn device_information(version: Version, user_agent: &str) -> DeviceInformation {
    let mut facts = vec![
        (settings::OS, "iOS 26.1 23B85".to_owned()),
        (settings::MODEL, "iPhone15C4".to_owned()),
        (settings::FRIENDLY_NAME, "iPhone".to_owned()),
        (settings::OS_LANGUAGE, "de-DE".to_owned()),
        (settings::IMEI, "350000000000000".to_owned()),
        (settings::PHONE_NUMBER, "+491700000000".to_owned()),
    ];
    if version >= Version::V14_0 {
        facts.push((settings::USER_AGENT, user_agent.to_owned()));
    }
    facts
}

/// Writes DeviceInformation/Set.
pub fn write_device_information(facts: &DeviceInformation, writer: &mut Writer) {
    writer.element(settings::DEVICE_INFORMATION, |writer| {
        writer.element(settings::SET, |writer| {
            for (tag, value) in facts {
                writer.text(*tag, value);
            }
        });
    });
}

/// The request: the person's addresses, then what the device is.
pub fn request(facts: &DeviceInformation) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(settings::SETTINGS, |writer| {
        writer.element(settings::USER_INFORMATION, |writer| writer.empty(settings::GET));
        write_device_information(facts, writer);
    });
    writer.finish()
}

/// The person's mail addresses in an answer; the first account counts. Empty if it names none.
pub fn addresses(root: &Element) -> Vec<String> {
    let Some(get) = root.descend(&[settings::USER_INFORMATION, settings::GET]) else { return Vec::new() };
    let account = get.descend(&[settings::ACCOUNTS, settings::ACCOUNT, settings::EMAIL_ADDRESSES]);
    let list = account.or_else(|| get.child(settings::EMAIL_ADDRESSES));
    list.map(|list| list.children.iter().map(|address| address.text.clone()).collect()).unwrap_or_default()
}

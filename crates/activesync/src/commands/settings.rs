//! Settings: whose account this is, and what the device is (MS-ASCMD 2.2.1.18).

use hub::devices::DeviceInformation;
use wbxml::{Writer, document, pages::settings as s};

use crate::{
    answer::Answer,
    commands::not_understood,
    device_information,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::SettingsStatus,
};

/// What a device asks; each part at most once, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Whose account is this?
    pub user_information: bool,
    /// What the device is; `Some(None)` when it sets nothing.
    pub device_information: Option<Option<DeviceInformation>>,
    /// Out-of-office notices: `Some(false)` asked for, `Some(true)` to be set.
    pub oof: Option<bool>,
    /// A recovery password to keep.
    pub device_password: bool,
    /// Rights management templates.
    pub rights_management: bool,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, s::SETTINGS)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            match tag {
                s::USER_INFORMATION => request.user_information = true,
                s::DEVICE_INFORMATION => request.device_information = Some(device_information::read(reader)?),
                s::OOF => {
                    let mut sets = false;
                    reader.children(|_, tag| {
                        sets |= tag == s::SET;
                        Ok::<_, RequestError>(())
                    })?;
                    request.oof = Some(sets);
                }
                s::DEVICE_PASSWORD => request.device_password = true,
                s::RIGHTS_MANAGEMENT_INFORMATION => request.rights_management = true,
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

/// The person's addresses, the main one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInformation {
    /// The name beside the account.
    pub display_name: String,
    /// The main address.
    pub primary_address: String,
}

/// The answer's document.
///
/// `PrimarySmtpAddress` stands within `Accounts` (14.1 and later): directly under the old `EmailAddresses`, iOS fails
/// the whole answer.
#[must_use]
pub fn encode(request: &Request, user: &UserInformation) -> Vec<u8> {
    document(s::SETTINGS, |w| {
        w.number(s::STATUS, SettingsStatus::Success);
        if let Some(sets) = request.oof {
            write_oof(w, sets);
        }
        if request.device_information.is_some() {
            w.element(s::DEVICE_INFORMATION, |w| w.number(s::STATUS, SettingsStatus::Success));
        }
        if request.device_password {
            w.element(s::DEVICE_PASSWORD, |w| w.number(s::STATUS, SettingsStatus::Refused));
        }
        if request.user_information {
            w.element(s::USER_INFORMATION, |w| {
                w.number(s::STATUS, SettingsStatus::Success);
                w.element(s::GET, |w| write_accounts(w, user));
            });
        }
        if request.rights_management {
            w.element(s::RIGHTS_MANAGEMENT_INFORMATION, |w| w.number(s::STATUS, SettingsStatus::Success));
        }
    })
}

fn write_accounts(w: &mut Writer, user: &UserInformation) {
    w.element(s::ACCOUNTS, |w| {
        w.element(s::ACCOUNT, |w| {
            w.text(s::USER_DISPLAY_NAME, &user.display_name);
            w.element(s::EMAIL_ADDRESSES, |w| {
                w.text(s::SMTP_ADDRESS, &user.primary_address);
                w.text(s::PRIMARY_SMTP_ADDRESS, &user.primary_address);
            });
        });
    });
}

/// There is no mail, so nobody is ever out of office, and it cannot be changed.
fn write_oof(w: &mut Writer, sets: bool) {
    w.element(s::OOF, |w| {
        if sets {
            w.number(s::STATUS, SettingsStatus::Refused);
        } else {
            w.number(s::STATUS, SettingsStatus::Success);
            w.element(s::GET, |w| w.text(s::OOF_STATE, "0"));
        }
    });
}

/// The answer to a request that breaks a rule.
#[must_use]
pub fn encode_failure(status: SettingsStatus) -> Vec<u8> {
    document(s::SETTINGS, |w| w.number(s::STATUS, status))
}

/// Keeps what the device tells and tells whose account it is.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(SettingsStatus::ProtocolError)),
    };
    if let Some(Some(information)) = &request.device_information
        && *information != session.device.information
    {
        session.access.set_device_information(session.device_id(), information.clone()).await?;
    }
    let user = UserInformation {
        display_name: session.caller().name.clone(),
        primary_address: session.caller().email.clone(),
    };
    Ok(Answer::Document(encode(&request, &user)))
}

//! What a device's answer to a command means. An Acknowledged may hide an error of the item that mattered, and lack the
//! very answer that was asked for: both are failures here.

use fleet::delivery::{DeviceError, DeviceFacts, Event, ListedProfile, OrderId};
use ledger::tables::mdm_commands::State;
use plist::{Dictionary, Value};

use super::report::{Report, Status, error_chain};
use crate::{document, event_log::OWN_DOMAIN, limits};

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    /// What the device said of itself.
    pub(crate) facts: Option<DeviceFacts>,
    /// The PayloadIdentifiers it listed.
    pub(crate) profiles: Option<Vec<String>>,
}

/// What this answer to a command of this kind means.
pub(crate) fn outcome(order: &OrderId, request_type: &str, report: &Report) -> Outcome {
    let failed = |errors: Vec<DeviceError>| Outcome {
        state: State::Failed,
        events: vec![Event::Failed(order.clone(), errors)],
        facts: None,
        profiles: None,
    };
    let answer = &report.answer;
    match report.status {
        Status::Idle | Status::NotNow => {
            Outcome { state: State::NotNow, events: vec![Event::NotNow(order.clone())], facts: None, profiles: None }
        }
        Status::Error => failed(or_unsaid(error_chain(answer), "the device gave no reason")),
        Status::CommandFormatError => {
            failed(or_unsaid(error_chain(answer), "the device does not understand the command"))
        }
        Status::Acknowledged => {
            if let Some(errors) = hidden_errors(request_type, answer) {
                return failed(errors);
            }
            let Some(found) = asked_for(order, request_type, answer) else {
                return failed(vec![own(1, "the device says that it is done, and does not answer what it was asked")]);
            };
            let (told, facts, profiles) = found;
            let mut events = vec![Event::Acknowledged(order.clone())];
            events.extend(told);
            Outcome { state: State::Acknowledged, events, facts, profiles }
        }
    }
}

/// An error that we find, and no device.
pub(crate) fn own(code: i64, description: &str) -> DeviceError {
    DeviceError { domain: OWN_DOMAIN.to_owned(), code, description: description.to_owned() }
}

fn or_unsaid(errors: Vec<DeviceError>, unsaid: &str) -> Vec<DeviceError> {
    if errors.is_empty() { vec![own(2, unsaid)] } else { errors }
}

/// Errors of items below a status that says all is well.
fn hidden_errors(request_type: &str, answer: &Dictionary) -> Option<Vec<DeviceError>> {
    match request_type {
        "Settings" => {
            let items = document::dictionaries(answer, "Settings").into_iter().flatten();
            // What is neither is no proof of anything, and some devices say nothing of items that went well.
            let mut refused = items.filter(|item| {
                let status = item.get("Status").and_then(Value::as_string);
                status.is_some_and(|status| status != "Acknowledged") || item.contains_key("ErrorChain")
            });
            let refused = refused.next()?;
            Some(or_unsaid(error_chain(refused), "the device refuses the setting and gives no reason"))
        }
        "InstallApplication" => {
            let reason = document::text(answer, "RejectionReason")?;
            let mut errors = error_chain(answer);
            errors.push(own(3, &format!("the app is not installed: {reason}")));
            Some(errors)
        }
        _ => None,
    }
}

type Found = (Vec<Event>, Option<DeviceFacts>, Option<Vec<String>>);

/// What the answer tells; `None` when it lacks what was asked for.
fn asked_for(order: &OrderId, request_type: &str, answer: &Dictionary) -> Option<Found> {
    let order = order.clone();
    Some(match request_type {
        "ProfileList" => {
            let listed: Vec<_> = document::dictionaries(answer, "ProfileList")?.filter_map(profile).collect();
            let identifiers = listed.iter().map(|profile| profile.identifier.clone()).collect();
            (vec![Event::Profiles(order, listed)], None, Some(identifiers))
        }
        "ManagedApplicationConfiguration" => {
            let mut items = document::dictionaries(answer, "ApplicationConfigurations")?;
            // One app is asked for at a time; a device that never managed it answers an empty list.
            let configuration = items.next().and_then(|item| item.get("Configuration")?.as_dictionary().cloned());
            (vec![Event::AppConfiguration(order, configuration)], None, None)
        }
        "InstalledApplicationList" => {
            let apps = document::dictionaries(answer, "InstalledApplicationList")?.filter_map(app).collect();
            (vec![Event::Apps(order, apps)], None, None)
        }
        "DeviceInformation" => facts_told(device_information(answer.get("QueryResponses")?.as_dictionary()?)),
        "SecurityInfo" => facts_told(security_info(answer.get("SecurityInfo")?.as_dictionary()?)),
        _ => (Vec::new(), None, None),
    })
}

fn facts_told(facts: DeviceFacts) -> Found {
    (vec![Event::Facts(facts.clone())], Some(facts), None)
}

fn profile(item: &Dictionary) -> Option<ListedProfile> {
    Some(ListedProfile {
        identifier: document::text(item, "PayloadIdentifier")?,
        uuid: document::text(item, "PayloadUUID").unwrap_or_default(),
    })
}

fn app(item: &Dictionary) -> Option<(String, String)> {
    let version = document::text(item, "ShortVersion").or_else(|| document::text(item, "Version"));
    Some((document::text(item, "Identifier")?, version.unwrap_or_default()))
}

fn device_information(answers: &Dictionary) -> DeviceFacts {
    DeviceFacts {
        os_version: document::text(answers, "OSVersion").filter(|text| is_version(text)),
        product_name: document::text(answers, "ProductName"),
        supervised: document::boolean(answers, "IsSupervised"),
        user_enrolment: None,
        eas_device_identifier: document::text(answers, "EASDeviceIdentifier")
            .filter(|id| id.len() <= limits::TEXT_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_alphanumeric())),
    }
}

/// A device that says something else of its version has said nothing.
pub(crate) fn is_version(text: &str) -> bool {
    access::version::Version::parse(text).is_some()
}

fn security_info(info: &Dictionary) -> DeviceFacts {
    let management = info.get("ManagementStatus").and_then(Value::as_dictionary);
    DeviceFacts {
        user_enrolment: management.and_then(|management| document::boolean(management, "IsUserEnrollment")),
        ..DeviceFacts::default()
    }
}

//! Intune's `managedDevices`, as Microsoft Graph returns them: the bare array, or an object with `value`.

use fleet::enrolment::{Enrolment, EnrolmentId};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Device, Inventory, InventoryError, Managed, Source, Versions, versions};
use crate::limits::{DEVICES_MAX, INVENTORY_BYTES_MAX};

/// Reads a whole export. Devices that are no iPhone or iPad are passed over. A page that says that there are more is
/// refused: a rollout over half a fleet would look complete.
pub fn read(bytes: &[u8]) -> Result<Inventory, InventoryError> {
    if bytes.len() > INVENTORY_BYTES_MAX {
        return Err(InventoryError::TooLarge);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let document: Value = serde_json::from_slice(bytes).map_err(|error| InventoryError::Json(error.to_string()))?;
    let objects = objects(document)?;
    if objects.len() > DEVICES_MAX {
        return Err(InventoryError::TooMany);
    }
    let mut inventory = Inventory::default();
    for (place, object) in objects.iter().enumerate() {
        let refused = |reason: String| InventoryError::Object { number: place + 1, reason };
        let object = object.as_object().ok_or_else(|| refused("no object".to_owned()))?;
        let Some(device) = device(object).map_err(refused)? else { continue };
        if inventory.get(&device.id).is_some() {
            return Err(refused(format!("the id {} is there twice", device.id)));
        }
        inventory.merge(device);
    }
    Ok(inventory)
}

fn objects(document: Value) -> Result<Vec<Value>, InventoryError> {
    let mut object = match document {
        Value::Array(objects) => return Ok(objects),
        Value::Object(object) => object,
        _ => return Err(InventoryError::Shape),
    };
    if let Some(error) = object.get("error") {
        let message = error.get("message").or_else(|| error.get("code")).and_then(Value::as_str).unwrap_or("error");
        return Err(InventoryError::Answer(message.to_owned()));
    }
    let more = object.get("@odata.nextLink").is_some_and(|link| !link.is_null());
    match object.remove("value") {
        Some(Value::Array(objects)) if more => Err(InventoryError::Incomplete(objects.len())),
        Some(Value::Array(objects)) => Ok(objects),
        _ => Err(InventoryError::Shape),
    }
}

/// `None` for a device of another system.
fn device(object: &Map<String, Value>) -> Result<Option<Device>, String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let system = text("operatingSystem").ok_or("no operatingSystem")?;
    if !["ios", "ipados"].contains(&system.to_lowercase().as_str()) {
        return Ok(None);
    }
    let id = text("id").ok_or("no id")?;
    let mut device = Device::new(EnrolmentId::parse(id).ok_or_else(|| format!("{id:?} is no device id"))?);
    device.person = text("emailAddress").or_else(|| text("userPrincipalName")).map(ToOwned::to_owned);
    if let Some(version) = text("osVersion").and_then(versions::parse) {
        device.versions = Versions::stated(Source::Management, version);
    }
    device.product = text("model").map(ToOwned::to_owned);
    device.supervised = object.get("isSupervised").and_then(Value::as_bool);
    device.managed = managed(text("managementState"), text("deviceEnrollmentType"), device.supervised);
    device.eas_device_identifier = text("easDeviceId").map(ToOwned::to_owned);
    // Intune writes the year 1 for never.
    let never = |moment: &Timestamp| *moment <= Timestamp::UNIX_EPOCH;
    device.last_seen = text("lastSyncDateTime").and_then(|text| text.parse().ok()).filter(|moment| !never(moment));
    device.group = text("deviceCategoryDisplayName").map(ToOwned::to_owned);
    Ok(Some(device))
}

/// How it is enrolled. `userEnrollment` is a person's own enrolment of a device by the Company Portal, which is device
/// enrolment; Apple's User Enrollment is `appleUserEnrollment`.
fn managed(state: Option<&str>, enrolment: Option<&str>, supervised: Option<bool>) -> Managed {
    let leaving = ["retireIssued", "retirePending", "wipeIssued", "wipePending", "deletePending", "discovered"];
    if state.is_some_and(|state| leaving.iter().any(|known| known.eq_ignore_ascii_case(state))) {
        return Managed::No;
    }
    match enrolment {
        Some("appleUserEnrollment" | "appleUserEnrollmentWithServiceAccount") => Managed::As(Enrolment::User),
        _ if supervised == Some(true) => Managed::As(Enrolment::Supervised),
        Some("userEnrollment" | "deviceEnrollmentManager" | "appleBulkWithUser" | "appleBulkWithoutUser") => {
            Managed::As(Enrolment::Device)
        }
        _ => Managed::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(id: &str, enrolment: &str) -> Value {
        serde_json::json!({
            "id": id, "operatingSystem": "iOS", "osVersion": "17.2.1", "model": "iPhone 15",
            "userPrincipalName": "anna@example.com", "emailAddress": "", "isSupervised": false,
            "deviceEnrollmentType": enrolment, "managementState": "managed", "easDeviceId": "APPL1",
            "lastSyncDateTime": "2026-10-01T08:00:00Z"
        })
    }

    fn read_json(document: &Value) -> Result<Inventory, InventoryError> {
        read(document.to_string().as_bytes())
    }

    #[test]
    fn an_array_and_a_value_object_are_the_same() {
        let devices = serde_json::json!([phone("d1", "userEnrollment"), {"id": "w", "operatingSystem": "Windows"}]);
        let bare = read_json(&devices).unwrap();
        assert_eq!(bare, read_json(&serde_json::json!({ "value": devices })).unwrap());
        let device = bare.devices().next().unwrap();
        assert_eq!(bare.len(), 1);
        assert_eq!(device.person.as_deref(), Some("anna@example.com"));
        assert_eq!(device.eas_device_identifier.as_deref(), Some("APPL1"));
    }

    #[test]
    fn intunes_user_enrollment_is_apples_device_enrolment() {
        for (written, kind) in [
            ("userEnrollment", Managed::As(Enrolment::Device)),
            ("appleUserEnrollment", Managed::As(Enrolment::User)),
            ("unknown", Managed::Unknown),
        ] {
            let inventory = read_json(&serde_json::json!([phone("d1", written)])).unwrap();
            assert_eq!(inventory.devices().next().unwrap().managed, kind, "{written}");
        }
    }

    #[test]
    fn half_a_page_and_an_error_answer_are_refused() {
        let page = serde_json::json!({ "value": [phone("d1", "x")], "@odata.nextLink": "next" });
        assert_eq!(read_json(&page).unwrap_err(), InventoryError::Incomplete(1));
        let answer = serde_json::json!({ "error": { "code": "TooManyRequests", "message": "Too many requests" } });
        assert_eq!(read_json(&answer).unwrap_err(), InventoryError::Answer("Too many requests".into()));
        assert!(matches!(read(b"[{\"id\": \"d1\""), Err(InventoryError::Json(_))));
        assert_eq!(read(b"17").unwrap_err(), InventoryError::Shape);
        let twice = serde_json::json!([phone("d1", "x"), phone("d1", "x")]);
        assert_eq!(read_json(&twice).unwrap_err().to_string(), "device 2: the id d1 is there twice");
    }
}

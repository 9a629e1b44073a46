//! What a device tells about itself, in Settings and in Provision (MS-ASCMD 2.2.3.45). Its parts come in any order.

use hub::devices::DeviceInformation;
use wbxml::{Reader, pages::settings as s};

use crate::{
    limits::DEVICE_TEXT_MAX,
    request::{self, RequestError},
};

/// Reads the `DeviceInformation` opened last; `None` when it sets nothing.
pub fn read(reader: &mut Reader<'_>) -> Result<Option<DeviceInformation>, RequestError> {
    let mut information = None;
    reader.children(|reader, tag| {
        if tag == s::SET {
            information = Some(read_set(reader)?);
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(information)
}

fn read_set(reader: &mut Reader<'_>) -> Result<DeviceInformation, RequestError> {
    let mut known = DeviceInformation::default();
    reader.children(|reader, tag| {
        let field = match tag {
            s::MODEL => &mut known.model,
            s::IMEI => &mut known.imei,
            s::FRIENDLY_NAME => &mut known.friendly_name,
            s::OS => &mut known.os,
            s::OS_LANGUAGE => &mut known.os_language,
            s::PHONE_NUMBER => &mut known.phone_number,
            s::USER_AGENT => &mut known.user_agent,
            s::MOBILE_OPERATOR => &mut known.mobile_operator,
            _ => return Ok(()),
        };
        let text: String = request::text(reader)?.chars().take(DEVICE_TEXT_MAX).collect();
        *field = (!text.is_empty()).then_some(text);
        Ok::<_, RequestError>(())
    })?;
    Ok(known)
}

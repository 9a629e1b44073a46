//! What releases after the table's changed, up to iOS 27, as far as contacts and rollouts are concerned. Texts that
//! only fell away (the demand for a host name beside OAuth) change nothing in the table; the demand is kept.

use serde_json::json;

use super::{PayloadType, Schema};

/// Adds what came later.
pub(super) fn amend(schema: &mut Schema) {
    if let Some(app) = schema.declarations.get_mut("com.apple.configuration.app.managed") {
        add(
            app,
            json!({"key": "LegacyAppConfigAssetReference", "type": "string", "since": "18.4",
            "assets": ["com.apple.asset.data"]}),
        );
        add(app, json!({"key": "AppConfig", "type": "dictionary", "since": "18.4"}));
    }
    for (item, kind) in [("mdm.enrollment-type", "string"), ("mdm.push-token", "string"), ("mdm.push-magic", "string")]
    {
        let status = json!({"since": "27.0", "enrolments": ["supervised", "device", "user"],
            "keys": [{"key": item, "type": kind, "required": true}]});
        if let Ok(status) = serde_json::from_value(status) {
            schema.status.entry(item.to_owned()).or_insert(status);
        }
    }
}

/// A key that a newer table has already stays as it is there.
fn add(payload: &mut PayloadType, key: serde_json::Value) {
    if let Ok(key) = serde_json::from_value::<super::Key>(key)
        && payload.key(&key.name).is_none()
    {
        payload.keys.push(key);
    }
}

#[cfg(test)]
mod tests {
    use access::version::Version;

    use crate::schema::schema;

    #[test]
    fn an_app_takes_its_old_configuration_by_declaration_from_ios_18_4() {
        let app = schema().declaration("com.apple.configuration.app.managed").unwrap();
        let key = app.key("LegacyAppConfigAssetReference").unwrap();
        assert_eq!(key.support.since, Version::parse("18.4"));
        assert_eq!(key.assets, ["com.apple.asset.data"]);
    }

    #[test]
    fn a_device_tells_how_it_is_enrolled_from_ios_27() {
        assert_eq!(schema().status("mdm.enrollment-type").unwrap().support.since, Version::parse("27.0"));
    }
}

//! Whether a body is what the published types take; the words of a 400 otherwise.

use serde_json::Value;

use super::types::{Published, Takes};

const MEMBERS: &[(&str, &[(&str, &str)])] = &[
    ("app", &[("mobileAppIdentifier", "identifier")]),
    ("identifier", &[("bundleId", "text")]),
    ("pair", &[("name", "text"), ("value", "text")]),
    (
        "setting",
        &[
            ("appConfigKey", "text"),
            ("appConfigKeyType", "one:stringType|integerType|realType|booleanType|tokenType"),
            ("appConfigKeyValue", "text"),
        ],
    ),
    ("rule", &[("ruleName", "text"), ("scheduledActionConfigurations", "actions")]),
    (
        "action",
        &[
            ("actionType", "one:noAction|notification|block|retire|wipe"),
            ("gracePeriodHours", "number"),
            ("notificationTemplateId", "text"),
            ("notificationMessageCCList", "texts"),
        ],
    ),
    ("sso", &[("enableSharedDeviceMode", "bool"), ("bundleIdAccessControlList", "texts"), ("configurations", "typed")]),
    ("typed-one", &[("key", "text"), ("value", "any")]),
    (
        "conditions",
        &[
            ("clientAppTypes", "list:all|browser|mobileAppsAndDesktopClients|exchangeActiveSync|easSupported|other"),
            ("applications", "applications"),
            ("users", "users"),
            ("platforms", "platforms"),
            ("locations", "any"),
            ("signInRiskLevels", "texts"),
        ],
    ),
    ("applications", &[("includeApplications", "texts"), ("excludeApplications", "texts")]),
    (
        "users",
        &[
            ("includeUsers", "texts"),
            ("excludeUsers", "texts"),
            ("includeGroups", "texts"),
            ("excludeGroups", "texts"),
            ("includeRoles", "texts"),
            ("excludeRoles", "texts"),
        ],
    ),
    (
        "platforms",
        &[
            ("includePlatforms", "list:android|iOS|windows|windowsPhone|macOS|linux|all"),
            ("excludePlatforms", "list:android|iOS|windows|windowsPhone|macOS|linux|all"),
        ],
    ),
    (
        "grant",
        &[
            ("operator", "one:OR|AND"),
            (
                "builtInControls",
                "list:block|mfa|compliantDevice|domainJoinedDevice|approvedApplication|compliantApplication",
            ),
            ("customAuthenticationFactors", "texts"),
            ("termsOfUse", "texts"),
        ],
    ),
];

pub fn body(of: &Published, beta: bool, body: &Value, create: bool) -> Result<(), String> {
    let members = body.as_object().ok_or("no object")?;
    for (name, value) in members.iter().filter(|(name, _)| *name != "@odata.type") {
        let name = name.strip_suffix("@odata.bind").unwrap_or(name);
        let takes = of.takes.get(name).filter(|takes| beta || !takes.beta);
        let takes: &Takes = takes.ok_or_else(|| format!("Property '{name}' does not exist on this type"))?;
        if takes.service_only {
            return Err(format!("'{name}' is read-only"));
        }
        if takes.navigation && !create {
            return Err(format!("'{name}' is a navigation property and cannot be changed like this"));
        }
        match value {
            Value::Null if takes.not_null => return Err(format!("'{name}' cannot be null")),
            Value::Null => {}
            value => one(&takes.kind, value).map_err(|why| format!("'{name}': {why}"))?,
        }
    }
    let missing = of.takes.iter().find(|(name, takes)| create && takes.on_create && !members.contains_key(*name));
    missing.map_or(Ok(()), |(name, _)| Err(format!("'{name}' is required")))
}

pub fn one(kind: &str, value: &Value) -> Result<(), String> {
    let no = || Err(format!("{value} is no {kind}"));
    let every = |kind: &str| match value.as_array() {
        Some(list) => list.iter().try_for_each(|value| one(kind, value)),
        None => no(),
    };
    if let Some(members) = kind.strip_prefix("one:") {
        return if value.as_str().is_some_and(|text| members.split('|').any(|known| known == text)) {
            Ok(())
        } else {
            no()
        };
    }
    if let Some(members) = kind.strip_prefix("some:") {
        let fits = |text: &str| text.split(',').all(|flag| members.split('|').any(|known| known == flag));
        return if value.as_str().is_some_and(fits) { Ok(()) } else { no() };
    }
    if let Some(members) = kind.strip_prefix("list:") {
        return every(&format!("one:{members}"));
    }
    match kind {
        "any" => Ok(()),
        "text" if value.is_string() => Ok(()),
        "bool" if value.is_boolean() => Ok(()),
        "number" if value.is_i64() => Ok(()),
        "duration" if value.as_str().is_some_and(|text| text.starts_with('P')) => Ok(()),
        "base64" if value.as_str().is_some_and(|text| text.len() % 4 == 0 && !text.contains(' ')) => Ok(()),
        "texts" => every("text"),
        "apps" => every("app"),
        "pairs" => every("pair"),
        "settings" => every("setting"),
        "actions" => every("action"),
        "typed" => every("typed-one"),
        "rules" => {
            every("rule")?;
            let blocks = value.to_string().contains(r#""actionType":"block""#);
            if blocks { Ok(()) } else { Err("a block action is required".to_owned()) }
        }
        kind => members(kind, value),
    }
}

fn members(kind: &str, value: &Value) -> Result<(), String> {
    let (Some((_, known)), Some(object)) = (MEMBERS.iter().find(|(name, _)| *name == kind), value.as_object()) else {
        return Err(format!("{value} is no {kind}"));
    };
    for (name, value) in object.iter().filter(|(name, _)| *name != "@odata.type") {
        let (_, kind) = known.iter().find(|(known, _)| known == name).ok_or(format!("{kind} has no '{name}'"))?;
        if !value.is_null() {
            one(kind, value)?;
        }
    }
    Ok(())
}

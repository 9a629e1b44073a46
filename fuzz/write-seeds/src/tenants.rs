//! Seeds of `tenant_export`: small folders, their files apart by a byte that no JSON has.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::seed;

const GROUP: &str =
    r##"{"@odata.type":"#microsoft.graph.group","id":"g","displayName":"Pilot","members":["u",{"id":"v"}]}"##;
const PROFILE: &str = r##"{"@odata.type":"#microsoft.graph.iosEasEmailProfileConfiguration","displayName":"P","hostName":"outlook.office365.com","useOAuth":"True","easServices":"contacts, email","assignments":[{"target":{"@odata.type":"#microsoft.graph.groupAssignmentTarget","groupId":"g"}}]}"##;
const POLICY: &str = r##"{"displayName":"C","state":"enabled","conditions":{"clientAppTypes":["all"],"applications":{"includeApplications":["All"]},"users":{"includeUsers":["All"],"excludeGroups":["x"]},"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True -and not (device.operatingSystemVersion -lt \"13.0\")"}}},"grantControls":{"operator":"AND","builtInControls":["approvedApplication","mfa"]}}"##;
const SIGN_IN: &str = r##"{"signInIdentity":{"userId":"u"},"signInConditions":{"devicePlatform":"iOS","deviceInfo":{"isCompliant":true},"ipAddress":"203.0.113.10"}}"##;
const EXCHANGE: &str = r##"[{"DefaultAccessLevel":1},{"Characteristic":0,"QueryString":"iPhone","AccessLevel":"Block"},{"DisplayName":"Anna","ActiveSyncEnabled":"False","ActiveSyncAllowedDeviceIDs":[]},{"DeviceType":"iPhone","ClientVersion":"14.1","UserDisplayName":"Anna"}]"##;
const OUTLOOK: &str = r##"{"@odata.type":"#microsoft.graph.targetedManagedAppConfiguration","displayName":"O","customSettings":[{"name":"com.microsoft.outlook.Contacts.LocalSyncEnabled","value":"true"}],"assignments":[{"target":{"@odata.type":"#microsoft.graph.allLicensedUsersAssignmentTarget"}}]}"##;
const PAYLOAD: &str = "<plist><dict><key>PayloadContent</key><array><dict><key>PayloadType</key><string>com.apple.eas.account</string><key>Host</key><string>hub.example</string></dict></array></dict></plist>";

pub fn seeds() -> io::Result<()> {
    let custom = format!(
        r##"{{"@odata.type":"#microsoft.graph.iosCustomConfiguration","displayName":"H","payload":"{}","assignments":[{{"target":{{"groupId":"g"}}}}]}}"##,
        STANDARD.encode(PAYLOAD)
    );
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(EXCHANGE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (name, files) in [
        ("profile", &[PROFILE, GROUP][..]),
        ("conditional-access", &[SIGN_IN, POLICY, PROFILE, GROUP]),
        ("exchange", &[EXCHANGE, PROFILE, GROUP]),
        ("outlook", &[OUTLOOK, PROFILE, GROUP]),
        ("hub", &[&custom, POLICY, GROUP]),
    ] {
        seed("tenant_export", name, files.join("\x1D").as_bytes())?;
    }
    seed("tenant_export", "out-file", &wide)
}

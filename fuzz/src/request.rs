//! How an input of `eas_commands` holds requests. Also part of `write-seeds`.

/// Requests of one input; more are not read.
pub const REQUESTS_MAX: usize = 4;
/// Bytes before a body: command, form, length.
const HEAD_BYTES: usize = 4;

/// Each command and its code in a base64 query string; those of mail and one that does not exist are the last.
pub const COMMANDS: [(&str, u8); 21] = [
    ("Sync", 0),
    ("FolderSync", 9),
    ("FolderCreate", 10),
    ("FolderDelete", 11),
    ("FolderUpdate", 12),
    ("MoveItems", 13),
    ("GetItemEstimate", 14),
    ("Search", 16),
    ("Settings", 17),
    ("Ping", 18),
    ("ItemOperations", 19),
    ("Provision", 20),
    ("ResolveRecipients", 21),
    ("Find", 23),
    ("SendMail", 1),
    ("SmartForward", 2),
    ("SmartReply", 3),
    ("GetAttachment", 4),
    ("MeetingResponse", 15),
    ("ValidateCert", 22),
    ("Frobnicate", 99),
];
/// Versions and their bytes in a base64 query string.
pub const VERSIONS: [(&str, u8); 4] = [("14.1", 141), ("16.0", 160), ("16.1", 161), ("12.1", 121)];
/// What devices call themselves.
pub const DEVICE_TYPES: [&str; 4] = ["iPhone", "Android", "Thunderbird", "WP8"];

/// A request as an input holds it.
///
/// In a body, `{k}` stands for the key the folder's last Sync gave, `{h}` for the hierarchy's, `{b}` and `{2}` for the
/// sender's folders, `{c}` and `{d}` for contacts in the first, `{o}` for a contact of somebody else and `{B}` for a
/// folder that is none.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which of the commands.
    pub command: u8,
    /// Bits 0-1: version, 2-3: device, 4: base64 query, 5: zipped body, 6: zipped answer wanted, 7: body of another
    /// encoding than it says.
    pub form: u8,
    /// The document.
    pub body: Vec<u8>,
}

impl Request {
    /// The number of a command by its name.
    #[must_use]
    pub fn command(name: &str) -> u8 {
        COMMANDS.iter().position(|(known, _)| *known == name).map_or(u8::MAX, |at| u8::try_from(at).unwrap_or(u8::MAX))
    }

    /// The requests of an input.
    pub fn read_all(mut data: &[u8]) -> Vec<Self> {
        let mut requests = Vec::new();
        while let Some((&[command, form, low, high], rest)) = data.split_first_chunk::<HEAD_BYTES>() {
            let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
            let (body, rest) = rest.split_at(length);
            requests.push(Self { command, form, body: body.to_vec() });
            data = rest;
            if requests.len() == REQUESTS_MAX {
                break;
            }
        }
        requests
    }
}

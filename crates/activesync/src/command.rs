//! The commands of the protocol, by name and by code.

/// A command (MS-ASCMD 2.2.1, MS-ASHTTP 2.2.1.1.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the specification's own names")]
pub enum Command {
    Sync,
    SendMail,
    SmartForward,
    SmartReply,
    GetAttachment,
    FolderSync,
    FolderCreate,
    FolderDelete,
    FolderUpdate,
    MoveItems,
    GetItemEstimate,
    MeetingResponse,
    Search,
    Settings,
    Ping,
    ItemOperations,
    Provision,
    ResolveRecipients,
    ValidateCert,
    Find,
}

/// Each command with its code in the base64 query string and its name in the plain one.
const TABLE: [(Command, u8, &str); 20] = [
    (Command::Sync, 0, "Sync"),
    (Command::SendMail, 1, "SendMail"),
    (Command::SmartForward, 2, "SmartForward"),
    (Command::SmartReply, 3, "SmartReply"),
    (Command::GetAttachment, 4, "GetAttachment"),
    (Command::FolderSync, 9, "FolderSync"),
    (Command::FolderCreate, 10, "FolderCreate"),
    (Command::FolderDelete, 11, "FolderDelete"),
    (Command::FolderUpdate, 12, "FolderUpdate"),
    (Command::MoveItems, 13, "MoveItems"),
    (Command::GetItemEstimate, 14, "GetItemEstimate"),
    (Command::MeetingResponse, 15, "MeetingResponse"),
    (Command::Search, 16, "Search"),
    (Command::Settings, 17, "Settings"),
    (Command::Ping, 18, "Ping"),
    (Command::ItemOperations, 19, "ItemOperations"),
    (Command::Provision, 20, "Provision"),
    (Command::ResolveRecipients, 21, "ResolveRecipients"),
    (Command::ValidateCert, 22, "ValidateCert"),
    (Command::Find, 23, "Find"),
];

impl Command {
    /// The command of this name; `None` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, _, named)| named.eq_ignore_ascii_case(name)).map(|(command, _, _)| *command)
    }

    /// The command of this code in a base64 query string; `None` for any other number.
    #[must_use]
    pub fn coded(code: u8) -> Option<Self> {
        TABLE.iter().find(|(_, coded, _)| *coded == code).map(|(command, _, _)| *command)
    }

    /// The command's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(command, _, _)| *command == self).map_or("", |(_, _, name)| name)
    }

    /// Mail and calendar only: this server has neither, so it does not offer the command.
    #[must_use]
    pub fn is_mail_only(self) -> bool {
        matches!(
            self,
            Self::SendMail
                | Self::SmartForward
                | Self::SmartReply
                | Self::GetAttachment
                | Self::MeetingResponse
                | Self::ValidateCert
        )
    }

    /// What `MS-ASProtocolCommands` offers: commas without blanks.
    #[must_use]
    pub fn offered() -> String {
        let names: Vec<&str> =
            TABLE.iter().filter(|(command, _, _)| !command.is_mail_only()).map(|(_, _, name)| *name).collect();
        names.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_its_name_and_its_code() {
        for (command, code, name) in TABLE {
            assert_eq!(Command::named(name), Some(command));
            assert_eq!(Command::coded(code), Some(command));
            assert_eq!(command.name(), name);
        }
        assert_eq!(Command::named("Frobnicate"), None);
        assert_eq!(Command::coded(5), None);
    }

    #[test]
    fn no_command_of_mail_is_offered() {
        let offered = Command::offered();
        assert!(offered.starts_with("Sync,FolderSync,"), "{offered}");
        assert!(!offered.contains("SendMail") && !offered.contains(' '), "{offered}");
    }
}

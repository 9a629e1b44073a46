//! What any command answers to somebody who may not come in: its root element and a status above 100 (MS-ASCMD 2.2.2).
//!
//! iOS fails the task quietly on these and does not come again at once. Its daemon ends itself on statuses of folder
//! commands that it does not know, so there it gets 6, with which it keeps what it has and reports a failure.

use contact::eas::Family;
use wbxml::{
    Tag, document,
    pages::{
        airsync, find, folder_hierarchy as fh, get_item_estimate, item_operations, moves as move_items, ping,
        provision, resolve_recipients, search, settings,
    },
};

use crate::{
    command::Command,
    status::{Denial, FolderStatus},
};

/// The answer's document.
#[must_use]
pub fn encode(command: Command, family: Family, denial: Denial) -> Vec<u8> {
    let (root, status) = elements(command);
    let is_folder_command = status == fh::STATUS;
    let code = if is_folder_command && family == Family::Ios { FolderStatus::Failed.code() } else { denial.code() };
    document(root, |w| w.number(status, code))
}

/// A command's root element and its status. Commands of mail have no document here; they are refused before.
fn elements(command: Command) -> (Tag, Tag) {
    match command {
        Command::FolderSync => (fh::FOLDER_SYNC, fh::STATUS),
        Command::FolderCreate => (fh::FOLDER_CREATE, fh::STATUS),
        Command::FolderDelete => (fh::FOLDER_DELETE, fh::STATUS),
        Command::FolderUpdate => (fh::FOLDER_UPDATE, fh::STATUS),
        Command::MoveItems => (move_items::MOVE_ITEMS, move_items::STATUS),
        Command::GetItemEstimate => (get_item_estimate::GET_ITEM_ESTIMATE, get_item_estimate::STATUS),
        Command::Search => (search::SEARCH, search::STATUS),
        Command::Settings => (settings::SETTINGS, settings::STATUS),
        Command::Ping => (ping::PING, ping::STATUS),
        Command::ItemOperations => (item_operations::ITEM_OPERATIONS, item_operations::STATUS),
        Command::Provision => (provision::PROVISION, provision::STATUS),
        Command::ResolveRecipients => (resolve_recipients::RESOLVE_RECIPIENTS, resolve_recipients::STATUS),
        Command::Find => (find::FIND, find::STATUS),
        Command::Sync
        | Command::SendMail
        | Command::SmartForward
        | Command::SmartReply
        | Command::GetAttachment
        | Command::MeetingResponse
        | Command::ValidateCert => (airsync::SYNC, airsync::STATUS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ios_never_sees_a_folder_command_s_status_that_ends_its_daemon() {
        for command in [Command::FolderSync, Command::FolderCreate, Command::FolderDelete, Command::FolderUpdate] {
            let text = |family| wbxml::to_text(&encode(command, family, Denial::DeviceIsBlockedForThisUser));
            assert!(text(Family::Ios).contains('6') && !text(Family::Ios).contains("129"), "{}", text(Family::Ios));
            assert!(text(Family::Android).contains("129"), "{}", text(Family::Android));
        }
        let sync = wbxml::to_text(&encode(Command::Sync, Family::Ios, Denial::UserDisabledForSync));
        assert!(sync.contains("126"), "{sync}");
    }
}

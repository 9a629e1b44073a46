//! What a real iPhone refuses or holds against a server, each rule under its own name.
//!
//! Most rules make iOS drop the whole answer ([`Violation::fails_the_answer`]); the rest it swallows, and contacts go missing
//! quietly. Both kinds are collected, because a correct server triggers neither. A new rule is a variant here and a line
//! where it is checked: shapes in [`crate::parse_rules`], meaning in the module of the command.

use thiserror::Error;

use crate::commands::Command;
use crate::ids::{FolderId, ServerId};
use crate::property::Property;
use crate::wbxml::{Fault, Tag};

/// A rule of iOS that a server broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// The answer's `Content-Type` is anything else than the literal, a charset parameter included.
    #[error("{command}: Content-Type is {got:?} instead of exactly application/vnd.ms-sync.wbxml")]
    ContentTypeNotExact {
        /// Which command was answered.
        command: Command,
        /// What stood there; empty if the header was missing.
        got: String,
    },
    /// An empty body where only Sync and Ping may have one.
    #[error("{command}: the answer is empty")]
    EmptyAnswer {
        /// Which command was answered.
        command: Command,
    },
    /// A tag with the content bit and nothing inside: "We have an int in our WBXML".
    #[error("We have an int in our WBXML: {0} has the content bit and nothing inside")]
    EmptyTagWithContentBit(Tag),
    /// Any other way of not being WBXML as ActiveSync writes it.
    #[error("unreadable answer: {0}")]
    Unreadable(Fault),
    /// The root is not that of the command.
    #[error("the answer's root is {got} instead of {expected}")]
    WrongRoot {
        /// The command's own root.
        expected: Tag,
        /// What came.
        got: Tag,
    },
    /// "No parse rule": a child nobody expects in a container with rules.
    #[error("no parse rule for {child} in {parent}")]
    UnknownChild {
        /// The container.
        parent: Tag,
        /// The stranger.
        child: Tag,
    },
    /// A single-valued child stands there twice.
    #[error("{child} repeats in {parent}")]
    RepeatedChild {
        /// The container.
        parent: Tag,
        /// The child.
        child: Tag,
    },
    /// A required child is missing.
    #[error("{child} is missing in {parent}")]
    MissingChild {
        /// The container.
        parent: Tag,
        /// The child.
        child: Tag,
    },
    /// A container holds text.
    #[error("{0} holds text where elements belong")]
    TextInContainer(Tag),
    /// A Collection of a Sync answer must have exactly one Status.
    #[error("a Collection has no Status")]
    CollectionWithoutStatus,
    /// `Collections` with nothing inside crashed old clients; no change is an empty body.
    #[error("Collections is there and empty")]
    EmptyCollections,
    /// Only Categories, Children and Body may be containers in a contact.
    #[error("{0} is a container inside ApplicationData")]
    ContainerInApplicationData(Tag),
    /// `PrimarySmtpAddress` directly in the old-style `EmailAddresses` of UserInformation.
    #[error("PrimarySmtpAddress stands in the EmailAddresses of the old form instead of Accounts/Account")]
    PrimarySmtpAddressInOldForm,
    /// A folder without Type, or with Type 0.
    #[error("folder {0:?} has no Type")]
    FolderWithoutType(String),
    /// A folder that is its own parent is discarded.
    #[error("folder {0} is its own parent")]
    FolderIsItsOwnParent(FolderId),
    /// An entirely empty hierarchy stops all monitoring.
    #[error("the hierarchy has no folder at all")]
    EmptyHierarchy,
    /// A status on a folder command outside the handled set makes the daemon log "Unrecoverable error" and exit.
    #[error("FolderSync answered status {0}, on which the daemon exits")]
    FolderStatusUnhandled(u32),
    /// A policy key of 0, or none where one was promised.
    #[error("the policy key is {0:?}")]
    PolicyKeyZero(String),
    /// `AccountOnlyRemoteWipe` to a client that does not speak 16.1.
    #[error("AccountOnlyRemoteWipe below version 16.1")]
    AccountOnlyWipeBelow161,
    /// The answer to key 0 has key 0 or none, or an answer with content keeps the key: iOS asks again forever.
    #[error("the SyncKey of {folder} did not advance from {key:?}")]
    KeyDidNotAdvance {
        /// The folder.
        folder: FolderId,
        /// The key sent and received.
        key: String,
    },
    /// The answer to key 0 may only hold the key.
    #[error("the answer to key 0 of {0} has items")]
    ItemsInAnswerToKeyZero(FolderId),
    /// The answer is for a folder that was not asked for.
    #[error("asked for {asked}, the answer has {got}")]
    OtherFolderAnswered {
        /// The folder asked for.
        asked: FolderId,
        /// The folder in the answer; empty if none.
        got: String,
    },
    /// More commands than the window allows.
    #[error("{got} commands in a window of {window}")]
    MoreItemsThanWindow {
        /// Commands in the answer.
        got: usize,
        /// The window asked for.
        window: u32,
    },
    /// `MoreAvailable` with no item: iOS stops, and what was to come is not fetched.
    #[error("MoreAvailable for {0} without any item")]
    MoreAvailableWithoutItems(FolderId),
    /// A Change for an item the phone does not have is dropped silently.
    #[error("Change for {0}, which the phone does not have")]
    ChangeForUnknownServerId(ServerId),
    /// An Add for an item the phone has outside the first run: the "dupe war".
    #[error("Add for {0}, which the phone has already")]
    AddForKnownServerId(ServerId),
    /// A Delete for an item the phone does not have is ignored.
    #[error("Delete for {0}, which the phone does not have")]
    DeleteForUnknownServerId(ServerId),
    /// The response to an Add lacks the ServerId (or is missing): the contact counts as failed and is not sent again.
    #[error("the Add with ClientId {0} got no ServerId")]
    AddWithoutServerId(String),
    /// A response to an Add that was not sent.
    #[error("a response to ClientId {0}, which was not sent")]
    ResponseToUnknownClientId(String),
    /// A date that is not of the one form iOS reads shows as no date.
    #[error("{property} is {value:?}, not YYYY-MM-DDThh:mm:ss.000Z")]
    DateWithoutMilliseconds {
        /// Birthday or Anniversary.
        property: Property,
        /// The text.
        value: String,
    },
    /// The picture is no base64.
    #[error("a picture is no base64")]
    PictureNotBase64,
    /// A "no change" answer long before the heartbeat, again and again.
    #[error("{answers} Pings answered without change within {seconds} s")]
    PingSpin {
        /// Answers in the window.
        answers: usize,
        /// Length of the window.
        seconds: u64,
    },
    /// A folder reported changed again and again whose Sync brings nothing; it is excluded from push.
    #[error("{0} is reported changed although its Sync brings nothing")]
    PingReportWithoutItems(FolderId),
    /// Hierarchy reports without a hierarchy change.
    #[error("Ping asks for a FolderSync again and again although nothing changes")]
    PingHierarchySpin,
    /// OPTIONS lacks a header without which the account is refused.
    #[error("OPTIONS has no {0} header")]
    OptionsHeaderMissing(&'static str),
    /// 301, 302 or 451 to an address that is not https.
    #[error("redirected to {0:?}, which is not https")]
    RedirectionNotHttps(String),
    /// The Autodiscover answer is not in the one namespace iOS reads.
    #[error("the Autodiscover answer's root is {0:?}")]
    AutodiscoverRoot(String),
    /// The directory answered with an unreadable range.
    #[error("the Search answer's Range is {0:?}")]
    SearchRange(String),
}

impl Violation {
    /// Whether iOS throws the whole answer away, as opposed to losing something quietly.
    pub fn fails_the_answer(&self) -> bool {
        match self {
            Violation::ContentTypeNotExact { .. }
            | Violation::EmptyAnswer { .. }
            | Violation::EmptyTagWithContentBit(_)
            | Violation::Unreadable(_)
            | Violation::WrongRoot { .. }
            | Violation::UnknownChild { .. }
            | Violation::RepeatedChild { .. }
            | Violation::MissingChild { .. }
            | Violation::TextInContainer(_)
            | Violation::CollectionWithoutStatus
            | Violation::EmptyCollections
            | Violation::ContainerInApplicationData(_)
            | Violation::PrimarySmtpAddressInOldForm
            | Violation::FolderWithoutType(_)
            | Violation::OptionsHeaderMissing(_)
            | Violation::RedirectionNotHttps(_)
            | Violation::AutodiscoverRoot(_)
            | Violation::FolderStatusUnhandled(_)
            | Violation::OtherFolderAnswered { .. }
            | Violation::KeyDidNotAdvance { .. } => true,
            Violation::FolderIsItsOwnParent(_)
            | Violation::EmptyHierarchy
            | Violation::PolicyKeyZero(_)
            | Violation::AccountOnlyWipeBelow161
            | Violation::ItemsInAnswerToKeyZero(_)
            | Violation::MoreItemsThanWindow { .. }
            | Violation::MoreAvailableWithoutItems(_)
            | Violation::ChangeForUnknownServerId(_)
            | Violation::AddForKnownServerId(_)
            | Violation::DeleteForUnknownServerId(_)
            | Violation::AddWithoutServerId(_)
            | Violation::ResponseToUnknownClientId(_)
            | Violation::DateWithoutMilliseconds { .. }
            | Violation::PictureNotBase64
            | Violation::PingSpin { .. }
            | Violation::PingReportWithoutItems(_)
            | Violation::PingHierarchySpin
            | Violation::SearchRange(_) => false,
        }
    }
}

impl From<Fault> for Violation {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::EmptyTagWithContentBit(tag) => Violation::EmptyTagWithContentBit(tag),
            fault => Violation::Unreadable(fault),
        }
    }
}

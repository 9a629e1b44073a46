//! Every situation's code on the wire, in one place. What the numbers make clients do is why they are chosen:
//!
//! - iOS takes HTTP 500, and Sync status 3, 4 and 5, as an order to download everything again: temporary trouble is
//!   HTTP 503, and those statuses are given only where the rules leave no other.
//! - iOS's daemon exits on unusual statuses of folder commands: only 1, 6 and 9 (FolderCreate also 2, 3 and 5).

use contact::eas::Family;
use http::StatusCode;
use hub::HubError;

/// Why a request gets no document but an HTTP status (MS-ASHTTP 2.2.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request is not HTTP as the protocol uses it, or its document is not WBXML.
    Malformed,
    /// A protocol version this server does not speak.
    UnknownVersion,
    /// No credentials, or wrong ones.
    Unauthenticated,
    /// The person or the device may not come in. Not retried by iOS.
    Forbidden,
    /// Neither OPTIONS, POST nor a probe.
    WrongMethod,
    /// More bytes than a request may have, before or after unzipping.
    TooLarge,
    /// A `Content-Encoding` other than gzip.
    UnknownEncoding,
    /// The device must provision (again) first; iOS does and repeats the request.
    MustProvision,
    /// A command the protocol does not have.
    UnknownCommand,
    /// A command of mail or calendar, which this server does not offer.
    MailCommand,
    /// Overload, a full disk, a shutdown, a bug: nothing was lost, and the device shall come again.
    Temporary,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub fn http(self) -> StatusCode {
        match self {
            Self::Malformed | Self::UnknownVersion => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MustProvision => StatusCode::from_u16(449).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            Self::UnknownCommand | Self::MailCommand => StatusCode::NOT_IMPLEMENTED,
            Self::Temporary => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What is left of the hub's situations after a command has answered those it knows.
impl From<HubError> for Refusal {
    fn from(error: HubError) -> Self {
        match error {
            HubError::NoSuchAccount => Self::Forbidden,
            other => {
                tracing::error!(error = %other, "the hub refuses");
                Self::Temporary
            }
        }
    }
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $name { $($(#[$variant_doc])* $variant,)* }

            impl $name {
                /// The number on the wire.
                #[must_use]
                pub fn code(self) -> i64 {
                    match self { $(Self::$variant => $code,)* }
                }
            }

            impl From<$name> for i64 {
                fn from(status: $name) -> i64 {
                    status.code()
                }
            }
        )*
    };
}

statuses! {
    /// Why nobody gets anything, said in place of any command's own status (MS-ASCMD 2.2.2). Clients of 14.0 and later
    /// take it from the document of an answer; before the command is known, and for those before them, it is HTTP 403.
    Denial {
        /// ActiveSync is off for this person.
        UserDisabledForSync = 126,
        /// The device may not come in, or not with this account.
        DeviceIsBlockedForThisUser = 129,
        /// The person is disabled.
        AccountDisabled = 131,
    }
    /// Statuses of Sync: of the answer, a collection or an item (MS-ASCMD 2.2.3.177.17). There is no 7, conflict: what
    /// both sides changed is merged, and the device gets the result.
    SyncStatus {
        /// Done.
        Success = 1,
        /// A key that is neither the current nor the one before. The device starts over.
        InvalidSyncKey = 3,
        /// The request breaks a rule that clients of today keep (`Wait` beside `HeartbeatInterval`). The device
        /// starts over.
        ProtocolError = 4,
        /// The contact cannot be taken; the client stops sending it.
        ItemUnreadable = 6,
        /// No such folder, or no such contact.
        NotFound = 8,
        /// The folder is gone; the client must FolderSync.
        HierarchyChanged = 12,
        /// A partial or empty request, and nothing is remembered to complete it.
        Incomplete = 13,
        /// `Wait` or `HeartbeatInterval` is out of range; `Limit` says what is not.
        WaitOutOfRange = 14,
    }
    /// Statuses of FolderSync, FolderCreate, FolderUpdate and FolderDelete (MS-ASCMD 2.2.3.177.3 to 6).
    FolderStatus {
        /// Done.
        Success = 1,
        /// A folder of this name exists; iOS appends a number and tries again.
        NameTaken = 2,
        /// The folder cannot be changed, or is of a type this server does not have.
        Special = 3,
        /// No such folder.
        NotFound = 4,
        /// The parent does not exist; books have no parents but the root.
        NoParent = 5,
        /// It did not work; the client keeps what it has.
        Failed = 6,
        /// The key is not the one given last. The client starts over, with folders only.
        InvalidSyncKey = 9,
    }
    /// Statuses of Ping (MS-ASCMD 2.2.3.177.11).
    PingStatus {
        /// Nothing happened until the deadline.
        NoChange = 1,
        /// The listed folders have changes.
        Changes = 2,
        /// The request lacks what is not remembered either; the client sends all of it.
        MissingParameters = 3,
        /// The request breaks a rule.
        SyntaxError = 4,
        /// Too short or too long; the nearest allowed interval is answered.
        HeartbeatOutOfRange = 5,
        /// More folders than `MaxFolders`.
        TooManyFolders = 6,
        /// The client must FolderSync.
        HierarchyChanged = 7,
    }
    /// Statuses of GetItemEstimate's collections (MS-ASCMD 2.2.3.177.7).
    EstimateStatus {
        /// Done.
        Success = 1,
        /// No such folder.
        NotFound = 2,
        /// The folder was never synchronised.
        NotPrimed = 3,
        /// The key is not the current one.
        InvalidSyncKey = 4,
    }
    /// Statuses of MoveItems' moves (MS-ASCMD 2.2.3.177.10).
    MoveStatus {
        /// No such contact in the source folder.
        NoSource = 1,
        /// No such destination folder.
        NoDestination = 2,
        /// Done. Yes, three.
        Success = 3,
        /// Source and destination are one folder.
        SameFolder = 4,
    }
    /// Statuses of ItemOperations (MS-ASCMD 2.2.3.177.8).
    ItemOperationsStatus {
        /// Done.
        Success = 1,
        /// The request breaks a rule.
        ProtocolError = 2,
        /// No such contact, or no such folder.
        NotFound = 6,
        /// A store other than the mailbox.
        UnknownStore = 9,
        /// The operation is not for contacts.
        Unsupported = 156,
    }
    /// Statuses of Search, its stores and its pictures (MS-ASCMD 2.2.3.177.15, 2.2.3.177.12).
    SearchStatus {
        /// Done.
        Success = 1,
        /// The query breaks a rule.
        ProtocolError = 2,
        /// Nothing to search in: a store this server does not have.
        UnknownStore = 9,
        /// The range begins after the last result.
        RangeTooFar = 12,
        /// The person has no picture.
        NoPicture = 173,
        /// The picture is larger than `MaxSize`.
        PictureTooLarge = 174,
        /// `MaxPictures` were given already.
        PictureLimit = 175,
    }
    /// Statuses of Find (MS-ASCMD 2.2.3.177.2).
    FindStatus {
        /// Done.
        Success = 1,
        /// The query breaks a rule.
        InvalidRequest = 2,
        /// The range begins after the last result.
        RangeTooFar = 4,
    }
    /// Statuses of ResolveRecipients (MS-ASCMD 2.2.3.177.13).
    RecipientStatus {
        /// Found, exactly one.
        Success = 1,
        /// Several are meant, and all are listed.
        Ambiguous = 2,
        /// Several are meant, and more than are listed.
        AmbiguousPartial = 3,
        /// Nobody is meant.
        NotFound = 4,
        /// The request breaks a rule.
        ProtocolError = 5,
        /// The person has no certificate.
        NoCertificate = 7,
        /// More recipients than one request may have.
        TooManyRecipients = 160,
        /// There is no calendar to look into.
        NoAvailability = 163,
    }
    /// Statuses of Settings and its parts (MS-ASCMD 2.2.3.177.16).
    SettingsStatus {
        /// Done.
        Success = 1,
        /// The request breaks a rule.
        ProtocolError = 2,
        /// What was asked to be set cannot be set here.
        Refused = 5,
    }
    /// Statuses of Provision as a whole (MS-ASPROV 2.2.2.54.2).
    ProvisionStatus {
        /// Done.
        Success = 1,
        /// The request breaks a rule.
        ProtocolError = 2,
    }
    /// Statuses of Provision's policy (MS-ASPROV 2.2.2.54.1).
    PolicyStatus {
        /// Done.
        Success = 1,
        /// There is no policy for this device.
        NoPolicy = 2,
        /// A `PolicyType` other than `MS-EAS-Provisioning-WBXML`.
        UnknownType = 3,
        /// The key acknowledged is not the key given.
        WrongKey = 5,
    }
}

impl FolderStatus {
    /// The status as this client may see it. iOS's daemon ends itself on those it does not know.
    #[must_use]
    pub fn shown_to(self, family: Family) -> Self {
        match (family, self) {
            (Family::Ios, Self::NotFound) => Self::Failed,
            (_, status) => status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_the_http_status_clients_expect() {
        let table = [
            (Refusal::Malformed, 400),
            (Refusal::UnknownVersion, 400),
            (Refusal::Unauthenticated, 401),
            (Refusal::Forbidden, 403),
            (Refusal::WrongMethod, 405),
            (Refusal::TooLarge, 413),
            (Refusal::UnknownEncoding, 415),
            (Refusal::MustProvision, 449),
            (Refusal::UnknownCommand, 501),
            (Refusal::MailCommand, 501),
            (Refusal::Temporary, 503),
        ];
        for (refusal, status) in table {
            assert_eq!(refusal.http(), status, "{refusal:?}");
            assert_ne!(refusal.http(), 500, "iOS takes 500 as an order to download everything again");
        }
    }

    #[test]
    fn trouble_of_the_hub_never_makes_a_phone_start_over() {
        assert_eq!(Refusal::from(HubError::Overtaken), Refusal::Temporary);
        assert_eq!(Refusal::from(HubError::Damaged("x".into())), Refusal::Temporary);
        assert_eq!(Refusal::from(HubError::NoSuchAccount), Refusal::Forbidden);
    }

    #[test]
    fn ios_never_sees_a_folder_status_that_ends_its_daemon() {
        assert_eq!(FolderStatus::NotFound.shown_to(Family::Ios), FolderStatus::Failed);
        assert_eq!(FolderStatus::NotFound.shown_to(Family::Android), FolderStatus::NotFound);
        assert_eq!(FolderStatus::NameTaken.shown_to(Family::Ios), FolderStatus::NameTaken);
    }

    #[test]
    fn statuses_have_the_specification_s_numbers() {
        use super::Denial as X;
        use super::{
            EstimateStatus as E, FindStatus as D, FolderStatus as F, ItemOperationsStatus as I, MoveStatus as M,
            PingStatus as P, PolicyStatus as O, ProvisionStatus as V, RecipientStatus as R, SearchStatus as Q,
            SettingsStatus as T, SyncStatus as S,
        };
        let denials = [X::UserDisabledForSync, X::DeviceIsBlockedForThisUser, X::AccountDisabled];
        assert_eq!(denials.map(X::code), [126, 129, 131]);
        let sync = [S::Success, S::InvalidSyncKey, S::ProtocolError, S::ItemUnreadable, S::NotFound];
        assert_eq!(sync.map(S::code), [1, 3, 4, 6, 8]);
        assert_eq!([S::HierarchyChanged, S::Incomplete, S::WaitOutOfRange].map(S::code), [12, 13, 14]);
        let folder = [F::Success, F::NameTaken, F::Special, F::NotFound, F::NoParent, F::Failed, F::InvalidSyncKey];
        assert_eq!(folder.map(F::code), [1, 2, 3, 4, 5, 6, 9]);
        let ping = [P::NoChange, P::Changes, P::MissingParameters, P::SyntaxError, P::HeartbeatOutOfRange];
        assert_eq!(ping.map(P::code), [1, 2, 3, 4, 5]);
        assert_eq!([P::TooManyFolders, P::HierarchyChanged].map(P::code), [6, 7]);
        assert_eq!([E::Success, E::NotFound, E::NotPrimed, E::InvalidSyncKey].map(E::code), [1, 2, 3, 4]);
        assert_eq!([M::NoSource, M::NoDestination, M::Success, M::SameFolder].map(M::code), [1, 2, 3, 4]);
        let operations = [I::Success, I::ProtocolError, I::NotFound, I::UnknownStore, I::Unsupported];
        assert_eq!(operations.map(I::code), [1, 2, 6, 9, 156]);
        let search = [Q::Success, Q::ProtocolError, Q::UnknownStore, Q::RangeTooFar];
        assert_eq!(search.map(Q::code), [1, 2, 9, 12]);
        assert_eq!([Q::NoPicture, Q::PictureTooLarge, Q::PictureLimit].map(Q::code), [173, 174, 175]);
        assert_eq!([D::Success, D::InvalidRequest, D::RangeTooFar].map(D::code), [1, 2, 4]);
        let recipients = [R::Success, R::Ambiguous, R::AmbiguousPartial, R::NotFound, R::ProtocolError];
        assert_eq!(recipients.map(R::code), [1, 2, 3, 4, 5]);
        assert_eq!([R::NoCertificate, R::TooManyRecipients, R::NoAvailability].map(R::code), [7, 160, 163]);
        assert_eq!([T::Success, T::ProtocolError, T::Refused].map(T::code), [1, 2, 5]);
        assert_eq!([V::Success, V::ProtocolError].map(V::code), [1, 2]);
        assert_eq!([O::Success, O::NoPolicy, O::UnknownType, O::WrongKey].map(O::code), [1, 2, 3, 5]);
    }
}

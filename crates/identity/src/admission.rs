//! What a request shows of who is asking, and what is known about them once they are let in.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

pub use access::SignIn as SignInMethod;
use hub::{AccessPath, AccountId, Caller};

use crate::{certificates::ClientCertificate, credentials::Credentials, sessions::SessionId, standing::Known};

/// A request that asks to be let in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Its `Authorization` header.
    pub credentials: &'a Credentials,
    /// The way it comes.
    pub path: AccessPath,
    /// ActiveSync's DeviceId, where the request has one.
    pub device: Option<&'a str>,
    /// Where it comes from.
    pub network: IpAddr,
    /// The client certificate of its connection, when there was one and it is genuine. Looked at only when the request
    /// has no `Authorization` header: then it is the sole credential.
    pub certificate: Option<&'a ClientCertificate>,
}

/// A person, as decisions about them need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Whose contacts are theirs.
    pub account: AccountId,
    /// The main address, in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Ways that an administrator has closed for this person. Who answers on such a way refuses; a caller is not
    /// refused here, because every path has its own words for it.
    pub paths_off: BTreeSet<AccessPath>,
    /// Counts what was changed about the person.
    pub revision: i64,
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// For the hub.
    pub caller: Caller,
    /// The person, as they were known at this moment.
    pub person: Arc<PersonFacts>,
    /// How they proved who they are.
    pub method: SignInMethod,
    /// The session that the token belongs to; `None` for everything that is not [`SignInMethod::OAuth`].
    pub session: Option<SessionId>,
    /// The client said (`cp1`) that it understands a claims challenge.
    pub claims_challenge: bool,
    /// When the credential ends by itself, in microseconds since 1970; `None` when it does not.
    pub expires_at: Option<i64>,
    /// For [`Identity::still`](crate::Identity::still).
    pub(crate) known: Arc<Known>,
}

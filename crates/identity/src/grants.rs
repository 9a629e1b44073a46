//! Tokens for codes, refresh tokens and clients' own secrets (RFC 6749, RFC 7636, RFC 7009, RFC 7662).

use std::net::IpAddr;

use hub::{AccessPath, AccountId};

use crate::{
    admission::PersonFacts,
    authenticate::Identity,
    clients::{Client, ClientId, GrantType},
    credentials::Secret,
    error::{Refusal, Result},
    sessions::{CodeRequest, Grant, GrantError, SessionEntry, SessionId},
};

fn soon() -> GrantError {
    GrantError::Temporary("not yet".to_owned())
}

/// What introspection tells about a token that is good (RFC 7662 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introspection {
    /// Whose.
    pub person: PersonFacts,
    /// The client it was issued to.
    pub client: ClientId,
    /// The path it opens.
    pub path: AccessPath,
    /// The scope granted.
    pub scope: String,
    /// The session it belongs to.
    pub session: SessionId,
    /// It is a refresh token.
    pub refresh: bool,
    /// Seconds since 1970.
    pub issued_at: i64,
    /// Seconds since 1970.
    pub expires_at: i64,
}

/// A device code (RFC 8628 3.2), to be shown to the program and to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// For the program.
    pub device_code: Secret,
    /// For the person, eight letters with a hyphen in the middle.
    pub user_code: String,
    /// How long both are good, in seconds.
    pub expires_in: u64,
    /// How long the program waits between two questions, in seconds.
    pub interval: u64,
}

/// What somebody with a user code is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The user code, as it is shown.
    pub user_code: String,
    /// What the program asked for.
    pub request: CodeRequest,
}

/// What somebody said about a user code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, and how they signed in.
    Allow {
        /// Who.
        account: AccountId,
        /// `amr`.
        amr: Vec<String>,
        /// Microseconds since 1970.
        auth_time: i64,
    },
    /// No.
    Deny,
}

impl Identity {
    /// The same people, with tokens whose `iss` is this address (without a path or final slash): for installations that
    /// know their public address only from requests. Settings that name an issuer go before it.
    #[must_use]
    pub fn issuing_as(&self, _issuer: &str) -> Self {
        self.clone()
    }

    /// The `tid` of every token: the installation's id, a UUID.
    #[must_use]
    pub fn tenant(&self) -> String {
        String::new()
    }

    /// The `aud` of access tokens for a path: the resource identifier of RFC 9728.
    #[must_use]
    pub fn audience(&self, path: AccessPath) -> String {
        path.name().to_owned()
    }

    /// Looks at a password on a sign-in page. Takes as long for people who do not exist.
    pub async fn sign_in_with_password(
        &self,
        _login_name: &str,
        _password: &Secret,
        _network: IpAddr,
    ) -> Result<PersonFacts, Refusal> {
        Err(Refusal::Unavailable("not yet".to_owned()))
    }

    /// The client of this id; `None` when there is none.
    pub async fn client(&self, _id: &ClientId) -> Result<Option<Client>, GrantError> {
        Err(soon())
    }

    /// The client that a token request comes from: a confidential one must show its secret.
    pub async fn authenticate_client(&self, _id: &ClientId, _secret: Option<&Secret>) -> Result<Client, GrantError> {
        Err(soon())
    }

    /// A code for a client, good for a minute and once.
    pub async fn issue_code(&self, _account: AccountId, _request: CodeRequest) -> Result<Secret, GrantError> {
        Err(soon())
    }

    /// Tokens for a code. The client was authenticated before.
    pub async fn redeem_code(
        &self,
        _code: &Secret,
        _client: &ClientId,
        _redirect_uri: &str,
        _verifier: Option<&Secret>,
    ) -> Result<Grant, GrantError> {
        Err(soon())
    }

    /// Tokens for a refresh token. The client was authenticated before.
    pub async fn refresh(&self, _token: &Secret, _client: &ClientId) -> Result<Grant, GrantError> {
        Err(soon())
    }

    /// A token for a service.
    pub async fn client_credentials(
        &self,
        _client: &ClientId,
        _secret: &Secret,
        _path: AccessPath,
    ) -> Result<Grant, GrantError> {
        let _ = GrantType::ClientCredentials;
        Err(soon())
    }

    /// A device code for a program.
    pub async fn start_device_code(&self, _request: CodeRequest) -> Result<DeviceCode, GrantError> {
        Err(soon())
    }

    /// What a user code is about, however it was typed; `None` when it is none that waits.
    pub async fn find_user_code(&self, _user_code: &str) -> Result<Option<DeviceRequest>, GrantError> {
        Err(soon())
    }

    /// What the person said; false when the code does not wait any more.
    pub async fn decide_user_code(&self, _user_code: &str, _decision: Decision) -> Result<bool, GrantError> {
        Err(soon())
    }

    /// Tokens for a device code, once somebody has said yes.
    pub async fn poll_device_code(&self, _device_code: &Secret, _client: &ClientId) -> Result<Grant, GrantError> {
        Err(soon())
    }

    /// What a token of ours is; `None` when it is not, or no longer, good.
    pub async fn introspect(&self, _token: &Secret) -> Result<Option<Introspection>, GrantError> {
        Err(soon())
    }

    /// Ends the session of an access or refresh token of this client (RFC 7009). No error when it is none.
    pub async fn revoke(&self, _token: &Secret, _client: &ClientId) -> Result<(), GrantError> {
        Err(soon())
    }

    /// The public keys (RFC 7517), with `x5c`, as JSON.
    pub async fn jwks(&self) -> Result<serde_json::Value, GrantError> {
        Err(soon())
    }

    /// Signs with a new key from now on. Tokens of the one before stay good until they expire.
    pub async fn rotate_keys(&self) -> Result<(), GrantError> {
        Err(soon())
    }

    /// A person's sessions, the newest first; those that ended lately too.
    pub async fn sessions(&self, _email: &str) -> Result<Vec<SessionEntry>> {
        Ok(Vec::new())
    }

    /// Ends a session of a person; false when there is no such session that lives.
    pub async fn end_session(&self, _account: AccountId, _session: SessionId, _why: &str) -> Result<bool> {
        Ok(false)
    }

    /// Ends all sessions of a person; their number.
    pub async fn end_sessions(&self, _account: AccountId, _why: &str) -> Result<u64> {
        Ok(0)
    }
}

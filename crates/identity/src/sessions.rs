//! Sessions: one for each sign-in through the authorization server, which is one family of refresh tokens.

use std::{fmt, net::IpAddr, time::Duration};

use hub::{AccessPath, AccountId};
use ledger::{
    LedgerError, Transaction,
    tables::{
        people,
        sessions::{self, Session},
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    audit::{self, AuditEvent},
    authenticate::Identity,
    clients::ClientId,
    credentials::Secret,
    error::Result,
    people::existing,
};

/// A session: sixteen random bytes, in tokens as `sid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for SessionId {
    type Err = NotASessionId;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let fits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let id = u128::from_str_radix(text, 16).ok().filter(|_| fits).ok_or(NotASessionId)?;
        Ok(Self(id.to_be_bytes()))
    }
}

/// Not thirty-two hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session is named by 32 hexadecimal digits")]
pub struct NotASessionId;

/// RFC 7636's `code_challenge` by the method `S256`, the only one there is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PkceChallenge(String);

impl PkceChallenge {
    /// Takes the text of a challenge; `None` when it is not base64url of 32 bytes, so no verifier could ever fit.
    #[must_use]
    pub fn s256(challenge: &str) -> Option<Self> {
        let plain = challenge.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
        (challenge.len() == 43 && plain).then(|| Self(challenge.to_owned()))
    }

    /// The challenge, as it was sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// What a client asked for, and how the person who agreed to it proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The client.
    pub client: ClientId,
    /// Where the code is sent; [`redeem_code`](crate::Identity::redeem_code) wants the same. Empty where there is none
    /// (device codes).
    pub redirect_uri: String,
    /// The one path that the token will open.
    pub path: AccessPath,
    /// `resource` (RFC 8707), as it was sent.
    pub resource: Option<String>,
    /// The scope granted, given back as it is.
    pub scope: String,
    /// RFC 7636.
    pub pkce: Option<PkceChallenge>,
    /// For the id_token.
    pub nonce: Option<String>,
    /// The client declared `cp1`.
    pub claims_challenge: bool,
    /// How the person signed in: `amr` of the id_token (RFC 8176: `pwd`, `otp`, `hwk`, `mfa` ...).
    pub amr: Vec<String>,
    /// The browser.
    pub user_agent: String,
    /// Where the person signed in.
    pub network: IpAddr,
    /// When the person signed in, in microseconds since 1970.
    pub auth_time: i64,
}

/// What a token request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// A JWT for one path.
    pub access_token: Secret,
    /// A JWT that tells the client who signed in.
    pub id_token: Secret,
    /// What the next access token is got with; `None` for a service with its own credentials.
    pub refresh_token: Option<Secret>,
    /// How long the access token is good.
    pub expires_in: Duration,
    /// The scope granted.
    pub scope: String,
    /// The session that all of them belong to.
    pub session: SessionId,
}

/// Why there is no token.
///
/// A phone that hears a 4xx forgets its refresh token and asks for the password, so nothing that will pass may be one:
/// whatever the ledger says is [`Temporary`](Self::Temporary).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// `invalid_grant`: the code or refresh token is not, or no longer, one. The reason is for `error_description`.
    #[error("{0}")]
    Invalid(&'static str),
    /// `invalid_client`: no such client, or not its secret.
    #[error("the client is unknown or its secret is wrong")]
    Client,
    /// `unauthorized_client`: the client may not do this.
    #[error("the client may not do this")]
    NotForThisClient,
    /// `authorization_pending` (RFC 8628): nobody has decided yet.
    #[error("nobody has decided yet")]
    Pending,
    /// `slow_down` (RFC 8628): asked again too soon.
    #[error("asked again too soon")]
    SlowDown,
    /// `access_denied`: the person said no.
    #[error("the person said no")]
    Denied,
    /// `expired_token` (RFC 8628): nobody decided in time.
    #[error("nobody decided in time")]
    Expired,
    /// 503: nothing is known now; the same request may be made again.
    #[error("not possible now: {0}")]
    Temporary(String),
}

impl From<ledger::LedgerError> for GrantError {
    fn from(error: ledger::LedgerError) -> Self {
        Self::Temporary(error.to_string())
    }
}

/// A session, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// Its id.
    pub session: SessionId,
    /// The main address of the person.
    pub email: String,
    /// The client.
    pub client: ClientId,
    /// The path it opens.
    pub path: AccessPath,
    /// The device that first used it on ActiveSync.
    pub device: Option<String>,
    /// How the person signed in.
    pub amr: Vec<String>,
    /// The browser of the sign-in.
    pub user_agent: String,
    /// Where the person signed in.
    pub network: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// When a token of it was last taken or first shown, in microseconds since 1970.
    pub used_at: i64,
    /// When it ends by itself, in microseconds since 1970.
    pub expires_at: i64,
    /// When it was ended and why; `None` while it lives.
    pub ended: Option<(i64, String)>,
}

impl SessionEntry {
    fn of(email: &str, session: Session) -> Result<Self, LedgerError> {
        Ok(Self {
            session: SessionId(session.session),
            email: email.to_owned(),
            client: ClientId::new(session.client),
            path: path_named(&session.path)?,
            device: session.device,
            amr: session.amr.split_whitespace().map(str::to_owned).collect(),
            user_agent: session.user_agent,
            network: session.network,
            created_at: session.created_at,
            used_at: session.used_at,
            expires_at: session.expires_at,
            ended: session.ended_at.map(|at| (at, session.ended_why)),
        })
    }

    /// Whether a token of it may still be good.
    #[must_use]
    pub fn lives(&self, now: i64) -> bool {
        self.ended.is_none() && self.expires_at > now
    }
}

/// The path of a name that the ledger has.
pub(crate) fn path_named(name: &str) -> Result<AccessPath, LedgerError> {
    let path = AccessPath::ALL.into_iter().find(|path| path.name() == name);
    path.ok_or_else(|| LedgerError::Damaged(format!("there is no path {name:?}")))
}

/// Ends all sessions of a person, as part of a larger change; their number. The caller counts up the person.
pub(crate) fn end_all(tx: &mut dyn Transaction, account: &AccountId, now: i64, why: &str) -> Result<u64, LedgerError> {
    sessions::end_all(tx, account, now, why)
}

impl Identity {
    /// A person's sessions, the newest first; those that ended lately too.
    pub async fn sessions(&self, email: &str) -> Result<Vec<SessionEntry>> {
        let email = email.to_owned();
        self.inner
            .database
            .read(move |tx| {
                let person = existing(tx, &email)?;
                let sessions = sessions::all(tx, &person.account)?;
                let entries = sessions.into_iter().map(|session| SessionEntry::of(&person.email, session));
                Ok(entries.collect::<Result<Vec<_>, LedgerError>>()?)
            })
            .await
    }

    /// Ends a session of a person: its refresh token is no longer good, its access tokens within a second. False when
    /// there is no such session that lives.
    pub async fn end_session(&self, account: AccountId, session: SessionId, why: &str) -> Result<bool> {
        let (now, why) = (self.inner.clock.now(), why.to_owned());
        let audited = self.audited(
            AuditEvent { account: Some(account), ..AuditEvent::new("session-ended") }
                .with("session", session.to_string())
                .with("why", why.clone()),
        );
        let ended = self.inner.database.write::<_, LedgerError>(move |tx| {
            if sessions::end(tx, &account, &session.0, now, &why)? == 0 {
                return Ok(None);
            }
            audit::insert(tx, &audited)?;
            people::changed(tx, &account)
        });
        let revision = ended.await?;
        self.inner.changed(account, revision);
        Ok(revision.is_some())
    }

    /// Ends all sessions of a person; their number.
    pub async fn end_sessions(&self, account: AccountId, why: &str) -> Result<u64> {
        let (now, why) = (self.inner.clock.now(), why.to_owned());
        let audited = self.audited(
            AuditEvent { account: Some(account), ..AuditEvent::new("sessions-ended") }.with("why", why.clone()),
        );
        let ended = self.inner.database.write::<_, LedgerError>(move |tx| {
            let ended = end_all(tx, &account, now, &why)?;
            if ended == 0 {
                return Ok((0, None));
            }
            audit::insert(tx, &audited)?;
            Ok((ended, people::changed(tx, &account)?))
        });
        let (ended, revision) = ended.await?;
        self.inner.changed(account, revision);
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_digits() {
        let id = SessionId([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "ab", "+bababababababababababababababababa", &"g".repeat(32), &"a".repeat(33)] {
            assert_eq!(text.parse::<SessionId>(), Err(NotASessionId), "{text}");
        }
    }

    #[test]
    fn a_challenge_that_no_verifier_fits_is_none() {
        assert!(PkceChallenge::s256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").is_some());
        for text in ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", &"A".repeat(42), &"A".repeat(44)] {
            assert!(PkceChallenge::s256(text).is_none(), "{text}");
        }
    }
}

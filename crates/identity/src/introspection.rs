//! What a token is (RFC 7662), and giving one back (RFC 7009).

use hub::AccessPath;
use ledger::{
    LedgerError, Transaction,
    tables::{
        people,
        sessions::{self, Session},
    },
};

use crate::{
    admission::PersonFacts,
    authenticate::Identity,
    clients::ClientId,
    credentials::Secret,
    error::Refusal,
    jwt::Verified,
    limits::SECOND,
    sessions::{GrantError, SessionId, path_named},
    standing,
    tickets::Kind,
};
use hub::AccountId;

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

/// What a token says by itself.
struct Claimed {
    account: AccountId,
    session: SessionId,
    /// The digest of a refresh token.
    refresh: Option<[u8; 32]>,
    /// Of an access token, in seconds since 1970.
    issued_at: i64,
    expires_at: i64,
}

impl Identity {
    /// What a token of ours is; `None` when it is not, or no longer, good. Uses nothing up.
    pub async fn introspect(&self, token: &Secret) -> Result<Option<Introspection>, GrantError> {
        let Some(claimed) = self.claimed(token).await? else { return Ok(None) };
        let now = self.inner.clock.now();
        let read = move |tx: &mut dyn Transaction| {
            let Some(session) = sessions::find(tx, &claimed.account, &claimed.session.0)? else { return Ok(None) };
            let current = claimed.refresh.is_none_or(|digest| session.refresh == Some(digest));
            if session.ended_at.is_some() || session.expires_at <= now || !current {
                return Ok(None);
            }
            let person = people::by_account(tx, &claimed.account)?.filter(|person| !person.disabled);
            let Some(person) = person else { return Ok(None) };
            let person = standing::facts(tx, person)?;
            told(person, session, &claimed).map(Some)
        };
        Ok(self.inner.database.read::<_, LedgerError>(read).await?)
    }

    /// Ends the session of an access or refresh token of this client. No error when it is none: the client wanted it
    /// gone, and it is.
    pub async fn revoke(&self, token: &Secret, client: &ClientId) -> Result<(), GrantError> {
        let Some(claimed) = self.claimed(token).await? else { return Ok(()) };
        let (account, session) = (claimed.account, claimed.session);
        let found =
            self.inner.database.read::<_, LedgerError>(move |tx| sessions::find(tx, &account, &session.0)).await?;
        if found.is_some_and(|found| found.client == client.as_str()) {
            let ended = self.end_session(account, session, "given back by its client").await;
            ended.map_err(|error| GrantError::Temporary(error.to_string()))?;
        }
        Ok(())
    }

    async fn claimed(&self, token: &Secret) -> Result<Option<Claimed>, GrantError> {
        if let Some(ticket) = self.inner.tickets.read(Kind::Refresh, token) {
            let session = SessionId(ticket.id);
            let refresh = Some(ticket.digest());
            return Ok(Some(Claimed { account: ticket.account, session, refresh, issued_at: 0, expires_at: 0 }));
        }
        let claims = match self.inner.verify(token).await {
            Ok(Verified::Ours(claims)) => claims,
            Err(Refusal::Unavailable(reason)) => return Err(GrantError::Temporary(reason)),
            Ok(Verified::NotOurs) | Err(_) => return Ok(None),
        };
        let claimed = |account, session| Claimed {
            account,
            session,
            refresh: None,
            issued_at: claims.iat,
            expires_at: claims.exp,
        };
        Ok(claims.account().zip(claims.session()).map(|(account, session)| claimed(account, session)))
    }
}

fn told(person: PersonFacts, session: Session, claimed: &Claimed) -> Result<Introspection, LedgerError> {
    let refresh = claimed.refresh.is_some();
    let seconds = |own: i64, kept: i64| if refresh { kept.div_euclid(SECOND) } else { own };
    Ok(Introspection {
        person,
        path: path_named(&session.path)?,
        session: SessionId(session.session),
        refresh,
        issued_at: seconds(claimed.issued_at, session.refreshed_at),
        expires_at: seconds(claimed.expires_at, session.expires_at),
        client: ClientId::new(session.client),
        scope: session.scope,
    })
}

//! Tokens for codes, refresh tokens and clients' own secrets (RFC 6749, RFC 7636).
//!
//! A phone that is refused forgets its refresh token and asks its owner to sign in, so a refusal is only what can never
//! become right again; whatever else happens is [`GrantError::Temporary`].
//!
//! A refresh token is replaced with each use. The answer may be lost, so the one before is accepted again while its
//! successor has not been used, and gives the *same* successor: however often and in whatever order both are shown, there
//! is one line of refresh tokens. One that was replaced and is shown later than that was stolen, by this client or from
//! it; nobody can tell which, so the session ends.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccessPath, AccountId};
use ledger::{
    LedgerError, Transaction,
    tables::{
        audit::AuditRow,
        codes, people,
        sessions::{self, Session},
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    admission::PersonFacts,
    audit::{self, AuditEvent},
    authenticate::{Identity, Inner},
    clients::{ClientId, GrantType},
    credentials::Secret,
    jwt::Subject,
    limits,
    sessions::{CodeRequest, Grant, GrantError, PkceChallenge, SessionId, path_named},
    standing,
    tickets::{Kind, Ticket},
};

/// A request, as the ledger keeps it with its code.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptRequest {
    client: String,
    redirect_uri: String,
    path: String,
    resource: Option<String>,
    scope: String,
    pkce: Option<PkceChallenge>,
    nonce: Option<String>,
    claims_challenge: bool,
    amr: Vec<String>,
    user_agent: String,
    network: std::net::IpAddr,
    auth_time: i64,
}

/// The form in which the ledger keeps a request.
pub(crate) fn kept(request: &CodeRequest) -> String {
    let kept = KeptRequest {
        client: request.client.as_str().to_owned(),
        redirect_uri: request.redirect_uri.clone(),
        path: request.path.name().to_owned(),
        resource: request.resource.clone(),
        scope: request.scope.clone(),
        pkce: request.pkce.clone(),
        nonce: request.nonce.clone(),
        claims_challenge: request.claims_challenge,
        amr: request.amr.clone(),
        user_agent: shortened(&request.user_agent),
        network: request.network,
        auth_time: request.auth_time,
    };
    // A struct of texts and numbers always has a form as JSON.
    serde_json::to_string(&kept).unwrap_or_default()
}

/// A request that the ledger has kept.
pub(crate) fn read_kept(text: &str) -> Result<CodeRequest, LedgerError> {
    let kept: KeptRequest = serde_json::from_str(text).map_err(|error| LedgerError::Damaged(error.to_string()))?;
    Ok(CodeRequest {
        client: ClientId::new(kept.client),
        redirect_uri: kept.redirect_uri,
        path: path_named(&kept.path)?,
        resource: kept.resource,
        scope: kept.scope,
        pkce: kept.pkce,
        nonce: kept.nonce,
        claims_challenge: kept.claims_challenge,
        amr: kept.amr,
        user_agent: kept.user_agent,
        network: kept.network,
        auth_time: kept.auth_time,
    })
}

fn shortened(user_agent: &str) -> String {
    let plain: String = user_agent.chars().filter(|letter| !letter.is_control()).collect();
    let end = plain.floor_char_boundary(limits::USER_AGENT_BYTES);
    plain.get(..end).unwrap_or_default().to_owned()
}

/// What a transaction found: tokens may be made, or not and why. Both are committed.
type Found = Result<Granted, GrantError>;

/// Whom tokens are for.
pub(crate) struct Granted {
    person: PersonFacts,
    session: Session,
    refresh: Option<Ticket>,
    nonce: Option<String>,
}

/// The session that a request leads to.
fn new_session(
    id: [u8; 16],
    request: &CodeRequest,
    refresh: Option<&Ticket>,
    (now, expires_at): (i64, i64),
) -> Session {
    Session {
        session: id,
        client: request.client.as_str().to_owned(),
        path: request.path.name().to_owned(),
        scope: request.scope.clone(),
        resource: request.resource.clone(),
        amr: request.amr.join(" "),
        claims_challenge: request.claims_challenge,
        auth_time: request.auth_time,
        user_agent: shortened(&request.user_agent),
        network: request.network.to_canonical().to_string(),
        device: None,
        created_at: now,
        used_at: now,
        expires_at,
        ended_at: None,
        ended_why: String::new(),
        refresh: refresh.map(Ticket::digest),
        refresh_before: None,
        refreshed_at: now,
        arrived: false,
    }
}

/// A person who may come in; the outer error is the ledger's.
fn admissible(tx: &mut dyn Transaction, account: &AccountId) -> Result<Result<PersonFacts, GrantError>, LedgerError> {
    match people::by_account(tx, account)? {
        Some(person) if !person.disabled => Ok(Ok(standing::facts(tx, person)?)),
        _ => Ok(Err(GrantError::Invalid("the person may not sign in"))),
    }
}

/// Whether a verifier fits what the code was asked for with.
///
/// A client that sends a verifier where no challenge was kept was robbed of its challenge on the way (RFC 9700 2.1.1).
/// Apple's alone sends one without having sent a challenge, in its on-premises mode.
fn verifier_fits(request: &CodeRequest, verifier: Option<&str>) -> bool {
    match (&request.pkce, verifier) {
        (Some(challenge), Some(verifier)) => {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            (43..=128).contains(&verifier.len()) && digest == challenge.text()
        }
        (Some(_), None) => false,
        (None, Some(_)) => request.client.as_str() == ClientId::APPLE,
        (None, None) => true,
    }
}

/// Apple's client may leave out a slash at the end, or put one there.
fn same_redirect(client: &ClientId, one: &str, other: &str) -> bool {
    let bare = |uri: &str| -> String {
        if client.as_str() == ClientId::APPLE { uri.strip_suffix('/').unwrap_or(uri) } else { uri }.to_owned()
    };
    bare(one) == bare(other)
}

/// A code that a client shows.
struct Shown {
    ticket: Ticket,
    client: ClientId,
    redirect_uri: String,
    verifier: Option<Secret>,
    refresh: Ticket,
    now: i64,
    session_life: i64,
    stolen: AuditRow,
    signed_in: AuditRow,
}

fn redeem(tx: &mut dyn Transaction, shown: &Shown) -> Result<(Found, Option<i64>), LedgerError> {
    let invalid = |reason| Ok((Err(GrantError::Invalid(reason)), None));
    let (account, digest) = (&shown.ticket.account, shown.ticket.digest());
    let Some(code) = codes::find(tx, account, &digest)? else { return invalid("there is no such code") };
    let request = read_kept(&code.request)?;
    if request.client != shown.client {
        return invalid("the code is another client's");
    }
    if let Some(session) = code.session {
        // Somebody else has the code: whatever came of it ends.
        let ended = sessions::end(tx, account, &session, shown.now, "its code was used twice")?;
        let revision = if ended == 0 { None } else { people::changed(tx, account)? };
        audit::insert(tx, &shown.stolen)?;
        return Ok((Err(GrantError::Invalid("the code was used before")), revision));
    }
    if code.expires_at <= shown.now {
        return invalid("the code has expired");
    }
    if !same_redirect(&request.client, &request.redirect_uri, &shown.redirect_uri) {
        return invalid("redirect_uri is not the one that the code was asked for with");
    }
    if !verifier_fits(&request, shown.verifier.as_ref().map(Secret::reveal)) {
        return invalid("code_verifier does not fit");
    }
    let person = match admissible(tx, account)? {
        Ok(person) => person,
        Err(refused) => return Ok((Err(refused), None)),
    };
    let times = (shown.now, shown.now.saturating_add(shown.session_life));
    let session = new_session(shown.refresh.id, &request, Some(&shown.refresh), times);
    codes::spend(tx, account, &digest, &session.session)?;
    sessions::insert(tx, account, &session)?;
    audit::insert(tx, &shown.signed_in)?;
    let granted = Granted { person, session, refresh: Some(shown.refresh.clone()), nonce: request.nonce };
    Ok((Ok(granted), None))
}

/// A refresh token that a client shows.
struct Renewal {
    ticket: Ticket,
    successor: Ticket,
    client: ClientId,
    now: i64,
    session_life: i64,
    stolen: AuditRow,
}

fn renew(tx: &mut dyn Transaction, shown: &Renewal) -> Result<(Found, Option<i64>), LedgerError> {
    let invalid = |reason| Ok((Err(GrantError::Invalid(reason)), None));
    let Renewal { ticket, successor, now, .. } = shown;
    let Some(mut session) = sessions::find(tx, &ticket.account, &ticket.id)? else {
        return invalid("there is no such session");
    };
    if session.client != shown.client.as_str() {
        return invalid("the refresh token is another client's");
    }
    if session.ended_at.is_some() {
        return invalid("the session has ended");
    }
    if session.expires_at <= *now {
        return invalid("the session has expired");
    }
    let person = match admissible(tx, &ticket.account)? {
        Ok(person) => person,
        Err(refused) => return Ok((Err(refused), None)),
    };
    let digest = ticket.digest();
    if session.refresh == Some(digest) {
        let expires_at = now.saturating_add(shown.session_life);
        sessions::renew(tx, &ticket.account, &ticket.id, (&successor.digest(), &digest), (*now, expires_at))?;
        session.expires_at = expires_at;
    } else if !is_repeated(&session, &digest, successor, *now) {
        sessions::end(tx, &ticket.account, &ticket.id, *now, "a refresh token was used twice")?;
        audit::insert(tx, &shown.stolen)?;
        let revision = people::changed(tx, &ticket.account)?;
        return Ok((Err(GrantError::Invalid("the refresh token was used before")), revision));
    }
    Ok((Ok(Granted { person, session, refresh: Some(successor.clone()), nonce: None }), None))
}

/// Whether a refresh token that was replaced is shown again because the answer was lost.
fn is_repeated(session: &Session, digest: &[u8; 32], successor: &Ticket, now: i64) -> bool {
    let unused = session.refresh == Some(successor.digest());
    let patience = if session.arrived { limits::RETRY } else { limits::RETRY_UNSEEN };
    let passed = now.saturating_sub(session.refreshed_at);
    session.refresh_before == Some(*digest) && unused && passed <= patience
}

impl Identity {
    /// A code for a client, good for a minute and once.
    pub async fn issue_code(&self, account: AccountId, request: CodeRequest) -> Result<Secret, GrantError> {
        let inner = &self.inner;
        let mut id = [0; 16];
        inner.entropy.fill(&mut id);
        let ticket = inner.tickets.draw(Kind::Code, account, id, &*inner.entropy);
        let (digest, expires_at) = (ticket.digest(), inner.clock.now().saturating_add(limits::CODE_LIFE));
        let kept = kept(&request);
        let write = move |tx: &mut dyn Transaction| {
            let admissible = admissible(tx, &account)?;
            if admissible.is_ok() {
                codes::insert(tx, &account, &digest, &kept, expires_at)?;
            }
            Ok::<_, LedgerError>(admissible.map(|_| ()))
        };
        inner.database.write(write).await??;
        Ok(ticket.text())
    }

    /// Tokens for a code. A second use of a code ends what came of the first. The client was
    /// [authenticated](Self::authenticate_client) before.
    pub async fn redeem_code(
        &self,
        code: &Secret,
        client: &ClientId,
        redirect_uri: &str,
        verifier: Option<&Secret>,
    ) -> Result<Grant, GrantError> {
        let inner = &self.inner;
        let ticket = self.read_ticket(Kind::Code, code).await?;
        let mut id = [0; 16];
        inner.entropy.fill(&mut id);
        let account = ticket.account;
        let refresh = inner.tickets.draw(Kind::Refresh, account, id, &*inner.entropy);
        let about =
            |event| AuditEvent { account: Some(account), ..AuditEvent::new(event) }.with("client", client.as_str());
        let shown = Shown {
            stolen: self.audited(AuditEvent { outcome: "session ended".into(), ..about("code-reused") }),
            signed_in: self.audited(about("session-began").with("session", SessionId(id).to_string())),
            ticket,
            client: client.clone(),
            redirect_uri: redirect_uri.to_owned(),
            verifier: verifier.cloned(),
            refresh,
            now: inner.clock.now(),
            session_life: inner.session_life(),
        };
        self.prepare().await?;
        let (found, revision) = inner.database.write::<_, LedgerError>(move |tx| redeem(tx, &shown)).await?;
        inner.changed(account, revision);
        self.grant(found?).await
    }

    /// Tokens for a refresh token. The client was [authenticated](Self::authenticate_client) before.
    pub async fn refresh(&self, token: &Secret, client: &ClientId) -> Result<Grant, GrantError> {
        let inner = &self.inner;
        let ticket = self.read_ticket(Kind::Refresh, token).await?;
        let account = ticket.account;
        let stolen = AuditEvent {
            account: Some(account),
            outcome: "session ended".to_owned(),
            ..AuditEvent::new("refresh-token-reused")
        };
        let shown = Renewal {
            stolen: self
                .audited(stolen.with("client", client.as_str()).with("session", SessionId(ticket.id).to_string())),
            successor: inner.tickets.successor(&ticket),
            ticket,
            client: client.clone(),
            now: inner.clock.now(),
            session_life: inner.session_life(),
        };
        self.prepare().await?;
        let (found, revision) = inner.database.write::<_, LedgerError>(move |tx| renew(tx, &shown)).await?;
        inner.changed(account, revision);
        self.grant(found?).await
    }

    /// A token for a service that acts for a person. Its session goes on as long as it comes back.
    pub async fn client_credentials(
        &self,
        client: &ClientId,
        secret: &Secret,
        path: AccessPath,
    ) -> Result<Grant, GrantError> {
        let known = self.authenticate_client(client, Some(secret)).await?;
        let account = known.acts_for.filter(|_| known.confidential && known.paths.contains(&path));
        let Some(account) = account.filter(|_| known.grants.contains(&GrantType::ClientCredentials)) else {
            return Err(GrantError::NotForThisClient);
        };
        let inner = &self.inner;
        let now = inner.clock.now();
        let times = (now, now.saturating_add(inner.session_life()));
        let request = CodeRequest {
            client: client.clone(),
            redirect_uri: String::new(),
            path,
            resource: None,
            scope: path.name().to_owned(),
            pkce: None,
            nonce: None,
            claims_challenge: false,
            amr: vec!["client".to_owned()],
            user_agent: String::new(),
            network: std::net::Ipv4Addr::UNSPECIFIED.into(),
            auth_time: now,
        };
        let mut id = [0; 16];
        inner.entropy.fill(&mut id);
        self.prepare().await?;
        let write = move |tx: &mut dyn Transaction| {
            let person = match admissible(tx, &account)? {
                Ok(person) => person,
                Err(refused) => return Ok::<Found, LedgerError>(Err(refused)),
            };
            let same = |session: &Session| {
                session.client == request.client.as_str()
                    && session.path == path.name()
                    && session.refresh.is_none()
                    && session.ended_at.is_none()
                    && session.expires_at > now
            };
            let session = if let Some(session) = sessions::all(tx, &account)?.into_iter().find(same) {
                sessions::extend(tx, &account, &session.session, times)?;
                session
            } else {
                let session = new_session(id, &request, None, times);
                sessions::insert(tx, &account, &session)?;
                session
            };
            Ok(Ok(Granted { person, session, refresh: None, nonce: None }))
        };
        self.grant(inner.database.write(write).await??).await
    }

    /// A new session with tokens, for a request that somebody has agreed to without a code.
    pub(crate) fn begin_session(&self, account: AccountId) -> (Ticket, i64) {
        let inner = &self.inner;
        let mut id = [0; 16];
        inner.entropy.fill(&mut id);
        (inner.tickets.draw(Kind::Refresh, account, id, &*inner.entropy), inner.session_life())
    }

    /// Reads a code or refresh token. Before one is called invented, the ledger's keys must have opened: with another
    /// installation's key, all would look so.
    pub(crate) async fn read_ticket(&self, kind: Kind, text: &Secret) -> Result<Ticket, GrantError> {
        if let Some(ticket) = self.inner.tickets.read(kind, text) {
            return Ok(ticket);
        }
        self.prepare().await?;
        Err(GrantError::Invalid("this is not a code or token of this server"))
    }

    /// What can fail for a while fails before anything is used up.
    pub(crate) async fn prepare(&self) -> Result<(), GrantError> {
        self.inner.signing_key().await.map(|_| ())
    }

    pub(crate) async fn grant(&self, granted: Granted) -> Result<Grant, GrantError> {
        let Granted { person, session, refresh, nonce } = granted;
        let subject = Subject {
            person: &person,
            session: SessionId(session.session),
            client: &session.client,
            path: path_named(&session.path)?,
            scope: &session.scope,
            amr: &session.amr,
            auth_time: session.auth_time,
            nonce: nonce.as_deref(),
            claims_challenge: session.claims_challenge,
        };
        let (access_token, id_token) = self.mint(&subject).await?;
        Ok(Grant {
            access_token,
            id_token,
            refresh_token: refresh.map(|ticket| ticket.text()),
            expires_in: self.inner.settings.access_token_life,
            scope: session.scope.clone(),
            session: SessionId(session.session),
        })
    }
}

/// Begins the session of a request that a person agreed to.
pub(crate) fn agreed(
    tx: &mut dyn Transaction,
    request: &CodeRequest,
    refresh: &Ticket,
    (now, session_life): (i64, i64),
) -> Result<Found, LedgerError> {
    let person = match admissible(tx, &refresh.account)? {
        Ok(person) => person,
        Err(refused) => return Ok(Err(refused)),
    };
    let session = new_session(refresh.id, request, Some(refresh), (now, now.saturating_add(session_life)));
    sessions::insert(tx, &refresh.account, &session)?;
    Ok(Ok(Granted { person, session, refresh: Some(refresh.clone()), nonce: request.nonce.clone() }))
}

impl Inner {
    /// Microseconds.
    pub(crate) fn access_token_life(&self) -> i64 {
        i64::try_from(self.settings.access_token_life.as_micros()).unwrap_or(limits::DAY)
    }

    /// Microseconds.
    pub(crate) fn session_life(&self) -> i64 {
        i64::try_from(self.settings.session_life.as_micros()).unwrap_or(limits::DAY)
    }
}

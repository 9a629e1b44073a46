//! Passkeys (WebAuthn Level 2). The browser's part needs a script; whoever has none uses a code.

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::second_factors::{self, SecondFactor},
};
use serde::{Serialize, de::DeserializeOwned};
use webauthn_rs::{Webauthn, WebauthnBuilder, prelude as w};

use super::{FactorError, FactorId, FactorKind, make_room};
use crate::{audit::AuditEvent, authenticate::Identity};

/// Where passkeys are good: the origin of the pages, as browsers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeySite {
    /// `https://contacts.example.com`; `http` for `localhost` alone.
    pub origin: String,
    /// What the browser's dialogue calls it.
    pub name: String,
}

impl PasskeySite {
    /// Whether passkeys are possible there: only where the server is reached by a name.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        webauthn(self).is_ok()
    }
}

/// What a browser is asked, and what must be kept (sealed) until it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyChallenge {
    /// For `navigator.credentials`, JSON.
    pub options: String,
    /// The server's half, JSON. Whoever holds it can answer for it: it must be sealed, and bound to one sign-in.
    pub state: String,
}

/// Where a question's state keeps the passkeys.
const CREDENTIALS: &str = "/ast/credentials";

fn wrong(error: &w::WebauthnError) -> FactorError {
    tracing::info!(%error, "a passkey was not taken");
    FactorError::Wrong
}

fn written(value: &impl Serialize) -> Result<String, FactorError> {
    serde_json::to_string(value).map_err(|error| FactorError::Unreadable(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, FactorError> {
    serde_json::from_str(text).map_err(|error| {
        tracing::info!(%error, "a passkey's answer cannot be read");
        FactorError::Wrong
    })
}

/// The state of a question keeps every passkey it may be answered with, which is too much for a cookie; and by the time
/// of the answer one may be gone. So they are left out, and those that are there then are put in.
fn without_passkeys(state: &w::PasskeyAuthentication) -> Result<String, FactorError> {
    let mut state = serde_json::to_value(state).map_err(|error| FactorError::Unreadable(error.to_string()))?;
    if let Some(credentials) = state.pointer_mut(CREDENTIALS) {
        *credentials = serde_json::Value::Array(Vec::new());
    }
    written(&state)
}

fn with_passkeys(
    state: &str,
    passkeys: &[(SecondFactor, w::Passkey)],
) -> Result<w::PasskeyAuthentication, FactorError> {
    let unreadable = |error: serde_json::Error| FactorError::Unreadable(error.to_string());
    let mut state: serde_json::Value = read(state)?;
    let mut known = Vec::new();
    for (_, passkey) in passkeys {
        let mut passkey = serde_json::to_value(passkey).map_err(unreadable)?;
        known.extend(passkey.get_mut("cred").map(serde_json::Value::take));
    }
    if let Some(credentials) = state.pointer_mut(CREDENTIALS) {
        *credentials = serde_json::Value::Array(known);
    }
    serde_json::from_value(state).map_err(unreadable)
}

fn webauthn(site: &PasskeySite) -> Result<Webauthn, FactorError> {
    let unfit = || FactorError::UnfitSite(site.origin.clone());
    let origin = w::Url::parse(&site.origin).map_err(|_| unfit())?;
    let host = origin.domain().ok_or_else(unfit)?;
    let built = WebauthnBuilder::new(host, &origin).and_then(|builder| builder.rp_name(&site.name).build());
    built.map_err(|_| unfit())
}

impl Identity {
    /// Begins to enrol a passkey.
    pub async fn begin_passkey(
        &self,
        account: AccountId,
        email: &str,
        name: &str,
        site: &PasskeySite,
    ) -> Result<PasskeyChallenge, FactorError> {
        let known = self.passkeys(account).await?;
        let known = known.iter().map(|(_, passkey)| passkey.cred_id().clone()).collect();
        let user = w::Uuid::from_bytes(account.0);
        let begun = webauthn(site)?.start_passkey_registration(user, email, name, Some(known));
        let (options, state) = begun.map_err(|error| wrong(&error))?;
        Ok(PasskeyChallenge { options: written(&options)?, state: written(&state)? })
    }

    /// Ends to enrol a passkey: `answer` is the browser's `PublicKeyCredential` as JSON.
    pub async fn finish_passkey(
        &self,
        account: AccountId,
        label: &str,
        site: &PasskeySite,
        state: &str,
        answer: &str,
    ) -> Result<FactorId, FactorError> {
        let (state, answer) = (read(state)?, read(answer)?);
        let finished = webauthn(site)?.finish_passkey_registration(&answer, &state);
        let passkey = finished.map_err(|error| wrong(&error))?;
        let now = self.inner.clock.now();
        let factor = SecondFactor {
            factor: passkey.cred_id().clone(),
            kind: FactorKind::Passkey.name().to_owned(),
            label: label.trim().chars().take(crate::limits::LABEL_BYTES / 4).collect(),
            secret: written(&passkey)?.into_bytes(),
            counter: 0,
            confirmed: true,
            created_at: now,
            used_at: None,
        };
        let id = FactorId(factor.factor.clone());
        let event = AuditEvent::new("second-factor-added").with("kind", "passkey");
        self.change_factors(account, event, move |tx| {
            make_room(tx, &account)?;
            Ok(second_factors::insert(tx, &account, &factor)?)
        })
        .await?;
        Ok(id)
    }

    /// Asks for one of the person's passkeys; `None` when they have none.
    pub async fn ask_for_passkey(
        &self,
        account: AccountId,
        site: &PasskeySite,
    ) -> Result<Option<PasskeyChallenge>, FactorError> {
        let passkeys: Vec<_> = self.passkeys(account).await?.into_iter().map(|(_, passkey)| passkey).collect();
        if passkeys.is_empty() {
            return Ok(None);
        }
        let (options, state) =
            webauthn(site)?.start_passkey_authentication(&passkeys).map_err(|error| wrong(&error))?;
        Ok(Some(PasskeyChallenge { options: written(&options)?, state: without_passkeys(&state)? }))
    }

    /// Takes a passkey's answer. A signature counter that went back means a copied key: it is not taken.
    pub async fn take_passkey(
        &self,
        account: AccountId,
        site: &PasskeySite,
        state: &str,
        answer: &str,
    ) -> Result<(), FactorError> {
        let passkeys = self.passkeys(account).await?;
        let (state, answer) = (with_passkeys(state, &passkeys)?, read(answer)?);
        let result = webauthn(site)?.finish_passkey_authentication(&answer, &state).map_err(|error| wrong(&error))?;
        let found = passkeys.into_iter().find(|(_, passkey)| passkey.cred_id() == result.cred_id());
        // Removed between question and answer.
        let (mut row, mut passkey) = found.ok_or(FactorError::Wrong)?;
        let counter = i64::from(result.counter());
        // An authenticator without a counter answers 0 for ever.
        if counter != 0 && counter <= row.counter {
            tracing::warn!(%account, "a passkey's counter went back: it may have been copied");
            return Err(FactorError::Wrong);
        }
        passkey.update_credential(&result);
        row.secret = written(&passkey)?.into_bytes();
        let now = self.inner.clock.now();
        let used = move |tx: &mut dyn Transaction| {
            second_factors::update(tx, &account, &row.factor, &row.secret, counter, now)
        };
        self.inner.database.write::<_, LedgerError>(used).await?;
        Ok(())
    }

    async fn passkeys(&self, account: AccountId) -> Result<Vec<(SecondFactor, w::Passkey)>, FactorError> {
        let mut passkeys = Vec::new();
        for factor in self.confirmed(account).await? {
            if factor.kind == FactorKind::Passkey.name() {
                let passkey = serde_json::from_slice(&factor.secret);
                let passkey = passkey.map_err(|error| FactorError::Unreadable(error.to_string()))?;
                passkeys.push((factor, passkey));
            }
        }
        Ok(passkeys)
    }
}

//! Programs without a browser of their own (RFC 8628): a person types a code elsewhere and agrees there.

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::codes::{self, DeviceCodeState},
};

use crate::{
    audit::{self, AuditEvent},
    authenticate::Identity,
    clients::ClientId,
    credentials::Secret,
    grants::{agreed, kept, read_kept},
    hashing, limits,
    sessions::{CodeRequest, Grant, GrantError, SessionId},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Letters of user codes (RFC 8628 6.1): no vowels, so no words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 8;

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

/// The letters of a user code, however it was typed; `None` when it cannot be one.
fn letters(typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).take(64).collect();
    let fits = letters.len() == USER_CODE_LETTERS && letters.bytes().all(|letter| LETTERS.contains(&letter));
    fits.then_some(letters)
}

fn shown(letters: &str) -> String {
    let (first, second) = letters.split_at_checked(USER_CODE_LETTERS / 2).unwrap_or((letters, ""));
    format!("{first}-{second}")
}

fn draw(fill: &mut dyn FnMut(&mut [u8])) -> String {
    let mut code = String::with_capacity(USER_CODE_LETTERS);
    while code.len() < USER_CODE_LETTERS {
        let mut random = [0_u8; 32];
        fill(&mut random);
        // 240 is the last whole multiple of 20.
        let fair = random.into_iter().filter(|byte| *byte < 240);
        let drawn = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len())).copied().map(char::from);
        code.extend(drawn.take(USER_CODE_LETTERS - code.len()));
    }
    code
}

impl Identity {
    /// A device code for a program.
    pub async fn start_device_code(&self, request: CodeRequest) -> Result<DeviceCode, GrantError> {
        let inner = &self.inner;
        let mut random = [0; 32];
        inner.entropy.fill(&mut random);
        let device_code = URL_SAFE_NO_PAD.encode(random);
        let digest = hashing::token_digest(&device_code);
        let user_code = draw(&mut |buffer| inner.entropy.fill(buffer));
        let now = inner.clock.now();
        let (kept, letters) = (kept(&request), user_code.clone());
        let write = move |tx: &mut dyn Transaction| {
            if codes::count_device_codes(tx, now)? >= limits::DEVICE_CODES {
                return Ok::<_, LedgerError>(Err(GrantError::Temporary("too many device codes wait".to_owned())));
            }
            let expires_at = now.saturating_add(limits::DEVICE_CODE_LIFE);
            codes::insert_device_code(tx, &digest, (&letters, &kept), expires_at).map(Ok)
        };
        inner.database.write(write).await??;
        Ok(DeviceCode {
            device_code: Secret::new(device_code),
            user_code: shown(&user_code),
            expires_in: limits::DEVICE_CODE_LIFE.unsigned_abs() / limits::SECOND.unsigned_abs(),
            interval: limits::DEVICE_CODE_INTERVAL,
        })
    }

    /// What a user code is about, however it was typed; `None` when it is none that waits.
    pub async fn find_user_code(&self, user_code: &str) -> Result<Option<DeviceRequest>, GrantError> {
        let Some(letters) = letters(user_code) else { return Ok(None) };
        let now = self.inner.clock.now();
        let read = move |tx: &mut dyn Transaction| {
            let waits = |code: &codes::DeviceCode| code.state == DeviceCodeState::Waiting && code.expires_at > now;
            let Some(code) = codes::by_user_code(tx, &letters)?.filter(waits) else { return Ok(None) };
            let request = read_kept(&code.request)?;
            Ok::<_, LedgerError>(Some(DeviceRequest { user_code: shown(&code.user_code), request }))
        };
        Ok(self.inner.database.read(read).await?)
    }

    /// What the person said; false when the code does not wait any more.
    pub async fn decide_user_code(&self, user_code: &str, decision: Decision) -> Result<bool, GrantError> {
        let Some(letters) = letters(user_code) else { return Ok(false) };
        let now = self.inner.clock.now();
        let account = match &decision {
            Decision::Allow { account, .. } => Some(*account),
            Decision::Deny => None,
        };
        let outcome = if account.is_some() { "ok" } else { "denied" };
        let audited =
            self.audited(AuditEvent { account, outcome: outcome.to_owned(), ..AuditEvent::new("device-code-decided") });
        let write = move |tx: &mut dyn Transaction| {
            let good = |code: &codes::DeviceCode| code.expires_at > now;
            let Some(code) = codes::by_user_code(tx, &letters)?.filter(good) else { return Ok::<_, LedgerError>(0) };
            audit::insert(tx, &audited)?;
            match &decision {
                Decision::Allow { account, amr, auth_time } => {
                    codes::allow_device_code(tx, &code.digest, account, &amr.join(" "), *auth_time)
                }
                Decision::Deny => codes::deny_device_code(tx, &code.digest),
            }
        };
        Ok(self.inner.database.write(write).await? > 0)
    }

    /// Tokens for a device code, once somebody has said yes. The client was
    /// [authenticated](Self::authenticate_client) before.
    pub async fn poll_device_code(&self, device_code: &Secret, client: &ClientId) -> Result<Grant, GrantError> {
        let inner = &self.inner;
        let digest = hashing::token_digest(device_code.reveal());
        let now = inner.clock.now();
        let interval = i64::try_from(limits::DEVICE_CODE_INTERVAL).unwrap_or_default().saturating_mul(limits::SECOND);
        self.prepare().await?;
        // Whose it is going to be is known only in there; the id and the secret are drawn out here.
        let owner = inner.database.read::<_, LedgerError>(move |tx| codes::device_code(tx, &digest)).await?;
        let account = owner.and_then(|code| code.account).unwrap_or(AccountId([0; 16]));
        let (refresh, session_life) = self.begin_session(account);
        let began = AuditEvent { account: Some(account), ..AuditEvent::new("session-began") };
        let audited =
            self.audited(began.with("client", client.as_str()).with("session", SessionId(refresh.id).to_string()));
        let client = client.clone();
        let write = move |tx: &mut dyn Transaction| {
            let refused = |error| Ok::<_, LedgerError>(Err(error));
            let Some(code) = codes::device_code(tx, &digest)? else {
                return refused(GrantError::Invalid("there is no such device code"));
            };
            let mut request = read_kept(&code.request)?;
            if request.client != client {
                return refused(GrantError::Invalid("the device code is another client's"));
            }
            if code.expires_at <= now {
                return refused(GrantError::Expired);
            }
            match code.state {
                DeviceCodeState::Denied => return refused(GrantError::Denied),
                DeviceCodeState::Waiting => {
                    let early = now.saturating_sub(code.polled_at).saturating_add(limits::DEVICE_CODE_EARLY) < interval;
                    codes::polled_device_code(tx, &digest, now)?;
                    return refused(if early { GrantError::SlowDown } else { GrantError::Pending });
                }
                DeviceCodeState::Allowed if code.account != Some(refresh.account) => {
                    // Somebody said yes between the two looks.
                    return refused(GrantError::Pending);
                }
                DeviceCodeState::Allowed => {}
            }
            codes::delete_device_code(tx, &digest)?;
            request.amr = code.amr.split_whitespace().map(str::to_owned).collect();
            request.auth_time = code.auth_time;
            audit::insert(tx, &audited)?;
            agreed(tx, &request, &refresh, (now, session_life))
        };
        self.grant(inner.database.write(write).await??).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_code_may_be_typed_in_any_case_with_or_without_its_hyphen() {
        for typed in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk "] {
            assert_eq!(letters(typed).as_deref(), Some("BCDFGHJK"), "{typed}");
        }
        for typed in ["", "BCDF-GHJ", "BCDF-GHJA", "BCDF-GHJKL", &"B".repeat(10_000)] {
            assert_eq!(letters(typed), None);
        }
        assert_eq!(shown("BCDFGHJK"), "BCDF-GHJK");
    }
}

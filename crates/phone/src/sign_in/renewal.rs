//! What a sign-in leaves on the phone, and how it is renewed: 4xx ends it, anything else leaves it as it was.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::challenge::BearerChallenge;
use super::fault::SignInFault;
use super::token_endpoint::{self, TokenAnswer};
use super::{CLAIMS, CLIENT_ID, Mode, REDIRECT_URI, id_token};
use crate::config::Credentials;
use crate::device::Phone;
use crate::error::PhoneError;
use crate::transport::{Answer, LinkFault};

/// Tokens, and where more come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The mode the account was added in.
    pub mode: Mode,
    /// Where tokens come from. The metadata's, where there is one, replaces a profile's.
    pub endpoint: String,
    /// Where the metadata is.
    pub metadata: Option<String>,
    /// The scope asked for.
    pub scope: String,
    /// The access token; empty before the first one.
    pub access: String,
    /// The refresh token; `None` once the sign-in is over.
    pub refresh: Option<String>,
    /// Seconds since 1970.
    pub expires_at: i64,
    /// What a claims challenge demanded, for the next request.
    pub claims: Option<String>,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Tokens {
    pub(super) fn new(mode: Mode, endpoint: String, metadata: Option<String>, scope: String) -> Self {
        let (access, refresh, expires_at, claims) = (String::new(), None, 0, None);
        Self { mode, endpoint, metadata, scope, access, refresh, expires_at, claims }
    }
}

impl Phone {
    /// The tokens of an account with OAuth.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.state.tokens.as_ref()
    }

    /// Uses these tokens from now on, as a thief of them would.
    pub fn set_tokens(&mut self, tokens: Tokens) {
        self.state.tokens = Some(tokens);
        self.config.credentials = Credentials::OAuth;
    }

    /// The next renewal's answer will be lost after the server gave it.
    pub fn lose_next_token_answer(&mut self) {
        self.token_fault = Some(LinkFault::LoseAnswer);
    }

    /// Renews the tokens now, whether or not they have expired.
    pub async fn renew(&mut self) -> Result<(), PhoneError> {
        let Some(mut tokens) = self.state.tokens.clone() else { return Err(PhoneError::Unauthorized) };
        let Some(refresh) = tokens.refresh.clone() else { return Err(PhoneError::SignInOver) };
        let keys = self.learn(&mut tokens).await?;
        let parameters = [
            ("client_id", CLIENT_ID.to_owned()),
            ("scope", tokens.scope.clone()),
            ("refresh_token", refresh),
            ("grant_type", "refresh_token".to_owned()),
            ("claims", tokens.claims.clone().unwrap_or_else(|| CLAIMS.to_owned())),
        ];
        self.counters.renewals += 1;
        let fault = self.token_fault.take();
        let answer = token_endpoint::post(&self.config, &tokens.endpoint, &parameters, fault).await?;
        match answer.status {
            200 => self.keep(tokens, &answer, keys.as_ref()),
            400..=499 => {
                tracing::info!(error = token_endpoint::error_of(&answer), "the sign-in is over");
                if let Some(tokens) = &mut self.state.tokens {
                    tokens.refresh = None;
                }
                Err(PhoneError::SignInOver)
            }
            status => Err(PhoneError::TokenEndpoint(status)),
        }
    }

    /// Redeems a code.
    pub(super) async fn redeem(&mut self, mut tokens: Tokens, code: &str, verifier: &str) -> Result<(), PhoneError> {
        let keys = self.learn(&mut tokens).await?;
        let parameters = [
            ("client_id", CLIENT_ID.to_owned()),
            ("code", code.to_owned()),
            ("scope", tokens.scope.clone()),
            ("grant_type", "authorization_code".to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("code_verifier", verifier.to_owned()),
            ("claims", CLAIMS.to_owned()),
        ];
        let answer = token_endpoint::post(&self.config, &tokens.endpoint, &parameters, None).await?;
        if answer.status != 200 {
            let error = token_endpoint::error_of(&answer);
            return Err(SignInFault::Refused { status: answer.status, error }.into());
        }
        self.keep(tokens, &answer, keys.as_ref())
    }

    /// Renews what has expired. An account without OAuth has nothing to renew.
    pub(crate) async fn renew_if_due(&mut self) -> Result<(), PhoneError> {
        if self.config.credentials != Credentials::OAuth {
            return Ok(());
        }
        match &self.state.tokens {
            Some(tokens) if tokens.refresh.is_none() => Err(PhoneError::SignInOver),
            Some(tokens) if tokens.expires_at <= now() => self.renew().await,
            Some(_) => Ok(()),
            None => Err(PhoneError::Unauthorized),
        }
    }

    /// After a 401: takes up the claims it demands and renews once. Whoever has no refresh token is asked to sign in.
    pub(crate) async fn renew_after(&mut self, refused: &Answer) -> Result<(), PhoneError> {
        let demanded = BearerChallenge::of(&refused.headers);
        let demanded = demanded.filter(|challenge| challenge.error.as_deref() == Some("insufficient_claims"));
        if let (Some(tokens), Some(challenge)) = (&mut self.state.tokens, demanded) {
            self.counters.claims_challenges += 1;
            tokens.claims = challenge.claims;
        }
        self.renew().await
    }

    /// Fetches metadata and keys, as the Entra-like mode does before every token request; the token endpoint of the
    /// metadata is the one that counts.
    async fn learn(&mut self, tokens: &mut Tokens) -> Result<Option<(Value, String)>, PhoneError> {
        let Some(address) = &tokens.metadata else { return Ok(None) };
        let metadata = token_endpoint::fetch(&self.config, address).await?;
        let text = |name: &str| {
            let value = metadata.get(name).and_then(Value::as_str).map(str::to_owned);
            value.ok_or_else(|| SignInFault::Metadata(format!("has no {name}")))
        };
        let (endpoint, keys, issuer) = (text("token_endpoint")?, text("jwks_uri")?, text("issuer")?);
        tokens.endpoint = endpoint;
        Ok(Some((token_endpoint::fetch(&self.config, &keys).await?, issuer)))
    }

    fn keep(&mut self, mut tokens: Tokens, answer: &Answer, keys: Option<&(Value, String)>) -> Result<(), PhoneError> {
        let TokenAnswer { access_token, id_token, refresh_token, expires_in } = token_endpoint::read(answer)?;
        if let Some((keys, issuer)) = keys {
            id_token::validate(&id_token, keys, issuer, now())?;
            if refresh_token.is_none() {
                return Err(SignInFault::TokenAnswer("has no refresh_token".to_owned()).into());
            }
        }
        let claims = id_token::claims(&id_token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| text.contains('@'));
        let got = text("preferred_username").or_else(|| text("email")).unwrap_or_default();
        if !got.eq_ignore_ascii_case(&self.config.user) {
            return Err(SignInFault::OtherPerson { expected: self.config.user.clone(), got: got.to_owned() }.into());
        }
        // The on-premises mode keeps the one it has when none came.
        tokens.refresh = refresh_token.or(tokens.refresh);
        tokens.access = access_token;
        tokens.expires_at = now().saturating_add(expires_in);
        tokens.claims = None;
        self.state.tokens = Some(tokens);
        Ok(())
    }
}

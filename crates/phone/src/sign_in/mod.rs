//! Signing in with OAuth, as iOS does it: two modes, three ways to add the account, a web view with the server's real
//! pages, and the renewal of what came of it.
//!
//! The rules a server can break here are [`SignInFault`]s with a name.

mod challenge;
mod fault;
mod form;
mod id_token;
mod person;
mod renewal;
mod token_endpoint;
mod web_view;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

pub use challenge::{BearerChallenge, authorization_uri};
pub use fault::SignInFault;
pub use person::Person;
pub use renewal::Tokens;

use crate::autodiscover::FoundBy;
use crate::config::{Credentials, Discovery};
use crate::device::{Phone, SetUp};
use crate::error::PhoneError;
use crate::session::FORM;
use crate::transport::Endpoint;

/// Apple's public client, fixed in iOS.
pub const CLIENT_ID: &str = "f8d98a96-0999-43f5-8af3-69971c7bb423";
/// Where the web view must end; sent without a final slash.
pub const REDIRECT_URI: &str = "com.apple.Preferences://oauth-redirect";
/// The client tells that it understands a claims challenge.
const CLAIMS: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
/// What is asked for in the Entra-like mode, behind the server's address.
const SCOPE: &str = "EAS.AccessAsUser.All openid profile offline_access";

/// How iOS talks to the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// As to AD FS: the address as given, `resource`, no scope, no PKCE, `token` beside `authorize`.
    OnPremises,
    /// As to Entra ID: `v2.0` inserted, scope, PKCE, metadata, keys with `x5c`, a validated `id_token`.
    EntraLike,
}

/// What a configuration profile says about OAuth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthProfile {
    /// `OAuthSignInURL`.
    pub sign_in_url: String,
    /// `OAuthTokenRequestURL`.
    pub token_request_url: String,
}

/// How the account is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddAccount {
    /// \[Sign In\]: Microsoft's cloud knows nothing of the address, so the company's own Autodiscover is asked.
    SignIn,
    /// \[Configure Manually\]: the company's own Autodiscover at once.
    ConfigureManually,
    /// A profile whose addresses are used as they stand, in one of the modes: listings of iOS allow both.
    Profile(OAuthProfile, Mode),
    /// A profile, but the cloud was asked and failed and the company's own Autodiscover answered.
    ProfileThenDiscovery(OAuthProfile),
}

/// Where to sign in, and how.
struct Door {
    mode: Mode,
    authorize: String,
    /// The token endpoint that a profile names.
    token: Option<String>,
}

/// The one-time parts of a request to sign in.
struct Ticket {
    state: String,
    verifier: String,
}

impl Phone {
    /// Adds the account with OAuth: finds the server, has the person sign in on the server's pages, redeems the code and goes
    /// on as [`Phone::set_up`].
    pub async fn set_up_with_oauth(&mut self, way: &AddAccount, person: &Person) -> Result<SetUp, PhoneError> {
        let (found_by, door) = self.find_door(way).await?;
        let sign_in = door.authorize.clone();
        self.sign_in_at(&door, person).await?;
        self.finish_set_up(found_by, Some(sign_in)).await
    }

    /// The person taps "Sign In" again after the sign-in was over; contacts and state stay.
    pub async fn sign_in_again(&mut self, way: &AddAccount, person: &Person) -> Result<(), PhoneError> {
        let (_, door) = self.find_door(way).await?;
        self.sign_in_at(&door, person).await
    }

    async fn find_door(&mut self, way: &AddAccount) -> Result<(FoundBy, Door), PhoneError> {
        match way {
            AddAccount::Profile(profile, mode) => Ok((
                FoundBy::Given,
                Door {
                    mode: *mode,
                    authorize: profile.sign_in_url.clone(),
                    token: Some(profile.token_request_url.clone()),
                },
            )),
            AddAccount::SignIn | AddAccount::ConfigureManually | AddAccount::ProfileThenDiscovery(_) => {
                if self.config.discovery == Discovery::Skip {
                    return Err(PhoneError::NoServer(self.config.user.clone()));
                }
                let (found_by, authorize) = self.discover().await?;
                let authorize = authorize.ok_or(SignInFault::NoChallenge)?;
                Ok((found_by, Door { mode: Mode::OnPremises, authorize, token: None }))
            }
        }
    }

    async fn sign_in_at(&mut self, door: &Door, person: &Person) -> Result<(), PhoneError> {
        let ticket = Ticket { state: self.random_text(), verifier: self.random_text() };
        let resource = format!("{}/", self.transport.endpoint());
        let scope = format!("{resource}{SCOPE}");
        let address = self.authorize_address(door, &ticket, &resource, &scope)?;
        let callback = web_view::open(&self.config, &address, REDIRECT_URI, person).await?;
        if callback.state.as_deref() != Some(&ticket.state) {
            return Err(SignInFault::StateDiffers.into());
        }
        if let Some(error) = callback.error {
            return Err(SignInFault::Callback(error).into());
        }
        let code = callback.code.ok_or(SignInFault::NoCode)?;
        let metadata = match door.mode {
            Mode::OnPremises => None,
            Mode::EntraLike => {
                Some(format!("{}/common/v2.0/.well-known/openid-configuration", door.authorize.parse::<Endpoint>()?))
            }
        };
        let endpoint = match (&door.token, door.mode) {
            (Some(named), _) => named.clone(),
            (None, _) => sibling(&door.authorize),
        };
        let tokens = Tokens::new(door.mode, endpoint, metadata, scope);
        self.redeem(tokens, &code, &ticket.verifier).await?;
        self.config.credentials = Credentials::OAuth;
        Ok(())
    }

    fn authorize_address(
        &self,
        door: &Door,
        ticket: &Ticket,
        resource: &str,
        scope: &str,
    ) -> Result<String, PhoneError> {
        let challenge = id_token::sha256(ticket.verifier.as_bytes());
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", CLIENT_ID.to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("ui_locales", "de-de".to_owned()),
            ("display", "ios".to_owned()),
            ("state", ticket.state.clone()),
            ("login_hint", self.config.user.clone()),
        ];
        let address = match door.mode {
            Mode::OnPremises => {
                parameters.push(("resource", resource.to_owned()));
                parameters.push(("claims", CLAIMS.to_owned()));
                door.authorize.clone()
            }
            Mode::EntraLike => {
                parameters.push(("scope", scope.to_owned()));
                parameters.push(("code_challenge", URL_SAFE_NO_PAD.encode(challenge)));
                parameters.push(("code_challenge_method", "S256".to_owned()));
                with_v2(&door.authorize)
            }
        };
        if address.contains('?') {
            return Err(SignInFault::AddressWithQuery(address).into());
        }
        Ok(format!("{address}?{}", form_encoded(&parameters)))
    }

    /// Sixty-four hexadecimal digits from the phone's own source of randomness.
    fn random_text(&mut self) -> String {
        (0..64)
            .map(|_| char::from_digit(u32::try_from(self.transport.roll(16)).unwrap_or(0), 16).unwrap_or('0'))
            .collect()
    }
}

/// `/oauth2/authorize` becomes `/oauth2/v2.0/authorize`; an address that has it already stays.
fn with_v2(authorize: &str) -> String {
    match authorize.rsplit_once('/') {
        Some((before, last)) if !before.ends_with("/v2.0") => format!("{before}/v2.0/{last}"),
        _ => authorize.to_owned(),
    }
}

/// The token endpoint stands beside the authorize endpoint.
fn sibling(authorize: &str) -> String {
    let before = authorize.rsplit_once('/').map_or(authorize, |(before, _)| before);
    format!("{before}/token")
}

fn form_encoded(parameters: &[(&str, String)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v2_stands_before_the_last_part_of_the_path() {
        assert_eq!(with_v2("https://x.example/oauth2/authorize"), "https://x.example/oauth2/v2.0/authorize");
        assert_eq!(with_v2("https://x.example/oauth2/v2.0/authorize"), "https://x.example/oauth2/v2.0/authorize");
        assert_eq!(sibling("https://x.example/adfs/oauth2/authorize"), "https://x.example/adfs/oauth2/token");
    }
}

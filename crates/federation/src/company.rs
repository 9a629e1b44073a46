//! Signing in at the company's provider: the authorization code flow of OpenID Connect Core 3.1, with PKCE (RFC 7636),
//! a nonce, a state that only this browser has, and the check against mixed-up providers (RFC 9207).

use std::{collections::HashMap, fmt, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use hub::{Clock, Entropy};
use identity::{Secret, sources::ForeignPerson};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    claims::Admittance,
    error::{CompanyError, SettingsError, TokenFault},
    id_token::{self, Expected, equal},
    jws::{Claims, Jws},
    limits,
    provider::{Metadata, Provider},
    settings::{ClientAuthentication, CompanySettings},
    web::quoted,
};

/// The relying party. Clones share everything.
#[derive(Clone)]
pub struct Company {
    inner: Arc<Inner>,
}

struct Inner {
    provider: Provider,
    entropy: Arc<dyn Entropy>,
    settings: CompanySettings,
    secret: Option<Secret>,
    redirect_uri: String,
    admittance: Admittance,
}

impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Company").field("issuer", &self.inner.provider.issuer()).finish_non_exhaustive()
    }
}

/// How a sign-in begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Who probably wants to come in.
    pub login_hint: Option<String>,
    /// The person should choose among the accounts that the provider remembers, where it can ask for that.
    pub choose_account: bool,
}

/// Where the browser goes, and what must be there again when it comes back.
#[derive(Debug)]
pub struct Redirect {
    /// The provider's page.
    pub url: String,
    /// To be kept, sealed, in this browser alone, and used once.
    pub memory: Memory,
}

/// What ties an answer to the browser that began.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    issuer: String,
    state: String,
    nonce: String,
    verifier: String,
    began_at: i64,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Somebody whom the provider vouches for, and who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyPerson {
    /// Who.
    pub person: ForeignPerson,
    /// When they proved it there, in seconds since 1970, if the provider says so.
    pub auth_time: Option<i64>,
    /// How (RFC 8176), if the provider says so: `pwd`, `mfa`.
    pub amr: Vec<String>,
}

impl Company {
    /// `redirect_uri` is the address of the page that calls [`complete`](Self::complete), as registered with the
    /// provider. File names in the settings are relative to `folder`.
    ///
    /// # Errors
    /// Settings that make no sense, files that cannot be read. Nobody is asked anything yet.
    pub fn new(
        settings: CompanySettings,
        folder: &Path,
        redirect_uri: String,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let secret = settings.client_secret_file.as_deref().map(|file| crate::settings::secret(folder, file));
        let secret =
            secret.transpose().map_err(|error| SettingsError(format!("[company] client_secret_file: {error}")))?;
        let provider = Provider::new(&settings, folder, clock)?;
        let admittance = Admittance {
            claims: settings.claims.clone(),
            groups: settings.groups.clone(),
            create_people: settings.create_people,
        };
        Ok(Self { inner: Arc::new(Inner { provider, entropy, settings, secret, redirect_uri, admittance }) })
    }

    /// What the button says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.settings.name
    }

    /// The provider's issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.inner.provider.issuer()
    }

    /// What must be registered with the provider.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.inner.redirect_uri
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    pub(crate) fn settings(&self) -> &CompanySettings {
        &self.inner.settings
    }

    pub(crate) fn admittance(&self) -> &Admittance {
        &self.inner.admittance
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// The provider cannot be asked where its page is, or says something that cannot be used.
    pub async fn begin(&self, start: &Start) -> Result<Redirect, CompanyError> {
        let inner = &self.inner;
        let metadata = inner.provider.metadata().await?;
        let memory = Memory {
            issuer: inner.provider.issuer().to_owned(),
            state: self.draw(),
            nonce: self.draw(),
            verifier: self.draw(),
            began_at: inner.provider.now(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&memory.verifier));
        let mut url = metadata.authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &inner.settings.client_id)
                .append_pair("redirect_uri", &inner.redirect_uri)
                .append_pair("scope", &inner.settings.scopes.join(" "))
                .append_pair("state", &memory.state)
                .append_pair("nonce", &memory.nonce)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if let Some(hint) = start.login_hint.as_deref().filter(|hint| hint.len() <= limits::CLAIM_BYTES) {
                query.append_pair("login_hint", hint);
            }
            if start.choose_account && inner.settings.select_account {
                query.append_pair("prompt", "select_account");
            }
        }
        Ok(Redirect { url: url.into(), memory })
    }

    /// Ends a sign-in: `query` is what the browser brought to the redirect URI, `memory` what it was sent away with.
    ///
    /// # Errors
    /// The provider or the person said no, the answer belongs to another sign-in, or proves nothing, or the person may
    /// not come in.
    pub async fn complete(&self, memory: &Memory, query: &str) -> Result<CompanyPerson, CompanyError> {
        let inner = &self.inner;
        let callback = Callback::read(query)?;
        let state = callback.state.as_deref().ok_or(CompanyError::NotBegunHere)?;
        if memory.issuer != inner.provider.issuer() || !equal(state, &memory.state) {
            return Err(CompanyError::NotBegunHere);
        }
        let took = inner.provider.now().saturating_sub(memory.began_at);
        if !(0..=limits::SIGN_IN).contains(&took) {
            return Err(CompanyError::TookTooLong);
        }
        let metadata = inner.provider.metadata().await?;
        let mix_up = |got: &str| CompanyError::MixUp { expected: memory.issuer.clone(), got: got.to_owned() };
        match callback.iss.as_deref() {
            Some(issuer) if issuer != memory.issuer => return Err(mix_up(issuer)),
            None if metadata.names_itself => return Err(mix_up("")),
            _ => {}
        }
        if let Some(error) = callback.error {
            let said = quoted(callback.description.as_deref().unwrap_or_default());
            return Err(match &*error {
                "access_denied" => CompanyError::Declined { said },
                _ => CompanyError::Refused { error, said },
            });
        }
        let code = callback.code.ok_or(CompanyError::Callback("it has neither code nor error"))?;
        let tokens = self.redeem(&metadata, &code, &memory.verifier).await?;
        self.person(&metadata, memory, tokens).await
    }

    async fn redeem(&self, metadata: &Metadata, code: &str, verifier: &str) -> Result<Tokens, CompanyError> {
        let inner = &self.inner;
        let client_id = &*inner.settings.client_id;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*inner.redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut basic = None;
        match (&inner.secret, inner.settings.client_authentication.unwrap_or(metadata.client_authentication)) {
            (Some(secret), ClientAuthentication::Basic) => basic = Some((client_id, secret.reveal())),
            (Some(secret), ClientAuthentication::Post) => {
                fields.extend([("client_id", client_id), ("client_secret", secret.reveal())]);
            }
            (None, _) => fields.push(("client_id", client_id)),
        }
        let url = &metadata.token_endpoint;
        let answer = inner.provider.web().form(url, &fields, basic).await?;
        if answer.status == StatusCode::OK {
            return Tokens::read(&answer.object(url)?).ok_or_else(|| CompanyError::NotUnderstood {
                url: crate::web::shown(url),
                reason: "it has no id_token; is \"openid\" among the scopes that this client may ask for?".to_owned(),
            });
        }
        let refused = if answer.status.is_client_error() { answer.object(url).ok() } else { None };
        let text = |name| refused.as_ref().and_then(|answer| answer.get(name)).and_then(Value::as_str);
        let said = quoted(text("error_description").unwrap_or_default());
        Err(match text("error") {
            Some("invalid_client" | "unauthorized_client") => {
                CompanyError::ClientRefused { client_id: client_id.to_owned(), said }
            }
            Some("invalid_grant") => CompanyError::CodeRefused { redirect_uri: inner.redirect_uri.clone(), said },
            Some(error) => {
                CompanyError::Refused { error: quoted(error).trim_start_matches([':', ' ']).to_owned(), said }
            }
            None => answer.as_error(url),
        })
    }

    async fn person(
        &self,
        metadata: &Metadata,
        memory: &Memory,
        tokens: Tokens,
    ) -> Result<CompanyPerson, CompanyError> {
        let inner = &self.inner;
        let jws = Jws::read(tokens.id_token.reveal(), &metadata.algorithms)?;
        let mut claims = inner.provider.verify(&jws).await?;
        let access_token = tokens.access_token.as_ref().map(Secret::reveal);
        let expected = Expected {
            issuer: &memory.issuer,
            client_id: &inner.settings.client_id,
            nonce: &memory.nonce,
            access_token,
            now: inner.provider.now().div_euclid(1_000_000),
        };
        id_token::check(&claims, jws.algorithm, &expected)?;
        let auth_time = claims.get("auth_time").and_then(Value::as_i64);
        let amr = match claims.get("amr") {
            Some(Value::Array(methods)) => methods.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if inner.admittance.lacks(&claims) {
            self.add_user_info(metadata, &mut claims, access_token).await?;
        }
        let person = inner.admittance.person(&memory.issuer, &claims)?;
        Ok(CompanyPerson { person, auth_time, amr })
    }

    /// Adds what the provider says beside the ID token (Core 5.3). What the token says stays: it is signed.
    async fn add_user_info(
        &self,
        metadata: &Metadata,
        claims: &mut Claims,
        access_token: Option<&str>,
    ) -> Result<(), CompanyError> {
        let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, access_token) else { return Ok(()) };
        let more = match self.inner.provider.web().object(url, Some(token)).await {
            Ok(more) => more,
            // A provider that has nothing to add; what is missing is told by whoever needs it.
            Err(CompanyError::Status { status, .. }) if status < 500 => return Ok(()),
            Err(error) => return Err(error),
        };
        // Core 5.3.2: without this, one person's token could be answered with another's claims.
        if more.get("sub").and_then(Value::as_str) != claims.get("sub").and_then(Value::as_str) {
            return Err(TokenFault::Subject.into());
        }
        // An address and whether it is verified are taken from the same place.
        if claims.contains_key("email") {
            claims.entry("email_verified").or_insert(Value::Null);
        }
        for (name, value) in more {
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// 256 random bits as text.
    fn draw(&self) -> String {
        let mut bytes = [0; 32];
        self.inner.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What the token endpoint gave.
struct Tokens {
    id_token: Secret,
    access_token: Option<Secret>,
}

impl Tokens {
    /// `None` without an ID token.
    fn read(answer: &Map<String, Value>) -> Option<Self> {
        let text = |name| answer.get(name).and_then(Value::as_str).map(Secret::new);
        // RFC 6749 7.1: a token of an unknown type must not be used.
        let bearer =
            answer.get("token_type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        Some(Self { id_token: text("id_token")?, access_token: text("access_token").filter(|_| bearer) })
    }
}

/// What the browser brought back.
struct Callback {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Callback {
    fn read(query: &str) -> Result<Self, CompanyError> {
        if query.len() > limits::CALLBACK_BYTES {
            return Err(CompanyError::Callback("it is too long"));
        }
        let mut values = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // RFC 6749 3.1: no parameter twice. Whoever reads the first one and whoever reads the last one disagree.
            if values.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(CompanyError::Callback("it has a parameter twice"));
            }
        }
        let mut take = |name| values.remove(name).filter(|value| !value.is_empty());
        let callback = Self {
            state: take("state"),
            code: take("code"),
            iss: take("iss"),
            error: take("error").map(|error| quoted(&error).trim_start_matches([':', ' ']).to_owned()),
            description: take("error_description"),
        };
        if callback.code.is_some() && callback.error.is_some() {
            return Err(CompanyError::Callback("it has both code and error"));
        }
        Ok(callback)
    }
}

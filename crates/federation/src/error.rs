//! What can go wrong between a company's provider and us, each as a sentence an administrator can act on.

/// Why a sign-in at the company's provider, or with its token, came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompanyError {
    // --- the provider cannot be used now
    /// No connection, or no answer in time.
    #[error("the provider cannot be reached at {url}: {reason}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What happened.
        reason: String,
    },
    /// An answer that is an error.
    #[error("the provider answered {status} at {url}{said}")]
    Status {
        /// Where it was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What else it said, behind a colon; may be empty.
        said: String,
    },
    /// It was asked a moment ago and did not answer well.
    #[error("the provider did not answer a moment ago; it is asked again in some seconds")]
    AskedJustNow,

    // --- the provider or the settings are wrong
    /// Redirects are not followed: whoever answers them could be anybody.
    #[error("{url} redirects to {to}; put the final address into the settings")]
    Redirected {
        /// Where it was asked.
        url: String,
        /// Where it points.
        to: String,
    },
    /// More than anybody needs to say.
    #[error("the answer at {url} is longer than {} KiB; that is no answer of an OpenID Connect provider", crate::limits::ANSWER_BYTES / 1024)]
    TooLong {
        /// Where it was asked.
        url: String,
    },
    /// Not what the specification wants there.
    #[error("the answer at {url} is not what OpenID Connect wants there: {reason}")]
    NotUnderstood {
        /// Where it was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// OpenID Connect Discovery 4.3: the document must name the issuer it was asked for, to the letter.
    #[error(
        "the provider calls itself {announced:?}, the settings say issuer = {configured:?}; they must be equal to the letter{}",
        template_hint(announced)
    )]
    IssuerDiffers {
        /// In the settings.
        configured: String,
        /// In the provider's document.
        announced: String,
    },
    /// Secrets and codes only go over TLS.
    #[error("the provider's {what} is {url:?}; it must begin with https:// (http:// only on this machine)")]
    NotSecure {
        /// Which address.
        what: &'static str,
        /// The address.
        url: String,
    },
    /// The provider signs with algorithms that prove nothing to a relying party, or says none.
    #[error(
        "the provider announces no signature algorithm that is accepted here (RS256, ES256, PS256, EdDSA and their like)"
    )]
    NoAlgorithm,
    /// `invalid_client`.
    #[error(
        "the provider does not accept client_id {client_id:?} or its secret{said}; check client_id and client_secret_file, and whether the secret has expired"
    )]
    ClientRefused {
        /// In the settings.
        client_id: String,
        /// What the provider said, behind a colon; may be empty.
        said: String,
    },
    /// `invalid_grant`: usually a redirect URI that is not the registered one, or a page that was loaded twice.
    #[error(
        "the provider did not accept the code{said}; begin again, and if that does not help check that {redirect_uri} is registered there to the letter"
    )]
    CodeRefused {
        /// Ours.
        redirect_uri: String,
        /// What the provider said, behind a colon; may be empty.
        said: String,
    },
    /// Another error code of OAuth.
    #[error("the provider refused: {error}{said}")]
    Refused {
        /// The error code.
        error: String,
        /// What the provider said, behind a colon; may be empty.
        said: String,
    },

    // --- what came back does not belong to what went out
    /// The person, or the provider on their behalf, said no.
    #[error("the provider did not let this person in{said}")]
    Declined {
        /// What the provider said, behind a colon; may be empty.
        said: String,
    },
    /// No sign-in of this browser is waiting for this answer.
    #[error("this answer does not belong to a sign-in that was begun in this browser; begin again")]
    NotBegunHere,
    /// The person took too long.
    #[error("the sign-in was begun more than {} minutes ago; begin again", crate::limits::SIGN_IN / 60_000_000)]
    TookTooLong,
    /// RFC 9207: the answer of another provider than the one that was asked.
    #[error(
        "the sign-in was begun at {expected:?}, the answer comes from {got:?}; somebody may be mixing up providers"
    )]
    MixUp {
        /// Who was asked.
        expected: String,
        /// Who answered; empty when it does not say although it announces that it does.
        got: String,
    },
    /// Neither code nor error, or one of them twice.
    #[error("the provider's answer cannot be read: {0}")]
    Callback(&'static str),
    /// The token proves nothing.
    #[error("the provider's token is not accepted: {0}")]
    Token(#[from] TokenFault),

    // --- the person
    /// A claim that the settings want is missing.
    #[error(
        "the provider says nothing under {claim:?} about this person ([company.claims] {setting}); let it send that claim, or name another one"
    )]
    ClaimMissing {
        /// The claim's name.
        claim: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A claim is there, and of no use.
    #[error("{claim:?} is {value:?}, which is no {wanted}")]
    ClaimUnfit {
        /// The claim's name.
        claim: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        wanted: &'static str,
    },
    /// Anybody can claim an address that nobody has checked.
    #[error(
        "the provider does not say that {email} is verified; if its addresses can be trusted because only the company sets them, say email_trusted = true in [company.claims]"
    )]
    EmailNotVerified {
        /// The address.
        email: String,
    },
    /// Entra leaves the groups out when there are more than 200 (150 in SAML, 6 in implicit flows).
    #[error(
        "{email} is in more groups than the provider puts into a token; let it send only the groups that are assigned to this application (Entra: \"Groups assigned to the application\"), or application roles"
    )]
    GroupOverage {
        /// Who.
        email: String,
    },
    /// Not in any group that may come in.
    #[error("{email} is in none of the groups that may sign in")]
    NotInGroup {
        /// Who.
        email: String,
        /// Under which issuer the provider knows them ...
        issuer: String,
        /// ... and as what, so that what they were let in with before can be ended.
        subject: String,
    },
}

fn template_hint(announced: &str) -> &'static str {
    if announced.contains("{tenantid}") {
        " (put the tenant's id in the place of \"common\" or \"organizations\": every other tenant's people would be let in)"
    } else {
        ""
    }
}

/// What helps against an error, for the page that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Trying again, after a while.
    Later,
    /// Beginning the sign-in anew.
    BeginAgain,
    /// An administrator's decision about this person.
    Permission,
    /// An administrator's work on settings, here or at the provider.
    Settings,
}

impl CompanyError {
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Unreachable { .. } | Self::AskedJustNow | Self::Token(TokenFault::KeysUnknown(_)) => Remedy::Later,
            Self::Status { status, .. } if *status >= 500 || *status == 429 => Remedy::Later,
            Self::NotBegunHere
            | Self::TookTooLong
            | Self::MixUp { .. }
            | Self::Callback(_)
            | Self::CodeRefused { .. } => Remedy::BeginAgain,
            Self::Declined { .. } | Self::NotInGroup { .. } => Remedy::Permission,
            Self::Refused { error, .. } if matches!(&**error, "temporarily_unavailable" | "server_error") => {
                Remedy::Later
            }
            Self::Refused { error, .. }
                if matches!(&**error, "login_required" | "interaction_required" | "consent_required") =>
            {
                Remedy::BeginAgain
            }
            _ => Remedy::Settings,
        }
    }
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three parts of base64url with JSON in the first two, or too long.
    #[error("it is no signed JWT")]
    Malformed,
    /// `none`, an algorithm with a shared key, one nobody knows, or one the provider does not announce.
    #[error("it is signed with {0:?}, which the provider does not announce or which proves nothing")]
    Algorithm(String),
    /// The header demands something that is not understood (RFC 7515 4.1.11).
    #[error("its header demands an extension that is not understood")]
    Critical,
    /// The provider's key set has no such key.
    #[error("the provider has no key {0:?} for it")]
    KeyUnknown(String),
    /// The provider's keys could not be fetched.
    #[error("the provider's keys are not known: {0}")]
    KeysUnknown(String),
    /// Somebody changed it, or somebody else signed it.
    #[error("its signature is wrong")]
    Signature,
    /// `iss`.
    #[error("it was issued by {got:?}, not by {expected:?}")]
    Issuer {
        /// In the settings.
        expected: String,
        /// In the token.
        got: String,
    },
    /// `aud`.
    #[error("it is meant for {got}, not for {expected:?}")]
    Audience {
        /// Ours.
        expected: String,
        /// In the token.
        got: String,
    },
    /// `azp`.
    #[error("it was issued to another client, {0:?}")]
    AuthorizedParty(String),
    /// `exp` has passed.
    #[error("it expired {0} seconds ago; if it is new, the clock of this machine or of the provider is wrong")]
    Expired(i64),
    /// `nbf` or `iat` have not come yet.
    #[error("it is from {0} seconds in the future; the clock of this machine or of the provider is wrong")]
    Future(i64),
    /// `iat` of an ID token is long ago.
    #[error(
        "it is {0} seconds old; the clock of this machine or of the provider is wrong, or it is an old one played again"
    )]
    Old(i64),
    /// A claim that must be there is not, or is of another type.
    #[error("its claim {0:?} is missing or cannot be read")]
    Claim(&'static str),
    /// It belongs to another sign-in.
    #[error("it belongs to another sign-in (nonce)")]
    Nonce,
    /// The access token is not the one it was issued with.
    #[error("the access token beside it is another one (at_hash)")]
    AccessTokenHash,
    /// The user information is about somebody else.
    #[error("the provider's user information is about somebody else (sub)")]
    Subject,
    /// An access token without the scope for this path.
    #[error("it lacks the scope {0:?}")]
    Scope(String),
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

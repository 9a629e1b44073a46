//! What makes a sign-in fail on an iPhone.

use thiserror::Error;

/// A rule of the sign-in that the server broke, or the person's own end of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignInFault {
    /// No 401 with a Bearer challenge: the phone asks for a password instead.
    #[error("the server does not ask for OAuth")]
    NoChallenge,
    /// Parameters are appended with a question mark.
    #[error("the address to sign in at has a query: {0}")]
    AddressWithQuery(String),
    /// The web view shows an error page.
    #[error("the page answered HTTP {0}: {1}")]
    Page(u16, String),
    /// The page has no form that the person could send.
    #[error("there is nothing to fill in on the page: {0}")]
    NoForm(String),
    /// The browser does not send the form, or does not follow its redirect.
    #[error("the page's own Content-Security-Policy forbids to go to {0}")]
    FormActionForbids(String),
    /// The pages never end.
    #[error("the pages go round in circles")]
    Circles,
    /// The wrong password was not taken, or the account is not let in.
    #[error("the person is not let in: {0}")]
    NotLetIn(String),
    /// A callback that answers another request.
    #[error("the callback's state is not the one that was sent")]
    StateDiffers,
    /// `error` came back.
    #[error("the sign-in ended with {0}")]
    Callback(String),
    /// Neither code nor error came back.
    #[error("the callback has no code")]
    NoCode,
    /// The token endpoint's answer is not what iOS takes.
    #[error("the token answer: {0}")]
    TokenAnswer(String),
    /// The token endpoint refused.
    #[error("the token endpoint answered HTTP {status} ({error})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// `error`.
        error: String,
    },
    /// An `id_token` iOS does not accept.
    #[error("the id_token: {0}")]
    IdToken(String),
    /// Metadata or keys cannot be used.
    #[error("the metadata: {0}")]
    Metadata(String),
    /// Somebody else signed in.
    #[error("the account is {expected}, but {got} signed in")]
    OtherPerson {
        /// Whose account it is.
        expected: String,
        /// Who signed in.
        got: String,
    },
}

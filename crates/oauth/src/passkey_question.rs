//! What a browser was asked about a passkey, kept sealed in a cookie of its own until it answers: good for one page of one
//! sign-in, for a few minutes.

use http::HeaderValue;
use hub::AccountId;
use identity::second_factor::PasskeyChallenge;
use serde::{Deserialize, Serialize};

use crate::{
    cookies::{self, Jar},
    limits,
    progress::FormToken,
    visit::Visit,
};

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// To show one, in the middle of a sign-in.
    Show,
    /// To add one.
    Add,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    wish: Wish,
    account: String,
    /// Of the page's forms, which is drawn anew with each sign-in.
    token: FormToken,
    /// Microseconds since 1970.
    at: i64,
    state: String,
}

/// The cookie that keeps a question; `None` when it is too long for one, and then it cannot be asked.
pub(crate) fn keep(
    visit: &Visit,
    wish: Wish,
    account: AccountId,
    token: &FormToken,
    challenge: &PasskeyChallenge,
) -> Option<HeaderValue> {
    let (account, token, state) = (account.to_string(), token.clone(), challenge.state.clone());
    let asked = Asked { wish, account, token, at: visit.now, state };
    cookies::keep(&visit.service, Jar::Passkey, &asked).ok()
}

/// The state of the question, if this browser was asked it for this, on this page, not long ago.
pub(crate) fn kept(visit: &Visit, wish: Wish, account: AccountId, token: &FormToken) -> Option<String> {
    let asked: Asked = cookies::kept(&visit.service, &visit.headers, Jar::Passkey)?;
    let recent = (0..limits::PASSKEY_WAIT).contains(&visit.now.saturating_sub(asked.at));
    let same = asked.wish == wish && asked.account == account.to_string() && asked.token == *token;
    (recent && same).then_some(asked.state)
}

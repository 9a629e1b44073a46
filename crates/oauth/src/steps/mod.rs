//! The steps a person takes in the browser: one file per page, what it shows and what its forms do.
//!
//! To add a step (a second factor, terms of use): its file here, its page under `pages`, and its place in
//! [`Progress::next_page`](crate::progress::Progress::next_page).

pub(crate) mod account;
pub(crate) mod cancel;
pub(crate) mod choose;
pub(crate) mod company;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod enrol;
pub(crate) mod help;
pub(crate) mod own_devices;
pub(crate) mod own_factors;
pub(crate) mod password;
pub(crate) mod second_factor;

use axum::response::Response;
use http::HeaderValue;

use crate::{
    answers,
    pages::error::PageError,
    progress::{Progress, SignedIn},
    visit::Visit,
};

/// Somebody has proved who they are, with everything that is asked of them: the sign-in goes on, and the browser knows
/// them from now on.
pub(crate) fn signed_in(visit: &Visit, mut progress: Progress, person: SignedIn) -> Result<Response, PageError> {
    let cookies = remembered(visit, &mut progress, person)?;
    Ok(answers::see_other(progress.next_page(), cookies))
}

/// The cookies of a browser in which somebody has proved who they are.
fn remembered(visit: &Visit, progress: &mut Progress, person: SignedIn) -> Result<[HeaderValue; 2], PageError> {
    let mut browser = visit.browser();
    browser.remember(&visit.service, person.clone());
    progress.signed_in(&visit.service, person);
    Ok([visit.keep_progress(progress)?, visit.keep_browser(&browser)?])
}

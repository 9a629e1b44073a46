//! Who fills in the pages.

use std::{fmt, sync::Arc};

/// What happens whenever the person has a page in front of them; it is given the page's words.
type OnPage = Arc<dyn Fn(&str) + Send + Sync>;

/// A person in front of the web view.
#[derive(Clone, Default)]
pub struct Person {
    /// What they type as user name.
    pub login: String,
    /// What they type as password.
    pub password: String,
    /// What they type as one-time code.
    pub code: Option<String>,
    /// They press the button that refuses.
    pub refuses: bool,
    /// What happens while they look at a page, before they send its form.
    pub on_page: Option<OnPage>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("login", &self.login).field("refuses", &self.refuses).finish_non_exhaustive()
    }
}

impl Person {
    /// Somebody who knows a password and agrees.
    pub fn new(login: &str, password: &str) -> Self {
        Self { login: login.to_owned(), password: password.to_owned(), ..Self::default() }
    }

    /// What they type into a field; `None` leaves it as it is.
    pub(super) fn types(&self, kind: &str, autocomplete: &str) -> Option<&str> {
        if kind == "password" {
            Some(&self.password)
        } else if autocomplete.contains("one-time-code") {
            self.code.as_deref()
        } else if kind == "email" || autocomplete.contains("username") {
            Some(&self.login)
        } else {
            None
        }
    }
}

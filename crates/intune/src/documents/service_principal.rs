//! `servicePrincipal`: an app as this tenant knows it.

use serde::Serialize;

use super::Document;

/// Apple's client for native accounts: "iOS Accounts" until 2020, now "Apple Internet Accounts". Match by id only.
pub const APPLE_INTERNET_ACCOUNTS: &str = "f8d98a96-0999-43f5-8af3-69971c7bb423";

/// An app of another publisher, taken into this tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// The app.
    pub app_id: String,
    /// Whether people may sign in to it.
    pub account_enabled: bool,
}

impl ServicePrincipal {
    /// Apple's client.
    pub fn apple_internet_accounts() -> Self {
        Self { app_id: APPLE_INTERNET_ACCOUNTS.to_owned(), account_enabled: true }
    }
}

impl Document for ServicePrincipal {
    const TYPE: &'static str = "servicePrincipal";
}

//! `oAuth2PermissionGrant`: consent to an app on behalf of people.

use serde::Serialize;

use super::Document;

/// Contacts, mail and calendar of the person who signed in, by ActiveSync.
pub const EAS_SCOPE: &str = "EAS.AccessAsUser.All";

/// Consent for everybody in the tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth2PermissionGrant {
    /// Object id of the client's service principal.
    pub client_id: String,
    /// Always all principals.
    pub consent_type: ConsentType,
    /// Object id of the resource's service principal.
    pub resource_id: String,
    /// Scopes, with spaces between.
    pub scope: String,
}

/// For whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ConsentType {
    /// For everybody.
    AllPrincipals,
}

impl OAuth2PermissionGrant {
    /// ActiveSync for Apple's client; the ids are those of the tenant's own objects.
    pub fn active_sync(client_id: String, resource_id: String) -> Self {
        Self { client_id, consent_type: ConsentType::AllPrincipals, resource_id, scope: EAS_SCOPE.to_owned() }
    }
}

impl Document for OAuth2PermissionGrant {
    const TYPE: &'static str = "oAuth2PermissionGrant";
}

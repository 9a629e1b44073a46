//! Intune's, Entra's and Exchange Online's objects, one file each, named as Microsoft Graph names them.
//!
//! A document is what is sent when the object is created: exact property names, enums as types, nothing read-only. To
//! add one: a file here, its table in `data/graph-metadata.json`, a [`Collection`](crate::collection::Collection) for where it lives.

use serde::Serialize;
use serde_json::Value;

pub mod assignment;
pub mod conditional_access_policy;
pub mod device_and_app_management_assignment_filter;
pub mod ios_compliance_policy;
pub mod ios_custom_configuration;
pub mod ios_device_features_configuration;
pub mod ios_eas_email_profile_configuration;
pub mod ios_general_device_configuration;
pub mod ios_managed_app_protection;
pub mod ios_mobile_app_configuration;
pub mod managed_mobile_app;
pub mod oauth2_permission_grant;
pub mod outlook;
pub mod service_principal;
pub mod targeted_managed_app_configuration;

/// The default scope tag: every administrator of the tenant sees the object.
pub(crate) fn default_scope_tags() -> Vec<String> {
    vec!["0".to_owned()]
}

/// An object as Graph takes it.
pub trait Document: Serialize {
    /// Such as `iosCompliancePolicy`, without `#microsoft.graph.`.
    const TYPE: &'static str;

    /// The body of a create, with `@odata.type`.
    ///
    /// # Errors
    /// When a value cannot be written as JSON; no document of this crate has such values.
    fn body(&self) -> serde_json::Result<Value> {
        let mut body = serde_json::to_value(self)?;
        if let Some(members) = body.as_object_mut() {
            members.insert("@odata.type".to_owned(), Value::String(format!("#microsoft.graph.{}", Self::TYPE)));
        }
        Ok(body)
    }
}

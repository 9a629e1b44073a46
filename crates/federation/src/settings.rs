//! The sections `[company]` and `[ldap]` of the settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use hub::AccessPath;
use serde::Deserialize;

use crate::error::SettingsError;

/// `[company]`: people sign in at this OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanySettings {
    /// The provider's issuer, to the letter as its discovery document says it.
    pub issuer: String,
    /// What the provider knows Bothways as.
    pub client_id: String,
    /// A file with the client's secret, relative to the data folder. A public client has none.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// How the secret is sent; as the provider announces it, without this.
    #[serde(default)]
    pub client_authentication: Option<ClientAuthentication>,
    /// What the button on the sign-in page says.
    #[serde(default = "company_name")]
    pub name: String,
    /// The provider knows `prompt=select_account`, and is asked to show its choice of accounts to people of whom nobody
    /// here knows who they are. Not every provider does; some refuse the request then.
    #[serde(default)]
    pub select_account: bool,
    /// What the provider is asked for.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// PEM certificates of the authorities that may vouch for the provider; the system's without it.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// People who are not known here are added when they come in for the first time.
    #[serde(default)]
    pub create_people: bool,
    /// Only people in one of these groups may come in; everybody when there are none. As they are after
    /// [`ClaimSettings::group_names`].
    #[serde(default)]
    pub groups: Vec<String>,
    /// What the provider's claims mean.
    #[serde(default)]
    pub claims: ClaimSettings,
    /// The provider's own access tokens, if they are to be accepted.
    #[serde(default)]
    pub tokens: Option<TokenSettings>,
}

/// How a client proves itself at the token endpoint (OpenID Connect Core 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuthentication {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

fn company_name() -> String {
    "Company account".to_owned()
}

fn scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

/// `[company.claims]`: under which names the provider says what. A name with dots that is no claim by itself leads into
/// objects, such as `realm_access.roles`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimSettings {
    /// What never changes about a person. Entra's `sub` differs from application to application; its `oid` does not.
    pub subject: String,
    /// The address a person is known by here.
    pub email: String,
    /// The address is the company's word, even where `email_verified` is not said or another claim is taken for it.
    pub email_trusted: bool,
    /// The person's name.
    pub name: String,
    /// A list of groups or roles; without it nothing is known about groups.
    pub groups: Option<String>,
    /// Names for groups that the provider knows by number.
    pub group_names: BTreeMap<String, String>,
}

impl Default for ClaimSettings {
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            email: "email".to_owned(),
            email_trusted: false,
            name: "name".to_owned(),
            groups: None,
            group_names: BTreeMap::new(),
        }
    }
}

/// `[company.tokens]`: the provider's access tokens open paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// What the tokens are meant for: one of these must be in `aud`.
    pub audiences: Vec<String>,
    /// What the tokens name as their issuer, where that is not the provider's: Entra's tokens of version 1, AD FS.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The scope (or application role) that opens a path, by the path's name. A path that is not named stays closed.
    pub scopes: BTreeMap<String, String>,
}

/// `[ldap]`: passwords are checked by a directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// `ldaps://host` or `ldap://host`, with a port where it is not the usual one. They are tried in order.
    pub urls: Vec<String>,
    /// Begin TLS on an `ldap://` connection before anything is said.
    #[serde(default)]
    pub start_tls: bool,
    /// PEM certificates of the authorities that may vouch for the directory; the system's without it.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Whose defaults hold.
    #[serde(default)]
    pub kind: LdapKind,
    /// Where people are, such as `dc=example,dc=com`.
    pub base: String,
    /// Who searches; nobody (an anonymous search) without it.
    #[serde(default)]
    pub bind_dn: Option<String>,
    /// A file with that one's password, relative to the data folder.
    #[serde(default)]
    pub bind_password_file: Option<PathBuf>,
    /// Instead of a search before the password is known: the name to bind as, with `{name}` for what was typed. Either
    /// a DN (`uid={name},ou=people,dc=example,dc=com`) or, for Active Directory, `{name}@example.com`.
    #[serde(default)]
    pub bind_template: Option<String>,
    /// Finds a person, with `{name}` for what was typed.
    #[serde(default)]
    pub filter: Option<String>,
    /// The attribute with the address a person is known by here.
    #[serde(default = "mail")]
    pub email: String,
    /// The attribute with the name.
    #[serde(default)]
    pub name: Option<String>,
    /// The attribute that never changes.
    #[serde(default)]
    pub subject: Option<String>,
    /// Where a person's groups are found.
    #[serde(default)]
    pub group_source: GroupSource,
    /// Where groups are, for a search; `base` without it.
    #[serde(default)]
    pub group_base: Option<String>,
    /// Finds the groups of a person, with `{dn}` for theirs and `{name}` for what was typed.
    #[serde(default = "group_filter")]
    pub group_filter: String,
    /// The attribute with a group's name.
    #[serde(default = "cn")]
    pub group_name: String,
    /// Only people in one of these groups may come in; everybody when there are none.
    #[serde(default)]
    pub groups: Vec<String>,
    /// People who are not known here are added when they come in for the first time.
    #[serde(default)]
    pub create_people: bool,
    /// Seconds that one question may take.
    #[serde(default = "seconds")]
    pub timeout_seconds: u16,
}

fn mail() -> String {
    "mail".to_owned()
}

fn group_filter() -> String {
    "(|(member={dn})(uniqueMember={dn})(memberUid={name}))".to_owned()
}

fn cn() -> String {
    "cn".to_owned()
}

fn seconds() -> u16 {
    5
}

/// Whose habits a directory has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LdapKind {
    /// OpenLDAP, 389 and other directories with `inetOrgPerson` and `entryUUID`.
    #[default]
    Openldap,
    /// Active Directory.
    ActiveDirectory,
}

/// Where a person's groups are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupSource {
    /// In the person's `memberOf`; the first name of each DN.
    #[default]
    MemberOf,
    /// By a search.
    Search,
    /// Nowhere: what is known here stays.
    None,
}

impl LdapKind {
    pub(crate) fn filter(self) -> &'static str {
        match self {
            Self::Openldap => "(&(objectClass=person)(|(uid={name})(mail={name})))",
            Self::ActiveDirectory => {
                "(&(objectCategory=person)(objectClass=user)(|(userPrincipalName={name})(mail={name})(sAMAccountName={name})))"
            }
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Openldap => "cn",
            Self::ActiveDirectory => "displayName",
        }
    }

    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Openldap => "entryUUID",
            Self::ActiveDirectory => "objectGUID",
        }
    }
}

impl CompanySettings {
    /// Says what makes no sense, before anybody is asked anything.
    pub fn check(&self) -> Result<(), SettingsError> {
        let complain = |text: String| Err(SettingsError(format!("[company] {text}")));
        if let Err(error) = crate::web::secure("issuer", &self.issuer) {
            return complain(error.to_string());
        }
        if self.client_id.is_empty() {
            return complain("client_id is empty".to_owned());
        }
        if !self.scopes.iter().any(|scope| scope == "openid") {
            return complain("scopes must hold \"openid\"".to_owned());
        }
        if !self.groups.is_empty() && self.claims.groups.is_none() {
            return complain("groups needs [company.claims] groups, the claim that lists them".to_owned());
        }
        let Some(tokens) = &self.tokens else { return Ok(()) };
        if tokens.audiences.is_empty() || tokens.scopes.is_empty() {
            return complain("[company.tokens] needs audiences and scopes".to_owned());
        }
        let unknown = |name: &&String| AccessPath::ALL.iter().all(|path| path.name() != **name);
        match tokens.scopes.keys().find(unknown) {
            Some(name) => complain(format!("[company.tokens.scopes] {name:?} is no path")),
            None => Ok(()),
        }
    }
}

/// A secret from a file, without the end of line that editors add.
pub(crate) fn secret(folder: &Path, file: &Path) -> Result<identity::Secret, SettingsError> {
    let file = folder.join(file);
    let text = std::fs::read_to_string(&file).map_err(|error| SettingsError(format!("{}: {error}", file.display())))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(['\r', '\n', '\0']) {
        return Err(SettingsError(format!("{} must hold one line", file.display())));
    }
    Ok(identity::Secret::new(line))
}

//! What an administrator's check of an installation asks: is the provider there, does the directory answer.

use crate::{CompanyError, company::Company, ldap::LdapPasswords};

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, in a word or two.
    pub what: &'static str,
    /// What was found.
    pub found: Result<String, Problem>,
}

/// Something to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub wrong: String,
    /// What to do about it.
    pub fix: String,
}

impl Company {
    /// Asks the provider for its document and its keys. The redirect URI cannot be asked for; it is told.
    pub async fn examine(&self) -> Vec<Check> {
        let found = match self.provider().examine().await {
            Ok(keys) => Ok(format!("{} answers and has {keys} keys", self.issuer())),
            Err(error) => Err(Problem { fix: fix(&error).to_owned(), wrong: error.to_string() }),
        };
        let redirect = format!("{} must be registered with the provider to the letter", self.redirect_uri());
        vec![Check { what: "company sign-in", found }, Check { what: "redirect URI", found: Ok(redirect) }]
    }
}

fn fix(error: &CompanyError) -> &'static str {
    match error {
        CompanyError::IssuerDiffers { .. } => "set issuer in [company] to what the provider calls itself",
        CompanyError::Unreachable { .. } => {
            "check the address in [company] issuer, DNS, the firewall, and ca_file if the provider has a certificate of the company's own authority"
        }
        _ => "check [company] issuer against the provider's documentation",
    }
}

impl LdapPasswords {
    /// Connects, lets the searching one in, and looks at the base.
    pub async fn examine(&self) -> Check {
        let found = self.look().await.map_err(|error| Problem {
            wrong: error.to_string(),
            fix: "check [ldap] urls, start_tls, ca_file, base, bind_dn and bind_password_file".to_owned(),
        });
        Check { what: "directory", found }
    }
}

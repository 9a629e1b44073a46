//! What a provider's claims say about a person.

use identity::sources::ForeignPerson;
use serde_json::Value;

use crate::{
    error::{CompanyError, TokenFault},
    id_token,
    jws::Claims,
    limits,
    settings::ClaimSettings,
};

/// Who may come in, and what becomes of them.
#[derive(Debug, Clone)]
pub(crate) struct Admittance {
    /// What is said where.
    pub claims: ClaimSettings,
    /// One of these is needed, if there are any.
    pub groups: Vec<String>,
    /// New people are added.
    pub create_people: bool,
}

/// What is said about groups.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Groups {
    /// Nothing.
    Unsaid,
    /// That there are too many of them to say.
    TooMany,
    /// These.
    Listed(Vec<String>),
}

impl Admittance {
    /// Whether the provider should be asked for more, because a claim that is wanted is not there.
    pub fn lacks(&self, claims: &Claims) -> bool {
        let wanted = [Some(&self.claims.email), Some(&self.claims.name), self.claims.groups.as_ref()];
        wanted.into_iter().flatten().any(|name| find(claims, name).is_none())
    }

    /// The person these claims are about, if they may come in.
    pub fn person(&self, issuer: &str, claims: &Claims) -> Result<ForeignPerson, CompanyError> {
        let subject = self.subject(claims)?;
        let email = self.email(claims)?;
        let groups = match self.listed(claims) {
            Groups::Listed(groups) => Some(groups),
            Groups::TooMany if !self.groups.is_empty() => return Err(CompanyError::GroupOverage { email }),
            Groups::TooMany => {
                tracing::warn!(email, "the provider leaves this person's groups out: they are too many for a token");
                None
            }
            Groups::Unsaid => None,
        };
        let member = |listed: &Vec<String>| listed.iter().any(|group| self.groups.contains(group));
        if !self.groups.is_empty() && !groups.as_ref().is_some_and(member) {
            return Err(CompanyError::NotInGroup { email, issuer: issuer.to_owned(), subject });
        }
        let name = find(claims, &self.claims.name).and_then(Value::as_str).map(line).unwrap_or_default();
        Ok(ForeignPerson { issuer: issuer.to_owned(), subject, email, name, groups, just_in_time: self.create_people })
    }

    fn subject(&self, claims: &Claims) -> Result<String, CompanyError> {
        let name = &self.claims.subject;
        if name == "sub" {
            return Ok(id_token::subject(claims)?.to_owned());
        }
        let subject = find(claims, name).and_then(Value::as_str).filter(|subject| !subject.is_empty());
        match subject {
            None => Err(CompanyError::ClaimMissing { claim: name.clone(), setting: "subject" }),
            Some(long) if long.len() > limits::SUBJECT_BYTES => Err(TokenFault::Claim("sub").into()),
            Some(subject) => Ok(subject.to_owned()),
        }
    }

    fn email(&self, claims: &Claims) -> Result<String, CompanyError> {
        let name = &self.claims.email;
        let missing = || CompanyError::ClaimMissing { claim: name.clone(), setting: "email" };
        let text = find(claims, name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(missing)?;
        let email = identity::normal_email(text).map_err(|_| CompanyError::ClaimUnfit {
            claim: name.clone(),
            value: line(text),
            wanted: "e-mail address",
        })?;
        // `email_verified` speaks of the claim `email` alone. Some providers say it as a text.
        let verified = name == "email"
            && match claims.get("email_verified") {
                Some(Value::Bool(verified)) => *verified,
                Some(Value::String(text)) => text == "true",
                _ => false,
            };
        if verified || self.claims.email_trusted { Ok(email) } else { Err(CompanyError::EmailNotVerified { email }) }
    }

    fn listed(&self, claims: &Claims) -> Groups {
        let Some(name) = &self.claims.groups else { return Groups::Unsaid };
        let listed: Vec<&str> = match find(claims, name) {
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).take(limits::GROUPS).collect(),
            // AD FS says a single group as a text.
            Some(Value::String(one)) => vec![one],
            _ if is_overage(claims, name) => return Groups::TooMany,
            _ => return Groups::Unsaid,
        };
        let named = |group: &str| self.claims.group_names.get(group).cloned().unwrap_or_else(|| line(group));
        Groups::Listed(listed.into_iter().map(named).filter(|group| !group.is_empty()).collect())
    }
}

/// Entra says where the groups could be asked for instead: `_claim_names` (OpenID Connect Core 5.6.2), `hasgroups`.
fn is_overage(claims: &Claims, name: &str) -> bool {
    let elsewhere = claims.get("_claim_names").and_then(|names| names.get(name)).is_some();
    elsewhere || claims.get("hasgroups").is_some_and(|has| has == &Value::Bool(true) || has == "true")
}

/// A claim of this name, or else what its dots lead to.
fn find<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, name| value.get(name))
}

/// A text on one line, of limited length.
fn line(text: &str) -> String {
    let mut end = text.len().min(limits::CLAIM_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let words: Vec<&str> =
        text.get(..end).unwrap_or_default().split(|c: char| c.is_whitespace() || c.is_control()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn admittance() -> Admittance {
        let claims = ClaimSettings { groups: Some("groups".to_owned()), ..ClaimSettings::default() };
        Admittance { claims, groups: vec!["contacts".to_owned()], create_people: true }
    }

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("an object") };
        claims
    }

    fn anna() -> Value {
        json!({"sub": "248", "email": "Anna@Example.org", "email_verified": true, "name": "Anna Lee", "groups": ["contacts", "sales"]})
    }

    fn with(name: &str, value: Value) -> Claims {
        let mut claims = claims(anna());
        claims.insert(name.to_owned(), value);
        claims
    }

    #[test]
    fn claims_become_a_person() {
        let person = admittance().person("https://op.example", &claims(anna())).unwrap();
        assert_eq!((&*person.email, &*person.name, &*person.subject), ("anna@example.org", "Anna Lee", "248"));
        assert_eq!(person.groups, Some(vec!["contacts".to_owned(), "sales".to_owned()]));
        assert!(person.just_in_time);
    }

    #[test]
    fn an_address_nobody_has_verified_is_nobodys() {
        for unverified in [json!(false), json!("false"), json!(null), json!(1)] {
            let refused = admittance().person("i", &with("email_verified", unverified.clone()));
            assert!(matches!(refused, Err(CompanyError::EmailNotVerified { .. })), "{unverified}: {refused:?}");
        }
    }

    #[test]
    fn email_verified_says_nothing_about_another_claim() {
        let mut admittance = admittance();
        admittance.claims.email = "upn".to_owned();
        let claims = with("upn", json!("bert@example.org"));
        assert!(matches!(admittance.person("i", &claims), Err(CompanyError::EmailNotVerified { .. })));
        admittance.claims.email_trusted = true;
        assert_eq!(admittance.person("i", &claims).unwrap().email, "bert@example.org");
    }

    #[test]
    fn groups_that_are_too_many_to_say_are_told_apart_from_none() {
        let mut left_out = claims(anna());
        left_out.remove("groups");
        assert!(matches!(admittance().person("i", &left_out), Err(CompanyError::NotInGroup { .. })));
        left_out.insert("_claim_names".to_owned(), json!({"groups": "src1"}));
        assert!(matches!(admittance().person("i", &left_out), Err(CompanyError::GroupOverage { .. })));
        let everybody = Admittance { groups: Vec::new(), ..admittance() };
        assert_eq!(everybody.person("i", &left_out).unwrap().groups, None, "what is known here stays");
    }

    #[test]
    fn a_single_group_may_be_a_text_and_a_number_may_have_a_name() {
        let mut admittance = admittance();
        admittance.claims.group_names.insert("7f3e".to_owned(), "contacts".to_owned());
        let person = admittance.person("i", &with("groups", json!("7f3e"))).unwrap();
        assert_eq!(person.groups, Some(vec!["contacts".to_owned()]));
    }

    #[test]
    fn dots_lead_into_objects_unless_they_are_part_of_a_name() {
        let claims = claims(json!({"realm_access": {"roles": ["a"]}, "https://example.com/roles": ["b"]}));
        assert_eq!(find(&claims, "realm_access.roles"), Some(&json!(["a"])));
        assert_eq!(find(&claims, "https://example.com/roles"), Some(&json!(["b"])));
        assert_eq!(find(&claims, "realm_access.roles.x"), None);
        assert_eq!(find(&claims, "x.y"), None);
    }

    #[test]
    fn names_stay_on_one_line() {
        let person = admittance().person("i", &with("name", json!("Anna\r\n  Lee\0"))).unwrap();
        assert_eq!(person.name, "Anna Lee");
    }

    #[test]
    fn another_claim_can_be_what_never_changes() {
        let mut admittance = admittance();
        admittance.claims.subject = "oid".to_owned();
        assert!(matches!(
            admittance.person("i", &claims(anna())),
            Err(CompanyError::ClaimMissing { setting: "subject", .. })
        ));
        assert_eq!(admittance.person("i", &with("oid", json!("7f"))).unwrap().subject, "7f");
    }
}

//! Findings and the rules they come from.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::limits::FINDINGS_MAX;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not install, or people are locked out, doubled or exposed.
    Error,
    /// It does not do what it seems to, or will not for long.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $meaning:literal)*) => {
        /// What is looked for. Ids stay as they are: scripts rely on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $meaning] $name,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable id.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it looks for, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

rules! {
    TooLarge "FILE-TOO-LARGE" Error "The file is longer, deeper or unfolds further than any profile."
    NotPlist "FILE-NOT-PLIST" Error "The file is no property list, or a broken one."
    NotProfile "FILE-NOT-PROFILE" Error "The property list is something else than a configuration profile."
    Encrypted "FILE-ENCRYPTED" Warning "The contents are encrypted and cannot be looked at."
    Unverified "SIGNATURE-UNVERIFIED" Info "The profile is signed; the signature is not checked."
    Stranger "SIGNATURE-STRANGER" Warning "The signer's certificate is missing or vouches for itself."
    DuplicateKey "DICT-DUPLICATE-KEY" Error "A key stands twice in one dictionary."
    KeyUnknown "KEY-UNKNOWN" Warning "A key that Apple's schema does not have."
    KeyType "KEY-TYPE" Error "A value of the wrong kind."
    KeyMissing "KEY-MISSING" Error "A required key is missing."
    KeyValue "KEY-VALUE" Error "A value that is not among the allowed ones."
    KeyForm "KEY-FORM" Error "A value that has not the form Apple demands."
    KeyNotIos "KEY-NOT-IOS" Info "A key that only other systems know."
    AboveOs "OS-TOO-OLD" Warning "The device's iOS does not know the payload or the key and leaves it aside."
    Deprecated "KEY-DEPRECATED" Info "Apple advises against the payload or the key."
    Removed "KEY-REMOVED" Warning "The device's iOS does not have the payload or the key any more."
    SupervisedOnly "SUPERVISED-ONLY" Warning "Only supervised devices heed the payload or the key."
    UserEnrolmentForbidden "USER-ENROLMENT-FORBIDDEN" Error "User Enrollment rejects the whole profile for it."
    UserEnrolmentIgnored "USER-ENROLMENT-IGNORED" Info "User Enrollment leaves the key aside."
    MdmOnly "MDM-ONLY" Error "Only MDM may install the payload or the key."
    EnrolmentUnsupported "ENROLMENT-UNSUPPORTED" Error "The declaration is not for devices enrolled like this."
    PayloadUnknown "PAYLOAD-UNKNOWN" Warning "A payload of a type that iOS does not know."
    PayloadDouble "PAYLOAD-DOUBLE" Error "A payload of which there may be one stands there twice."
    UuidDouble "UUID-DOUBLE" Error "Two payloads have the same PayloadUUID."
    UuidForm "UUID-FORM" Warning "A PayloadUUID that is no UUID."
    IdentifierDouble "IDENTIFIER-DOUBLE" Error "Two payloads have the same PayloadIdentifier."
    ReferenceNowhere "REFERENCE-NOWHERE" Error "A reference to a payload that is not in the profile."
    ReferenceWrongKind "REFERENCE-WRONG-KIND" Error "A reference to a payload that is no certificate of the kind needed."
    RemovalDisallowed "REMOVAL-DISALLOWED" Warning "The person cannot remove the profile, where that is heeded at all."
    RemovesItself "PROFILE-REMOVES-ITSELF" Warning "The profile leaves the device by itself, with what it brought."
    SecretInClear "SECRET-IN-CLEAR" Warning "A password stands in a profile that is not encrypted."
    NoService "EAS-NO-SERVICE" Error "An Exchange account without any service."
    OtherServices "EAS-OTHER-SERVICES" Warning "An Exchange account that brings more than contacts."
    ServiceByDefault "EAS-SERVICE-BY-DEFAULT" Warning "A service is on because its switch was left out."
    ServiceUnlocked "EAS-SERVICE-UNLOCKED" Warning "The person can switch a service of a contacts-only account."
    FullAccountOnOldOs "EAS-FULL-ACCOUNT-ON-OLD-OS" Error "Before iOS 13 the switches are unknown: all services are on."
    NoSsl "ACCOUNT-WITHOUT-TLS" Error "Passwords, tokens and contacts would travel in clear."
    PasswordWithOAuth "EAS-PASSWORD-WITH-OAUTH" Error "A password beside OAuth."
    SignInWithoutHost "EAS-SIGN-IN-WITHOUT-HOST" Error "A sign-in address switches Autodiscover off, and there is no host."
    NoHost "EAS-NO-HOST" Error "Neither a host nor OAuth, which would find one."
    NoUser "EAS-NO-USER" Warning "User name or e-mail address is left out, and MDM cannot ask for it."
    TokenWithoutSignIn "EAS-TOKEN-WITHOUT-SIGN-IN" Warning "A token address without a sign-in address, or either without OAuth."
    NotHttps "ADDRESS-NOT-HTTPS" Error "People would sign in on a page that anyone in between can read."
    AccountDouble "EAS-ACCOUNT-DOUBLE" Error "Two Exchange accounts with the same host and address."
    RestrictionsInert "RESTRICTIONS-INERT" Warning "The contact keys do nothing while managed open-in is allowed."
    RestrictionsDouble "RESTRICTIONS-SAME-KEY" Error "Two restrictions payloads set the same key."
    ContactsReadable "RESTRICTIONS-CONTACTS-READABLE" Warning "Personal apps may read managed contacts, or managed apps may copy them out."
    Rights "MDM-ACCESS-RIGHTS" Error "A mask of access rights that Apple calls wrong."
    RightsShort "MDM-RIGHTS-SHORT" Warning "Rights that a rollout of contacts needs are missing, and cannot be added later."
    UrlQuery "MDM-URL-QUERY" Warning "An MDM address with a query, which must stay the same for ever."
    Topic "MDM-TOPIC" Error "A topic that no push certificate for MDM has."
    DevelopmentPush "MDM-DEVELOPMENT-PUSH" Warning "The device listens to Apple's push service for development."
    ScepKey "SCEP-KEY-SIZE" Warning "An RSA key of 1024 bits."
    ScepFingerprint "SCEP-NO-FINGERPRINT" Warning "Anyone in between can pass as the authority."
    CertificateUnreadable "CERTIFICATE-UNREADABLE" Error "A certificate payload that holds no certificate."
    NoSearchBase "LDAP-NO-SEARCH-BASE" Info "A directory account that does not say where to search."
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// Where, such as `PayloadContent[1].EnableMail`; empty: the file.
    pub path: String,
    /// What would happen to whom.
    pub text: String,
    /// How to mend it.
    pub fix: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, severity, path, text, fix } = self;
        write!(f, "{severity} {rule}")?;
        if !path.is_empty() {
            write!(f, " {path}")?;
        }
        write!(f, "\n    {text}\n    {fix}")
    }
}

/// Findings while they are gathered; the first [`FINDINGS_MAX`] are kept.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub fn add(&mut self, rule: Rule, path: &str, text: impl Into<Cow<'static, str>>, fix: &str) {
        self.add_as(rule.severity(), rule, path, text, fix);
    }

    pub fn add_as(
        &mut self,
        severity: Severity,
        rule: Rule,
        path: &str,
        text: impl Into<Cow<'static, str>>,
        fix: &str,
    ) {
        if !self.full() {
            let (path, text, fix) = (path.to_owned(), text.into().into_owned(), fix.to_owned());
            self.0.push(Finding { rule, severity, path, text, fix });
        }
    }

    /// Whether nothing more is kept, so that nothing more need be looked for.
    pub fn full(&self) -> bool {
        self.0.len() >= FINDINGS_MAX
    }

    /// Worst first; within, as they stand in the file.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity);
        self.0
    }
}

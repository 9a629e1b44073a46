//! Why a device refuses a profile, a command or a declaration: Apple's domains and codes, nested from general to specific.
//!
//! Codes of the MDM Protocol Reference; the 21000s of Exchange accounts are undocumented. Apple warns that servers should
//! not depend on their values.

use std::fmt;

use thiserror::Error;

use super::plist::{Dictionary, Value};

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// MCProfile 1000.
    #[error("the profile is malformed: {0}")]
    ProfileMalformed(String),
    /// MCProfile 1001.
    #[error("the profile's version {0} is not supported")]
    ProfileVersion(i64),
    /// MCProfile 1002.
    #[error("the field {0:?} is missing")]
    FieldMissing(&'static str),
    /// MCProfile 1004.
    #[error("the signature is bad: {0}")]
    BadSignature(String),
    /// MCProfile 1005.
    #[error("the profile is empty")]
    ProfileEmpty,
    /// MCProfile 1007.
    #[error("the UUID {0} stands twice")]
    UuidTwice(String),
    /// MCProfile 1008.
    #[error("the identifier {0} stands twice")]
    IdentifierTwice(String),
    /// MCProfile 1009.
    #[error("the profile {0:?} could not be installed")]
    ProfileFailed(String),
    /// MCInstallation 4001.
    #[error("the payload {0:?} could not be installed")]
    InstallationFailed(String),
    /// MCInstallation 4014.
    #[error("no device identity is available")]
    NoIdentity,
    /// MCInstallation 4015.
    #[error("the replacement has no MDM payload")]
    NoMdmInReplacement,
    /// MCInstallation 4022.
    #[error("{0:?} must be installed using MDM")]
    MdmOnly(String),
    /// MCInstallation 4023.
    #[error("{0:?} is unacceptable under this enrolment")]
    Unacceptable(String),
    /// MCEAS 21003.
    #[error("the Exchange account has no host")]
    ExchangeNoHost,
    /// MCEAS 21004.
    #[error("the Exchange account cannot be created: {0} is missing")]
    ExchangeIncomplete(&'static str),
    /// MCEAS 21005.
    #[error("the Exchange account {email} at {host} is not unique")]
    ExchangeNotUnique {
        /// Its address.
        email: String,
        /// Its server.
        host: String,
    },
    /// MCEAS 21006.
    #[error("the certificate of the Exchange account is not in the profile")]
    ExchangeCertificate,
    /// MCEAS 21009.
    #[error("no service of the Exchange account is enabled")]
    ExchangeNoServices,
    /// MCSCEP 22000 and up.
    #[error("SCEP: {0}")]
    Scep(String),
    /// MCMDM 12001.
    #[error("the device is managed already")]
    ManagedAlready,
    /// MCMDM 12002.
    #[error("cannot check in: {0}")]
    CannotCheckIn(String),
    /// MCMDM 12007.
    #[error("the server has no right to {0}")]
    NotAuthorised(String),
    /// MCMDM 12008.
    #[error("malformed request: {0}")]
    MalformedRequest(String),
    /// MCMDM 12012.
    #[error("the replacement changes {0}")]
    ReplacementMismatch(&'static str),
    /// MCMDM 12013.
    #[error("the profile {0:?} is not managed")]
    ProfileNotManaged(String),
    /// MCMDM 12021.
    #[error("invalid request type {0:?}")]
    InvalidRequestType(String),
    /// MCMDM 12026.
    #[error("{0} is installed already")]
    AppInstalledAlready(String),
    /// MCMDM 12029.
    #[error("{0} is not managed")]
    AppNotManaged(String),
    /// MCMDM 12035.
    #[error("{0} is managed by a declaration")]
    AppManagedByDeclaration(String),
    /// MCMDM 12063.
    #[error("the person rejected {0}")]
    UserRejected(String),
    /// MCSettings 28000.
    #[error("unknown item {0:?}")]
    UnknownSetting(String),
    /// A declaration that the device cannot take up.
    #[error("{0}")]
    Declaration(String),
    /// An error the simulation was told to make.
    #[error("internal error")]
    Planned,
}

impl Fault {
    /// Domain and code.
    pub fn code(&self) -> (&'static str, i64) {
        const PROFILE: &str = "MCProfileErrorDomain";
        const INSTALLATION: &str = "MCInstallationErrorDomain";
        const EXCHANGE: &str = "MCEASErrorDomain";
        const MDM: &str = "MCMDMErrorDomain";
        match self {
            Fault::ProfileMalformed(_) => (PROFILE, 1000),
            Fault::ProfileVersion(_) => (PROFILE, 1001),
            Fault::FieldMissing(_) => (PROFILE, 1002),
            Fault::BadSignature(_) => (PROFILE, 1004),
            Fault::ProfileEmpty => (PROFILE, 1005),
            Fault::UuidTwice(_) => (PROFILE, 1007),
            Fault::IdentifierTwice(_) => (PROFILE, 1008),
            Fault::ProfileFailed(_) => (PROFILE, 1009),
            Fault::InstallationFailed(_) => (INSTALLATION, 4001),
            Fault::NoIdentity => (INSTALLATION, 4014),
            Fault::NoMdmInReplacement => (INSTALLATION, 4015),
            Fault::Planned => (INSTALLATION, 4016),
            Fault::MdmOnly(_) => (INSTALLATION, 4022),
            Fault::Unacceptable(_) => (INSTALLATION, 4023),
            Fault::ExchangeNoHost => (EXCHANGE, 21003),
            Fault::ExchangeIncomplete(_) => (EXCHANGE, 21004),
            Fault::ExchangeNotUnique { .. } => (EXCHANGE, 21005),
            Fault::ExchangeCertificate => (EXCHANGE, 21006),
            Fault::ExchangeNoServices => (EXCHANGE, 21009),
            Fault::Scep(_) => ("MCSCEPErrorDomain", 22000),
            Fault::ManagedAlready => (MDM, 12001),
            Fault::CannotCheckIn(_) => (MDM, 12002),
            Fault::NotAuthorised(_) => (MDM, 12007),
            Fault::MalformedRequest(_) => (MDM, 12008),
            Fault::ReplacementMismatch(_) => (MDM, 12012),
            Fault::ProfileNotManaged(_) => (MDM, 12013),
            Fault::InvalidRequestType(_) => (MDM, 12021),
            Fault::AppInstalledAlready(_) => (MDM, 12026),
            Fault::AppNotManaged(_) => (MDM, 12029),
            Fault::AppManagedByDeclaration(_) => (MDM, 12035),
            Fault::UserRejected(_) => (MDM, 12063),
            Fault::UnknownSetting(_) => ("MCSettingsErrorDomain", 28000),
            Fault::Declaration(_) => ("RMErrorDomain", 1),
        }
    }
}

/// Reasons from general to specific; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorChain(Vec<Fault>);

impl ErrorChain {
    /// The same, with something more general in front.
    #[must_use]
    pub fn within(mut self, general: Fault) -> Self {
        self.0.insert(0, general);
        self
    }

    /// From general to specific.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }

    /// The codes from general to specific.
    pub fn codes(&self) -> Vec<i64> {
        self.0.iter().map(|fault| fault.code().1).collect()
    }

    /// `ErrorChain` of an answer.
    pub fn to_plist(&self) -> Value {
        let items = self.0.iter().map(|fault| {
            let (domain, code) = fault.code();
            let text = fault.to_string();
            Dictionary::new()
                .with("ErrorCode", code)
                .with("ErrorDomain", domain)
                .with("LocalizedDescription", text.as_str())
                .with("USEnglishDescription", text)
                .into()
        });
        Value::Array(items.collect())
    }
}

impl From<Fault> for ErrorChain {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for ErrorChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let (domain, code) = fault.code();
            write!(f, "{}{fault} ({domain} {code})", if at == 0 { "" } else { ": " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ErrorChain {}

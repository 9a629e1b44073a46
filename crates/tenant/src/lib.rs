//! What a company's policies do together: the cross-check, and the Conditional Access evaluator.
//!
//! A folder of exports goes in ([`Tenant::read`]), findings come out ([`check`]), each with what would happen to which
//! people and how to mend it. Nothing here reads files, asks a clock or talks to anything.
//!
//! - [`export`]: what the files say, typed.
//! - [`people`]: whom a policy reaches.
//! - [`rules`]: the rules, one file per family; to add one, see there.
//! - [`conditional_access`]: which policies meet a sign-in and whether a client can satisfy them.
//! - [`report`]: findings for people, scripts and pipelines.

pub mod conditional_access;
pub mod export;
pub mod filter;
pub mod finding;
pub mod limits;
pub mod people;
pub mod reach;
pub mod report;
pub mod rules;

pub use export::Tenant;
pub use finding::{Finding, Severity};
pub use report::Report;

/// What an export does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Hosts of the company's own Exchange servers, beside Exchange Online's.
    pub exchange_hosts: Vec<String>,
    /// The ids under which Entra knows the hub, where people sign in to it through Entra. Without one, an exported
    /// application that bears the name Bothways is it.
    pub hub_application_ids: Vec<String>,
    /// Whether the tenant still enforces "Require approved client app", which was retired on 30 June 2026.
    pub approved_application_enforced: bool,
}

impl Default for Options {
    /// Exchange Online, no application known as the hub's, and the retired control taken to be enforced until the
    /// tenant is known to have stopped.
    fn default() -> Self {
        Self { exchange_hosts: Vec::new(), hub_application_ids: Vec::new(), approved_application_enforced: true }
    }
}

/// Checks a tenant's policies against each other.
#[must_use]
pub fn check(tenant: &Tenant, options: &Options) -> Report {
    Report::of(rules::findings(tenant, options))
}

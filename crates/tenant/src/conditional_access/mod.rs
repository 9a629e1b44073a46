//! Conditional Access, evaluated without the tenant: which policies a sign-in meets, and whether they can be satisfied.
//!
//! Three clients are asked about, because they can do different things (`Client`): the native Contacts app's sign-in to
//! Exchange, Outlook's, and the sign-in of this hub's own account through Entra. Graph's what-if says which policies apply;
//! whether a client can give what they ask for is said by nobody but this.

mod conditions;
mod controls;
mod location;
mod sign_in;

use serde::Serialize;

pub(crate) use self::{conditions::conditions_met, controls::need_of};
pub use self::{
    conditions::{Circumstances, ClientClass, EXCHANGE_ONLINE, Location, Resource},
    controls::{Client, Need},
    sign_in::{SignIn, SignInProblem},
};
use crate::{
    Options,
    export::{
        Tenant,
        conditional_access_policy::{ConditionalAccessPolicy, State},
    },
    people::People,
    reach::Reach,
};

/// What becomes of one client's sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Which client.
    pub client: Client,
    /// Whether it gets in.
    pub allowed: bool,
    /// Refused: the policies that cannot be met. Allowed: those that applied and are met.
    pub decided_by: Vec<String>,
    /// The controls that cannot be met, in Graph's words.
    pub unmet: Vec<String>,
    /// Policies that apply and only report.
    pub report_only: Vec<String>,
}

/// Asks about all three clients, in the order native-contacts, outlook, hub.
#[must_use]
pub fn evaluate(tenant: &Tenant, sign_in: &SignIn, options: &Options) -> Vec<Verdict> {
    evaluate_each(tenant, [sign_in], options).flatten().collect()
}

/// The same for many sign-ins, one after the other.
pub fn evaluate_each<'a>(
    tenant: &'a Tenant,
    sign_ins: impl IntoIterator<Item = &'a SignIn>,
    options: &'a Options,
) -> impl Iterator<Item = Vec<Verdict>> {
    let people = People::of(tenant);
    let hub = hub_applications(tenant, options);
    sign_ins.into_iter().map(move |sign_in| evaluate_one(tenant, &people, sign_in, &hub, options))
}

fn evaluate_one(
    tenant: &Tenant,
    people: &People<'_>,
    sign_in: &SignIn,
    hub: &[String],
    options: &Options,
) -> Vec<Verdict> {
    let sign_in = sign_in.resolved(tenant, people);
    Client::ALL
        .into_iter()
        .map(|client| {
            let circumstances = sign_in.circumstances(client, hub, tenant);
            let applies = |policy: &&ConditionalAccessPolicy| {
                sign_in.means(people, policy) && conditions_met(policy, &circumstances).possible()
            };
            let applying: Vec<_> = tenant.conditional_access.iter().filter(applies).collect();
            verdict(client, &applying, &sign_in, &circumstances, options)
        })
        .collect()
}

fn verdict(
    client: Client,
    applying: &[&ConditionalAccessPolicy],
    sign_in: &sign_in::Resolved,
    circumstances: &Circumstances<'_>,
    options: &Options,
) -> Verdict {
    let mut verdict = Verdict { client, allowed: true, decided_by: vec![], unmet: vec![], report_only: vec![] };
    let (mut met, mut refusing) = (Vec::new(), Vec::new());
    for policy in applying {
        let name = policy.head.name.clone();
        match policy.state {
            State::Disabled => {}
            State::ReportOnly => verdict.report_only.push(name),
            State::Enabled => match need_of(policy, client, circumstances, options) {
                Need::Nothing => met.push(name),
                Need::CompliantDevice if sign_in.compliant => met.push(name),
                Need::CompliantDevice => {
                    refusing.push(name);
                    verdict.unmet.extend(controls::unmet_without_compliance(policy, client, circumstances, options));
                }
                Need::Impossible(controls) => {
                    refusing.push(name);
                    verdict.unmet.extend(controls);
                }
            },
        }
    }
    verdict.allowed = refusing.is_empty();
    verdict.decided_by = if verdict.allowed { met } else { refusing };
    let mut seen = std::collections::BTreeSet::new();
    verdict.unmet.retain(|control| seen.insert(control.clone()));
    verdict
}

/// The ids under which Entra knows this hub: those that were named, and applications that bear its name.
pub(crate) fn hub_applications(tenant: &Tenant, options: &Options) -> Vec<String> {
    let named = options.hub_application_ids.iter().map(|id| id.to_lowercase());
    let ours = tenant
        .service_principals
        .iter()
        .filter(|principal| principal.head.name.to_lowercase().contains("bothways"))
        .map(|principal| principal.app_id.clone());
    named.chain(ours).filter(|id| !id.is_empty()).collect()
}

/// Whether a policy may reach somebody at all: one that is switched off does not.
pub(crate) fn in_force(policy: &ConditionalAccessPolicy) -> Reach {
    (policy.state != State::Disabled).into()
}

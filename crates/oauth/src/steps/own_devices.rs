//! A person's own devices, put into their words.

use identity::{Cause, OwnDevice, PersonFacts, Remedy, Verdict};

use super::account::day;
use crate::{
    device_hint::Kind,
    pages::{
        error::PageError,
        layout::Look,
        own_devices::{Device, Standing},
    },
    progress::SignedIn,
    visit::Visit,
};

/// Somebody's devices, and nobody else's.
pub(crate) async fn shown(visit: &Visit, look: &Look, person: &SignedIn) -> Result<Vec<Device>, PageError> {
    let Some(facts) = visit.facts(person).await? else { return Ok(Vec::new()) };
    Ok(known(visit, &facts).await?.into_iter().map(|device| in_words(look, device)).collect())
}

/// Those that this browser may be running on and that are not let in. A browser does not say which device it runs on but
/// only of what kind it is, so this is good for a remark and never for a decision.
pub(crate) async fn perhaps_here(
    visit: &Visit,
    look: &Look,
    person: &SignedIn,
    user_agent: &str,
) -> Result<Vec<Device>, PageError> {
    let (Some(kind), Some(facts)) = (Kind::of(user_agent), visit.facts(person).await?) else { return Ok(Vec::new()) };
    let devices = known(visit, &facts).await?;
    let held_back =
        devices.into_iter().filter(|device| device.verdict != Verdict::Allow && kind.fits(&device.device_type));
    Ok(held_back.map(|device| in_words(look, device)).collect())
}

async fn known(visit: &Visit, person: &PersonFacts) -> Result<Vec<OwnDevice>, PageError> {
    visit.service.gate.own_devices(person).await.map_err(|error| PageError::NotNow(error.to_string()))
}

fn in_words(look: &Look, device: OwnDevice) -> Device {
    let texts = &look.texts().own_devices;
    let standing = match device.verdict {
        Verdict::Allow => Standing::Allowed,
        Verdict::Quarantine => Standing::Waiting,
        Verdict::Block => Standing::Refused,
    };
    let cause = match (&device.cause, standing) {
        (Cause::Rule(name), _) => (texts.by_rule)(name),
        (Cause::Administrator, _) => texts.by_administrator.to_owned(),
        (Cause::Default, Standing::Allowed) => texts.by_default_allowed.to_owned(),
        (Cause::Default, Standing::Waiting) => texts.by_default_waiting.to_owned(),
        (Cause::Default, Standing::Refused) => texts.by_default_refused.to_owned(),
        (Cause::DevicePolicy, _) => texts.by_device_policy.to_owned(),
        (Cause::ActiveSyncOff, _) => texts.by_activesync_off.to_owned(),
        (Cause::Wipe, _) => texts.by_wipe.to_owned(),
    };
    let meanwhile = match (&device.cause, standing) {
        (Cause::Wipe, _) => texts.meanwhile_wiped,
        (_, Standing::Allowed) => texts.meanwhile_allowed,
        (_, Standing::Waiting) => texts.meanwhile_waiting,
        (_, Standing::Refused) => texts.meanwhile_refused,
    };
    let remedy = |remedy: &Remedy| match remedy {
        Remedy::Update => texts.update,
        Remedy::Enrol => texts.enrol,
        Remedy::OtherNetwork => texts.other_network,
        Remedy::FewerDevices => texts.fewer_devices,
        Remedy::AcceptPolicy => texts.accept_policy,
    };
    let second = device.second_account.as_deref().map(texts.second_account);
    Device {
        standing,
        since: device.since.map(day),
        last_seen: day(device.last_seen),
        cause,
        meanwhile,
        remedies: device.remedies.iter().map(|one| remedy(one).to_owned()).chain(second).collect(),
        title: title(&device),
        id: device.id,
    }
}

/// `Anna's iPhone (iPhone15,4, iOS 17.2)`.
fn title(device: &OwnDevice) -> String {
    let system = device.os.as_ref().map(|os| match os.version {
        Some(_) => os.to_string(),
        None => os.name.to_string(),
    });
    let mut details: Vec<&str> = device.model.as_deref().into_iter().chain(system.as_deref()).collect();
    let name = device.name.as_deref().unwrap_or(&device.device_type);
    details.retain(|detail| *detail != name);
    if details.is_empty() { name.to_owned() } else { format!("{name} ({})", details.join(", ")) }
}

//! iOS below 13 does not know the keys that leave everything but contacts out.

use access::version::Version;

use super::Context;
use crate::{
    export::{directory_object::ManagedDevice, exchange::version},
    finding::{Finding, Severity},
    people::list_in_words,
    reach::Reach,
};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for profile in &context.rollout.profiles {
        let assignments = &profile.assigned.assignments;
        let mut old: Vec<(&ManagedDevice, Reach, Version)> = Vec::new();
        for device in context.tenant.devices.iter().filter(|device| device.is_ios()) {
            let Some(version) = device.os_version.as_deref().and_then(version) else { continue };
            let reach = context.people.reaches_device(assignments, device);
            if version < Version::major(13) && reach.possible() {
                old.push((device, reach, version));
            }
        }
        let Some(reach) = old.iter().map(|(_, reach, _)| *reach).max() else { continue };
        let names: Vec<String> = old.iter().map(|(device, _, version)| told(device, *version)).collect();
        let text = format!(
            "{} would get the profile. Versions below 13 ignore the keys that leave everything but contacts out and set up the whole account, mail included; versions below 12 cannot sign in to it at all.",
            list_in_words(&names)
        );
        let finding = Finding::new(
            "OS-BELOW-13",
            Severity::Error.when(reach),
            text,
            "Update or exclude these devices, or give the assignment the filter (device.osVersion -ge \"13.0\").",
        );
        let finding = finding.about(&profile.assigned.head);
        found.push(old.iter().fold(finding, |finding, (device, _, version)| {
            finding.showing(&device.head, "osVersion", version.to_string())
        }));
    }
}

fn told(device: &ManagedDevice, version: Version) -> String {
    let owner = device.owner.shown.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
    format!("\"{}\"{owner} (iOS {version})", device.head.name)
}

//! Both clients come and fetch everything.

use anyhow::ensure;
use phone::{Phone, PingOutcome};

use super::{Line, TWO_OF_A_NAME};
use crate::demo::{PATIENCE, house::processor_time, outlook::Outlook, report::Told};

pub async fn set_up(phone: &mut Phone) -> anyhow::Result<Line> {
    let found = phone.set_up().await?;
    ensure!(found.found_by != phone::FoundBy::Given, "Autodiscover did not find the hub");
    let contacts = phone.folders().iter().filter(|folder| folder.holds_contacts()).count();
    let all = phone.folders().len();
    ensure!(contacts == all && contacts > 0, "{all} folders, {contacts} of them contacts");
    Ok(Told::new(format!(
        "found by Autodiscover, speaks ActiveSync {}, is offered contacts and nothing else",
        found.version
    ))
    .fact("version", found.version.to_string())
    .fact("folders", all))
}

pub async fn first_sync(phone: &mut Phone, imported: usize) -> anyhow::Result<Line> {
    let before = processor_time();
    let mut answers = phone.sync().await?.answers;
    let at_first = phone.contact_count();
    if at_first < imported {
        // In a first run iOS makes one contact of two that bear the same name. The hub holds the second one back and
        // tells the phone of it when the run is over.
        ensure!(matches!(phone.ping_until_change(PATIENCE).await?, PingOutcome::Changed(_)), "the Ping tells nothing");
        answers += phone.sync().await?.answers;
    }
    let spent = processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
    let count = phone.contact_count();
    let held_back = count - at_first;
    ensure!(count == imported, "{imported} contacts on the hub, {count} on the iPhone");
    let (first, last) = TWO_OF_A_NAME;
    let two = phone.all_by_name(&format!("{first} {last}")).len();
    ensure!(two == 2, "of two {first} {last} the iPhone has {two}");
    let each = spent.and_then(|spent| Some(spent.checked_div(count.try_into().ok()?)?.as_secs_f64() * 1e6));
    let cost = each.map(|each| format!("; {each:.0} µs of the hub's processor each")).unwrap_or_default();
    let namesakes = match held_back {
        0 => format!("both {first} {last}s are there"),
        1 => "one namesake kept apart".to_owned(),
        more => format!("{more} namesakes kept apart"),
    };
    Ok(Told::new(format!("{count} contacts in {answers} answers, {namesakes}{cost}"))
        .fact("contacts", count)
        .fact("answers", answers)
        .fact("namesakes", held_back)
        .fact("hub_cpu_us_per_contact", each))
}

pub async fn outlook_reads(outlook: &mut Outlook, imported: usize) -> anyhow::Result<Line> {
    outlook.refresh().await?;
    let count = outlook.contacts().count();
    ensure!(count == imported, "{imported} contacts on the hub, {count} in Outlook");
    Ok(Told::new(format!("{count} contacts by Microsoft Graph's API, and a delta link for what changes"))
        .fact("contacts", count))
}

//! The directory, and what is left to be checked at the end.

use anyhow::{Context, ensure};
use phone::Phone;

use super::{Administrator, Line};
use crate::demo::{books::COLLEAGUE, house::House, outlook::Outlook, report::Told, sides};

/// What is typed into the phone's search: no accents, not the whole name.
const QUERY: &str = "ohle so";

pub async fn search(phone: &mut Phone) -> anyhow::Result<Line> {
    let found = phone.search_gal(QUERY).await?;
    let (first, last, email) = COLLEAGUE;
    let best = found.first().context("nobody was found")?;
    ensure!(best.email_address == email, "{} was found first", best.display_name);
    let photo = best.picture.as_ref().map_or(0, Vec::len);
    ensure!(photo > 0, "the photo is missing");
    Ok(Told::new(format!("\"{QUERY}\" on the iPhone finds {first} {last}, {}, with photo", best.mobile_phone))
        .fact("found", found.len())
        .fact("photo_bytes", photo))
}

pub async fn rules(phone: &Phone) -> anyhow::Result<Line> {
    let broken: Vec<String> = phone.violations().iter().map(ToString::to_string).collect();
    ensure!(broken.is_empty(), "the hub broke {}: {}", broken.len(), broken.join("; "));
    let counters = phone.counters();
    ensure!(counters.resets == 0 && counters.collapses == 0, "the iPhone started over or merged strangers");
    ensure!(!phone.push_is_off(), "the iPhone switched push off");
    let answers = counters.requests.values().sum::<u64>().saturating_sub(counters.answers_lost);
    Ok(Told::new(format!("{answers} answers, each as iOS demands it: 0 violations, nothing downloaded twice"))
        .fact("answers", answers)
        .fact("violations", 0))
}

pub async fn agreement(house: &House, expected: usize, phone: &Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    outlook.refresh().await?;
    let administrator = Administrator::of(house).await?;
    let book = administrator.access.default_book().await?.book;
    let on_hub = usize::try_from(administrator.access.count(book).await?)?;
    let (on_phone, in_outlook) = (phone.contact_count(), outlook.contacts().count());
    ensure!(
        [on_hub, on_phone, in_outlook] == [expected; 3],
        "{expected} contacts expected; {on_phone} on the iPhone, {in_outlook} in Outlook, {on_hub} on the hub"
    );
    let sides = sides::compare(phone.contacts().map(|(_, contact)| contact), outlook.contacts());
    ensure!(sides.lost.is_empty(), "lost: {}", sides.lost.join("; "));
    ensure!(sides.doubled.is_empty(), "doubled: {}", sides.doubled.join("; "));
    Ok(Told::new(format!("{on_phone} contacts on the iPhone, the same {in_outlook} in Outlook; lost 0, doubled 0"))
        .fact("iphone", on_phone)
        .fact("outlook", in_outlook)
        .fact("lost", sides.lost.len())
        .fact("doubled", sides.doubled.len()))
}

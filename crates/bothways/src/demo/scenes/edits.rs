//! Edits on one side, on both at once, and of the same field.

use std::time::{Duration, Instant};

use anyhow::ensure;
use contact::{Card, Fact};
use phone::{Phone, PingOutcome, Property};
use serde_json::json;

use super::{Administrator, ELEANOR, FRIEDRICH, KAETHE, Line, PIOTR, only_on, shown, type_in};
use crate::demo::{
    PATIENCE,
    bell::Bell,
    house::House,
    outlook::Outlook,
    report::{Told, readable},
};

/// How long the phone has been waiting before anything happens.
const WAITING: Duration = Duration::from_millis(200);
/// The secret by which Outlook knows its own notifications.
const CLIENT_STATE: &str = "demo";
/// The label of one of [`KAETHE`]'s numbers, which ActiveSync has no place for.
const OWN_LABEL: &str = "Fähranleger Süd";

pub async fn outlook_edits(phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let title = "Managing Partner";
    let local = only_on(phone, ELEANOR)?;
    let contact = outlook.only(ELEANOR)?;
    let waiting = async { (phone.ping_until_change(PATIENCE).await, Instant::now()) };
    let editing = async {
        tokio::time::sleep(WAITING).await;
        let started = Instant::now();
        outlook.change(&contact.id, &json!({ "jobTitle": title })).await.map(|()| started)
    };
    let ((woken, woken_at), edited) = tokio::join!(waiting, editing);
    let started = edited?;
    ensure!(matches!(woken?, PingOutcome::Changed(_)), "the waiting Ping was not answered");
    ensure!(woken_at > started, "the Ping was answered before anything had changed");
    phone.sync().await?;
    let took = started.elapsed();
    let on_phone = shown(phone, local, Property::JobTitle)?;
    ensure!(on_phone == title, "the iPhone shows the job title {on_phone:?}");
    let ping = woken_at.duration_since(started);
    Ok(Told::new(format!(
        "{}'s job title: the iPhone's held Ping is answered after {}, then it shows it",
        ELEANOR.0,
        readable(ping)
    ))
    .took(took)
    .fact("ping_ms", ping.as_secs_f64() * 1e3))
}

pub async fn iphone_edits(house: &House, phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let mobile = "+49 171 5550199";
    let local = only_on(phone, KAETHE)?;
    let contact = outlook.only(KAETHE)?;
    let administrator = Administrator::of(house).await?;
    let before = administrator.card(KAETHE).await?;
    let mut bell = Bell::hang().await?;
    let subscription = outlook.subscribe(bell.url(), CLIENT_STATE).await?;

    let started = Instant::now();
    type_in(phone, local, Property::MobilePhoneNumber, mobile)?;
    phone.sync().await?;
    bell.updated(&contact.id, CLIENT_STATE).await?;
    outlook.refresh().await?;
    let took = started.elapsed();

    outlook.unsubscribe(&subscription).await?;
    let in_outlook = outlook.only(KAETHE)?.mobile_phone.unwrap_or_default();
    ensure!(in_outlook == mobile, "Outlook shows the mobile number {in_outlook:?}");
    let after = administrator.card(KAETHE).await?;
    let kept = unchanged(&before.card, &after.card);
    ensure!(
        kept + 1 == before.card.items.len() && after.card.items.len() == before.card.items.len(),
        "of {} facts {kept} are as they were",
        before.card.items.len()
    );
    let emails = after.card.items.iter().filter(|item| matches!(item.fact, Fact::Email(_))).count();
    let labels = after.card.items.iter().filter(|item| item.label.as_deref() == Some(OWN_LABEL)).count();
    ensure!(
        emails == 4 && labels == 1,
        "{emails} of her 4 e-mail addresses are left, {OWN_LABEL:?} is there {labels} times"
    );
    Ok(Told::new(format!(
        "{}'s number: Outlook is notified; her 4th e-mail and the label {OWN_LABEL:?} stay",
        KAETHE.0
    ))
    .took(took)
    .fact("facts_untouched", kept)
    .fact("emails", emails)
    .fact("label", OWN_LABEL))
}

/// How many items are the same in both.
fn unchanged(before: &Card, after: &Card) -> usize {
    before.items.iter().filter(|item| after.item(item.id) == Some(item)).count()
}

pub async fn both_edit(phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let (mobile, title) = ("+49 160 5550388", "Emeritus");
    let local = only_on(phone, FRIEDRICH)?;
    let contact = outlook.only(FRIEDRICH)?;
    // The phone's edit is typed in and not sent when Outlook's arrives.
    type_in(phone, local, Property::MobilePhoneNumber, mobile)?;
    outlook.change(&contact.id, &json!({ "jobTitle": title })).await?;
    phone.sync().await?;
    outlook.refresh().await?;
    let on_phone = (shown(phone, local, Property::MobilePhoneNumber)?, shown(phone, local, Property::JobTitle)?);
    let merged = outlook.only(FRIEDRICH)?;
    let in_outlook = (merged.mobile_phone.unwrap_or_default(), merged.job_title.unwrap_or_default());
    for (side, (its_mobile, its_title)) in [("the iPhone", on_phone), ("Outlook", in_outlook)] {
        ensure!(its_mobile == mobile && its_title == title, "{side} shows {its_mobile:?} and {its_title:?}");
    }
    Ok(Told::new(format!("{}'s number on the iPhone, his title in Outlook: merged, both show both", FRIEDRICH.0)))
}

pub async fn conflict(house: &House, phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let (by_phone, by_outlook) = ("+48 600 555 499", "+48 600 555 477");
    let local = only_on(phone, PIOTR)?;
    let contact = outlook.only(PIOTR)?;
    type_in(phone, local, Property::MobilePhoneNumber, by_phone)?;
    outlook.change(&contact.id, &json!({ "mobilePhone": by_outlook })).await?;
    phone.sync().await?;
    outlook.refresh().await?;
    let on_phone = shown(phone, local, Property::MobilePhoneNumber)?;
    let in_outlook = outlook.only(PIOTR)?.mobile_phone.unwrap_or_default();
    ensure!(on_phone == in_outlook, "the iPhone shows {on_phone:?}, Outlook {in_outlook:?}");
    let (winner, loser, lost) = if on_phone == by_outlook {
        ("Outlook", "the iPhone", by_phone)
    } else {
        ensure!(on_phone == by_phone, "both sides show {on_phone:?}, which nobody wrote");
        ("the iPhone", "Outlook", by_outlook)
    };
    let administrator = Administrator::of(house).await?;
    let history = administrator.access.history(administrator.card(PIOTR).await?.id).await?;
    let conflicts = history.iter().flat_map(|version| &version.conflicts);
    let named = conflicts.filter(|conflict| conflict.other.as_str() == Some(lost)).count();
    ensure!(named == 1, "the number {lost} is in the history {named} times");
    Ok(Told::new(format!("{}'s number: {winner} wins; {lost} from {loser} is kept in his history", PIOTR.0))
        .fact("winner", winner)
        .fact("in_history", lost)
        .fact("versions", history.len()))
}

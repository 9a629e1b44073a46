//! What goes wrong on the way: an answer that is lost, a hub that is away.

use anyhow::ensure;
use phone::{LocalContact, Phone, Property};

use super::{KAETHE, Line, Name, only_on, type_in};
use crate::demo::{house::House, outlook::Outlook, report::Told};

/// Added on the iPhone.
const BEA: Name = ("Bea", "Muster");

pub async fn lost_answer(phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let (first, last) = BEA;
    let lost_before = phone.counters().answers_lost;
    phone.add_contact(LocalContact::named(first, last).with(Property::MobilePhoneNumber, "+49 170 5550900"))?;
    phone.lose_next_answer();
    phone.sync().await?;
    ensure!(phone.counters().answers_lost == lost_before + 1, "no answer was lost");
    outlook.refresh().await?;
    let on_phone = phone.all_by_name(&format!("{first} {last}")).len();
    let in_outlook = outlook.named(BEA).count();
    ensure!(
        on_phone == 1 && in_outlook == 1,
        "{first} is on the iPhone {on_phone} times, in Outlook {in_outlook} times"
    );
    ensure!(!phone.has_unsent(), "the iPhone still has something to send");
    Ok(Told::new(format!("{first} is added on the iPhone, the answer gets lost, it sends again: one {first}, not two"))
        .fact("contacts_of_this_name", in_outlook))
}

pub async fn restart(house: &mut House, phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let email = "kaethe.new@gruenwald.example";
    let local = only_on(phone, KAETHE)?;
    let before = phone.counters();
    house.stop().await?;
    type_in(phone, local, Property::Email1Address, email)?;
    ensure!(phone.sync().await.is_err(), "the hub answers although it was stopped");
    house.start().await?;
    let report = phone.sync().await?;
    let after = phone.counters();
    ensure!(
        report.resets == 0 && after.initial_syncs == before.initial_syncs,
        "the iPhone had to download everything again"
    );
    ensure!(report.sent == 1 && report.received == 0, "{} sent, {} received", report.sent, report.received);
    outlook.refresh().await?;
    let addresses = outlook.only(KAETHE)?.email_addresses;
    let first = addresses.into_iter().next().and_then(|email| email.address).unwrap_or_default();
    ensure!(first == email, "Outlook shows the address {first:?}");
    Ok(Told::new("an edit made meanwhile on the iPhone arrives; nothing is downloaded again")
        .fact("received", report.received))
}

//! Deleted on one side, brought back on both.

use anyhow::{Context, ensure};
use hub::CardId;
use phone::{LocalContact, Phone};

use super::{Administrator, Line, MAREK, only_on};
use crate::demo::{
    house::House,
    outlook::{Contact, Outlook},
    report::Told,
};

/// A contact as both sides showed it before it was deleted.
pub struct Gone {
    card: CardId,
    on_phone: LocalContact,
    in_outlook: Contact,
}

pub async fn delete(house: &House, phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Told<Gone>> {
    let card = Administrator::of(house).await?.card(MAREK).await?.id;
    let in_outlook = outlook.only(MAREK)?;
    let on_phone = phone.contact(only_on(phone, MAREK)?).context("the contact is gone already")?.clone();
    outlook.delete(&in_outlook.id).await?;
    phone.sync().await?;
    outlook.refresh().await?;
    ensure!(only_on(phone, MAREK).is_err(), "{} is still on the iPhone", MAREK.0);
    ensure!(outlook.named(MAREK).count() == 0, "{} is still in Outlook", MAREK.0);
    Ok(Told::new(format!("{} {}: gone from the iPhone too", MAREK.0, MAREK.1)).with(Gone {
        card,
        on_phone,
        in_outlook,
    }))
}

pub async fn restore(house: &House, gone: Gone, phone: &mut Phone, outlook: &mut Outlook) -> anyhow::Result<Line> {
    let mut administrator = Administrator::of(house).await?;
    let history = administrator.access.history(gone.card).await?;
    let last = history.last().context("there is no history")?;
    ensure!(last.deleted, "the newest version is not the deletion");
    administrator.access.restore(gone.card, last.revision).await?;
    administrator.installation.send_hints();
    phone.sync().await?;
    outlook.refresh().await?;
    let on_phone = phone.contact(only_on(phone, MAREK)?);
    ensure!(on_phone == Some(&gone.on_phone), "the iPhone shows another {} than before", MAREK.0);
    ensure!(outlook.only(MAREK)? == gone.in_outlook, "Outlook shows another {} than before", MAREK.0);
    Ok(Told::new(format!("{} is there again on both sides, word for word as before", MAREK.0)))
}

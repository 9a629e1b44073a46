//! Coming and going: Authenticate, TokenUpdate, CheckOut.

use fleet::{
    delivery::{DeviceFacts, Event, OrderId},
    enrolment::EnrolmentId,
};
use ledger::tables::{
    mdm_declarations,
    mdm_enrolments::{self, Enrolment as Row, Standing},
};

use super::{Desk, Known, Register, Shown, waking};
use crate::{
    checkin::{Device, Introduction, Token},
    command::{Command, is_version},
    error::Refusal,
};

/// Whether a TokenUpdate was the one that enrolled the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    /// Just now.
    First,
    /// It was already.
    Already,
}

const AGAIN: &str = "the device enrolled again before it did this";
const LEFT: &str = "the device left before it did this";

impl Register {
    /// A device wants to enrol: it and its certificate belong together from now on, and whatever was before is over. It is
    /// not enrolled before its first [`token_update`](Self::token_update).
    ///
    /// # Errors
    /// The certificate is another device's, or the device another person's who has not left with it.
    pub async fn authenticate(&self, device: Device, says: Introduction, shown: Shown) -> Result<(), Refusal> {
        self.write(move |desk| authenticate(desk, &device, &says, &shown)).await
    }

    /// A device can be woken so; the first time it is enrolled by that, and with `ask` it is asked at once what it is.
    pub async fn token_update(
        &self,
        device: Device,
        token: Token,
        shown: Shown,
        ask: bool,
    ) -> Result<Enrolled, Refusal> {
        let id = device.id.clone();
        let (enrolled, account) = self
            .write(move |desk| {
                let (row, enrolled) = token_update(desk, &device, &token, &shown)?;
                if ask && enrolled == Enrolled::First {
                    let first = [Command::DeviceInformation, Command::SecurityInfo, Command::ProfileList];
                    let last = token.awaiting_configuration.then_some(Command::DeviceConfigured);
                    for command in first.into_iter().chain(last) {
                        desk.enqueue(&row, &OrderId(desk.register.draw_id()), &command)?;
                    }
                }
                Ok((enrolled, row.account))
            })
            .await?;
        if enrolled == Enrolled::First {
            self.audit("device-enrolled", &id, account);
        }
        Ok(enrolled)
    }

    /// A device leaves.
    pub async fn check_out(&self, device: Device, shown: Shown) -> Result<(), Refusal> {
        let id = device.id.clone();
        let account = self
            .write(move |desk| {
                let row = desk.known(&device, &shown)?;
                leave(desk, &device.id, &row)?;
                Ok(row.account)
            })
            .await?;
        self.audit("device-left", &id, account);
        Ok(())
    }

    /// Lets a device go that will not say so itself: it was lost, or is another person's now. It may enrol again, also with
    /// another person's certificate. `false` when it was not enrolled.
    pub async fn release(&self, id: &EnrolmentId) -> Result<bool, Refusal> {
        let device = id.clone();
        let released = self
            .write(move |desk| {
                let row = mdm_enrolments::get(desk.tx, device.as_str())?;
                let Some(row) = row.filter(|row| row.standing != Standing::Left) else { return Ok(None) };
                leave(desk, &device, &row)?;
                Ok(Some(row.account))
            })
            .await?;
        if let Some(account) = released {
            self.audit("device-released", id, account);
        }
        Ok(released.is_some())
    }
}

fn authenticate(desk: &mut Desk<'_>, device: &Device, says: &Introduction, shown: &Shown) -> Result<(), Refusal> {
    let id = &device.id;
    let before = mdm_enrolments::get(desk.tx, id.as_str())?;
    let (account, certificate) = match shown {
        Shown::AnotherMdm => (before.as_ref().and_then(|row| row.account), None),
        Shown::Certificate(certificate) => {
            let account = desk.owner(certificate)?;
            let holder = mdm_enrolments::by_certificate(desk.tx, &certificate.fingerprint)?;
            if holder.is_some_and(|holder| holder != id.as_str()) {
                return Err(Refusal::CertificateInUse(id.clone()));
            }
            // Whoever has a certificate of their own could else take any device by saying its name.
            let held = before.as_ref().filter(|row| row.standing != Standing::Left && row.certificate.is_some());
            if held.is_some_and(|row| row.account != Some(account)) {
                return Err(Refusal::OtherPerson(id.clone()));
            }
            (Some(account), Some(certificate.fingerprint))
        }
    };
    desk.clear_queue(id, AGAIN)?;
    mdm_declarations::delete_status(desk.tx, id.as_str())?;
    mdm_declarations::replace(desk.tx, id.as_str(), &[])?;
    let facts = DeviceFacts {
        os_version: says.os_version.clone().filter(|text| is_version(text)),
        product_name: says.product_name.clone(),
        ..DeviceFacts::default()
    };
    let known = Known {
        facts: facts.clone(),
        serial_number: says.serial_number.clone(),
        build_version: says.build_version.clone(),
    };
    let row = Row { account, certificate, facts: known.text(), ..desk.new_row(device) };
    desk.keep(&row)?;
    if facts != DeviceFacts::default() {
        desk.log(id, &Event::Facts(facts))?;
    }
    Ok(())
}

fn token_update(
    desk: &mut Desk<'_>,
    device: &Device,
    token: &Token,
    shown: &Shown,
) -> Result<(Row, Enrolled), Refusal> {
    let mut row = desk.known(device, shown)?;
    let enrolled = if row.standing == Standing::Enrolled { Enrolled::Already } else { Enrolled::First };
    row.push = match shown {
        Shown::Certificate(_) => Some(waking::seal(desk.register.identity(), token)),
        Shown::AnotherMdm => None,
    };
    row.push_gone = false;
    row.token_updates += 1;
    row.standing = Standing::Enrolled;
    row.last_seen = desk.now;
    desk.keep(&row)?;
    if enrolled == Enrolled::First {
        desk.log(&device.id, &Event::Enrolled)?;
    }
    Ok((row, enrolled))
}

fn leave(desk: &mut Desk<'_>, id: &EnrolmentId, row: &Row) -> Result<(), Refusal> {
    desk.clear_queue(id, LEFT)?;
    mdm_declarations::replace(desk.tx, id.as_str(), &[])?;
    let row = Row { standing: Standing::Left, push: None, managed: None, last_seen: desk.now, ..row.clone() };
    desk.keep(&row)?;
    desk.log(id, &Event::CheckedOut)?;
    Ok(())
}

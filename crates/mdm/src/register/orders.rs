//! Giving devices something to do.

use access::version::Version;
use fleet::{delivery::OrderId, enrolment::EnrolmentId};
use ledger::tables::{
    mdm_commands,
    mdm_declarations::{self, Declaration as DeclarationRow},
    mdm_enrolments::{self, Enrolment as Row, Standing},
};

use super::{Desk, Known, Register};
use crate::{
    command::Command,
    declarative::{self, Declaration},
    document,
    error::Refusal,
    limits,
};

/// The first iOS with declarative management.
const DECLARATIVE_SINCE: u32 = 15;

/// Whether a command is in the queue by this call or was already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// By this call.
    Now,
    /// By one before, and nothing has come of it yet.
    Before,
    /// By one before, and something has come of it.
    Done,
}

/// A name that fits into a CommandUUID and a file's name.
pub(crate) fn checked(id: &OrderId) -> Result<(), Refusal> {
    let fits = (1..=limits::ORDER_ID_BYTES_MAX).contains(&id.0.len());
    let plain = id.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
    if fits && plain { Ok(()) } else { Err(Refusal::UnfitOrder("the order's name cannot be a CommandUUID".to_owned())) }
}

pub(super) fn enrolled(desk: &mut Desk<'_>, device: &EnrolmentId) -> Result<Row, Refusal> {
    let row = mdm_enrolments::get(desk.tx, device.as_str())?;
    let row = row.filter(|row| row.standing == Standing::Enrolled);
    row.ok_or_else(|| Refusal::NotEnrolled(device.clone()))
}

impl Register {
    /// Puts a command into a device's queue. The same name twice is once.
    ///
    /// # Errors
    /// The device is not enrolled, has too much to do, or must not get this command.
    pub async fn give(&self, device: &EnrolmentId, id: &OrderId, command: Command) -> Result<Given, Refusal> {
        checked(id)?;
        let (device, id) = (device.clone(), id.clone());
        self.write(move |desk| {
            let row = enrolled(desk, &device)?;
            if desk.enqueue(&row, &id, &command)? {
                return Ok(Given::Now);
            }
            let known = mdm_commands::get(desk.tx, device.as_str(), &id.0)?;
            let done = known.is_some_and(|known| known.state.is_final());
            Ok(if done { Given::Done } else { Given::Before })
        })
        .await
    }

    /// What a device shall keep to by itself, from now on: all of it. With a change it is told to look (iOS 15); `true`
    /// then.
    ///
    /// # Errors
    /// The device is not enrolled, or is known to be too old for it, or a declaration cannot be one.
    pub async fn declare(&self, device: &EnrolmentId, declarations: Vec<Declaration>) -> Result<bool, Refusal> {
        declarative::check(&declarations)?;
        let device = device.clone();
        self.write(move |desk| {
            let mut row = enrolled(desk, &device)?;
            let version = Known::of(&row).facts.os_version.and_then(|text| Version::parse(&text));
            if version.is_some_and(|version| version < Version::major(DECLARATIVE_SINCE)) {
                return Err(Refusal::UnfitOrder(format!("declarative management begins with iOS {DECLARATIVE_SINCE}")));
            }
            let mut wanted: Vec<DeclarationRow> = declarations.iter().map(Declaration::row).collect();
            wanted.sort_by(|one, other| one.identifier.cmp(&other.identifier));
            if mdm_declarations::of_enrolment(desk.tx, device.as_str())? == wanted {
                return Ok(false);
            }
            mdm_declarations::replace(desk.tx, device.as_str(), &wanted)?;
            row.declarations_at = desk.now;
            desk.keep(&row)?;
            let tokens = declarative::tokens(&wanted, row.declarations_at);
            desk.enqueue(&row, &OrderId(desk.register.draw_id()), &Command::DeclarativeManagement(tokens))?;
            Ok(true)
        })
        .await
    }

    /// What a device answered to a command, as it said it, for answers that no event tells of (managed apps, feedback).
    /// `None` while it has not answered, and when there is no such command.
    pub async fn answer(&self, device: &EnrolmentId, id: &OrderId) -> Result<Option<plist::Dictionary>, Refusal> {
        let (device, id, register) = (device.clone(), id.clone(), self.clone());
        let read = self.ledger().read(move |tx| {
            let row = mdm_commands::get(tx, device.as_str(), &id.0)?;
            let sealed = row.and_then(|row| row.result);
            sealed.map(|sealed| Desk::new(tx, &register, 0).open_answer(&sealed)).transpose()
        });
        Ok(read.await?.map(|plist| document::read(&plist)).transpose()?)
    }

    /// A device's declarations.
    pub async fn declarations(&self, device: &EnrolmentId) -> Result<Vec<Declaration>, ledger::LedgerError> {
        let device = device.clone();
        let rows = self.ledger().read(move |tx| mdm_declarations::of_enrolment(tx, device.as_str())).await?;
        Ok(rows.into_iter().map(Declaration::from).collect())
    }
}

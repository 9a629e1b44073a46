//! What every transaction of the register does: looking up who asks, writing the log, keeping the device.

use fleet::{
    delivery::{Event, OrderId},
    enrolment::EnrolmentId,
};
use identity::ClientCertificate;
use ledger::{
    AccountId, LedgerError, Transaction,
    tables::{
        certificates,
        mdm_commands::{self, Command as CommandRow, State},
        mdm_enrolments::{self, Enrolment as Row, Standing},
        mdm_events,
    },
};

use super::{EnrolmentChange, Known, Register, Shown, kind_name, kind_of};
use crate::{
    checkin::Device,
    command::{Command, Unfit},
    error::Refusal,
    event_log, limits,
};

/// What commands are sealed for.
const COMMAND: &str = "mdm command";
/// What answers are sealed for.
const ANSWER: &str = "mdm answer";

/// One transaction's view of the register.
pub(crate) struct Desk<'t> {
    pub(crate) tx: &'t mut dyn Transaction,
    pub(crate) register: &'t Register,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// To be told when all is durable.
    pub(crate) changes: Vec<EnrolmentChange>,
}

impl<'t> Desk<'t> {
    pub(crate) fn new(tx: &'t mut dyn Transaction, register: &'t Register, now: i64) -> Self {
        Self { tx, register, now, changes: Vec::new() }
    }

    pub(crate) fn log(&mut self, device: &EnrolmentId, event: &Event) -> Result<(), LedgerError> {
        mdm_events::append(self.tx, device.as_str(), self.now, &event_log::to_text(event)).map(drop)
    }

    /// Whose a certificate of ours is, that is still good.
    pub(crate) fn owner(&mut self, certificate: &ClientCertificate) -> Result<AccountId, Refusal> {
        let issued = certificates::by_serial(self.tx, &certificate.serial)?;
        let good = issued.filter(|issued| certificate.ours && issued.revoked_at.is_none());
        good.map(|issued| issued.account).ok_or(Refusal::Revoked)
    }

    /// The device that a message is from, if who shows it may speak for it. The certificate has to be the one that it
    /// enrolled with: nothing else binds a certificate to a device.
    pub(crate) fn known(&mut self, device: &Device, shown: &Shown) -> Result<Row, Refusal> {
        let row = mdm_enrolments::get(self.tx, device.id.as_str())?;
        match shown {
            Shown::Certificate(certificate) => {
                self.owner(certificate)?;
                let row = row.filter(|row| row.standing != Standing::Left);
                let row = row.ok_or_else(|| Refusal::NotEnrolled(device.id.clone()))?;
                if row.certificate != Some(certificate.fingerprint) {
                    return Err(Refusal::OtherCertificate(device.id.clone()));
                }
                Ok(row)
            }
            // Its webhook on the enrolment may have been lost.
            Shown::AnotherMdm => Ok(row.unwrap_or_else(|| self.new_row(device))),
        }
    }

    pub(crate) fn new_row(&self, device: &Device) -> Row {
        Row {
            enrolment: device.id.to_string(),
            kind: kind_name(device.kind).to_owned(),
            standing: Standing::Authenticated,
            account: None,
            certificate: None,
            push: None,
            push_gone: false,
            pushed_at: 0,
            token_updates: 0,
            facts: Known::default().text(),
            eas_device: None,
            managed: None,
            created_at: self.now,
            last_seen: self.now,
            declarations_at: 0,
        }
    }

    /// Keeps a device, and notes what there is to be told of it.
    pub(crate) fn keep(&mut self, row: &Row) -> Result<(), LedgerError> {
        let before = mdm_enrolments::get(self.tx, &row.enrolment)?;
        mdm_enrolments::put(self.tx, row)?;
        let (was, is) = (before.as_ref().and_then(told), told(row));
        if was == is {
            return Ok(());
        }
        if let Some(was) = was {
            let another = |is: &EnrolmentChange| (is.account, &is.eas_device) != (was.account, &was.eas_device);
            if is.as_ref().is_none_or(another) {
                self.changes.push(EnrolmentChange { enrolled: false, managed: None, ..was });
            }
        }
        self.changes.extend(is);
        Ok(())
    }

    /// Puts a command behind the others; `false` when it was given before.
    pub(crate) fn enqueue(&mut self, row: &Row, id: &OrderId, command: &Command) -> Result<bool, Refusal> {
        let device = || EnrolmentId::parse(&row.enrolment).ok_or(Refusal::Lacks("UDID or EnrollmentID"));
        if mdm_commands::get(self.tx, &row.enrolment, &id.0)?.is_some() {
            return Ok(false);
        }
        if mdm_commands::count_open(self.tx, &row.enrolment)? >= limits::OPEN_COMMANDS_MAX {
            return Err(Refusal::QueueFull(device()?));
        }
        let plist =
            command.write(&id.0, kind_of(row)).map_err(|unfit: Unfit| Refusal::UnfitOrder(unfit.to_string()))?;
        let command = CommandRow {
            command: id.0.clone(),
            request_type: command.request_type().to_owned(),
            plist: self.register.identity().seal(COMMAND, &plist),
            state: State::Queued,
            result: None,
            created_at: self.now,
            changed_at: self.now,
            taken_at: None,
        };
        Ok(mdm_commands::insert(self.tx, &row.enrolment, &command)?)
    }

    /// The command as the device gets it.
    pub(crate) fn open(&self, command: &CommandRow) -> Result<Vec<u8>, Refusal> {
        self.register.identity().open(COMMAND, &command.plist).map_err(|_| Refusal::Sealed)
    }

    /// The answer as the device said it.
    pub(crate) fn open_answer(&self, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.register.identity().open(ANSWER, sealed).map_err(|_| Refusal::Sealed)
    }

    pub(crate) fn put_state(
        &mut self,
        row: &Row,
        command: &str,
        state: State,
        answer: Option<&[u8]>,
    ) -> Result<(), LedgerError> {
        let answer = answer.map(|answer| self.register.identity().seal(ANSWER, answer));
        mdm_commands::put_state(self.tx, (&row.enrolment, command), state, answer.as_deref(), self.now)
    }

    /// Forgets what a device was told, and logs that what was not done never will be.
    pub(crate) fn clear_queue(&mut self, device: &EnrolmentId, why: &str) -> Result<(), LedgerError> {
        for open in mdm_commands::open(self.tx, device.as_str())? {
            let errors = vec![crate::command::own_error(4, why)];
            self.log(device, &Event::Failed(OrderId(open.command), errors))?;
        }
        mdm_commands::delete_all(self.tx, device.as_str()).map(drop)
    }
}

/// What there is to be told of a device; `None` without person or ActiveSync device.
pub(super) fn told(row: &Row) -> Option<EnrolmentChange> {
    Some(EnrolmentChange {
        account: row.account?,
        eas_device: row.eas_device.clone()?,
        enrolment: EnrolmentId::parse(&row.enrolment)?,
        enrolled: row.standing == Standing::Enrolled,
        managed: row.managed.filter(|_| row.standing == Standing::Enrolled),
    })
}

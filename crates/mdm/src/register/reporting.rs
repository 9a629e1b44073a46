//! What devices say of what they were told, and what they report by themselves.

use fleet::{
    delivery::{DeviceError, DeviceFacts, Event, OrderId},
    enrolment::{Enrolment, EnrolmentId},
};
use ledger::{
    LedgerError,
    tables::{
        mdm_commands::{self, State},
        mdm_declarations::{self, Status as StatusRow},
        mdm_enrolments::{Enrolment as Row, Standing},
    },
};

use super::{Desk, Known, Register, Shown, kind_name, kind_of};
use crate::{
    checkin::Device,
    command::{Report, Status, outcome},
    declarative::{self, StatusReport, Valid},
    document,
    error::Refusal,
    limits,
};

impl Register {
    /// A device's report; what it is to do next, as it gets it. Nothing while there is nothing, or while it is not
    /// enrolled.
    ///
    /// A device that cannot now is told nothing else that it could not; it asks again by itself only when that was the
    /// last thing it said, so that what it put off is offered again after everything else.
    pub async fn connect(&self, report: Report, shown: Shown) -> Result<Option<Vec<u8>>, Refusal> {
        self.write(move |desk| {
            let row = settle(desk, &report, &shown)?;
            if row.standing == Standing::Enrolled {
                next(desk, &report.device.id, &row, report.status == Status::NotNow)
            } else {
                Ok(None)
            }
        })
        .await
    }

    /// A device's report to another MDM, which knows itself what comes next.
    pub async fn report(&self, report: Report, shown: Shown) -> Result<(), Refusal> {
        self.write(move |desk| settle(desk, &report, &shown).map(drop)).await
    }

    /// A device's status report (declarative management).
    pub async fn status_report(&self, device: Device, report: StatusReport, shown: Shown) -> Result<(), Refusal> {
        self.write(move |desk| {
            let row = desk.known(&device, &shown)?;
            take_status(desk, &device.id, row, &report)
        })
        .await
    }

    /// What a device gets at an endpoint of declarative management: JSON.
    pub async fn declarative(&self, device: Device, endpoint: String, shown: Shown) -> Result<Vec<u8>, Refusal> {
        self.write(move |desk| {
            let mut row = desk.known(&device, &shown)?;
            let declared = mdm_declarations::of_enrolment(desk.tx, device.id.as_str())?;
            let answer = declarative::answer(&endpoint, &declared, row.declarations_at)?;
            row.last_seen = desk.now;
            desk.keep(&row)?;
            Ok(answer)
        })
        .await
    }

    /// Commands that another MDM took and nothing was heard of counts as failed from now on.
    pub(crate) async fn give_up(&self, device: &EnrolmentId, command: &str, why: &'static str) -> Result<(), Refusal> {
        let (device, command) = (device.clone(), command.to_owned());
        self.write(move |desk| {
            let Some(known) = mdm_commands::get(desk.tx, device.as_str(), &command)? else { return Ok(()) };
            if known.state.is_final() {
                return Ok(());
            }
            mdm_commands::put_state(desk.tx, (device.as_str(), &command), State::Failed, None, desk.now)?;
            let errors = vec![crate::command::own_error(5, why)];
            Ok(desk.log(&device, &Event::Failed(OrderId(command.clone()), errors))?)
        })
        .await
    }
}

/// Notes what a report says; the device as it is now.
fn settle(desk: &mut Desk<'_>, report: &Report, shown: &Shown) -> Result<Row, Refusal> {
    let mut row = desk.known(&report.device, shown)?;
    let silent = desk.now.saturating_sub(row.last_seen);
    if row.standing == Standing::Left && silent < limits::WEBHOOKS_OVERTAKE {
        // One from before it left, which the webhook on that has overtaken.
        return Ok(row);
    }
    row.last_seen = desk.now;
    if *shown == Shown::AnotherMdm && row.standing != Standing::Enrolled {
        // It reports, so it is enrolled there, whatever became of the webhook on that.
        row.standing = Standing::Enrolled;
        desk.log(&report.device.id, &Event::Enrolled)?;
    }
    if let Some(command) = report.command.as_deref().filter(|_| report.status != Status::Idle) {
        settle_command(desk, &mut row, report, command)?;
    }
    desk.keep(&row)?;
    Ok(row)
}

fn settle_command(desk: &mut Desk<'_>, row: &mut Row, report: &Report, command: &str) -> Result<(), Refusal> {
    let device = &report.device.id;
    let mut known = mdm_commands::get(desk.tx, device.as_str(), command)?;
    if let (None, Some(first)) = (&known, asked_again(command)) {
        known = mdm_commands::get(desk.tx, device.as_str(), first)?;
    }
    let Some(known) = known else {
        tracing::info!(%device, command, "a report on a command that was not given here");
        return Ok(());
    };
    // An answer that was lost on its way here or back comes again.
    let unchanged = known.state == State::NotNow && report.status == Status::NotNow;
    if known.state.is_final() || unchanged {
        return Ok(());
    }
    let order = OrderId(known.command.clone());
    let found = outcome(&order, &known.request_type, report);
    let answer = found.state.is_final().then(|| document::write(report.answer.clone()));
    desk.put_state(row, &known.command, found.state, answer.as_deref())?;
    for event in &found.events {
        desk.log(device, event)?;
    }
    if let Some(facts) = found.facts {
        learn(row, facts);
    }
    if let Some(profiles) = found.profiles {
        let prefix = &desk.register.inner.contacts_profiles;
        row.managed = Some(profiles.iter().any(|identifier| identifier.starts_with(prefix)));
    }
    Ok(())
}

/// The command that this one repeats, when it is such a one: see `nanomdm::reconcile`.
fn asked_again(command: &str) -> Option<&str> {
    let (first, time) = command.rsplit_once('~')?;
    time.bytes().all(|byte| byte.is_ascii_digit()).then_some(first)
}

fn learn(row: &mut Row, facts: DeviceFacts) {
    let mut known = Known::of(row);
    known.learn(facts);
    let kind = match (kind_of(row), known.facts.user_enrolment, known.facts.supervised) {
        (_, Some(true), _) | (Enrolment::User, _, _) => Enrolment::User,
        (_, _, Some(true)) => Enrolment::Supervised,
        (_, _, Some(false)) => Enrolment::Device,
        (kind, _, None) => kind,
    };
    kind_name(kind).clone_into(&mut row.kind);
    row.eas_device = known.facts.eas_device_identifier.clone().or(row.eas_device.take());
    row.facts = known.text();
}

fn next(desk: &mut Desk<'_>, device: &EnrolmentId, row: &Row, skip_not_now: bool) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(command) = mdm_commands::next(desk.tx, device.as_str(), skip_not_now)? else { return Ok(None) };
    let plist = desk.open(&command)?;
    if command.state != State::Delivered {
        desk.put_state(row, &command.command, State::Delivered, None)?;
    }
    // Offered again it has left already.
    if command.state == State::Queued {
        desk.log(device, &Event::Delivered(OrderId(command.command)))?;
    }
    Ok(Some(plist))
}

fn take_status(desk: &mut Desk<'_>, device: &EnrolmentId, row: Row, report: &StatusReport) -> Result<(), Refusal> {
    let kept = mdm_declarations::status(desk.tx, device.as_str())?;
    let before: serde_json::Value =
        kept.map(|kept| serde_json::from_str(&kept.status).unwrap_or_default()).unwrap_or_default();
    let after = report.join(before.clone());
    let status = after.to_string();
    if status.len() > limits::STATUS_BYTES_MAX {
        return Err(Refusal::NotAStatusReport);
    }
    let errors = serde_json::Value::Array(report.errors.clone()).to_string();
    let kept = StatusRow { status, errors, reported_at: desk.now };
    mdm_declarations::put_status(desk.tx, device.as_str(), &kept)?;
    let mut row = Row { last_seen: desk.now, ..row };
    let facts = declarative::facts(&after);
    if facts != declarative::facts(&before) {
        learn(&mut row, facts.clone());
        desk.log(device, &Event::Facts(facts))?;
    }
    desk.keep(&row)?;
    log_declarations(desk, device, &before, &after)?;
    if report.tells_accounts() {
        desk.log(device, &Event::Accounts(declarative::accounts(&after)))?;
    }
    Ok(())
}

/// A declaration's name stands for the order: what the device makes of it, when it makes something else of it.
fn log_declarations(
    desk: &mut Desk<'_>,
    device: &EnrolmentId,
    before: &serde_json::Value,
    after: &serde_json::Value,
) -> Result<(), LedgerError> {
    let known = declarative::states(before);
    for state in declarative::states(after) {
        if known.contains(&state) {
            continue;
        }
        let order = OrderId(state.identifier);
        match (state.valid, state.active) {
            (Valid::Valid, true) => desk.log(device, &Event::Acknowledged(order))?,
            (Valid::Invalid, _) => {
                let told = |reason: declarative::Reason| DeviceError {
                    domain: reason.code,
                    code: 0,
                    description: reason.description,
                };
                desk.log(device, &Event::Failed(order, state.reasons.into_iter().map(told).collect()))?;
            }
            _ => {}
        }
    }
    Ok(())
}

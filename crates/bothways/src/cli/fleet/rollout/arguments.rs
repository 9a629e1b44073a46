//! What the commands about rollouts are told: devices, waves, what to judge by.

use std::{collections::BTreeSet, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use rollout::{
    plan::{Errors, Gate, Wave, Who},
    readiness::{Conditions, Waiver},
};

use crate::{
    cli::fleet::{check::About, enrolment, exports},
    installation::Installation,
    rollouts, span,
};

/// Where devices come from; several are joined.
#[derive(Debug, Args)]
pub struct Source {
    /// A CSV file.
    #[arg(long, value_name = "FILE")]
    pub(super) devices: Vec<PathBuf>,
    /// Intune's managedDevices as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) intune: Vec<PathBuf>,
    /// The devices managed through this installation. So it is when no file is named.
    #[arg(long)]
    pub(super) managed: bool,
}

/// What holds devices back, beside what the hub and the list say.
#[derive(Debug, Args)]
pub struct Judging {
    /// Exported policies, as `fleet check` takes them: who would be locked out is held back.
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    #[command(flatten)]
    about: About,
    /// Outlook's configuration is delivered by Intune or another MDM: devices that still export (`outlook_export` is on) are held
    /// back until they do not.
    #[arg(long)]
    export_by_intune: bool,
    /// Set a reason aside, knowing why. iOS below 13 cannot be.
    #[arg(long, value_enum, value_name = "REASON")]
    set_aside: Vec<Reason>,
}

/// A reason that may be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Reason {
    /// Not seen for too long.
    LongUnseen,
    /// Policies that would lock out: mended since they were exported, or judged otherwise.
    Policies,
}

impl From<Reason> for Waiver {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::LongUnseen => Self::LongUnseen,
            Reason::Policies => Self::Policies,
        }
    }
}

impl Judging {
    /// What the devices of these people are judged against.
    pub(super) async fn conditions(
        self,
        installation: &Installation,
        host: &str,
        people: BTreeSet<String>,
    ) -> anyhow::Result<Conditions> {
        anyhow::ensure!(
            self.policies.is_some() || self.about.is_empty(),
            "--exchange-host, --hub-app and --approved-app-retired say how to read --policies, which is missing"
        );
        let lockouts = match &self.policies {
            Some(policies) => rollouts::lockouts(&exports::read(policies)?, &self.about.options(), people)?,
            None => Vec::new(),
        };
        Ok(Conditions {
            lockouts,
            turns_export_off: !self.export_by_intune,
            waived: self.set_aside.into_iter().map(Into::into).collect(),
            ..rollouts::conditions(installation, host).await?
        })
    }
}

/// The waves and what must have come out of each.
#[derive(Debug, Args)]
pub struct Waves {
    /// NAME=group:GROUP, NAME=10%, NAME=people:A,B, NAME=devices:ID,ID or NAME=rest, in order; the first that wants a device
    /// has it. One wave of all without it.
    #[arg(long = "wave", value_name = "NAME=WHO")]
    order: Vec<Named>,
    /// Share of a wave that must be done before the next begins.
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(u8).range(0..=100))]
    done: u8,
    /// With more failures than this, in percent, a wave stops.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    errors: u8,
    /// Shortest time between two waves.
    #[arg(long, value_name = "DURATION", value_parser = span::parse_wait, default_value = "0s")]
    at_least: Duration,
}

impl Waves {
    /// In order; all devices in one where none was named.
    pub(super) fn list(self) -> Vec<Wave> {
        let gate =
            Gate { done_percent: self.done, errors_max: Errors::Percent(self.errors), at_least: signed(self.at_least) };
        if self.order.is_empty() {
            return vec![Wave { name: "all".to_owned(), who: Who::Rest, gate }];
        }
        self.order.into_iter().map(|Named(name, who)| Wave { name, who, gate }).collect()
    }
}

/// A wave as the command line has it.
#[derive(Debug, Clone)]
struct Named(String, Who);

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, who) = text.split_once('=').ok_or("a wave is NAME=WHO, such as pilot=group:it")?;
        let list = |text: &str| text.split(',').map(|one| one.trim().to_owned()).collect::<BTreeSet<_>>();
        let who = match who.split_once(':') {
            Some(("group", group)) => Who::Group(group.to_owned()),
            Some(("people", people)) => Who::People(list(people)),
            Some(("devices", devices)) => {
                Who::Devices(list(devices).iter().map(|id| enrolment(id)).collect::<Result<_, _>>()?)
            }
            None if who == "rest" => Who::Rest,
            None if who.ends_with('%') => Who::Percent(
                who.trim_end_matches('%').parse().map_err(|_| format!("{who} is no percentage from 0% to 100%"))?,
            ),
            _ => return Err(format!("{who} is none of group:GROUP, people:A,B, devices:ID,ID, 10%, rest")),
        };
        Ok(Self(name.trim().to_owned(), who))
    }
}

/// As rollouts count time.
pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_written_as_people_think_of_them() {
        let who = |text: &str| text.parse::<Named>().map(|Named(_, who)| who);
        assert_eq!(who("pilot=group:it"), Ok(Who::Group("it".to_owned())));
        assert_eq!(who("first=10%"), Ok(Who::Percent(10)));
        assert_eq!(who("all=rest"), Ok(Who::Rest));
        for wrong in ["pilot", "a=10", "a=1000%", "a=everybody", "a=devices:a b"] {
            assert!(who(wrong).is_err(), "{wrong}");
        }
    }
}

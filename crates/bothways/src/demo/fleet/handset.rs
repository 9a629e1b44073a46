//! The devices: a mixed fleet, the same every time.

use std::{future::Future, sync::Arc};

use anyhow::Context;
use phone::{
    LocalContact, Mode, Person,
    managed::{DeviceSpec, ExchangeSettings, ManagedPhone, OUTLOOK, OsVersion, SignIn},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Devices that a person has.
pub const EACH: usize = 4;

/// Devices that do something at once.
const AT_ONCE: usize = 48;

/// How the device is to be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Device enrolment.
    Device,
    /// The same, supervised.
    Supervised,
    /// User enrolment.
    User,
}

/// The wave a device belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The first to get it.
    Pilot,
    /// An office whose people helped themselves before.
    Branch,
    /// Everybody else.
    Company,
}

impl Group {
    /// As the inventory has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pilot => "pilot",
            Self::Branch => "branch",
            Self::Company => "company",
        }
    }
}

/// A device with its person.
pub struct Handset {
    /// The device.
    pub phone: ManagedPhone,
    /// What management calls it, once it is enrolled.
    pub enrolment: Option<fleet::enrolment::EnrolmentId>,
    /// Whose it is; people have several.
    pub email: String,
    /// Its wave.
    pub group: Group,
    /// How it is enrolled.
    pub kind: Kind,
    /// It is switched off all the while.
    pub off: bool,
    /// It is locked whenever management asks first.
    pub pocketed: bool,
    /// Its person added the account by hand before.
    pub helped_themselves: bool,
}

/// iOS of the fleet: a few that are too old, most of them current.
const RELEASES: [(u16, u16); 16] = [
    (18, 6),
    (17, 7),
    (26, 1),
    (16, 7),
    (18, 4),
    (15, 8),
    (26, 0),
    (12, 5),
    (17, 5),
    (18, 1),
    (14, 8),
    (27, 0),
    (16, 3),
    (13, 7),
    (18, 5),
    (26, 2),
];

/// Releases in the branch office, whose devices cannot report their accounts.
const OLD_RELEASES: [(u16, u16); 3] = [(13, 7), (14, 8), (15, 8)];

impl Handset {
    /// The device of this number.
    pub fn numbered(number: usize, host: &str, authority: &Arc<[u8]>) -> anyhow::Result<Self> {
        let group = match number % 20 {
            0 | 1 => Group::Pilot,
            2 | 3 => Group::Branch,
            _ => Group::Company,
        };
        let releases: &[(u16, u16)] = if group == Group::Branch { &OLD_RELEASES } else { &RELEASES };
        let (major, minor) = releases.get(number / 2 % releases.len()).copied().context("there are releases")?;
        let kind = match number % 5 {
            0 => Kind::Supervised,
            1 if major >= 15 => Kind::User,
            _ => Kind::Device,
        };
        let email = person(number / EACH);
        let mut spec = DeviceSpec::numbered(u64::try_from(number)?, OsVersion::new(major, minor));
        spec.authorities = Arc::clone(authority);
        spec.supervised = kind == Kind::Supervised;
        if number % 2 == 1 {
            "iPad13,18".clone_into(&mut spec.product);
        }
        let mut phone = ManagedPhone::new(spec);
        phone.outlook_mut().mailbox =
            (1..=3).map(|number| LocalContact::named("Customer", &number.to_string())).collect();
        let helped_themselves = group == Group::Branch && number % 4 == 2;
        if helped_themselves {
            let own = ExchangeSettings::own(&email, host);
            phone.add_own_account(own, Vec::new()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        }
        let off = number % 97 == 96;
        let pocketed = number % 13 == 7;
        Ok(Self { phone, enrolment: None, email, group, kind, off, pocketed, helped_themselves })
    }

    /// Whether its iOS is too old for the account.
    pub fn too_old(&self) -> bool {
        self.phone.os().major() < 13
    }

    /// Whether it has the managed account, signed in.
    pub fn has_account(&self) -> bool {
        self.phone.managed_accounts().any(|account| matches!(account.session(), phone::managed::Session::Syncing(_)))
    }

    /// What its person does sooner or later: looks into Outlook, signs in where asked, lets contacts sync.
    pub async fn live(&mut self) -> anyhow::Result<()> {
        if self.phone.apps().is_installed(OUTLOOK) {
            self.phone.run_outlook();
        }
        let accounts: Vec<_> =
            self.phone.managed_accounts().map(|account| (account.id, account.sign_in_pending)).collect();
        for (account, sign_in) in accounts {
            if sign_in {
                let person = Person::new(&self.email, PASSWORD);
                self.phone.sign_in(account, SignIn::OAuth(Mode::OnPremises, &person)).await?;
            }
            // Once is enough here: what happens afterwards is a scene of its own.
            if self.phone.phone_of(account).is_some_and(|phone| phone.contact_count() == 0) {
                self.phone.sync(account).await?;
            }
        }
        Ok(())
    }
}

/// The password of everybody; the demonstration is not about passwords.
pub const PASSWORD: &str = "a lake in the morning";

/// A person's address.
pub fn person(number: usize) -> String {
    format!("person{number:03}@lake.example")
}

/// Lets many devices do something at once.
pub async fn each<F, W>(handsets: &mut Vec<Handset>, work: F) -> anyhow::Result<()>
where
    F: Fn(Handset) -> W,
    W: Future<Output = anyhow::Result<Handset>> + Send + 'static,
{
    let (turns, count) = (Arc::new(Semaphore::new(AT_ONCE)), handsets.len());
    let mut under_way = JoinSet::new();
    for (place, handset) in std::mem::take(handsets).into_iter().enumerate() {
        let (turns, done) = (Arc::clone(&turns), work(handset));
        under_way.spawn(async move {
            let turn = turns.acquire_owned().await;
            let done = done.await;
            drop(turn);
            done.map(|handset| (place, handset))
        });
    }
    let mut back = Vec::with_capacity(count);
    while let Some(done) = under_way.join_next().await {
        back.push(done??);
    }
    back.sort_by_key(|(place, _)| *place);
    handsets.extend(back.into_iter().map(|(_, handset)| handset));
    Ok(())
}

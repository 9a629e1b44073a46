//! A company with a tenant, and a clock that does not wait.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use intune::{
    apply::{ApplyError, Journal, apply},
    desired::{Audience, Compliance, ConditionalAccess, Desired, Export, Include, Mode, Outlook, Settings, desired},
    documents::outlook::ExportField,
    graph::{Boxed, Clock, Graph, StaticToken, Token},
    ids::GroupId,
    plan::{self, Class, Confirmed, Plan},
    role::SetName,
};
use jiff::Timestamp;

use crate::stand_in::StandIn;

pub const SALES: &str = "11111111-1111-1111-1111-111111111111";
pub const DIRECTORS: &str = "22222222-2222-2222-2222-222222222222";
pub const FREELANCERS: &str = "44444444-4444-4444-4444-444444444444";
pub const EMERGENCY: &str = "99999999-9999-9999-9999-999999999999";

/// Sleeping makes it later at once.
#[derive(Debug)]
pub struct FakeClock {
    now: Mutex<Timestamp>,
    pub slept: Mutex<Vec<Duration>>,
}

impl FakeClock {
    pub fn new() -> Self {
        Self { now: Mutex::new("2026-11-23T08:00:00Z".parse().unwrap()), slept: Mutex::default() }
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Boxed<'_, ()> {
        self.slept.lock().unwrap().push(duration);
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(duration).unwrap();
        Box::pin(async {})
    }
}

pub fn group(id: &str) -> GroupId {
    GroupId::parse(id).unwrap()
}

/// Everything there is, with Exchange behind it.
pub fn everything() -> Settings {
    Settings {
        set: SetName::parse("pilot").unwrap(),
        prefix: "Contoso".to_owned(),
        account_name: "Contoso Contacts".to_owned(),
        mode: Mode::Exchange,
        audience: Audience {
            include: Include::Groups(vec![group(SALES)]),
            exclude: vec![group(DIRECTORS)],
            ios_13_filter: true,
        },
        outlook: Outlook::default(),
        restrictions: true,
        single_sign_on: true,
        compliance: Some(Compliance { grace_hours: 72, require_email_profile: true }),
        conditional_access: Some(ConditionalAccess {
            include_groups: vec![group(SALES)],
            exclude_groups: vec![group(EMERGENCY)],
            block_basic_eas: true,
            ..ConditionalAccess::default()
        }),
        export: Some(Export {
            groups: vec![group(FREELANCERS)],
            exclude: Vec::new(),
            fields: BTreeSet::from([ExportField::PhoneMobile, ExportField::Company]),
            protection: true,
        }),
    }
}

pub fn profile(host: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>PayloadContent</key><array><dict>
        <key>PayloadType</key><string>com.apple.eas.account</string><key>Host</key><string>{host}</string>
        </dict></array></dict></plist>"#
    )
    .into_bytes()
}

/// The hub with its own profile.
pub fn hub() -> Settings {
    Settings {
        mode: Mode::HubProfile { profile: profile("hub.contoso.example") },
        compliance: Some(Compliance { grace_hours: 72, require_email_profile: false }),
        conditional_access: None,
        export: None,
        ..everything()
    }
}

pub fn all_classes() -> Confirmed {
    Confirmed::nothing().and(Class::AsksToSignInAgain).and(Class::CanLockOut)
}

pub struct Company {
    pub tenant: StandIn,
    pub graph: Graph,
    pub clock: Arc<FakeClock>,
}

impl Company {
    pub async fn new() -> Self {
        let tenant = StandIn::start().await;
        let clock = Arc::new(FakeClock::new());
        let token = Arc::new(StaticToken(Token::new("good".to_owned())));
        let graph = Graph::new(&tenant.base(), token, clock.clone()).unwrap();
        Self { tenant, graph, clock }
    }

    /// Another tenant for the same client: making a client reads the machine's certificates, which takes a while.
    pub fn start_over(&self) {
        self.tenant.world().start_over();
    }

    pub async fn plan(&self, settings: &Settings) -> Plan {
        plan::make(&self.graph, &wanted(settings)).await.unwrap()
    }

    pub async fn apply(&self, plan: &Plan) -> Result<Journal, ApplyError> {
        apply(&self.graph, plan, &all_classes(), None, &mut |_| Ok(())).await
    }

    /// Plans and applies.
    pub async fn bring(&self, settings: &Settings) -> Journal {
        let plan = self.plan(settings).await;
        self.apply(&plan).await.unwrap()
    }
}

pub fn wanted(settings: &Settings) -> Desired {
    desired(settings).unwrap()
}

/// A journal that is kept a number of times; after that the process dies. Gives back what was kept last.
pub async fn until_crash(
    company: &Company,
    plan: &Plan,
    begun: Option<Journal>,
    keeps: usize,
) -> (Option<Journal>, bool) {
    let mut kept = begun.clone();
    let mut left = keeps;
    let mut keep = |journal: &Journal| {
        if left == 0 {
            return Err(std::io::Error::other("the process died"));
        }
        left -= 1;
        kept = Some(journal.clone());
        Ok(())
    };
    let outcome = apply(&company.graph, plan, &all_classes(), begun, &mut keep).await;
    let finished = match outcome {
        Ok(_) => true,
        Err(ApplyError::Keeping(_)) => false,
        Err(other) => panic!("{other}"),
    };
    // As on disk.
    let kept = kept.map(|journal| Journal::from_json(&serde_json::to_vec(&journal).unwrap()).unwrap());
    (kept, finished)
}

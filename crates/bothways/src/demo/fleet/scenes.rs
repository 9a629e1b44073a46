//! What is shown of a rollout, in the order of the play.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, ensure};
use fleet::{
    enrolment::EnrolmentId,
    profile::{ClientIdentity, MdmEnrolment, MdmServer, Scep, ServerUrl, mdm_enrolment},
};
use identity::{NewPerson, Secret};
use mdm::{ACCESS_RIGHTS, Letterhead, Offer};
use phone::{
    LocalContact,
    managed::{AccountId, Identity, IdentitySource, OUTLOOK, Session, Store},
};
use rcgen::PublicKeyData;
use rollout::{
    state::{Phase, control::Scope, ladder::Rung},
    status::Status,
};
use serde_json::json;
use tenant::{Options, check};

use super::{
    handset::{EACH, Group, Handset, Kind, PASSWORD, person},
    tenant::{State, exports},
    world::World,
};
use crate::demo::{Line, outlook::Outlook, report::Told};

/// A messenger that people installed themselves.
const MESSENGER: &str = "net.whatsapp.WhatsApp";
/// Devices that fetch their certificate by SCEP as all real ones do; a thousand RSA keys would take minutes to make.
const BY_SCEP: usize = 4;
/// Contacts everybody has to begin with.
const CONTACTS: usize = 3;

pub fn contradictions() -> anyhow::Result<Line> {
    let report = check(&exports(State::AsFound), &Options::default());
    let errors: Vec<&str> = report
        .findings()
        .iter()
        .filter(|finding| finding.severity == tenant::Severity::Error)
        .map(|finding| finding.rule)
        .collect();
    let wanted = ["ACP-USERCHANGE", "CA-ALL-APPS-OVERLAP", "RST-LEAK-READ"];
    ensure!(report.would_break() && errors == wanted, "the checks found {errors:?}");
    Ok(Told::new(format!("3 contradictions in its policies: {}", errors.join(", "))).fact("errors", errors.len()))
}

pub fn mended() -> anyhow::Result<Line> {
    let report = check(&exports(State::Mended), &Options::default());
    ensure!(!report.would_break(), "the checks still find {:?}", report.findings());
    Ok(Told::new("export off, boundary closed, Exchange keeps its strict access: nothing would break")
        .fact("errors", 0))
}

pub async fn people(world: &mut World) -> anyhow::Result<Line> {
    let (url, authority) = world.reach()?;
    let identity = &world.installation.identity;
    let count = world.devices().div_ceil(EACH);
    let mut new = Vec::new();
    for number in 0..count {
        let account = identity.draw_account();
        world.installation.hub.create_account(account).await?;
        new.push(NewPerson {
            account,
            email: person(number),
            name: format!("Person {number}"),
            password: Some(Secret::new(PASSWORD)),
            groups: Vec::new(),
            aliases: Vec::new(),
        });
    }
    for added in identity.import(new).await {
        added?;
    }
    for number in 0..count {
        let token = identity.issue_token(&person(number), hub::AccessPath::Graph, Duration::from_hours(1)).await?;
        let mut outlook = Outlook::trusting(&url, token.reveal(), &authority)?;
        for contact in 1..=CONTACTS {
            outlook.create(&json!({ "givenName": "Customer", "surname": contact.to_string() })).await?;
        }
    }
    Ok(Told::new(format!("{count}, each with {CONTACTS} contacts in Outlook")).fact("people", count))
}

pub async fn enrolment(world: &mut World) -> anyhow::Result<Line> {
    let service = world.service.clone();
    let certificates = world.installation.certificates.clone();
    let letterhead = Letterhead {
        organisation: world.hub.organisation.clone(),
        identifier_prefix: world.hub.identifier_prefix.clone(),
        sign_messages: false,
        roots: Vec::new(),
    };
    let scep: BTreeSet<String> = world.handsets.iter().take(BY_SCEP).map(|one| one.phone.spec().udid.clone()).collect();
    world
        .each(|mut handset| {
            let (service, certificates, letterhead) = (service.clone(), certificates.clone(), letterhead.clone());
            let by_scep = scep.contains(&handset.phone.spec().udid);
            async move {
                let offer = service.offer(&handset.email).await?;
                let profile = match handset.kind {
                    Kind::User => account_driven(&offer, &letterhead, &handset.email)?,
                    Kind::Device | Kind::Supervised => offer.profile(&letterhead)?.to_plist(),
                };
                let identity = if by_scep {
                    IdentitySource::Profile
                } else {
                    let key = rcgen::KeyPair::generate()?;
                    let public = key.subject_public_key_info();
                    let certificate = certificates.issue_for_key(&handset.email, "enrolment", &public, None).await?;
                    IdentitySource::Given(Identity::from_der(vec![certificate], &key.serialize_der())?)
                };
                let enrolled = handset.phone.enrol(&profile, identity).await;
                enrolled.map_err(|chain| anyhow::anyhow!("{} did not enrol: {chain:?}", handset.phone.spec().udid))?;
                handset.enrolment = name(&handset);
                Ok(handset)
            }
        })
        .await?;
    world.equip().await?;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for handset in &world.handsets {
        let kind = match handset.kind {
            Kind::Device => "device-enrolled",
            Kind::Supervised => "supervised",
            Kind::User => "user-enrolled",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let all = world.service.register().devices().await?.iter().filter(|device| device.enrolled).count();
    ensure!(all == world.devices(), "{all} of {} are enrolled", world.devices());
    Ok(Told::new(format!("{all}, iOS 12 to 27: {}", kinds.join(", "))).fact("enrolled", all))
}

fn name(handset: &Handset) -> Option<EnrolmentId> {
    match handset.phone.enrolment_name()? {
        phone::managed::EnrolmentName::Udid(id) | phone::managed::EnrolmentName::EnrolmentId(id) => {
            EnrolmentId::parse(id)
        }
    }
}

/// What a person gets who signs in with a Managed Apple Account in Settings.
fn account_driven(offer: &Offer, letterhead: &Letterhead, email: &str) -> anyhow::Result<Vec<u8>> {
    let server = MdmServer {
        server_url: ServerUrl::parse(&offer.server_url)?,
        check_in_url: Some(ServerUrl::parse(&offer.check_in_url)?),
        topic: offer.topic.clone(),
        sign_messages: letterhead.sign_messages,
        rights: ACCESS_RIGHTS,
        capabilities: Vec::new(),
        organisation: letterhead.organisation.clone(),
        identifier_prefix: letterhead.identifier_prefix.clone(),
        roots: Vec::new(),
    };
    let identity = ClientIdentity::Scep(Scep {
        url: offer.scep_url.clone(),
        challenge: Some(offer.scep_challenge.reveal().to_owned()),
        common_name: email.to_owned(),
        email: Some(email.to_owned()),
        authority_fingerprint: offer.authority_fingerprint.to_vec(),
    });
    let enrolment = MdmEnrolment::AccountDrivenUser { managed_apple_account: email.to_owned() };
    Ok(mdm_enrolment(&server, &identity, &enrolment).to_plist())
}

pub async fn export(world: &mut World) -> anyhow::Result<Line> {
    world
        .each(|mut handset| async move {
            if handset.phone.apps().is_installed(OUTLOOK) {
                handset.phone.set_save_contacts(true)?;
            }
            Ok(handset)
        })
        .await?;
    let exposed = world.handsets.iter().filter(|handset| !handset.phone.visible_contacts(MESSENGER).is_empty()).count();
    ensure!(exposed * 10 > world.devices() * 9, "only {exposed} export");
    Ok(Told::new(format!("one way on {exposed} devices, and their messengers read every contact"))
        .fact("exposed", exposed))
}

pub async fn plan(world: &mut World) -> anyhow::Result<Line> {
    let plan = world.begin().await?;
    let ready = plan.devices.values().filter(|planned| planned.readiness.ready()).count();
    let held = plan.devices.len() - ready;
    let old = world.handsets.iter().filter(|handset| handset.too_old()).count();
    ensure!(plan.devices.len() == world.devices(), "{} devices are planned", plan.devices.len());
    ensure!(held == old && old > 0, "{held} are held back, {old} are older than iOS 13");
    Ok(Told::new(format!("{ready} ready in {} waves; {held} below iOS 13 held back", plan.waves.len()))
        .fact("ready", ready)
        .fact("held", held))
}

pub async fn pilot(world: &mut World) -> anyhow::Result<Line> {
    world.run(|rollout| rollout.waves().next().is_some_and(|(_, state)| state.phase == Phase::Passed)).await?;
    let (phase, done, failed) = world.wave(Group::Pilot).await?;
    ensure!(phase == Phase::Passed && failed == 0, "the pilot is {phase}, {failed} failed\n{}", status(world).await?);
    Ok(Told::new(format!("{done} devices: export off, account there, contacts synced; the gate opens"))
        .fact("done", done))
}

async fn status(world: &mut World) -> anyhow::Result<String> {
    Ok(Status::of(&world.rollout().await?).to_string())
}

pub async fn branch(world: &mut World) -> anyhow::Result<Line> {
    world.run(|rollout| rollout.waves().any(|(_, state)| state.phase == Phase::Stopped)).await?;
    let (phase, _, failed) = world.wave(Group::Branch).await?;
    let helped = world.handsets.iter().filter(|handset| handset.helped_themselves).count();
    ensure!(phase == Phase::Stopped, "the branch is {phase}\n{}", status(world).await?);
    ensure!((1..=helped).contains(&failed), "{failed} failed, {helped} have the account already");
    Ok(Told::new(format!("{failed} devices refuse: people had added the account by hand (21005)"))
        .fact("failed", failed))
}

pub async fn taken_back(world: &mut World) -> anyhow::Result<Line> {
    let scope = Scope::Wave(Group::Branch.name().to_owned());
    world.change(|rollout| Ok(rollout.roll_back(&scope, jiff::Timestamp::now())?)).await?;
    world.run(|rollout| rollout.waves().any(|(_, state)| state.phase == Phase::RolledBack)).await?;
    let (phase, ..) = world.wave(Group::Branch).await?;
    ensure!(phase == Phase::RolledBack, "the branch is {phase}\n{}", status(world).await?);
    let of_branch = || world.handsets.iter().filter(|handset| handset.group == Group::Branch);
    let left = of_branch().filter(|handset| handset.has_account()).count();
    let exports = of_branch().filter(|handset| handset.phone.outlook().saves_contacts()).count();
    ensure!(left == 0, "{left} still have the account");
    Ok(Told::new(format!("no account left in the branch, Outlook exports again on {exports}")).fact("left", left))
}

pub async fn again(world: &mut World) -> anyhow::Result<Line> {
    let mut mended = 0;
    for handset in world.handsets.iter_mut().filter(|handset| handset.helped_themselves) {
        let own: Vec<AccountId> =
            handset.phone.accounts().iter().filter(|account| !account.is_managed()).map(|account| account.id).collect();
        for account in own {
            handset.phone.delete_account(account)?;
            mended += 1;
        }
    }
    world.change(|rollout| Ok(rollout.again(Group::Branch.name(), jiff::Timestamp::now())?)).await?;
    world.run(|rollout| rollout.waves().nth(1).is_some_and(|(_, state)| state.phase == Phase::Passed)).await?;
    let (phase, done, failed) = world.wave(Group::Branch).await?;
    ensure!(phase == Phase::Passed && failed == 0, "the branch is {phase}, {failed} failed\n{}", status(world).await?);
    Ok(Told::new(format!("{mended} people removed theirs; {done} devices done, none failed")).fact("done", done))
}

pub async fn everybody(world: &mut World) -> anyhow::Result<Line> {
    world.run(|_| false).await?;
    let expected = world.expected(&[Group::Pilot, Group::Branch, Group::Company]);
    let rollout = world.rollout().await?;
    let done: BTreeSet<EnrolmentId> = rollout
        .members()
        .filter(|member| matches!(member.rung(), Rung::Done(_)))
        .map(|member| member.id().clone())
        .collect();
    ensure!(done == expected, "{} of {} are done\n{}", done.len(), expected.len(), status(world).await?);
    let off = world.handsets.iter().filter(|handset| handset.off && !handset.too_old()).count();
    let with_old =
        world.handsets.iter().filter(|handset| handset.too_old() && handset.phone.managed_accounts().count() > 0);
    ensure!(with_old.count() == 0, "a device below iOS 13 got the account");
    Ok(Told::new(format!("{} devices done; switched off all the while: {off}", done.len())).fact("done", done.len()))
}

pub async fn nothing_new(world: &mut World) -> anyhow::Result<Line> {
    let before = world.rollout().await?;
    world.run(|_| false).await?;
    ensure!(before.members().eq(world.rollout().await?.members()), "the state changed");
    Ok(Told::new("nothing is ordered twice, nothing changes"))
}

pub async fn both_ways(world: &mut World) -> anyhow::Result<Line> {
    let (url, authority) = world.reach()?;
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for handset in world.handsets.iter().filter(|handset| handset.has_account()) {
        *people.entry(handset.email.clone()).or_default() += 1;
    }
    let mut outlooks = BTreeMap::new();
    for email in people.keys() {
        let token =
            world.installation.identity.issue_token(email, hub::AccessPath::Graph, Duration::from_hours(1)).await?;
        let mut outlook = Outlook::trusting(&url, token.reveal(), &authority)?;
        outlook.create(&json!({ "givenName": "From", "surname": "Outlook" })).await?;
        outlooks.insert(email.clone(), outlook);
    }
    world
        .each(|mut handset| async move {
            if let Some(account) = account_of(&handset) {
                let number = handset.phone.spec().seed.to_string();
                let phone = handset.phone.phone_of(account).context("there is no phone behind the account")?;
                phone.add_contact(LocalContact::named("Typed on", &number))?;
                handset.phone.sync(account).await?;
            }
            Ok(handset)
        })
        .await?;
    // What one device of a person added reaches the other with its next sync.
    world
        .each(|mut handset| async move {
            if let Some(account) = account_of(&handset) {
                handset.phone.sync(account).await?;
            }
            Ok(handset)
        })
        .await?;
    for (email, outlook) in &mut outlooks {
        outlook.refresh().await?;
        let wanted = CONTACTS + 1 + people.get(email).copied().unwrap_or(0);
        let in_outlook = names(outlook);
        ensure!(in_outlook.len() == wanted, "{email}: {} contacts in Outlook, {wanted} expected", in_outlook.len());
        for handset in world.handsets.iter().filter(|handset| handset.email == *email && handset.has_account()) {
            let mut on_phone: Vec<String> = account_of(handset)
                .into_iter()
                .flat_map(|account| handset.phone.contacts_of(Store::Account(account)))
                .map(LocalContact::display_name)
                .collect();
            on_phone.sort();
            ensure!(on_phone == in_outlook, "{email}: {on_phone:?} on the phone, {in_outlook:?} in Outlook");
        }
    }
    let devices = people.values().sum::<usize>();
    Ok(Told::new(format!("{devices} devices and {} people's Outlook hold the same contacts", people.len()))
        .fact("devices", devices)
        .fact("people", people.len()))
}

fn names(outlook: &Outlook) -> Vec<String> {
    let mut names: Vec<String> =
        outlook.contacts().map(|contact| contact.display_name.clone().unwrap_or_default()).collect();
    names.sort();
    names
}

fn account_of(handset: &Handset) -> Option<AccountId> {
    let mut managed = handset.phone.managed_accounts();
    managed.find(|account| matches!(account.session(), Session::Syncing(_))).map(|account| account.id)
}

pub fn no_doubles(world: &World) -> anyhow::Result<Line> {
    let done = || world.handsets.iter().filter(|handset| handset.has_account());
    for handset in done() {
        let doubled = handset.phone.duplicates();
        ensure!(doubled.is_empty(), "{} shows {doubled:?} twice", handset.email);
        ensure!(handset.phone.outlook().exported().is_empty(), "{} still has exported contacts", handset.email);
    }
    Ok(Told::new(format!("on none of {} devices; every exported copy is gone", done().count())).fact("doubled", 0))
}

pub fn boundary(world: &World) -> anyhow::Result<Line> {
    let mut callers = 0;
    for handset in world.handsets.iter().filter(|handset| handset.has_account()) {
        let seen = handset.phone.visible_contacts(MESSENGER);
        ensure!(seen.is_empty(), "the messenger on {} reads {} contacts", handset.email, seen.len());
        callers += handset.phone.visible_contacts("com.apple.mobilephone").len();
    }
    ensure!(callers > 0, "the Phone app knows nobody");
    Ok(Told::new("messengers read no managed contact; the Phone app knows every caller").fact("read", 0))
}

pub fn rules(world: &World) -> anyhow::Result<Line> {
    for handset in &world.handsets {
        let broken: Vec<String> = handset.phone.violations().iter().map(ToString::to_string).collect();
        ensure!(broken.is_empty(), "{}: {}", handset.email, broken.join("; "));
        for account in handset.phone.managed_accounts() {
            let Session::Syncing(phone) = account.session() else { continue };
            let broken: Vec<String> = phone.violations().iter().map(ToString::to_string).collect();
            ensure!(broken.is_empty(), "{}: {}", handset.email, broken.join("; "));
        }
    }
    Ok(Told::new("0 violations in management, sign-in and sync").fact("violations", 0))
}

//! What holds of every decision, over random facts and policies, and the order of the questions one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::net::{IpAddr, Ipv4Addr};

use access::{
    AccountOnDevice, Condition, Device, DevicePolicy, Exemption, Facts, Glob, Kind, Network, Person, Policy, Question,
    Reason, Rule, SecondAccount, SignIn, Standing, Unknown, Verdict, decide,
    os::{Os, OsRange},
    what_if,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

fn an_os() -> impl Strategy<Value = Option<Os>> {
    select(vec!["", "iOS", "iOS 16.7.1", "iOS 17.2 21C62", "iPadOS 18.1", "Android 14"])
        .prop_map(|text| Os::of(Some(text), "", "Apple-iPhone15C4/2103.62"))
}

fn a_device() -> impl Strategy<Value = Device> {
    let known = || option::of(any::<bool>());
    let policy = select(vec![DevicePolicy::NotRequired, DevicePolicy::Met, DevicePolicy::Unmet]);
    let second = AccountOnDevice::Second { first: "anna".into(), this: "a.berg".into() };
    let account = select(vec![AccountOnDevice::Only, AccountOnDevice::Only, second]);
    let exemption = option::weighted(0.3, select(vec![Exemption::Allow, Exemption::Quarantine, Exemption::Block]));
    let kinds = select(vec!["iPhone", "iPad", "Android"]);
    (kinds, an_os(), any::<bool>(), known(), known(), option::of(1..6_u32), policy, account, exemption).prop_map(
        |(kind, os, enrolled, compliant, managed_profile, number, policy, account, exemption)| Device {
            id: "D1".into(),
            device_type: kind.into(),
            model: os.as_ref().map(|_| "iPhone15,4".into()),
            user_agent: Some("Apple-iPhone15C4/2302.85".into()),
            os,
            enrolled,
            compliant,
            managed_profile,
            number,
            policy,
            account,
            exemption,
        },
    )
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let standing = select(vec![Standing::Enabled, Standing::Enabled, Standing::ActiveSyncOff, Standing::Disabled]);
    let person = (standing, vec(select(vec!["Sales", "IT"]), 0..2)).prop_map(|(standing, groups)| Person {
        email: "anna@example.org".into(),
        groups: groups.into_iter().map(str::to_owned).collect(),
        standing,
    });
    let network = option::of(select(vec![IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3)), IpAddr::V4(Ipv4Addr::LOCALHOST)]));
    (option::weighted(0.9, person), option::of(select(SignIn::ALL.to_vec())), network, a_device())
        .prop_map(|(person, sign_in, network, device)| Facts { person, sign_in, network, device })
}

fn a_condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        select(vec!["iOS", "iOS < 17.2", "iOS >= 17 < 18", "Android"])
            .prop_map(|range| Condition::Os(vec![OsRange::parse(range).unwrap()])),
        select(vec!["iP*", "Android"]).prop_map(|glob| Condition::DeviceType(vec![Glob::new(glob)])),
        select(vec!["iPhone15,*", "SM-*"]).prop_map(|glob| Condition::Model(vec![Glob::new(glob)])),
        select(vec!["Sales", "IT"]).prop_map(|group| Condition::Group(vec![group.into()])),
        any::<bool>().prop_map(Condition::Enrolled),
        any::<bool>().prop_map(Condition::Compliant),
        any::<bool>().prop_map(Condition::ManagedProfile),
        select(SignIn::ALL.to_vec()).prop_map(|way| Condition::SignIn(vec![way])),
        Just(Condition::Network(vec![Network::parse("10.0.0.0/8").unwrap()])),
        (0..5_u32).prop_map(Condition::DevicesOver),
    ]
}

fn a_rule(kind: Kind) -> impl Strategy<Value = Rule> {
    let unknown = match kind {
        Kind::Allow => Just(Unknown::Fails).boxed(),
        _ => select(vec![Unknown::Fails, Unknown::Matches]).boxed(),
    };
    (any::<u16>(), vec(a_condition(), 1..4), vec(a_condition(), 0..2), unknown).prop_map(
        move |(number, conditions, except, unknown)| Rule {
            name: format!("{kind:?} {number}"),
            conditions,
            except,
            unknown,
        },
    )
}

fn a_policy() -> impl Strategy<Value = Policy> {
    let default = select(vec![Verdict::Block, Verdict::Quarantine, Verdict::Allow]);
    let second = select(vec![SecondAccount::Refuse, SecondAccount::Allow]);
    (
        vec(a_rule(Kind::Block), 0..3),
        vec(a_rule(Kind::Quarantine), 0..3),
        vec(a_rule(Kind::Allow), 0..3),
        default,
        second,
    )
        .prop_map(|(block, quarantine, allow, default, second_account)| Policy {
            block,
            quarantine,
            allow,
            default,
            second_account,
        })
}

/// The same facts with nothing left unknown.
fn all_known(facts: Facts) -> Facts {
    let device = Device {
        model: facts.device.model.or(Some("iPhone14,5".into())),
        os: Os::from_information("iOS 17.1"),
        compliant: facts.device.compliant.or(Some(true)),
        managed_profile: facts.device.managed_profile.or(Some(false)),
        number: facts.device.number.or(Some(2)),
        ..facts.device
    };
    let network = facts.network.or(Some(Ipv4Addr::LOCALHOST.into()));
    Facts { sign_in: facts.sign_in.or(Some(SignIn::OAuth)), network, device, person: facts.person }
}

/// Facts of which less is known.
fn forgetful(facts: &Facts) -> Facts {
    let device = Device {
        model: None,
        os: None,
        user_agent: None,
        compliant: None,
        managed_profile: None,
        number: None,
        ..facts.device.clone()
    };
    Facts { sign_in: None, network: None, device, person: facts.person.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_same_facts_give_the_same_decision_and_its_last_reason_is_the_verdict(facts in some_facts(), policy in a_policy()) {
        let decision = decide(&facts, &policy);
        prop_assert_eq!(&decision, &decide(&facts, &policy));
        let (last, before) = decision.reasons.split_last().unwrap();
        prop_assert_eq!(last.verdict, Some(decision.verdict));
        prop_assert!(before.iter().all(|step| step.verdict.is_none()));
        prop_assert!(decision.reasons.is_sorted_by_key(|step| step.question), "{:?}", decision.reasons);
    }

    #[test]
    fn another_block_rule_never_lets_anybody_in_more(
        facts in some_facts(), policy in a_policy(), rule in a_rule(Kind::Block), place in 0..4_usize,
    ) {
        let mut stricter = policy.clone();
        let place = place.min(stricter.block.len());
        stricter.block.insert(place, rule);
        prop_assert!(decide(&facts, &stricter).verdict <= decide(&facts, &policy).verdict);
    }

    #[test]
    fn another_allow_rule_never_shuts_anybody_out(facts in some_facts(), policy in a_policy(), rule in a_rule(Kind::Allow)) {
        let mut looser = policy.clone();
        looser.allow.push(rule);
        prop_assert!(decide(&facts, &looser).verdict >= decide(&facts, &policy).verdict);
    }

    #[test]
    fn what_nobody_knows_satisfies_no_allow_rule(facts in some_facts(), policy in a_policy()) {
        let unknown = decide(&forgetful(&facts), &policy);
        if unknown.verdict == Verdict::Allow && let Reason::Rule(name) = &unknown.reason {
            let known = policy.allow.iter().find(|rule| rule.name == *name).unwrap();
            let decision = decide(&facts, &Policy { allow: vec![known.clone()], default: Verdict::Block, ..Policy::default() });
            let earlier = facts.device.account != AccountOnDevice::Only;
            prop_assert!(earlier || decision.verdict == Verdict::Allow, "knowing more closed a door that only facts may open");
        }
    }

    #[test]
    fn how_unknown_facts_count_matters_only_where_facts_are_unknown(facts in some_facts(), policy in a_policy()) {
        let facts = all_known(facts);
        let mut other = policy.clone();
        for kind in [Kind::Block, Kind::Quarantine] {
            for rule in other.rules_mut(kind) {
                rule.unknown = if rule.unknown == Unknown::Fails { Unknown::Matches } else { Unknown::Fails };
            }
        }
        prop_assert_eq!(decide(&facts, &policy).reason, decide(&facts, &other).reason);
    }

    #[test]
    fn who_has_not_proved_who_they_are_is_let_in_by_no_policy(facts in some_facts(), policy in a_policy()) {
        let nobody = Facts { person: None, ..facts };
        let decision = decide(&nobody, &policy);
        prop_assert_eq!((decision.verdict, decision.reason), (Verdict::Block, Reason::NotAuthenticated));
    }

    #[test]
    fn a_personal_exemption_goes_before_every_rule(facts in some_facts(), policy in a_policy()) {
        let plain = decide(&facts, &policy);
        let bare = Policy { second_account: policy.second_account, ..Policy::default() };
        if plain.reason == Reason::Exemption {
            prop_assert_eq!(plain.verdict, decide(&facts, &bare).verdict);
        }
    }

    #[test]
    fn what_if_says_what_decide_says(facts in vec(some_facts(), 0..6), before in a_policy(), after in a_policy()) {
        let (differences, totals) = what_if(&before, &after, &facts);
        prop_assert_eq!(totals.devices, facts.len());
        prop_assert_eq!(totals.gain + totals.lose, differences.len());
        prop_assert_eq!(totals.allowed + totals.quarantined + totals.blocked, facts.len());
        for (place, facts) in facts.iter().enumerate() {
            let (was, will) = (decide(facts, &before), decide(facts, &after));
            if let Some(found) = differences.iter().find(|difference| difference.place == place) {
                prop_assert_eq!((&found.before, &found.after), (&was, &will));
            } else {
                prop_assert_eq!(was.verdict, will.verdict);
            }
        }
        prop_assert!(what_if(&before, &before, &facts).0.is_empty());
    }

    #[test]
    fn any_text_is_a_policy_or_an_error_with_a_line(text in "(?s).{0,200}") {
        if let Err(error) = Policy::parse(&text) {
            prop_assert!(error.line >= 1 && error.line <= text.lines().count().max(1) + 1);
        }
    }
}

/// An enrolled iPhone of Anna's that every rule below applies to.
fn facts() -> Facts {
    Facts {
        person: Some(Person { email: "anna@example.org".into(), groups: vec![], standing: Standing::Enabled }),
        sign_in: Some(SignIn::OAuth),
        network: None,
        device: Device { id: "D1".into(), device_type: "iPhone".into(), enrolled: true, ..Device::default() },
    }
}

const ALL_KINDS: &str = "
    [[allow]]
    name = 'A'
    enrolled = true
    [[quarantine]]
    name = 'Q'
    enrolled = true
    [[block]]
    name = 'B1'
    enrolled = true
    [[block]]
    name = 'B2'
    enrolled = true
";

#[test]
fn the_questions_are_asked_in_the_order_of_exchange() {
    let mut facts = facts();
    let mut policy = Policy::parse(ALL_KINDS).unwrap();
    let nobody = Facts { person: None, ..facts.clone() };
    assert_eq!(decide(&nobody, &policy).reason, Reason::NotAuthenticated);

    facts.device.exemption = Some(Exemption::Allow);
    facts.device.policy = DevicePolicy::Unmet;
    facts.device.account = AccountOnDevice::Second { first: "anna".into(), this: "a.berg".into() };
    let mut decided = Vec::new();
    for standing in [Standing::Disabled, Standing::ActiveSyncOff, Standing::Enabled] {
        facts.person.as_mut().unwrap().standing = standing;
        decided.push(decide(&facts, &policy).reason);
    }
    facts.device.account = AccountOnDevice::Only;
    decided.push(decide(&facts, &policy).reason);
    facts.device.policy = DevicePolicy::Met;
    decided.push(decide(&facts, &policy).reason);
    facts.device.exemption = None;
    for kind in Kind::ALL {
        decided.push(decide(&facts, &policy).reason);
        policy.rules_mut(kind).clear();
    }
    decided.push(decide(&facts, &policy).reason);
    let rule = |name: &str| Reason::Rule(name.into());
    assert_eq!(
        decided,
        [
            Reason::Disabled,
            Reason::ActiveSyncOff,
            Reason::SecondAccount,
            Reason::DevicePolicy,
            Reason::Exemption,
            rule("B1"),
            rule("Q"),
            rule("A"),
            Reason::Default
        ]
    );
}

#[test]
fn reasons_say_what_was_wanted_and_what_is() {
    let mut facts = facts();
    facts.device.os = Os::from_information("iOS 16.7 20H19");
    let policy =
        Policy::parse("[[allow]]\nname = 'New'\nos = 'iOS >= 17'\n[[allow]]\nname = 'Fit'\ncompliant = true").unwrap();
    let decision = decide(&facts, &policy);
    let because = |name: &str| {
        let step = decision.reasons.iter().find(|step| step.rule.as_deref() == Some(name)).unwrap();
        step.because.clone()
    };
    assert_eq!(because("New"), "no: os = iOS >= 17.0; it is: iOS 16.7");
    assert_eq!(because("Fit"), "no: compliant = true; it is unknown, which satisfies no allow rule");
    assert_eq!(decision.reasons.last().unwrap().question, Question::Default);
}

#[test]
fn unknown_compliance_is_held_back_by_a_quarantine_rule_and_blocks_nobody() {
    let held = Policy::parse("[[quarantine]]\nname = 'Q'\ncompliant = false").unwrap();
    let decision = decide(&facts(), &held);
    assert_eq!(decision.verdict, Verdict::Quarantine);
    assert!(decision.reasons.last().unwrap().because.contains("unknown"), "{decision:?}");
    let blocked = Policy::parse("[[block]]\nname = 'B'\ncompliant = false").unwrap();
    assert_eq!(decide(&facts(), &blocked).verdict, Verdict::Allow);
    let strict = Policy::parse("[[block]]\nname = 'B'\ncompliant = false\nunknown = 'matches'").unwrap();
    assert_eq!(decide(&facts(), &strict).verdict, Verdict::Block);
}

#[test]
fn the_fourth_device_is_too_many_and_the_first_three_stay() {
    let policy = Policy::parse("[[block]]\nname = 'Three'\ndevices_over = 3").unwrap();
    assert!(policy.counts_devices() && !Policy::default().counts_devices());
    let verdicts = (1..=5).map(|number| {
        let mut facts = facts();
        facts.device.number = Some(number);
        decide(&facts, &policy).verdict
    });
    assert_eq!(verdicts.filter(|verdict| *verdict == Verdict::Allow).count(), 3);
}

#[test]
fn an_exception_takes_a_rule_s_effect_away() {
    let policy = Policy::parse("[[block]]\nname = 'B'\nenrolled = true\nexcept = { group = 'it' }").unwrap();
    let mut facts = facts();
    assert_eq!(decide(&facts, &policy).verdict, Verdict::Block);
    facts.person.as_mut().unwrap().groups.push("IT".into());
    let decision = decide(&facts, &policy);
    assert_eq!(decision.verdict, Verdict::Allow);
    assert!(decision.reasons.iter().any(|step| step.because.contains("excepted by group = it")), "{decision:?}");
}

#[test]
fn a_decision_reads_as_json() {
    let json = serde_json::to_value(decide(&facts(), &Policy::parse(ALL_KINDS).unwrap())).unwrap();
    assert_eq!(
        (json["verdict"].as_str(), json["by"].as_str(), json["rule"].as_str()),
        (Some("block"), Some("rule"), Some("B1"))
    );
    assert_eq!(json["reasons"].as_array().unwrap().len(), 6);
}

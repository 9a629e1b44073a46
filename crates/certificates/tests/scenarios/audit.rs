//! What the audit tells afterwards.

use certificates::{Network, Reason, limits};
use ledger::{
    AccountId, LedgerError,
    tables::people,
    testing::{both_engines, sqlite},
};

use crate::{
    house::{ANNA, BEN, HOUR, House},
    phone::{Phone, RENEWAL_REQ},
};

const OPERATION: &str = "/scep?operation=PKIOperation";
const ANNAS: AccountId = AccountId([1; 16]);

/// Event, outcome and actor.
async fn told(house: &House) -> Vec<(String, String, String)> {
    house.audit().await.into_iter().map(|entry| (entry.event, entry.outcome, entry.actor)).collect()
}

#[test]
fn issuing_and_revoking_are_audited_with_who_did_it_and_every_process_hears_of_the_person() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let command = house.certificates.acting_as("command (root)");
        let issued = command.issue(ANNA, "laptop", None).await.unwrap();
        let newest = |house: &House| {
            let ledger = house.ledger.clone();
            async move { ledger.read::<_, LedgerError>(people::newest_change).await.unwrap() }
        };
        let before = newest(&house).await;
        house.pass(HOUR);
        command.revoke(&issued.serial, Reason::KeyCompromise).await.unwrap();
        assert!(newest(&house).await > before, "other processes learn of it");

        let audit = house.audit().await;
        let events: Vec<_> = audit.iter().map(|entry| (entry.event.as_str(), entry.account)).collect();
        assert_eq!(events, [("certificate-issued", Some(ANNAS)), ("certificate-revoked", Some(ANNAS))]);
        for entry in &audit {
            assert_eq!((entry.actor.as_str(), entry.outcome.as_str()), ("command (root)", "ok"));
            assert_eq!(
                (&entry.detail["serial"], &entry.detail["label"]),
                (&issued.serial.as_str().into(), &"laptop".into())
            );
        }
        assert_eq!(audit[1].detail["reason"], 1);
        // What was refused changed nothing and is not in it.
        command.revoke(&issued.serial, Reason::KeyCompromise).await.unwrap_err();
        command.issue("nobody@example.org", "laptop", None).await.unwrap_err();
        assert_eq!(house.audit().await.len(), 2);
    });
}

#[test]
fn an_enrolment_is_audited_once_with_where_it_came_from_and_without_the_challenge() {
    both_engines(async |ledger| {
        let mut house = House::on(ledger).await;
        house.router = house.router.layer(axum::Extension(Network("192.0.2.7".parse().unwrap())));
        let authority = house.authority().await;
        let challenge = house.challenge(ANNA).await;
        house.pass(HOUR / 2);
        let phone = Phone::new(0);
        let message = phone.enrol(&authority, &challenge);
        let answer = house.post(OPERATION, message.clone()).await.1;
        let certificate = phone.read(&answer, &authority).certificate();
        // A lost answer that is asked for again.
        house.post(OPERATION, message).await;
        house.pass(HOUR);
        let phone = phone.with_certificate(certificate.clone());
        house.post(OPERATION, phone.message(&authority, RENEWAL_REQ, &Phone::new(1).request(None))).await;

        let audit = house.audit().await;
        let events: Vec<_> = audit.iter().map(|entry| (entry.event.as_str(), entry.network.as_str())).collect();
        let from_there = ("scep-enrolment", "192.0.2.7");
        assert_eq!(events, [("scep-challenge-made", ""), from_there, from_there]);
        assert!(audit.iter().all(|entry| entry.account == Some(ANNAS) && entry.outcome == "ok"));
        assert_eq!(audit[1].detail["renews"], serde_json::Value::Null);
        assert_eq!(audit[2].detail["renews"], audit[1].detail["serial"]);
        let all = format!("{audit:?}");
        assert!(!all.contains(&challenge), "{all}");
    });
}

#[test]
fn a_refused_enrolment_says_why_and_names_a_person_only_when_something_of_theirs_was_shown() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let challenge = house.challenge(BEN).await;
        let phone = Phone::new(0);
        house.pass(HOUR / 2);
        house.post(OPERATION, phone.enrol(&authority, "guessed")).await;
        house.pass(HOUR);
        house.post(OPERATION, phone.enrol(&authority, &challenge)).await;
        let audit = house.audit().await;
        let refused: Vec<_> = audit[1..].iter().map(|entry| (entry.outcome.as_str(), entry.account)).collect();
        let ben = Some(AccountId([2; 16]));
        assert_eq!(
            refused,
            [("the challenge password is wrong", None), ("the challenge password has ended", ben)],
            "{:?}",
            told(&house).await
        );
    });
}

#[test]
fn who_asks_without_end_does_not_fill_the_audit() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let message = Phone::new(0).enrol(&*house.authority().await, "guessed");
        for _ in 0..limits::REFUSALS_AUDITED_MAX + 5 {
            house.post(OPERATION, message.clone()).await;
        }
        let most = usize::try_from(limits::REFUSALS_AUDITED_MAX).unwrap();
        assert_eq!(house.audit().await.len(), most);
        house.pass(HOUR);
        house.post(OPERATION, message).await;
        assert_eq!(house.audit().await.len(), most + 1);
    });
}

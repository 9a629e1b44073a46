//! A device's whole life.

use fleet::{
    delivery::{Delivery, DeliveryError, DeviceError, Event, Order},
    enrolment::Enrolment,
};
use http::StatusCode;
use ledger::testing::both_engines;
use mdm::{Embedded, command::last_error};

use crate::{
    device::{Phone, error_chain, profile_list},
    house::{ANNA, CONTACTS, House, id, order},
};

#[test]
fn a_device_enrols_takes_its_profile_shows_it_and_leaves() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "00008110-001A2B3C").await;
        let device = id(&phone.id);
        let delivery = Embedded(house.service.clone());
        let install = Order::InstallProfile(b"<plist>a profile</plist>".to_vec());

        // Nothing can be given before the first TokenUpdate.
        assert_eq!(phone.authenticate(&house).await, StatusCode::OK);
        let early = delivery.give(&device, &order("P1"), &install).await;
        assert!(matches!(early, Err(DeliveryError::NotEnrolled(_))));
        assert_eq!(phone.idle(&house).await, None);
        assert_eq!(house.told(0).await, ["facts 17.2.1"]);
        assert_eq!(phone.token_update(&house, "").await, StatusCode::OK);

        // It is asked what it is, and access hears of it.
        let mut asked = Vec::new();
        let mut next = phone.idle(&house).await;
        while let Some(got) = next {
            next = phone.answer(&house, &got).await;
            asked.push(got.kind);
        }
        assert_eq!(asked, ["DeviceInformation", "SecurityInfo", "ProfileList"]);
        assert_eq!(house.heard.take(), [(phone.eas(), true, None), (phone.eas(), true, Some(false))]);
        let known = house.register.device(&device).await.unwrap().unwrap();
        assert_eq!((known.enrolled, known.kind, known.token_updates), (true, Enrolment::Device, 1));
        assert_eq!(known.serial_number.as_deref(), Some("C39ABCDEF"));

        // The profile: given twice, delivered once.
        let before = house.position().await;
        house.push.take();
        delivery.give(&device, &order("P1"), &install).await.unwrap();
        delivery.give(&device, &order("P1"), &install).await.unwrap();
        assert_eq!(house.push.take(), [device.clone(), device.clone()], "whoever repeats himself wakes it again");
        let got = phone.idle(&house).await.unwrap();
        assert_eq!((got.uuid.as_str(), got.kind.as_str()), ("P1", "InstallProfile"));
        assert!(got.text.contains("PHBsaXN0PmEgcHJvZmlsZTwvcGxpc3Q+"), "{}", got.text);
        assert_eq!(phone.acknowledge(&house, &got, "").await, None);
        delivery.give(&device, &order("P1"), &install).await.unwrap();
        assert!(phone.idle(&house).await.is_none() && house.push.take().is_empty());
        assert_eq!(house.told(before).await, ["delivered P1", "acknowledged P1"]);

        // Only a list proves that it holds.
        delivery.give(&device, &order("L1"), &Order::ListProfiles).await.unwrap();
        let got = phone.idle(&house).await.unwrap();
        let contacts = format!("{CONTACTS}anna");
        phone.acknowledge(&house, &got, &profile_list(&[("com.example.other", "U0"), (&contacts, "U1")])).await;
        let logged = house.register.events(before).await.unwrap();
        let Event::Profiles(_, listed) = &logged.last().unwrap().event else { panic!("a list") };
        assert_eq!((listed[1].identifier.as_str(), listed[1].uuid.as_str()), (contacts.as_str(), "U1"));
        assert_eq!(house.heard.take(), [(phone.eas(), true, Some(true))]);

        // A refusal comes with all its reasons, the specific one last.
        delivery.give(&device, &order("P2"), &install).await.unwrap();
        let got = phone.idle(&house).await.unwrap();
        let chain =
            error_chain(&[("MCInstallationErrorDomain", 4001, "failed"), ("MCEASErrorDomain", 21005, "not unique")]);
        phone.report(&house, "Error", Some(&got.uuid), &chain).await;
        let logged = house.register.events(before).await.unwrap();
        let Event::Failed(failed, errors) = &logged.last().unwrap().event else { panic!("a failure") };
        let last = DeviceError { domain: "MCEASErrorDomain".into(), code: 21005, description: "not unique".into() };
        assert_eq!((failed.0.as_str(), errors.len(), last_error(errors)), ("P2", 2, Some(&last)));

        // It leaves, and what was left to do will never be done.
        delivery.give(&device, &order("P3"), &install).await.unwrap();
        let before = house.position().await;
        assert_eq!(phone.check_in(&house, "CheckOut", "").await.0, StatusCode::OK);
        assert_eq!(house.told(before).await, ["failed P3: BothwaysMDM 4", "checked out"]);
        assert_eq!(house.heard.take(), [(phone.eas(), false, None)]);
        let late = delivery.give(&device, &order("P4"), &install).await;
        assert!(matches!(late, Err(DeliveryError::NotEnrolled(_))));
        assert!(!house.register.device(&device).await.unwrap().unwrap().enrolled);
    });
}

#[test]
fn the_same_position_gives_the_same_events_again() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        for name in ["A", "B"] {
            Phone::of(&house, ANNA, name).await.settle(&house).await;
        }
        let all = house.register.events(0).await.unwrap();
        assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position));
        let middle = all[all.len() / 2].position;
        assert_eq!(house.register.events(middle).await.unwrap(), all[all.len() / 2 + 1..]);
        assert_eq!(house.register.events(middle).await.unwrap(), house.register.events(middle).await.unwrap());
    });
}

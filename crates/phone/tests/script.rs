//! The phone's requests, byte for byte and in order, against answers written by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod scripted;

use std::time::Duration;

use phone::{
    Command, Credentials, DeviceKind, Discovery, FoundBy, LinkFault, LocalContact, Phone, PhoneError, PingOutcome,
    Property, Version, Violation,
};
use scripted::*;

const LONG: Duration = Duration::from_mins(1);

/// The inside of Options: BodyPreference, plain text, 32768 bytes. Ends on page 17.
const OPTIONS: &str = "57 00 11 45 46 '1' 01 47 '32768' 01 01 01";

fn exchange(key: &str, commands: &str) -> Vec<u8> {
    let commands = if commands.is_empty() { String::new() } else { format!("00 00 56 {commands} 01") };
    document(&format!("45 5C 4F 4B '{key}' 01 52 'F9' 01 5E '0' 01 13 55 '25' 01 {OPTIONS} {commands} 01 01 01"))
}

#[tokio::test]
async fn the_first_run_asks_for_settings_folders_the_key_and_then_page_after_page() {
    let server = Server::with_account(vec![
        synced("S2", true, "", &(add("F9:1", "Anna", "Alt") + &add("F9:2", "Bea", "Bunt"))),
        synced("S3", false, "", &add("F9:3", "Carl", "Cron")),
    ])
    .await;
    let mut phone = phone(&server);
    let set_up = phone.set_up().await.unwrap();
    assert_eq!(set_up.version, Version::V14_1);
    assert_eq!(set_up.addresses, ["anna@example.org", "anna@example.org"]);
    assert_eq!(phone.sync().await.unwrap().received, 3);

    let seen = server.seen();
    assert_eq!(server.commands(), ["OPTIONS", "Settings", "FolderSync", "Sync", "Sync", "Sync"]);
    assert_eq!(seen[0].target, "/Microsoft-Server-ActiveSync");
    assert_eq!(seen[2].body, document("00 07 56 52 '0' 01 01"));
    assert_eq!(seen[3].body, document(&format!("45 5C 4F 4B '0' 01 52 'F9' 01 {OPTIONS} 01 01 01")));
    assert_eq!(seen[4].body, exchange("S1", ""));
    assert_eq!(seen[5].body, exchange("S2", ""));
    assert_eq!(phone.contact_count(), 3);
    assert!(phone.find_by_name("Bea Bunt").is_some());
    let counters = phone.counters();
    assert_eq!((counters.of(Command::Sync), counters.initial_syncs, counters.connections), (3, 1, 1));
}

#[tokio::test]
async fn a_command_carries_the_headers_and_the_query_of_a_real_phone() {
    let (server, _phone) = settled("").await;
    let sync = server.last();
    assert_eq!(
        sync.target,
        "/Microsoft-Server-ActiveSync?User=anna%40example.org&DeviceId=7Q2M5T9KD14V9B3R0H8N6C1XEE&DeviceType=iPhone&Cmd=Sync"
    );
    assert_eq!(sync.header("authorization"), "Basic YW5uYUBleGFtcGxlLm9yZzpzZWNyZXQ=");
    assert_eq!(sync.header("user-agent"), "Apple-iPhone15C4/2302.85");
    assert_eq!(sync.header("ms-asprotocolversion"), "14.1");
    assert_eq!(sync.header("x-ms-policykey"), "0");
    assert_eq!(sync.header("content-type"), "application/vnd.ms-sync.wbxml");
}

#[tokio::test]
async fn settings_ask_for_the_person_and_tell_the_device_in_any_order() {
    let (server, _phone) = settled("").await;
    let body = server.seen()[1].body.clone();
    let fixed = document("00 12 45 5D 07 01 56 48");
    assert_eq!(body[..fixed.len()], fixed, "Settings, UserInformation with an empty Get, DeviceInformation, Set");
    for leaf in ["5A 'iOS 26.1 23B85' 01", "57 'iPhone15C4' 01", "60 'Apple-iPhone15C4/2302.85' 01", "5B 'de-DE' 01"] {
        let leaf = bytes(leaf);
        assert!(body.windows(leaf.len()).any(|window| window == leaf));
    }
}

#[tokio::test]
async fn an_added_contact_goes_up_whole_with_the_note_first_and_an_empty_picture() {
    let (server, mut phone) = settled("").await;
    let bea = LocalContact::named("Bea", "Muster")
        .with(Property::Birthday, "1980-05-04")
        .with(Property::Email1Address, "bea@example.net")
        .with(Property::MobilePhoneNumber, "+49 170 1");
    let id = phone.add_contact(bea).unwrap();
    server.then(vec![synced("S3", false, &format!("47 4C '{id}' 01 4D 'F9:7' 01 4E '1' 01 01"), "")]);
    phone.sync().await.unwrap();
    let data = "5D 00 11 4A 46 '1' 01 0B 01 00 01 48 '1980-05-04T00:00:00.000Z' 01 5B 'bea@example.net' 01 \
                5E 'Muster, Bea' 01 5F 'Bea' 01 69 'Muster' 01 6B '+49 170 1' 01 3C 01";
    assert_eq!(server.last().body, exchange("S2", &format!("47 4C '{id}' 01 {data} 01")));
    assert_eq!(phone.server_id(id).unwrap().0, "F9:7");
    assert!(!phone.has_unsent());
}

#[tokio::test]
async fn a_lost_answer_brings_the_identical_request_once_more_and_then_nothing() {
    let (server, mut phone) = settled("").await;
    let id = phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    let accepted = || synced("S3", false, &format!("47 4C '{id}' 01 4D 'F9:7' 01 4E '1' 01 01"), "");
    server.then(vec![accepted(), accepted()]);
    phone.lose_next_answer();
    phone.fail_next(LinkFault::LoseAnswer);
    assert!(matches!(phone.sync().await, Err(PhoneError::Transport(_))));
    let seen = server.seen();
    let (first, again) = (&seen[seen.len() - 2], &seen[seen.len() - 1]);
    assert_eq!((&first.body, &first.target), (&again.body, &again.target));

    // The next trigger: the same Add under the same ClientId.
    server.then(vec![accepted()]);
    phone.sync().await.unwrap();
    assert_eq!(server.last().body, again.body);
    assert_eq!((phone.contact_count(), phone.counters().answers_lost), (1, 2));
}

#[tokio::test]
async fn a_crash_before_the_answer_is_stored_leaves_the_old_key_and_the_same_client_id() {
    let (server, mut phone) = settled("").await;
    let id = phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    let accepted = || synced("S3", false, &format!("47 4C '{id}' 01 4D 'F9:7' 01 4E '1' 01 01"), "");
    server.then(vec![accepted(), accepted()]);
    phone.crash_before_storing_next_answer();
    assert!(matches!(phone.sync().await, Err(PhoneError::Crashed)));
    let lost = server.last().body;
    phone.sync().await.unwrap();
    assert_eq!(server.last().body, lost);
    assert_eq!(phone.server_id(id).unwrap().0, "F9:7");
}

#[tokio::test]
async fn a_request_that_breaks_off_on_the_way_is_repeated() {
    for fault in [LinkFault::CloseBeforeSending, LinkFault::CutAnswer] {
        let (server, mut phone) = settled("").await;
        server.then(vec![synced("S3", false, "", ""), synced("S3", false, "", "")]);
        phone.fail_next(fault);
        phone.sync().await.unwrap();
        assert_eq!(phone.sync_key(&f9()), Some("S3"));
    }
}

#[tokio::test]
async fn a_late_duplicate_is_delivered_behind_the_next_request_and_its_answer_is_kept_for_the_test() {
    let (server, mut phone) = settled("").await;
    server.then(vec![synced("S3", false, "", ""), synced("S4", false, "", ""), http(200, &[], "late")]);
    phone.fail_next(LinkFault::DuplicateLate);
    phone.sync().await.unwrap();
    phone.sync().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[seen.len() - 1].body, seen[seen.len() - 3].body);
    assert_eq!(phone.duplicates()[0].second, "late");
    assert_eq!(phone.sync_key(&f9()), Some("S4"));
}

#[tokio::test]
async fn an_edit_sends_the_whole_contact_and_a_deletion_only_the_id() {
    let (server, mut phone) = settled(&(add("F9:3", "Carl", "Cron") + &add("F9:5", "Dora", "Dur"))).await;
    let carl = phone.find_by_name("Carl Cron").unwrap();
    phone.edit(carl, |contact| contact.set(Property::NickName, "Charly")).unwrap();
    phone.delete(phone.find_by_name("Dora Dur").unwrap()).unwrap();
    server.then(vec![synced("S3", false, "", "")]);
    phone.sync().await.unwrap();
    let carl = "48 4D 'F9:3' 01 5D 00 11 4A 46 '1' 01 0B 01 00 01 5E 'Cron, Carl' 01 5F 'Carl' 01 69 'Cron' 01 3C \
                00 0C 4D 'Charly' 01 01 01";
    assert_eq!(server.last().body, exchange("S2", &format!("{carl} 00 00 49 4D 'F9:5' 01 01")));
    assert!(!phone.has_unsent());
}

#[tokio::test]
async fn at_most_25_commands_go_into_one_request() {
    let (server, mut phone) = settled("").await;
    let ids: Vec<_> = (0..30).map(|n| phone.add_contact(LocalContact::named("N", &n.to_string())).unwrap()).collect();
    let accepted = |ids: &[phone::LocalId]| {
        let each = ids.iter().map(|id| format!("47 4C '{id}' 01 4D 'F9:{id}' 01 4E '1' 01 01"));
        each.collect::<Vec<_>>().join(" ")
    };
    server.then(vec![synced("S3", false, &accepted(&ids[..25]), ""), synced("S4", false, &accepted(&ids[25..]), "")]);
    let report = phone.sync().await.unwrap();
    assert_eq!((report.sent, report.answers, server.unplayed()), (30, 2, 0));
}

#[tokio::test]
async fn a_servers_change_replaces_the_contact_and_its_delete_removes_it() {
    let (server, mut phone) = settled(&(add("F9:1", "Anna", "Alt") + &add("F9:2", "Bea", "Bunt"))).await;
    let commands = change("F9:1", "Anna", "Neu") + "49 4D 'F9:2' 01 01";
    server.then(vec![synced("S3", false, "", &commands)]);
    phone.sync().await.unwrap();
    let names: Vec<_> = phone.contacts().map(|(_, contact)| contact.display_name()).collect();
    assert_eq!(names, ["Anna Neu"]);
}

#[tokio::test]
async fn an_empty_body_means_no_change_and_keeps_the_key() {
    let (server, mut phone) = settled("").await;
    server.then(vec![http(200, &[], "")]);
    phone.sync().await.unwrap();
    assert_eq!(phone.sync_key(&f9()), Some("S2"));
    assert_eq!(phone.violations(), []);
}

#[tokio::test]
async fn status_3_starts_over_from_key_0_keeps_unsent_contacts_and_gives_up_after_two_in_a_row() {
    let (server, mut phone) = settled(&add("F9:1", "Anna", "Alt")).await;
    let bea = phone.add_contact(LocalContact::named("Bea", "Bunt").with(Property::PagerNumber, "5")).unwrap();
    server.then(vec![
        collection_status(3),
        synced("T1", false, "", ""),
        synced("T2", false, "", &(add("F9:1", "Anna", "Alt") + &add("F9:2", "Bea", "Bunt"))),
        synced("T3", false, "", ""),
    ]);
    phone.sync().await.unwrap();
    assert_eq!(phone.contact_count(), 2);
    assert_eq!(phone.server_id(bea).unwrap().0, "F9:2", "found by name");
    let last = server.last().body;
    let change = bytes("48 4D 'F9:2' 01");
    assert!(last.windows(change.len()).any(|window| window == change), "the pager is sent back");

    server.then(vec![collection_status(3), collection_status(3), collection_status(3)]);
    assert!(matches!(phone.sync().await, Err(PhoneError::Collection { status: 3, .. })));
    assert_eq!((phone.counters().resets, server.unplayed()), (3, 0));
}

#[tokio::test]
async fn http_500_and_status_5_start_over_once_and_then_wait() {
    let (server, mut phone) = settled("").await;
    server.then(vec![http(500, &[], ""), collection_status(5)]);
    assert!(matches!(phone.sync().await, Err(PhoneError::Collection { status: 5, .. })));
    let seen = server.seen();
    let key_0 = document(&format!("45 5C 4F 4B '0' 01 52 'F9' 01 {OPTIONS} 01 01 01"));
    assert_eq!(seen[seen.len() - 1].body, key_0, "everything is fetched again");
}

#[tokio::test]
async fn http_503_is_repeated_once_and_status_111_five_times() {
    let (server, mut phone) = settled("").await;
    server.then(vec![http(503, &[("Retry-After", "600")], ""), synced("S3", false, "", "")]);
    phone.sync().await.unwrap();
    server.then(vec![http(503, &[], ""), http(503, &[], "")]);
    assert!(matches!(phone.sync().await, Err(PhoneError::Http { status: 503, .. })));
    server.then(vec![eas("45 4E '111' 01 01"); 6]);
    assert!(matches!(phone.sync().await, Err(PhoneError::Status { status: 111, .. })));
    assert_eq!(server.unplayed(), 0);
    assert_eq!(phone.counters().resets, 0);
}

#[tokio::test]
async fn status_12_fetches_folders_and_syncs_again() {
    let (server, mut phone) = settled("").await;
    let renamed =
        "00 07 56 4C '1' 01 52 'f2' 01 4E 57 '1' 01 51 48 'F9' 01 49 '0' 01 47 'People' 01 4A '9' 01 01 01 01";
    server.then(vec![collection_status(12), eas(renamed), synced("S3", false, "", "")]);
    phone.sync().await.unwrap();
    assert_eq!(phone.default_folder().unwrap().name, "People");
    let commands = server.commands();
    assert_eq!(commands[commands.len() - 3..], ["Sync", "FolderSync", "Sync"]);
}

#[tokio::test]
async fn status_8_fetches_folders_from_0_if_nothing_changed_and_a_folder_that_is_gone_goes_with_its_contacts() {
    let (server, mut phone) = settled(&add("F9:1", "Anna", "Alt")).await;
    let same = "00 07 56 4C '1' 01 52 'f1' 01 01";
    let other = "00 07 56 4C '1' 01 52 'g1' 01 4E 57 '1' 01 4F 48 'F10' 01 49 '0' 01 47 'New' 01 4A '9' 01 01 01 01";
    server.then(vec![collection_status(8), eas(same), eas(other)]);
    phone.sync().await.unwrap();
    assert_eq!(server.last().body, document("00 07 56 52 '0' 01 01"));
    assert_eq!((phone.contact_count(), phone.folders()[0].id.0.as_str()), (0, "F10"));
}

#[tokio::test]
async fn http_449_provisions_in_two_phases_and_repeats_the_command_under_the_new_key() {
    let server = Server::start(vec![
        options(),
        settings(),
        http(449, &[], ""),
        eas("00 0E 45 4B '1' 01 46 47 48 'MS-EAS-Provisioning-WBXML' 01 4B '1' 01 49 'K1' 01 4A 4D 4E '0' 01 01 01 01 01 01"),
        eas("00 0E 45 4B '1' 01 46 47 48 'MS-EAS-Provisioning-WBXML' 01 4B '1' 01 49 'K2' 01 01 01 01"),
        folders(),
    ])
    .await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    let seen = server.seen();
    assert_eq!(server.commands()[2..], ["FolderSync", "Provision", "Provision", "FolderSync"]);
    let tail = bytes("00 0E 46 47 48 'MS-EAS-Provisioning-WBXML' 01 01 01 01");
    assert!(seen[3].body.starts_with(&document("00 0E 45 00 12 56 48")), "device information goes along at 14.1");
    assert!(seen[3].body.ends_with(&tail));
    let acknowledged = "00 0E 45 46 47 48 'MS-EAS-Provisioning-WBXML' 01 49 'K1' 01 4B '1' 01 01 01 01";
    assert_eq!(seen[4].body, document(acknowledged));
    assert_eq!(seen[5].header("x-ms-policykey"), "K2");
    assert_eq!(phone.policy_key(), "K2");
}

#[tokio::test]
async fn status_142_provisions_too_and_no_policy_ends_it_after_the_first_phase() {
    let (server, mut phone) = settled("").await;
    server.then(vec![
        eas("45 4E '142' 01 01"),
        eas("00 0E 45 4B '1' 01 46 47 48 'MS-EAS-Provisioning-WBXML' 01 4B '2' 01 49 '77' 01 01 01 01"),
        synced("S3", false, "", ""),
    ]);
    phone.sync().await.unwrap();
    assert_eq!((phone.policy_key(), server.unplayed()), ("77", 0));
}

#[tokio::test]
async fn an_account_wipe_is_acknowledged_and_nothing_is_left() {
    let server = Server::start(vec![
        http(200, &[("MS-ASProtocolVersions", "14.1,16.1"), ("MS-ASProtocolCommands", "Sync")], ""),
        settings(),
        folders(),
        synced("S1", false, "", ""),
        synced("S2", false, "", &add("F9:1", "Anna", "Alt")),
        http(449, &[], ""),
        eas("00 0E 45 4B '1' 01 3B 01"),
        eas("00 0E 45 4B '1' 01 01"),
    ])
    .await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert!(matches!(phone.sync().await, Err(PhoneError::Wiped)));
    assert_eq!(server.last().body, document("00 0E 45 7B 4B '1' 01 01 01"));
    assert_eq!((phone.contact_count(), phone.violations()), (0, &[][..]));
}

#[tokio::test]
async fn a_moved_mailbox_is_followed() {
    let (server, mut phone) = settled("").await;
    let other = Server::start(vec![synced("S3", false, "", "")]).await;
    server.then(vec![http(451, &[("X-MS-Location", &format!("{}/anywhere", other.url()))], "")]);
    phone.sync().await.unwrap();
    assert_eq!(other.last().body, server.last().body);
    assert_eq!(other.last().target, server.last().target);
}

#[tokio::test]
async fn cookies_come_back() {
    let (server, mut phone) = settled("").await;
    server.then(vec![http(200, &[("Set-Cookie", "node=7; Path=/; HttpOnly")], ""), http(200, &[], "")]);
    phone.sync().await.unwrap();
    phone.crash().unwrap();
    phone.sync().await.unwrap();
    assert_eq!(server.last().header("cookie"), "node=7");
}

#[tokio::test]
async fn a_ping_is_whole_once_and_then_only_says_what_differs() {
    let (server, mut phone) = settled("").await;
    server.then(vec![
        eas("00 0D 45 47 '1' 01 01"),
        eas("00 0D 45 47 '5' 01 48 '300' 01 01"),
        eas("00 0D 45 47 '2' 01 49 4A 'F9' 01 01 01"),
    ]);
    assert_eq!(phone.ping_until_change(LONG).await.unwrap(), PingOutcome::Changed(vec![f9()]));
    let seen = server.seen();
    let pings: Vec<_> = seen.iter().filter(|seen| seen.command() == "Ping").map(|seen| seen.body.clone()).collect();
    assert_eq!(pings[0], document("00 0D 45 48 '480' 01 49 4A 4B 'F9' 01 4C 'Contacts' 01 01 01 01"));
    assert_eq!(pings[1], b"");
    assert_eq!(pings[2], document("00 0D 45 48 '300' 01 01"));
    assert_eq!(phone.violations(), []);
}

#[tokio::test]
async fn a_ping_without_folders_in_the_answer_means_all_and_status_3_brings_a_whole_ping() {
    let (server, mut phone) = settled("").await;
    server.then(vec![eas("00 0D 45 47 '2' 01 01"), eas("00 0D 45 47 '3' 01 01"), eas("00 0D 45 47 '2' 01 01")]);
    assert_eq!(phone.ping_until_change(LONG).await.unwrap(), PingOutcome::Changed(vec![f9()]));
    phone.ping_until_change(LONG).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[seen.len() - 2].body, b"");
    assert_eq!(seen[seen.len() - 1].body, seen[seen.len() - 3].body, "whole again");
}

#[tokio::test]
async fn a_waiting_ping_is_abandoned_and_the_next_one_is_whole_on_a_new_connection() {
    let (server, mut phone) = settled("").await;
    server.then(vec![Step::Hold, eas("00 0D 45 47 '2' 01 01")]);
    assert_eq!(phone.ping_until_change(Duration::from_millis(50)).await.unwrap(), PingOutcome::Quiet);
    phone.ping_until_change(LONG).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[seen.len() - 1].body, seen[seen.len() - 2].body, "the first was never acknowledged");
    assert_eq!(phone.counters().connections, 3);
}

#[tokio::test]
async fn status_7_fetches_the_folders() {
    let (server, mut phone) = settled("").await;
    let added = "00 07 56 4C '1' 01 52 'f2' 01 4E 57 '1' 01 4F 48 'F14' 01 49 '0' 01 47 'Team' 01 4A '14' 01 01 01 01";
    server.then(vec![eas("00 0D 45 47 '7' 01 01"), eas(added)]);
    assert_eq!(phone.ping_until_change(LONG).await.unwrap(), PingOutcome::FoldersChanged);
    assert_eq!(phone.folders().len(), 2);
    assert_eq!(phone.default_folder().unwrap().id, f9());
}

#[tokio::test]
async fn a_directory_search_asks_for_100_people_and_reads_them() {
    let (server, mut phone) = settled("").await;
    server
        .then(vec![eas("00 0F 45 4C '1' 01 4D 47 4C '1' 01 4E 4F 00 10 45 'Max Muster' 01 4F 'max@example.org' 01 \
         50 51 '1' 01 52 'AQID' 01 01 01 01 00 0F 4B '0-0' 01 50 '1' 01 01 01 01")]);
    let found = phone.search_gal("must").await.unwrap();
    assert_eq!(server.last().body, document("00 0F 45 47 48 'GAL' 01 49 'must' 01 4A 4B '0-99' 01 21 01 01 01"));
    assert_eq!((found[0].display_name.as_str(), found[0].email_address.as_str()), ("Max Muster", "max@example.org"));
    assert_eq!(found[0].picture.as_deref(), Some(&[1, 2, 3][..]));
    assert_eq!(phone.search_gal("mus").await.unwrap(), []);
    assert_eq!(phone.counters().of(Command::Search), 1);
}

#[tokio::test]
async fn android_declares_what_it_supports_and_two_adds_may_share_a_client_id() {
    let (server, mut phone) = settled_as(DeviceKind::Aosp, "").await;
    let initial = server.seen()[3].body.clone();
    assert!(initial.starts_with(&document("45 5C 4F 4B '0' 01 52 'F9' 01 60 00 01 05 06 07 08 0C")));
    let anna = phone.add_contact(LocalContact::named("Anna", "Alt")).unwrap();
    let bea = phone.add_contact(LocalContact::named("Bea", "Bunt")).unwrap();
    let carl = phone.add_contact(LocalContact::named("Carl", "Cron")).unwrap();
    let accepted = |client: &str, id: &str| format!("47 4C '{client}' 01 4D '{id}' 01 4E '1' 01 01 ");
    let responses =
        accepted("1700000000000", "F9:1") + &accepted("1700000000001", "F9:2") + &accepted("1700000000001", "F9:3");
    server.then(vec![synced("S3", false, &responses, "")]);
    phone.sync().await.unwrap();
    let ids: Vec<_> = [anna, bea, carl].iter().map(|id| phone.server_id(*id).unwrap().0.clone()).collect();
    assert_eq!(ids, ["F9:1", "F9:2", "F9:3"]);
    assert_eq!(phone.violations(), []);
}

#[tokio::test]
async fn autodiscover_in_json_gives_the_address_and_the_sign_in() {
    let eas = Server::start(vec![
        http(
            401,
            &[("WWW-Authenticate", "Bearer client_id=\"x\", authorization_uri=\"https://login.example.org/a\"")],
            "",
        ),
        options(),
        settings(),
        folders(),
    ])
    .await;
    let finder = Server::start(vec![http(
        200,
        &[("Content-Type", "application/json")],
        &format!("{{\"Protocol\":\"ActiveSync\",\"Url\":\"{}/Microsoft-Server-ActiveSync\"}}", eas.url()),
    )])
    .await;
    let mut config = config(&finder);
    config.discovery = Discovery::At(finder.url());
    config.credentials = Credentials::Bearer("token".to_owned());
    let mut phone = Phone::new(config).unwrap();
    let set_up = phone.set_up().await.unwrap();
    assert_eq!((set_up.found_by, set_up.sign_in.as_deref()), (FoundBy::V2, Some("https://login.example.org/a")));
    assert_eq!(finder.last().target, "/autodiscover/autodiscover.json/v1.0/anna@example.org?Protocol=ActiveSync");
    let probe = &eas.seen()[0];
    assert_eq!((probe.header("authorization"), probe.header("x-user-identity")), ("Bearer", "anna@example.org"));
    assert_eq!(eas.last().header("authorization"), "Bearer token");
}

#[tokio::test]
async fn autodiscover_in_xml_tries_the_address_and_then_the_local_part() {
    let eas = Server::start(vec![options(), settings(), folders()]).await;
    let xml = format!(
        "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006\"><Action>\
         <Settings><Server><Type>MobileSync</Type><Url>{}/x</Url></Server></Settings></Action></Response></Autodiscover>",
        eas.url()
    );
    let finder = Server::start(vec![http(404, &[], ""), http(401, &[], ""), http(200, &[], &xml)]).await;
    let mut config = config(&finder);
    config.discovery = Discovery::At(finder.url());
    let mut phone = Phone::new(config).unwrap();
    assert_eq!(phone.set_up().await.unwrap().found_by, FoundBy::V1);
    let seen = finder.seen();
    assert_eq!(seen[1].target, "/Autodiscover/Autodiscover.xml");
    assert!(String::from_utf8(seen[1].body.clone()).unwrap().contains("<EMailAddress>anna@example.org</EMailAddress>"));
    assert_eq!(seen[2].header("authorization"), "Basic YW5uYTpzZWNyZXQ=", "anna:secret");
    assert_eq!(eas.last().header("authorization"), "Basic YW5uYTpzZWNyZXQ=");
}

#[tokio::test]
async fn two_namesakes_in_the_first_run_are_counted_as_a_collapse() {
    let server = Server::with_account(vec![synced(
        "S2",
        false,
        "",
        &(add("F9:1", "Bea", "Bunt") + &add("F9:2", "Bea", "Bunt")),
    )])
    .await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!((phone.contact_count(), phone.counters().collapses), (1, 1));
}

#[tokio::test]
async fn a_phone_switched_on_again_goes_on_where_it_was() {
    let (server, mut phone) = settled(&add("F9:1", "Anna", "Alt")).await;
    let saved = phone.saved_state().unwrap();
    let mut again = Phone::from_saved(config(&server), &saved).unwrap();
    server.then(vec![synced("S3", false, "", "")]);
    again.sync().await.unwrap();
    assert_eq!(server.last().body, exchange("S2", ""));
    assert_eq!(again.contact_count(), 1);
    assert!(again.violations().iter().all(|violation| !matches!(violation, Violation::KeyDidNotAdvance { .. })));
}

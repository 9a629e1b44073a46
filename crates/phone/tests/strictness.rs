//! Every rule of iOS, each with an answer that breaks it and must be refused or held against the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod scripted;

use std::time::Duration;

use phone::wbxml::Fault;
use phone::wbxml::code_pages::{
    airsync, airsync_base, contacts, folder_hierarchy, gal, ping, provision, search, settings,
};
use phone::{Command, FolderId, PhoneError, Property, ServerId, Violation};
use scripted::*;

/// Lets a settled phone sync and get this answer; returns the result and what was held against the server.
async fn sync_with(answer: Step) -> (bool, Vec<Violation>) {
    let (server, mut phone) = settled(&add("F9:1", "Anna", "Alt")).await;
    server.then(vec![answer]);
    let failed = phone.sync().await.is_err();
    assert_eq!(server.unplayed(), 0);
    if failed {
        assert_eq!(phone.sync_key(&f9()), Some("S2"), "a refused answer changes nothing");
    }
    (failed, phone.take_violations())
}

async fn refused(answer: Step, violation: Violation) {
    assert_eq!(sync_with(answer).await, (true, vec![violation]));
}

async fn held_against(answer: Step, violation: Violation) {
    assert_eq!(sync_with(answer).await, (false, vec![violation]));
}

/// An answer for F9 with key S3 and this behind the status.
fn collection(inside: &str) -> Step {
    eas(&format!("45 5C 4F 4B 'S3' 01 52 'F9' 01 4E '1' 01 {inside} 01 01 01"))
}

#[tokio::test]
async fn the_content_type_must_be_exact() {
    let got = "application/vnd.ms-sync.wbxml; charset=utf-8";
    let Step::Answer { status, body, .. } = synced("S3", false, "", "") else { unreachable!() };
    let answer = Step::Answer { status, headers: vec![("Content-Type".to_owned(), got.to_owned())], body };
    refused(answer, Violation::ContentTypeNotExact { command: Command::Sync, got: got.to_owned() }).await;
}

#[tokio::test]
async fn an_opened_empty_tag_is_an_int_in_our_wbxml() {
    refused(eas("45 5C 01 01"), Violation::EmptyTagWithContentBit(airsync::COLLECTIONS)).await;
}

#[tokio::test]
async fn what_is_no_wbxml_is_unreadable() {
    refused(raw_eas(b"<Sync/>".to_vec()), Violation::Unreadable(Fault::WrongHeader)).await;
    let with_table = bytes("03 01 6A 02 31 00 45 83 00 01");
    refused(raw_eas(with_table), Violation::Unreadable(Fault::WrongHeader)).await;
    refused(eas("45 5C 4F 4B 83 00 01"), Violation::Unreadable(Fault::StringTable)).await;
    refused(eas("45 4E 02 31 01 01"), Violation::Unreadable(Fault::Entity)).await;
}

#[tokio::test]
async fn the_root_must_be_the_commands_own() {
    let answer = eas("00 0D 45 47 '1' 01 01");
    refused(answer, Violation::WrongRoot { expected: airsync::SYNC, got: ping::PING }).await;
}

#[tokio::test]
async fn a_class_in_a_collection_has_no_parse_rule() {
    let child = airsync::CLASS;
    refused(collection("50 'Contacts' 01"), Violation::UnknownChild { parent: airsync::COLLECTION, child }).await;
}

#[tokio::test]
async fn a_collection_must_have_exactly_one_status() {
    refused(eas("45 5C 4F 4B 'S3' 01 52 'F9' 01 01 01 01"), Violation::CollectionWithoutStatus).await;
    let repeated = Violation::RepeatedChild { parent: airsync::COLLECTION, child: airsync::STATUS };
    refused(collection("4E '1' 01"), repeated).await;
}

#[tokio::test]
async fn collections_must_not_be_empty() {
    refused(eas("45 1C 01"), Violation::EmptyCollections).await;
}

#[tokio::test]
async fn an_add_must_have_its_application_data() {
    let violation = Violation::MissingChild { parent: airsync::ADD, child: airsync::APPLICATION_DATA };
    refused(collection("56 47 4D 'F9:2' 01 01 01"), violation).await;
}

#[tokio::test]
async fn a_container_in_application_data_fails_everything_and_an_unknown_leaf_nothing() {
    let attachments = "56 47 4D 'F9:2' 01 5D 00 11 4E 4F 50 'x' 01 01 01 01 01 01";
    refused(collection(attachments), Violation::ContainerInApplicationData(airsync_base::ATTACHMENTS)).await;
    let leaf = "56 47 4D 'F9:2' 01 5D 00 11 56 '1' 01 00 01 5F 'Bea' 01 01 01 01";
    assert_eq!(sync_with(collection(leaf)).await, (false, vec![]));
}

#[tokio::test]
async fn a_property_must_not_repeat() {
    let twice = "56 47 4D 'F9:2' 01 5D 00 01 5F 'Bea' 01 5F 'Bea' 01 01 01 01";
    let violation = Violation::RepeatedChild { parent: airsync::APPLICATION_DATA, child: contacts::FIRST_NAME };
    refused(collection(twice), violation).await;
}

#[tokio::test]
async fn a_container_holds_no_text() {
    refused(collection("56 'x' 01"), Violation::TextInContainer(airsync::COMMANDS)).await;
}

#[tokio::test]
async fn an_answer_for_another_folder_is_refused() {
    let answer = eas("45 5C 4F 4B 'S3' 01 52 'F10' 01 4E '1' 01 01 01 01");
    refused(answer, Violation::OtherFolderAnswered { asked: f9(), got: "F10".to_owned() }).await;
}

#[tokio::test]
async fn a_key_that_does_not_advance_is_refused() {
    let answer = synced("S2", false, "", &add("F9:2", "Bea", "Bunt"));
    refused(answer, Violation::KeyDidNotAdvance { folder: f9(), key: "S2".to_owned() }).await;

    let server = Server::start(vec![options(), settings(), folders(), synced("0", false, "", "")]).await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    assert!(phone.sync().await.is_err());
    assert_eq!(phone.violations(), [Violation::KeyDidNotAdvance { folder: f9(), key: "0".to_owned() }]);
}

#[tokio::test]
async fn the_answer_to_key_0_has_no_items() {
    let first = synced("S1", false, "", &add("F9:1", "Anna", "Alt"));
    let server = Server::start(vec![options(), settings(), folders(), first, synced("S2", false, "", "")]).await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), [Violation::ItemsInAnswerToKeyZero(f9())]);
}

#[tokio::test]
async fn no_more_items_than_the_window() {
    let many: String = (100..126).map(|n| add(&format!("F9:{n}"), "N", &n.to_string())).collect();
    held_against(synced("S3", false, "", &many), Violation::MoreItemsThanWindow { got: 26, window: 25 }).await;
}

#[tokio::test]
async fn more_available_without_items_ends_the_run() {
    held_against(synced("S3", true, "", ""), Violation::MoreAvailableWithoutItems(f9())).await;
}

#[tokio::test]
async fn a_change_for_an_unknown_contact_is_dropped() {
    let unknown = ServerId("F9:2".to_owned());
    held_against(synced("S3", false, "", &change("F9:2", "B", "B")), Violation::ChangeForUnknownServerId(unknown))
        .await;
}

#[tokio::test]
async fn an_add_for_a_known_contact_is_a_dupe_war() {
    let known = ServerId("F9:1".to_owned());
    held_against(synced("S3", false, "", &add("F9:1", "Anna", "Alt")), Violation::AddForKnownServerId(known)).await;
}

#[tokio::test]
async fn a_delete_for_an_unknown_contact_is_held_against_the_server() {
    let unknown = ServerId("F9:2".to_owned());
    held_against(synced("S3", false, "", "49 4D 'F9:2' 01 01"), Violation::DeleteForUnknownServerId(unknown)).await;
}

#[tokio::test]
async fn an_add_without_a_server_id_counts_as_failed_and_is_not_sent_again() {
    let (server, mut phone) = settled("").await;
    let id = phone.add_contact(phone::LocalContact::named("Bea", "Bunt")).unwrap();
    server.then(vec![synced(
        "S3",
        false,
        &format!("47 4C '{id}' 01 4E '1' 01 01 47 4C '99' 01 4D 'x' 01 4E '1' 01 01"),
        "",
    )]);
    phone.sync().await.unwrap();
    assert!(!phone.has_unsent());
    assert_eq!(
        phone.violations(),
        [Violation::AddWithoutServerId(id.to_string()), Violation::ResponseToUnknownClientId("99".to_owned())]
    );
}

#[tokio::test]
async fn a_date_needs_its_milliseconds_and_a_picture_its_base64() {
    let data = "56 47 4D 'F9:2' 01 5D 00 01 48 '1980-05-04T00:00:00Z' 01 5F 'Bea' 01 7C '%%' 01 01 01 01";
    let (failed, violations) = sync_with(collection(data)).await;
    assert!(!failed);
    let value = "1980-05-04T00:00:00Z".to_owned();
    let wrong_date = Violation::DateWithoutMilliseconds { property: Property::Birthday, value };
    assert_eq!(violations, [wrong_date, Violation::PictureNotBase64]);
}

/// Sets a phone up with this answer to Settings; its failure stops nothing.
async fn settings_with(answer: Step) -> Vec<Violation> {
    let server = Server::start(vec![options(), answer, folders()]).await;
    let mut phone = phone(&server);
    phone.set_up().await.unwrap();
    phone.take_violations()
}

#[tokio::test]
async fn the_primary_address_must_not_stand_in_the_old_form() {
    let old = "00 12 45 46 '1' 01 5D 46 '1' 01 47 5E 5F 'a@b' 01 63 'a@b' 01 01 01 01 01";
    assert_eq!(settings_with(eas(old)).await, [Violation::PrimarySmtpAddressInOldForm]);
    let old_without = "00 12 45 46 '1' 01 5D 46 '1' 01 47 5E 5F 'a@b' 01 01 01 01 01";
    assert_eq!(settings_with(eas(old_without)).await, []);
}

#[tokio::test]
async fn an_empty_answer_is_none_where_content_is_due() {
    assert_eq!(settings_with(http(200, &[], "")).await, [Violation::EmptyAnswer { command: Command::Settings }]);
    let oof = "00 12 45 46 '1' 01 49 46 '1' 01 01 01";
    let violation = Violation::UnknownChild { parent: settings::SETTINGS, child: settings::OOF };
    assert_eq!(settings_with(eas(oof)).await, [violation]);
}

/// Lets a settled phone fetch folders and get this answer.
async fn folders_with(answer: Step) -> (bool, Vec<Violation>) {
    let server = Server::start(vec![options(), settings(), answer.clone(), answer]).await;
    let mut phone = phone(&server);
    let failed = phone.set_up().await.is_err();
    (failed, phone.take_violations())
}

#[tokio::test]
async fn a_folder_needs_its_type_and_every_other_child() {
    let without = "00 07 56 4C '1' 01 52 'f1' 01 4E 4F 48 'F9' 01 49 '0' 01 47 'C' 01 01 01 01";
    assert_eq!(folders_with(eas(without)).await, (true, vec![Violation::FolderWithoutType("F9".to_owned())]));
    let zero = "00 07 56 4C '1' 01 52 'f1' 01 4E 4F 48 'F9' 01 49 '0' 01 47 'C' 01 4A '0' 01 01 01 01";
    assert_eq!(folders_with(eas(zero)).await, (true, vec![Violation::FolderWithoutType("F9".to_owned())]));
    let orphan = "00 07 56 4C '1' 01 52 'f1' 01 4E 4F 48 'F9' 01 47 'C' 01 4A '9' 01 01 01 01";
    let missing = Violation::MissingChild { parent: folder_hierarchy::ADD, child: folder_hierarchy::PARENT_ID };
    assert_eq!(folders_with(eas(orphan)).await, (true, vec![missing]));
}

#[tokio::test]
async fn a_folder_that_is_its_own_parent_is_discarded_and_no_folder_at_all_stops_everything() {
    let own = "00 07 56 4C '1' 01 52 'f1' 01 4E 4F 48 'F9' 01 49 'F9' 01 47 'C' 01 4A '9' 01 01 01 01";
    let violations = vec![Violation::FolderIsItsOwnParent(FolderId("F9".to_owned())), Violation::EmptyHierarchy];
    assert_eq!(folders_with(eas(own)).await, (false, violations));
}

#[tokio::test]
async fn a_strange_folder_status_ends_the_daemon() {
    let strange = eas("00 07 56 4C '5' 01 01");
    assert_eq!(folders_with(strange).await, (true, vec![Violation::FolderStatusUnhandled(5)]));
}

#[tokio::test]
async fn a_policy_key_is_never_0_and_an_account_wipe_never_below_16_1() {
    let (server, mut phone) = settled("").await;
    server.then(vec![
        http(449, &[], ""),
        eas("00 0E 45 4B '1' 01 46 47 4B '2' 01 49 '0' 01 01 01 01"),
        synced("S3", false, "", ""),
        http(449, &[], ""),
        eas("00 0E 45 4B '1' 01 3B 01"),
        eas("00 0E 45 4B '1' 01 01"),
    ]);
    phone.sync().await.unwrap();
    assert_eq!(phone.take_violations(), [Violation::PolicyKeyZero("0".to_owned())]);
    assert!(matches!(phone.sync().await, Err(PhoneError::Wiped)));
    assert_eq!(phone.violations(), [Violation::AccountOnlyWipeBelow161]);
}

#[tokio::test]
async fn a_provision_answer_has_nothing_but_its_five_children() {
    let (server, mut phone) = settled("").await;
    server.then(vec![http(449, &[], ""), eas("00 0E 45 4B '1' 01 48 'x' 01 01")]);
    assert!(phone.sync().await.is_err());
    let violation = Violation::UnknownChild { parent: provision::PROVISION, child: provision::POLICY_TYPE };
    assert_eq!(phone.violations(), [violation]);
}

#[tokio::test]
async fn unknown_elements_in_directory_properties_must_not_occur() {
    let (server, mut phone) = settled("").await;
    server.then(vec![eas("00 0F 45 4C '1' 01 4D 47 4C '1' 01 4E 4F 00 01 5F 'x' 01 01 01 01 01 01")]);
    assert!(phone.search_gal("must").await.is_err());
    let violation = Violation::UnknownChild { parent: search::PROPERTIES, child: contacts::FIRST_NAME };
    assert_eq!(phone.take_violations(), [violation]);
    server.then(vec![eas("00 0F 45 4C '1' 01 4D 47 4C '1' 01 4E 4F 00 10 45 'a' 01 45 'b' 01 01 01 01 01 01")]);
    assert!(phone.search_gal("must").await.is_err());
    let violation = Violation::RepeatedChild { parent: search::PROPERTIES, child: gal::DISPLAY_NAME };
    assert_eq!(phone.take_violations(), [violation]);
    server.then(vec![eas("00 0F 45 4C '1' 01 4D 47 4C '1' 01 4B 'all' 01 01 01 01")]);
    phone.search_gal("must").await.unwrap();
    assert_eq!(phone.violations(), [Violation::SearchRange("all".to_owned())]);
}

#[tokio::test]
async fn more_than_five_quiet_answers_in_two_minutes_bring_a_whole_ping_and_more_than_ten_none() {
    let (server, mut phone) = settled("").await;
    server.then(vec![eas("00 0D 45 47 '1' 01 01"); 11]);
    assert!(matches!(phone.ping_until_change(Duration::from_mins(1)).await, Err(PhoneError::PushOff)));
    assert!(phone.push_is_off());
    assert_eq!(phone.violations(), [Violation::PingSpin { answers: 6, seconds: 120 }]);
    let pings: Vec<bool> =
        server.seen().iter().filter(|seen| seen.command() == "Ping").map(|seen| seen.body.is_empty()).collect();
    assert_eq!(pings[..7], [false, true, true, true, true, true, false]);
}

#[tokio::test]
async fn a_folder_reported_again_and_again_without_items_is_excluded_from_push() {
    let (server, mut phone) = settled("").await;
    for _ in 0..6 {
        server.then(vec![eas("00 0D 45 47 '2' 01 49 4A 'F9' 01 01 01"), http(200, &[], "")]);
        phone.ping_until_change(Duration::from_mins(1)).await.unwrap();
        phone.sync().await.unwrap();
    }
    assert_eq!(phone.violations(), [Violation::PingReportWithoutItems(f9())]);
    let excluded = phone.ping_until_change(Duration::from_mins(1)).await;
    assert!(matches!(excluded, Err(PhoneError::NoContactsFolder)));
}

#[tokio::test]
async fn hierarchy_reports_without_a_change_switch_push_off() {
    let (server, mut phone) = settled("").await;
    for _ in 0..11 {
        server.then(vec![eas("00 0D 45 47 '7' 01 01"), eas("00 07 56 4C '1' 01 52 'f1' 01 01")]);
    }
    assert!(matches!(phone.ping_until_change(Duration::from_mins(1)).await, Err(PhoneError::PushOff)));
    assert_eq!(phone.violations(), [Violation::PingHierarchySpin]);
}

#[tokio::test]
async fn options_without_its_headers_is_no_server() {
    let server = Server::start(vec![http(200, &[("MS-ASProtocolVersions", "14.1")], "")]).await;
    let mut phone = phone(&server);
    assert!(phone.set_up().await.is_err());
    assert_eq!(phone.violations(), [Violation::OptionsHeaderMissing("MS-ASProtocolCommands")]);
}

#[tokio::test]
async fn a_redirection_must_be_an_address() {
    refused(http(451, &[("X-MS-Location", "elsewhere")], ""), Violation::RedirectionNotHttps("elsewhere".to_owned()))
        .await;
}

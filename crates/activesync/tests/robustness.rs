//! Whatever a signed-in client sends: an answer of the protocol, never a panic, never a 500, never something that
//! makes a phone start over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use support::{Phone, scenario};
use wbxml::{
    Tag, Writer, document,
    pages::{self, PAGES},
};

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Opaque(Vec<u8>),
    Parent(Vec<(Tag, Node)>),
}

/// Values that some code somewhere takes for something.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop_oneof![Just("0"), Just("1"), Just("2"), Just("3:4"), Just("-1"), Just("0-99"), Just("4294967296")]
            .prop_map(str::to_owned),
        prop_oneof![Just("GAL"), Just("Mailbox"), Just("Contacts"), Just("MS-EAS-Provisioning-WBXML"), Just("14")]
            .prop_map(str::to_owned),
        "\\PC{0,20}",
    ]
}

/// Tags of the command's own page and those that occur in every command, more often than all others.
fn tag(page: u8) -> impl Strategy<Value = Tag> {
    let of = |number: u8| pages::page(number).unwrap().tags.iter().map(|(tag, _)| *tag).collect::<Vec<_>>();
    let all: Vec<Tag> = PAGES.iter().flat_map(|page| page.tags.iter().map(|(tag, _)| *tag)).collect();
    prop_oneof![
        6 => proptest::sample::select(of(page)),
        3 => proptest::sample::select(of(0)),
        1 => proptest::sample::select(all),
    ]
}

fn node(page: u8) -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        4 => text().prop_map(Node::Text),
        1 => proptest::collection::vec(any::<u8>(), 0..20).prop_map(Node::Opaque),
    ];
    leaf.prop_recursive(7, 40, 5, move |inner| {
        proptest::collection::vec((tag(page), inner), 0..5).prop_map(Node::Parent)
    })
}

fn write(w: &mut Writer, tag: Tag, node: &Node) {
    match node {
        Node::Text(text) => w.text(tag, text),
        Node::Opaque(bytes) => w.opaque(tag, bytes),
        Node::Parent(children) => w.element(tag, |w| children.iter().for_each(|(tag, node)| write(w, *tag, node))),
    }
}

const COMMANDS: [(&str, Tag); 13] = [
    ("Sync", pages::airsync::SYNC),
    ("FolderSync", pages::folder_hierarchy::FOLDER_SYNC),
    ("FolderCreate", pages::folder_hierarchy::FOLDER_CREATE),
    ("FolderUpdate", pages::folder_hierarchy::FOLDER_UPDATE),
    ("FolderDelete", pages::folder_hierarchy::FOLDER_DELETE),
    ("MoveItems", pages::moves::MOVE_ITEMS),
    ("GetItemEstimate", pages::get_item_estimate::GET_ITEM_ESTIMATE),
    ("Search", pages::search::SEARCH),
    ("Settings", pages::settings::SETTINGS),
    ("ItemOperations", pages::item_operations::ITEM_OPERATIONS),
    ("Provision", pages::provision::PROVISION),
    ("ResolveRecipients", pages::resolve_recipients::RESOLVE_RECIPIENTS),
    ("Find", pages::find::FIND),
];

const CASES: u32 = 60;

async fn throw_at(phone: &Phone, command: &str, body: Vec<u8>) {
    let dump = wbxml::to_text(&body);
    let status = phone.status_of(command, body).await;
    assert!(status == 200 || status == 400, "{command} {status}: {dump}");
}

#[test]
fn arbitrary_documents_get_an_answer_of_the_protocol() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        for (command, root) in COMMANDS {
            for _ in 0..CASES {
                let node = node(root.page()).new_tree(&mut runner).unwrap().current();
                throw_at(&phone, command, document(root, |w| write(w, root, &node))).await;
            }
        }
    });
}

#[test]
fn arbitrary_bytes_after_a_good_header_are_400() {
    scenario(async |world| {
        let phone = world.phone();
        for token in [0x02_u8, 0x04, 0x43, 0x44, 0x83, 0x84, 0x85, 0xC0, 0xC4, 0xFF] {
            for (command, _) in COMMANDS {
                assert_eq!(phone.status_of(command, vec![3, 1, 0x6A, 0, token, 0]).await, 400, "{command} {token:#x}");
            }
        }
    });
}

#[test]
fn unknown_elements_are_passed_over() {
    scenario(async |world| {
        let phone = world.phone();
        // FolderSync with an element of page 7 that nobody knows (0x3F), and one of page 4, before the key.
        let body =
            b"\x03\x01\x6A\x00\x00\x07\x56\x7F\x03x\x00\x01\x00\x04\x52\x03y\x00\x01\x00\x07\x52\x030\x00\x01\x01";
        assert_eq!(phone.ask("FolderSync", body.to_vec()).await.text("Status"), "1");
    });
}

//! The parse rules of iOS: which children an element of an answer may, must and must not have.
//!
//! A container with rules refuses strangers, repeats of single-valued children and missing required ones. Only a contact's
//! `ApplicationData` lets unknown leaves pass.

use crate::commands::Command;
use crate::strictness::Violation;
use crate::version::Version;
use crate::wbxml::code_pages::{
    airsync, airsync_base, contacts, folder_hierarchy, gal, ping, provision, search, settings,
};
use crate::wbxml::{Element, Tag};

/// How often a child may stand in its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    AtMostOnce,
    Any,
}

/// What may be inside an element.
#[derive(Debug, Clone, Copy)]
enum Inside {
    /// Text or nothing.
    Text,
    /// These children and no others.
    Children(&'static [Rule]),
    /// A contact: any leaves, three containers.
    Contact,
    /// A policy document: leaves by token range.
    PolicyDocument,
    /// Not looked at.
    Anything,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    tag: Tag,
    times: Times,
    inside: Inside,
}

const fn rule(tag: Tag, times: Times, inside: Inside) -> Rule {
    Rule { tag, times, inside }
}

const fn once(tag: Tag) -> Rule {
    rule(tag, Times::Once, Inside::Text)
}

const fn optional(tag: Tag) -> Rule {
    rule(tag, Times::AtMostOnce, Inside::Text)
}

const fn any(tag: Tag) -> Rule {
    rule(tag, Times::Any, Inside::Text)
}

const SYNC: &[Rule] = &[
    optional(airsync::STATUS),
    optional(airsync::LIMIT),
    rule(
        airsync::COLLECTIONS,
        Times::AtMostOnce,
        Inside::Children(&[rule(airsync::COLLECTION, Times::Any, Inside::Children(COLLECTION))]),
    ),
];

/// From 12.1 on no Class; exactly one Status.
const COLLECTION: &[Rule] = &[
    optional(airsync::SYNC_KEY),
    optional(airsync::COLLECTION_ID),
    once(airsync::STATUS),
    optional(airsync::MORE_AVAILABLE),
    rule(airsync::RESPONSES, Times::AtMostOnce, Inside::Children(RESPONSES)),
    rule(airsync::COMMANDS, Times::AtMostOnce, Inside::Children(COMMANDS)),
];

const COMMANDS: &[Rule] = &[
    rule(airsync::ADD, Times::Any, Inside::Children(ITEM)),
    rule(airsync::CHANGE, Times::Any, Inside::Children(ITEM)),
    rule(airsync::DELETE, Times::Any, Inside::Children(&[once(airsync::SERVER_ID)])),
    rule(airsync::SOFT_DELETE, Times::Any, Inside::Children(&[once(airsync::SERVER_ID)])),
];

const ITEM: &[Rule] = &[once(airsync::SERVER_ID), rule(airsync::APPLICATION_DATA, Times::Once, Inside::Contact)];

const RESPONSES: &[Rule] = &[
    rule(airsync::ADD, Times::Any, Inside::Children(RESPONSE)),
    rule(airsync::CHANGE, Times::Any, Inside::Children(RESPONSE)),
    rule(airsync::DELETE, Times::Any, Inside::Children(RESPONSE)),
    rule(airsync::FETCH, Times::Any, Inside::Children(RESPONSE)),
];

const RESPONSE: &[Rule] = &[
    optional(airsync::SERVER_ID),
    optional(airsync::CLIENT_ID),
    optional(airsync_base::INSTANCE_ID),
    optional(airsync::CLASS),
    once(airsync::STATUS),
    rule(airsync::APPLICATION_DATA, Times::AtMostOnce, Inside::Contact),
];

/// The only containers a contact may have.
const IN_CONTACT: &[Rule] = &[
    rule(contacts::CATEGORIES, Times::AtMostOnce, Inside::Children(&[any(contacts::CATEGORY)])),
    rule(contacts::CHILDREN, Times::AtMostOnce, Inside::Children(&[any(contacts::CHILD)])),
    rule(
        airsync_base::BODY,
        Times::AtMostOnce,
        Inside::Children(&[
            optional(airsync_base::TYPE),
            optional(airsync_base::ESTIMATED_DATA_SIZE),
            optional(airsync_base::TRUNCATED),
            optional(airsync_base::DATA),
        ]),
    ),
];

const FOLDER_SYNC: &[Rule] = &[
    once(folder_hierarchy::STATUS),
    optional(folder_hierarchy::SYNC_KEY),
    rule(
        folder_hierarchy::CHANGES,
        Times::AtMostOnce,
        Inside::Children(&[
            optional(folder_hierarchy::COUNT),
            rule(folder_hierarchy::ADD, Times::Any, Inside::Children(FOLDER)),
            rule(folder_hierarchy::UPDATE, Times::Any, Inside::Children(FOLDER)),
            rule(folder_hierarchy::DELETE, Times::Any, Inside::Children(&[once(folder_hierarchy::SERVER_ID)])),
        ]),
    ),
];

const FOLDER: &[Rule] = &[
    once(folder_hierarchy::SERVER_ID),
    once(folder_hierarchy::PARENT_ID),
    once(folder_hierarchy::DISPLAY_NAME),
    once(folder_hierarchy::TYPE),
];

const PROVISION: &[Rule] = &[
    rule(settings::DEVICE_INFORMATION, Times::AtMostOnce, Inside::Anything),
    optional(provision::STATUS),
    optional(provision::REMOTE_WIPE),
    optional(provision::ACCOUNT_ONLY_REMOTE_WIPE),
    rule(
        provision::POLICIES,
        Times::AtMostOnce,
        Inside::Children(&[rule(provision::POLICY, Times::Any, Inside::Children(POLICY))]),
    ),
];

const POLICY: &[Rule] = &[
    optional(provision::POLICY_TYPE),
    optional(provision::POLICY_KEY),
    optional(provision::STATUS),
    rule(
        provision::DATA,
        Times::AtMostOnce,
        Inside::Children(&[rule(provision::EAS_PROVISION_DOC, Times::AtMostOnce, Inside::PolicyDocument)]),
    ),
];

const SETTINGS: &[Rule] = &[
    once(settings::STATUS),
    rule(settings::DEVICE_INFORMATION, Times::AtMostOnce, Inside::Children(&[optional(settings::STATUS)])),
    rule(
        settings::USER_INFORMATION,
        Times::AtMostOnce,
        Inside::Children(&[
            optional(settings::STATUS),
            rule(
                settings::GET,
                Times::AtMostOnce,
                Inside::Children(&[
                    rule(
                        settings::EMAIL_ADDRESSES,
                        Times::AtMostOnce,
                        Inside::Children(&[any(settings::SMTP_ADDRESS)]),
                    ),
                    rule(
                        settings::ACCOUNTS,
                        Times::AtMostOnce,
                        Inside::Children(&[rule(settings::ACCOUNT, Times::Any, Inside::Children(ACCOUNT))]),
                    ),
                ]),
            ),
        ]),
    ),
];

const ACCOUNT: &[Rule] = &[
    optional(settings::ACCOUNT_ID),
    optional(settings::ACCOUNT_NAME),
    optional(settings::USER_DISPLAY_NAME),
    optional(settings::SEND_DISABLED),
    rule(
        settings::EMAIL_ADDRESSES,
        Times::AtMostOnce,
        Inside::Children(&[any(settings::SMTP_ADDRESS), optional(settings::PRIMARY_SMTP_ADDRESS)]),
    ),
];

const PING: &[Rule] = &[
    once(ping::STATUS),
    optional(ping::HEARTBEAT_INTERVAL),
    optional(ping::MAX_FOLDERS),
    rule(ping::FOLDERS, Times::AtMostOnce, Inside::Children(&[any(ping::FOLDER)])),
];

const SEARCH: &[Rule] = &[
    once(search::STATUS),
    rule(
        search::RESPONSE,
        Times::AtMostOnce,
        Inside::Children(&[rule(
            search::STORE,
            Times::AtMostOnce,
            Inside::Children(&[
                once(search::STATUS),
                rule(search::RESULT, Times::Any, Inside::Children(RESULT)),
                optional(search::RANGE),
                optional(search::TOTAL),
            ]),
        )]),
    ),
];

const RESULT: &[Rule] = &[
    optional(search::LONG_ID),
    optional(airsync::CLASS),
    optional(airsync::COLLECTION_ID),
    rule(
        search::PROPERTIES,
        Times::AtMostOnce,
        Inside::Children(&[
            optional(gal::DISPLAY_NAME),
            optional(gal::PHONE),
            optional(gal::OFFICE),
            optional(gal::TITLE),
            optional(gal::COMPANY),
            optional(gal::ALIAS),
            optional(gal::FIRST_NAME),
            optional(gal::LAST_NAME),
            optional(gal::HOME_PHONE),
            optional(gal::MOBILE_PHONE),
            optional(gal::EMAIL_ADDRESS),
            rule(gal::PICTURE, Times::AtMostOnce, Inside::Children(&[optional(gal::STATUS), optional(gal::DATA)])),
        ]),
    ),
];

/// Checks an answer against the rules of its command; returns every rule it breaks.
pub fn check(command: Command, version: Version, root: &Element) -> Vec<Violation> {
    let (expected, rules) = match command {
        Command::Sync => (airsync::SYNC, SYNC),
        Command::FolderSync => (folder_hierarchy::FOLDER_SYNC, FOLDER_SYNC),
        Command::Provision => (provision::PROVISION, PROVISION),
        Command::Settings => (settings::SETTINGS, SETTINGS),
        Command::Ping => (ping::PING, PING),
        Command::Search => (search::SEARCH, SEARCH),
    };
    if root.tag != expected {
        return vec![Violation::WrongRoot { expected, got: root.tag }];
    }
    let mut broken = Vec::new();
    // A command that failed as a whole (status 101 and above) may answer with nothing but its status.
    children(root, rules, &mut broken);
    if let Some(collections) = root.child(airsync::COLLECTIONS)
        && command == Command::Sync
        && collections.children.is_empty()
    {
        broken.push(Violation::EmptyCollections);
    }
    if version < Version::V16_1 && root.child(provision::ACCOUNT_ONLY_REMOTE_WIPE).is_some() {
        broken.push(Violation::AccountOnlyWipeBelow161);
    }
    broken
}

fn children(parent: &Element, rules: &[Rule], broken: &mut Vec<Violation>) {
    if !parent.text.is_empty() {
        broken.push(Violation::TextInContainer(parent.tag));
    }
    for child in &parent.children {
        match rules.iter().find(|rule| rule.tag == child.tag) {
            Some(rule) => inside(child, rule.inside, broken),
            None => broken.push(stranger(parent.tag, child.tag)),
        }
    }
    for rule in rules.iter().filter(|rule| rule.times != Times::Any) {
        match parent.all(rule.tag).count() {
            0 if rule.times == Times::Once => broken.push(missing(parent, rule.tag)),
            0 | 1 => {}
            _ => broken.push(Violation::RepeatedChild { parent: parent.tag, child: rule.tag }),
        }
    }
    let is_folder = matches!(parent.tag, folder_hierarchy::ADD | folder_hierarchy::UPDATE);
    if is_folder && parent.child(folder_hierarchy::TYPE).is_some_and(|kind| matches!(kind.text.as_str(), "" | "0")) {
        broken.push(missing(parent, folder_hierarchy::TYPE));
    }
}

fn inside(element: &Element, allowed: Inside, broken: &mut Vec<Violation>) {
    match allowed {
        Inside::Anything => {}
        Inside::Children(rules) => children(element, rules, broken),
        Inside::Contact => contact(element, broken),
        Inside::PolicyDocument => policy_document(element, broken),
        Inside::Text => {
            if let Some(child) = element.children.first() {
                broken.push(stranger(element.tag, child.tag));
            }
        }
    }
}

fn contact(data: &Element, broken: &mut Vec<Violation>) {
    let mut seen = [0_u64; 256];
    for child in &data.children {
        if let Some(tokens) = seen.get_mut(usize::from(child.tag.page)) {
            let bit = 1_u64 << (child.tag.token & 0x3F);
            if *tokens & bit != 0 {
                broken.push(Violation::RepeatedChild { parent: data.tag, child: child.tag });
            }
            *tokens |= bit;
        }
        match IN_CONTACT.iter().find(|rule| rule.tag == child.tag) {
            Some(rule) => inside(child, rule.inside, broken),
            None if child.children.is_empty() => {}
            None => broken.push(Violation::ContainerInApplicationData(child.tag)),
        }
    }
}

fn policy_document(document: &Element, broken: &mut Vec<Violation>) {
    const LISTS: [Tag; 2] = [provision::UNAPPROVED_IN_ROM_APPLICATION_LIST, provision::APPROVED_APPLICATION_LIST];
    let known = provision::DEVICE_PASSWORD_ENABLED.token..=provision::APPROVED_APPLICATION_LIST.token;
    for child in &document.children {
        let own_page = child.tag.page == document.tag.page;
        if !own_page || !known.contains(&child.tag.token) || !(child.children.is_empty() || LISTS.contains(&child.tag))
        {
            broken.push(stranger(document.tag, child.tag));
        }
    }
}

fn stranger(parent: Tag, child: Tag) -> Violation {
    if parent == settings::EMAIL_ADDRESSES && child == settings::PRIMARY_SMTP_ADDRESS {
        Violation::PrimarySmtpAddressInOldForm
    } else {
        Violation::UnknownChild { parent, child }
    }
}

fn missing(parent: &Element, child: Tag) -> Violation {
    match (parent.tag, child) {
        (airsync::COLLECTION, airsync::STATUS) => Violation::CollectionWithoutStatus,
        (folder_hierarchy::ADD | folder_hierarchy::UPDATE, folder_hierarchy::TYPE) => {
            let id = parent.text_of(folder_hierarchy::SERVER_ID).unwrap_or_default();
            Violation::FolderWithoutType(id.to_owned())
        }
        (parent, child) => Violation::MissingChild { parent, child },
    }
}

//! Well-formed requests: which elements stand in which, and what is usually in them, with something unexpected now and
//! then.

use std::{collections::BTreeMap, sync::LazyLock};

use arbitrary::{Result, Unstructured};
use wbxml::{Tag, pages::PAGES};

use crate::tree::{self, Node};

const DEPTH_MAX: usize = 10;
const TEXT_BYTES_MAX: usize = 40;
/// Of a longer list of children each is there rarely, of a shorter one mostly.
const SHORT: usize = 12;

/// Element, colon, what can stand in it; a name without a page is of the parent's page.
const ELEMENTS: &str = "
AirSync.Sync: Collections Wait HeartbeatInterval WindowSize Partial
AirSync.Collections: Collection Collection
AirSync.Collection: SyncKey CollectionId Supported DeletesAsMoves GetChanges WindowSize Options Commands
AirSync.Options: AirSyncBase.BodyPreference Conflict FilterType
AirSync.Commands: Add Change Delete Fetch Add Change
AirSync.Add: ClientId ApplicationData
AirSync.Change: ServerId ApplicationData
AirSync.Delete: ServerId
AirSync.Fetch: ServerId
AirSync.Supported: *
AirSync.ApplicationData: *
Contacts.Categories: Category Category
Contacts.Children: Child Child
AirSyncBase.Body: Type EstimatedDataSize Truncated Data
AirSyncBase.BodyPreference: Type TruncationSize AllOrNone
FolderHierarchy.FolderSync: SyncKey
FolderHierarchy.FolderCreate: SyncKey ParentId DisplayName Type
FolderHierarchy.FolderUpdate: SyncKey ServerId ParentId DisplayName
FolderHierarchy.FolderDelete: SyncKey ServerId
Move.MoveItems: Move Move
Move.Move: SrcMsgId SrcFldId DstFldId
GetItemEstimate.GetItemEstimate: Collections
GetItemEstimate.Collections: Collection Collection
GetItemEstimate.Collection: AirSync.SyncKey CollectionId AirSync.Options
Ping.Ping: HeartbeatInterval Folders
Ping.Folders: Folder Folder
Ping.Folder: Id Class
Search.Search: Store
Search.Store: Name Query Options
Search.Query: And
Search.And: AirSync.Class AirSync.CollectionId FreeText
Search.Options: Range Picture RebuildResults DeepTraversal AirSyncBase.BodyPreference
Search.Picture: MaxSize MaxPictures
Find.Find: SearchId ExecuteSearch
Find.ExecuteSearch: GALSearchCriterion MailBoxSearchCriterion
Find.GALSearchCriterion: Query Options
Find.MailBoxSearchCriterion: Query Options
Find.Options: Range Picture DeepTraversal
Find.Picture: MaxSize MaxPictures
Settings.Settings: UserInformation DeviceInformation Oof DevicePassword RightsManagementInformation
Settings.UserInformation: Get
Settings.DeviceInformation: Set
Settings.Oof: Get Set
Settings.DevicePassword: Set
Settings.RightsManagementInformation: Get
Settings.Set: Model IMEI FriendlyName OS OSLanguage PhoneNumber UserAgent EnableOutboundSMS MobileOperator
Provision.Provision: Settings.DeviceInformation Policies RemoteWipe AccountOnlyRemoteWipe
Provision.Policies: Policy
Provision.Policy: PolicyType PolicyKey Status
Provision.RemoteWipe: Status
Provision.AccountOnlyRemoteWipe: Status
ResolveRecipients.ResolveRecipients: To To Options
ResolveRecipients.Options: CertificateRetrieval MaxAmbiguousRecipients Picture Availability
ResolveRecipients.Picture: MaxSize MaxPictures
ResolveRecipients.Availability: StartTime EndTime
ItemOperations.ItemOperations: Fetch EmptyFolderContents Fetch
ItemOperations.Fetch: Store AirSync.CollectionId AirSync.ServerId Search.LongId Options
ItemOperations.EmptyFolderContents: AirSync.CollectionId Options
ItemOperations.Options: Schema AirSyncBase.BodyPreference DeleteSubFolders
ItemOperations.Schema: *
";

/// Two pixels, as a phone sends a picture.
pub const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADklEQVQI12P4z8AAwv8BCf0B/4r6LCAAAAAASUVORK5CYII=";

const WORDS: [&str; 20] = [
    "",
    "0",
    "1",
    "2",
    "-1",
    "4294967296",
    "{k}",
    "{h}",
    "{b}",
    "{2}",
    "{c}",
    "{d}",
    "{o}",
    "{B}",
    "Anna",
    "must",
    "a@example.org",
    "\"Anna, S.\" <a@example.org>",
    "1980-05-04T22:00:00.000Z",
    "\u{1F600}\r\n ;,",
];

static GRAMMAR: LazyLock<BTreeMap<Tag, Vec<Tag>>> = LazyLock::new(|| {
    let properties = |page: &&wbxml::pages::Page| [1, 12].contains(&page.number);
    let mut contact: Vec<Tag> =
        PAGES.iter().filter(properties).flat_map(|page| page.tags.iter().map(|(tag, _)| *tag)).collect();
    contact.push(named("AirSyncBase.Body"));
    let lines = ELEMENTS.lines().filter_map(|line| line.split_once(": "));
    let rows = lines.map(|(parent, children)| {
        let page = parent.split_once('.').map_or("", |(page, _)| page);
        let child = |name: &str| if name.contains('.') { named(name) } else { named(&format!("{page}.{name}")) };
        let children = if children == "*" { contact.clone() } else { children.split(' ').map(child).collect() };
        (named(parent), children)
    });
    rows.collect()
});

fn named(name: &str) -> Tag {
    let found = name.split_once('.').and_then(|(page, tag)| {
        let page = PAGES.iter().find(|known| known.name == page)?;
        page.tags.iter().find(|(_, known)| *known == tag)
    });
    found.unwrap_or_else(|| panic!("no element {name}")).0
}

/// A document for a command.
pub fn document(command: &str, choices: &mut Unstructured<'_>) -> Vec<u8> {
    let root = GRAMMAR.keys().find(|tag| tag.name() == Some(command) && is_root(**tag));
    let Some(root) = root else { return Vec::new() };
    match content(choices, *root, 0) {
        Ok(node) => wbxml::document(*root, |w| tree::write(w, *root, &node)),
        Err(_) => Vec::new(),
    }
}

/// An element named as its page is, or one of the folder commands.
fn is_root(tag: Tag) -> bool {
    let page = PAGES.iter().find(|page| page.number == tag.page());
    let Some((page, name)) = page.zip(tag.name()) else { return false };
    page.name == name || name.starts_with("Folder") && name != "Folder" || ["Sync", "MoveItems"].contains(&name)
}

fn content(choices: &mut Unstructured<'_>, tag: Tag, depth: usize) -> Result<Node> {
    let unexpected = choices.ratio(1_u8, 24)? && !choices.is_empty();
    let Some(children) = GRAMMAR.get(&tag).filter(|_| !unexpected && depth < DEPTH_MAX) else {
        return leaf(choices, tag);
    };
    // A directory is asked with words, a mailbox with elements.
    if tag == wbxml::pages::search::QUERY && choices.arbitrary::<bool>()? {
        return leaf(choices, tag);
    }
    // What is left when the choices have run out is short.
    let mut nodes = Vec::new();
    for child in children {
        let byte = choices.arbitrary::<u8>()?;
        let is_there = if children.len() > SHORT { byte > 200 } else { byte < 200 };
        if is_there {
            let child = if byte == 199 { tree::any_tag(choices)? } else { *child };
            nodes.push((child, content(choices, child, depth + 1)?));
        }
    }
    Ok(Node::Parent(nodes))
}

fn leaf(choices: &mut Unstructured<'_>, tag: Tag) -> Result<Node> {
    Ok(match choices.arbitrary::<u8>()? {
        0..160 => Node::Text(usual(tag).to_owned()),
        160..216 => Node::Text((*choices.choose(&WORDS)?).to_owned()),
        216..240 => {
            let length = choices.int_in_range(0..=TEXT_BYTES_MAX)?;
            let bytes = choices.bytes(length.min(choices.len()))?;
            Node::Text(String::from_utf8_lossy(bytes).into_owned())
        }
        240..244 => Node::Opaque(choices.arbitrary()?),
        _ => Node::Text(String::new()),
    })
}

/// What is usually in an element of this name.
fn usual(tag: Tag) -> &'static str {
    match (tag.page(), tag.name().unwrap_or_default()) {
        (7, "SyncKey") => "{h}",
        (7, "ServerId") => "{2}",
        (7, "ParentId") => "0",
        (7, "Type") => "14",
        (_, "SyncKey") => "{k}",
        (_, "CollectionId" | "Id" | "SrcFldId") => "{b}",
        (_, "DstFldId") => "{2}",
        (_, "ServerId" | "SrcMsgId" | "LongId") => "{c}",
        (_, "ClientId") => "17",
        (_, "Class") => "Contacts",
        (_, "Wait" | "Type" | "Status" | "GetChanges" | "MaxPictures") => "1",
        (_, "WindowSize" | "Conflict") => "2",
        (_, "HeartbeatInterval") => "480",
        (_, "TruncationSize" | "EstimatedDataSize") => "3",
        (_, "Range") => "0-9",
        (_, "Name") => "GAL",
        (_, "Store") => "Mailbox",
        (_, "Birthday" | "Anniversary") => "1980-05-04T00:00:00.000Z",
        (_, "Picture") => PICTURE,
        (_, "PolicyType") => "MS-EAS-Provisioning-WBXML",
        (_, "To" | "Query" | "FreeText") => "anna",
        (_, name) if name.starts_with("Email") => "a@example.org",
        (_, name) if name.contains("Number") => "+49 171 1",
        (_, "MaxSize" | "MaxAmbiguousRecipients" | "CertificateRetrieval" | "WeightedRank") => "100",
        _ => "Anna",
    }
}

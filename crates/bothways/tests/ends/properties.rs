//! All 61 properties of a contact: up from one device, down to another, and what every path makes of them. The table in
//! `docs/lenses.md` is what is observed here; with `REWRITE_DOCS=1` it is written anew.

use std::{fmt::Write, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use phone::{DeviceKind, LocalContact, Phone, Property, Version};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    house::{House, outcome, write},
    outlook::path_of,
};

/// The file that says what is observed here.
const LENSES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lenses.md");

/// A red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// Extended properties that Graph's clients know contacts' facts by (MS-OXPROPS).
const EXTENDED: [&str; 20] = [
    "String 0x3A24",
    "String 0x3A25",
    "String 0x3A23",
    "String 0x3A21",
    "String 0x3A1E",
    "String 0x3A1D",
    "String 0x3A1F",
    "String 0x3A2E",
    "String 0x3A57",
    "String 0x3A4B",
    "String 0x3A08",
    "String 0x3A1B",
    "String 0x3A09",
    "String 0x3A2F",
    "String 0x3A1C",
    "String {00062004-0000-0000-c000-000000000046} Id 0x8062",
    "String 0x3A4A",
    "String 0x3A07",
    "String 0x3A00",
    "SystemTime 0x3A41",
];

/// One of the 61.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Each {
    Text(Property),
    Categories,
    Children,
    Picture,
    Body,
}

impl Each {
    fn all() -> impl Iterator<Item = Each> {
        let rest = [Each::Categories, Each::Children, Each::Picture, Each::Body];
        Property::ALL.iter().map(|property| Each::Text(*property)).chain(rest)
    }

    fn name(self) -> &'static str {
        match self {
            Each::Text(property) => property.name(),
            Each::Categories => "Categories",
            Each::Children => "Children",
            Each::Picture => "Picture",
            Each::Body => "Body",
        }
    }

    fn shown_on_ios(self) -> bool {
        match self {
            Each::Text(property) => property.shown_on_ios(),
            Each::Categories | Each::Children => false,
            Each::Picture | Each::Body => true,
        }
    }

    /// The value in the contact of these tests, as paths that write plain text show it; a picture has none.
    fn value(self) -> Option<String> {
        Some(match self {
            Each::Text(Property::Birthday) => "1980-05-04".to_owned(),
            Each::Text(Property::Anniversary) => "2001-09-08".to_owned(),
            Each::Text(Property::Email1Address) => "one@example.net".to_owned(),
            Each::Text(Property::Email2Address) => "two@example.net".to_owned(),
            Each::Text(Property::Email3Address) => "three@example.net".to_owned(),
            Each::Text(Property::WebPage) => "https://example.net/web".to_owned(),
            Each::Text(property) => format!("the {}", property.name()),
            Each::Categories => "the Category".to_owned(),
            Each::Children => "the Child".to_owned(),
            Each::Body => "the Body".to_owned(),
            Each::Picture => return None,
        })
    }

    /// Whether two contacts have the same in it.
    fn is_equal(self, one: &LocalContact, other: &LocalContact) -> bool {
        match self {
            Each::Text(property) => one.get(property) == other.get(property),
            Each::Categories => one.categories == other.categories,
            Each::Children => one.children == other.children,
            Each::Picture => one.picture_bytes() == other.picture_bytes(),
            Each::Body => one.note == other.note,
        }
    }
}

/// Whether an iPhone holds what was sent; it keeps a day as midnight of that day.
fn arrived_on_ios(each: Each, sent: &LocalContact, held: &LocalContact) -> bool {
    match each {
        Each::Text(property) if property.is_date() => {
            let day = |contact: &LocalContact| contact.get(property).map(|text| text[..10].to_owned());
            day(sent) == day(held)
        }
        each => each.is_equal(sent, held),
    }
}

/// A contact with all 61 properties.
fn everything(jpeg: &[u8]) -> LocalContact {
    let mut contact = LocalContact::new().with_picture(jpeg).with_note(Each::Body.value().unwrap());
    for property in Property::ALL {
        let value = Each::Text(*property).value().unwrap();
        // Exchange's own writing of a day.
        contact.set(*property, if property.is_date() { format!("{value}T11:59:00.000Z") } else { value });
    }
    contact.categories = vec![Each::Categories.value().unwrap()];
    contact.children = vec![Each::Children.value().unwrap()];
    contact
}

/// A picture as phones are served it.
async fn jpeg(house: &House, person: &str) -> Vec<u8> {
    let outlook = house.outlook(person);
    let contact = outlook.create(&json!({ "givenName": "Picture" })).await;
    let png = Some(("image/png", STANDARD.decode(PNG).unwrap()));
    outlook.try_send(Method::PUT, &format!("{}/photo/$value", path_of(&contact)), png).await.unwrap().expect(200);
    let phone = house.iphone(person, "PICTURE").await;
    let served = phone.contact(phone.find_by_name("Picture").unwrap()).unwrap().picture_bytes().unwrap().to_vec();
    outlook.delete(&contact).await;
    served
}

/// A device that shows and keeps everything.
async fn device(house: &House, person: &str, name: &str, version: Version) -> Phone {
    let mut config = house.device(DeviceKind::Generic161, person, name);
    config.version = Some(version);
    let mut phone = Phone::new(config).unwrap();
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    phone
}

/// The phone's only contact.
fn only(phone: &Phone) -> &LocalContact {
    assert_eq!(phone.violations(), []);
    let contacts: Vec<&LocalContact> = phone.contacts().map(|(_, contact)| contact).collect();
    assert_eq!(contacts.len(), 1);
    contacts[0]
}

fn differences(one: &LocalContact, other: &LocalContact) -> Vec<&'static str> {
    Each::all().filter(|each| !each.is_equal(one, other)).map(Each::name).collect()
}

const VERSIONS: [Version; 3] = [Version::V14_1, Version::V16_0, Version::V16_1];

#[tokio::test]
async fn all_61_properties_go_up_from_one_device_and_come_down_to_another_unchanged() {
    assert_eq!(Each::all().count(), 61);
    for version in VERSIONS {
        let house = House::with(&["anna"]);
        let sent = everything(&jpeg(&house, "anna").await);
        let mut one = device(&house, "anna", "ONE", version).await;
        one.add_contact(sent.clone()).unwrap();
        one.sync().await.unwrap();
        assert_eq!(differences(&sent, only(&one)), <[&str; 0]>::default(), "{version}: the sender's own");
        for down in VERSIONS {
            let other = device(&house, "anna", &format!("DOWN{down}"), down).await;
            assert_eq!(differences(&sent, only(&other)), <[&str; 0]>::default(), "up {version}, down {down}");
        }
    }
}

#[tokio::test]
async fn what_an_iphone_does_not_show_survives_its_edits_and_what_it_shows_it_can_clear() {
    let house = House::with(&["anna"]);
    let sent = everything(&jpeg(&house, "anna").await);
    let mut one = device(&house, "anna", "ONE", Version::V16_1).await;
    one.add_contact(sent.clone()).unwrap();
    one.sync().await.unwrap();
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let (id, _) = iphone.contacts().next().unwrap();
    iphone.edit(id, |contact| *contact = LocalContact::named("Only", "Names")).unwrap();
    iphone.sync().await.unwrap();
    one.sync().await.unwrap();
    for each in Each::all().filter(|each| *each != Each::Text(Property::FileAs)) {
        let kept = each.is_equal(&sent, only(&one));
        // An empty Picture for a photo that this phone did not send means nothing: some releases send it unasked.
        let expected = !each.shown_on_ios() || each == Each::Picture;
        assert_eq!(kept, expected, "{}", each.name());
    }
}

/// Every text in a JSON value, with the way to it.
fn texts(value: &Value, way: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((way.to_owned(), text.clone())),
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                texts(value, &format!("{way}[{at}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
                let way = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
                texts(value, &way, found);
            }
        }
        _ => {}
    }
}

/// A line of a vCard without its group, and the group's label.
struct Line {
    name: String,
    value: String,
    label: Option<String>,
}

fn lines(vcard: &str) -> Vec<Line> {
    let unfolded = vcard.replace("\r\n ", "");
    let split = unfolded.lines().filter_map(|line| {
        // A colon within quotes does not end the parameters.
        let mut quoted = false;
        let at = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (name, value) = (&line[..at], &line[at + 1..]);
        let (group, name) = name.split_once('.').map_or(("", name), |(group, name)| (group, name));
        Some((group.to_owned(), name.to_owned(), value.to_owned()))
    });
    let split: Vec<(String, String, String)> = split.collect();
    let label = |group: &str| {
        let label = split.iter().find(|(other, name, _)| other == group && name == "X-ABLabel");
        label.filter(|_| !group.is_empty()).map(|(_, _, value)| value.clone())
    };
    let lines = split.iter().filter(|(_, name, _)| name != "X-ABLabel");
    lines.map(|(group, name, value)| Line { name: name.clone(), value: value.clone(), label: label(group) }).collect()
}

/// The parts of structured values (RFC 6350 6.2.2, 6.3.1, 6.6.4).
fn part(name: &str, at: usize) -> &'static str {
    let parts: &[&str] = match name.split(';').next().unwrap_or_default() {
        "N" => &["family", "given", "additional", "prefix", "suffix"],
        "ADR" => &["box", "extended", "street", "city", "region", "code", "country"],
        "ORG" => &["name", "unit"],
        _ => &[],
    };
    parts.get(at).copied().unwrap_or("part")
}

/// A property's name with the parameters that say which kind it is; the others hold values or join lines.
fn kind_of(line: &Line) -> String {
    let mut parts = line.name.split(';');
    let name = parts.next().unwrap_or_default().to_owned();
    let telling = parts.filter(|part| ["TYPE=", "VALUE=", "PHONETIC="].iter().any(|kind| part.starts_with(kind)));
    telling.fold(name, |name, parameter| name + ";" + parameter)
}

/// Where a vCard has a value.
fn place(lines: &[Line], each: Each) -> Option<String> {
    let Some(wanted) = each.value() else {
        return lines.iter().find(|line| line.name.starts_with("PHOTO")).map(|_| "`PHOTO`".to_owned());
    };
    let written = wanted.replace('-', "");
    let is_it = |text: &str| {
        let text = text.replace('\\', "");
        let address = text.rsplit_once(':').map_or("", |(_, rest)| rest);
        [text.as_str(), address].iter().any(|text| *text == wanted || text.replace('-', "") == written)
    };
    // FN is made of the other names, so it says nothing about any of them.
    let lines = || lines.iter().filter(|line| !line.name.starts_with("FN"));
    let in_value = lines().find_map(|line| {
        let part = if is_it(&line.value) {
            String::new()
        } else {
            let at = line.value.split(';').position(is_it)?;
            format!(" {}", part(&line.name, at))
        };
        let label = line.label.as_ref().map(|label| format!(", label `{label}`")).unwrap_or_default();
        Some(format!("`{}`{part}{label}", kind_of(line)))
    });
    let sort_as = format!("SORT-AS={wanted}");
    let in_sort_as =
        || lines().find(|line| line.name.contains(&sort_as)).map(|line| format!("`{}`, SORT-AS", kind_of(line)));
    in_value.or_else(in_sort_as)
}

/// Exports Anna's contacts, imports them as somebody else's, and says where everything is and what did not come back.
async fn vcard_column(house: &House, format: &str, reader: &str, sent: &LocalContact) -> Vec<String> {
    let file = house.administer(&["contacts", "export", "--user", "anna@example.org", "--format", format]);
    let path = write(house.data(), &format!("{format}.vcf"), file.as_bytes());
    let email = format!("{reader}@example.org");
    let done = outcome(house.data(), &["contacts", "import", path.to_str().unwrap(), "--user", &email]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let phone = device(house, reader, "READER", Version::V16_1).await;
    let lines = lines(&file);
    let cell = |each: Each| match (place(&lines, each), each.is_equal(sent, only(&phone))) {
        (Some(place), true) => place,
        (Some(place), false) => format!("{place}; read back as something else"),
        (None, true) => "kept".to_owned(),
        (None, false) => "not written".to_owned(),
    };
    Each::all().map(cell).collect()
}

const INTRODUCTION: &str = "\
# What every path makes of a contact's properties

Every path shows a contact through its lens. What a path does not show, it never changes: it stays in the ledger through
every edit made on that path, and the other paths go on showing it.

This table is written by a test (`REWRITE_DOCS=1 cargo test -p bothways --test ends properties`), which sends one contact
with all 61 properties from an ActiveSync device and looks for them on every path, over HTTP and in files.

- **ActiveSync**: what a second device receives that speaks 14.1, 16.0 or 16.1, whichever version the first one spoke.
- **iOS**: *shown* can be read, edited and cleared in the Contacts app; *kept* is not shown there and survives every edit.
- **Graph v1.0**: the property of the `contact` resource, read and written. **Extended property**: the single-value extended
  property that is the same fact, read with `$expand` and written like any other.
- **vCard**: the line written on export (`contacts export --format 3` or `4`), found again on import. A dash anywhere: this
  path has no place for it.

Beyond what ActiveSync has a place for: the fourth e-mail address, a third home number, labels of one's own, the
names of messaging services, photos at full size and unknown vCard lines are kept and come out again where they came in.
FileAs travels, but a FileAs that a phone makes up is never taken as a change.

What it means that a client leaves a property out:

| client | Change without the property | empty element |
| --- | --- | --- |
| iOS | cleared; Picture and Body stay | cleared; a photo stays unless this phone sent it |
| ActiveSync 14.1, no Supported list (as TbSync) | stays | cleared |
| ActiveSync 16.x | cleared, unless Supported leaves it out; Picture and Body stay | cleared |
| Graph PATCH | stays | cleared by `null` or `\"\"` |

";

#[tokio::test]
async fn the_table_in_the_documentation_is_what_is_observed() {
    let house = House::with(&["anna", "three", "four"]);
    let sent = everything(&jpeg(&house, "anna").await);
    let mut one = device(&house, "anna", "ONE", Version::V16_1).await;
    one.add_contact(sent.clone()).unwrap();
    one.sync().await.unwrap();

    let mut devices = Vec::new();
    for version in VERSIONS {
        devices.push(device(&house, "anna", &format!("DOWN{version}"), version).await);
    }
    let iphone = house.iphone("anna", "IPHONE").await;
    let outlook = house.outlook("anna");
    let filter: Vec<String> = EXTENDED.iter().map(|id| format!("id eq '{id}'")).collect();
    let contact = outlook.contacts().await.remove(0);
    let expand =
        format!("{}?$expand=singleValueExtendedProperties($filter={})", path_of(&contact), filter.join(" or "));
    let contact = outlook.ask(Method::GET, &expand, None).await.expect(200);
    let photo = outlook.ask(Method::GET, &format!("{}/photo/$value", path_of(&contact)), None).await;
    let mut shown = Vec::new();
    texts(&contact, "", &mut shown);
    let extended = contact["singleValueExtendedProperties"].as_array().unwrap();
    let three = vcard_column(&house, "3", "three", &sent).await;
    let four = vcard_column(&house, "4", "four", &sent).await;

    let mut table = INTRODUCTION.to_owned();
    table.push_str(
        "| property | ActiveSync 14.1, 16.0, 16.1 | iOS | Graph v1.0 | extended property | vCard 3.0 | vCard 4.0 |\n",
    );
    table.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for (at, each) in Each::all().enumerate() {
        let arrived: Vec<bool> = devices.iter().map(|device| each.is_equal(&sent, only(device))).collect();
        let activesync = if arrived == [true; 3] { "unchanged".to_owned() } else { format!("{arrived:?}") };
        let ios = match (each.shown_on_ios(), arrived_on_ios(each, &sent, only(&iphone))) {
            (true, true) => "shown",
            (false, true) => "kept",
            (_, false) => "changed",
        };
        let is_it =
            |text: &str| each.value().is_some_and(|value| text == value || text.starts_with(&format!("{value}T")));
        let named = shown.iter().find(|(way, text)| !way.starts_with("single") && is_it(text));
        let graph = match each {
            Each::Picture if photo.bytes == sent.picture_bytes().unwrap() => "`photo/$value`".to_owned(),
            _ => named.map_or("-".to_owned(), |(way, _)| format!("`{way}`")),
        };
        let ids = extended.iter().filter(|property| is_it(property["value"].as_str().unwrap()));
        let ids: Vec<String> = ids.map(|property| format!("`{}`", property["id"].as_str().unwrap())).collect();
        let ids = if ids.is_empty() { "-".to_owned() } else { ids.join(", ") };
        let name = each.name();
        writeln!(table, "| {name} | {activesync} | {ios} | {graph} | {ids} | {} | {} |", three[at], four[at]).unwrap();
    }

    let path = Path::new(LENSES);
    if std::env::var_os("REWRITE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &table).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, table, "docs/lenses.md is stale; write it anew with REWRITE_DOCS=1");
}

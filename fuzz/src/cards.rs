//! Cards made of choices, and their merge.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use contact::{
    BlobHash, Card, CardKind, Context, Fact, Item, ItemId, NewItemIds, PartialDate,
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Identifier, IdentifierKind, Name, OnlineService, Opaque,
        Organization, Phone, PhoneKind, Photo, Relation, RelationKind, ServiceKind, Title, TitleKind,
    },
    merge::{Winner, merge as merge_cards},
};

const ITEMS_MAX: u64 = 12;
const ADDITIONS_MAX: usize = 4;

/// Ids counted up.
pub struct Counting(pub u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

/// Two edits of one card: the sides are equal, and nothing is invented.
pub fn merge(data: &[u8]) {
    let mut choices = Unstructured::new(data);
    let Ok((base, mine, theirs)) = three(&mut choices) else { return };
    let one = merge_cards(&base, &mine, &theirs, Winner::Mine);
    let other = merge_cards(&base, &theirs, &mine, Winner::Theirs);
    assert_eq!(one.card, other.card, "the sides are equal");
    assert_eq!(one.conflicts.len(), other.conflicts.len());
    let ids: BTreeSet<_> = one.card.items.iter().map(|item| item.id).collect();
    assert_eq!(ids.len(), one.card.items.len(), "every item has an id of its own");
    let known = |id: ItemId| [&base, &mine, &theirs].iter().any(|card| card.item(id).is_some());
    assert!(ids.into_iter().all(known), "no item is invented");
    // What was removed and made anew keeps its id where a card has one of the kind, so the cards may differ in ids.
    assert_eq!(merge_cards(&base, &mine, &base, Winner::Theirs).conflicts, [], "one side alone has no conflict");
    assert_eq!(merge_cards(&base, &base, &mine, Winner::Theirs).conflicts, [], "one side alone has no conflict");
    assert_eq!(merge_cards(&base, &base, &base, Winner::Mine).card, base);
}

fn three(choices: &mut Unstructured<'_>) -> Result<(Card, Card, Card)> {
    let count = choices.int_in_range(0..=ITEMS_MAX)?;
    let items = (1..=count).map(|id| item(choices, ItemId(id))).collect::<Result<_>>()?;
    let base = Card { uid: "urn:uuid:1".to_owned(), kind: CardKind::Individual, items };
    let mine = edited(choices, &base, 1_000)?;
    let theirs = edited(choices, &base, 2_000)?;
    Ok((base, mine, theirs))
}

fn edited(choices: &mut Unstructured<'_>, base: &Card, first_id: u64) -> Result<Card> {
    let mut items = Vec::new();
    for old in &base.items {
        match choices.arbitrary::<u8>()? % 8 {
            0 => {}
            1 => items.push(item(choices, old.id)?),
            2 => items.push(Item { label: label(choices)?, ..old.clone() }),
            3 => items.push(Item { contexts: contexts(choices)?, ..old.clone() }),
            _ => items.push(old.clone()),
        }
    }
    for id in (first_id..).take(choices.int_in_range(0..=ADDITIONS_MAX)?) {
        let at = choices.int_in_range(0..=items.len())?;
        items.insert(at, item(choices, ItemId(id))?);
    }
    Ok(Card { items, ..base.clone() })
}

fn item(choices: &mut Unstructured<'_>, id: ItemId) -> Result<Item> {
    let mut item = Item::new(id, fact(choices)?);
    item.contexts = contexts(choices)?;
    item.label = label(choices)?;
    item.pref = choices.ratio(1_u8, 8)?.then_some(1);
    Ok(item)
}

fn contexts(choices: &mut Unstructured<'_>) -> Result<BTreeSet<Context>> {
    let all = [Context::Private, Context::Work];
    let bits: u8 = choices.arbitrary()?;
    Ok(all.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, context)| context).collect())
}

fn label(choices: &mut Unstructured<'_>) -> Result<Option<String>> {
    if choices.ratio(1_u8, 6)? { text(choices).map(Some) } else { Ok(None) }
}

fn text(choices: &mut Unstructured<'_>) -> Result<String> {
    const TEXTS: [&str; 9] = ["Ada", "Örn", "渡辺", "two words", "a\nb", "x", " ada ", "+49 40 1", "a@x.example"];
    Ok((*choices.choose(&TEXTS)?).to_owned())
}

fn some(choices: &mut Unstructured<'_>) -> Result<Option<String>> {
    if choices.arbitrary()? { text(choices).map(Some) } else { Ok(None) }
}

fn fact(choices: &mut Unstructured<'_>) -> Result<Fact> {
    Ok(match choices.arbitrary::<u8>()? % 16 {
        0 => {
            Fact::Name(Name { given: some(choices)?, surname: some(choices)?, full: some(choices)?, ..Name::default() })
        }
        1 => Fact::Nickname(text(choices)?),
        2 => Fact::Organization(Organization {
            name: some(choices)?,
            units: some(choices)?.into_iter().collect(),
            office: some(choices)?,
            ..Organization::default()
        }),
        3 => Fact::Title(Title { kind: *choices.choose(&[TitleKind::Title, TitleKind::Role])?, name: text(choices)? }),
        4 => Fact::Email(Email { address: text(choices)?, name: some(choices)? }),
        5 => {
            let kind = *choices.choose(&[PhoneKind::Voice, PhoneKind::Mobile, PhoneKind::Fax, PhoneKind::Pager])?;
            Fact::Phone(Phone { number: text(choices)?, kind })
        }
        6 => Fact::Address(Address { street: some(choices)?, city: some(choices)?, ..Address::default() }),
        7 => Fact::Link(text(choices)?),
        8 => {
            let kind = *choices.choose(&[ServiceKind::Messaging, ServiceKind::Social])?;
            Fact::OnlineService(OnlineService { user: text(choices)?, service: some(choices)?, kind })
        }
        9 => {
            let kinds = [AnniversaryKind::Birth, AnniversaryKind::Wedding, AnniversaryKind::Other];
            let year = choices.arbitrary::<bool>()?.then_some(1980);
            let date = PartialDate::new(year, 5, choices.int_in_range(1..=28)?).expect("a day of May");
            Fact::Anniversary(Anniversary { kind: *choices.choose(&kinds)?, date })
        }
        10 => {
            let kind = *choices.choose(&[RelationKind::Spouse, RelationKind::Child, RelationKind::Manager])?;
            Fact::Relation(Relation { kind, name: text(choices)? })
        }
        11 => Fact::Note(text(choices)?),
        12 => Fact::Keyword(text(choices)?),
        13 => {
            let hash = BlobHash([choices.int_in_range(1..=3)?; 32]);
            let media_type = "image/jpeg".to_owned();
            Fact::Photo(Photo { original: hash, media_type, served: hash, uploaded_by: some(choices)? })
        }
        14 => {
            let kind = *choices.choose(&[IdentifierKind::CustomerId, IdentifierKind::Alias])?;
            Fact::Identifier(Identifier { kind, value: text(choices)? })
        }
        _ => Fact::Opaque(Opaque { property: text(choices)?, value: text(choices)? }),
    })
}

/// A card that fills every place and more.
pub fn rich_card() -> Card {
    let text = str::to_owned;
    let phone = |number: &str, kind| Fact::Phone(Phone { number: text(number), kind });
    let email = |address: &str| Fact::Email(Email { address: text(address), name: Some(text("Ada")) });
    let date = |day| PartialDate::new(Some(1980), 5, day).expect("a day of May");
    let facts = [
        Fact::Name(Name { given: Some(text("Ada")), surname: Some(text("King")), ..Name::default() }),
        Fact::Nickname(text("Countess")),
        Fact::Organization(Organization {
            name: Some(text("Acme")),
            units: vec![text("R&D")],
            ..Organization::default()
        }),
        Fact::Title(Title { kind: TitleKind::Title, name: text("Analyst") }),
        email("a@x.example"),
        email("b@x.example"),
        email("c@x.example"),
        email("d@x.example"),
        phone("1", PhoneKind::Mobile),
        phone("2", PhoneKind::Mobile),
        phone("3", PhoneKind::Voice),
        phone("4", PhoneKind::Voice),
        phone("5", PhoneKind::Voice),
        phone("6", PhoneKind::Fax),
        Fact::Address(Address { street: Some(text("Street 1")), city: Some(text("Berlin")), ..Address::default() }),
        Fact::Link(text("https://example.org")),
        Fact::OnlineService(OnlineService {
            user: text("ada"),
            service: Some(text("XMPP")),
            kind: ServiceKind::Messaging,
        }),
        Fact::Anniversary(Anniversary { kind: AnniversaryKind::Birth, date: date(4) }),
        Fact::Anniversary(Anniversary { kind: AnniversaryKind::Wedding, date: date(5) }),
        Fact::Relation(Relation { kind: RelationKind::Child, name: text("Byron") }),
        Fact::Note(text("A note\nof two lines")),
        Fact::Keyword(text("Friends")),
        Fact::Identifier(Identifier { kind: IdentifierKind::CustomerId, value: text("7") }),
        Fact::Opaque(Opaque { property: text("vcard:X-SOMETHING"), value: text("kept") }),
    ];
    let items = (1..).zip(facts).map(|(id, fact)| Item::new(ItemId(id), fact)).collect();
    Card { uid: text("urn:uuid:1"), kind: CardKind::Individual, items }
}

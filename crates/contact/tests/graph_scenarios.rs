//! What a Graph client does to a contact, and what must become of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails here fails for good reason")]

use contact::{
    Card, Context, Fact, Item, ItemId, NewItemIds,
    fact::{Address, Email, Name, Opaque, Phone, PhoneKind},
    graph::{ExtendedPropertyId, Patch, PatchError, absorb, project},
};
use serde_json::{Value, json};

struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

fn card(facts: impl IntoIterator<Item = Fact>) -> Card {
    let items = facts.into_iter().zip(1..).map(|(fact, id)| Item::new(ItemId(id), fact)).collect();
    Card { uid: "uid".to_owned(), items, ..Card::default() }
}

fn email(address: &str) -> Fact {
    Fact::Email(Email { address: address.to_owned(), name: None })
}

fn patched(base: &Card, patch: &Value) -> Card {
    absorb(base, &Patch::parse(patch).unwrap(), &mut Counting(100))
}

fn shown(card: &Card) -> Value {
    serde_json::to_value(project(card, &[])).unwrap()
}

fn id(text: &str) -> ExtendedPropertyId {
    ExtendedPropertyId::parse(text).unwrap()
}

fn expanded(card: &Card, property: &str) -> Option<String> {
    project(card, &[id(property)]).extended.into_iter().next().map(|property| property.value)
}

#[test]
fn the_fourth_email_is_still_there_after_a_client_changed_the_first() {
    let base = card(["a@x", "b@x", "c@x", "d@x"].map(email));
    let after =
        patched(&base, &json!({"emailAddresses": [{"address": "new@x"}, {"address": "b@x"}, {"address": "c@x"}]}));
    assert_eq!(after.item(ItemId(4)), base.item(ItemId(4)));
    assert_eq!(after.item(ItemId(1)).unwrap().fact, email("new@x"));
}

#[test]
fn a_fifth_email_beyond_what_graph_shows_is_kept_once() {
    let addresses = ["a@x", "b@x", "c@x", "d@x", "e@x"].map(|address| json!({ "address": address }));
    let five = json!({ "emailAddresses": addresses });
    let once = patched(&Card::default(), &five);
    assert_eq!(once.items.len(), 5);
    assert_eq!(patched(&once, &five), once);
}

#[test]
fn a_hidden_address_sent_as_the_only_one_becomes_the_primary() {
    let base = card(["a@x", "b@x", "c@x", "d@x", "e@x"].map(email));
    let after = patched(&base, &json!({"emailAddresses": [{"address": "e@x"}]}));
    assert_eq!(shown(&after)["primaryEmailAddress"]["address"], "e@x");
    assert_eq!(after.items.iter().map(|item| item.id.0).collect::<Vec<_>>(), [5, 4]);
}

#[test]
fn an_address_with_a_display_name_inside_is_split() {
    let after = patched(&Card::default(), &json!({"emailAddresses": [{"address": "\"Ann Lee\" <ann@x>"}]}));
    let expected = Email { address: "ann@x".to_owned(), name: Some("Ann Lee".to_owned()) };
    assert_eq!(after.items[0].fact, Fact::Email(expected));
}

#[test]
fn an_address_standing_in_for_a_name_never_becomes_the_name() {
    let after = patched(&card([email("a@x")]), &json!({"emailAddresses": [{"name": "a@x", "address": "b@x"}]}));
    assert_eq!(after.items[0].fact, email("b@x"));
}

#[test]
fn the_secondary_address_alone_can_be_changed_and_cleared() {
    let base = card(["a@x", "b@x", "c@x"].map(email));
    let after = patched(&base, &json!({"secondaryEmailAddress": {"address": "n@x"}}));
    assert_eq!(shown(&after)["emailAddresses"][1]["address"], "n@x");
    let after = patched(&base, &json!({"secondaryEmailAddress": null}));
    assert_eq!(
        after.items,
        card(["a@x", "b@x", "c@x"].map(email))
            .items
            .into_iter()
            .filter(|item| item.id != ItemId(2))
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_display_name_made_of_the_parts_follows_them_and_one_of_its_own_does_not() {
    let named = |full: &str| {
        let name = Name {
            full: Some(full.to_owned()),
            given: Some("Ann".to_owned()),
            surname: Some("Lee".to_owned()),
            ..Name::default()
        };
        card([Fact::Name(name)])
    };
    let married = json!({"surname": "Berg"});
    assert_eq!(shown(&patched(&named("Ann Lee"), &married))["displayName"], "Ann Berg");
    assert_eq!(shown(&patched(&named("Auntie"), &married))["displayName"], "Auntie");
    let insisting = json!({"surname": "Berg", "displayName": "Ann Lee"});
    assert_eq!(shown(&patched(&named("Ann Lee"), &insisting))["displayName"], "Ann Lee");
}

#[test]
fn a_post_office_box_survives_a_new_street_and_the_country_code_does_not_outlive_its_country() {
    let address = Address {
        street: Some("Old 1".to_owned()),
        po_box: Some("77".to_owned()),
        country: Some("Danmark".to_owned()),
        country_code: Some("dk".to_owned()),
        ..Address::default()
    };
    let mut base = card([Fact::Address(address)]);
    base.items[0].contexts.insert(Context::Work);
    let after = patched(&base, &json!({"businessAddress": {"street": "New 2", "countryOrRegion": "Norge"}}));
    let Fact::Address(after) = &after.items[0].fact else { panic!("no address") };
    assert_eq!((after.po_box.as_deref(), after.street.as_deref()), (Some("77"), Some("New 2")));
    assert_eq!((after.country.as_deref(), after.country_code.as_deref()), (Some("Norge"), None));
}

#[test]
fn a_fax_set_as_an_extended_property_is_a_fax_for_every_path() {
    let after = patched(
        &Card::default(),
        &json!({"singleValueExtendedProperties": [{"id": "String 0x3a24", "value": "+45 1"}]}),
    );
    assert_eq!(after.items[0].fact, Fact::Phone(Phone { number: "+45 1".to_owned(), kind: PhoneKind::Fax }));
    assert_eq!(after.items[0].contexts, [Context::Work].into());
    assert_eq!(expanded(&after, "String 0x3A24").as_deref(), Some("+45 1"));
    let cleared = patched(&after, &json!({"singleValueExtendedProperties": [{"id": "String 0x3A24", "value": null}]}));
    assert!(cleared.items.is_empty());
}

#[test]
fn a_wedding_day_is_a_system_time_whose_day_does_not_move() {
    let sent = json!({"singleValueExtendedProperties": [{"id": "SystemTime 0x3A41", "value": "1999-06-04T22:00:00Z"}]});
    let after = patched(&Card::default(), &sent);
    assert_eq!(expanded(&after, "SystemTime 0x3A41").as_deref(), Some("1999-06-05T11:59:00Z"));
    assert_eq!(patched(&after, &sent), after);
}

#[test]
fn an_extended_property_nobody_knows_is_kept_word_for_word() {
    let hat = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Hat";
    let after = patched(&Card::default(), &json!({"singleValueExtendedProperties": [{"id": hat, "value": "bowler"}]}));
    assert_eq!(
        after.items[0].fact,
        Fact::Opaque(Opaque { property: format!("graph:{hat}"), value: "bowler".to_owned() })
    );
    assert_eq!(expanded(&after, hat).as_deref(), Some("bowler"));
}

#[test]
fn an_empty_text_clears_as_null_does() {
    let base = card([Fact::Nickname("Annie".to_owned())]);
    for nothing in [json!(""), json!(null)] {
        assert!(patched(&base, &json!({"nickName": nothing})).items.is_empty());
    }
}

#[test]
fn what_is_no_contact_is_refused_by_name() {
    let refusal = |body: Value| Patch::parse(&body).unwrap_err();
    assert_eq!(refusal(json!([])), PatchError::NotAnObject);
    assert_eq!(refusal(json!({"phones": []})), PatchError::UnknownProperty("phones".to_owned()));
    let wrong = |property: &str, expected| PatchError::WrongType { property: property.to_owned(), expected };
    assert_eq!(refusal(json!({"surname": 7})), wrong("surname", "a string or null"));
    assert_eq!(refusal(json!({"homePhones": "1"})), wrong("homePhones", "an array"));
    assert_eq!(refusal(json!({"homeAddress": {"street": []}})), wrong("homeAddress/street", "a string or null"));
    assert_eq!(refusal(json!({"birthday": "soon"})), PatchError::NotADate { property: "birthday".to_owned() });
    assert_eq!(
        refusal(json!({"categories": vec!["x"; 1001]})),
        PatchError::TooMany { property: "categories".to_owned(), max: 1000 }
    );
    assert!(matches!(
        refusal(json!({"singleValueExtendedProperties": [{"id": "nonsense"}]})),
        PatchError::ExtendedPropertyId(_)
    ));
}

#[test]
fn annotations_and_what_is_the_servers_alone_are_ignored() {
    let patch =
        json!({"@odata.type": "#microsoft.graph.contact", "id": "x", "changeKey": "y", "createdDateTime": null});
    assert_eq!(Patch::parse(&patch).unwrap(), Patch::default());
}

//! What becomes of a contact when phones edit it: one rule, one scenario.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;

use contact::{
    BlobHash, Card, Context, Fact, Item, ItemId, NewItemIds,
    eas::{EasContact, Family, Lens, Picture, Property, Supported, Version, namesake},
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Name, OnlineService, Organization, Phone, PhoneKind, Photo,
        Relation, RelationKind, ServiceKind,
    },
    photo::PreparedPhoto,
};

struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

fn client(family: Family, version: Version) -> Lens {
    Lens { family, version, supported: Supported::NotSent, body_truncation: Some(32_768), device: "PHONE".to_owned() }
}

fn iphone() -> Lens {
    client(Family::Ios, Version::V16_1)
}

fn outlook_like() -> Lens {
    client(Family::Other, Version::V16_1)
}

fn item(id: u64, fact: Fact) -> Item {
    Item::new(ItemId(id), fact)
}

fn card(items: Vec<Item>) -> Card {
    Card { uid: "u".to_owned(), items, ..Card::default() }
}

fn email(id: u64, address: &str) -> Item {
    item(id, Fact::Email(Email { address: address.to_owned(), name: Some("Ada King".to_owned()) }))
}

fn phone(id: u64, number: &str, kind: PhoneKind, contexts: &[Context]) -> Item {
    item(id, Fact::Phone(Phone { number: number.to_owned(), kind })).in_contexts(contexts.iter().copied())
}

fn home(id: u64, number: &str) -> Item {
    phone(id, number, PhoneKind::Voice, &[Context::Private])
}

fn labelled(mut item: Item, label: &str) -> Item {
    item.label = Some(label.to_owned());
    item
}

fn name(given: &str, surname: &str) -> Item {
    item(100, Fact::Name(Name { given: Some(given.to_owned()), surname: Some(surname.to_owned()), ..Name::default() }))
}

fn birthday(id: u64, date: &str) -> Item {
    item(id, Fact::Anniversary(Anniversary { kind: AnniversaryKind::Birth, date: date.parse().unwrap() }))
}

fn photo(id: u64, uploaded_by: Option<&str>) -> Item {
    let (original, served) = (BlobHash([1; 32]), BlobHash([2; 32]));
    let uploaded_by = uploaded_by.map(str::to_owned);
    item(id, Fact::Photo(Photo { original, media_type: "image/png".to_owned(), served, uploaded_by }))
}

/// The device sends its whole contact with these elements changed; `None` leaves the element out.
fn edit(lens: &Lens, base: &Card, changes: &[(Property, Option<&str>)]) -> Card {
    edit_form(lens, base, |form| {
        for (property, text) in changes {
            match text {
                Some(text) => drop(form.texts.insert(*property, (*text).to_owned())),
                None => drop(form.texts.remove(property)),
            }
        }
    })
}

fn edit_form(lens: &Lens, base: &Card, change: impl FnOnce(&mut EasContact)) -> Card {
    let served = lens.project(base);
    let mut sent = served.clone();
    change(&mut sent);
    lens.absorb(base, &served, &sent, None, &mut Counting(1000))
}

fn shown(lens: &Lens, card: &Card, property: Property) -> Option<String> {
    lens.project(card).texts.get(&property).cloned()
}

#[test]
fn an_empty_picture_from_ios_leaves_a_photo_that_this_phone_did_not_upload() {
    for uploaded_by in [None, Some("OTHER PHONE")] {
        let base = card(vec![name("Ada", "King"), photo(1, uploaded_by)]);
        assert_eq!(edit_form(&iphone(), &base, |form| form.picture = Picture::Empty), base);
    }
}

#[test]
fn an_empty_picture_from_the_iphone_that_uploaded_it_deletes_it() {
    let base = card(vec![name("Ada", "King"), photo(1, Some("PHONE"))]);
    let after = edit_form(&iphone(), &base, |form| form.picture = Picture::Empty);
    assert_eq!(after, card(vec![name("Ada", "King")]));
}

#[test]
fn an_empty_picture_from_any_other_client_deletes_the_photo() {
    let base = card(vec![name("Ada", "King"), photo(1, None)]);
    for family in [Family::Android, Family::TbSync, Family::Other] {
        let after = edit_form(&client(family, Version::V14_1), &base, |form| form.picture = Picture::Empty);
        assert_eq!(after, card(vec![name("Ada", "King")]));
    }
}

#[test]
fn a_picture_or_a_body_left_out_never_deletes() {
    let base = card(vec![photo(1, Some("PHONE")), item(2, Fact::Note("Likes tea".to_owned()))]);
    for family in [Family::Ios, Family::Android, Family::TbSync, Family::Other] {
        for version in [Version::V14_1, Version::V16_0, Version::V16_1] {
            let after = edit_form(&client(family, version), &base, |form| *form = EasContact::default());
            assert_eq!(after, base, "{family:?} {version:?}");
        }
    }
}

#[test]
fn an_uploaded_photo_replaces_the_old_one_and_remembers_its_phone() {
    let base = card(vec![photo(1, None)]);
    let bytes = vec![9];
    let hash = BlobHash::of(&bytes);
    let prepared = PreparedPhoto {
        original: bytes.clone(),
        media_type: "image/jpeg".to_owned(),
        original_hash: hash,
        served: bytes,
        served_hash: hash,
    };
    let lens = iphone();
    let (served, mut sent) = (lens.project(&base), lens.project(&base));
    sent.picture = Picture::Photo(hash);
    let after = lens.absorb(&base, &served, &sent, Some(&prepared), &mut Counting(1000));
    let Fact::Photo(photo) = &after.items[0].fact else { panic!("no photo") };
    assert_eq!((photo.original, photo.uploaded_by.as_deref(), after.items[0].id), (hash, Some("PHONE"), ItemId(1)));
    assert_eq!(lens.project(&after), lens.seen(&served, &sent));
}

#[test]
fn the_scaled_photo_coming_back_is_not_a_new_photo() {
    let base = card(vec![photo(1, None)]);
    assert_eq!(edit_form(&iphone(), &base, |form| form.picture = Picture::Photo(BlobHash([2; 32]))), base);
}

#[test]
fn the_fourth_email_is_still_there_after_the_phone_changed_the_first() {
    let base = card(vec![email(1, "a@x"), email(2, "b@x"), email(3, "c@x"), email(4, "d@x")]);
    let after = edit(&iphone(), &base, &[(Property::Email1Address, Some("new@x"))]);
    assert_eq!(after.items[1..], base.items[1..]);
    assert_eq!(after.items[0].id, ItemId(1));
}

#[test]
fn the_fourth_email_moves_up_when_a_slot_frees() {
    let base = card(vec![email(1, "a@x"), email(2, "b@x"), email(3, "c@x"), email(4, "d@x")]);
    let after = edit(&iphone(), &base, &[(Property::Email3Address, None)]);
    assert_eq!(shown(&iphone(), &after, Property::Email3Address).as_deref(), Some("d@x"));
    assert_eq!(after.items, [base.items[0].clone(), base.items[1].clone(), base.items[3].clone()]);
}

#[test]
fn deleting_the_first_row_of_emails_moves_the_others_without_swapping_their_labels() {
    let base = card(vec![labelled(email(1, "a@x"), "School"), labelled(email(2, "b@x"), "Choir"), email(3, "c@x")]);
    let after = edit(
        &iphone(),
        &base,
        &[
            (Property::Email1Address, Some("b@x")),
            (Property::Email2Address, Some("c@x")),
            (Property::Email3Address, None),
        ],
    );
    assert_eq!(after.items, base.items[1..]);
}

#[test]
fn a_changed_address_keeps_its_label_and_drops_the_name_of_the_old_one() {
    let base = card(vec![labelled(email(1, "a@x"), "School").in_contexts([Context::Work])]);
    let after = edit(&iphone(), &base, &[(Property::Email1Address, Some("new@x"))]);
    assert_eq!(after.items[0].fact, Fact::Email(Email { address: "new@x".to_owned(), name: None }));
    assert_eq!((after.items[0].label.as_deref(), after.items[0].contexts.len()), (Some("School"), 1));
}

#[test]
fn a_name_around_an_address_is_split_from_it() {
    let android = client(Family::Android, Version::V14_1);
    let base = card(vec![email(1, "a@x")]);
    assert_eq!(edit(&android, &base, &[(Property::Email1Address, Some("\"Someone\" <a@x>"))]), base);
    let after = edit(&android, &base, &[(Property::Email2Address, Some("\"Grace H.\" <g@x>"))]);
    let added = Fact::Email(Email { address: "g@x".to_owned(), name: Some("Grace H.".to_owned()) });
    assert_eq!(after.items[1].fact, added);
    assert_eq!(shown(&android, &after, Property::Email2Address).as_deref(), Some("g@x"));
}

#[test]
fn a_third_home_number_and_a_custom_label_survive_an_edit_on_the_phone() {
    let ferry = labelled(phone(9, "999", PhoneKind::Voice, &[Context::Work]), "Ferry office");
    let base = card(vec![home(1, "1"), home(2, "2"), home(3, "3"), ferry.clone()]);
    let after =
        edit(&iphone(), &base, &[(Property::HomePhoneNumber, Some("11")), (Property::BusinessPhoneNumber, Some("5"))]);
    assert_eq!(after.item(ItemId(3)), base.item(ItemId(3)));
    assert_eq!(after.item(ItemId(9)), Some(&ferry));
    assert_eq!(after.items.len(), 5);
}

#[test]
fn an_untyped_number_fills_a_free_home_slot_and_stays_untyped() {
    let base = card(vec![phone(1, "77", PhoneKind::Voice, &[]), home(2, "1")]);
    assert_eq!(shown(&iphone(), &base, Property::HomePhoneNumber).as_deref(), Some("1"));
    assert_eq!(shown(&iphone(), &base, Property::Home2PhoneNumber).as_deref(), Some("77"));
    let after = edit(&iphone(), &base, &[(Property::MobilePhoneNumber, Some("0171"))]);
    assert!(after.item(ItemId(1)).unwrap().contexts.is_empty());
}

#[test]
fn a_number_typed_into_an_empty_slot_is_a_new_item_and_a_cleared_slot_deletes_its_item() {
    let base = card(vec![phone(1, "5", PhoneKind::Voice, &[Context::Work])]);
    let after =
        edit(&iphone(), &base, &[(Property::HomePhoneNumber, Some("1")), (Property::BusinessPhoneNumber, None)]);
    assert_eq!(after.items, [home(1001, "1")]);
}

#[test]
fn a_number_typed_that_only_a_label_stands_behind_is_shown_and_the_labelled_one_stays() {
    let mobile = |id, number| phone(id, number, PhoneKind::Mobile, &[]);
    let base = card(vec![mobile(1, "333"), labelled(mobile(2, "22"), "Ferry office"), mobile(3, "4444")]);
    let after = edit(&iphone(), &base, &[(Property::MobilePhoneNumber, Some("22"))]);
    assert_eq!(shown(&iphone(), &after, Property::MobilePhoneNumber).as_deref(), Some("22"));
    assert_eq!((after.item(ItemId(2)), after.item(ItemId(3))), (base.item(ItemId(2)), base.item(ItemId(3))));
}

#[test]
fn the_service_of_a_messenger_survives_edits() {
    let messenger = |user: &str| {
        let (user, service) = (user.to_owned(), Some("Jabber".to_owned()));
        item(1, Fact::OnlineService(OnlineService { user, service, kind: ServiceKind::Messaging }))
    };
    let base = card(vec![messenger("ada@jabber")]);
    assert_eq!(edit(&iphone(), &base, &[(Property::JobTitle, Some("Countess"))]).items[0], messenger("ada@jabber"));
    assert_eq!(edit(&iphone(), &base, &[(Property::IMAddress, Some("a@jabber"))]).items[0], messenger("a@jabber"));
}

#[test]
fn phonetic_names_categories_children_and_several_relations_survive() {
    let relation = |id, kind, name: &str| item(id, Fact::Relation(Relation { kind, name: name.to_owned() }));
    let base = card(vec![
        item(
            1,
            Fact::Name(Name {
                given: Some("太郎".to_owned()),
                phonetic_given: Some("たろう".to_owned()),
                phonetic_given2: Some("じ".to_owned()),
                ..Name::default()
            }),
        ),
        item(2, Fact::Keyword("Friends".to_owned())),
        relation(3, RelationKind::Child, "Byron"),
        relation(4, RelationKind::Child, "Anne"),
        relation(5, RelationKind::Spouse, "William"),
        relation(6, RelationKind::Spouse, "An earlier one"),
        labelled(relation(7, RelationKind::Other, "Charles"), "Tutor"),
    ]);
    // The phone writes the reading in katakana, and leaves out what it never stored.
    let after = edit_form(&iphone(), &base, |form| {
        form.texts.insert(Property::YomiFirstName, "タロウ".to_owned());
        form.texts.insert(Property::PagerNumber, "1".to_owned());
        form.categories = None;
        form.children = None;
    });
    assert_eq!(after.items[..7], base.items);
}

#[test]
fn a_category_or_a_child_taken_from_the_list_is_gone_and_the_others_stay() {
    let keyword = |id, text: &str| item(id, Fact::Keyword(text.to_owned()));
    let base = card(vec![keyword(1, "Friends"), keyword(2, "Work"), keyword(3, "Choir")]);
    let after = edit_form(&outlook_like(), &base, |form| {
        form.categories = Some(vec!["Choir".to_owned(), "Friends".to_owned(), "New".to_owned()]);
    });
    assert_eq!(after.item(ItemId(1)), base.item(ItemId(1)));
    assert_eq!(after.item(ItemId(3)), base.item(ItemId(3)));
    assert_eq!(after.items.len(), 3);
    let after = edit_form(&outlook_like(), &base, |form| form.categories = Some(vec![]));
    assert!(after.items.is_empty());
}

#[test]
fn file_as_is_never_taken_as_a_change() {
    let base = card(vec![name("Ada", "King")]);
    for filed in ["Ada King", "KingAda", "The Countess", ""] {
        assert_eq!(edit(&iphone(), &base, &[(Property::FileAs, Some(filed))]), base, "{filed}");
    }
    assert_eq!(edit(&outlook_like(), &base, &[(Property::FileAs, Some("The Countess"))]), base);
    assert_eq!(edit(&outlook_like(), &base, &[(Property::FileAs, None)]), base);
}

fn filed(text: &str) -> Card {
    let (given, surname) = (Some("Ada".to_owned()), Some("King".to_owned()));
    card(vec![item(1, Fact::Name(Name { given, surname, file_as: Some(text.to_owned()), ..Name::default() }))])
}

#[test]
fn a_person_s_own_filing_text_survives_the_phone_and_is_changed_where_it_can_be_edited() {
    let base = filed("The Countess");
    assert_eq!(edit(&iphone(), &base, &[(Property::FileAs, Some("King, Ada"))]), base);
    let renamed = edit(&iphone(), &base, &[(Property::FirstName, Some("Augusta"))]);
    assert_eq!(shown(&iphone(), &renamed, Property::FileAs).as_deref(), Some("The Countess"));
    let refiled = edit(&outlook_like(), &base, &[(Property::FileAs, Some("Lady L."))]);
    assert_eq!(refiled, filed("Lady L."));
}

#[test]
fn a_filing_text_made_of_the_names_follows_them() {
    let renamed = edit(&iphone(), &filed("Ada King"), &[(Property::FirstName, Some("Augusta"))]);
    assert_eq!(shown(&iphone(), &renamed, Property::FileAs).as_deref(), Some("Augusta King"));
}

#[test]
fn a_full_name_made_of_the_parts_follows_them_and_a_person_s_own_stays() {
    for (full, after) in [("Ada King", "Augusta King"), ("A. A. King", "A. A. King")] {
        let (given, surname) = (Some("Ada".to_owned()), Some("King".to_owned()));
        let base =
            card(vec![item(1, Fact::Name(Name { given, surname, full: Some(full.to_owned()), ..Name::default() }))]);
        let renamed = edit(&iphone(), &base, &[(Property::FirstName, Some("Augusta"))]);
        assert_eq!(contact::display_name(&renamed), after);
    }
}

#[test]
fn a_full_name_made_of_the_parts_goes_with_the_last_of_them_and_a_person_s_own_is_shown_then() {
    let full = |full: &str| {
        let (full, surname) = (Some(full.to_owned()), Some("King".to_owned()));
        card(vec![item(1, Fact::Name(Name { full, surname, ..Name::default() }))])
    };
    let cleared = |base: &Card| edit(&iphone(), base, &[(Property::LastName, None)]);
    assert_eq!(cleared(&full("King")), card(vec![]));
    assert_eq!(shown(&iphone(), &cleared(&full("Auntie")), Property::FirstName).as_deref(), Some("Auntie"));
}

#[test]
fn a_birthday_without_a_year_comes_back_without_one() {
    let base = card(vec![birthday(1, "--02-29")]);
    assert_eq!(shown(&iphone(), &base, Property::Birthday).as_deref(), Some("1604-02-29T11:59:00.000Z"));
    let after = edit(&iphone(), &base, &[(Property::Birthday, Some("1604-02-29T00:00:00.000Z"))]);
    assert_eq!(after, base);
}

#[test]
fn a_birthday_stays_when_the_phone_returns_its_own_midnight_or_nonsense() {
    let base = card(vec![birthday(1, "1815-12-10")]);
    for sent in ["1815-12-09T22:00:00.000Z", "1815-12-10T11:00:00.000Z", "1815-12-09T12:00:00.000Z", "soon"] {
        assert_eq!(edit(&iphone(), &base, &[(Property::Birthday, Some(sent))]), base, "{sent}");
    }
    let moved = edit(&iphone(), &base, &[(Property::Birthday, Some("1815-12-11T00:00:00.000Z"))]);
    assert_eq!(moved, card(vec![birthday(1, "1815-12-11")]));
}

#[test]
fn a_cut_note_that_comes_back_as_served_is_no_change_and_an_edited_one_keeps_its_end() {
    let lens = Lens { body_truncation: Some(10), ..iphone() };
    let base = card(vec![item(1, Fact::Note("0123456789 and the end".to_owned()))]);
    let served = lens.project(&base);
    let body = lens.served_body(&served).unwrap();
    assert_eq!((body.data, body.truncated, body.size), ("0123456789", true, 22));
    assert_eq!(edit_form(&lens, &base, |form| form.body = Some("0123456789".to_owned())), base);
    let note = |card: &Card| card.items.first().map(|item| item.fact.clone());
    let edited = edit_form(&lens, &base, |form| form.body = Some("new".to_owned()));
    assert_eq!(note(&edited), Some(Fact::Note("new and the end".to_owned())));
    let cleared = edit_form(&lens, &base, |form| form.body = Some(String::new()));
    assert_eq!(note(&cleared), Some(Fact::Note(" and the end".to_owned())));
}

#[test]
fn an_empty_body_deletes_a_note_that_was_shown_whole_and_line_ends_are_no_change() {
    let base = card(vec![item(1, Fact::Note("one\ntwo".to_owned()))]);
    assert_eq!(edit_form(&iphone(), &base, |form| form.body = Some("one\r\ntwo\r\n".to_owned())), base);
    assert!(edit_form(&iphone(), &base, |form| form.body = Some(String::new())).items.is_empty());
}

#[test]
fn ios_clears_by_leaving_out_and_tbsync_at_14_1_by_an_empty_element() {
    let base = card(vec![home(1, "1")]);
    let tbsync = client(Family::TbSync, Version::V14_1);
    assert!(edit(&iphone(), &base, &[(Property::HomePhoneNumber, None)]).items.is_empty());
    assert_eq!(edit(&tbsync, &base, &[(Property::HomePhoneNumber, None)]), base);
    assert!(edit(&tbsync, &base, &[(Property::HomePhoneNumber, Some(""))]).items.is_empty());
}

#[test]
fn androids_city_of_an_other_address_does_not_become_the_home_city() {
    let address = |id, street: &str, city: &str| {
        let (street, city) = (Some(street.to_owned()), Some(city.to_owned()));
        item(id, Fact::Address(Address { street, city, ..Address::default() }))
    };
    let base = card(vec![address(1, "Pier 1", "Kiel").in_contexts([Context::Private]), address(2, "Dock 2", "Bremen")]);
    let android = client(Family::Android, Version::V14_1);
    let after =
        edit(&android, &base, &[(Property::HomeAddressCity, Some("Bremen")), (Property::OtherAddressCity, None)]);
    assert_eq!(after, base);
}

#[test]
fn what_an_address_holds_besides_stays_when_its_street_changes() {
    let address = |street: &str| Address {
        street: Some(street.to_owned()),
        po_box: Some("PO 7".to_owned()),
        country: Some("Germany".to_owned()),
        country_code: Some("de".to_owned()),
        ..Address::default()
    };
    let base = card(vec![item(1, Fact::Address(address("Pier 1"))).in_contexts([Context::Work])]);
    let after = edit(&iphone(), &base, &[(Property::BusinessAddressStreet, Some("Pier 2\nGate B"))]);
    assert_eq!(after.items[0].fact, Fact::Address(address("Pier 2\nGate B")));
    let cleared =
        edit(&iphone(), &base, &[(Property::BusinessAddressStreet, None), (Property::BusinessAddressCountry, None)]);
    assert!(cleared.items.is_empty());
}

#[test]
fn deeper_units_survive_a_cleared_department() {
    let organization = |first: &str| {
        let units = vec![first.to_owned(), "Engines".to_owned()];
        item(
            1,
            Fact::Organization(Organization { name: Some("Analytical".to_owned()), units, ..Organization::default() }),
        )
    };
    let after = edit(&iphone(), &card(vec![organization("Works")]), &[(Property::Department, None)]);
    assert_eq!(after, card(vec![organization("")]));
    assert_eq!(shown(&iphone(), &after, Property::Department), None);
}

#[test]
fn all_61_properties_go_up_from_one_device_and_come_down_to_a_second_unchanged() {
    let texts: BTreeMap<Property, String> = Property::ALL
        .iter()
        .filter(|property| !matches!(property, Property::Alias | Property::WeightedRank))
        .map(|&property| match property {
            Property::Birthday | Property::Anniversary => (property, "1980-05-04T11:59:00.000Z".to_owned()),
            _ if property.name().starts_with("Email") => (property, format!("{}@x.example", property.name())),
            _ => (property, format!("the {}", property.name())),
        })
        .collect();
    let typed = EasContact {
        texts,
        categories: Some(vec!["Friends".to_owned(), "Choir".to_owned()]),
        children: Some(vec!["Byron".to_owned(), "Anne".to_owned()]),
        body: Some("A note\nof two lines".to_owned()),
        ..EasContact::default()
    };
    for first in [iphone(), client(Family::Android, Version::V14_1), outlook_like()] {
        let added = first.absorb(&Card::default(), &EasContact::default(), &typed, None, &mut Counting(0));
        let second = Lens { device: "TABLET".to_owned(), ..iphone() };
        assert_eq!(second.project(&added), typed);
    }
}

#[test]
fn characters_that_xml_forbids_never_reach_a_phone_and_do_not_vanish_by_its_edits() {
    let base = card(vec![name("Ada\u{0}\u{b}", "King"), home(1, "1")]);
    assert_eq!(shown(&iphone(), &base, Property::FirstName).as_deref(), Some("Ada"));
    let after = edit(&iphone(), &base, &[(Property::HomePhoneNumber, Some("2"))]);
    assert_eq!(after.items[0], base.items[0]);
}

#[test]
fn namesakes_are_told_by_exact_first_middle_last_and_company() {
    let ada = card(vec![name("Ada", "King"), home(1, "1")]);
    assert_eq!(namesake(&ada), namesake(&card(vec![name("Ada", "King")])));
    assert_ne!(namesake(&ada), namesake(&card(vec![name("ada", "King")])));
    assert!(namesake(&card(vec![home(1, "1")])).is_empty());
}

#[test]
fn a_retry_with_more_content_is_an_edit_of_what_was_sent_before() {
    let lens = iphone();
    let base = card(vec![name("Ada", "King")]);
    let served = lens.project(&base);
    let mut first = served.clone();
    first.texts.insert(Property::HomePhoneNumber, "1".to_owned());
    let written = lens.absorb(&base, &served, &first, None, &mut Counting(1000));
    let held = lens.seen(&served, &first);
    let mut again = first.clone();
    again.texts.insert(Property::Home2PhoneNumber, "2".to_owned());
    let after = lens.absorb(&written, &held, &again, None, &mut Counting(2000));
    assert_eq!(after.items, [name("Ada", "King"), home(1001, "1"), home(2001, "2")]);
}

fn written_out(full: &str) -> Item {
    item(100, Fact::Name(Name { full: Some(full.to_owned()), ..Name::default() }))
}

#[test]
fn a_contact_with_nothing_but_a_display_name_has_a_name_on_the_phone() {
    let shown = iphone().project(&card(vec![written_out("Ada M. King")]));
    assert_eq!(shown.texts[&Property::FirstName], "Ada M.");
    assert_eq!(shown.texts[&Property::LastName], "King");
    assert_eq!(shown.texts[&Property::FileAs], "King, Ada M.");
    let alone = iphone().project(&card(vec![written_out(" Ferry ")]));
    assert_eq!((alone.texts[&Property::FirstName].as_str(), alone.texts.get(&Property::LastName)), ("Ferry", None));
    assert_eq!(namesake(&card(vec![written_out("Ada King")])), namesake(&card(vec![name("Ada", "King")])));
}

#[test]
fn a_display_name_that_comes_back_in_parts_is_no_change_and_an_edited_part_is() {
    let base = card(vec![written_out("Ada King")]);
    let served = iphone().project(&base);
    assert_eq!(iphone().absorb(&base, &served, &served, None, &mut Counting(500)), base);
    let mut sent = served.clone();
    sent.texts.insert(Property::LastName, "Lovelace".to_owned());
    let edited = iphone().absorb(&base, &served, &sent, None, &mut Counting(500));
    let Fact::Name(name) = &edited.items[0].fact else { panic!("a name") };
    assert_eq!((name.given.as_deref(), name.surname.as_deref()), (Some("Ada"), Some("Lovelace")));
    assert_eq!(name.full.as_deref(), Some("Ada Lovelace"));
}

#[test]
fn a_display_name_with_spaces_to_spare_follows_its_words_and_goes_with_them() {
    let base = card(vec![written_out(" Ada  King")]);
    let married = edit(&iphone(), &base, &[(Property::LastName, Some("Berg"))]);
    assert_eq!(contact::names::display_name(&married), "Ada Berg");
    let cleared = edit(&iphone(), &base, &[(Property::FirstName, None), (Property::LastName, None)]);
    assert_eq!(cleared, card(vec![]));
}

#[test]
fn a_first_name_that_was_the_full_name_too_does_not_come_back_when_it_becomes_the_last_name() {
    let (full, given) = (Some("Ada".to_owned()), Some("Ada".to_owned()));
    let base = card(vec![item(1, Fact::Name(Name { full, given, ..Name::default() }))]);
    let moved = edit(&iphone(), &base, &[(Property::FirstName, None), (Property::LastName, Some("Ada"))]);
    assert_eq!(shown(&iphone(), &moved, Property::FirstName), None);
    assert_eq!(shown(&iphone(), &moved, Property::LastName).as_deref(), Some("Ada"));
}

#[test]
fn a_reading_added_to_a_display_name_leaves_the_display_name_alone() {
    let base = card(vec![written_out("Ada King")]);
    let served = iphone().project(&base);
    let mut sent = served.clone();
    sent.texts.insert(Property::YomiFirstName, "エイダ".to_owned());
    let edited = iphone().absorb(&base, &served, &sent, None, &mut Counting(500));
    let Fact::Name(name) = &edited.items[0].fact else { panic!("a name") };
    assert_eq!((name.full.as_deref(), name.given.as_deref()), (Some("Ada King"), None));
    assert_eq!(iphone().project(&edited).texts[&Property::YomiFirstName], "エイダ");
}

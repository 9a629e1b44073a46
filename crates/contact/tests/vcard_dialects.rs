//! One test for each habit of a program that writes or reads vCards.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod vcard_support;

use contact::{
    Card, Context, Fact, PartialDate,
    card::CardKind,
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Identifier, IdentifierKind, Name, OnlineService, Organization,
        Phone, PhoneKind, Relation, RelationKind, ServiceKind, Title, TitleKind,
    },
    vcard::VcardVersion,
};
use vcard_support::{book, card_of, has, item_of, saying, untouched, with, written};

fn phone(number: &str, kind: PhoneKind) -> Fact {
    Fact::Phone(Phone { number: number.to_owned(), kind })
}

fn email(address: &str) -> Fact {
    Fact::Email(Email { address: address.to_owned(), name: None })
}

fn relation(kind: RelationKind, name: &str) -> Fact {
    Fact::Relation(Relation { kind, name: name.to_owned() })
}

fn day(kind: AnniversaryKind, year: Option<i16>, month: u8, day: u8) -> Fact {
    Fact::Anniversary(Anniversary { kind, date: PartialDate::new(year, month, day).unwrap() })
}

fn service(kind: ServiceKind, service: Option<&str>, user: &str) -> Fact {
    Fact::OnlineService(OnlineService { user: user.to_owned(), service: service.map(str::to_owned), kind })
}

#[allow(clippy::unnecessary_wraps, reason = "reads better in comparisons with optional parts")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn name(card: &Card) -> Name {
    let names = card.items.iter().filter_map(|item| match &item.fact {
        Fact::Name(name) => Some(name.clone()),
        _ => None,
    });
    names.into_iter().next().unwrap()
}

// Names

#[test]
fn a_full_name_that_only_repeats_the_parts_is_not_kept_apart() {
    let card = card_of("3.0", "N:Schmidt;Anna;;Dr.;\r\nFN:Dr. Anna Schmidt");
    assert_eq!(name(&card).full, None);
    assert!(written(&untouched(card), VcardVersion::V3).contains("\r\nFN:Dr. Anna Schmidt\r\n"));
}

#[test]
fn a_full_name_of_the_persons_own_writing_is_kept() {
    assert_eq!(name(&with("ios", &day(AnniversaryKind::Birth, None, 4, 15))).full, some("山田 花子"));
}

#[test]
fn apple_phonetic_names_are_read() {
    let name = name(&with("ios", &day(AnniversaryKind::Birth, None, 4, 15)));
    assert_eq!((name.phonetic_given, name.phonetic_surname), (some("はなこ"), some("やまだ")));
}

#[test]
fn the_phonetic_name_of_rfc_9554_is_read_and_written() {
    let card = with("thunderbird", &email("ren.ito@kaigan.example"));
    let read = name(&card);
    assert_eq!((read.phonetic_given, read.phonetic_surname), (some("レン"), some("イトウ")));
    assert!(written(&untouched(card), VcardVersion::V4).contains("N;ALTID=1;PHONETIC=script:イトウ;レン;"));
}

#[test]
fn a_japanese_phone_says_how_a_name_sounds_in_shift_jis() {
    let name = name(&with("outlook", &email("taro@tanaka.example")));
    assert_eq!((name.surname, name.phonetic_surname), (some("田中"), some("タナカ")));
}

#[test]
fn sort_as_of_vcard_4_is_what_the_card_is_filed_under() {
    let card = with("thunderbird", &email("rene@harten.example"));
    assert_eq!(name(&card).file_as, some("Harten,Rene"));
    assert!(written(&untouched(card), VcardVersion::V3).contains("X-EVOLUTION-FILE-AS:Harten\\,Rene"));
}

#[test]
fn nicknames_in_one_line_are_several_items_and_go_out_in_that_line() {
    let card = with("thunderbird", &Fact::Nickname("Nea".to_owned()));
    assert!(has(&card, &Fact::Nickname("Linn".to_owned())));
    assert_eq!(written(&card, VcardVersion::V4).matches("NICKNAME").count(), 1);
}

#[test]
fn a_shared_line_is_made_anew_when_one_of_its_items_is_gone() {
    let mut card = with("thunderbird", &Fact::Nickname("Nea".to_owned()));
    card.items.retain(|item| item.fact != Fact::Nickname("Linn".to_owned()));
    let text = written(&card, VcardVersion::V4);
    assert!(text.contains("NICKNAME:Nea\r\n") && !text.contains("Linn,Nea"));
}

#[test]
fn a_card_of_a_company_alone_has_no_name_item() {
    let card = &book("ios")[2].card;
    assert!(!card.items.iter().any(|item| matches!(item.fact, Fact::Name(_))));
    assert!(written(card, VcardVersion::V3).contains("N:;;;;\r\nFN:Harbour Café ☕️\r\n"));
}

// Companies

#[test]
fn a_company_keeps_its_units_and_its_sound() {
    let organization = |name: &str, units: &[&str], phonetic: Option<&str>| {
        Fact::Organization(Organization {
            name: some(name),
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            phonetic: phonetic.map(str::to_owned),
            office: None,
        })
    };
    let faehrwerk = organization("Fährwerk Bodensee GmbH", &["Fahrgastbetrieb", "Leitstand"], Some("Fehrwerk"));
    let card = with("ios", &faehrwerk);
    assert!(written(&untouched(card), VcardVersion::V3).contains("\r\nX-PHONETIC-ORG:Fehrwerk\r\n"));
    with("thunderbird", &organization("ABC, Inc.", &["North American Division", "Marketing"], Some("ABC")));
}

#[test]
fn a_labelled_company_of_google_keeps_its_label_lines() {
    let card = card_of("3.0", "FN:A\r\nitem2.ORG:Werft\r\nitem2.X-ABLabel:Nebenjob");
    let text = written(&card, VcardVersion::V3);
    assert!(text.contains("item2.ORG:Werft\r\nitem2.X-ABLabel:Nebenjob\r\n"));
}

#[test]
fn evolution_writes_the_office_on_a_line_of_its_own() {
    let item = item_of("ORG:Werft;Bau\r\nX-EVOLUTION-OFFICE:4.17");
    let Fact::Organization(organization) = item.fact else { panic!("no company") };
    assert_eq!(organization.office, some("4.17"));
}

#[test]
fn title_and_role_are_two_things() {
    let card = with("thunderbird", &Fact::Title(Title { kind: TitleKind::Role, name: "Skyddsombud".to_owned() }));
    assert!(has(&card, &Fact::Title(Title { kind: TitleKind::Title, name: "Redaktör".to_owned() })));
}

// Types and labels

#[test]
fn the_fourth_email_and_the_third_home_number_are_read() {
    let card = &book("ios")[0].card;
    let homes = card.items.iter().filter(|item| {
        matches!(&item.fact, Fact::Phone(phone) if phone.kind == PhoneKind::Voice)
            && item.contexts.contains(&Context::Private)
    });
    assert_eq!(homes.count(), 3);
    assert_eq!(card.items.iter().filter(|item| matches!(item.fact, Fact::Email(_))).count(), 4);
}

#[test]
fn apples_built_in_labels_are_resolved() {
    let fax = item_of("item1.TEL:1\r\nitem1.X-ABLabel:_$!<WorkFAX>!$_");
    assert_eq!((fax.fact, fax.contexts.contains(&Context::Work), fax.label), (phone("1", PhoneKind::Fax), true, None));
    let home = item_of("item1.EMAIL:a@b.example\r\nitem1.X-ABLabel:_$!<Home>!$_");
    assert_eq!((home.contexts.contains(&Context::Private), home.label), (true, None));
    let mobile = item_of("item1.TEL:2\r\nitem1.X-ABLabel:_$!<Mobile>!$_");
    assert_eq!(mobile.fact, phone("2", PhoneKind::Mobile));
}

#[test]
fn a_label_of_the_persons_own_is_kept() {
    let card = &book("ios")[0].card;
    assert_eq!(saying(card, &phone("+49 7531 555-0177", PhoneKind::Voice)).label, some("Fähranleger Süd"));
}

#[test]
fn android_hides_a_label_of_the_persons_own_in_a_type() {
    let card = with("android", &phone("+49-30-5550403", PhoneKind::Voice));
    assert_eq!(saying(&card, &phone("+49-30-5550403", PhoneKind::Voice)).label, some("Fähre"));
    let card = with("android", &email("giorgos@band.example"));
    assert_eq!(saying(&card, &email("giorgos@band.example")).label, some("Band"));
}

#[test]
fn iphone_is_a_label_of_a_mobile_number() {
    let card = &book("ios")[0].card;
    let item = saying(card, &phone("+49 171 5550101", PhoneKind::Mobile));
    assert_eq!((item.label.as_deref(), item.pref), (Some("iPhone"), Some(1)));
}

#[test]
fn internet_voice_and_other_say_nothing() {
    let item = item_of("TEL;type=VOICE;type=OTHER:1");
    assert_eq!((item.contexts.len(), item.label, item.pref), (0, None, None));
}

#[test]
fn a_quoted_list_of_types_is_read_as_a_list_and_written_as_repeated_types_for_ios() {
    let card = card_of("4.0", "FN:A\r\nTEL;TYPE=\"work,cell\":1");
    let item = saying(&card, &phone("1", PhoneKind::Mobile));
    assert!(item.contexts.contains(&Context::Work));
    let text = written(&untouched(card), VcardVersion::V3);
    assert!(text.contains("TEL;TYPE=WORK;TYPE=CELL;TYPE=VOICE:1\r\n"), "{text}");
}

#[test]
fn vcard_4_preference_survives_3_0() {
    let card = card_of("4.0", "FN:A\r\nTEL;TYPE=home;PREF=2:1");
    let again = card_of("3.0", written(&untouched(card), VcardVersion::V3).lines().nth(4).unwrap());
    assert_eq!(again.items[0].pref, Some(2));
}

#[test]
fn outlooks_assistant_radio_car_and_pager_numbers_are_kinds() {
    with("outlook", &phone("+49 (7531) 555-0305", PhoneKind::Assistant));
    with("outlook", &phone("Kanal 7", PhoneKind::Radio));
    with("outlook", &phone("+43 (664) 5550312", PhoneKind::Car));
    with("outlook", &phone("+43 (664) 5550313", PhoneKind::Pager));
}

#[test]
fn a_kind_of_line_nobody_has_a_place_for_becomes_a_label() {
    let card = with("outlook", &phone("+43 (1) 555 0314", PhoneKind::Voice));
    assert_eq!(saying(&card, &phone("+43 (1) 555 0314", PhoneKind::Voice)).label, some("ISDN"));
}

#[test]
fn every_kind_of_number_survives_every_version() {
    use PhoneKind::{Assistant, Car, Fax, Main, Mobile, Pager, Radio, Text, Textphone, Video, Voice};
    for kind in [Voice, Mobile, Fax, Pager, Main, Car, Radio, Assistant, Text, Textphone, Video] {
        let mut card = card_of("3.0", "FN:A\r\nTEL:1");
        card.items[1].fact = phone("1", kind);
        for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
            let text = written(&card, version);
            let again = vcard_support::read_one(&text);
            let item = saying(&again, &phone("1", kind));
            assert_eq!(item.label, None, "{text}");
        }
    }
}

#[test]
fn a_tel_uri_of_thunderbird_is_a_number() {
    with("thunderbird", &phone("+46-8-555-05-02", PhoneKind::Voice));
}

#[test]
fn an_address_with_a_display_name_is_split() {
    let fact =
        Fact::Email(Email { address: "fbauer@post.example".to_owned(), name: some("Bauer, Friedrich (privat)") });
    with("outlook", &fact);
}

// Addresses and links

#[test]
fn x_abadr_is_the_country_code_and_cc_in_vcard_4() {
    let item = item_of("item1.ADR;type=HOME:;;Seeweg 12;Kreuzlingen;TG;8280;Schweiz\r\nitem1.X-ABADR:ch");
    let Fact::Address(address) = &item.fact else { panic!("no address") };
    assert_eq!(address.country_code, some("ch"));
    let mut card = card_of("3.0", "FN:A");
    card.items.push(item);
    assert!(written(&untouched(card), VcardVersion::V4).contains("ADR;TYPE=home;CC=CH:"));
}

#[test]
fn a_street_of_two_lines_is_one_street() {
    let fact = Fact::Address(Address {
        street: some("Hafenstraße 6\nTor 2"),
        city: some("Konstanz"),
        state: some("Baden-Württemberg"),
        postal_code: some("78462"),
        country: some("Deutschland"),
        country_code: some("de"),
        ..Address::default()
    });
    with("ios", &fact);
}

#[test]
fn google_escapes_the_colon_of_a_web_address() {
    with("google", &Fact::Link("https://astillero.example".to_owned()));
}

// Services

#[test]
fn messengers_are_accounts_with_a_service() {
    let card = with("ios", &service(ServiceKind::Messaging, Some("Skype"), "siobhan.oc"));
    assert!(has(&card, &service(ServiceKind::Messaging, Some("AIM"), "siobhanoc")));
    with("android", &service(ServiceKind::Messaging, Some("Skype"), "piotr.kow"));
    with("android", &service(ServiceKind::Messaging, Some("GoogleTalk"), "piotr@gtalk.example"));
    with("outlook", &service(ServiceKind::Messaging, None, "friedrich.bauer@uni-see.example"));
}

#[test]
fn ios_18_4_escapes_the_at_sign_of_an_account() {
    with("ios", &service(ServiceKind::Messaging, Some("Jabber"), "siobhan@chat.example"));
}

#[test]
fn social_profiles_are_social() {
    let card = with("ios", &service(ServiceKind::Social, Some("twitter"), "http://twitter.com/siobhan_oc"));
    assert!(has(&card, &service(ServiceKind::Social, Some("Mastodon"), "siobhan")));
    with("thunderbird", &service(ServiceKind::Social, Some("Mastodon"), "https://social.example/@ren"));
}

// Days

#[test]
fn a_birthday_is_the_day_that_is_written_in_every_form() {
    for text in ["1980-05-04", "19800504", "1980-05-04T23:30:00Z", "19800504T000000", "1980-05-04T00:00:00+12:00"] {
        assert_eq!(item_of(&format!("BDAY:{text}")).fact, day(AnniversaryKind::Birth, Some(1980), 5, 4), "{text}");
    }
}

#[test]
fn a_birthday_without_a_year_is_read_in_every_form() {
    let lines = ["BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15", "BDAY:1604-04-15", "BDAY:--0415", "BDAY;VALUE=date:--04-15"];
    for line in lines {
        assert_eq!(item_of(line).fact, day(AnniversaryKind::Birth, None, 4, 15), "{line}");
    }
}

#[test]
fn a_birthday_without_a_year_is_written_as_each_version_has_it() {
    let card = untouched(with("ios", &day(AnniversaryKind::Birth, None, 4, 15)));
    assert!(written(&card, VcardVersion::V3).contains("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\r\n"));
    assert!(written(&card, VcardVersion::V4).contains("BDAY:--0415\r\n"));
}

#[test]
fn the_29th_of_february_without_a_year_survives() {
    let card = untouched(with("google", &day(AnniversaryKind::Birth, None, 2, 29)));
    let again = vcard_support::read_one(&written(&card, VcardVersion::V3));
    assert!(has(&again, &day(AnniversaryKind::Birth, None, 2, 29)));
}

#[test]
fn a_birthday_that_is_no_day_is_kept_word_for_word() {
    let item = item_of("BDAY;VALUE=text:circa 1800");
    assert!(matches!(item.fact, Fact::Opaque(_)));
    assert_eq!(item.source.vcard, ["BDAY;VALUE=text:circa 1800"]);
}

#[test]
fn a_wedding_day_is_x_abdate_with_a_label_for_apple_and_anniversary_in_vcard_4() {
    let card = untouched(with("ios", &day(AnniversaryKind::Wedding, Some(2009), 8, 22)));
    let text = written(&card, VcardVersion::V3);
    assert!(text.contains("X-ABDATE;TYPE=pref:2009-08-22\r\n") && text.contains("X-ABLabel:_$!<Anniversary>!$_\r\n"));
    assert!(written(&card, VcardVersion::V4).contains("ANNIVERSARY;PREF=1:20090822\r\n"));
    with("outlook", &day(AnniversaryKind::Wedding, Some(1986), 7, 12));
    with("thunderbird", &day(AnniversaryKind::Wedding, Some(2014), 6, 7));
}

#[test]
fn another_date_keeps_its_label() {
    let card = with("ios", &day(AnniversaryKind::Other, Some(2015), 3, 1));
    assert_eq!(saying(&card, &day(AnniversaryKind::Other, Some(2015), 3, 1)).label, some("Dienstjubiläum"));
}

// Relations

#[test]
fn apples_relations_are_resolved_and_a_daughter_stays_one() {
    let card = &book("ios")[0].card;
    assert!(has(card, &relation(RelationKind::Spouse, "Jürgen Grünwald")));
    assert!(has(card, &relation(RelationKind::Assistant, "Sönke Öhler")));
    assert_eq!(saying(card, &relation(RelationKind::Child, "Mia Grünwald")).label, some("Daughter"));
    let text = written(&untouched(card.clone()), VcardVersion::V3);
    assert!(text.contains("X-ABLabel:_$!<Daughter>!$_"));
}

#[test]
fn the_relations_of_outlook_evolution_and_kaddressbook_are_relations() {
    let card = with("outlook", &relation(RelationKind::Spouse, "Hedwig Bauer"));
    assert!(has(&card, &relation(RelationKind::Manager, "Rektorat")));
    assert!(has(&card, &relation(RelationKind::Assistant, "Gisela Vogt")));
    assert!(has(&card, &relation(RelationKind::Child, "Lena Bauer")));
    assert_eq!(item_of("X-EVOLUTION-SPOUSE:Eva").fact, relation(RelationKind::Spouse, "Eva"));
    assert_eq!(item_of("X-EVOLUTION-MANAGER:Eva").fact, relation(RelationKind::Manager, "Eva"));
    assert_eq!(item_of("X-KADDRESSBOOK-X-SpouseName:Eva").fact, relation(RelationKind::Spouse, "Eva"));
}

#[test]
fn related_of_vcard_4_is_a_name_or_a_link_that_stays_as_it_is() {
    let card = with("thunderbird", &relation(RelationKind::Spouse, "Ngozi Okafor"));
    assert!(has(&card, &relation(RelationKind::Child, "Ada Okafor")));
    assert_eq!(saying(&card, &relation(RelationKind::Other, "Emeka Okafor")).label, some("Sibling"));
    let link = "RELATED;TYPE=friend:urn:uuid:3f1b0a5e-7c61-4c43-a9b5-0f3a9be41d01";
    assert!(card.items.iter().any(|item| item.source.vcard.last().is_some_and(|line| line == link)));
}

#[test]
fn a_spouse_under_a_label_of_the_persons_own_stays_a_spouse() {
    let mut item = item_of("X-ABRELATEDNAMES:Kim");
    item.fact = relation(RelationKind::Spouse, "Kim");
    item.label = some("Husband");
    let mut card = card_of("3.0", "FN:A");
    card.items.push(item);
    for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
        let again = vcard_support::read_one(&written(&untouched(card.clone()), version));
        assert_eq!(saying(&again, &relation(RelationKind::Spouse, "Kim")).label, some("Husband"));
    }
}

// Android

#[test]
fn android_custom_rows_are_nicknames_dates_and_relations() {
    let card = with("android", &Fact::Nickname("Anne".to_owned()));
    assert!(has(&card, &day(AnniversaryKind::Wedding, Some(2001), 9, 15)));
    assert!(has(&card, &day(AnniversaryKind::Birth, None, 4, 15)));
    assert!(has(&card, &relation(RelationKind::Spouse, "Günther Schäfer")));
    assert_eq!(saying(&card, &relation(RelationKind::Other, "Frida")).label, some("Nachbarin"));
}

#[test]
fn quoted_printable_over_several_lines_is_one_text() {
    with("android", &Fact::Note("Dzwonić po 10:00\nUbezpieczenie = AXA; polisa 12=34".to_owned()));
    let note = "Büro: Geb. C, Raum 4.17\nSprechstunde nur nach Vereinbarung, Schlüssel beim Pförtner. Größere Gruppen \
                bitte anmelden.";
    with("outlook", &Fact::Note(note.to_owned()));
}

// Categories, kinds, pictures, the rest

#[test]
fn categories_are_single_items() {
    let card = with("google", &Fact::Keyword("Starred".to_owned()));
    assert!(has(&card, &Fact::Keyword("myContacts".to_owned())));
}

#[test]
fn a_group_of_apple_is_a_group_in_vcard_4() {
    let group = book("ios").remove(7).card;
    assert_eq!(group.kind, CardKind::Group);
    let text = written(&group, VcardVersion::V4);
    assert!(text.contains("KIND:group\r\n") && text.contains("\r\nMEMBER:urn:uuid:"), "{text}");
    let group = book("thunderbird").remove(5).card;
    let text = written(&group, VcardVersion::V3);
    assert!(text.contains("X-ADDRESSBOOKSERVER-KIND:group") && text.contains("X-ADDRESSBOOKSERVER-MEMBER:urn"));
}

#[test]
fn a_photo_is_read_from_base64_a_data_uri_and_unindented_lines() {
    for (name, at) in [("ios", 0), ("google", 6), ("outlook", 1), ("android", 0), ("thunderbird", 0)] {
        let card = &book(name)[at];
        assert_eq!(card.photos.len(), 1, "{name}");
        let photo = card.card.items.iter().find_map(|item| match &item.fact {
            Fact::Photo(photo) => Some(photo),
            _ => None,
        });
        let photo = photo.unwrap();
        assert_eq!((photo.original, photo.media_type.as_str()), (card.photos[0].original_hash, "image/jpeg"), "{name}");
    }
}

#[test]
fn a_photo_that_is_a_web_address_stays_one() {
    let card = &book("google")[2].card;
    let line = "PHOTO:https://photos.example/contacts/priya.jpg";
    assert!(card.items.iter().any(|item| item.source.vcard == [line] && matches!(item.fact, Fact::Opaque(_))));
}

#[test]
fn what_no_lens_understands_stays_word_for_word() {
    let lines = ["SPECIAL-X;X-NOTE=\"a;b:c\":keep me", "TZ:Europe/Stockholm", "X-MOZILLA-HTML:TRUE"];
    let texts: Vec<String> = book("thunderbird").iter().map(|read| written(&read.card, VcardVersion::V4)).collect();
    for line in lines {
        assert!(texts.iter().any(|text| text.contains(&format!("\r\n{line}\r\n"))), "{line}");
    }
}

#[test]
fn an_agent_nested_in_vcard_2_1_does_not_end_the_card() {
    let card = with("outlook", &phone("+41 (71) 555 03 41", PhoneKind::Voice));
    let text = written(&card, VcardVersion::V2_1);
    assert!(text.contains("AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN:Keller;Ursula\r\n"), "{text}");
}

#[test]
fn exchanges_own_fields_have_names_of_their_own() {
    let mut card = card_of("3.0", "FN:A");
    let fact = Fact::Identifier(Identifier { kind: IdentifierKind::CustomerId, value: "4711".to_owned() });
    card.items.push(contact::Item::new(contact::ItemId(77), fact.clone()));
    let text = written(&card, VcardVersion::V3);
    assert!(text.contains("X-MS-CUSTOMER-ID:4711\r\n") && has(&vcard_support::read_one(&text), &fact));
}

#[test]
fn a_card_without_a_uid_gets_one_that_differs_from_the_next() {
    let cards = book("google");
    assert!(!cards[0].card.uid.is_empty());
    assert_ne!(cards[0].card.uid, cards[1].card.uid);
}

#[test]
fn groups_with_the_same_name_from_two_sources_do_not_swap_their_labels() {
    let mut card = card_of("3.0", "FN:A\r\nitem1.TEL:1\r\nitem1.X-ABLabel:Ferry");
    let mut other = card_of("3.0", "FN:A\r\nitem1.EMAIL:a@b.example\r\nitem1.X-ABLabel:Office");
    let mut item = other.items.remove(1);
    item.id = contact::ItemId(99);
    card.items.push(item);
    let again = vcard_support::read_one(&written(&card, VcardVersion::V3));
    assert_eq!(saying(&again, &phone("1", PhoneKind::Voice)).label, some("Ferry"));
    assert_eq!(saying(&again, &email("a@b.example")).label, some("Office"));
}

//! Finding people, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests stop where they fail")]

use directory::{
    Directory, Entry, Range, Resolution,
    import::{ColumnMap, CsvFile, Options},
};
use ledger::{Database, testing::both_engines};

const HEADER: &str = "email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias\n";

const STAFF: &str = "\
anna.schmidt@example.com,Anna Schmidt,Anna,Schmidt,+49 89 1234-56,+49 171 5550001,,Acme GmbH,Sales,Head of Sales,Berlin 12,aschm
a.mueller@example.com,Dr. Annika Müller-Lüdenscheidt,Annika,Müller-Lüdenscheidt,089/99,,,Acme GmbH,Legal,,München,
soren@example.com,Søren Ærø,Søren,Ærø,,,,Nørd A/S,Sales,,Aarhus,
schmidt@other.example,Berta Anna Schmidt,Berta Anna,Schmidt,,,,Other,,,Hamburg,berta
annapolis@example.com,Reception,,,+1 410 555 0100,,,Acme Inc,Front desk,,Annapolis,
o.neil@example.com,Pat O'Neil,Pat,O'Neil,,,,,,,,
";

async fn directory_of(database: Database, rows: &str) -> Directory {
    let directory = Directory::new(database);
    let file = CsvFile::open(format!("{HEADER}{rows}").into_bytes(), &ColumnMap::default()).unwrap();
    let plan = directory.plan(file, Options::default()).await.unwrap();
    assert_eq!(plan.errors, []);
    directory.execute(plan, |_| {}).await.unwrap();
    directory
}

async fn found(directory: &Directory, query: &str) -> Vec<String> {
    let result = directory.search(query, Range::first(100)).await.unwrap();
    assert_eq!(result.total as usize, result.entries.len());
    result.entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn people_are_found_by_every_field_without_accents_and_case() {
    both_engines(async |database| {
        let directory = directory_of(database, STAFF).await;
        for (query, name) in [
            ("MULLER", "Dr. Annika Müller-Lüdenscheidt"),
            ("lüden", "Dr. Annika Müller-Lüdenscheidt"),
            ("a.muel", "Dr. Annika Müller-Lüdenscheidt"),
            ("soren aero", "Søren Ærø"),
            ("nord", "Søren Ærø"),
            ("aarh", "Søren Ærø"),
            ("0171 555", "Anna Schmidt"),
            ("+49 (89) 12", "Anna Schmidt"),
            ("089 123", "Anna Schmidt"),
            ("aschm", "Anna Schmidt"),
            ("front", "Reception"),
            ("o'neil", "Pat O'Neil"),
            ("neil", "Pat O'Neil"),
            ("SOREN@EXAMPLE.COM", "Søren Ærø"),
        ] {
            assert_eq!(found(&directory, query).await, [name], "{query}");
        }
    });
}

#[test]
fn every_word_has_to_match_in_any_order() {
    both_engines(async |database| {
        let directory = directory_of(database, STAFF).await;
        assert_eq!(found(&directory, "schm ann").await, ["Anna Schmidt", "Berta Anna Schmidt"]);
        assert_eq!(found(&directory, "anna acme").await, ["Anna Schmidt", "Reception"]);
        assert_eq!(found(&directory, "sales acme").await, ["Anna Schmidt"]);
        assert_eq!(found(&directory, "anna sales berlin 12").await, ["Anna Schmidt"]);
        assert!(found(&directory, "anna aarhus").await.is_empty());
        assert!(found(&directory, "").await.is_empty());
        assert!(found(&directory, "%").await.is_empty());
    });
}

#[test]
fn a_whole_name_comes_before_its_beginning_and_an_address_before_other_fields() {
    both_engines(async |database| {
        let directory = directory_of(database, STAFF).await;
        let names = ["Anna Schmidt", "Berta Anna Schmidt", "Reception"];
        assert_eq!(found(&directory, "anna").await, names);
        // Schmidt by name and by local part is exact; equals are in the order of the display name.
        assert_eq!(found(&directory, "schmidt").await, ["Anna Schmidt", "Berta Anna Schmidt"]);
        assert_eq!(found(&directory, "annap").await, ["Reception"]);
        let expected = ["Anna Schmidt", "Berta Anna Schmidt", "Dr. Annika Müller-Lüdenscheidt", "Reception"];
        assert_eq!(found(&directory, "ann").await, expected);
    });
}

#[test]
fn pages_cut_one_list_whose_total_is_the_same_on_each() {
    both_engines(async |database| {
        let rows: String = (0..250)
            .map(|n| format!("p{n}@example.com,Pat {n:03} Common,Pat,Common,,,,,,,,\n"))
            .collect::<Vec<_>>()
            .concat();
        let directory = directory_of(database, &rows).await;
        let mut names = Vec::new();
        for first in [0, 100, 200] {
            let page = directory.search("common", Range { first, last: first + 99 }).await.unwrap();
            assert_eq!(page.total, 250);
            names.extend(page.entries.into_iter().map(|entry| entry.name));
        }
        let expected: Vec<String> = (0..250).map(|n| format!("Pat {n:03} Common")).collect();
        // Numbers are searched without leading zeros, and sorted so, too.
        names.sort();
        assert_eq!(names, expected);
        let beyond = directory.search("common", Range { first: 250, last: 300 }).await.unwrap();
        assert_eq!((beyond.entries.len(), beyond.total), (0, 250));
        let upside_down = directory.search("common", Range { first: 9, last: 3 }).await.unwrap();
        assert_eq!((upside_down.entries.len(), upside_down.total), (0, 250));
    });
}

#[test]
fn a_name_of_common_words_is_found_in_a_crowd() {
    both_engines(async |database| {
        // Every Anna and every Schmidt is common; Anna Schmidt, the last line, is one.
        let mut rows: String = (0..1500)
            .map(|n| format!("a{n}@x.example,Anna Aal{n},Anna,Aal{n},,,,,,,,\ns{n}@x.example,Zoe{n} Schmidt,Zoe{n},Schmidt,,,,,,,,\n"))
            .collect::<Vec<_>>().concat();
        rows.push_str("target@x.example,Anna Schmidt,Anna,Schmidt,,,,,,,,\n");
        let directory = directory_of(database, &rows).await;
        for query in ["anna schmidt", "schm ann", "ann schm", "schmidt a"] {
            assert_eq!(found(&directory, query).await, ["Anna Schmidt"], "{query}");
        }
        let crowd = directory.search("schmidt", Range::first(10)).await.unwrap();
        assert_eq!(crowd.total as usize, directory::limits::RESULTS_MAX);
        assert_eq!(crowd.entries[0].name, "Anna Schmidt");
    });
}

#[test]
fn an_import_elsewhere_is_found_at_once_though_the_index_in_memory_is_older() {
    both_engines(async |database| {
        let server = directory_of(database.clone(), STAFF).await;
        server.load_index().await.unwrap();
        assert_eq!(found(&server, "berta").await, ["Berta Anna Schmidt"]);
        directory_of(database.clone(), "late@example.com,Berta Late,Berta,Late,,,,,,,,\n").await;
        assert_eq!(found(&server, "berta").await, ["Berta Anna Schmidt", "Berta Late"]);
        let without = CsvFile::open(
            format!("{HEADER}late@example.com,Berta Late,Berta,Late,,,,,,,,\n").into_bytes(),
            &ColumnMap::default(),
        );
        let elsewhere = Directory::new(database);
        let options = Options { remove_missing: true, ..Options::default() };
        let plan = elsewhere.plan(without.unwrap(), options).await.unwrap();
        server.load_index().await.unwrap();
        elsewhere.execute(plan, |_| {}).await.unwrap();
        assert_eq!(found(&server, "berta").await, ["Berta Late"]);
        server.load_index().await.unwrap();
        assert_eq!(found(&server, "berta").await, ["Berta Late"]);
    });
}

#[test]
fn with_the_index_in_memory_two_common_words_miss_nobody() {
    both_engines(async |database| {
        // Every department and every town has many people; two are in both, at neither end of either.
        let row = |n: usize, department: &str, town: &str| {
            format!("p{n}@x.example,Pat {n},Pat,{n},,,,,{department},,{town},\n")
        };
        let mut rows: Vec<String> = (0..3000).map(|n| row(n, "Sales", "Bonn")).collect();
        rows.extend((3000..6000).map(|n| row(n, "Legal", "Graz")));
        rows[1500] = row(1500, "Sales", "Graz");
        rows[4500] = row(4500, "Sales", "Graz");
        let directory = directory_of(database, &rows.concat()).await;
        directory.load_index().await.unwrap();
        assert_eq!(found(&directory, "sal gra").await, ["Pat 1500", "Pat 4500"]);
        let crowd = directory.search("pat sales", Range { first: 250, last: 349 }).await.unwrap();
        assert_eq!((crowd.entries.len(), crowd.total as usize), (50, directory::limits::RESULTS_MAX));
    });
}

#[test]
fn an_entry_is_got_by_address_and_listed_by_id() {
    both_engines(async |database| {
        let directory = directory_of(database, STAFF).await;
        let anna = directory.get("Anna.Schmidt@EXAMPLE.com").await.unwrap().unwrap();
        assert_eq!((anna.mobile.as_str(), anna.title.as_str()), ("+49 171 5550001", "Head of Sales"));
        assert_eq!(directory.by_id(anna.id).await.unwrap(), Some(anna));
        assert_eq!(directory.get("nobody@example.com").await.unwrap(), None);
        let mut listed: Vec<Entry> = Vec::new();
        loop {
            let page = directory.list(listed.last().map(|entry| entry.id), 4).await.unwrap();
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed.len(), 6);
        assert_eq!(directory.count().await.unwrap(), 6);
    });
}

#[test]
fn a_recipient_is_one_person_several_or_nobody() {
    both_engines(async |database| {
        let directory = directory_of(database, STAFF).await;
        let name = |resolution| match resolution {
            Resolution::Exactly(entry) => entry.name,
            Resolution::Nobody => "nobody".to_owned(),
            Resolution::Ambiguous { candidates, total } => format!("{} of {total}", candidates.len()),
        };
        for (asked, expected) in [
            ("soren@example.com", "Søren Ærø"),
            ("Soren", "Søren Ærø"),
            ("anna schmidt", "Anna Schmidt"),
            ("anna", "3 of 3"),
            ("berta", "Berta Anna Schmidt"),
            ("nobody at all", "nobody"),
        ] {
            assert_eq!(name(directory.resolve(asked).await.unwrap()), expected, "{asked}");
        }
    });
}

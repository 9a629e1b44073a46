//! Filling the directory, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests stop where they fail")]

use std::{fs, io::Cursor};

use directory::{
    Directory, Range,
    import::{ColumnMap, Counts, CsvFile, Field, ImportError, Options, PhotoFolder, Plan, Reason},
};
use ledger::testing::{Folder, both_engines};

fn file(text: &str) -> CsvFile {
    CsvFile::open(text.as_bytes().to_vec(), &ColumnMap::default()).unwrap()
}

async fn planned(directory: &Directory, text: &str) -> Plan {
    directory.plan(file(text), Options::default()).await.unwrap()
}

async fn import(directory: &Directory, text: &str, options: Options) -> Counts {
    let plan = directory.plan(file(text), options).await.unwrap();
    let counts = plan.counts;
    directory.execute(plan, |_| {}).await.unwrap();
    counts
}

async fn names(directory: &Directory, query: &str) -> Vec<String> {
    let result = directory.search(query, Range::first(100)).await.unwrap();
    result.entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_plan_writes_nothing_and_says_what_would_happen() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let plan = planned(&directory, "email,name\na@x.example,Ann\nb@x.example,Bob\n").await;
        assert_eq!(plan.counts, Counts { added: 2, ..Counts::default() });
        assert_eq!(directory.count().await.unwrap(), 0);
    });
}

#[test]
fn importing_the_same_file_again_changes_nothing() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let text = "email,name,phone\na@x.example,Ann,1 22 333\nb@x.example,Bob,\n";
        import(&directory, text, Options::default()).await;
        let before = directory.list(None, 10).await.unwrap();
        assert_eq!(import(&directory, text, Options::default()).await, Counts { unchanged: 2, ..Counts::default() });
        assert_eq!(directory.list(None, 10).await.unwrap(), before);
    });
}

#[test]
fn a_changed_row_replaces_its_entry_and_keeps_its_id() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        import(&directory, "email,name,office\nA@x.example,Ann Old,Attic\n", Options::default()).await;
        let before = directory.get("a@x.example").await.unwrap().unwrap();
        let counts = import(&directory, "email,name\na@x.example,Ann New\n", Options::default()).await;
        assert_eq!(counts, Counts { changed: 1, ..Counts::default() });
        let after = directory.get("a@x.example").await.unwrap().unwrap();
        assert_eq!((after.id, after.name.as_str(), after.office.as_str()), (before.id, "Ann New", ""));
        assert_eq!(names(&directory, "new").await, ["Ann New"]);
        assert!(names(&directory, "old").await.is_empty());
        assert!(names(&directory, "attic").await.is_empty());
    });
}

#[test]
fn entries_the_file_does_not_mention_go_only_when_asked_to() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        import(&directory, "email,name\na@x.example,Ann\nb@x.example,Bob\n", Options::default()).await;
        let only_ann = "email,name\na@x.example,Ann\n";
        let counts = import(&directory, only_ann, Options::default()).await;
        assert_eq!(counts, Counts { unchanged: 1, kept: 1, ..Counts::default() });
        assert_eq!(names(&directory, "bob").await, ["Bob"]);
        let counts = import(&directory, only_ann, Options { remove_missing: true, ..Options::default() }).await;
        assert_eq!(counts, Counts { unchanged: 1, removed: 1, ..Counts::default() });
        assert!(names(&directory, "bob").await.is_empty());
        assert_eq!(directory.get("b@x.example").await.unwrap(), None);
    });
}

#[test]
fn bad_lines_are_reported_and_the_good_ones_imported() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let mut bytes =
            b"email,name\na@x.example,Ann\n,Nobody\nnot an address,X\nA@X.example,Twice\nc@x.example\n".to_vec();
        bytes.extend_from_slice(b"d@x.example,M\xfcller\n");
        bytes.extend_from_slice(format!("e@x.example,{}\n", "x".repeat(1001)).as_bytes());
        bytes.extend_from_slice(b"f@x.example,\"Fay\nFine\"\n");
        let file = CsvFile::open(bytes, &ColumnMap::default()).unwrap();
        let plan = directory.plan(file, Options::default()).await.unwrap();
        assert_eq!(plan.counts, Counts { added: 2, refused: 6, ..Counts::default() });
        let errors: Vec<(u64, Reason)> = plan.errors.iter().map(|error| (error.line, error.reason.clone())).collect();
        assert_eq!(
            errors,
            [
                (3, Reason::NoEmail),
                (4, Reason::BadEmail("not an address".into())),
                (5, Reason::Repeated { first: 2 }),
                (6, Reason::Columns { found: 1, expected: 2 }),
                (7, Reason::NotUtf8(Field::Name)),
                (8, Reason::TooLong(Field::Name)),
            ]
        );
        directory.execute(plan, |_| {}).await.unwrap();
        assert_eq!(directory.get("f@x.example").await.unwrap().unwrap().name, "Fay Fine");
        assert_eq!(names(&directory, "ann").await, ["Ann"]);
    });
}

#[test]
fn columns_separators_and_byte_order_marks_are_understood() {
    let text = "\u{feff}Nachname;\"E-Mail; dienstlich\";Vorname\nMüller;m@x.example;Max\n";
    let map: ColumnMap = "surname=nachname,given_name=Vorname".parse().unwrap();
    let map = map.with(Field::Email, "E-Mail; dienstlich");
    let file = CsvFile::open(text.as_bytes().to_vec(), &map).unwrap();
    let record = file.records().next().unwrap().unwrap();
    assert_eq!(
        (record.line, record.entry.email.as_str(), record.entry.name.as_str()),
        (2, "m@x.example", "Max Müller")
    );

    let refused = |bytes: &[u8], map: &ColumnMap| CsvFile::open(bytes.to_vec(), map).unwrap_err();
    assert!(matches!(refused(b"", &ColumnMap::default()), ImportError::NoHeader));
    assert!(matches!(refused(b"\xff\xfee\0", &ColumnMap::default()), ImportError::Utf16));
    assert!(matches!(
        refused(b"name\nAnn\n", &ColumnMap::default()),
        ImportError::MissingColumn { field: Field::Email, .. }
    ));
    let office = ColumnMap::default().with(Field::Office, "Room");
    assert!(matches!(refused(b"email,office\n", &office), ImportError::MissingColumn { field: Field::Office, .. }));
    assert!("shoe_size=X".parse::<ColumnMap>().is_err());
}

#[test]
fn an_import_planned_before_another_one_is_refused() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let late = planned(&directory, "email,name\na@x.example,Late\n").await;
        import(&directory, "email,name\na@x.example,Early\n", Options::default()).await;
        let refused = directory.execute(late, |_| {}).await.unwrap_err();
        assert!(matches!(refused, ImportError::DirectoryChanged));
        assert_eq!(directory.get("a@x.example").await.unwrap().unwrap().name, "Early");
    });
}

#[test]
fn the_next_import_indexes_what_a_crash_left_unindexed() {
    both_engines(async |database| {
        let directory = Directory::new(database.clone());
        let text = "email,name\na@x.example,Ann\nb@x.example,Bob\n";
        import(&directory, text, Options::default()).await;
        // As if the program had ended before the second half of the import.
        let crash = |tx: &mut dyn ledger::Transaction| -> ledger::Result<()> {
            tx.execute("DELETE FROM directory_token", &[])?;
            tx.execute("UPDATE directory_state SET indexed_below = 1", &[])?;
            Ok(())
        };
        database.write(crash).await.unwrap();
        assert!(names(&directory, "bob").await.is_empty());
        assert_eq!(import(&directory, text, Options::default()).await.unchanged, 2);
        assert_eq!(names(&directory, "bob").await, ["Bob"]);
    });
}

#[test]
fn photos_come_from_a_folder_once() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let folder = Folder::new();
        let mut png = Cursor::new(Vec::new());
        image::RgbImage::from_pixel(900, 900, image::Rgb([9, 90, 200]))
            .write_to(&mut png, image::ImageFormat::Png)
            .unwrap();
        fs::write(folder.path().join("A@x.example.PNG"), png.into_inner()).unwrap();
        fs::write(folder.path().join("b@x.example.jpg"), b"no picture").unwrap();
        let text = "email,name\na@x.example,Ann\nb@x.example,Bob\n";
        let options = || Options { photos: Some(PhotoFolder::open(folder.path()).unwrap()), remove_missing: false };

        let plan = directory.plan(file(text), options()).await.unwrap();
        let report = directory.execute(plan, |_| {}).await.unwrap();
        assert_eq!(report.photos, 1);
        assert_eq!(report.photo_errors.iter().map(|error| error.line).collect::<Vec<_>>(), [3]);
        let ann = directory.get("a@x.example").await.unwrap().unwrap();
        let served = directory.photo(ann.id).await.unwrap().unwrap();
        assert_eq!(ann.photo, Some(contact::BlobHash::of(&served)));
        assert!(served.len() <= 36 * 1024, "MS-ASCNTC allows 48 KB of base64");
        assert_eq!(directory.photo(directory.get("b@x.example").await.unwrap().unwrap().id).await.unwrap(), None);

        fs::remove_file(folder.path().join("b@x.example.jpg")).unwrap();
        assert_eq!(import(&directory, text, options()).await, Counts { unchanged: 2, ..Counts::default() });
        // Without a folder the photo stays.
        import(&directory, "email,name\na@x.example,Ann Other\n", Options::default()).await;
        assert_eq!(directory.photo(ann.id).await.unwrap(), Some(served));
    });
}

#[test]
fn progress_ends_at_its_total() {
    both_engines(async |database| {
        let directory = Directory::new(database);
        let rows: String = (0..12_000).map(|n| format!("p{n}@x.example,Pat {n}\n")).collect::<Vec<_>>().concat();
        let plan = planned(&directory, &format!("email,name\n{rows}")).await;
        let mut steps = Vec::new();
        directory.execute(plan, |progress| steps.push((progress.done, progress.total))).await.unwrap();
        assert!(steps.len() > 3 && steps.is_sorted());
        assert_eq!(steps.last(), Some(&(24_000, 24_000)));
    });
}

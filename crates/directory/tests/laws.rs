//! The search against a second, naive one that looks at every entry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests stop where they fail")]

use std::collections::BTreeSet;

use directory::{
    Directory, Entry, Range,
    import::{ColumnMap, CsvFile, Options},
};
use ledger::testing::both_engines;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};

/// Few words with common beginnings, so that random queries find something.
const WORDS: &[&str] =
    &["Anna", "Ann", "Annika", "Ånn", "Schmidt", "Schmid", "Ødegård", "Acme", "Sales", "Sal", "O'Neil"];

/// The letters of the words above without what is above or through them.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['å', 'Å'], "a").replace('ø', "o")
}

fn words(text: &str) -> Vec<String> {
    plain(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// 0 to 3, the best first; `None` when some word is missing.
fn naive_rank(entry: &Entry, query: &[String]) -> Option<usize> {
    let names: Vec<String> =
        [&entry.name, &entry.given_name, &entry.surname].iter().flat_map(|text| words(text)).collect();
    let local = entry.email.split('@').next().unwrap();
    let mut emails = words(local);
    emails.push(plain(&entry.email));
    let mut others: Vec<String> =
        [&entry.company, &entry.department, &entry.office, &entry.alias].iter().flat_map(|text| words(text)).collect();
    let digits: String = entry.phone.chars().filter(char::is_ascii_digit).collect();
    others.push(digits);
    query
        .iter()
        .map(|word| {
            let address = query.len() == 1 && (plain(local) == *word || plain(&entry.email) == *word);
            let begins = |terms: &[String]| terms.iter().any(|term| term.starts_with(word.as_str()));
            match () {
                () if names.contains(word) || address => Some(0),
                () if begins(&names) => Some(1),
                () if begins(&emails) => Some(2),
                () if begins(&others) => Some(3),
                () => None,
            }
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS)
}

fn row() -> impl Strategy<Value = String> {
    let name = prop::collection::vec(word(), 1..4);
    (name, word(), prop::option::of(word()), prop::option::of(word()), 100_u32..400).prop_map(
        |(name, local, company, department, phone)| {
            let (company, department) = (company.unwrap_or_default(), department.unwrap_or_default());
            format!("{},{},{phone},{company},{department}", plain(local), name.join(" "))
        },
    )
}

fn query() -> impl Strategy<Value = String> {
    let begun = (word(), 1_usize..9).prop_map(|(word, letters)| word.chars().take(letters).collect::<String>());
    let words = prop::collection::vec(begun, 1..4).prop_map(|words| words.join(" "));
    prop_oneof![8 => words, 1 => (100_u32..400).prop_map(|digits| digits.to_string()), 1 => Just("ann@ex".to_owned())]
}

#[test]
fn a_search_finds_and_ranks_what_reading_every_entry_would() {
    both_engines(async |database| {
        let mut runner = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() });
        let directory = Directory::new(database.clone());
        for _ in 0..12 {
            let rows = prop::collection::vec(row(), 1..60).new_tree(&mut runner).unwrap().current();
            let mut csv = "email,name,phone,company,department\n".to_owned();
            let rows_max = 60;
            let mut taken = BTreeSet::new();
            for row in rows {
                let (local, rest) = row.split_once(',').unwrap();
                if let Some(at) = (0..rows_max).find(|n| taken.insert((local.to_owned(), *n))) {
                    csv.extend([local, &format!("@ex{at}.com,"), rest, "\n"]);
                }
            }
            // Each directory replaces the one before: what was searchable in it must be forgotten.
            let file = CsvFile::open(csv.into_bytes(), &ColumnMap::default()).unwrap();
            let plan = directory.plan(file, Options { remove_missing: true, ..Options::default() }).await.unwrap();
            assert_eq!(plan.errors, []);
            directory.execute(plan, |_| {}).await.unwrap();
            let entries = directory.list(None, 1000).await.unwrap();
            directory.load_index().await.unwrap();
            for _ in 0..40 {
                let text = query().new_tree(&mut runner).unwrap().current();
                let asked: BTreeSet<String> =
                    if text.contains('@') { [text.clone()].into() } else { words(&text).into_iter().collect() };
                let asked: Vec<String> = asked.into_iter().collect();
                let mut expected: Vec<_> = entries
                    .iter()
                    .filter_map(|entry| Some((naive_rank(entry, &asked)?, words(&entry.name).join(" "), entry.id)))
                    .collect();
                expected.sort();
                let result = directory.search(&text, Range::first(1000)).await.unwrap();
                // One that has never searched has no index in memory.
                let from_table = Directory::new(database.clone()).search(&text, Range::first(1000)).await.unwrap();
                assert_eq!(from_table, result, "{text:?}");
                let rank = |entry: &Entry| naive_rank(entry, &asked).map(|rank| (rank, entry.id));
                let found: Vec<_> = result.entries.iter().map(rank).collect();
                let ids: BTreeSet<_> = expected.iter().map(|(_, _, id)| *id).collect();
                assert_eq!(result.entries.iter().map(|entry| entry.id).collect::<BTreeSet<_>>(), ids, "{text:?}");
                assert_eq!(result.total as usize, expected.len(), "{text:?}");
                assert!(found.is_sorted_by_key(|found| found.unwrap().0), "{text:?}: {found:?}");
            }
        }
    });
}

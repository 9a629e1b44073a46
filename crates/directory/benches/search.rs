//! How fast people are found, and how fast a directory is imported.
//!
//! `cargo bench -p directory` makes a directory of `DIRECTORY_ENTRIES` (default 100000) invented people in a SQLite
//! file, or in the PostgreSQL database that `DIRECTORY_POSTGRES` names (empty, it will be filled), and prints rows a
//! second of the import and p50 and p99 of `DIRECTORY_QUERIES` (default 5000) searches of each kind, with the first
//! 100 entries each, as a phone asks, with the index in memory and with the table alone. `DIRECTORY_FOLDER` keeps the
//! file there, and finds it there the next time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::similar_names,
    reason = "a benchmark stops where it fails, and its figures are rounded"
)]

use std::{
    env,
    fmt::Write,
    path::PathBuf,
    time::{Duration, Instant},
};

use directory::{
    Directory, Range,
    import::{ColumnMap, CsvFile, Options},
};
use ledger::{Database, SqliteOptions, testing};

/// A small generator (xorshift64*), so that every run sees the same people.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    }

    /// Uneven, as names are: the first ones are drawn much more often than the last ones.
    fn uneven(&mut self, end: usize) -> usize {
        let (one, other, third) = (self.below(end), self.below(end), self.below(end));
        one.min(other).min(third)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.uneven(from.len())]
    }
}

const GIVEN: &[&str] = &[
    "Anna",
    "Michael",
    "Maria",
    "Thomas",
    "Andreas",
    "Sabine",
    "Peter",
    "Susanne",
    "Stefan",
    "Christian",
    "Monika",
    "Martin",
    "Claudia",
    "Daniel",
    "Julia",
    "Markus",
    "Petra",
    "Alexander",
    "Katharina",
    "Jürgen",
    "Jan",
    "Karin",
    "François",
    "Marie",
    "Jean",
    "Luc",
    "Sophie",
    "Giulia",
    "Marco",
    "Luca",
    "Francesca",
    "José",
    "Carmen",
    "Miguel",
    "Søren",
    "Lars",
    "Åsa",
    "Ingrid",
    "Łukasz",
    "Agnieszka",
    "Piotr",
    "Zoë",
    "James",
    "Mary",
    "John",
    "Patricia",
    "Robert",
    "Jennifer",
    "David",
    "Linda",
    "William",
    "Elizabeth",
    "Mehmet",
    "Ayşe",
    "Fatma",
    "Mustafa",
    "Wei",
    "Priya",
    "Rahul",
    "Annika",
    "Annelie",
    "Annabel",
    "Johanna",
    "Hannah",
    "Mila",
    "Noah",
    "Emil",
    "Ida",
    "Oskar",
    "Frieda",
    "Anton",
    "Paula",
    "Greta",
    "Moritz",
    "Clara",
    "Felix",
    "Leonie",
    "Jonas",
    "Nele",
    "Tobias",
];
const SURNAME_START: &[&str] = &[
    "Schmi", "Mül", "Mei", "Schnei", "Fi", "We", "Wag", "Be", "Schul", "Hoff", "Schä", "Ko", "Bau", "Rich", "Klei",
    "Wol", "Schrö", "Neu", "Schwar", "Zim", "Brau", "Krü", "Har", "Lan", "Wer", "Leh", "Kö", "Her", "Wal", "Pe", "Kai",
    "Fu", "Vo", "Kel", "Gros", "Ber", "Jan", "Sor", "Dup", "Mar", "Rob", "Ros", "Gar", "Fer", "Nov", "Ols",
];
const SURNAME_END: &[&str] = &[
    "dt", "ler", "er", "der", "ner", "ker", "mann", "te", "ter", "tel", "ch", "nig", "ke", "ling", "berg", "stein",
    "feld", "bach", "sen", "son", "ski", "ova", "ini", "ez", "ard", "ont", "eau", "is", "hardt", "ger",
];
const COMPANY: &[&str] = &["Acme GmbH", "Acme Logistics AG", "Nordwind Energie", "Œuvre Santé", "Kestrel Systems Ltd"];
const DEPARTMENT: &[&str] = &[
    "Sales",
    "Production",
    "Logistics",
    "Customer Service",
    "Research and Development",
    "Finance",
    "Legal",
    "Human Resources",
    "Marketing",
    "Information Technology",
    "Facility Management",
    "Board Office",
];
const TOWN: &[&str] =
    &["Berlin", "München", "Hamburg", "Köln", "Wien", "Zürich", "Lyon", "Århus", "Łódź", "Leeds", "Porto", "Graz"];

fn people(count: usize) -> String {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut csv =
        String::from("email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias\n");
    for number in 0..count {
        let given = dice.pick(GIVEN);
        let second = if dice.below(8) == 0 { format!(" {}", dice.pick(GIVEN)) } else { String::new() };
        let double = dice.below(20) == 0;
        let mut surname = format!("{}{}", dice.pick(SURNAME_START), dice.pick(SURNAME_END));
        if double {
            let _ = write!(surname, "-{}{}", dice.pick(SURNAME_START), dice.pick(SURNAME_END));
        }
        let ascii = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (first, last) = (ascii(given), ascii(&surname));
        let (town, area) = (dice.pick(TOWN), 30 + dice.below(60));
        let (line, mobile) = (dice.below(10_000_000), dice.below(100_000_000));
        let (company, department) = (dice.pick(COMPANY), dice.pick(DEPARTMENT));
        let room = dice.below(900);
        let _ = writeln!(
            csv,
            "{first}.{last}{number}@example.com,{given}{second} {surname},{given}{second},{surname},+49 {area} {line:07},\
             +49 17{} {mobile:08},,{company},{department},Specialist,{town} {room},{last}{number}",
            mobile % 10,
        );
    }
    csv
}

fn start(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

/// Queries of one kind, made of people who exist.
fn queries(kind: &str, dice: &mut Dice) -> String {
    let (given, surname) = (dice.pick(GIVEN), format!("{}{}", dice.pick(SURNAME_START), dice.pick(SURNAME_END)));
    let letters = 4 + dice.below(3);
    match kind {
        "one or two letters" => start(&surname, 1 + dice.below(2)),
        "given name" => start(given, letters),
        "surname" => start(&surname, letters),
        "given and surname" => format!("{given} {surname}"),
        "beginnings of both" => format!("{} {}", start(&surname, 2 + dice.below(3)), start(given, 1 + dice.below(4))),
        "address" => format!("{}.{}", given.to_lowercase(), start(&surname.to_lowercase(), letters)),
        "phone" => format!("+49 {} {}", 30 + dice.below(60), dice.below(1000)),
        "company, office" => {
            start([dice.pick(COMPANY), dice.pick(TOWN), dice.pick(DEPARTMENT)][dice.below(3)], letters)
        }
        "surname and company" => format!("{} {}", start(&surname, letters), start(dice.pick(COMPANY), 4)),
        "given name and department" => format!("{given} {}", start(dice.pick(DEPARTMENT), 5)),
        "department and town" => format!("{} {}", start(dice.pick(DEPARTMENT), 5), dice.pick(TOWN)),
        _ => format!("zz{surname}"),
    }
}

const KINDS: &[&str] = &[
    "one or two letters",
    "given name",
    "surname",
    "given and surname",
    "beginnings of both",
    "address",
    "phone",
    "company, office",
    "surname and company",
    "given name and department",
    "department and town",
    "nobody",
];

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// The processor's time of this thread so far: on a busy machine the clock on the wall says little. Reads on SQLite run
/// on the thread that asks.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().unwrap()
}

/// What searches of one kind took.
#[derive(Default)]
struct Times {
    wall: Vec<Duration>,
    processor: Vec<Duration>,
    matches: u64,
}

impl Times {
    fn print(&mut self, kind: &str) {
        let mean = self.matches as f64 / self.wall.len() as f64;
        let [wall, processor] = [&mut self.wall, &mut self.processor].map(|times| {
            times.sort_unstable();
            let at = |permille: usize| times[(times.len() - 1) * permille / 1000].as_secs_f64() * 1e3;
            format!("p50 {:6.3} p99 {:6.3} worst {:6.3}", at(500), at(990), at(1000))
        });
        println!("{kind:28} processor {processor} ms   clock {wall} ms   {mean:5.1} matches");
    }

    fn add(&mut self, other: Self) {
        self.wall.extend(other.wall);
        self.processor.extend(other.processor);
        self.matches += other.matches;
    }
}

async fn import(directory: &Directory, entries: usize) {
    let csv = people(entries).into_bytes();
    println!("{entries} entries, {} MB of CSV", csv.len() / 1_000_000);
    for what in ["import", "import again"] {
        let start = Instant::now();
        let file = CsvFile::open(csv.clone(), &ColumnMap::default()).unwrap();
        let plan = directory.plan(file, Options::default()).await.unwrap();
        let planned = start.elapsed();
        let counts = plan.counts;
        directory.execute(plan, |_| {}).await.unwrap();
        let took = start.elapsed();
        println!(
            "{what}: {:.1} s (plan {:.1} s), {:.0} rows/s, {counts:?}",
            took.as_secs_f64(),
            planned.as_secs_f64(),
            entries as f64 / took.as_secs_f64()
        );
    }
}

/// `directory` gives the one to search with: a new one has no index in memory.
async fn measure(directory: impl Fn() -> Directory, queries_of_a_kind: usize) {
    let mut all = Times::default();
    for kind in KINDS {
        let mut dice = Dice(0xdead_beef_cafe_f00d);
        let mut times = Times::default();
        for round in 0..queries_of_a_kind + queries_of_a_kind / 10 {
            let (query, directory) = (queries(kind, &mut dice), directory());
            let (start, processor) = (Instant::now(), processor_time());
            let result = directory.search(&query, Range::first(100)).await.unwrap();
            // The first tenth warms up.
            if round >= queries_of_a_kind / 10 {
                times.wall.push(start.elapsed());
                times.processor.push(processor_time().saturating_sub(processor));
                times.matches += u64::from(result.total);
            }
        }
        times.print(kind);
        all.add(times);
    }
    all.print("all");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let entries = number("DIRECTORY_ENTRIES", 100_000);
    let scratch = testing::Folder::new();
    let folder = env::var_os("DIRECTORY_FOLDER").map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    let file = folder.join(format!("directory-{entries}.db"));
    let database = match env::var("DIRECTORY_POSTGRES") {
        Ok(url) => Database::open_postgres(&url).unwrap(),
        Err(_) => Database::open_sqlite(&file, SqliteOptions::default()).unwrap(),
    };
    database.migrate(&testing::clock).await.unwrap();
    let directory = Directory::new(database.clone());
    if directory.list(None, 1).await.unwrap().is_empty() {
        import(&directory, entries).await;
    }
    if let Ok(metadata) = std::fs::metadata(&file) {
        println!("{} MB on disk", metadata.len() / 1_000_000);
    }
    let queries = number("DIRECTORY_QUERIES", 5_000);
    println!("table:");
    measure(|| Directory::new(database.clone()), queries).await;
    let process_time = || rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let (start, processor) = (Instant::now(), process_time());
    directory.load_index().await.unwrap();
    let (took, processor) = (start.elapsed().as_secs_f64(), (process_time() - processor).tv_sec);
    let bytes = directory.index_bytes().unwrap() / entries;
    println!("in memory, {bytes} bytes an entry, made in {took:.1} s, some {processor} of them of the processor:");
    measure(|| directory.clone(), queries).await;
}

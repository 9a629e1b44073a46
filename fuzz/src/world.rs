//! A server in this process: a ledger on SQLite in a temporary folder, both paths over it, and for every input two
//! new accounts: the sender's, and a bystander's whom nothing may touch.

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use activesync::{ActiveSync, ApplicationDataForms};
use contact::{
    Card, Fact, Item, ItemId,
    fact::{Email, Name, Organization, Phone, PhoneKind},
};
use directory::{
    Directory,
    import::{ColumnMap, CsvFile, Options},
};
use hub::{Access, AccessPath, BookId, CardId, Clock, Entropy, Hub};
use identity::{Identity, InstallationKey, NewPerson, Settings};
use ledger::{Database, Durability, SqliteOptions, testing::Folder};

/// Stands in every card of a bystander; must never be in an answer to somebody else.
pub const SECRET: &str = "Zyxomma-Bystander";
/// After this many inputs a fresh ledger is begun, so that a long run does not become a slow one.
const INPUTS_PER_LEDGER: u64 = 2_000;

const STAFF: &str = "email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias
anna.schmidt@example.com,Anna Schmidt,Anna,Schmidt,+49 89 1234-56,+49 171 5550001,,Acme GmbH,Sales,Head,Berlin 12,aschm
a.mueller@example.com,Dr. Annika Müller,Annika,Müller,089/99,,,Acme GmbH,Legal,,München,
";

/// Ticks once each time it is read.
pub struct Ticks(pub AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Repeatable randomness (SplitMix64).
pub struct Seeded(pub AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The server.
pub struct World {
    pub activesync: ActiveSync,
    pub graph: axum::Router,
    hub: Hub,
    identity: Identity,
    inputs: AtomicU64,
    _folder: Folder,
}

/// Somebody with an account.
pub struct Person {
    pub access: Access,
    pub book: BookId,
    pub cards: Vec<CardId>,
    /// The value of `Authorization`, per path.
    pub activesync: String,
    pub graph: String,
}

/// All that a bystander has.
#[derive(Debug, PartialEq, Eq)]
pub struct Belongings(String);

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts"));

static WORLD: Mutex<Option<Arc<World>>> = Mutex::new(None);

/// Runs an input's requests against the server.
pub fn with_world<F: Future<Output = ()>>(input: impl FnOnce(Arc<World>) -> F) {
    RUNTIME.block_on(async {
        let known = WORLD.lock().expect("no panic was survived").take();
        let fresh = known.filter(|world| world.inputs.fetch_add(1, Ordering::Relaxed) < INPUTS_PER_LEDGER);
        let world = match fresh {
            Some(world) => world,
            None => Arc::new(World::new().await),
        };
        input(Arc::clone(&world)).await;
        *WORLD.lock().expect("no panic was survived") = Some(world);
    });
}

impl World {
    async fn new() -> Self {
        let folder = Folder::new();
        let options = SqliteOptions { durability: Durability::ProcessEnd, readers: 2, ..SqliteOptions::default() };
        let ledger = Database::open_sqlite(&folder.path().join("ledger.db"), options).expect("SQLite opens");
        ledger.migrate(&|| 1_800_000_000_000_000).await.expect("the schema is made");

        let clock: Arc<dyn Clock> = Arc::new(Ticks(AtomicI64::new(1_800_000_000_000_000)));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded(AtomicU64::new(7)));
        let hub = Hub::new(ledger.clone(), Arc::new(ApplicationDataForms), Arc::clone(&clock), Arc::clone(&entropy));
        let sign_in = Settings::new(InstallationKey::from([7; 32]));
        let identity = Identity::new(ledger.clone(), clock, Arc::clone(&entropy), sign_in);
        let directory = Directory::new(ledger);
        let staff = CsvFile::open(STAFF.into(), &ColumnMap::default()).expect("a directory");
        let plan = directory.plan(staff, Options::default()).await.expect("a plan");
        directory.execute(plan, |_| {}).await.expect("a directory");

        let activesync =
            ActiveSync::new(hub.clone(), identity.clone(), directory.clone(), activesync::Settings::default());
        // What is held is answered at once.
        activesync.close();
        let service = graph::Service {
            hub: hub.clone(),
            directory,
            identity: identity.clone(),
            entropy,
            http: nowhere(),
            options: graph::Options::default(),
        };
        Self { activesync, graph: graph::router(service), hub, identity, inputs: AtomicU64::new(0), _folder: folder }
    }

    /// Two new people, the sender and a bystander, who has more cards: ids count per account, so the last of them names
    /// nothing of the sender's.
    pub async fn people(&self) -> (Person, Person) {
        let bystander = self.person("bystander", SECRET).await;
        let more = ["Four", "Five"].map(|given| (card(given, SECRET), Vec::new()));
        let more = bystander.access.create_all(bystander.book, more.into()).await.expect("cards");
        let cards = bystander.cards.iter().copied().chain(more.iter().map(|card| card.id)).collect();
        (self.person("sender", "Ada").await, Person { cards, ..bystander })
    }

    async fn person(&self, local: &str, surname: &str) -> Person {
        let account = self.identity.draw_account();
        self.hub.create_account(account).await.expect("an account");
        let number: String = account.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let email = format!("{local}-{number}@example.org");
        let person = NewPerson {
            account,
            email: email.clone(),
            name: "Somebody".to_owned(),
            password: None,
            groups: Vec::new(),
            aliases: Vec::new(),
        };
        self.identity.add(person).await.expect("a person");
        let access = self.hub.for_account(account, "fuzz");
        let book = access.default_book().await.expect("a book").book;
        access.create_book("Second").await.expect("a second book");
        let cards = ["One", "Two", "Three"].map(|given| (card(given, surname), Vec::new()));
        let stored = access.create_all(book, cards.into()).await.expect("cards");
        Person {
            access,
            book,
            cards: stored.iter().map(|card| card.id).collect(),
            activesync: self.bearer(&email, AccessPath::ActiveSync).await,
            graph: self.bearer(&email, AccessPath::Graph).await,
        }
    }

    async fn bearer(&self, email: &str, path: AccessPath) -> String {
        let token = self.identity.issue_token(email, path, Duration::from_secs(86_400)).await.expect("a token");
        format!("Bearer {}", token.reveal())
    }
}

impl Person {
    /// Everything in the account, read card by card.
    pub async fn belongings(&self) -> Belongings {
        let mut all = format!("{:?}", self.access.devices().await.expect("devices"));
        for book in self.access.books().await.expect("books") {
            let cards = self.access.cards(book.book, CardId(0), 100_000).await.expect("every card can be read");
            let count = self.access.count(book.book).await.expect("a count");
            assert_eq!(cards.len() as u64, count, "the book and its count agree");
            for card in &cards {
                let history = self.access.history(card.id).await.expect("a history");
                assert!(!history.is_empty(), "a living card has a history");
            }
            all += &format!("{book:?} {cards:?}");
        }
        let deleted = self.access.deleted_cards(1_000).await.expect("deleted cards");
        all += &format!("{deleted:?}");
        Belongings(all)
    }

    /// The second book.
    pub async fn second_book(&self) -> BookId {
        let books = self.access.books().await.expect("books");
        books.iter().find(|book| book.book != self.book).map_or(self.book, |book| book.book)
    }
}

fn card(given: &str, surname: &str) -> Card {
    let name = Name { given: Some(given.to_owned()), surname: Some(surname.to_owned()), ..Name::default() };
    let email = Email { address: format!("{given}@{surname}.example"), name: None };
    let phone = Phone { number: "+49 171 1".to_owned(), kind: PhoneKind::Mobile };
    let organization = Organization { name: Some("Acme".to_owned()), ..Organization::default() };
    let facts = [
        Fact::Name(name),
        Fact::Email(email),
        Fact::Phone(phone),
        Fact::Organization(organization),
        Fact::Note(format!("About {surname}\nand more")),
    ];
    let items = (1..).zip(facts).map(|(id, fact)| Item::new(ItemId(id), fact)).collect();
    Card { items, ..Card::default() }
}

/// A client whose requests all end at a closed port of this machine.
fn nowhere() -> reqwest::Client {
    let proxy = reqwest::Proxy::all("http://127.0.0.1:1").expect("an address");
    reqwest::Client::builder().proxy(proxy).build().expect("a client")
}

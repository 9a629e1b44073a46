//! What the hub's tests share: a hub over a given database, with a repeatable world around it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use contact::{
    Card, Fact, Item, ItemId,
    eas::{EasContact, Family, Lens, Property, Version},
    fact::Name,
};
use hub::{
    Access, AccountId, BookId, CardId, Clock, Entropy, FormEncoder, Hub,
    round::{CommandResponse, Round, ServerCommand, SyncAnswer, SyncCommand, SyncKey, SyncRequest},
};
use ledger::Database;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Ticks once each time it is read.
pub struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Repeatable randomness.
pub struct Seeded(Mutex<StdRng>);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill(buffer);
    }
}

/// An encoding that a test can read back.
pub struct Json;

impl FormEncoder for Json {
    fn encode(&self, contact: &EasContact, _lens: &Lens, _picture: Option<&[u8]>) -> Vec<u8> {
        serde_json::to_vec(contact).unwrap()
    }
}

pub const ACCOUNT: AccountId = AccountId([7; 16]);

/// A hub with one account in it.
pub async fn hub(database: Database, seed: u64) -> Hub {
    let hub = Hub::new(
        database,
        Arc::new(Json),
        Arc::new(Ticks(AtomicI64::new(1_800_000_000_000_000))),
        Arc::new(Seeded(Mutex::new(StdRng::seed_from_u64(seed)))),
    );
    hub.create_account(ACCOUNT).await.unwrap();
    hub
}

/// What one account may do.
pub fn access(hub: &Hub) -> Access {
    hub.for_account(ACCOUNT, "test")
}

/// A card with a name.
pub fn card(given: &str) -> Card {
    let name = Name { given: Some(given.to_owned()), ..Name::default() };
    Card { items: vec![Item::new(ItemId(1), Fact::Name(name))], ..Card::default() }
}

/// A contact as a phone writes it.
pub fn contact(texts: &[(Property, &str)]) -> EasContact {
    let texts = texts.iter().map(|(property, text)| (*property, (*text).to_owned())).collect();
    EasContact { texts, ..EasContact::default() }
}

/// A form of [`Json`] read back.
pub fn shown(form: &[u8]) -> EasContact {
    serde_json::from_slice(form).unwrap()
}

/// A request as iOS makes it.
pub fn request(key: &str, commands: Vec<SyncCommand>, window: u32) -> SyncRequest {
    let fingerprint = fingerprint(key, &commands, window);
    SyncRequest {
        key: SyncKey(key.to_owned()),
        family: Family::Ios,
        version: Version::V16_1,
        options: None,
        commands,
        get_changes: true,
        withheld: false,
        window,
        fingerprint,
    }
}

fn fingerprint(key: &str, commands: &[SyncCommand], window: u32) -> [u8; 32] {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (key, format!("{commands:?}"), window).hash(&mut hasher);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&hasher.finish().to_le_bytes());
    bytes
}

/// A phone that only asks: key 0, then until there is no more. Returns the last key and everything it was told.
pub async fn first_sync(access: &Access, device: &str, book: BookId, window: u32) -> (String, Vec<ServerCommand>) {
    let round = expect_round(access.sync(device, book, request("0", vec![], window)).await.unwrap());
    let mut key = round.key.0;
    let mut told = Vec::new();
    loop {
        let round = expect_round(access.sync(device, book, request(&key, vec![], window)).await.unwrap());
        key = round.key.0;
        told.extend(round.commands);
        if !round.more_available {
            return (key, told);
        }
    }
}

pub fn expect_round(answer: SyncAnswer) -> Round {
    match answer {
        SyncAnswer::Round(round) => round,
        other => panic!("a round was expected, not {other:?}"),
    }
}

/// The card that an Add became.
pub fn added(round: &Round, client_id: &str) -> CardId {
    round
        .responses
        .iter()
        .find_map(|response| match response {
            CommandResponse::Added(id, card) if id == client_id => Some(*card),
            _ => None,
        })
        .unwrap()
}

pub fn add(client_id: &str, contact: EasContact) -> SyncCommand {
    SyncCommand::Add { client_id: client_id.to_owned(), contact: Box::new(contact), photo: None }
}

pub fn change(card: CardId, contact: EasContact) -> SyncCommand {
    SyncCommand::Change { card, contact: Box::new(contact), photo: None }
}

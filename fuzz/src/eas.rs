//! ActiveSync requests against the server of [`crate::world`].

use std::io::{Read, Write};

use arbitrary::Unstructured;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use wbxml::{
    Reader, Token, document,
    pages::{airsync, folder_hierarchy},
};

use crate::{
    grammar,
    request::{COMMANDS, DEVICE_TYPES, REQUESTS_MAX, Request, VERSIONS},
    tree,
    world::{Person, SECRET, World, with_world},
};

/// Every command's handler with any body.
pub fn eas_commands(data: &[u8]) {
    let requests = Request::read_all(data);
    if !requests.is_empty() {
        with_world(|world| async move { converse(&world, &requests).await });
    }
}

/// Every command's handler with well-formed documents of known tags.
pub fn eas_structured(data: &[u8]) {
    let mut choices = Unstructured::new(data);
    let mut requests = Vec::new();
    while !choices.is_empty() && requests.len() < REQUESTS_MAX {
        let (Ok(command), Ok(form)) = (choices.int_in_range(0..=13_u8), choices.arbitrary::<u8>()) else { break };
        let body = grammar::document(COMMANDS[usize::from(command)].0, &mut choices);
        // A body in another encoding than it says is the other target's business.
        requests.push(Request { command, form: form & 0x7F, body });
    }
    if !requests.is_empty() {
        with_world(|world| async move { converse(&world, &requests).await });
    }
}

/// What the sender knows by now.
struct Device<'a> {
    world: &'a World,
    sender: &'a Person,
    words: Vec<(&'static [u8], String)>,
    sync_key: String,
    hierarchy_key: String,
}

async fn converse(world: &World, requests: &[Request]) {
    let (sender, bystander) = world.people().await;
    let before = bystander.belongings().await;
    let server_id = |person: &Person, at: usize| format!("{}:{}", person.book.0, person.cards[at].0);
    let words: Vec<(&'static [u8], String)> = vec![
        (b"{b}", sender.book.0.to_string()),
        (b"{2}", sender.second_book().await.0.to_string()),
        (b"{c}", server_id(&sender, 0)),
        (b"{d}", server_id(&sender, 1)),
        (b"{B}", bystander.cards[4].0.to_string()),
        (b"{o}", server_id(&bystander, 4)),
    ];
    let mut device = Device { world, sender: &sender, words, sync_key: "0".to_owned(), hierarchy_key: "0".to_owned() };
    device.set_up().await;
    for request in requests {
        device.send(request).await;
    }
    // The sender's contacts can all still be read, the bystander's are what they were.
    sender.belongings().await;
    assert_eq!(bystander.belongings().await, before, "nothing of the bystander's changed");
}

impl Device<'_> {
    /// What a phone has done before it does anything worth fuzzing.
    async fn set_up(&mut self) {
        let folder_sync = document(folder_hierarchy::FOLDER_SYNC, |w| w.text(folder_hierarchy::SYNC_KEY, "0"));
        self.send(&Request { command: Request::command("FolderSync"), form: 2, body: folder_sync }).await;
        for _ in 0..3 {
            let sync = document(airsync::SYNC, |w| {
                w.element(airsync::COLLECTIONS, |w| {
                    w.element(airsync::COLLECTION, |w| {
                        w.text(airsync::SYNC_KEY, "{k}");
                        w.text(airsync::COLLECTION_ID, "{b}");
                    });
                });
            });
            self.send(&Request { command: Request::command("Sync"), form: 2, body: sync }).await;
        }
        assert_ne!(self.sync_key, "0", "the first Syncs give a key");
    }

    async fn send(&mut self, request: &Request) {
        let is_zipped = request.form & 0x20 != 0;
        let mut body = self.filled(&request.body);
        if is_zipped && request.form & 0x80 == 0 {
            body = zipped(&body);
        }
        let mut builder = http::Request::post(uri(request))
            .header("authorization", &self.sender.activesync)
            .header("ms-asprotocolversion", VERSIONS[usize::from(request.form & 3)].0)
            .header("content-type", "application/vnd.ms-sync.wbxml");
        if is_zipped {
            builder = builder.header("content-encoding", "gzip");
        }
        if request.form & 0x40 != 0 {
            builder = builder.header("accept-encoding", "gzip, deflate");
        }
        let (parts, ()) = builder.body(()).expect("a request").into_parts();
        let peer = ([127, 0, 0, 1], 40_000).into();
        let response = self.world.activesync.handle(parts, Bytes::from(body), peer).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory").to_bytes();
        assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR, "iOS loads everything again after some of these");
        assert_ne!(head.status, StatusCode::SERVICE_UNAVAILABLE, "nothing is wrong with this server");
        assert_ne!(head.status, StatusCode::UNAUTHORIZED, "the sender is known");
        if head.status == StatusCode::OK && !body.is_empty() {
            let is_zipped = head.headers.get("content-encoding").is_some();
            let document = if is_zipped { unzipped(&body) } else { body.to_vec() };
            self.check(&document);
        }
    }

    /// The answer is one that a strict client reads.
    fn check(&mut self, document: &[u8]) {
        let mut reader = Reader::at_start(document).expect("a header");
        let mut last = None;
        while let Some(token) = reader.token().expect("a well-formed answer") {
            match token {
                Token::Open(tag) => last = Some(tag),
                Token::Text(text) => {
                    assert!(!text.contains(SECRET), "an answer holds what is a bystander's");
                    match last {
                        Some(airsync::SYNC_KEY) => self.sync_key = text.to_string(),
                        Some(folder_hierarchy::SYNC_KEY) => self.hierarchy_key = text.to_string(),
                        _ => {}
                    }
                }
                Token::Opaque(_) | Token::Close => {}
            }
        }
        reader.finish().expect("nothing follows the answer");
        assert!(!tree::has_opened_empty_tag(document), "an opened tag is empty");
    }

    fn filled(&self, body: &[u8]) -> Vec<u8> {
        let mut filled = Vec::with_capacity(body.len());
        let mut rest = body;
        while let Some((first, after)) = rest.split_first() {
            let word = rest.get(..3).and_then(|start| self.word(start));
            match word {
                Some(word) => {
                    filled.extend_from_slice(word.as_bytes());
                    rest = &rest[3..];
                }
                None => {
                    filled.push(*first);
                    rest = after;
                }
            }
        }
        filled
    }

    fn word(&self, start: &[u8]) -> Option<&str> {
        match start {
            b"{k}" => Some(&self.sync_key),
            b"{h}" => Some(&self.hierarchy_key),
            _ => self.words.iter().find(|(word, _)| *word == start).map(|(_, text)| text.as_str()),
        }
    }
}

fn uri(request: &Request) -> String {
    const PATH: &str = "/Microsoft-Server-ActiveSync";
    const DEVICE: &str = "7Q2M5T9KD14V9B3R";
    let (name, code) = COMMANDS[usize::from(request.command) % COMMANDS.len()];
    let device_type = DEVICE_TYPES[usize::from(request.form >> 2 & 3)];
    if request.form & 0x10 == 0 {
        return format!("{PATH}?User=sender%40example.org&DeviceId={DEVICE}&DeviceType={device_type}&Cmd={name}");
    }
    let mut query = vec![VERSIONS[usize::from(request.form & 3)].1, code, 0x07, 0x04];
    for field in [DEVICE.as_bytes(), &[0; 4], device_type.as_bytes()] {
        query.push(u8::try_from(field.len()).expect("a short field"));
        query.extend_from_slice(field);
    }
    format!("{PATH}?{}", STANDARD.encode(query))
}

fn zipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn unzipped(body: &[u8]) -> Vec<u8> {
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut unzipped).expect("an answer that says gzip is gzip");
    unzipped
}

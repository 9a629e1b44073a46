//! A server on loopback that speaks just enough LDAP to misbehave, in bytes written by hand.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What it does with every request.
#[derive(Clone, Copy)]
pub enum Habit {
    /// Keeps quiet.
    Silence,
    /// Sends something that is no LDAP.
    Noise,
    /// Sends a message with an operation nobody knows.
    Nonsense,
    /// Answers a bind with this result.
    BindResult(u8),
    /// Lets everybody in, and refers every search elsewhere.
    Referral,
    /// Lets everybody in, and finds an entry without a name.
    NamelessEntry,
}

pub struct Fake {
    pub url: String,
    pub visits: Arc<AtomicUsize>,
}

impl Fake {
    pub fn start(habit: Habit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ldap://{}", listener.local_addr().unwrap());
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || converse(stream, habit));
            }
        });
        Self { url, visits }
    }
}

/// `30 length 02 01 id operation ...`; every message of these tests is shorter than 64 KiB.
fn converse(mut stream: TcpStream, habit: Habit) -> Option<()> {
    loop {
        let mut head = [0; 2];
        stream.read_exact(&mut head).ok()?;
        let length = if head[1] & 0x80 == 0 {
            usize::from(head[1])
        } else {
            let mut more = vec![0; usize::from(head[1] & 0x7f)];
            stream.read_exact(&mut more).ok()?;
            more.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
        };
        let mut message = vec![0; length];
        stream.read_exact(&mut message).ok()?;
        let (id, operation) = (message[2], message[3]);
        let answer = |operation: u8, body: &[u8]| {
            let mut bytes = vec![0x30, u8::try_from(body.len() + 5).unwrap(), 2, 1, id, operation];
            bytes.push(u8::try_from(body.len()).unwrap());
            bytes.extend(body);
            bytes
        };
        let result = |code: u8| [0x0a, 1, code, 4, 0, 4, 0];
        let bytes = match (operation, habit) {
            (0x42, _) => return None,
            (_, Habit::Silence) => continue,
            (_, Habit::Noise) => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            (_, Habit::Nonsense) => answer(0x7e, &[]),
            (0x60, Habit::BindResult(code)) => answer(0x61, &result(code)),
            (0x60, _) => answer(0x61, &result(0)),
            (_, Habit::Referral) => answer(0x65, &result(10)),
            (_, Habit::NamelessEntry) => {
                let mut both = answer(0x64, &[4, 0, 0x30, 0]);
                both.extend(answer(0x65, &result(0)));
                both
            }
            (_, Habit::BindResult(_)) => answer(0x65, &result(0)),
        };
        stream.write_all(&bytes).ok()?;
    }
}

//! Clock and randomness, handed in by the program so that tests can decide them.

use contact::{ItemId, NewItemIds};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970 in UTC.
    fn now(&self) -> i64;
}

/// Gives random bytes, unpredictable in the program, repeatable in tests.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Draws item ids and UIDs.
pub(crate) struct Ids<'a>(pub(crate) &'a dyn Entropy);

impl NewItemIds for Ids<'_> {
    fn new_item_id(&mut self) -> ItemId {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        ItemId(u64::from_le_bytes(bytes))
    }
}

impl Ids<'_> {
    /// A random UUID as a URN (RFC 4122 version 4), the UID of a card that came without one.
    pub(crate) fn new_uid(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.0.fill(&mut bytes);
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        let (g, i) = (g & 0x0f | 0x40, i & 0x3f | 0x80);
        format!(
            "urn:uuid:{a:02x}{b:02x}{c:02x}{d:02x}-{e:02x}{f:02x}-{g:02x}{h:02x}-{i:02x}{j:02x}-{k:02x}{l:02x}{m:02x}{n:02x}{o:02x}{p:02x}"
        )
    }

    /// The random part of a SyncKey.
    pub(crate) fn new_epoch(&self) -> String {
        let mut bytes = [0_u8; 8];
        self.0.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

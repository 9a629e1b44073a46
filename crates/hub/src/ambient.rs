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
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    /// The random part of a SyncKey.
    pub(crate) fn new_epoch(&self) -> String {
        let mut bytes = [0_u8; 8];
        self.0.fill(&mut bytes);
        format!("{:016x}", u64::from_be_bytes(bytes))
    }
}

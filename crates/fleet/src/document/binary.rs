//! The binary form (`bplist00`): a trailer, a table of offsets, objects that name each other by number.

use super::{Allowance, Node, Unreadable, deeper};

const TRAILER_BYTES: usize = 32;
const HEADER_BYTES: usize = 8;

pub(super) fn read(bytes: &[u8]) -> Result<Node, Unreadable> {
    let (objects, trailer) = bytes
        .len()
        .checked_sub(TRAILER_BYTES)
        .filter(|end| *end >= HEADER_BYTES)
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or(Unreadable::Truncated)?;
    let mut trailer = Bytes(trailer);
    trailer.take(6)?;
    let (offset_bytes, reference_bytes) = (trailer.size()?, trailer.size()?);
    let (count, root, table) = (trailer.number(8)?, trailer.number(8)?, trailer.number(8)?);
    let table = objects.get(table..).ok_or(Unreadable::Truncated)?;
    if count.checked_mul(offset_bytes).is_none_or(|length| length > table.len()) {
        return Err(Unreadable::Truncated);
    }
    let mut file = File { objects, table, offset_bytes, reference_bytes, count, allowance: Allowance::new() };
    file.object(root, 0)
}

struct File<'a> {
    objects: &'a [u8],
    table: &'a [u8],
    offset_bytes: usize,
    reference_bytes: usize,
    count: usize,
    allowance: Allowance,
}

impl<'a> File<'a> {
    /// Reads an object and what it names. One that names itself ends at the depth, one that is named often at the
    /// number of values.
    fn object(&mut self, number: usize, depth: usize) -> Result<Node, Unreadable> {
        let mut bytes = self.at(number)?;
        let marker = bytes.byte()?;
        let low = usize::from(marker & 0x0f);
        let node = match (marker >> 4, low) {
            (0x0, 0x8) => Node::Boolean(false),
            (0x0, 0x9) => Node::Boolean(true),
            (0x1, 0..=3) => Node::Integer(bytes.integer(1 << low)?),
            (0x1, 4) => Node::Integer(bytes.integer(16)?),
            (0x2, 2) => Node::Real(f32::from_be_bytes(bytes.array()?).into()),
            (0x2, 3) => Node::Real(f64::from_be_bytes(bytes.array()?)),
            (0x3, 3) => Node::Date(format!("{} s", f64::from_be_bytes(bytes.array()?))),
            (0x4, _) => {
                let length = bytes.length(low)?;
                Node::Data(self.content(bytes.take(length)?)?.to_vec())
            }
            (0x5, _) => {
                let length = bytes.length(low)?;
                let text = std::str::from_utf8(self.content(bytes.take(length)?)?);
                Node::Text(text.map_err(|_| Unreadable::Binary("text that is none"))?.to_owned())
            }
            (0x6, _) => {
                let length = bytes.length(low)?.checked_mul(2).ok_or(Unreadable::Truncated)?;
                let (pairs, _) = self.content(bytes.take(length)?)?.as_chunks::<2>();
                let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                Node::Text(String::from_utf16(&units).map_err(|_| Unreadable::Binary("text that is none"))?)
            }
            (0xa, _) => {
                let depth = deeper(depth)?;
                let length = bytes.length(low)?;
                let mut references = self.references(&mut bytes, length)?;
                let mut items = Vec::new();
                for _ in 0..length {
                    items.push(self.object(references.number(self.reference_bytes)?, depth)?);
                }
                Node::Array(items)
            }
            (0xd, _) => self.dictionary(bytes, low, deeper(depth)?)?,
            (0x8, _) => Node::Other,
            _ => return Err(Unreadable::Binary("an object of no known kind")),
        };
        self.allowance.take(0)?;
        Ok(node)
    }

    fn dictionary(&mut self, mut bytes: Bytes<'a>, low: usize, depth: usize) -> Result<Node, Unreadable> {
        let length = bytes.length(low)?;
        let mut keys = self.references(&mut bytes, length)?;
        let mut values = self.references(&mut bytes, length)?;
        let mut members = Vec::new();
        for _ in 0..length {
            let Node::Text(key) = self.object(keys.number(self.reference_bytes)?, depth)? else {
                return Err(Unreadable::Binary("a key that is no text"));
            };
            members.push((key, self.object(values.number(self.reference_bytes)?, depth)?));
        }
        Ok(Node::Dictionary(members))
    }

    fn references(&self, bytes: &mut Bytes<'a>, count: usize) -> Result<Bytes<'a>, Unreadable> {
        let length = count.checked_mul(self.reference_bytes).ok_or(Unreadable::Truncated)?;
        bytes.take(length).map(Bytes)
    }

    fn at(&self, number: usize) -> Result<Bytes<'a>, Unreadable> {
        if number >= self.count {
            return Err(Unreadable::Binary("a reference to an object it does not have"));
        }
        let place = number.checked_mul(self.offset_bytes).and_then(|start| self.table.get(start..));
        let offset = Bytes(place.ok_or(Unreadable::Truncated)?).number(self.offset_bytes)?;
        self.objects.get(offset..).map(Bytes).ok_or(Unreadable::Binary("an object outside of it"))
    }

    fn content(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Unreadable> {
        self.allowance.take(bytes.len())?;
        Ok(bytes)
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unreadable::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Unreadable::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.array().map(|[byte]| byte)
    }

    /// Bytes of an offset or a reference.
    fn size(&mut self) -> Result<usize, Unreadable> {
        let size = usize::from(self.byte()?);
        if (1..=8).contains(&size) { Ok(size) } else { Err(Unreadable::Binary("a trailer that is none")) }
    }

    fn number(&mut self, bytes: usize) -> Result<usize, Unreadable> {
        let number = self.take(bytes)?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| Unreadable::Truncated)
    }

    /// Signed in 8 and 16 bytes, unsigned in fewer.
    fn integer(&mut self, bytes: usize) -> Result<i128, Unreadable> {
        Ok(match bytes {
            16 => i128::from_be_bytes(self.array()?),
            8 => i64::from_be_bytes(self.array()?).into(),
            _ => self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | i128::from(*byte)),
        })
    }

    /// The length that follows a marker; long ones stand in an integer of their own.
    fn length(&mut self, low: usize) -> Result<usize, Unreadable> {
        if low < 0x0f {
            return Ok(low);
        }
        let marker = self.byte()?;
        if marker >> 4 != 1 || marker & 0x0f > 3 {
            return Err(Unreadable::Binary("a length that is none"));
        }
        self.number(1 << (marker & 0x0f))
    }
}

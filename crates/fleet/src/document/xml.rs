//! The XML form. Entities that a document declares itself are not resolved, so nothing unfolds.

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};

use super::{Allowance, Node, Unreadable, deeper, shown};

/// As Apple's reader: padding may be missing.
const DATA: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut source = Source { reader, text, allowance: Allowance::new() };
    let mut name = source.element()?.ok_or(Unreadable::Unknown)?;
    let wrapped = name == "plist";
    if wrapped {
        name = source.element()?.ok_or_else(|| source.wrong("the property list has no value"))?;
    }
    let node = source.value(&name, 0)?;
    if wrapped && source.element()?.is_some() {
        return Err(source.wrong("the property list has a second value"));
    }
    Ok(node)
}

struct Source<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    allowance: Allowance,
}

impl Source<'_> {
    fn wrong(&self, problem: impl AsRef<str>) -> Unreadable {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let read = self.text.get(..position).unwrap_or(self.text);
        Unreadable::Xml { line: 1 + read.matches('\n').count(), problem: shown(problem.as_ref()) }
    }

    /// The next event. The end of the text is the end only where nothing is open.
    fn event(&mut self) -> Result<Event<'static>, Unreadable> {
        match self.reader.read_event() {
            Ok(event) => Ok(event.into_owned()),
            Err(quick_xml::Error::Syntax(_)) => Err(Unreadable::Truncated),
            Err(error) => Err(self.wrong(error.to_string())),
        }
    }

    /// The name of the next element in here; `None` when what is open ends.
    fn element(&mut self) -> Result<Option<String>, Unreadable> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(start.local_name().as_ref().to_owned())),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(Unreadable::Truncated),
                Event::Text(text) if text.trim_ascii().is_empty() => (),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(self.wrong("text stands where an element should"));
                }
                _ => (),
            }
        }
    }

    /// The text up to the end of the element that is open.
    fn content(&mut self) -> Result<String, Unreadable> {
        let mut content = String::new();
        loop {
            match self.event()? {
                Event::Text(text) => content.push_str(text.as_ref()),
                Event::CData(text) => content.push_str(text.as_ref()),
                Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                    Ok(Some(character)) => content.push(character),
                    Ok(None) => content.push_str(
                        resolve_xml_entity(entity.as_ref()).ok_or_else(|| self.wrong("an entity nobody knows"))?,
                    ),
                    Err(error) => return Err(self.wrong(error.to_string())),
                },
                Event::End(_) => break,
                Event::Start(_) => return Err(self.wrong("an element stands where text should")),
                Event::Eof => return Err(Unreadable::Truncated),
                _ => (),
            }
        }
        self.allowance.take(content.len())?;
        Ok(content)
    }

    fn value(&mut self, name: &str, depth: usize) -> Result<Node, Unreadable> {
        match name {
            "dict" => return self.dictionary(deeper(depth)?),
            "array" => return self.array(deeper(depth)?),
            _ => (),
        }
        let content = self.content()?;
        let trimmed = content.trim();
        match name {
            "string" => Ok(Node::Text(content)),
            "true" => Ok(Node::Boolean(true)),
            "false" => Ok(Node::Boolean(false)),
            "integer" => integer(trimmed).map(Node::Integer).ok_or_else(|| self.wrong("no whole number")),
            "real" => trimmed.parse().map(Node::Real).map_err(|_| self.wrong("no number")),
            "date" if dated(trimmed) => Ok(Node::Date(trimmed.to_owned())),
            "date" => Err(self.wrong("no date such as 2026-01-31T12:00:00Z")),
            "data" => {
                let plain: Vec<u8> = content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                DATA.decode(plain).map(Node::Data).map_err(|_| self.wrong("data that is not base64"))
            }
            "key" => Err(self.wrong("a key where a value should be")),
            _ => Err(self.wrong(format!("a property list has no element {name}"))),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node, Unreadable> {
        self.allowance.take(0)?;
        let mut items = Vec::new();
        while let Some(name) = self.element()? {
            items.push(self.value(&name, depth)?);
        }
        Ok(Node::Array(items))
    }

    fn dictionary(&mut self, depth: usize) -> Result<Node, Unreadable> {
        self.allowance.take(0)?;
        let mut members = Vec::new();
        while let Some(name) = self.element()? {
            if name != "key" {
                return Err(self.wrong("a value without a key"));
            }
            let key = self.content()?;
            let name = self.element()?.ok_or_else(|| self.wrong("a key without a value"))?;
            members.push((key, self.value(&name, depth)?));
        }
        Ok(Node::Dictionary(members))
    }
}

/// Decimal, or hexadecimal with `0x`; within 64 bits of either sign.
fn integer(text: &str) -> Option<i128> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => i128::from(u64::from_str_radix(digits, 16).ok()?),
        None => text.parse().ok()?,
    };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number).then_some(number)
}

/// `2026-01-31T12:00:00Z`.
fn dated(text: &str) -> bool {
    let form = "0000-00-00T00:00:00Z".bytes();
    text.len() == form.len()
        && text.bytes().zip(form).all(|(is, shape)| if shape == b'0' { is.is_ascii_digit() } else { is == shape })
}

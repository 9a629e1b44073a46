//! Content lines: the only file that knows the vCard parser's types.
//!
//! To replace the parser, give [`take_line`] and [`ContentLine`]'s value readers another engine.

use ::vcard::tree::{
    codec::mode::VcardEscaper, cst::VcardCst, error::VcardParseError, leaf::VcardLeaf, line::VcardLine,
    param::node::VcardParamNode, value::node::VcardValueNode, wire::VcardWire,
};

use super::{VcardVersion, encodings};

/// One unfolded content line (RFC 6350 §3.3).
#[derive(Debug, Clone)]
pub(super) struct ContentLine {
    /// `item1` of `item1.TEL`.
    pub(super) group: Option<String>,
    /// The property's name in capitals.
    pub(super) name: String,
    pub(super) params: Vec<Param>,
    /// The value without transfer encoding and charset, still escaped.
    pub(super) value: String,
    /// The line word for word; `None` when it was not UTF-8 and so cannot be given back as it came.
    pub(super) written: Option<String>,
    pub(super) version: VcardVersion,
}

/// A parameter; vCard 2.1's bare words have no values.
#[derive(Debug, Clone)]
pub(super) struct Param {
    /// As written.
    pub(super) written: String,
    /// In capitals.
    pub(super) name: String,
    /// Without quotes.
    pub(super) values: Vec<String>,
}

/// What stands at the start of the bytes.
pub(super) enum Taken<'a> {
    Line(ContentLine, &'a [u8]),
    /// Text without a colon, and what follows it.
    NotALine(&'a [u8], &'a [u8]),
    End,
}

/// Takes one logical line off the front of a card's bytes.
pub(super) fn take_line(bytes: &[u8]) -> Taken<'_> {
    match VcardLine::take(bytes) {
        Ok((line, rest)) => Taken::Line(content_line(line), rest),
        Err(VcardParseError::MissingCrlf(_)) => Taken::End,
        Err(_) => {
            let (physical, rest) = split_physical(bytes);
            if let Ok((line, _)) = VcardLine::take(encodings::guessed(physical).as_bytes()) {
                let mut line = content_line(line);
                line.written = None;
                return Taken::Line(line, rest);
            }
            Taken::NotALine(physical, rest)
        }
    }
}

/// The line of this text; `None` when it has no colon.
pub(super) fn line_of(text: &str, version: VcardVersion) -> Option<ContentLine> {
    match take_line(text.as_bytes()) {
        Taken::Line(mut line, _) => {
            line.version = version;
            Some(line)
        }
        Taken::NotALine(..) | Taken::End => None,
    }
}

fn split_physical(bytes: &[u8]) -> (&[u8], &[u8]) {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let from = bytes.get(start..).unwrap_or_default();
    let end = from.iter().position(|byte| *byte == b'\n').map_or(from.len(), |at| at + 1);
    let (physical, rest) = from.split_at(end);
    (physical.trim_ascii_end(), rest)
}

fn content_line(line: VcardLine<'_>) -> ContentLine {
    let group = line.group().map(str::to_owned);
    let name = line.bare_name().trim().to_ascii_uppercase();
    let params: Vec<Param> = line.params.iter().map(param).collect();
    let head = line.name.get().len() + line.params.iter().map(|param| param.to_string().len() + 1).sum::<usize>();
    let logical = logical_bytes(line);
    let raw = logical.get(head + 1..).unwrap_or_default();
    let charset = params.iter().find(|param| param.name == "CHARSET").and_then(|param| param.values.first());
    let value = if is_quoted_printable(&params) {
        encodings::text(&encodings::quoted_printable(raw), charset.map(String::as_str))
    } else {
        encodings::text(raw, charset.map(String::as_str))
    };
    ContentLine { group, name, params, value, written: String::from_utf8(logical).ok(), version: VcardVersion::V3 }
}

/// The line's bytes without folds, soft breaks and line ending.
fn logical_bytes(line: VcardLine<'_>) -> Vec<u8> {
    let flat = VcardLine { wire: VcardWire::default(), eol: VcardLeaf::from(""), ..line };
    VcardCst { begin: None, props: vec![flat], end: None, trailing: "".into() }.to_bytes()
}

fn param(node: &VcardParamNode<'_>) -> Param {
    Param {
        written: node.to_string(),
        name: node.name.get().trim().to_ascii_uppercase(),
        values: node.values.iter().map(|value| value.get().trim().trim_matches('"').to_owned()).collect(),
    }
}

fn is_quoted_printable(params: &[Param]) -> bool {
    params.iter().any(|param| match param.name.as_str() {
        "ENCODING" => param.values.iter().any(|value| value.eq_ignore_ascii_case("QUOTED-PRINTABLE")),
        "QUOTED-PRINTABLE" => param.values.is_empty(),
        _ => false,
    })
}

impl ContentLine {
    /// The first value of a parameter; `None` when absent or empty. RFC 6868 carets are resolved for vCard 4.0.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        let values = self.params.iter().find(|param| param.name == name)?.values.join(",");
        let value = match self.version {
            VcardVersion::V4 => values.replace("^n", "\n").replace("^'", "\"").replace("^^", "^"),
            VcardVersion::V3 | VcardVersion::V2_1 => values,
        };
        (!value.is_empty()).then_some(value)
    }

    /// All type words: `TYPE=a,b`, `TYPE="a,b"`, repeated TYPE, and vCard 2.1's bare words.
    pub(super) fn types(&self) -> Vec<String> {
        let mut types = Vec::new();
        for param in &self.params {
            if param.name == "TYPE" {
                types.extend(param.values.iter().flat_map(|value| value.split(',')).map(|word| word.trim().to_owned()));
            } else if let Some(label) = encodings::android_custom_type(&param.written) {
                types.push(format!("X-{label}"));
            } else if param.values.is_empty() && !matches!(param.name.as_str(), "QUOTED-PRINTABLE" | "BASE64" | "") {
                types.push(param.written.clone());
            }
        }
        types.retain(|word| !word.is_empty());
        types
    }

    /// Whether the value is base64 (`ENCODING=b`, `ENCODING=BASE64`, bare `BASE64`).
    pub(super) fn is_base64(&self) -> bool {
        self.params.iter().any(|param| match param.name.as_str() {
            "ENCODING" => param.values.iter().any(|v| v.eq_ignore_ascii_case("b") || v.eq_ignore_ascii_case("base64")),
            "BASE64" => param.values.is_empty(),
            _ => false,
        })
    }

    /// The whole value as text, its `;` and `,` literal.
    pub(super) fn text(&self) -> String {
        clean(&self.node().decode())
    }

    /// The `;`-separated parts, commas literal.
    pub(super) fn parts(&self) -> Vec<String> {
        let node = self.node();
        (0..node.component_count()).map(|at| clean(&node.decode_component(at))).collect()
    }

    /// The `,`-separated values that are not empty. vCard 2.1 has no escape for a comma; programs borrow 3.0's.
    pub(super) fn list(&self) -> Vec<String> {
        let node = self.node();
        let values = node.decode_list().into_iter().map(|value| match self.version {
            VcardVersion::V2_1 => clean(&value.replace("\\,", ",")),
            VcardVersion::V3 | VcardVersion::V4 => clean(&value),
        });
        values.filter(|value| !value.is_empty()).collect()
    }

    fn node(&self) -> VcardValueNode<'_> {
        let mut node = VcardValueNode::parse(self.value.as_bytes());
        node.escaper = match self.version {
            VcardVersion::V2_1 => VcardEscaper::V2_1,
            VcardVersion::V3 => VcardEscaper::V3_0,
            VcardVersion::V4 => VcardEscaper::V4_0,
        };
        node
    }

    /// What the value stands for in this line's own version, as one line that can be kept: word for word, or in
    /// UTF-8 when the line came in another charset.
    pub(super) fn to_keep(&self) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let params = self.params.iter().filter(|param| !matches!(param.name.as_str(), "CHARSET" | "QUOTED-PRINTABLE"));
        let params = params.filter(|param| param.name != "ENCODING" || self.is_base64());
        let mut head = vec![self.written_name()];
        head.extend(params.map(|param| param.written.clone()));
        let value = self.value.replace("\r\n", "\\n").replace('\n', "\\n");
        format!("{}:{value}", head.join(";"))
    }

    /// Group and name as they stand before the first `;` or `:`.
    pub(super) fn written_name(&self) -> String {
        match &self.group {
            Some(group) => format!("{group}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

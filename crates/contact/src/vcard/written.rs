//! Lines going out: escaping, parameters, folding.

use super::{VcardVersion, encodings, limits};

/// A property made anew, in no version yet.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) types: Vec<String>,
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) value: Value,
    /// Lines of the same group: X-ABLabel, X-ABADR.
    pub(super) companions: Vec<(&'static str, String)>,
}

/// How a value is escaped.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    /// Separated by `;`.
    Parts(Vec<String>),
    /// Separated by `,`.
    List(Vec<String>),
    /// A URI, a date or base64: no escapes (RFC 6350 §3.4).
    Raw(String),
}

impl Made {
    pub(super) fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), types: Vec::new(), params: Vec::new(), value, companions: Vec::new() }
    }

    pub(super) fn text(name: impl Into<String>, text: &str) -> Self {
        Self::new(name, Value::Text(text.to_owned()))
    }

    pub(super) fn raw(name: impl Into<String>, text: String) -> Self {
        Self::new(name, Value::Raw(text))
    }

    /// The unfolded lines; `group` is used when there is more than one.
    pub(super) fn lines(&self, version: VcardVersion, group: &str) -> Vec<String> {
        let prefix = if self.companions.is_empty() { String::new() } else { format!("{group}.") };
        let mut lines = vec![line(&format!("{prefix}{}", self.name), &self.head(version), &self.value, version)];
        for (name, text) in &self.companions {
            lines.push(line(&format!("{prefix}{name}"), "", &Value::Text(text.clone()), version));
        }
        lines
    }

    /// Parameters. Types are repeated, never a list: iOS shows a quoted list as a label.
    fn head(&self, version: VcardVersion) -> String {
        let types = self.types.iter().map(|word| match version {
            VcardVersion::V2_1 => format!(";{}", bare(word)),
            VcardVersion::V3 => format!(";TYPE={}", param_value(word, version)),
            VcardVersion::V4 => format!(";TYPE={}", param_value(&word.to_lowercase(), version)),
        });
        let params = self.params.iter().map(|(name, value)| format!(";{name}={}", param_value(value, version)));
        types.chain(params).collect::<Vec<_>>().concat()
    }
}

/// vCard 2.1 has no quotes: what would end the parameter goes.
fn bare(word: &str) -> String {
    word.chars().filter(|letter| !matches!(letter, ';' | ':' | ',' | '=' | '"' | '\n')).collect()
}

fn param_value(value: &str, version: VcardVersion) -> String {
    let value = match version {
        VcardVersion::V4 => value.replace('^', "^^").replace('"', "^'").replace('\n', "^n"),
        VcardVersion::V3 => value.replace('"', "'").replace('\n', " "),
        VcardVersion::V2_1 => return bare(value),
    };
    if value.contains([',', ';', ':']) { format!("\"{value}\"") } else { value }
}

fn line(name: &str, head: &str, value: &Value, version: VcardVersion) -> String {
    let escaped = match value {
        Value::Text(text) => escape(text, version),
        Value::Parts(parts) => parts.iter().map(|part| escape(part, version)).collect::<Vec<_>>().join(";"),
        Value::List(values) => values.iter().map(|value| escape_in_list(value, version)).collect::<Vec<_>>().join(","),
        Value::Raw(text) => return format!("{name}{head}:{text}"),
    };
    if version == VcardVersion::V2_1 && !escaped.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let encoded = encodings::to_quoted_printable(&escaped);
        return format!("{name}{head};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{encoded}");
    }
    format!("{name}{head}:{escaped}")
}

/// Escapes a text value (RFC 2426 §4, RFC 6350 §3.4); vCard 2.1 knows `\;` alone.
pub(super) fn escape(text: &str, version: VcardVersion) -> String {
    let text = text.replace("\r\n", "\n");
    match version {
        VcardVersion::V2_1 => text.replace(';', "\\;"),
        VcardVersion::V3 | VcardVersion::V4 => {
            text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;").replace('\n', "\\n")
        }
    }
}

fn escape_in_list(text: &str, version: VcardVersion) -> String {
    let escaped = escape(text, version);
    if version == VcardVersion::V2_1 { escaped.replace(',', "\\,") } else { escaped }
}

/// Appends a line in its physical form: folded, or with soft breaks where it is quoted-printable.
pub(super) fn push_folded(out: &mut String, line: &str, version: VcardVersion) {
    let head = line.split(':').next().unwrap_or_default().to_ascii_uppercase();
    let mut params = head.split(';').skip(1);
    if params.any(|param| matches!(param, "QUOTED-PRINTABLE" | "ENCODING=QUOTED-PRINTABLE")) {
        push_soft_broken(out, line);
    } else if version == VcardVersion::V2_1 && !head.contains("BASE64") {
        // vCard 2.1 folds only at white space, which readers do not agree on: such a line stays whole.
        out.push_str(line);
        out.push_str("\r\n");
    } else {
        push_pieces(out, line, "\r\n ");
        if version == VcardVersion::V2_1 {
            // The blank line that ends base64 (versit vCard 2.1 §2.1.5).
            out.push_str("\r\n");
        }
    }
}

fn push_pieces(out: &mut String, line: &str, separator: &str) {
    let mut room = limits::FOLD_OCTETS;
    for letter in line.chars() {
        if letter.len_utf8() > room {
            out.push_str(separator);
            // The space that begins a continuation counts.
            room = limits::FOLD_OCTETS - 1;
        }
        room -= letter.len_utf8();
        out.push(letter);
    }
    out.push_str("\r\n");
}

/// A break must not fall into `=C3`, nor after the colon's head, which readers look for on the first line.
fn push_soft_broken(out: &mut String, line: &str) {
    let (head, value) = line.split_once(':').unwrap_or((line, ""));
    out.push_str(head);
    out.push(':');
    let mut column = head.len() + 1;
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let length = if first == '=' { rest.len().min(3) } else { first.len_utf8() };
        let Some((piece, tail)) = rest.split_at_checked(length).or_else(|| rest.split_at_checked(first.len_utf8()))
        else {
            break;
        };
        if column + piece.len() > limits::FOLD_OCTETS {
            out.push_str("=\r\n");
            column = 0;
        }
        out.push_str(piece);
        column += piece.len();
        rest = tail;
    }
    out.push_str("\r\n");
}

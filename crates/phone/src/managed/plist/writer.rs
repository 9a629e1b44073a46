//! Writing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;

use super::Value;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n";

/// The property list as XML.
pub fn write(value: &Value) -> String {
    let mut out = HEAD.to_owned();
    append(&mut out, value);
    out.push_str("\n</plist>\n");
    out
}

fn append(out: &mut String, value: &Value) {
    match value {
        Value::Dictionary(inside) => {
            out.push_str("<dict>\n");
            for (key, value) in inside.entries() {
                element(out, "key", &escaped(key));
                append(out, value);
                out.push('\n');
            }
            out.push_str("</dict>");
        }
        Value::Array(items) => {
            out.push_str("<array>\n");
            for item in items {
                append(out, item);
                out.push('\n');
            }
            out.push_str("</array>");
        }
        Value::String(text) => element(out, "string", &escaped(text)),
        Value::Integer(number) => element(out, "integer", &number.to_string()),
        Value::Real(number) => element(out, "real", &number.to_string()),
        Value::Boolean(value) => out.push_str(if *value { "<true/>" } else { "<false/>" }),
        Value::Data(bytes) => element(out, "data", &STANDARD.encode(bytes)),
        Value::Date(date) => element(out, "date", date),
    }
}

fn element(out: &mut String, name: &str, inside: &str) {
    for part in ["<", name, ">", inside, "</", name, ">"] {
        out.push_str(part);
    }
}

/// A carriage return written as it is would come back as a line feed.
fn escaped(text: &str) -> String {
    escape(text).replace('\r', "&#13;")
}

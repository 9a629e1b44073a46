//! The forms of a page, as far as a person can fill them in and send them.

use html5gum::{Token, Tokenizer};

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) post: bool,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
}

/// Something that is sent with the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) autocomplete: String,
    pub(super) value: String,
}

impl Field {
    /// Whether a person types into it.
    pub(super) fn is_typed(&self) -> bool {
        matches!(self.kind.as_str(), "text" | "email" | "password" | "tel" | "number")
    }
}

/// What sends the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) value: String,
    /// The first one sends the form when a person presses return.
    pub(super) refuses: bool,
}

/// All forms of a page, in its order, and the words of the page.
pub(super) fn read(page: &[u8]) -> (Vec<Form>, String) {
    let (mut forms, mut open, mut words) = (Vec::new(), None::<Form>, String::new());
    let mut silent = false;
    for token in Tokenizer::new(page) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                silent = matches!(name.as_str(), "style" | "script" | "head");
                let attribute =
                    |key: &str| tag.attributes.get(key.as_bytes()).map(|value| text(value)).unwrap_or_default();
                match name.as_str() {
                    "form" => {
                        open = Some(Form {
                            action: attribute("action"),
                            post: attribute("method").eq_ignore_ascii_case("post"),
                            ..Form::default()
                        });
                    }
                    "input" | "button" => {
                        if let Some(form) = &mut open {
                            add(form, &name, &attribute, tag.attributes.contains_key(b"checked".as_slice()));
                        }
                    }
                    _ => {}
                }
            }
            Token::EndTag(tag) => {
                silent = false;
                if text(&tag.name) == "form" {
                    forms.extend(open.take());
                }
            }
            Token::String(content) if !silent => {
                words.push_str(&text(&content));
                words.push(' ');
            }
            _ => {}
        }
    }
    (forms, words.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn add(form: &mut Form, element: &str, attribute: &dyn Fn(&str) -> String, checked: bool) {
    let kind = attribute("type").to_ascii_lowercase();
    let submits = (element == "button" && matches!(kind.as_str(), "" | "submit")) || kind == "submit";
    let (name, value) = (attribute("name"), attribute("value"));
    if submits {
        let refuses = ["deny", "cancel", "no", "other", "switch", "sign-out"].contains(&value.as_str());
        form.buttons.push(Button { name, value, refuses });
    } else if element == "input" && !name.is_empty() {
        let kind = if kind.is_empty() { "text".to_owned() } else { kind };
        if matches!(kind.as_str(), "checkbox" | "radio") && !checked {
            return;
        }
        form.fields.push(Field { name, kind, autocomplete: attribute("autocomplete"), value });
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_buttons_of_a_page_are_found() {
        let page = b"<!doctype html><head><style>p{}</style></head><p>Hello &amp; welcome</p>\
            <form method=post action='/sign-in?x=1&amp;y=2'><input type=hidden name=csrf value='a&quot;b'>\
            <input name=user type=email autocomplete=username><input type=password name=secret>\
            <button name=do value=go>Go</button><button name=do value=deny>No</button></form>";
        let (forms, words) = read(page);
        let form = &forms[0];
        assert_eq!((forms.len(), form.action.as_str(), form.post), (1, "/sign-in?x=1&y=2", true));
        assert_eq!(form.fields[0].value, "a\"b");
        assert_eq!(form.fields.iter().filter(|field| field.is_typed()).count(), 2);
        assert_eq!(form.buttons.iter().filter(|button| button.refuses).count(), 1);
        assert!(words.starts_with("Hello & welcome"), "{words}");
    }
}

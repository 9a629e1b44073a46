//! Names and texts in a directory: filters and DNs filled with what somebody typed, attributes, group names.

use std::fmt::Write;

use ldap3::{LdapResult, SearchEntry, dn_escape, ldap_escape};

use crate::web::quoted;

/// A filter with a name and a DN in their places, escaped (RFC 4515 3).
pub(super) fn fill(filter: &str, name: &str, dn: &str) -> String {
    // In one go, so that a name that holds "{dn}" stays a name.
    let mut filled = String::with_capacity(filter.len() + name.len() + dn.len());
    let mut rest = filter;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        rest = if let Some(after) = from.strip_prefix("{name}") {
            filled.push_str(&ldap_escape(name));
            after
        } else if let Some(after) = from.strip_prefix("{dn}") {
            filled.push_str(&ldap_escape(dn));
            after
        } else {
            filled.push('{');
            from.get(1..).unwrap_or_default()
        };
    }
    filled + rest
}

/// A template that makes a DN, as opposed to Active Directory's `name@domain`.
pub(super) fn is_dn(template: &str) -> bool {
    template.contains('=')
}

/// Who binds: a DN with the name escaped (RFC 4514), or a user principal name.
pub(super) fn bind_name(template: &str, name: &str) -> String {
    if is_dn(template) {
        template.replace("{name}", &dn_escape(name))
    } else if name.contains('@') {
        name.to_owned()
    } else {
        template.replace("{name}", name)
    }
}

/// The values of an attribute. Its name is compared without case; a server may spell it its own way.
pub(super) fn texts<'e>(entry: &'e SearchEntry, attribute: &str) -> impl Iterator<Item = &'e str> {
    let found = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    found.into_iter().flat_map(|(_, values)| values).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// A value that may be bytes, such as Active Directory's `objectGUID`, as text: those in hexadecimal.
pub(super) fn stable_id(entry: &SearchEntry, attribute: &str) -> Option<String> {
    let is_binary = attribute.eq_ignore_ascii_case("objectGUID");
    let text = texts(entry, attribute).next();
    if let Some(text) = text.filter(|_| !is_binary) {
        return Some(text.to_owned());
    }
    // Sixteen bytes may happen to be UTF-8, and must give the same all the same.
    let plain = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    let plain = plain.and_then(|(_, values)| values.first()).map(String::as_bytes);
    let binary = entry.bin_attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    let bytes = binary.and_then(|(_, values)| values.first()).map(Vec::as_slice).or(plain)?;
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    (!hex.is_empty()).then_some(hex)
}

/// The value of a DN's first part: `Sales` of `CN=Sales,OU=Groups,DC=example`. Escapes (RFC 4514 2.4) are undone.
pub(super) fn first_name(dn: &str) -> String {
    let value = dn.split_once('=').map_or(dn, |(_, value)| value);
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b',' | b'+' => break,
            b'\\' => {
                let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let Some(next) = rest.next() else { break };
                match (hex(next), rest.peek().copied().and_then(hex)) {
                    (Some(high), Some(low)) => {
                        rest.next();
                        bytes.push(high << 4 | low);
                    }
                    _ => bytes.push(next),
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// What a directory said, for a log line. Active Directory's numbers are put into words.
pub(super) fn said(result: &LdapResult) -> String {
    const REASONS: [(&str, &str); 9] = [
        ("data 525", "no such person"),
        ("data 52e", "wrong password"),
        ("data 530", "not at this time of day"),
        ("data 531", "not from this computer"),
        ("data 532", "the password has expired"),
        ("data 533", "the account is disabled"),
        ("data 701", "the account has expired"),
        ("data 773", "the password must be changed first"),
        ("data 775", "the account is locked"),
    ];
    let words = REASONS.iter().find(|(number, _)| result.text.contains(number)).map(|(_, words)| *words);
    match words {
        Some(words) => format!("{words} (result {})", result.rc),
        None => format!("result {}{}", result.rc, quoted(&result.text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_one_value_of_a_filter() {
        for (name, filled) in [
            ("anna", "(uid=anna)"),
            ("*", "(uid=\\2a)"),
            ("a)(|(uid=*", "(uid=a\\29\\28|\\28uid=\\2a)"),
            ("a\\b", "(uid=a\\5cb)"),
            ("a\0", "(uid=a\\00)"),
            ("{dn}", "(uid={dn})"),
        ] {
            assert_eq!(fill("(uid={name})", name, "cn=x"), filled, "{name:?}");
        }
        assert_eq!(fill("(&(member={dn})({x}{name}", "{dn}", "cn=(a)"), "(&(member=cn=\\28a\\29)({x}{dn}");
    }

    #[test]
    fn what_was_typed_stays_one_value_of_a_dn() {
        let template = "uid={name},ou=people";
        assert_eq!(bind_name(template, "anna"), "uid=anna,ou=people");
        assert_eq!(bind_name(template, "x,cn=admin"), "uid=x\\2ccn\\3dadmin,ou=people");
        assert_eq!(bind_name(template, "a+b"), "uid=a\\2bb,ou=people");
        assert_eq!(bind_name("{name}@example.com", "anna"), "anna@example.com");
        assert_eq!(bind_name("{name}@example.com", "anna@corp.example"), "anna@corp.example");
    }

    #[test]
    fn a_group_is_called_by_its_first_name() {
        for (dn, name) in [
            ("CN=Sales,OU=Groups,DC=example", "Sales"),
            ("CN=Sales\\, EMEA,OU=Groups", "Sales, EMEA"),
            ("cn=K\\c3\\b6ln,dc=x", "Köln"),
            ("cn=a+sn=b,dc=x", "a"),
            ("cn=", ""),
            ("odd", "odd"),
            ("cn=end\\", "end"),
        ] {
            assert_eq!(first_name(dn), name, "{dn}");
        }
    }

    #[test]
    fn a_guid_is_hexadecimal_whatever_its_bytes() {
        let mut entry = SearchEntry { dn: String::new(), attrs: [].into(), bin_attrs: [].into() };
        assert_eq!(stable_id(&entry, "objectGUID"), None);
        entry.attrs.insert("objectguid".to_owned(), vec!["0123456789abcdef".to_owned()]);
        assert_eq!(stable_id(&entry, "objectGUID").unwrap(), "30313233343536373839616263646566");
        entry.bin_attrs.insert("objectGUID".to_owned(), vec![vec![0xff; 16]]);
        assert_eq!(stable_id(&entry, "objectGUID").unwrap(), "ff".repeat(16));
        entry.attrs.insert("entryUUID".to_owned(), vec!["7f-1".to_owned()]);
        assert_eq!(stable_id(&entry, "entryUUID").unwrap(), "7f-1");
    }

    #[test]
    fn active_directory_is_put_into_words() {
        let text = "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data 775, v4563";
        let result = LdapResult { rc: 49, matched: String::new(), text: text.to_owned(), refs: vec![], ctrls: vec![] };
        assert_eq!(said(&result), "the account is locked (result 49)");
    }
}

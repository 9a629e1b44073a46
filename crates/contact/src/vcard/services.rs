//! Messaging and social services: IMPP, X-AIM and its kin, X-SOCIALPROFILE.

use super::{encodings, syntax::ContentLine};
use crate::fact::{OnlineService, ServiceKind};

/// Service, URI scheme. The first row of a scheme names it.
const SCHEMES: &[(&str, &str)] = &[
    ("Jabber", "xmpp"),
    ("GoogleTalk", "xmpp"),
    ("Skype", "skype"),
    ("AIM", "aim"),
    ("ICQ", "icq"),
    ("MSN", "msnim"),
    ("Yahoo", "ymsgr"),
    ("SIP", "sip"),
    ("IRC", "irc"),
    ("Matrix", "matrix"),
];

/// Properties that were services before RFC 4770.
const PROPERTIES: &[(&str, &str)] = &[
    ("X-AIM", "AIM"),
    ("X-ICQ", "ICQ"),
    ("X-JABBER", "Jabber"),
    ("X-MSN", "MSN"),
    ("X-YAHOO", "Yahoo"),
    ("X-SKYPE", "Skype"),
    ("X-SKYPE-USERNAME", "Skype"),
    ("X-GOOGLE-TALK", "GoogleTalk"),
    ("X-GTALK", "GoogleTalk"),
    ("X-QQ", "QQ"),
    ("X-GADUGADU", "GaduGadu"),
    ("X-GROUPWISE", "GroupWise"),
];

/// Reads a service line; `None` when the property is none or names nobody.
pub(super) fn read(line: &ContentLine) -> Option<OnlineService> {
    let text = line.text();
    if text.is_empty() {
        return None;
    }
    let service = match line.name.as_str() {
        "IMPP" => messaging(line, &text),
        "X-MS-IMADDRESS" => OnlineService { user: text, service: None, kind: ServiceKind::Messaging },
        "X-TWITTER" => OnlineService { user: text, service: Some("Twitter".to_owned()), kind: ServiceKind::Social },
        "X-SOCIALPROFILE" | "SOCIALPROFILE" => social(line, text),
        name => {
            let (_, service) = PROPERTIES.iter().find(|(property, _)| *property == name)?;
            OnlineService { user: text, service: Some((*service).to_owned()), kind: ServiceKind::Messaging }
        }
    };
    (!service.user.is_empty()).then_some(service)
}

fn messaging(line: &ContentLine, text: &str) -> OnlineService {
    let named = line.param("X-SERVICE-TYPE").or_else(|| line.param("SERVICE-TYPE"));
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return OnlineService { user: text.to_owned(), service: named, kind: ServiceKind::Messaging };
    };
    let known = SCHEMES.iter().find(|(_, known)| scheme.eq_ignore_ascii_case(known)).map(|(name, _)| *name);
    let service = named.or_else(|| known.map(str::to_owned)).or_else(|| {
        // Apple's placeholder names no service.
        (!scheme.eq_ignore_ascii_case("x-apple")).then(|| scheme.to_owned())
    });
    let user = encodings::percent_decoded(rest.trim_start_matches("//"));
    OnlineService { user, service, kind: ServiceKind::Messaging }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

fn social(line: &ContentLine, text: String) -> OnlineService {
    let typed = || line.types().into_iter().find(|word| !NOT_SERVICES.contains(&word.to_lowercase().as_str()));
    let service = line.param("SERVICE-TYPE").or_else(|| line.param("X-SERVICE-TYPE")).or_else(typed);
    let user = match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("x-apple") => {
            line.param("X-USER").unwrap_or_else(|| encodings::percent_decoded(rest))
        }
        _ => text,
    };
    OnlineService { user, service, kind: ServiceKind::Social }
}

const NOT_SERVICES: &[&str] = &["home", "work", "pref", "other"];

/// The URI of a messaging account.
pub(super) fn uri(service: &OnlineService) -> String {
    let scheme = service.service.as_deref().map(|name| {
        SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("x-apple", |(_, scheme)| *scheme)
    });
    let user = service.user.replace('%', "%25").replace(' ', "%20");
    match scheme {
        Some(scheme) => format!("{scheme}:{user}"),
        // Without a service the text must not look like a URI of one.
        None if service.user.contains(':') => format!("x-apple:{user}"),
        None => service.user.clone(),
    }
}

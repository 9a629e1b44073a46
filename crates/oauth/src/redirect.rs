//! Redirection URIs: which are a client's, and where an answer is sent (RFC 6749 3.1.2, RFC 9700 2.1, RFC 9207).

use identity::Client;

/// Whether a client may be answered at this address. Registered ones are compared letter by letter (the one slash that
/// may differ is Apple's); what a browser would run, or could not be sent to, is refused even if somebody registered it.
pub(crate) fn is_allowed(client: &Client, asked: &str) -> bool {
    is_fit(asked) && client.may_be_sent_to(asked)
}

/// No fragment, no scheme that a browser runs, nothing that could not stand in a header.
fn is_fit(uri: &str) -> bool {
    const RUN_BY_BROWSERS: [&str; 7] = ["javascript", "data", "vbscript", "file", "blob", "about", "filesystem"];
    let Some(scheme) = scheme(uri) else { return false };
    uri.bytes().all(|byte| byte.is_ascii_graphic())
        && !uri.contains('#')
        && !RUN_BY_BROWSERS.iter().any(|run| run.eq_ignore_ascii_case(scheme))
}

/// The scheme of an URI, as written.
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let mut bytes = scheme.bytes();
    let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (begins && goes_on).then_some(scheme)
}

/// What a Content Security Policy calls the place an URI leads to: the origin of a web address, else the scheme.
/// Browsers apply `form-action` to the redirections that follow a form too.
pub(crate) fn form_action_source(uri: &str) -> Option<String> {
    let scheme = scheme(uri)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Some(format!("{scheme}:"));
    }
    let rest = uri.get(scheme.len()..)?.strip_prefix("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    (!authority.is_empty() && authority.bytes().all(fits)).then(|| format!("{scheme}://{authority}"))
}

/// An address with parameters added to its query.
pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    // A plus sign for a space is for forms; an app that takes the query for an URI's would read a plus.
    let query = query.finish().replace('+', "%20");
    let between = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{between}{query}")
}

#[cfg(test)]
mod tests {
    use identity::ClientId;

    use super::*;

    const APPLE: [&str; 3] = [
        "com.apple.Preferences://oauth-redirect",
        "com.apple.preferences.internetaccounts://oauth-redirect/",
        "com.apple.mobilemail://oauth-redirect",
    ];

    fn registered(uri: &str) -> Client {
        Client { id: ClientId::new("app"), redirect_uris: vec![uri.to_owned()], ..Client::apple() }
    }

    #[test]
    fn apples_addresses_are_taken_with_and_without_a_final_slash_and_in_no_other_spelling() {
        for uri in APPLE {
            let bare = uri.trim_end_matches('/');
            assert!(is_allowed(&Client::apple(), bare) && is_allowed(&Client::apple(), &format!("{bare}/")));
        }
        for uri in [
            "com.apple.preferences://oauth-redirect",
            "COM.APPLE.PREFERENCES://oauth-redirect",
            "com.apple.Preferences://OAuth-redirect",
            "com.apple.Preferences://oauth-redirect//",
            "com.apple.Preferences://oauth-redirect?x=1",
            "com.apple.Preferences://oauth-redirect/..",
            "com.apple.Preferences://oauth-redirect#x",
            "com.apple.Preferences://oauth-redirect@evil.example",
            "com.apple.Preferences:oauth-redirect",
            "com.apple.Preferences://oauth%2Dredirect",
            " com.apple.Preferences://oauth-redirect",
            "com.apple.Preferences://oauth-redirect\n",
            "https://evil.example/",
            "//evil.example",
            "",
        ] {
            assert!(!is_allowed(&Client::apple(), uri), "{uri}");
        }
    }

    #[test]
    fn what_a_browser_would_run_is_refused_even_if_somebody_registered_it() {
        for uri in
            ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "https://a.example/#x", "no-scheme"]
        {
            assert!(!is_allowed(&registered(uri), uri), "{uri}");
        }
        assert!(is_allowed(&registered("https://a.example/cb"), "https://a.example/cb"));
        assert!(!is_allowed(&registered("https://a.example/cb"), "https://a.example/cb/"));
    }

    #[test]
    fn form_action_names_an_origin_or_a_scheme_and_nothing_that_could_end_the_directive() {
        assert_eq!(form_action_source(APPLE[0]).unwrap(), "com.apple.Preferences:");
        assert_eq!(form_action_source("https://a.example:8443/cb?x=1").unwrap(), "https://a.example:8443");
        assert_eq!(form_action_source("http://127.0.0.1:7777/").unwrap(), "http://127.0.0.1:7777");
        assert_eq!(form_action_source("https://a.example;script-src/"), None);
        assert_eq!(form_action_source("https:///x"), None);
    }

    #[test]
    fn parameters_are_added_to_whatever_query_there_is() {
        let parameters = [("code", "a b&c"), ("state", "ü")];
        assert_eq!(with_parameters("x://y", &parameters), "x://y?code=a%20b%26c&state=%C3%BC");
        assert_eq!(with_parameters("https://a/?k=1", &[("s", "1")]), "https://a/?k=1&s=1");
        assert_eq!(with_parameters("https://a/?", &[("s", "1")]), "https://a/?s=1");
    }
}

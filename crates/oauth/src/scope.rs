//! Scopes: which one path a request is about.
//!
//! A token opens one path. Clients name it in their own words: Apple's by Exchange's scope or by `resource` alone,
//! Outlook-side programs by Microsoft Graph's permissions, others by the path's name.

use std::collections::BTreeSet;

use hub::AccessPath;

/// Why no path follows from what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// Scopes of two paths.
    #[error("the scopes of one request must be about one path")]
    SeveralPaths,
    /// Nothing that names a path, and the client has several.
    #[error("no scope names what is to be reached")]
    NoPath,
    /// A path that the client is not registered for.
    #[error("the client is not registered for this scope")]
    NotRegistered,
}

/// What OpenID Connect adds to a scope; no path follows from these.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The word a path's scope goes by in answers.
pub(crate) fn word(path: AccessPath) -> &'static str {
    match path {
        AccessPath::ActiveSync => "EAS.AccessAsUser.All",
        AccessPath::Graph => "Contacts.ReadWrite",
        AccessPath::CardDav => "carddav",
        AccessPath::Jmap => "jmap",
    }
}

/// Every scope there is, for metadata.
pub(crate) fn supported() -> Vec<&'static str> {
    OPENID.into_iter().chain(AccessPath::ALL.into_iter().map(word)).collect()
}

/// The path that one word names; `None` for words that name none. Scopes may stand behind the address of the resource
/// they are about (`https://outlook.office365.com/EAS.AccessAsUser.All`), which says nothing here.
fn path_of(word: &str) -> Option<AccessPath> {
    let word = if word.contains("://") { word.rsplit('/').next().unwrap_or(word) } else { word };
    let graph = ["Contacts.ReadWrite", "Contacts.Read", "People.Read", "User.ReadBasic.All"];
    if word.eq_ignore_ascii_case("EAS.AccessAsUser.All") || word.eq_ignore_ascii_case("activesync") {
        return Some(AccessPath::ActiveSync);
    }
    if word.eq_ignore_ascii_case("graph") || graph.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Some(AccessPath::Graph);
    }
    [AccessPath::CardDav, AccessPath::Jmap].into_iter().find(|path| path.name().eq_ignore_ascii_case(word))
}

/// The one path a request is about. Words that are not known are left out, as RFC 6749 3.3 allows; without any that
/// names a path it is the only one of the client.
pub(crate) fn path(scope: &str, of_client: &[AccessPath]) -> Result<AccessPath, ScopeError> {
    let named: BTreeSet<_> = scope.split_ascii_whitespace().filter_map(path_of).collect();
    let path = match (named.first(), named.len()) {
        (Some(path), 1) => *path,
        (Some(_), _) => return Err(ScopeError::SeveralPaths),
        (None, _) => match of_client {
            [only] => *only,
            _ => return Err(ScopeError::NoPath),
        },
    };
    if of_client.contains(&path) { Ok(path) } else { Err(ScopeError::NotRegistered) }
}

/// What is granted: the path's word and what OpenID Connect adds, as asked for.
pub(crate) fn granted(asked: &str, path: AccessPath) -> String {
    let mut words = vec![word(path)];
    words.extend(OPENID.into_iter().filter(|known| asked.split_ascii_whitespace().any(|asked| asked == *known)));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [AccessPath; 4] = AccessPath::ALL;

    #[test]
    fn the_words_of_apples_and_microsofts_clients_name_their_path() {
        let apple = "https://outlook.office365.com/EAS.AccessAsUser.All openid profile offline_access";
        assert_eq!(path(apple, &ALL), Ok(AccessPath::ActiveSync));
        assert_eq!(path("https://graph.microsoft.com/Contacts.ReadWrite User.Read", &ALL), Ok(AccessPath::Graph));
        assert_eq!(path("carddav", &ALL), Ok(AccessPath::CardDav));
    }

    #[test]
    fn a_token_for_two_paths_cannot_be_asked_for() {
        assert_eq!(path("EAS.AccessAsUser.All Contacts.Read", &ALL), Err(ScopeError::SeveralPaths));
    }

    #[test]
    fn without_a_word_for_it_the_path_is_the_only_one_of_the_client() {
        assert_eq!(path("openid", &[AccessPath::ActiveSync]), Ok(AccessPath::ActiveSync));
        assert_eq!(path("", &[AccessPath::ActiveSync]), Ok(AccessPath::ActiveSync));
        assert_eq!(path("openid mail", &ALL), Err(ScopeError::NoPath));
        assert_eq!(path("jmap", &[AccessPath::ActiveSync]), Err(ScopeError::NotRegistered));
    }

    #[test]
    fn mail_and_calendars_are_never_granted() {
        let asked = "openid EAS.AccessAsUser.All Mail.ReadWrite Calendars.Read email";
        assert_eq!(granted(asked, AccessPath::ActiveSync), "EAS.AccessAsUser.All openid email");
    }
}

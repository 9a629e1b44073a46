//! Proof Key for Code Exchange (RFC 7636), S256 only.

use identity::PkceChallenge;

use crate::parameters::Parameters;

/// Why a challenge is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChallengeError {
    /// `plain`, or no method at all, which means `plain`.
    #[error("code_challenge_method must be S256")]
    NotS256,
    /// Not the base64url form of a SHA-256 digest.
    #[error("code_challenge is malformed")]
    Malformed,
    /// None, from a client that needs one.
    #[error("code_challenge is required")]
    Missing,
}

/// The code challenge of an authorization request; `None` when it has none and `required` is false.
pub(crate) fn challenge(parameters: &Parameters, required: bool) -> Result<Option<PkceChallenge>, ChallengeError> {
    let Some(challenge) = parameters.get("code_challenge") else {
        // A method without a challenge, or an empty one, is a client that believes itself protected.
        let meant = parameters.has("code_challenge") || parameters.has("code_challenge_method");
        return if required || meant { Err(ChallengeError::Missing) } else { Ok(None) };
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(ChallengeError::NotS256);
    }
    PkceChallenge::s256(challenge).map(Some).ok_or(ChallengeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn of(query: &str, required: bool) -> Result<Option<String>, ChallengeError> {
        let parameters = Parameters::parse(query.as_bytes()).unwrap();
        challenge(&parameters, required).map(|challenge| challenge.map(|challenge| challenge.text().to_owned()))
    }

    #[test]
    fn only_s256_is_taken_and_plain_by_omission_is_not() {
        let full = format!("code_challenge={DIGEST}&code_challenge_method=S256");
        assert_eq!(of(&full, true), Ok(Some(DIGEST.into())));
        assert_eq!(
            of(&format!("code_challenge={DIGEST}&code_challenge_method=plain"), true),
            Err(ChallengeError::NotS256)
        );
        assert_eq!(of(&format!("code_challenge={DIGEST}"), false), Err(ChallengeError::NotS256));
        assert_eq!(of("code_challenge=short&code_challenge_method=S256", false), Err(ChallengeError::Malformed));
    }

    #[test]
    fn a_stripped_challenge_is_not_taken_for_a_client_without_one() {
        assert_eq!(of("code_challenge_method=S256", false), Err(ChallengeError::Missing));
        assert_eq!(of("code_challenge=&x=1", false), Err(ChallengeError::Missing));
        assert_eq!(of("x=1", true), Err(ChallengeError::Missing));
        assert_eq!(of("x=1", false), Ok(None));
    }
}

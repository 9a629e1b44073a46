//! Autodiscover as JSON, without credentials: the same answer for everybody, so that nobody learns who has an account.

use http::StatusCode;

/// What a client asks, from the path after `/autodiscover/autodiscover.json` and the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The protocol asked for; `None` when not said.
    pub protocol: Option<String>,
    /// The e-mail address, from `/v1.0/<email>` or `?Email=`; `None` when not said.
    pub email: Option<String>,
}

impl Request {
    /// Reads both spellings, names without regard to case.
    #[must_use]
    pub fn parse(rest_of_path: &str, query: Option<&str>) -> Self {
        let value = |wanted: &str| {
            form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.into_owned())
        };
        let in_path = rest_of_path
            .trim_matches('/')
            .split_once('/')
            .map(|(_version, email)| percent_encoding::percent_decode_str(email).decode_utf8_lossy().into_owned());
        Self {
            protocol: value("Protocol"),
            email: in_path.or_else(|| value("Email")).filter(|email| !email.is_empty()),
        }
    }

    /// The answer: an HTTP status and a JSON text. `url` is where ActiveSync is.
    #[must_use]
    pub fn answer(&self, url: &str) -> (StatusCode, String) {
        let error = |code: &str, message: &str| {
            let text = serde_json::json!({ "ErrorCode": code, "ErrorMessage": message });
            (StatusCode::BAD_REQUEST, text.to_string())
        };
        match (&self.protocol, &self.email) {
            (None, _) => {
                error("MandatoryParameterMissing", "A valid value must be provided for the query parameter 'Protocol'")
            }
            (_, None) => error("MandatoryParameterMissing", "A valid smtp address must be provided"),
            (Some(protocol), Some(_)) if protocol.eq_ignore_ascii_case("ActiveSync") => {
                (StatusCode::OK, serde_json::json!({ "Protocol": "ActiveSync", "Url": url }).to_string())
            }
            _ => error("InvalidProtocol", "The given protocol value is invalid. Supported values are 'ActiveSync'."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://eas.example.org/Microsoft-Server-ActiveSync";

    #[test]
    fn both_spellings_get_the_same_answer() {
        let in_path = Request::parse("/v1.0/anna@example.org", Some("Protocol=ActiveSync"));
        let in_query = Request::parse("", Some("Email=anna%40example.org&Protocol=ActiveSync"));
        assert_eq!(in_path, in_query);
        let (status, text) = in_path.answer(URL);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(text, format!(r#"{{"Protocol":"ActiveSync","Url":"{URL}"}}"#));
    }

    #[test]
    fn somebody_unknown_gets_the_answer_of_everybody() {
        let answer = |email: &str| Request::parse(&format!("/v1.0/{email}"), Some("Protocol=ActiveSync")).answer(URL);
        assert_eq!(answer("anna@example.org"), answer("nobody@nowhere.invalid"));
    }

    #[test]
    fn other_protocols_and_missing_parameters_are_refused() {
        let status = |path: &str, query: &str| Request::parse(path, Some(query)).answer(URL).0;
        assert_eq!(status("/v1.0/a@b", "Protocol=EWS"), StatusCode::BAD_REQUEST);
        assert_eq!(status("/v1.0/a@b", ""), StatusCode::BAD_REQUEST);
        assert_eq!(status("", "Protocol=ActiveSync"), StatusCode::BAD_REQUEST);
    }
}

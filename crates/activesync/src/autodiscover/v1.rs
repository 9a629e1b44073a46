//! Autodiscover as XML, for those who have proved who they are (MS-ASCMD 2.2.1.1 Autodiscover, MS-OXDSCLI).

use quick_xml::{Reader, escape::escape, events::Event};

use crate::limits::AUTODISCOVER_BYTES_MAX;

/// The namespace of the answer's root; iOS compares it literally.
const RESPONSE: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
/// The schema of ActiveSync's part, in the answer and in the request.
const MOBILESYNC: &str = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006";

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The e-mail address.
    pub email: String,
    /// The schema of an answer it understands.
    pub acceptable_schema: String,
}

/// Why a request cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// More than [`AUTODISCOVER_BYTES_MAX`].
    #[error("a request of {0} bytes")]
    TooLarge(usize),
    /// Not XML.
    #[error("not XML: {0}")]
    NotXml(String),
    /// No `EMailAddress`.
    #[error("no EMailAddress")]
    NoAddress,
}

impl Request {
    /// Reads the document. Namespaces are not looked at: clients differ in them.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > AUTODISCOVER_BYTES_MAX {
            return Err(RequestError::TooLarge(body.len()));
        }
        let text = std::str::from_utf8(body).map_err(|error| RequestError::NotXml(error.to_string()))?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}'));
        let mut request = Self::default();
        let mut element = String::new();
        loop {
            match reader.read_event().map_err(|error| RequestError::NotXml(error.to_string()))? {
                Event::Start(start) => start.local_name().as_ref().clone_into(&mut element),
                Event::End(_) => element.clear(),
                Event::Text(text) => match element.as_str() {
                    "EMailAddress" => request.email.push_str(text.trim()),
                    "AcceptableResponseSchema" => request.acceptable_schema.push_str(text.trim()),
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        if request.email.is_empty() { Err(RequestError::NoAddress) } else { Ok(request) }
    }

    /// Whether the client asks for ActiveSync's answer, as opposed to Outlook's.
    #[must_use]
    pub fn is_for_activesync(&self) -> bool {
        self.acceptable_schema.is_empty() || self.acceptable_schema.eq_ignore_ascii_case(MOBILESYNC)
    }
}

/// The answer: where ActiveSync is.
#[must_use]
pub fn encode(display_name: &str, email: &str, url: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"{RESPONSE}\"><Response xmlns=\"{MOBILESYNC}\"><Culture>en:en</Culture>\
         <User><DisplayName>{name}</DisplayName><EMailAddress>{email}</EMailAddress></User>\
         <Action><Settings><Server><Type>MobileSync</Type><Url>{url}</Url><Name>{url}</Name></Server></Settings>\
         </Action></Response></Autodiscover>",
        name = escape(display_name),
        email = escape(email),
        url = escape(url),
    )
}

/// The answer to a request for something else, or to none.
#[must_use]
pub fn encode_error(code: u32, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"{RESPONSE}\"><Response><Error><ErrorCode>{code}</ErrorCode>\
         <Message>{message}</Message><DebugData/></Error></Response></Autodiscover>",
        message = escape(message),
    )
}

/// The answer's schema is not offered (MS-OXDSCLI 3.1.5.4).
pub const PROVIDER_NOT_AVAILABLE: u32 = 601;
/// The request cannot be read.
pub const INVALID_REQUEST: u32 = 600;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IOS: &str = r#"<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
 <Request><EMailAddress>anna@example.org</EMailAddress>
  <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema>
 </Request></Autodiscover>"#;

    #[test]
    fn a_request_as_ios_writes_it() {
        let request = Request::parse(IOS.as_bytes()).unwrap();
        assert_eq!(request.email, "anna@example.org");
        assert!(request.is_for_activesync());
    }

    #[test]
    fn the_root_of_the_answer_has_the_namespace_ios_demands() {
        let answer = encode("Anna <A>", "anna@example.org", "https://eas.example.org/Microsoft-Server-ActiveSync");
        let root = r#"<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">"#;
        assert!(answer.contains(root));
        assert!(answer.contains("<DisplayName>Anna &lt;A&gt;</DisplayName>"));
        assert!(
            answer.contains("<Type>MobileSync</Type><Url>https://eas.example.org/Microsoft-Server-ActiveSync</Url>")
        );
    }

    #[test]
    fn outlook_s_own_request_is_told_apart() {
        let outlook = IOS.replace("mobilesync/responseschema/2006", "outlook/responseschema/2006a");
        assert!(!Request::parse(outlook.as_bytes()).unwrap().is_for_activesync());
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert_eq!(Request::parse(b"<Autodiscover/>"), Err(RequestError::NoAddress));
        assert!(matches!(Request::parse(b"<a><b></a>"), Err(RequestError::NotXml(_))));
        let large = vec![b' '; AUTODISCOVER_BYTES_MAX + 1];
        assert!(matches!(Request::parse(&large), Err(RequestError::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[<>/&a-c\"=! -]*") {
            let _ = Request::parse(&bytes);
            let _ = Request::parse(text.as_bytes());
        }
    }
}

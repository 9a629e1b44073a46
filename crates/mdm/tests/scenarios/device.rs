//! A device that writes its own property lists, as text, and reads answers as text.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use identity::ClientCertificate;

use crate::house::{House, TOPIC};

pub const CHECK_IN: &str = "application/x-apple-aspen-mdm-checkin";
pub const REPORT: &str = "application/x-apple-aspen-mdm";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n";

/// A property list around what is between its outermost braces.
pub fn plist(inner: &str) -> String {
    format!("{HEAD}{inner}</dict>\n</plist>\n")
}

pub fn entry(key: &str, value: &str) -> String {
    format!("\t<key>{key}</key>\n\t<string>{value}</string>\n")
}

/// The text behind a key; panics when there is none.
pub fn value(of: &str, key: &str) -> String {
    let behind = of.split_once(&format!("<key>{key}</key>")).unwrap_or_else(|| panic!("no {key} in {of}")).1;
    let value = behind.split_once('>').unwrap().1.split_once('<').unwrap().0;
    value.trim().to_owned()
}

/// A command that the device got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub uuid: String,
    pub kind: String,
    pub text: String,
}

pub struct Phone {
    /// `UDID` or `EnrollmentID`.
    pub key: &'static str,
    pub id: String,
    pub version: String,
    pub certificate: Arc<ClientCertificate>,
}

impl Phone {
    pub async fn of(house: &House, email: &str, id: &str) -> Self {
        let certificate = house.certificate(email).await;
        Self { key: "UDID", id: id.to_owned(), version: "17.2.1".to_owned(), certificate }
    }

    pub async fn personal(house: &House, email: &str, id: &str) -> Self {
        Self { key: "EnrollmentID", ..Self::of(house, email, id).await }
    }

    pub fn who(&self) -> String {
        entry(self.key, &self.id)
    }

    pub async fn put(&self, house: &House, path: &str, media_type: &str, body: String) -> (StatusCode, String) {
        let request = Request::put(path).header("Content-Type", media_type).extension(Arc::clone(&self.certificate));
        house.ask(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn check_in(&self, house: &House, kind: &str, more: &str) -> (StatusCode, String) {
        let body = plist(&format!("{}{}{more}", entry("MessageType", kind), self.who()));
        self.put(house, "/mdm/checkin", CHECK_IN, body).await
    }

    pub async fn authenticate(&self, house: &House) -> StatusCode {
        let more = [
            entry("Topic", TOPIC),
            entry("OSVersion", &self.version),
            entry("BuildVersion", "21C66"),
            entry("ProductName", "iPhone15,4"),
        ]
        .concat();
        let serial = if self.key == "UDID" { entry("SerialNumber", "C39ABCDEF") } else { String::new() };
        self.check_in(house, "Authenticate", &format!("{more}{serial}")).await.0
    }

    pub async fn token_update(&self, house: &House, more: &str) -> StatusCode {
        let token = "\t<key>Token</key>\n\t<data>\n\tq83vEjRWeJA=\n\t</data>\n";
        let more = format!("{}{}{token}{more}", entry("Topic", TOPIC), entry("PushMagic", "F0F0-magic"));
        self.check_in(house, "TokenUpdate", &more).await.0
    }

    pub async fn enrol(&self, house: &House) {
        assert_eq!(self.authenticate(house).await, StatusCode::OK);
        assert_eq!(self.token_update(house, "").await, StatusCode::OK);
    }

    /// Enrols and does everything that it is asked at once.
    pub async fn settle(&self, house: &House) {
        self.enrol(house).await;
        let mut next = self.idle(house).await;
        while let Some(got) = next {
            next = self.answer(house, &got).await;
        }
        house.push.take();
        house.heard.take();
    }

    pub async fn report(&self, house: &House, status: &str, uuid: Option<&str>, more: &str) -> Option<Got> {
        let uuid = uuid.map(|uuid| entry("CommandUUID", uuid)).unwrap_or_default();
        let body = plist(&format!("{}{}{uuid}{more}", entry("Status", status), self.who()));
        let (status, text) = self.put(house, "/mdm/connect", REPORT, body).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        (!text.is_empty()).then(|| Got { uuid: value(&text, "CommandUUID"), kind: value(&text, "RequestType"), text })
    }

    pub async fn idle(&self, house: &House) -> Option<Got> {
        self.report(house, "Idle", None, "").await
    }

    pub async fn acknowledge(&self, house: &House, got: &Got, more: &str) -> Option<Got> {
        self.report(house, "Acknowledged", Some(&got.uuid), more).await
    }

    pub async fn not_now(&self, house: &House, got: &Got) -> Option<Got> {
        self.report(house, "NotNow", Some(&got.uuid), "").await
    }

    /// What a device that is in order answers.
    pub async fn answer(&self, house: &House, got: &Got) -> Option<Got> {
        let more = match got.kind.as_str() {
            "DeviceInformation" => self.information(),
            "SecurityInfo" => security_info(self.key == "EnrollmentID"),
            "ProfileList" => profile_list(&[]),
            _ => String::new(),
        };
        self.acknowledge(house, got, &more).await
    }

    pub fn information(&self) -> String {
        let supervised = "\t\t<key>IsSupervised</key>\n\t\t<false/>\n";
        let inner =
            format!("{}{}{supervised}", entry("OSVersion", &self.version), entry("EASDeviceIdentifier", &self.eas()));
        format!("\t<key>QueryResponses</key>\n\t<dict>\n{inner}\t</dict>\n")
    }

    /// The ActiveSync DeviceId that it will use.
    pub fn eas(&self) -> String {
        let letters = self.id.chars().filter(char::is_ascii_alphanumeric);
        format!("EAS{}", letters.collect::<String>())
    }
}

pub fn security_info(user: bool) -> String {
    format!(
        "\t<key>SecurityInfo</key>\n\t<dict>\n\t<key>ManagementStatus</key>\n\t<dict>\n\t<key>IsUserEnrollment</key>\n\t<{user}/>\n\t</dict>\n\t</dict>\n"
    )
}

pub fn profile_list(profiles: &[(&str, &str)]) -> String {
    let one = |(identifier, uuid): &(&str, &str)| {
        format!("<dict>{}{}</dict>\n", entry("PayloadIdentifier", identifier), entry("PayloadUUID", uuid))
    };
    format!("\t<key>ProfileList</key>\n\t<array>\n{}\t</array>\n", profiles.iter().map(one).collect::<String>())
}

/// General first, specific last, as Apple's devices write them.
pub fn error_chain(links: &[(&str, i64, &str)]) -> String {
    let one = |(domain, code, text): &(&str, i64, &str)| {
        format!(
            "<dict>{}<key>ErrorCode</key><integer>{code}</integer>{}{}</dict>",
            entry("ErrorDomain", domain),
            entry("LocalizedDescription", "auf Deutsch"),
            entry("USEnglishDescription", text)
        )
    };
    format!("\t<key>ErrorChain</key>\n\t<array>{}</array>\n", links.iter().map(one).collect::<String>())
}

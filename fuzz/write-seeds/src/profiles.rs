//! Seeds of `profile_lint`: what is made here, and what others get wrong. Signed ones were added by hand.

use std::io;

use fleet::{
    declaration,
    enrolment::Enrolment,
    profile::{
        AccessRights, Account, ClientIdentity, Hub, Installation, MdmEnrolment, MdmServer, Options, Person, Profile,
        Scep, ServerUrl, SignIn, contacts, mdm_enrolment,
    },
};

use crate::seed;

/// Nothing is known of the device.
const ANY: u8 = 0;
/// User Enrollment, iOS 18.
const PERSONAL: u8 = 3 | 3 << 2;
/// Device enrolment, iOS 12, by hand.
const OLD: u8 = 1 | 2 << 2 | 16;

pub fn seeds() -> io::Result<()> {
    let account = Account::Exchange(SignIn::OAuthWithCertificate(scep()));
    let options = Options { account, restrictions: true, web_clip: true, ..Options::default() };
    let managed = contacts(&hub(), &person(), Enrolment::Device, &options);
    put("contacts", ANY, &managed.to_plist())?;
    put("contacts-personal", PERSONAL, &managed.to_plist())?;
    put("contacts-old", OLD, &managed.to_plist())?;
    put("contacts-binary", ANY, &binary(&managed))?;
    let card_dav = Account::CardDav { principal_url: None, port: Some(8443) };
    let by_hand = Options { account: card_dav, installation: Installation::ByHand, ..Options::default() };
    put("carddav", OLD, &contacts(&hub(), &person(), Enrolment::Device, &by_hand).to_plist())?;
    put("enrolment", ANY, &mdm_enrolment(&server(), &scep(), &MdmEnrolment::Profile).to_plist())?;
    let set = declaration::contacts(&hub(), &person(), Vec::new()).expect("a set");
    for (place, declaration) in set.iter().enumerate() {
        put(&format!("declaration-{place}"), PERSONAL, declaration.to_json().to_string().as_bytes())?;
    }
    let twice = String::from_utf8(managed.to_plist()).expect("XML is text");
    put("key-twice", ANY, twice.replacen("<key>SSL</key>", "<key>SSL</key><false/><key>SSL</key>", 1).as_bytes())?;
    put("web-page", ANY, b"<!DOCTYPE html><html><body>Sign in</body></html>")?;
    put("command", ANY, b"<plist><dict><key>Command</key><dict/></dict></plist>")?;
    let wrong = "<plist version=\"1.0\"><dict><key>PayloadType</key><string>Configuration</string><key>PayloadContent</key>\
        <array><dict><key>PayloadType</key><string>com.apple.eas.account</string><key>SSL</key><string>yes</string>\
        <key>EnableContacts</key><integer>1</integer><key>OAuthSignInURL</key><string>http://x/</string>\
        <key>Password</key><string>&#x41;&amp;</string><key>MailNumberOfPastDaysToSync</key><real>2.5</real></dict>\
        <dict><key>PayloadType</key><string>com.apple.applicationaccess</string>\
        <key>allowUnmanagedToReadManagedContacts</key><false/></dict><true/></array></dict></plist>";
    put("wrong", ANY, wrong.as_bytes())
}

fn put(name: &str, device: u8, file: &[u8]) -> io::Result<()> {
    seed("profile_lint", name, &[&[device], file].concat())
}

fn binary(profile: &Profile) -> Vec<u8> {
    let mut bytes = Vec::new();
    plist::to_writer_binary(&mut bytes, profile.dictionary()).expect("a property list in memory");
    bytes
}

fn hub() -> Hub {
    Hub {
        host: "contacts.example.org".to_owned(),
        sign_in_url: "https://contacts.example.org/oauth2/authorize".to_owned(),
        token_url: "https://contacts.example.org/oauth2/token".to_owned(),
        help_url: "https://contacts.example.org/help".to_owned(),
        organisation: "Example".to_owned(),
        identifier_prefix: "org.example".to_owned(),
    }
}

fn person() -> Person {
    Person { email: "anna@example.org".to_owned(), user_name: "anna".to_owned(), full_name: Some("Änna".to_owned()) }
}

fn scep() -> ClientIdentity {
    ClientIdentity::Scep(Scep {
        url: "https://contacts.example.org/scep".to_owned(),
        challenge: None,
        common_name: "anna".to_owned(),
        email: None,
        authority_fingerprint: vec![1; 20],
    })
}

fn server() -> MdmServer {
    MdmServer {
        server_url: ServerUrl::parse("https://mdm.example.org/connect").expect("an address"),
        check_in_url: None,
        topic: "External.1".to_owned(),
        sign_messages: true,
        rights: AccessRights::ROLLOUT,
        capabilities: Vec::new(),
        organisation: "Example".to_owned(),
        identifier_prefix: "org.example".to_owned(),
        roots: Vec::new(),
    }
}

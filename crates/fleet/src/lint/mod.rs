//! What is wrong with a configuration profile, ours or anybody's: [`lint`] reads any file that is called one and says
//! what would happen to whom. [`lint_declaration`] does the same for a declaration, against the table alone.
//!
//! To add a rule: a line in [`finding::Rule`], the check in the file whose subject it is, a profile that breaks it in
//! `tests/scenarios/rules.rs`; a test there fails for a rule that no profile breaks.

mod account;
mod certificate;
mod device_management;
mod finding;
mod payloads;
mod references;
mod restrictions;
mod signature;
mod table;

use std::fmt;

use access::version::Version;
use serde::Serialize;

pub use finding::{Finding, Rule, Severity};
pub use signature::Signer;

use self::finding::Findings;
use crate::{
    document::{self, Node, Unreadable, shown},
    enrolment::Enrolment,
    limits::FILE_BYTES_MAX,
    schema::schema,
};

/// The device a profile is meant for, as far as it is known. What is not known is not judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// How it is enrolled.
    pub enrolment: Option<Enrolment>,
    /// Its iOS.
    pub os: Option<Version>,
    /// A person installs the profile by hand; otherwise MDM does.
    pub manual: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Who signed it, as the file says; `None`: nobody. Nothing here checks the signature.
    pub signed_by: Option<Signer>,
    /// PayloadIdentifier, where there is one.
    pub identifier: Option<String>,
    /// Worst first, then by place.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether something would break.
    pub fn breaks(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(identifier) = &self.identifier {
            writeln!(f, "{identifier}")?;
        }
        if let Some(signer) = &self.signed_by {
            writeln!(f, "Signed by {signer}; the signature is not checked here.")?;
        }
        if self.findings.is_empty() {
            return writeln!(f, "Nothing is wrong with it.");
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

/// Looks at a file: a profile in XML or binary, bare or signed. Whatever the bytes are, there is a report.
pub fn lint(bytes: &[u8], context: &Context) -> Report {
    let mut findings = Findings::default();
    let (signed_by, root) = open(bytes, &mut findings);
    let mut identifier = None;
    if let Some(root) = root {
        identifier = root.get("PayloadIdentifier").and_then(Node::text).map(shown);
        payloads::profile(&root, context, &mut findings);
    }
    Report { signed_by, identifier, findings: findings.sorted() }
}

/// Looks at a declaration (`Type`, `Identifier`, `ServerToken`, `Payload`), against the table of keys.
pub fn lint_declaration(declaration: &serde_json::Value, context: &Context) -> Report {
    let mut findings = Findings::default();
    let node = Node::from(declaration);
    table::declaration(&node, context, &mut findings);
    let identifier = node.get("Identifier").and_then(Node::text).map(shown);
    Report { signed_by: None, identifier, findings: findings.sorted() }
}

/// Looks at a message of declarative management, such as `DeclarationItemsResponse`, against the table of keys.
pub fn lint_message(name: &str, message: &serde_json::Value) -> Report {
    let mut findings = Findings::default();
    match schema().message(name) {
        Some(keys) => table::Checker { context: &Context::default(), findings: &mut findings }.members(
            &Node::from(message),
            &[keys.keys()],
            "",
        ),
        None => findings.add(
            Rule::PayloadUnknown,
            name,
            format!("No message is called {}.", shown(name)),
            "Use a name of Apple's schema.",
        ),
    }
    Report { signed_by: None, identifier: None, findings: findings.sorted() }
}

/// The property list in a file, bare or taken out of its signature, which is not verified; `None` where none can be read.
#[must_use]
pub fn property_list(bytes: &[u8]) -> Option<Node> {
    open(bytes, &mut Findings::default()).1
}

/// The property list in a file, and who signed it.
fn open(bytes: &[u8], findings: &mut Findings) -> (Option<Signer>, Option<Node>) {
    if bytes.len() > FILE_BYTES_MAX {
        unreadable(&Unreadable::TooLong(bytes.len()), findings);
        return (None, None);
    }
    match signature::open(bytes) {
        signature::Opened::Plain => (None, read(bytes, findings)),
        signature::Opened::Signed { content, signer } => {
            signature::judge(signer.as_ref(), findings);
            let node = read(&content, findings);
            (signer, node)
        }
        signature::Opened::Encrypted => {
            findings.add(
                Rule::Encrypted,
                "",
                "The whole file is encrypted, so nothing in it can be looked at, and no device installs it from a file.",
                "Give the profile as it was before it was encrypted.",
            );
            (None, None)
        }
        signature::Opened::Broken(problem) => {
            findings.add(
                Rule::NotPlist,
                "",
                format!("It begins like a signed profile, but {problem}. No device would install it."),
                "Sign the profile again, with the profile inside the signature.",
            );
            (None, None)
        }
    }
}

fn read(bytes: &[u8], findings: &mut Findings) -> Option<Node> {
    document::read(bytes).map_err(|error| unreadable(&error, findings)).ok()
}

fn unreadable(error: &Unreadable, findings: &mut Findings) {
    let (rule, fix) = match error {
        Unreadable::TooLong(_) | Unreadable::TooDeep | Unreadable::TooMuch => {
            (Rule::TooLarge, "Profiles are a few kilobytes; see whether this is one, and take large data out of it.")
        }
        Unreadable::WebPage => {
            (Rule::NotPlist, "Download the profile again, signed in; a browser saved the page in its place.")
        }
        Unreadable::Empty | Unreadable::Truncated => (Rule::NotPlist, "Download or export the profile again."),
        Unreadable::Xml { .. } | Unreadable::Binary(_) | Unreadable::Unknown => {
            (Rule::NotPlist, "Write it as an XML property list, as Apple's tools do.")
        }
    };
    findings.add(rule, "", format!("This is no profile: {error}. No device would install it."), fix);
}

/// The path of a key below another.
fn below(path: &str, key: &str) -> String {
    if path.is_empty() { shown(key) } else { format!("{path}.{}", shown(key)) }
}

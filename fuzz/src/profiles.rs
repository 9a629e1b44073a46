//! Configuration profiles and declarations from anywhere.

use access::version::Version;
use fleet::{
    enrolment::Enrolment,
    limits::FINDINGS_MAX,
    lint::{Context, Report, lint, lint_declaration},
};

/// The first byte says for which device; what follows is a file, and a declaration if it is JSON.
pub fn profile_lint(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let context = context(*kind);
    let report = lint(bytes, &context);
    assert_eq!(report, lint(bytes, &context), "the same file is judged twice in two ways");
    assert!(report.signed_by.is_none() || bytes.first() == Some(&0x30), "nobody signed this");
    assert!(report.identifier.is_some() || !report.findings.is_empty(), "what has no name is no profile");
    sound(&report);
    if let Ok(json) = serde_json::from_slice(bytes) {
        sound(&lint_declaration(&json, &context));
    }
}

fn context(kind: u8) -> Context {
    let enrolment = match kind & 3 {
        0 => None,
        1 => Some(Enrolment::Device),
        2 => Some(Enrolment::Supervised),
        _ => Some(Enrolment::User),
    };
    let os = match kind >> 2 & 3 {
        0 => None,
        1 => Some(Version::major(9)),
        2 => Some(Version::major(12)),
        _ => Some(Version::major(18)),
    };
    Context { enrolment, os, manual: kind & 16 != 0 }
}

/// A report that can be shown on a terminal and read by a script.
fn sound(report: &Report) {
    assert!(report.findings.len() <= FINDINGS_MAX);
    assert!(report.findings.iter().map(|finding| finding.severity).is_sorted(), "the worst comes first");
    let shown = report.to_string();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "a stranger's text gives orders to the terminal");
    assert!(serde_json::to_string(report).is_ok());
}

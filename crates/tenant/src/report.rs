//! A report: for people, as JSON for scripts, as SARIF for pipelines.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    finding::{Finding, Severity},
    rules::{RULES, Rule},
};

/// What a check found, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn of(mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|one, two| {
            let key =
                |finding: &Finding| (finding.severity, finding.rule, finding.objects.clone(), finding.text.clone());
            key(one).cmp(&key(two))
        });
        findings.dedup();
        Self { findings }
    }

    /// The findings: errors, then warnings, then what is worth knowing; by rule and object within.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether people of the rollout would be locked out, doubled or exposed as things stand.
    #[must_use]
    pub fn would_break(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// `[{rule, severity, objects, text, fix, evidence}]`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// SARIF 2.1.0.
    #[must_use]
    pub fn to_sarif(&self) -> Value {
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "bothways fleet check",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": RULES.iter().map(sarif_rule).collect::<Vec<_>>(),
                } },
                "columnKind": "unicodeCodePoints",
                "results": self.findings.iter().map(sarif_result).collect::<Vec<_>>(),
            }],
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn sarif_rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": format!("{}. Described in docs/checks.md, section {}.", rule.summary, rule.id) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn sarif_result(finding: &Finding) -> Value {
    let locations: Vec<Value> = finding
        .files
        .iter()
        .map(|file| {
            json!({
                "physicalLocation": { "artifactLocation": { "uri": uri(file) } },
                "logicalLocations": finding.objects.iter().map(|object| json!({ "name": object })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "ruleId": finding.rule,
        "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule),
        "level": level(finding.severity),
        "message": { "text": format!("{} {}", finding.text, finding.fix) },
        "locations": locations,
        "properties": { "evidence": finding.evidence },
    })
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

/// A file name as a relative reference.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.bytes() {
        match byte {
            b'\\' => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.extend(['%', hex(byte >> 4), hex(byte & 0x0F)]),
        }
    }
    uri
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{:7} {}", finding.severity.word(), finding.rule)?;
            if !finding.objects.is_empty() {
                writeln!(f, "        {}", finding.objects.join(", "))?;
            }
            writeln!(f, "        {}", finding.text)?;
            for evidence in &finding.evidence {
                writeln!(
                    f,
                    "        - {} ({}): {} = {}",
                    evidence.object, evidence.file, evidence.property, evidence.value
                )?;
            }
            writeln!(f, "        To mend it: {}\n", finding.fix)?;
        }
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings, infos) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
        write!(f, "{errors} that would break, {warnings} to mind, {infos} to know.")
    }
}

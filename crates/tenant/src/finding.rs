//! What the rules find.

use serde::Serialize;

use crate::{export::assignment::Head, reach::Reach};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As things stand, people in the rollout would be locked out, doubled or exposed.
    Error,
    /// It would become so.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// One step milder.
    #[must_use]
    pub fn milder(self) -> Self {
        match self {
            Self::Error => Self::Warning,
            Self::Warning | Self::Info => Self::Info,
        }
    }

    /// Milder where the export does not tell whether it reaches anybody.
    #[must_use]
    pub fn when(self, reach: Reach) -> Self {
        if reach == Reach::May { self.milder() } else { self }
    }

    /// The word of `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A value that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Evidence {
    /// The object.
    pub object: String,
    /// The file it stands in.
    pub file: String,
    /// The property, as the export names it.
    pub property: String,
    /// Its value.
    pub value: String,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// One of [`crate::rules::RULES`].
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The names of the objects that it is about, or of their files.
    pub objects: Vec<String>,
    /// What would happen to which people.
    pub text: String,
    /// How to mend it.
    pub fix: String,
    /// The values that it rests on.
    pub evidence: Vec<Evidence>,
    /// The files that it is about.
    #[serde(skip)]
    pub files: Vec<String>,
}

impl Finding {
    pub(crate) fn new(rule: &'static str, severity: Severity, text: String, fix: impl Into<String>) -> Self {
        let (objects, evidence, files) = (Vec::new(), Vec::new(), Vec::new());
        Self { rule, severity, objects, text, fix: fix.into(), evidence, files }
    }

    /// Names an object that it is about.
    pub(crate) fn about(mut self, head: &Head) -> Self {
        if !self.objects.contains(&head.name) {
            self.objects.push(head.name.clone());
        }
        if !self.files.contains(&head.file) {
            self.files.push(head.file.clone());
        }
        self
    }

    /// Names several.
    pub(crate) fn about_all<'a>(self, heads: impl IntoIterator<Item = &'a Head>) -> Self {
        heads.into_iter().fold(self, Self::about)
    }

    /// Adds a value that it rests on, and the object that has it.
    pub(crate) fn showing(mut self, head: &Head, property: &str, value: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            object: head.name.clone(),
            file: head.file.clone(),
            property: property.to_owned(),
            value: value.into(),
        });
        self.about(head)
    }
}

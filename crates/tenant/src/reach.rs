//! Whether something reaches somebody, as far as an export tells.

use std::ops::Not;

use serde::Serialize;

/// Whether something reaches somebody. Ordered by certainty, so that `max` is "or" and `min` is "and".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// It does not.
    #[default]
    No,
    /// The export does not tell.
    May,
    /// It does.
    Does,
}

impl Reach {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether it is not ruled out.
    #[must_use]
    pub fn possible(self) -> bool {
        self != Self::No
    }

    /// What is not ruled out is taken for certain.
    #[must_use]
    pub fn assumed(self) -> Self {
        if self.possible() { Self::Does } else { Self::No }
    }
}

impl From<bool> for Reach {
    fn from(value: bool) -> Self {
        if value { Self::Does } else { Self::No }
    }
}

impl Not for Reach {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Does,
            Self::May => Self::May,
            Self::Does => Self::No,
        }
    }
}

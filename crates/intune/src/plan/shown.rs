//! A plan for reading.

use std::fmt;

use super::{Action, Class, Plan, Step};

impl Action {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Create => ("+", "create"),
            Self::Update => ("~", "change"),
            Self::Replace => ("±", "replace"),
            Self::Assign => (">", "assign"),
            Self::Nothing => ("=", "as wanted"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, verb) = self.action.words();
        write!(f, "{sign} {verb}: {}", self.name)?;
        if self.class > Class::Harmless {
            write!(f, "  [{}]", self.class)?;
        }
        writeln!(f)?;
        for change in &self.changes {
            write!(f, "    {}", change.words)?;
            if change.class > Class::Harmless {
                write!(f, "  [{}]", change.class)?;
            }
            writeln!(f)?;
        }
        if self.action != Action::Nothing {
            for note in &self.notes {
                writeln!(f, "    note: {note}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |action: Action| self.steps.iter().filter(|step| step.action == action).count();
        writeln!(
            f,
            "set {}: {} to create, {} to change, {} to replace, {} to assign, {} as wanted",
            self.set,
            count(Action::Create),
            count(Action::Update),
            count(Action::Replace),
            count(Action::Assign),
            count(Action::Nothing),
        )?;
        for step in &self.steps {
            write!(f, "{step}")?;
        }
        for left in &self.left_over {
            writeln!(f, "! left over: {}: no longer wanted, stays until somebody deletes it", left.name)?;
        }
        if self.class() > Class::Harmless {
            writeln!(f, "The plan {}.", self.class())?;
        }
        Ok(())
    }
}

//! A policy: rules with names, and what holds when none of them does.

use serde::Serialize;

use crate::{
    condition::{Answer, Condition},
    facts::Facts,
};

/// What becomes of a device. The order is that of how much it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing.
    Block,
    /// An account that is valid and empty, until it is cleared.
    Quarantine,
    /// The person's contacts.
    Allow,
}

impl Verdict {
    /// The name in policies and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Quarantine => "quarantine",
            Self::Allow => "allow",
        }
    }

    /// The verdict of this name; `None` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Block, Self::Quarantine, Self::Allow].into_iter().find(|verdict| verdict.name() == name)
    }
}

/// The kinds of rules, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `[[block]]`
    Block,
    /// `[[quarantine]]`
    Quarantine,
    /// `[[allow]]`
    Allow,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Block, Self::Quarantine, Self::Allow];

    /// What a rule of this kind decides.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Block => Verdict::Block,
            Self::Quarantine => Verdict::Quarantine,
            Self::Allow => Verdict::Allow,
        }
    }

    /// How an unknown fact counts in a rule of this kind that does not say.
    #[must_use]
    pub fn unknown(self) -> Unknown {
        match self {
            Self::Quarantine => Unknown::Matches,
            Self::Block | Self::Allow => Unknown::Fails,
        }
    }
}

/// How a fact that nobody knows counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// As if the condition held.
    Matches,
    /// As if it did not.
    Fails,
}

/// A rule: it applies when all its conditions hold and not all its exceptions do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Names it in decisions; unique in a policy.
    pub name: String,
    /// What has to hold. None at all: it always applies.
    pub conditions: Vec<Condition>,
    /// What must not hold, taken together; empty for none.
    pub except: Vec<Condition>,
    /// How an unknown fact counts. [`Unknown::Fails`] in every `allow` rule.
    pub unknown: Unknown,
}

/// How a rule meets the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match<'a> {
    /// It applies; with the first condition that is only taken to hold, because its fact is unknown.
    Applies(Option<&'a Condition>),
    /// This condition does not hold.
    Fails(&'a Condition),
    /// This condition's fact is unknown, and that is not enough.
    Unknown(&'a Condition),
    /// The exceptions hold; the last of them.
    Excepted(&'a Condition),
}

impl Rule {
    /// Whether it applies. An unknown fact in an exception counts against the rule's effect as it does in a condition: a
    /// rule that an unknown fact satisfies is not excepted by one.
    pub(crate) fn meets(&self, facts: &Facts) -> Match<'_> {
        let mut unknown = None;
        for condition in &self.conditions {
            match condition.check(facts) {
                Answer::Yes => {}
                Answer::No => return Match::Fails(condition),
                Answer::Unknown => unknown = unknown.or(Some(condition)),
            }
        }
        if let (Some(condition), Unknown::Fails) = (unknown, self.unknown) {
            return Match::Unknown(condition);
        }
        let holds = |condition: &Condition| match condition.check(facts) {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Unknown => self.unknown == Unknown::Fails,
        };
        match self.except.last() {
            Some(last) if self.except.iter().all(holds) => Match::Excepted(last),
            _ => Match::Applies(unknown),
        }
    }
}

/// Whether a person may have more than one account on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondAccount {
    /// No: the one that was there first stays.
    #[default]
    Refuse,
    /// Yes; each is a device of its own.
    Allow,
}

/// What an administrator decides about devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Asked first.
    pub block: Vec<Rule>,
    /// Asked second.
    pub quarantine: Vec<Rule>,
    /// Asked third.
    pub allow: Vec<Rule>,
    /// What holds when no rule applies.
    pub default: Verdict,
    /// Whether a person may have more than one account on a device.
    pub second_account: SecondAccount,
}

impl Default for Policy {
    /// No rules: everybody who may sign in is let in, on every device, once per device.
    fn default() -> Self {
        Self {
            block: Vec::new(),
            quarantine: Vec::new(),
            allow: Vec::new(),
            default: Verdict::Allow,
            second_account: SecondAccount::default(),
        }
    }
}

impl Policy {
    /// The rules of a kind, in their order.
    #[must_use]
    pub fn rules(&self, kind: Kind) -> &[Rule] {
        match kind {
            Kind::Block => &self.block,
            Kind::Quarantine => &self.quarantine,
            Kind::Allow => &self.allow,
        }
    }

    /// The rules of a kind, to be changed.
    pub fn rules_mut(&mut self, kind: Kind) -> &mut Vec<Rule> {
        match kind {
            Kind::Block => &mut self.block,
            Kind::Quarantine => &mut self.quarantine,
            Kind::Allow => &mut self.allow,
        }
    }

    /// Whether a rule asks how many devices a person has, which costs a look at all of them.
    #[must_use]
    pub fn counts_devices(&self) -> bool {
        let counts = |condition: &Condition| matches!(condition, Condition::DevicesOver(_));
        Kind::ALL
            .into_iter()
            .flat_map(|kind| self.rules(kind))
            .any(|rule| rule.conditions.iter().chain(&rule.except).any(counts))
    }
}

//! The decision: questions in a fixed order, and the first answer that decides.

use serde::Serialize;

use crate::{
    condition::Condition,
    facts::{AccountOnDevice, DevicePolicy, Exemption, Facts, Standing},
    policy::{Kind, Match, Policy, Rule, SecondAccount, Verdict},
};

/// The questions, in the order in which they are asked: Exchange's, with the one about second accounts among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Has anybody proved who they are?
    Authenticated,
    /// Is ActiveSync on for this person?
    ActiveSync,
    /// Is it their only account on this device?
    OnlyAccount,
    /// Does the device keep to the device policy?
    DevicePolicy,
    /// Did an administrator decide about this person on this device?
    Exemption,
    /// Does a block rule apply?
    BlockRules,
    /// Does a quarantine rule apply?
    QuarantineRules,
    /// Does an allow rule apply?
    AllowRules,
    /// What holds otherwise.
    Default,
}

impl Question {
    /// The question, for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Authenticated => "Signed in?",
            Self::ActiveSync => "ActiveSync on for this person?",
            Self::OnlyAccount => "Their only account on this device?",
            Self::DevicePolicy => "Device policy kept?",
            Self::Exemption => "Personal exemption?",
            Self::BlockRules => "Block rule?",
            Self::QuarantineRules => "Quarantine rule?",
            Self::AllowRules => "Allow rule?",
            Self::Default => "Otherwise",
        }
    }

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Block => Self::BlockRules,
            Kind::Quarantine => Self::QuarantineRules,
            Kind::Allow => Self::AllowRules,
        }
    }
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "rule")]
pub enum Reason {
    /// Nobody has proved who they are.
    NotAuthenticated,
    /// The person is shut out everywhere.
    Disabled,
    /// ActiveSync is off for the person.
    ActiveSyncOff,
    /// The person has another account on this device.
    SecondAccount,
    /// The device does not keep to the device policy yet.
    DevicePolicy,
    /// A personal exemption.
    Exemption,
    /// The rule of this name.
    Rule(String),
    /// The policy's default.
    Default,
}

impl Reason {
    /// For people and for records.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::NotAuthenticated => "not signed in".into(),
            Self::Disabled => "the person is disabled".into(),
            Self::ActiveSyncOff => "ActiveSync is off for the person".into(),
            Self::SecondAccount => "a second account of the same person on the same device".into(),
            Self::DevicePolicy => "the device policy is not kept yet".into(),
            Self::Exemption => "personal exemption".into(),
            Self::Rule(name) => format!("rule {name:?}"),
            Self::Default => "default".into(),
        }
    }
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The question.
    pub question: Question,
    /// Which rule it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The verdict, where this decided; `None` where the next question was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, for people.
    pub because: String,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What becomes of the device.
    pub verdict: Verdict,
    /// What decided.
    #[serde(flatten)]
    pub reason: Reason,
    /// Every question that was asked; the last one decided.
    pub reasons: Vec<Step>,
}

/// Decides. The same facts and policy give the same decision, always; every request gets one.
#[must_use]
pub fn decide(facts: &Facts, policy: &Policy) -> Decision {
    let mut asking = Asking { steps: Vec::with_capacity(8) };
    let (verdict, reason) = asking.run(facts, policy);
    Decision { verdict, reason, reasons: asking.steps }
}

struct Asking {
    steps: Vec<Step>,
}

type Decided = (Verdict, Reason);

impl Asking {
    fn run(&mut self, facts: &Facts, policy: &Policy) -> Decided {
        let earlier = self
            .person(facts)
            .or_else(|| self.account(facts, policy))
            .or_else(|| self.device_policy(facts))
            .or_else(|| self.exemption(facts));
        if let Some(decided) = earlier {
            return decided;
        }
        for kind in Kind::ALL {
            if let Some(decided) = self.rules(facts, kind, policy.rules(kind)) {
                return decided;
            }
        }
        let because = format!("default = {:?}", policy.default.name());
        self.decide(Question::Default, None, policy.default, Reason::Default, because)
    }

    fn pass(&mut self, question: Question, rule: Option<&Rule>, because: impl Into<String>) {
        let rule = rule.map(|rule| rule.name.clone());
        self.steps.push(Step { question, rule, verdict: None, because: because.into() });
    }

    fn decide(
        &mut self,
        question: Question,
        rule: Option<&Rule>,
        verdict: Verdict,
        reason: Reason,
        because: impl Into<String>,
    ) -> Decided {
        let rule = rule.map(|rule| rule.name.clone());
        self.steps.push(Step { question, rule, verdict: Some(verdict), because: because.into() });
        (verdict, reason)
    }

    fn person(&mut self, facts: &Facts) -> Option<Decided> {
        let Some(person) = &facts.person else {
            let because = "nobody has proved who they are";
            let reason = Reason::NotAuthenticated;
            return Some(self.decide(Question::Authenticated, None, Verdict::Block, reason, because));
        };
        let how = facts.sign_in.map_or_else(String::new, |way| format!(", by {}", way.name()));
        self.pass(Question::Authenticated, None, format!("yes: {}{how}", person.email));
        let (reason, because) = match person.standing {
            Standing::Enabled => {
                self.pass(Question::ActiveSync, None, "yes");
                return None;
            }
            Standing::Disabled => (Reason::Disabled, "no: the person is disabled"),
            Standing::ActiveSyncOff => (Reason::ActiveSyncOff, "no: it was turned off for this person"),
        };
        Some(self.decide(Question::ActiveSync, None, Verdict::Block, reason, because))
    }

    fn account(&mut self, facts: &Facts, policy: &Policy) -> Option<Decided> {
        const QUESTION: Question = Question::OnlyAccount;
        match (&facts.device.account, policy.second_account) {
            (AccountOnDevice::Only, _) => self.pass(QUESTION, None, "yes"),
            (AccountOnDevice::Second { first, this }, SecondAccount::Allow) => {
                self.pass(QUESTION, None, format!("no: {first} beside {this}, which second_account allows"));
            }
            (AccountOnDevice::Second { first, this }, SecondAccount::Refuse) => {
                let because = format!("no: {this} is the same person on the same device as {first}");
                return Some(self.decide(QUESTION, None, Verdict::Block, Reason::SecondAccount, because));
            }
        }
        None
    }

    fn device_policy(&mut self, facts: &Facts) -> Option<Decided> {
        const QUESTION: Question = Question::DevicePolicy;
        match facts.device.policy {
            DevicePolicy::NotRequired => self.pass(QUESTION, None, "none is required"),
            DevicePolicy::Met => self.pass(QUESTION, None, "yes"),
            DevicePolicy::Unmet => {
                let because = "not yet: the device is told to provision first";
                return Some(self.decide(QUESTION, None, Verdict::Block, Reason::DevicePolicy, because));
            }
        }
        None
    }

    fn exemption(&mut self, facts: &Facts) -> Option<Decided> {
        let Some(exemption) = facts.device.exemption else {
            self.pass(Question::Exemption, None, "none");
            return None;
        };
        let verdict = match exemption {
            Exemption::Allow => Verdict::Allow,
            Exemption::Quarantine => Verdict::Quarantine,
            Exemption::Block => Verdict::Block,
        };
        let because = format!("{} for this person on this device", exemption.name());
        Some(self.decide(Question::Exemption, None, verdict, Reason::Exemption, because))
    }

    fn rules(&mut self, facts: &Facts, kind: Kind, rules: &[Rule]) -> Option<Decided> {
        let question = Question::of(kind);
        if rules.is_empty() {
            self.pass(question, None, "there are none");
        }
        for rule in rules {
            let because = match rule.meets(facts) {
                Match::Applies(unsure) => {
                    let because = match unsure {
                        None => holds(rule, facts),
                        Some(condition) => {
                            format!("{condition}: unknown, which a {} rule takes for a yes", kind.verdict().name())
                        }
                    };
                    let reason = Reason::Rule(rule.name.clone());
                    return Some(self.decide(question, Some(rule), kind.verdict(), reason, because));
                }
                Match::Fails(condition) => format!("no: {condition}; it is: {}", condition.fact(facts)),
                Match::Unknown(condition) => {
                    format!("no: {condition}; it is unknown, which satisfies no {} rule", kind.verdict().name())
                }
                Match::Excepted(condition) => format!("no: excepted by {condition}; it is: {}", condition.fact(facts)),
            };
            self.pass(question, Some(rule), because);
        }
        None
    }
}

/// What holds, with what it holds of.
fn holds(rule: &Rule, facts: &Facts) -> String {
    let one = |condition: &Condition| format!("{condition} (it is: {})", condition.fact(facts));
    rule.conditions.iter().map(one).collect::<Vec<_>>().join(", ")
}

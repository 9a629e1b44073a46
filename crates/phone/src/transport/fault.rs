//! What goes wrong between a phone and its server.

use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkFault {
    /// The connection breaks before anything is sent: the server never hears of it.
    CloseBeforeSending,
    /// The request is sent whole and the connection closed at once: the server may or may not act on it.
    CloseAfterSending,
    /// The server has acted and answered, and the answer never arrives.
    LoseAnswer,
    /// The answer's first bytes arrive, then the connection breaks.
    CutAnswer,
    /// The request is delivered a second time right after it was answered.
    Duplicate,
    /// The request is delivered a second time after the next request was answered.
    DuplicateLate,
}

/// How often each fault happens, as probabilities; what is left of 1 goes well.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct FaultRates {
    /// Of [`LinkFault::CloseBeforeSending`].
    pub close_before_sending: f64,
    /// Of [`LinkFault::CloseAfterSending`].
    pub close_after_sending: f64,
    /// Of [`LinkFault::LoseAnswer`].
    pub lose_answer: f64,
    /// Of [`LinkFault::CutAnswer`].
    pub cut_answer: f64,
    /// Of [`LinkFault::Duplicate`].
    pub duplicate: f64,
    /// Of [`LinkFault::DuplicateLate`].
    pub duplicate_late: f64,
}

impl FaultRates {
    /// Draws what happens to one request.
    pub(super) fn draw(&self, dice: &mut StdRng) -> Option<LinkFault> {
        let faults = [
            (self.close_before_sending, LinkFault::CloseBeforeSending),
            (self.close_after_sending, LinkFault::CloseAfterSending),
            (self.lose_answer, LinkFault::LoseAnswer),
            (self.cut_answer, LinkFault::CutAnswer),
            (self.duplicate, LinkFault::Duplicate),
            (self.duplicate_late, LinkFault::DuplicateLate),
        ];
        if faults.iter().all(|(rate, _)| *rate <= 0.0) {
            return None;
        }
        let mut drawn: f64 = dice.random();
        for (rate, fault) in faults {
            if drawn < rate {
                return Some(fault);
            }
            drawn -= rate;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let rates = FaultRates { lose_answer: 0.3, duplicate: 0.3, ..FaultRates::default() };
        let draw = |seed| {
            let mut dice = StdRng::seed_from_u64(seed);
            (0..50).map(|_| rates.draw(&mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).contains(&Some(LinkFault::LoseAnswer)) && draw(7).contains(&None));
    }
}

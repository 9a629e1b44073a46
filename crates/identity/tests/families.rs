//! Whatever a client, a thief and the network do with refresh tokens: there is one line of them, and whoever comes back
//! with an old one ends it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use identity::{GrantError, Secret};
use ledger::testing::sqlite;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use support::{House, SECOND};

#[derive(Debug, Clone)]
enum Step {
    /// Somebody shows the refresh token that was handed out as the nth.
    Show(usize),
    /// The same, and the answer is lost: nobody has what came of it.
    ShowAndLose(usize),
    /// Time passes, in seconds.
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..6).prop_map(Step::Show),
        2 => (0_usize..6).prop_map(Step::ShowAndLose),
        1 => prop_oneof![Just(1_i64), Just(60), Just(121), Just(90_000)].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..24)
}

/// What the rules say: tokens by their place in the one line, the newest last.
struct Model {
    /// The place of the token that is valid.
    valid: usize,
    /// Seconds since it took the place of the one before.
    since: i64,
    dead: bool,
}

impl Model {
    /// The place of the successor, if the token at this place gets one.
    fn show(&mut self, place: usize) -> Option<usize> {
        if self.dead {
            return None;
        }
        if place == self.valid {
            self.valid += 1;
            self.since = 0;
            return Some(self.valid);
        }
        // No access token is ever shown here, so no answer is known to have arrived.
        if place + 1 == self.valid && self.since <= 86_400 {
            return Some(self.valid);
        }
        self.dead = true;
        None
    }
}

#[test]
fn there_is_one_line_of_refresh_tokens_and_reuse_ends_it() {
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            sqlite(async |database| follow(&House::with_anna(&database).await, &steps).await);
            Ok(())
        })
        .unwrap();
}

async fn follow(house: &House, steps: &[Step]) {
    let first = house.begin().await.refresh_token.unwrap();
    let mut line: Vec<Secret> = vec![first];
    // Tokens that somebody holds, by their place in the line.
    let mut held = vec![0];
    let mut model = Model { valid: 0, since: 0, dead: false };
    for step in steps {
        let (which, lost) = match step {
            Step::Pass(seconds) => {
                house.pass(seconds * SECOND);
                model.since += seconds;
                continue;
            }
            Step::Show(which) => (which, false),
            Step::ShowAndLose(which) => (which, true),
        };
        let place = held[which % held.len()];
        let answer = house.refresh(&line[place]).await;
        match (model.show(place), answer) {
            (Some(successor), Ok(grant)) => {
                let token = grant.refresh_token.unwrap();
                match line.get(successor) {
                    Some(known) => assert_eq!(*known, token, "one token has one successor"),
                    None => line.push(token),
                }
                if !lost && !held.contains(&successor) {
                    held.push(successor);
                }
            }
            (None, Err(GrantError::Invalid(_))) => {}
            (expected, answer) => panic!("{step:?}: expected {expected:?}, and got {:?}", answer.map(|_| ())),
        }
        let living = house.identity.sessions("anna").await.unwrap().iter().filter(|one| one.ended.is_none()).count();
        assert_eq!(living, usize::from(!model.dead));
    }
    if model.dead {
        for token in &line {
            assert!(
                matches!(house.refresh(token).await, Err(GrantError::Invalid(_))),
                "nothing of a dead line is good"
            );
        }
    }
}

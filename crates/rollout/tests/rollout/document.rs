//! The state document: read wholly or refused.

use rollout::state::{Rollout, document::DocumentError};

use super::{
    bench::{Bench, at_once},
    world::Phone,
};

async fn halfway() -> Bench {
    let phones = vec![
        ("D1", Phone { signed_out: true, ..Phone::new("17.2", "a@example.com") }),
        ("D2", Phone::new("12.5", "b@example.com")),
    ];
    let mut bench = Bench::of(phones, at_once()).await;
    bench.settle().await;
    bench
}

#[tokio::test]
async fn it_is_read_as_it_was_written() {
    let mut bench = halfway().await;
    let read = Rollout::from_document(&bench.world.document()).unwrap();
    assert_eq!(&read, bench.rig.rollout().await.unwrap());
}

#[tokio::test]
async fn one_from_a_newer_release_is_refused_and_stays_as_it_is() {
    let bench = halfway().await;
    let newer = String::from_utf8(bench.world.document()).unwrap().replacen("\"version\":1", "\"version\":2", 1);
    let refused = Rollout::from_document(newer.as_bytes()).unwrap_err();
    assert_eq!(refused, DocumentError::Newer(2));
    assert!(refused.to_string().contains("a newer release wrote it; nothing was changed"));
    // Also when nothing else of it is as today.
    let shape = br#"{"format":"bothways-rollout","version":7,"segments":[]}"#;
    assert_eq!(Rollout::from_document(shape).unwrap_err(), DocumentError::Newer(7));
}

#[tokio::test]
async fn one_that_is_cut_off_anywhere_is_refused() {
    let document = halfway().await.world.document();
    for end in (0..document.len()).step_by(97).chain([document.len() - 1]) {
        assert!(matches!(Rollout::from_document(&document[..end]), Err(DocumentError::Damaged(_))), "{end}");
    }
}

#[tokio::test]
async fn one_that_says_something_else_is_refused() {
    let document = String::from_utf8(halfway().await.world.document()).unwrap();
    let told_otherwise = document.replacen("12.5", "17.5", 1);
    assert_ne!(document, told_otherwise);
    assert_eq!(Rollout::from_document(told_otherwise.as_bytes()).unwrap_err(), DocumentError::Checksum);
    for other in ["{}", "[]", "17", r#"{"format":"bothways-access","version":1}"#] {
        assert_eq!(Rollout::from_document(other.as_bytes()).unwrap_err(), DocumentError::OtherFormat, "{other}");
    }
}

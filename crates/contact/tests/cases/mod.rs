//! How many random cases a law is tried on.

use proptest::test_runner::Config;

/// `usual` cases, or as many as `PROPTEST_CASES` asks for (`./test --long`).
pub fn cases(usual: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = Config { failure_persistence: None, ..Config::default() };
    if asked { config } else { Config { cases: usual, ..config } }
}

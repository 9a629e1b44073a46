use intune::exchange::{AccessLevel, Exported, RuleState, compare, desired_rules, script};

use crate::company::{everything, hub};

#[test]
fn native_clients_are_let_into_exchange_only_where_it_is_the_server() {
    let rules = desired_rules(&everything());
    let queries: Vec<_> = rules.iter().map(|rule| (rule.query.as_str(), rule.level)).collect();
    assert_eq!(queries, [("iPhone", AccessLevel::Allow), ("iPad", AccessLevel::Allow)]);
    assert!(compare(&rules, &Exported::default()).iter().all(|standing| standing.state == RuleState::Missing));
    assert!(desired_rules(&hub()).is_empty());
    assert!(!script(&desired_rules(&hub())).contains("New-"));
}

//! What the cross-check of the company's policies means for a rollout: whom it would lock out.

use std::collections::BTreeSet;

use rollout::readiness::Lockout;
use serde_json::json;
use tenant::{
    Finding, Options, Severity, Tenant, check,
    conditional_access::{SignIn, Verdict, evaluate_each},
};

/// The families of rules whose errors keep people out of the account: Conditional Access, Exchange's device rules and
/// mailboxes, compliance.
const FAMILIES: [&str; 4] = ["CA-", "ABQ-", "CAS-", "CMP-"];

/// The findings that lock people out as things stand, and whom of these people.
///
/// A finding about mailboxes hits their owners, one about Conditional Access those whose sign-in its policies refuse; any
/// other, and one that cannot be pinned on anybody, hits everybody.
pub fn lockouts(
    tenant: &Tenant,
    options: &Options,
    people: impl IntoIterator<Item = String>,
) -> anyhow::Result<Vec<Lockout>> {
    let report = check(tenant, options);
    let locks = |finding: &&Finding| {
        finding.severity == Severity::Error && FAMILIES.iter().any(|of| finding.rule.starts_with(of))
    };
    let findings: Vec<&Finding> = report.findings().iter().filter(locks).collect();
    let refusals = if findings.iter().any(|finding| finding.rule.starts_with("CA-")) {
        refusals(tenant, options, people)?
    } else {
        Vec::new()
    };
    let lockout = |finding: &&Finding| {
        let hit = match finding.rule {
            rule if rule.starts_with("CA-") => refused(finding, &refusals),
            rule if rule.starts_with("CAS-") => owners(finding, tenant),
            _ => BTreeSet::new(),
        };
        Lockout { rule: finding.rule.to_owned(), people: Some(hit).filter(|hit| !hit.is_empty()) }
    };
    Ok(findings.iter().map(lockout).collect())
}

/// Everybody with the policies that refuse a sign-in of the native Contacts app or at the hub, from a device of which
/// nothing good is known.
fn refusals(
    tenant: &Tenant,
    options: &Options,
    people: impl IntoIterator<Item = String>,
) -> anyhow::Result<Vec<(String, BTreeSet<String>)>> {
    let people: BTreeSet<String> = people.into_iter().map(|email| email.to_lowercase()).collect();
    let sign_in = |email: &String| {
        SignIn::of(&json!({
            "signInIdentity": { "userPrincipalName": email },
            "signInConditions": { "devicePlatform": "iOS", "deviceInfo": { "isCompliant": false } },
        }))
    };
    let sign_ins = people.iter().map(sign_in).collect::<Result<Vec<_>, _>>()?;
    let refusing = |verdicts: Vec<Verdict>| {
        let refused = verdicts.into_iter().filter(|verdict| !verdict.allowed);
        refused.flat_map(|verdict| verdict.decided_by).collect()
    };
    let by_person = evaluate_each(tenant, &sign_ins, options).map(refusing);
    Ok(people.iter().cloned().zip(by_person).collect())
}

fn refused(finding: &Finding, refusals: &[(String, BTreeSet<String>)]) -> BTreeSet<String> {
    let hit = |policies: &BTreeSet<String>| finding.objects.iter().any(|object| policies.contains(object));
    refusals.iter().filter(|(_, policies)| hit(policies)).map(|(email, _)| email.clone()).collect()
}

fn owners(finding: &Finding, tenant: &Tenant) -> BTreeSet<String> {
    let named = tenant.mailboxes.iter().filter(|mailbox| finding.objects.contains(&mailbox.head.name));
    named.flat_map(|mailbox| mailbox.owner.addresses.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const PEOPLE: [&str; 2] = ["Anna@example.com", "ben@example.com"];
    const GROUP: &str = "11111111-1111-1111-1111-111111111111";

    fn tenant(more: &[(&str, Value)]) -> Tenant {
        let user =
            |name: &str| json!({ "id": name, "userPrincipalName": format!("{name}@example.com"), "displayName": name });
        let member = |name: &str| json!({ "id": name, "userPrincipalName": format!("{name}@example.com"), "@odata.type": "#microsoft.graph.user" });
        let mut files = vec![
            (
                "profile.json",
                json!({
                    "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration", "id": "c-1", "displayName": "Contacts",
                    "hostName": "outlook.office365.com", "accountName": "Contacts", "useOAuth": true, "easServices": "contacts",
                    "easServicesUserOverrideEnabled": false, "authenticationMethod": "usernameAndPassword",
                    "assignments": [{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP } }],
                }),
            ),
            ("anna.json", user("anna")),
            ("ben.json", user("ben")),
            (
                "group.json",
                json!({ "id": GROUP, "displayName": "Pilot", "@odata.type": "#microsoft.graph.group", "members": [member("anna"), member("ben")] }),
            ),
        ];
        files.extend(more.iter().cloned());
        Tenant::read(files.into_iter().map(|(name, value)| (name.to_owned(), value.to_string().into_bytes())))
    }

    fn found(tenant: &Tenant) -> Vec<(String, Option<Vec<String>>)> {
        let lockouts = lockouts(tenant, &Options::default(), PEOPLE.map(str::to_owned)).unwrap();
        let plain = |lockout: Lockout| (lockout.rule, lockout.people.map(|people| people.into_iter().collect()));
        lockouts.into_iter().map(plain).collect()
    }

    fn policy(users: &Value) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.conditionalAccessPolicy", "id": "ca", "displayName": "Apps only", "state": "enabled",
            "conditions": {
                "users": users, "clientAppTypes": ["all"],
                "applications": { "includeApplications": ["00000002-0000-0ff1-ce00-000000000000"] },
            },
            "grantControls": { "operator": "OR", "builtInControls": ["approvedApplication"] },
        })
    }

    #[test]
    fn a_policy_for_one_locks_one_out_and_a_policy_for_all_everybody() {
        assert_eq!(found(&tenant(&[])), []);
        let of_anna = found(&tenant(&[("ca.json", policy(&json!({ "includeUsers": ["anna"] })))]));
        assert!(
            of_anna.contains(&("CA-APPROVED-APP".to_owned(), Some(vec!["anna@example.com".to_owned()]))),
            "{of_anna:?}"
        );
        let of_all = found(&tenant(&[("ca.json", policy(&json!({ "includeUsers": ["All"] })))]));
        let both = vec!["anna@example.com".to_owned(), "ben@example.com".to_owned()];
        assert!(of_all.contains(&("CA-APPROVED-APP".to_owned(), Some(both))), "{of_all:?}");
    }

    #[test]
    fn a_mailbox_with_activesync_off_locks_its_owner_out() {
        let mailbox = json!([{ "Name": "ben", "DisplayName": "Ben", "PrimarySmtpAddress": "ben@example.com", "ActiveSyncEnabled": "False" }]);
        let found = found(&tenant(&[("Get-CASMailbox.json", mailbox)]));
        assert!(
            found.contains(&("CAS-EAS-DISABLED".to_owned(), Some(vec!["ben@example.com".to_owned()]))),
            "{found:?}"
        );
    }

    #[test]
    fn a_rule_that_blocks_iphones_locks_everybody_out() {
        let rule = json!([{ "Name": "iPhone", "Characteristic": "DeviceType", "QueryString": "iPhone", "AccessLevel": "Block" }]);
        let found = found(&tenant(&[("Get-ActiveSyncDeviceAccessRule.json", rule)]));
        assert!(found.contains(&("ABQ-IPHONE-BLOCK".to_owned(), None)), "{found:?}");
    }
}

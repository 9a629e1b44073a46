use std::time::Duration;

use intune::{
    role::Role,
    verify::{State, follow, verify},
};
use serde_json::json;

use crate::company::{Company, everything, hub, wanted};

#[tokio::test]
async fn verify_says_what_is_there_what_differs_and_what_is_missing() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    assert!(verify(&company.graph, &wanted(&everything())).await.unwrap().is_as_wanted());
    {
        let mut world = company.tenant.world();
        world.named("deviceConfigurations", "Managed contacts")["contactsAllowUnmanagedToManagedRead"] = json!(true);
        world.objects.get_mut("deviceCompliancePolicies").unwrap().clear();
    }
    let report = verify(&company.graph, &wanted(&everything())).await.unwrap();
    let state = |role: Role| report.objects.iter().find(|object| object.role == role).unwrap().state.clone();
    assert_eq!(state(Role::Account), State::AsWanted);
    assert_eq!(state(Role::Compliance), State::Missing);
    assert_eq!(
        state(Role::Restrictions),
        State::Differs(vec!["personal apps may read managed contacts: yes → no".to_owned()])
    );
    assert!(report.to_string().contains("missing  Contoso - Compliance"));
}

#[tokio::test]
async fn verify_follows_the_account_to_the_devices() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let id =
        company.tenant.world().named("deviceConfigurations", "Contacts account")["id"].as_str().unwrap().to_owned();
    let counts = |success: u64, pending: u64, failed: u64| {
        json!({"successCount": success, "pendingCount": pending, "failedCount": failed, "errorCount": 0,
               "notApplicableCount": 3, "configurationVersion": 1})
    };
    company.tenant.world().status.insert(id.clone(), counts(10, 5, 0));
    let mut told = Vec::new();
    let desired = wanted(&hub());
    let mut tell = |report: &intune::verify::Report| {
        told.push(
            report.objects.iter().find_map(|object| object.devices.filter(|devices| devices.succeeded > 0)).unwrap(),
        );
        company.tenant.world().status.insert(id.clone(), counts(14, 0, 1));
    };
    let report = follow(&company.graph, &desired, Duration::from_mins(5), 10, &mut tell).await.unwrap();
    assert_eq!(told.iter().map(|devices| devices.pending).collect::<Vec<_>>(), [5, 0]);
    assert!(report.is_settled() && report.is_as_wanted());
    assert_eq!(report.failures(), 1);
    assert!(report.to_string().contains("on 14 devices, 1 failed"), "{report}");
}

#[tokio::test]
async fn counts_of_an_earlier_version_prove_nothing() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let id = {
        let mut world = company.tenant.world();
        let account = world.named("deviceConfigurations", "Contacts account");
        account["version"] = json!(2);
        account["id"].as_str().unwrap().to_owned()
    };
    let old = json!({"successCount": 9, "pendingCount": 0, "configurationVersion": 1});
    company.tenant.world().status.insert(id, old);
    let report = verify(&company.graph, &wanted(&hub())).await.unwrap();
    assert!(!report.is_settled());
}

use intune::{
    apply::{ApplyError, Journal},
    rollback::{Foreign, rollback},
};
use serde_json::json;

use crate::{
    company::{Company, everything, hub, until_crash},
    stand_in::What,
};

async fn back(company: &Company, journal: Journal) -> Result<Journal, ApplyError> {
    rollback(&company.graph, journal, Foreign::Stays, &mut |_| Ok(())).await
}

#[tokio::test]
async fn an_empty_tenant_is_empty_again() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    let journal = company.bring(&everything()).await;
    let journal = back(&company, journal).await.unwrap();
    assert!(journal.is_undone());
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test]
async fn what_was_changed_and_replaced_is_as_it_was() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        world.named("deviceCompliancePolicies", "Compliance")["osMinimumVersion"] = json!("15.0");
        world.named("deviceCompliancePolicies", "Compliance")["passcodeMinimumLength"] = json!(6);
        world.named("policies", "compliant device")["grantControls"]["builtInControls"] = json!(["mfa"]);
        world.named("policies", "compliant device")["state"] = json!("enabled");
        world.named("targetedManagedAppConfigurations", "Save Contacts off")["apps"] = json!([]);
        world.named("deviceConfigurations", "Contacts account")["assignments"] = json!([]);
    }
    let before = company.tenant.world().content();
    let mut settings = hub();
    settings.conditional_access = everything().conditional_access;
    settings.compliance.as_mut().unwrap().grace_hours = 1;
    let journal = company.bring(&settings).await;
    assert_ne!(company.tenant.world().content(), before);
    back(&company, journal).await.unwrap();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test]
async fn going_back_from_any_prefix_and_through_any_crash_restores() {
    let company = Company::new().await;
    let mut crash = 0;
    loop {
        company.start_over();
        company.bring(&everything()).await;
        let before = company.tenant.world().content();
        let plan = company.plan(&hub()).await;
        let (journal, finished) = until_crash(&company, &plan, None, crash).await;
        if let Some(journal) = journal {
            let mut kept = journal.clone();
            let mut left = crash % 4;
            let mut keep = |journal: &Journal| {
                if left == 0 {
                    return Err(std::io::Error::other("died"));
                }
                left -= 1;
                kept = journal.clone();
                Ok(())
            };
            let died = rollback(&company.graph, journal, Foreign::Stays, &mut keep).await;
            assert!(matches!(died, Ok(_) | Err(ApplyError::Keeping(_))), "{died:?}");
            back(&company, kept).await.unwrap();
        }
        assert_eq!(company.tenant.world().content(), before, "after a crash at {crash}");
        if finished {
            break;
        }
        crash += 1;
    }
    assert!(crash > 4);
}

#[tokio::test]
async fn an_answer_that_never_came_is_undone_too() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    let plan = company.plan(&hub()).await;
    // The create is kept as intended, done, and the process dies before it can be kept as done.
    let (journal, _) = until_crash(&company, &plan, None, 1).await;
    assert_ne!(company.tenant.world().content(), before);
    back(&company, journal.unwrap()).await.unwrap();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test]
async fn what_somebody_changed_since_stays_unless_it_is_forced() {
    let company = Company::new().await;
    let journal = company.bring(&hub()).await;
    company.tenant.world().named("deviceCompliancePolicies", "Compliance")["osMinimumVersion"] = json!("18.0");
    let content = company.tenant.world().content();
    let error = back(&company, journal.clone()).await.unwrap_err();
    assert!(error.to_string().contains("Contoso - Compliance was altered by somebody"), "{error}");
    assert_eq!(company.tenant.world().content(), content, "nothing at all was undone");
    rollback(&company.graph, journal, Foreign::Overwritten, &mut |_| Ok(())).await.unwrap();
    assert!(company.tenant.world().objects["deviceCompliancePolicies"].is_empty());
}

#[tokio::test]
async fn a_policy_that_an_administrator_has_enforced_is_not_taken_away_by_the_way() {
    let company = Company::new().await;
    let journal = company.bring(&everything()).await;
    company.tenant.world().named("policies", "compliant device")["state"] = json!("enabled");
    assert!(matches!(back(&company, journal).await, Err(ApplyError::Changed(_))));
}

#[tokio::test]
async fn lost_answers_on_the_way_back_make_nothing_twice() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let before = company.tenant.world().content();
    let journal = company.bring(&hub()).await;
    for (method, path) in
        [("POST", "deviceConfigurations"), ("DELETE", "deviceConfigurations"), ("POST", "/assign"), ("PATCH", "")]
    {
        company.tenant.fault(method, path, What::LoseAnswer);
    }
    back(&company, journal).await.unwrap();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test]
async fn consent_that_was_there_before_stays() {
    let company = Company::new().await;
    {
        let mut world = company.tenant.world();
        let apple = json!({"id": "apple", "appId": "f8d98a96-0999-43f5-8af3-69971c7bb423", "accountEnabled": true});
        world.objects.get_mut("servicePrincipals").unwrap().push(apple);
    }
    let journal = company.bring(&everything()).await;
    back(&company, journal).await.unwrap();
    let world = company.tenant.world();
    assert_eq!(world.objects["servicePrincipals"].len(), 2);
    assert!(world.objects["oauth2PermissionGrants"].is_empty());
}

#[tokio::test]
async fn what_was_rolled_back_is_not_applied_again_by_its_journal() {
    let company = Company::new().await;
    let plan = company.plan(&hub()).await;
    let journal = company.apply(&plan).await.unwrap();
    let journal = back(&company, journal).await.unwrap();
    let classes = crate::company::all_classes();
    let error = intune::apply::apply(&company.graph, &plan, &classes, Some(journal.clone()), &mut |_| Ok(())).await;
    assert!(matches!(error, Err(ApplyError::RolledBack)));
    let again = back(&company, journal).await.unwrap();
    assert!(again.is_undone());
}

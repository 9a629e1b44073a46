use intune::{
    apply::{ApplyError, Journal, apply},
    plan::{Action, Class, Confirmed},
    role::Role,
};
use serde_json::json;

use crate::{
    company::{Company, EMERGENCY, SALES, all_classes, everything, hub, until_crash},
    stand_in::World,
};

#[tokio::test]
async fn conditional_access_is_made_report_only_and_for_nobody_but_the_given_groups() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let world = company.tenant.world();
    assert_eq!(world.objects["policies"].len(), 2);
    for policy in &world.objects["policies"] {
        assert_eq!(policy["state"], "enabledForReportingButNotEnforced");
        let users = &policy["conditions"]["users"];
        assert_eq!(users["includeGroups"], json!([SALES]));
        assert_eq!(users["excludeGroups"], json!([EMERGENCY]));
        assert_eq!((&users["includeUsers"], &users["excludeUsers"]), (&json!([]), &json!([])));
    }
}

#[tokio::test]
async fn whoever_is_in_an_existing_policy_stays_in_it_and_it_stays_enforced() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let theirs =
        json!({"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [EMERGENCY]});
    {
        let mut world = company.tenant.world();
        let policy = world.named("policies", "compliant device");
        policy["conditions"]["users"] = theirs.clone();
        policy["conditions"]["locations"] = json!({"includeLocations": ["All"]});
        policy["conditions"]["platforms"]["includePlatforms"] = json!(["android"]);
        policy["state"] = json!("enabled");
    }
    let plan = company.plan(&everything()).await;
    let step = plan.step(Role::CompliantDevice).unwrap();
    assert!(step.notes.iter().any(|note| note.contains("never changed")), "{plan}");
    company.apply(&plan).await.unwrap();
    let mut world = company.tenant.world();
    let policy = world.named("policies", "compliant device");
    assert_eq!(policy["conditions"]["platforms"]["includePlatforms"], json!(["iOS"]));
    assert_eq!(policy["conditions"]["users"]["includeUsers"], json!(["All"]));
    assert_eq!(policy["conditions"]["users"]["excludeGroups"], json!([EMERGENCY]));
    assert_eq!(policy["conditions"]["locations"], json!({"includeLocations": ["All"]}), "what others added stays");
    assert_eq!(policy["state"], "enabled");
}

#[tokio::test]
async fn a_plan_that_was_altered_to_enforce_or_to_name_everybody_is_refused() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    let altered = |path: &str, value: serde_json::Value| {
        let mut plan = plan.clone();
        let step = plan.steps.iter_mut().find(|step| step.role == Role::CompliantDevice).unwrap();
        *step.wanted.pointer_mut(path).unwrap() = value;
        plan
    };
    for plan in [
        altered("/state", json!("enabled")),
        altered("/conditions/users/includeUsers", json!(["All"])),
        altered("/conditions/users/includeGroups", json!([])),
    ] {
        assert!(matches!(company.apply(&plan).await, Err(ApplyError::Forbidden { .. })));
    }
    assert_eq!(company.tenant.world().writes(), 0);
}

#[tokio::test]
async fn classes_that_nobody_agreed_to_are_refused_before_anything_is_done() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    let signing_in = Confirmed::nothing().and(Class::AsksToSignInAgain);
    let error = apply(&company.graph, &plan, &signing_in, None, &mut |_| Ok(())).await.unwrap_err();
    assert!(matches!(&error, ApplyError::NotConfirmed(steps) if steps.len() == 3), "{error}");
    assert_eq!(company.tenant.world().writes(), 0);
}

#[tokio::test]
async fn consent_and_outlook_come_before_the_account_and_assignments_last() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let world = company.tenant.world();
    let writes: Vec<_> = world.asked.iter().filter(|asked| asked.method != "GET").collect();
    let created = |part: &str| writes.iter().position(|asked| asked.body.to_string().contains(part)).unwrap();
    let account = created("iosEasEmailProfileConfiguration");
    assert!(created("f8d98a96-0999-43f5-8af3-69971c7bb423") < account);
    assert!(created("EAS.AccessAsUser.All") < account);
    assert!(created("iosMobileAppConfiguration") < account);
    assert!(created("Save Contacts off (managed apps)") < account);
    let first_assign = writes.iter().position(|asked| asked.path.ends_with("/assign")).unwrap();
    assert!(writes[first_assign..].iter().all(|asked| asked.path.ends_with("/assign")));
    assert!(writes[first_assign].path.contains("mobileAppConfigurations"), "Outlook's export goes off first");
}

#[tokio::test]
async fn applying_again_asks_but_writes_nothing() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    let journal = company.apply(&plan).await.unwrap();
    assert!(journal.is_complete());
    let (content, writes) = {
        let world = company.tenant.world();
        (world.content(), world.writes())
    };
    let again = apply(&company.graph, &plan, &all_classes(), Some(journal.clone()), &mut |_| Ok(())).await.unwrap();
    assert_eq!(again, journal);
    company.apply(&plan).await.unwrap();
    let world = company.tenant.world();
    assert_eq!((world.content(), world.writes()), (content, writes));
}

#[tokio::test]
async fn a_crash_after_any_step_is_gone_on_from_and_ends_as_one_run() {
    let whole = Company::new().await;
    let plan = whole.plan(&everything()).await;
    let mut keeps = 0;
    apply(&whole.graph, &plan, &all_classes(), None, &mut |_| {
        keeps += 1;
        Ok(())
    })
    .await
    .unwrap();
    let wanted = stable(&whole.tenant.world());
    let company = Company::new().await;
    for crash in 0..keeps {
        company.start_over();
        let plan = company.plan(&everything()).await;
        let (journal, finished) = until_crash(&company, &plan, None, crash).await;
        assert!(!finished);
        let (_, finished) = until_crash(&company, &plan, journal, usize::MAX).await;
        assert!(finished);
        assert_eq!(stable(&company.tenant.world()), wanted, "after a crash at {crash}");
        assert!(company.plan(&everything()).await.is_empty());
    }
}

/// What a tenant says, with ids that the service draws replaced by what they stand for.
fn stable(world: &World) -> String {
    let mut text = serde_json::to_string_pretty(&world.content()).unwrap();
    for (collection, objects) in &world.objects {
        for object in objects {
            let name = object["displayName"].as_str().or(object["appId"].as_str()).unwrap_or("grant");
            text = text.replace(object["id"].as_str().unwrap(), &format!("{collection}/{name}"));
        }
    }
    text
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_replacement_leaves_one_account() {
    let company = Company::new().await;
    let mut crash = 0;
    loop {
        company.start_over();
        company.bring(&everything()).await;
        let plan = company.plan(&hub()).await;
        let (journal, finished) = until_crash(&company, &plan, None, crash).await;
        if finished {
            break;
        }
        until_crash(&company, &plan, journal, usize::MAX).await;
        let world = company.tenant.world();
        let count = world.objects["deviceConfigurations"]
            .iter()
            .filter(|object| object["displayName"] == "Contoso - Contacts account")
            .count();
        assert_eq!(count, 1, "after a crash at {crash}");
        crash += 1;
    }
    assert!(crash > 4);
}

#[tokio::test]
async fn a_tenant_that_changed_between_plan_and_apply_is_left_alone() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        world.named("deviceConfigurations", "Contacts account")["easServices"] = json!("contacts,email");
        world.named("deviceCompliancePolicies", "Compliance")["osMinimumVersion"] = json!("12.0");
    }
    let plan = company.plan(&everything()).await;
    let writes = {
        let mut world = company.tenant.world();
        world.named("deviceCompliancePolicies", "Compliance")["passcodeMinimumLength"] = json!(8);
        world.writes()
    };
    let error = company.apply(&plan).await.unwrap_err();
    let ApplyError::Changed(what) = &error else { panic!("{error}") };
    assert_eq!(what, &["Contoso - Compliance: passcodeMinimumLength was changed by somebody"]);
    assert_eq!(company.tenant.world().writes(), writes, "nothing was done, not even to what had not changed");
    let fresh = company.plan(&everything()).await;
    company.apply(&fresh).await.unwrap();
}

#[tokio::test]
async fn a_save_without_a_change_in_the_portal_does_not_stop_a_plan() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    company.tenant.world().named("deviceConfigurations", "Contacts account")["easServices"] = json!("contacts,email");
    let plan = company.plan(&everything()).await;
    {
        let mut world = company.tenant.world();
        let account = world.named("deviceConfigurations", "Contacts account");
        account["version"] = json!(9);
        account["lastModifiedDateTime"] = json!("2026-11-22T00:00:00Z");
    }
    company.apply(&plan).await.unwrap();
    assert!(company.plan(&everything()).await.is_empty());
}

#[tokio::test]
async fn assignments_that_somebody_changed_since_are_not_overwritten() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let mut wider = hub();
    wider.audience.exclude = vec![];
    let plan = company.plan(&wider).await;
    assert_eq!(plan.step(Role::Account).unwrap().action, Action::Assign);
    company.tenant.world().named("deviceConfigurations", "Contacts account")["assignments"] = json!([]);
    let error = company.apply(&plan).await.unwrap_err();
    assert!(error.to_string().contains("its assignments were changed by somebody"), "{error}");
}

#[tokio::test]
async fn an_object_of_that_name_that_appeared_since_is_not_taken_for_ours() {
    let company = Company::new().await;
    let plan = company.plan(&hub()).await;
    let other = Company::new().await;
    other.bring(&hub()).await;
    let mut stranger = other.tenant.world().named("deviceCompliancePolicies", "Compliance").clone();
    stranger["description"] = json!("made in the portal meanwhile");
    company.tenant.world().objects.insert("deviceCompliancePolicies".to_owned(), vec![stranger]);
    let error = company.apply(&plan).await.unwrap_err();
    assert!(error.to_string().contains("has appeared"), "{error}");
    assert_eq!(company.tenant.world().writes(), 0);
}

#[tokio::test]
async fn every_kind_of_change_arrives() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let mut settings = everything();
    settings.account_name = "New name".to_owned();
    settings.compliance.as_mut().unwrap().grace_hours = 24;
    settings.export.as_mut().unwrap().fields.clear();
    company.tenant.world().named("targetedManagedAppConfigurations", "Save Contacts off")["apps"] = json!([]);
    let plan = company.plan(&settings).await;
    company.apply(&plan).await.unwrap();
    assert!(company.plan(&settings).await.is_empty());
    let mut world = company.tenant.world();
    assert_eq!(world.count("POST", "/scheduleActionsForRules"), 1);
    let rules = &world.named("deviceCompliancePolicies", "Compliance")["scheduledActionsForRule"];
    assert_eq!(rules[0]["scheduledActionConfigurations"][0]["gracePeriodHours"], 24);
}

#[tokio::test]
async fn a_journal_of_another_plan_or_of_a_newer_version_is_refused() {
    let company = Company::new().await;
    let plan = company.plan(&hub()).await;
    let other = Journal::new(company.plan(&everything()).await);
    let error = apply(&company.graph, &plan, &all_classes(), Some(other), &mut |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, ApplyError::OtherPlan));
    assert!(Journal::from_json(br#"{"format": 7}"#).is_err());
    assert!(Journal::from_json(b"not JSON").is_err());
}

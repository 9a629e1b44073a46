use intune::{
    desired::{Compliance, ConditionalAccess, Export, Include, Mode, SettingsError, desired},
    graph::GraphError,
    plan::{Action, Class, PlanError},
    role::{Role, SetName},
};
use serde_json::json;

use crate::company::{Company, DIRECTORS, FREELANCERS, SALES, everything, group, hub, profile, wanted};

#[tokio::test]
async fn an_empty_tenant_gets_everything_and_after_that_nothing() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    assert!(plan.steps.iter().all(|step| step.action == Action::Create), "{plan}");
    assert_eq!(plan.steps.len(), 13);
    company.apply(&plan).await.unwrap();
    let again = company.plan(&everything()).await;
    assert!(again.is_empty(), "{again}");
}

#[tokio::test]
async fn the_same_tenant_gives_the_same_plan() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let mut settings = everything();
    settings.prefix = "Contoso Ltd".to_owned();
    let (first, second) = (company.plan(&settings).await, company.plan(&settings).await);
    assert_eq!(first, second);
    assert_eq!(first.to_string(), second.to_string());
    let kept = serde_json::to_vec(&first).unwrap();
    assert_eq!(intune::plan::Plan::from_json(&kept).unwrap(), first);
}

#[tokio::test]
async fn a_changed_service_set_is_shown_as_asking_people_to_sign_in_again() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    company.tenant.world().named("deviceConfigurations", "Contacts account")["easServices"] =
        json!("contacts,calendars");
    let plan = company.plan(&everything()).await;
    let step = plan.step(Role::Account).unwrap();
    assert_eq!((step.action, step.class), (Action::Update, Class::AsksToSignInAgain));
    assert!(
        plan.to_string()
            .contains("what is synchronised: contacts,calendars → contacts  [asks people to sign in again]")
    );
    assert_eq!(plan.class(), Class::AsksToSignInAgain);
}

#[tokio::test]
async fn the_order_of_flags_and_what_the_service_adds_are_no_difference() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        let account = world.named("deviceConfigurations", "Contacts account");
        account["supportsScopeTags"] = json!(true);
        account["version"] = json!(17);
        account["lastModifiedDateTime"] = json!("2026-11-20T00:00:00Z");
        let policy = world.named("policies", "compliant device");
        policy["templateId"] = json!("x");
        policy["conditions"]["signInRiskLevels"] = json!([]);
    }
    assert!(company.plan(&everything()).await.is_empty());
}

#[tokio::test]
async fn another_name_is_harmless_and_finds_the_same_object() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let renamed = intune::desired::Settings { prefix: "Contoso Ltd".to_owned(), ..everything() };
    let plan = company.plan(&renamed).await;
    assert_eq!(plan.class(), Class::Harmless, "{plan}");
    assert!(plan.steps.iter().all(|step| matches!(step.action, Action::Update | Action::Nothing)), "{plan}");
}

#[tokio::test]
async fn an_object_of_that_name_that_somebody_made_by_hand_is_taken_over() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        world.named("deviceCompliancePolicies", "Compliance")["description"] = json!("ours by hand");
    }
    let plan = company.plan(&everything()).await;
    let step = plan.step(Role::Compliance).unwrap();
    assert_eq!((step.action, step.class), (Action::Update, Class::Harmless), "{plan}");
}

#[tokio::test]
async fn two_objects_of_one_name_need_a_person_to_tell_them_apart() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        let mut twin = world.named("deviceCompliancePolicies", "Compliance").clone();
        twin["id"] = json!("twin");
        world.objects.get_mut("deviceCompliancePolicies").unwrap().push(twin);
    }
    let error = intune::plan::make(&company.graph, &wanted(&everything())).await.unwrap_err();
    assert!(matches!(&error, PlanError::Ambiguous { ids, .. } if ids.contains(&"twin".to_owned())), "{error}");
}

#[tokio::test]
async fn two_sets_live_side_by_side() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let mut main = everything();
    main.set = SetName::parse("main").unwrap();
    main.audience.include = Include::Groups(vec![group(DIRECTORS)]);
    main.audience.exclude = vec![];
    let plan = company.plan(&main).await;
    let created = plan.steps.iter().filter(|step| step.action == Action::Create).count();
    assert_eq!(created, 11, "only consent is shared: {plan}");
    company.apply(&plan).await.unwrap();
    assert!(company.plan(&everything()).await.is_empty());
    assert!(company.plan(&main).await.is_empty());
}

#[tokio::test]
async fn the_template_is_replaced_by_the_hubs_own_profile_because_a_type_cannot_change() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let plan = company.plan(&hub()).await;
    let step = plan.step(Role::Account).unwrap();
    assert_eq!((step.action, step.class), (Action::Replace, Class::AsksToSignInAgain), "{plan}");
    company.apply(&plan).await.unwrap();
    let world = company.tenant.world();
    let accounts: Vec<_> = world.objects["deviceConfigurations"]
        .iter()
        .filter(|object| object["displayName"] == "Contoso - Contacts account")
        .collect();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["@odata.type"], "#microsoft.graph.iosCustomConfiguration");
    assert_eq!(accounts[0]["assignments"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_profile_with_another_host_asks_people_to_sign_in_and_the_same_account_does_not() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let mut settings = hub();
    settings.mode = Mode::HubProfile { profile: profile("other.contoso.example") };
    assert_eq!(company.plan(&settings).await.class(), Class::AsksToSignInAgain);
    let mut bytes = profile("hub.contoso.example");
    bytes.extend_from_slice(b"\n<!-- another comment -->\n");
    settings.mode = Mode::HubProfile { profile: bytes };
    let plan = company.plan(&settings).await;
    let step = plan.step(Role::Account).unwrap();
    assert_eq!((step.action, step.class), (Action::Update, Class::Harmless), "{plan}");
}

#[tokio::test]
async fn a_demand_can_lock_out_and_a_label_cannot() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    {
        let mut world = company.tenant.world();
        world.named("policies", "compliant device")["grantControls"]["builtInControls"] = json!(["mfa"]);
        world.named("deviceCompliancePolicies", "Compliance")["managedEmailProfileRequired"] = json!(false);
        world.named("deviceConfigurations", "Managed contacts")["contactsAllowUnmanagedToManagedRead"] = json!(true);
    }
    let plan = company.plan(&everything()).await;
    for role in [Role::CompliantDevice, Role::Compliance, Role::Restrictions] {
        assert_eq!(plan.step(role).unwrap().class, Class::CanLockOut, "{plan}");
    }
}

#[tokio::test]
async fn fewer_people_with_the_account_are_asked_to_sign_in_again_when_they_get_it_back() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    let mut settings = hub();
    settings.audience.include = Include::Groups(vec![group(SALES), group(FREELANCERS)]);
    let plan = company.plan(&settings).await;
    let step = plan.step(Role::Account).unwrap();
    assert_eq!((step.action, step.class), (Action::Assign, Class::Harmless), "{plan}");
    company.apply(&plan).await.unwrap();
    let plan = company.plan(&hub()).await;
    assert_eq!(plan.step(Role::Account).unwrap().class, Class::AsksToSignInAgain, "{plan}");
    assert!(plan.to_string().contains(&format!("no longer for group {FREELANCERS}")), "{plan}");
}

#[tokio::test]
async fn scopes_that_others_consented_to_stay() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    company.tenant.world().objects.get_mut("oauth2PermissionGrants").unwrap()[0]["scope"] =
        json!("EWS.AccessAsUser.All");
    let plan = company.plan(&everything()).await;
    company.apply(&plan).await.unwrap();
    let world = company.tenant.world();
    assert_eq!(world.objects["oauth2PermissionGrants"][0]["scope"], "EWS.AccessAsUser.All EAS.AccessAsUser.All");
}

#[tokio::test]
async fn a_tenant_without_outlook_is_told_so() {
    let company = Company::new().await;
    company.tenant.world().objects.get_mut("mobileApps").unwrap().remove(1);
    let error = intune::plan::make(&company.graph, &wanted(&everything())).await.unwrap_err();
    assert_eq!(error, PlanError::NoOutlook);
}

#[test]
fn settings_that_would_double_contacts_or_lock_out_make_no_set() {
    let mut doubled = everything();
    doubled.export.as_mut().unwrap().groups = vec![group(SALES)];
    assert!(matches!(desired(&doubled), Err(SettingsError::Doubled(_))));

    let mut all = everything();
    all.audience.include = Include::AllUsers;
    assert_eq!(desired(&all), Err(SettingsError::DoubledByAll));

    let mut nobody = everything();
    nobody.conditional_access = Some(ConditionalAccess::default());
    assert_eq!(desired(&nobody), Err(SettingsError::Nobody("conditional-access")));

    let mut never_compliant = hub();
    never_compliant.compliance = Some(Compliance { grace_hours: 0, require_email_profile: true });
    assert_eq!(desired(&never_compliant), Err(SettingsError::NoEmailProfile));

    let mut both = everything();
    both.audience.exclude = vec![group(SALES)];
    assert!(matches!(desired(&both), Err(SettingsError::IncludedAndExcluded(..))));

    let no_fields = Export { groups: vec![], ..everything().export.unwrap() };
    assert_eq!(
        desired(&intune::desired::Settings { export: Some(no_fields), ..everything() }),
        Err(SettingsError::Nobody("export"))
    );
}

#[test]
fn settings_are_read_from_a_file_and_everybody_cannot_be_written_into_conditional_access() {
    let text = |who: &str| {
        format!(
            r#"{{"set":"pilot","prefix":"Contoso","account-name":"Contacts","mode":{{"hub-challenge":{{"host":"hub.example"}}}},
            "audience":{{"include":{{"groups":["{SALES}"]}}}},"conditional-access":{{"include-users":["{who}"]}}}}"#
        )
    };
    let settings: intune::desired::Settings = serde_json::from_str(&text(FREELANCERS)).unwrap();
    assert!(settings.audience.ios_13_filter, "on unless it is turned off");
    assert!(desired(&settings).is_ok());
    assert!(serde_json::from_str::<intune::desired::Settings>(&text("All")).is_err());
}

#[tokio::test]
async fn a_newer_plan_is_not_misread() {
    let error = intune::plan::Plan::from_json(br#"{"format": 2, "anything": 1}"#).unwrap_err();
    assert_eq!(error, PlanError::Format(2));
    assert!(matches!(intune::plan::Plan::from_json(b"{"), Err(PlanError::NotAPlan(_))));
}

#[tokio::test]
async fn missing_permission_is_named() {
    let company = Company::new().await;
    company.tenant.world().denied.push("deviceCompliancePolicies");
    let error = intune::plan::make(&company.graph, &wanted(&everything())).await.unwrap_err();
    let PlanError::Graph(GraphError::Forbidden { permission, request_id, .. }) = &error else { panic!("{error}") };
    assert_eq!((*permission, request_id.as_str()), ("DeviceManagementConfiguration.Read.All", "r-1"));
}

#[tokio::test]
async fn what_is_no_longer_wanted_is_told_and_not_deleted() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let mut settings = everything();
    settings.restrictions = false;
    let plan = company.plan(&settings).await;
    assert!(plan.is_empty(), "{plan}");
    let names: Vec<_> = plan.left_over.iter().map(|left| left.name.as_str()).collect();
    assert_eq!(names, ["Contoso - Managed contacts"]);
    assert!(plan.to_string().contains("left over: Contoso - Managed contacts"), "{plan}");
}

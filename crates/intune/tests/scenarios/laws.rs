//! Promises for all inputs.

use intune::{
    apply::Journal,
    desired::{Compliance, ConditionalAccess, Mode, Outlook, Settings},
    rollback::{Foreign, rollback},
};
use proptest::prelude::*;

use crate::{
    company::{Company, EMERGENCY, everything, group, profile, until_crash},
    stand_in::What,
};

prop_compose! {
    fn settings()(
        mode in 0..3u8, managed_devices: bool, managed_apps: bool, restrictions: bool, single_sign_on: bool,
        compliance in proptest::option::of(0..100u32), access: bool, filter: bool, excluded: bool, export: bool,
        name in "[A-Za-z]{1,8}",
    ) -> Settings {
        let mut settings = everything();
        settings.mode = match mode {
            0 => Mode::Exchange,
            1 => Mode::HubChallenge { host: "hub.contoso.example".to_owned() },
            _ => Mode::HubProfile { profile: profile("hub.contoso.example") },
        };
        settings.prefix = name;
        settings.outlook = Outlook { managed_devices, managed_apps };
        settings.restrictions = restrictions;
        settings.single_sign_on = single_sign_on;
        settings.compliance = compliance.map(|grace_hours| Compliance { grace_hours, require_email_profile: false });
        settings.conditional_access = settings.conditional_access.filter(|_| access).map(|policy| ConditionalAccess {
            exclude_groups: if excluded { vec![group(EMERGENCY)] } else { vec![] }, ..policy
        });
        settings.audience.ios_13_filter = filter;
        if excluded { settings.audience.exclude.clear(); }
        if !export { settings.export = None; }
        settings
    }
}

const TROUBLE: [(&str, &str); 4] =
    [("POST", "deviceConfigurations"), ("POST", "/assign"), ("PATCH", ""), ("POST", "policies")];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn applying_is_idempotent_from_any_prefix_and_after_any_lost_answer(
        before in settings(), after in settings(), crash in 0..40usize, second in 0..40usize, lost in 0..4usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let company = Company::new().await;
            company.bring(&before).await;
            let plan = company.plan(&after).await;
            let (method, path) = TROUBLE[lost];
            company.tenant.fault(method, path, What::LoseAnswer);
            let (journal, _) = until_crash(&company, &plan, None, crash).await;
            let (journal, _) = until_crash(&company, &plan, journal, second).await;
            let (_, finished) = until_crash(&company, &plan, journal, usize::MAX).await;
            assert!(finished);
            let (content, writes) = { let world = company.tenant.world(); (world.content(), world.writes()) };
            let again = company.plan(&after).await;
            assert!(again.is_empty(), "{again}");
            company.bring(&after).await;
            let world = company.tenant.world();
            assert_eq!((world.content(), world.writes()), (content, writes));
        });
    }

    #[test]
    fn going_back_from_any_prefix_restores_what_was_there(
        before in settings(), after in settings(), crash in 0..60usize, back in 0..40usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let company = Company::new().await;
            company.bring(&before).await;
            let content = company.tenant.world().content();
            let plan = company.plan(&after).await;
            let (journal, _) = until_crash(&company, &plan, None, crash).await;
            let Some(journal) = journal else { return };
            let (mut kept, mut left) = (journal.clone(), back);
            let mut keep = |journal: &Journal| {
                left = left.checked_sub(1).ok_or_else(|| std::io::Error::other("the process died"))?;
                kept = journal.clone();
                Ok(())
            };
            let _ = rollback(&company.graph, journal, Foreign::Stays, &mut keep).await;
            rollback(&company.graph, kept, Foreign::Stays, &mut |_| Ok(())).await.unwrap();
            assert_eq!(company.tenant.world().content(), content);
        });
    }
}

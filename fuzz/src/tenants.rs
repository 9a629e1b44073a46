//! Exports of a company's policies.

use tenant::{
    Options, Tenant, check,
    conditional_access::{SignIn, evaluate},
    rules::rule_of,
};

/// Between the files of a folder. No JSON has it.
const BETWEEN_FILES: u8 = 0x1D;

/// The files of a folder, the first one also taken for a sign-in.
pub fn tenant_export(data: &[u8]) {
    let files = || data.split(|byte| *byte == BETWEEN_FILES).map(<[u8]>::to_vec);
    let named = || files().enumerate().map(|(place, bytes)| (format!("{place}.json"), bytes));
    let options = Options::default();
    let tenant = Tenant::read(named());
    let report = check(&tenant, &options);
    assert!(report.findings().iter().all(|finding| rule_of(finding.rule).is_some()), "every rule is described");
    let backwards: Vec<_> = named().collect();
    let again = check(&Tenant::read(backwards.into_iter().rev()), &options);
    assert_eq!(again, report, "the order of files changes nothing");
    let _ = (report.to_string(), report.to_json(), report.to_sarif());
    if let Ok(sign_in) = SignIn::read(&files().next().unwrap_or_default()) {
        assert_eq!(evaluate(&tenant, &sign_in, &options).len(), 3);
    }
}

use intune::devices::managed_devices;
use serde_json::json;

use crate::company::Company;

#[tokio::test]
async fn iphones_and_ipads_are_listed_over_all_pages_and_nothing_else() {
    let company = Company::new().await;
    let device = |id: &str, system: &str, version: &str| {
        json!({"id": id, "operatingSystem": system, "osVersion": version, "easDeviceId": format!("EAS{id}"),
               "complianceState": "compliant", "userPrincipalName": "anna@contoso.example"})
    };
    let devices = vec![
        device("1", "iOS", "18.6"),
        device("2", "Android", "15"),
        device("3", "iPadOS", "12.5.7"),
        device("4", "iOS", "17.0"),
        device("5", "Windows", "10"),
    ];
    company.tenant.world().objects.insert("managedDevices".to_owned(), devices);
    let listed = managed_devices(&company.graph).await.unwrap();
    let versions: Vec<_> = listed.iter().map(|device| device.os_version.as_deref().unwrap()).collect();
    assert_eq!(versions, ["18.6", "12.5.7", "17.0"]);
    assert_eq!(listed[0].eas_device_id.as_deref(), Some("EAS1"));
    assert_eq!(listed[0].is_supervised, None, "what is not said is absent");
}

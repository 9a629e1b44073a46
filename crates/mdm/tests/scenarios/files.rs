//! Orders as files for any MDM.

use std::fs;

use fleet::delivery::{Delivery, DeliveryError, Order};
use ledger::testing::Folder;
use mdm::Files;

use crate::house::{id, order};

#[tokio::test]
async fn profiles_and_commands_become_files_and_the_same_order_twice_is_one() {
    let folder = Folder::new();
    let files = Files::new(folder.path().to_owned());
    let capabilities = files.capabilities();
    assert!(!capabilities.push && !capabilities.answers && !capabilities.status_reports);
    let install = Order::InstallProfile(b"first".to_vec());
    files.give(&id("A"), &order("P1"), &install).await.unwrap();
    files.give(&id("A"), &order("P1"), &Order::InstallProfile(b"second".to_vec())).await.unwrap();
    files.give(&id("A"), &order("L:1"), &Order::ListProfiles).await.unwrap();
    assert_eq!(fs::read(folder.path().join("A/P1.mobileconfig")).unwrap(), b"first");
    let command = fs::read_to_string(folder.path().join("A/L_1.plist")).unwrap();
    assert!(command.contains("<string>L:1</string>") && command.contains("<string>ProfileList</string>"));
    assert_eq!(fs::read_dir(folder.path().join("A")).unwrap().count(), 2, "no part is left");
    assert!(files.events(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let folder = Folder::new();
    let files = Files::new(folder.path().to_owned());
    for (device, name) in [("..", "P"), ("A", ".."), ("A", "../P"), ("A\\B", "P"), ("C:", "P"), (".hidden", "P")] {
        let refused = files.give(&id(device), &order(name), &Order::ListProfiles).await;
        assert!(matches!(refused, Err(DeliveryError::Refused(_))), "{device} {name}");
    }
    let nowhere = Files::new(folder.path().join("P1.mobileconfig"));
    fs::write(folder.path().join("P1.mobileconfig"), "a file").unwrap();
    let failed = nowhere.give(&id("A"), &order("P"), &Order::ListProfiles).await;
    assert!(matches!(failed, Err(DeliveryError::Temporary(_))));
}

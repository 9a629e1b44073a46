//! The committed table is what Apple's files say.

#[path = "../../examples/apple_schema/extract.rs"]
mod extract;

use std::path::PathBuf;

use serde_json::Value as Json;

#[test]
fn the_table_is_what_apple_published() {
    let Some(folder) = std::env::var_os("APPLE_SCHEMA").map(PathBuf::from) else {
        eprintln!("left out: APPLE_SCHEMA names no copy of apple/device-management");
        return;
    };
    let read = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let theirs = read(&extract::table(&folder).unwrap());
    let ours = read(include_str!("../../data/apple-schema.json"));
    for (group, types) in theirs.as_object().unwrap() {
        for (name, keys) in types.as_object().into_iter().flatten() {
            assert_eq!(&ours[group][name], keys, "{name}: write the table again with the example apple_schema");
        }
    }
    assert_eq!(ours, theirs);
}

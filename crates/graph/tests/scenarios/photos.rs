use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use ledger::testing::sqlite;
use serde_json::json;

use crate::world::World;

/// 4 x 3 pixels.
pub const RED: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAEElEQVR42mM4IScHRww4OQD1xwwx7+oCFgAAAABJRU5ErkJggg==";

pub fn red() -> Vec<u8> {
    STANDARD.decode(RED).unwrap()
}

#[test]
fn a_photo_is_put_described_read_and_removed() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let (photo, value) = (format!("/me/contacts/{id}/photo"), format!("/me/contacts/{id}/photo/$value"));
        assert_eq!(world.get(&value).await.refusal(), (404, "ImageNotFound".into()));

        let put = world.call(Method::PUT, &value).bytes("image/jpeg", red()).send().await;
        assert_eq!(put.status, 200);
        let described = world.get(&photo).await.json();
        assert_eq!((&described["width"], &described["height"]), (&json!(4), &json!(3)));
        assert_eq!(described["@odata.mediaContentType"], "image/png");
        let read = world.get(&value).await;
        assert_eq!((read.header("content-type"), &read.body), ("image/png", &red()));

        assert_eq!(world.call(Method::PUT, &value).send().await.status, 204, "nothing removes, as Evolution does it");
        assert_eq!(world.get(&value).await.status, 404);
    });
}

#[test]
fn a_photo_survives_a_patch_and_the_same_photo_again_is_no_change() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let value = format!("/me/contacts/{id}/photo/$value");
        world.call(Method::PUT, &value).bytes("image/png", red()).send().await;
        let key =
            world.patch(&format!("/me/contacts/{id}"), json!({"surname": "Lee"})).await.json()["changeKey"].clone();
        assert_eq!(world.get(&value).await.body, red());
        world.call(Method::PATCH, &value).bytes("image/png", red()).send().await;
        assert_eq!(world.get(&format!("/me/contacts/{id}")).await.json()["changeKey"], key);
        assert_eq!(world.delete(&value).await.status, 204);
    });
}

#[test]
fn what_is_no_picture_is_refused() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let value = format!("/me/contacts/{id}/photo/$value");
        let refused = world.call(Method::PUT, &value).bytes("image/png", b"nonsense".to_vec()).send().await;
        assert_eq!(refused.refusal(), (400, "ErrorInvalidImage".into()));
    });
}

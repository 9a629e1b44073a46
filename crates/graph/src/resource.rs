//! Cards and books as the resources `contact` and `contactFolder`.

use contact::graph::{ExtendedPropertyId, project};
use hub::{AccountId, BookId, books::Book, cards::StoredCard};
use serde_json::{Map, Value};

use crate::{ids, message::date_time};

/// A card as a `contact`, with the extended properties asked for.
pub(crate) fn contact(account: AccountId, stored: &StoredCard, expand: &[ExtendedPropertyId]) -> Map<String, Value> {
    let mut resource = Map::new();
    let head: [(&str, String); 6] = [
        ("@odata.etag", ids::etag(stored.revision)),
        ("id", ids::contact(account, stored.id)),
        ("createdDateTime", date_time(stored.created_at)),
        ("lastModifiedDateTime", date_time(stored.modified_at)),
        ("changeKey", ids::change_key(stored.revision)),
        ("parentFolderId", ids::folder(account, stored.book)),
    ];
    resource.extend(head.map(|(name, value)| (name.to_owned(), value.into())));
    // A map with text keys always serialises.
    if let Ok(Value::Object(content)) = serde_json::to_value(project(&stored.card, expand)) {
        resource.extend(content);
    }
    resource
}

/// A book as a `contactFolder`. The default one holds the others, as in a mailbox.
pub(crate) fn folder(account: AccountId, book: &Book, default: BookId) -> Map<String, Value> {
    let parent = if book.is_default { ids::root(account) } else { ids::folder(account, default) };
    let members =
        [("id", ids::folder(account, book.book)), ("parentFolderId", parent), ("displayName", book.name.clone())];
    members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// The same resource with an annotation in front of its properties.
pub(crate) fn annotated(context: &str, resource: Map<String, Value>) -> Value {
    let mut object = Map::new();
    object.insert("@odata.context".to_owned(), context.into());
    object.extend(resource);
    Value::Object(object)
}

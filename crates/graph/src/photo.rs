//! `photo`: a contact's picture. Graph lets nobody delete one; a PUT of nothing does (Evolution), and so does DELETE here.

use std::sync::Arc;

use contact::{
    BlobHash, Card, Fact, Item, NewItemIds,
    fact::Photo,
    photo::{PreparedPhoto, prepare},
};
use http::{HeaderName, header};
use hub::{
    Access,
    cards::{Against, StoredCard},
};
use serde_json::json;

use crate::{
    contacts::{Folder, find},
    error::{GraphError, Result},
    message::{Answer, Content, Request},
};

/// Where a picture's file says how large it is.
mod dimensions;

fn photo_of(card: &Card) -> Option<&Photo> {
    card.items.iter().find_map(|item| if let Fact::Photo(photo) = &item.fact { Some(photo) } else { None })
}

/// The picture at full size.
async fn bytes_of(access: &Access, stored: &StoredCard) -> Result<(Photo, Vec<u8>)> {
    let photo = photo_of(&stored.card).ok_or(GraphError::NoPhoto)?;
    let bytes = access.photo(photo.original).await?.ok_or(GraphError::NoPhoto)?;
    Ok((photo.clone(), bytes))
}

fn media_etag(hash: BlobHash) -> String {
    format!("W/\"{hash}\"")
}

/// `photo`: what the picture is.
pub(crate) async fn metadata(access: &Access, request: &Request, folder: Folder, id: &str) -> Result<Answer> {
    let (photo, bytes) = bytes_of(access, &find(access, folder, id).await?).await?;
    let (width, height) = dimensions::of(&bytes).unwrap_or((1, 1));
    Ok(Answer::json(json!({
        "@odata.context": request.link("$metadata#contacts/photo/$entity"),
        "@odata.mediaContentType": photo.media_type,
        "@odata.mediaEtag": media_etag(photo.original),
        "id": format!("{width}x{height}"),
        "width": width,
        "height": height,
    })))
}

/// `photo/$value`: the picture.
pub(crate) async fn value(access: &Access, folder: Folder, id: &str) -> Result<Answer> {
    let (photo, bytes) = bytes_of(access, &find(access, folder, id).await?).await?;
    let content = Content::Bytes { media_type: photo.media_type, bytes: bytes.into() };
    Ok(Answer::new(http::StatusCode::OK, content)
        .with(header::ETAG, &media_etag(photo.original))
        .with(HeaderName::from_static("x-content-type-options"), "nosniff"))
}

/// PUT or PATCH of `photo/$value` (or of `photo`).
pub(crate) async fn put(access: &Access, request: &Request, folder: Folder, id: &str) -> Result<Answer> {
    let known = find(access, folder, id).await?;
    if request.body.is_empty() {
        return remove(access, &known).await;
    }
    let bytes = request.body.clone();
    // Decoding a picture takes many milliseconds.
    let prepared = tokio::task::spawn_blocking(move || prepare(&bytes)).await.map_err(|_| GraphError::Internal)?;
    let prepared = prepared.map_err(GraphError::BadImage)?;
    let photo = fact(&prepared);
    let edit = Arc::new(move |base: &Card, ids: &mut dyn NewItemIds| with_photo(base, &photo, ids));
    access.edit(known.id, Against::Newest, vec![prepared], edit).await?;
    Ok(Answer::new(http::StatusCode::OK, Content::Empty))
}

pub(crate) async fn delete(access: &Access, folder: Folder, id: &str) -> Result<Answer> {
    let known = find(access, folder, id).await?;
    remove(access, &known).await
}

async fn remove(access: &Access, known: &StoredCard) -> Result<Answer> {
    let without = |base: &Card, _: &mut dyn NewItemIds| {
        let mut card = base.clone();
        card.items.retain(|item| !matches!(item.fact, Fact::Photo(_)));
        card
    };
    access.edit(known.id, Against::Newest, Vec::new(), Arc::new(without)).await?;
    Ok(Answer::no_content())
}

fn fact(prepared: &PreparedPhoto) -> Photo {
    Photo {
        original: prepared.original_hash,
        media_type: prepared.media_type.clone(),
        served: prepared.served_hash,
        uploaded_by: None,
    }
}

/// The same picture again changes nothing, not even who uploaded it. Neither does the scaled form that was served.
fn with_photo(base: &Card, photo: &Photo, ids: &mut dyn NewItemIds) -> Card {
    let mut card = base.clone();
    let known = card.items.iter_mut().find(|item| matches!(item.fact, Fact::Photo(_)));
    match known {
        Some(item) => {
            let same = matches!(&item.fact, Fact::Photo(known)
                if known.original == photo.original || known.served == photo.original);
            if !same {
                item.fact = Fact::Photo(photo.clone());
                item.touched();
            }
        }
        None => card.items.push(Item::new(ids.new_item_id(), Fact::Photo(photo.clone()))),
    }
    card
}

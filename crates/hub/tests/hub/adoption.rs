//! Carrying out what was planned about a phone's contacts, and taking it back.

use contact::{Card, Fact, Item, ItemId, fact::Phone};
use hub::{
    Access, CardId, Revision,
    adoption::{Step, Stepped, Undone},
    cards::{Against, StoredCard},
};
use ledger::testing::both_engines;

use crate::support::{access, card, hub};

fn with_number(card: &Card, number: &str) -> Card {
    let mut card = card.clone();
    let phone = Phone { number: number.to_owned(), kind: contact::fact::PhoneKind::Mobile };
    card.items.push(Item::new(ItemId(77), Fact::Phone(phone)));
    card
}

async fn stored(access: &Access, given: &str) -> StoredCard {
    let book = access.default_book().await.unwrap().book;
    access.create(book, card(given), Vec::new()).await.unwrap()
}

fn edit(card: &StoredCard, form: Card) -> Step {
    Step::Edit { card: card.id, expected: card.revision, form, photos: Vec::new() }
}

async fn create(access: &Access, given: &str) -> Step {
    let book = access.default_book().await.unwrap().book;
    Step::Create { book, card: card(given), photos: Vec::new() }
}

/// What a card says now; `None` when it is deleted.
async fn now(access: &Access, id: CardId) -> Option<Card> {
    access.card(id).await.unwrap().map(|stored| stored.card)
}

#[test]
fn a_run_taken_back_leaves_every_card_as_it_was_and_history_has_both() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let bea = stored(&access, "Bea").await;
        let run = access.as_adoption("r1");
        let done = run.adopt(vec![edit(&bea, with_number(&bea.card, "1")), create(&run, "Cem").await]).await.unwrap();
        let [Stepped::Edited(one), Stepped::Created(two)] = done[..] else { panic!("{done:?}") };
        assert_eq!((one, access.adopted("r1").await.unwrap()), (bea.id, vec![bea.id, two]));
        assert_eq!(access.adoptions().await.unwrap(), ["r1"]);

        let undone = access.undo_adoption("r1", vec![one, two]).await.unwrap();
        assert_eq!(undone, [Undone::Restored(one), Undone::Removed(two)]);
        assert_eq!((now(&access, one).await, now(&access, two).await), (Some(bea.card), None));
        let authors: Vec<_> = access.history(one).await.unwrap().into_iter().map(|version| version.author).collect();
        assert_eq!(authors, ["test", "adopt:r1", "adopt-undo:r1"]);
        let again = access.undo_adoption("r1", vec![one, two]).await.unwrap();
        assert_eq!(again[0], Undone::Before(one), "twice is once");
        assert_eq!(now(&access, two).await, None);
    });
}

#[test]
fn what_somebody_changed_or_deleted_since_stays_as_they_left_it() {
    both_engines(async |database| {
        let access = access(&hub(database, 2).await);
        let (bea, ann) = (stored(&access, "Bea").await, stored(&access, "Ann").await);
        let run = access.as_adoption("r1");
        let steps = vec![
            edit(&bea, with_number(&bea.card, "1")),
            edit(&ann, with_number(&ann.card, "2")),
            create(&run, "Cem").await,
        ];
        let done = run.adopt(steps).await.unwrap();
        let Stepped::Created(cem) = done[2] else { panic!("{done:?}") };
        let more = |card: &Card, _: &mut dyn contact::NewItemIds| with_number(card, "3");
        for id in [bea.id, cem] {
            access.edit(id, Against::Newest, Vec::new(), std::sync::Arc::new(more)).await.unwrap();
        }
        access.delete(ann.id, None).await.unwrap();
        let before = (now(&access, bea.id).await, now(&access, cem).await);
        let undone = access.undo_adoption("r1", vec![bea.id, ann.id, cem]).await.unwrap();
        assert_eq!(undone, [bea.id, ann.id, cem].map(Undone::ChangedSince));
        assert_eq!((now(&access, bea.id).await, now(&access, cem).await), before);
        assert_eq!(now(&access, ann.id).await, None);
    });
}

#[test]
fn a_card_that_moved_on_since_it_was_planned_is_left_and_the_others_are_written() {
    both_engines(async |database| {
        let access = access(&hub(database, 3).await);
        let (bea, ann) = (stored(&access, "Bea").await, stored(&access, "Ann").await);
        let old = StoredCard { revision: Revision(bea.revision.0 - 1), ..bea.clone() };
        let steps = vec![edit(&old, with_number(&bea.card, "1")), edit(&ann, with_number(&ann.card, "2"))];
        let done = access.as_adoption("r1").adopt(steps).await.unwrap();
        assert_eq!(done, [Stepped::ChangedSince(bea.id), Stepped::Edited(ann.id)]);
        assert_eq!(now(&access, bea.id).await, Some(bea.card));
    });
}

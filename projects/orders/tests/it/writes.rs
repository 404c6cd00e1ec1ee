//! What changes orders, and what refuses to.

use orders::domain::{MAX_NOTES, NewOrder, Status};
use orders::store::{Store, StoreError};

use crate::support::{HandClock, id, money, new_order, seeded, tutorial};

#[tokio::test]
async fn a_created_order_is_found_as_it_was_returned() {
    let store = tutorial();
    let made = store.create(new_order(Status::Pending), None).await.unwrap();
    assert_eq!(made.order_id, id("ORD-105"));
    assert_eq!((made.total_amount, made.status), (money("12.34"), Status::Pending));
    assert_eq!((&*made.created_at, &*made.updated_at), ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"));
    assert_eq!(store.order(&id("ord-105")).await.unwrap(), Some(made));
    assert_eq!(store.order(&id("ORD-106")).await.unwrap(), None);
}

#[tokio::test]
async fn a_chosen_id_is_kept_and_moves_the_next_free_one() {
    let store = tutorial();
    let chosen = NewOrder { order_id: Some(id("ord-500")), ..new_order(Status::Shipped) };
    assert_eq!(store.create(chosen.clone(), None).await.unwrap().order_id, id("ORD-500"));
    let error = store.create(chosen, None).await.unwrap_err();
    assert!(matches!(&error, StoreError::AlreadyExists(taken) if *taken == id("ORD-500")));
    assert_eq!(store.create(new_order(Status::Pending), None).await.unwrap().order_id, id("ORD-501"));
}

#[tokio::test]
async fn the_id_of_a_deleted_order_is_not_given_out_again() {
    let store = tutorial();
    let made = store.create(new_order(Status::Pending), None).await.unwrap();
    assert_eq!(store.delete(&made.order_id, None).await.unwrap(), made);
    assert_eq!(store.order(&made.order_id).await.unwrap(), None);
    assert_eq!(store.create(new_order(Status::Pending), None).await.unwrap().order_id, id("ORD-106"));
}

#[tokio::test]
async fn without_numbers_above_the_largest_id_an_id_must_be_chosen() {
    let store = tutorial();
    let last = NewOrder { order_id: Some(id("ORD-999999999999999999")), ..new_order(Status::Pending) };
    store.create(last, None).await.unwrap();
    let error = store.create(new_order(Status::Pending), None).await.unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("choose an id yourself"), "{error}");
    let chosen = NewOrder { order_id: Some(id("ORD-200")), ..new_order(Status::Pending) };
    store.create(chosen, None).await.unwrap();
}

#[tokio::test]
async fn a_status_changes_only_along_the_legal_ways() {
    let store = tutorial();
    for from in Status::ALL {
        for to in Status::ALL {
            let order = store.create(new_order(from), None).await.unwrap();
            let moved = store.update_status(&order.order_id, to, None).await;
            let now = store.order(&order.order_id).await.unwrap().unwrap();
            if from.can_become(to) {
                assert_eq!(moved.unwrap(), now);
                assert_eq!(now.status, to);
            } else {
                let error = moved.unwrap_err();
                assert!(
                    matches!(error, StoreError::IllegalTransition { allowed, .. } if allowed == from.next())
                );
                assert_eq!(now, order, "an illegal transition changes nothing");
            }
        }
    }
}

#[tokio::test]
async fn an_order_that_is_not_eligible_cannot_become_refunded() {
    let store = tutorial();
    let error = store.update_status(&id("ORD-103"), Status::Refunded, None).await.unwrap_err();
    assert!(error.is_user_error());
    assert_eq!(error.to_string(), "Order ORD-103 is marked as non-refundable.");
    assert_eq!(store.order(&id("ORD-103")).await.unwrap().unwrap().status, Status::Delivered);
}

#[tokio::test]
async fn a_change_is_dated_and_leaves_the_date_of_birth() {
    let clock = HandClock::new();
    let store = Store::in_memory(orders::store::Options { clock: clock.clone(), ..seeded() }).unwrap();
    clock.advance(60);
    let moved = store.update_status(&id("ORD-101"), Status::Delivered, None).await.unwrap();
    assert_eq!((&*moved.created_at, &*moved.updated_at), ("2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"));
    clock.advance(60);
    let noted = store.add_note(&id("ORD-101"), "rang twice", None).await.unwrap();
    assert_eq!(noted.updated_at, "2026-01-02T03:06:05Z");
    assert_eq!(noted.notes[0].created_at, "2026-01-02T03:06:05Z");
}

#[tokio::test]
async fn notes_are_kept_in_order_and_bounded() {
    let store = tutorial();
    for n in 0..MAX_NOTES {
        store.add_note(&id("ORD-101"), format!("note {n}"), None).await.unwrap();
    }
    let error = store.add_note(&id("ORD-101"), "one more", None).await.unwrap_err();
    assert!(error.is_user_error() && error.to_string().contains("already has 100 notes"), "{error}");
    let order = store.order(&id("ORD-101")).await.unwrap().unwrap();
    let texts: Vec<_> = order.notes.into_iter().map(|note| note.text).collect();
    assert_eq!(texts, (0..MAX_NOTES).map(|n| format!("note {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn cancelling_notes_the_reason() {
    let store = tutorial();
    let order = store.cancel(&id("ORD-102"), Some("changed mind".to_owned()), None).await.unwrap();
    assert_eq!((order.status, &*order.notes[0].text), (Status::Cancelled, "Cancelled: changed mind"));
    assert_eq!(store.order(&id("ORD-102")).await.unwrap(), Some(order));

    let made = store.create(new_order(Status::Pending), None).await.unwrap();
    let order = store.cancel(&made.order_id, None, None).await.unwrap();
    assert_eq!(order.notes[0].text, "Cancelled.");

    let error = store.cancel(&id("ORD-101"), None, None).await.unwrap_err();
    assert!(error.to_string().ends_with("It can become DELIVERED."), "{error}");
}

#[tokio::test]
async fn a_reason_that_is_refused_cancels_nothing() {
    let store = tutorial();
    for reason in [" ".to_owned(), "x".repeat(1990)] {
        assert!(store.cancel(&id("ORD-102"), Some(reason), None).await.unwrap_err().is_user_error());
    }
    assert_eq!(store.order(&id("ORD-102")).await.unwrap().unwrap().status, Status::Processing);
}

#[tokio::test]
async fn only_pending_cancelled_and_refunded_orders_can_be_deleted() {
    let store = tutorial();
    for status in Status::ALL {
        let order = store.create(new_order(status), None).await.unwrap();
        let order = store.add_note(&order.order_id, "to go", None).await.unwrap();
        let deleted = store.delete(&order.order_id, None).await;
        let found = store.order(&order.order_id).await.unwrap();
        if matches!(status, Status::Pending | Status::Cancelled | Status::Refunded) {
            assert_eq!((deleted.unwrap(), found), (order, None));
        } else {
            assert!(matches!(deleted, Err(StoreError::NotDeletable { .. })));
            assert_eq!(found, Some(order));
        }
    }
}

#[tokio::test]
async fn the_notes_of_a_deleted_order_do_not_haunt_its_successor() {
    let store = tutorial();
    store.add_note(&id("ORD-104"), "old", None).await.unwrap();
    store.delete(&id("ORD-104"), None).await.unwrap();
    let again = NewOrder { order_id: Some(id("ORD-104")), ..new_order(Status::Pending) };
    store.create(again, None).await.unwrap();
    assert!(store.order(&id("ORD-104")).await.unwrap().unwrap().notes.is_empty());
}

#[tokio::test]
async fn an_unknown_order_is_named_in_every_refusal() {
    let store = tutorial();
    let nobody = id("ORD-999");
    for result in [
        store.update_status(&nobody, Status::Shipped, None).await,
        store.add_note(&nobody, "hello", None).await,
        store.cancel(&nobody, None, None).await,
        store.delete(&nobody, None).await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::NotFound(_)) && error.to_string().contains("ORD-999"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_readers_do_not_get_in_each_others_way() {
    let store = tutorial();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let made = store.create(new_order(Status::Pending), None).await.unwrap();
                    assert_eq!(store.order(&made.order_id).await.unwrap(), Some(made), "reads its own write");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.summary().await.unwrap().orders, 404);
}

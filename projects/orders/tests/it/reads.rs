//! What is found, in which order, and how much of it.

use orders::domain::{Order, Status, eligibility};
use orders::store::{Search, Store};

use crate::support::{id, money, seeded, tutorial};

fn ids(orders: &[Order]) -> Vec<&str> {
    orders.iter().map(|order| order.order_id.as_str()).collect()
}

async fn found(store: &Store, wanted: Search) -> Vec<String> {
    let page = store.search(Search { limit: 200, ..wanted }).await.unwrap();
    ids(&page.orders).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_seeded_database_holds_the_orders_of_the_tutorial() {
    let orders = tutorial().search(Search::default()).await.unwrap().orders;
    let told: Vec<_> = orders
        .iter()
        .map(|o| {
            format!("{} {} {} {} {}", o.order_id, o.customer_email, o.status, o.total_amount, o.is_refundable)
        })
        .collect();
    assert_eq!(
        told,
        [
            "ORD-101 alice@example.com SHIPPED 120.50 true",
            "ORD-102 bob@example.com PROCESSING 450.00 true",
            "ORD-103 charlie@example.com DELIVERED 25.00 false",
            "ORD-104 alice@example.com CANCELLED 0.00 false",
        ]
    );
    assert_eq!(
        orders.iter().map(|order| eligibility(order).eligible).collect::<Vec<_>>(),
        [true, true, false, false]
    );
}

#[tokio::test]
async fn orders_are_listed_by_status_and_number() {
    let store = Store::in_memory(seeded()).unwrap();
    store.generate(300, 7).await.unwrap();
    let page = store.orders_by_status(Status::Shipped, 10).await.unwrap();
    assert_eq!(page.orders.len(), 10);
    assert_eq!(page.orders[0].order_id, id("ORD-101"));
    assert!(page.orders.iter().all(|order| order.status == Status::Shipped));
    assert!(page.orders.is_sorted_by_key(|order| order.order_id.number()));
    assert_eq!(page.next.as_ref(), page.orders.last().map(|order| &order.order_id));
}

#[tokio::test]
async fn each_condition_narrows_the_search() {
    let store = tutorial();
    let email = |text: &str| Some(text.parse().unwrap());
    let all = Search::default;
    for (wanted, expected) in [
        (all(), vec!["ORD-101", "ORD-102", "ORD-103", "ORD-104"]),
        (Search { customer_email: email("alice@example.com"), ..all() }, vec!["ORD-101", "ORD-104"]),
        (Search { customer_email: email("ALICE@Example.COM"), ..all() }, vec!["ORD-101", "ORD-104"]),
        (Search { status: Some(Status::Delivered), ..all() }, vec!["ORD-103"]),
        (Search { min_total: Some(money("25.00")), ..all() }, vec!["ORD-101", "ORD-102", "ORD-103"]),
        (Search { max_total: Some(money("120.50")), ..all() }, vec!["ORD-101", "ORD-103", "ORD-104"]),
        (Search { is_refundable: Some(false), ..all() }, vec!["ORD-103", "ORD-104"]),
        (Search { text: Some("BOB".to_owned()), ..all() }, vec!["ORD-102"]),
        (Search { text: Some("-103".to_owned()), ..all() }, vec!["ORD-103"]),
        (Search { text: Some(" ".to_owned()), ..all() }, vec!["ORD-101", "ORD-102", "ORD-103", "ORD-104"]),
        (
            Search { customer_email: email("alice@example.com"), status: Some(Status::Shipped), ..all() },
            vec!["ORD-101"],
        ),
        (Search { status: Some(Status::Pending), ..all() }, vec![]),
    ] {
        assert_eq!(found(&store, wanted.clone()).await, expected, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_note_is_found_by_its_text_but_not_listed() {
    let store = tutorial();
    store.add_note(&id("ORD-103"), "left with the Neighbour", None).await.unwrap();
    let page =
        store.search(Search { text: Some("neighbour".to_owned()), ..Search::default() }).await.unwrap();
    assert_eq!(ids(&page.orders), ["ORD-103"]);
    assert!(page.orders[0].notes.is_empty());
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let store = tutorial();
    store.generate(250, 3).await.unwrap();
    for status in [None, Some(Status::Pending)] {
        let wanted = Search { status, limit: 7, ..Search::default() };
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.search(Search { after, ..wanted.clone() }).await.unwrap();
            assert!(page.orders.len() <= 7);
            seen.extend(page.orders.into_iter().map(|order| order.order_id.number()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(seen.is_sorted_by(|a, b| a < b));
        let expected = store.summary().await.unwrap();
        let expected = status.map_or(expected.orders, |status| {
            expected.by_status.iter().find(|entry| entry.status == status).unwrap().orders
        });
        assert_eq!(seen.len() as u64, expected);
    }
}

#[tokio::test]
async fn a_limit_is_brought_between_1_and_200() {
    let store = tutorial();
    store.generate(300, 3).await.unwrap();
    for (limit, length) in [(0, 1), (1, 1), (200, 200), (201, 200), (u32::MAX, 200)] {
        let page = store.search(Search { limit, ..Search::default() }).await.unwrap();
        assert_eq!(page.orders.len(), length);
        assert_eq!(store.order_ids_starting_with("ORD-", limit).await.unwrap().len(), length);
    }
    assert!(
        store
            .search(Search { limit: 4, after: Some(id("ORD-402")), ..Search::default() })
            .await
            .unwrap()
            .next
            .is_none()
    );
}

#[tokio::test]
async fn limits_that_contradict_are_refused() {
    let wanted = Search { min_total: Some(money("2")), max_total: Some(money("1.50")), ..Search::default() };
    let error = tutorial().search(wanted).await.unwrap_err();
    assert!(error.is_user_error());
    assert_eq!(error.to_string(), "min_total 2.00 is above max_total 1.50; swap them.");
}

#[tokio::test]
async fn the_summary_counts_every_status() {
    let summary = tutorial().summary().await.unwrap();
    assert_eq!((summary.orders, summary.total_amount.to_string().as_str()), (4, "595.50"));
    let told: Vec<_> = summary
        .by_status
        .iter()
        .map(|entry| format!("{} {} {}", entry.status, entry.orders, entry.total_amount))
        .collect();
    assert_eq!(
        told,
        [
            "PENDING 0 0.00",
            "PROCESSING 1 450.00",
            "SHIPPED 1 120.50",
            "DELIVERED 1 25.00",
            "CANCELLED 1 0.00",
            "REFUNDED 0 0.00"
        ]
    );
}

#[tokio::test]
async fn ids_are_completed_with_and_without_their_letters() {
    let store = tutorial();
    let all = ["ORD-101", "ORD-102", "ORD-103", "ORD-104"];
    for (prefix, expected) in [
        ("", &all[..]),
        ("o", &all[..]),
        ("ord-10", &all[..]),
        ("10", &all[..]),
        ("ORD-102", &all[1..2]),
        ("103", &all[2..3]),
        ("2", &[]),
        ("%", &[]),
        ("ORD-101\0", &[]),
        ("ORD-1' OR '1'='1", &[]),
    ] {
        let ids = store.order_ids_starting_with(prefix, 50).await.unwrap();
        assert_eq!(ids.iter().map(|id| id.as_str()).collect::<Vec<_>>(), expected, "{prefix:?}");
    }
}

#[tokio::test]
async fn generated_orders_depend_on_their_seed_alone() {
    let (one, two, other) = (tutorial(), tutorial(), tutorial());
    for (store, seed) in [(&one, 42), (&two, 42), (&other, 43)] {
        assert_eq!(store.generate(100, seed).await.unwrap(), 100);
    }
    let page = |store: Store| async move {
        store.search(Search { limit: 200, after: Some(id("ORD-104")), ..Search::default() }).await.unwrap()
    };
    let (one, two, other) = (page(one).await, page(two).await, page(other).await);
    assert_eq!(one, two);
    assert_ne!(one, other);
    assert_eq!(one.orders[0].order_id, id("ORD-105"));
    assert_eq!(one.orders.len(), 100);
}

#[tokio::test]
async fn too_many_orders_to_generate_are_refused() {
    let store = tutorial();
    assert!(store.generate(1_000_001, 1).await.unwrap_err().is_user_error());
    assert_eq!(store.summary().await.unwrap().orders, 4);
}

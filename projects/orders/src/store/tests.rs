//! Tests of a store's life: what remains when its handles are gone.

use super::*;

#[tokio::test]
async fn a_store_in_memory_leaves_no_files() {
    let scratch = Scratch::new().unwrap();
    let file = scratch.file();
    let store = Store::start(file.clone(), Some(scratch), Options::default()).unwrap();
    store.generate(10, 1).await.unwrap();
    assert!(file.exists());
    store.close().await;
    assert!(!file.parent().unwrap().exists());
}

#[test]
fn a_store_in_memory_that_is_only_dropped_leaves_no_files() {
    let scratch = Scratch::new().unwrap();
    let file = scratch.file();
    drop(Store::start(file.clone(), Some(scratch), Options::default()).unwrap());
    assert!(!file.parent().unwrap().exists());
}

#[tokio::test]
async fn closing_one_of_two_handles_keeps_the_other_working() {
    let store = Store::in_memory(Options::default()).unwrap();
    store.clone().close().await;
    assert_eq!(store.summary().await.unwrap().orders, 0);
}

#[tokio::test]
async fn a_reading_connection_that_cannot_be_opened_is_an_error_not_a_hang() {
    let (reads, jobs) = mpsc::channel(QUEUE);
    let nowhere = Path::new("/nowhere/at/all.db");
    let readers = start_readers(nowhere, 1, jobs).unwrap();
    for _ in 0..2 {
        assert!(matches!(submit(&reads, summary::summary).await, Err(StoreError::Database(_))));
    }
    drop(reads);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
}

#[test]
fn a_handle_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Store>();
}

//! The tenant log.

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, EventId, UserId};
use aldgate_core::time::Timestamp;
use aldgate_store::scratch::Scratch;
use aldgate_store::{EventFilter, Page, StoreError};

use crate::fixtures::tenant;

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_000_000 + second)
}

/// An event whose id sorts by its time.
fn event(second: i64, kind: EventType) -> Event {
    let id = format!("{:016x}{:016x}", at(second).micros(), 7);
    Event::new(EventId::parse(&id).unwrap(), kind, at(second))
}

fn log() -> Vec<Event> {
    let kinds = [
        EventType::Login,
        EventType::WrongPassword,
        EventType::BlockedAccount,
    ];
    let mut log: Vec<Event> = (0..9).map(|n| event(n, kinds[n as usize % 3])).collect();
    log[4].user_id = Some(UserId::parse("auth0|1").unwrap());
    log[4].support_code = Some("AB-12".to_owned());
    log[5].client_id = Some(ClientId::parse("app").unwrap());
    log
}

/// Filters and the events they find, newest first.
fn searches() -> Vec<(EventFilter, Vec<usize>)> {
    let all = EventFilter::default;
    let filter = |kinds: &[EventType], from: Option<i64>, until: Option<i64>| EventFilter {
        kinds: kinds.to_vec(),
        from: from.map(at),
        until: until.map(at),
        ..EventFilter::default()
    };
    let (login, blocked) = (EventType::Login, EventType::BlockedAccount);
    let (user_id, client_id) = (log()[4].user_id.clone(), log()[5].client_id.clone());
    let support_code = Some("AB-12".to_owned());
    vec![
        (all(), vec![8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (filter(&[login], None, None), vec![6, 3, 0]),
        (filter(&[login, blocked], Some(3), None), vec![8, 6, 5, 3]),
        (filter(&[], Some(2), Some(4)), vec![3, 2]),
        (EventFilter { user_id, ..all() }, vec![4]),
        (EventFilter { client_id, ..all() }, vec![5]),
        (
            EventFilter {
                support_code,
                ..all()
            },
            vec![4],
        ),
    ]
}

#[tokio::test]
async fn the_log_is_searched_newest_first_by_every_filter() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write(&tenant("default"), |tx| {
            tx.events().record(&log())?;
            // A batch that is sent twice is recorded once.
            tx.events().record(&log())?;
            for (filter, expected) in searches() {
                let found = tx.events().search(&filter, &Page::largest())?;
                let expected: Vec<Event> = expected.iter().map(|n| log()[*n].clone()).collect();
                assert_eq!(found, expected, "{filter:?}");
                assert_eq!(
                    tx.events().count(&filter)?,
                    expected.len() as u64,
                    "{filter:?}"
                );
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_checkpoint_reads_on_and_retention_cuts() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write(&tenant("default"), |tx| {
            tx.events().record(&log())?;
            let first = tx.events().after(None, 4)?;
            assert_eq!(first, log()[..4]);
            let next = tx
                .events()
                .after(first.last().map(|event| &event.id), 100)?;
            assert_eq!(next, log()[4..]);
            assert_eq!(tx.events().prune(at(3), 2)?, 2);
            assert_eq!(tx.events().prune(at(3), 2)?, 1);
            assert_eq!(tx.events().prune(at(3), 2)?, 0);
            assert_eq!(tx.events().after(None, 100)?, log()[3..]);
            assert_eq!(tx.events().by_id(&log()[2].id)?, None);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

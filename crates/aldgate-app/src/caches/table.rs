//! One cache: values by key, also the knowledge that there is none.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aldgate_store::StoreError;
use moka::sync::Cache;

/// Values by key. Never keeps what changed while it was being loaded.
pub(super) struct Table<K, V> {
    cache: Cache<K, Option<Arc<V>>>,
    forgotten: AtomicU64,
}

impl<K, V> Table<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(super) fn new(entries_max: u64, lifetime: Duration) -> Self {
        let cache = Cache::builder()
            .max_capacity(entries_max)
            .time_to_live(lifetime)
            .build();
        Self {
            cache,
            forgotten: AtomicU64::new(0),
        }
    }

    /// What is known of `key`; the outer `None`: nothing, it has to be loaded.
    pub(super) fn known(&self, key: &K) -> Option<Option<Arc<V>>> {
        self.cache.get(key)
    }

    /// The value of `key`, loaded if it is not here.
    pub(super) async fn get(
        &self,
        key: K,
        load: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<Arc<V>>, StoreError> {
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let loaded = load.await?.map(Arc::new);
        self.cache.insert(key.clone(), loaded.clone());
        // Whoever forgets counts first and removes then: one of the two removes a stale value.
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.cache.invalidate(&key);
        }
        Ok(loaded)
    }

    pub(super) fn forget(&self, key: &K) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(key);
    }

    pub(super) fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<u8, u8> {
        Table::new(10, Duration::from_secs(60))
    }

    async fn get(table: &Table<u8, u8>, stored: Option<u8>) -> Option<u8> {
        table
            .get(1, async { Ok(stored) })
            .await
            .unwrap()
            .map(|value| *value)
    }

    #[tokio::test]
    async fn a_value_and_its_absence_are_kept_until_forgotten() {
        let table = table();
        assert_eq!(get(&table, None).await, None);
        assert_eq!(get(&table, Some(7)).await, None);
        table.forget(&1);
        assert_eq!(get(&table, Some(7)).await, Some(7));
        assert_eq!(get(&table, Some(8)).await, Some(7));
        table.forget_all();
        assert_eq!(get(&table, Some(8)).await, Some(8));
    }

    #[tokio::test]
    async fn what_changes_while_it_is_loaded_is_not_kept() {
        let table = table();
        let stale = table.get(1, async {
            table.forget(&1);
            Ok(Some(7))
        });
        assert_eq!(stale.await.unwrap().map(|value| *value), Some(7));
        assert_eq!(get(&table, Some(8)).await, Some(8));
    }
}

//! A store that lasts as long as the program.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_portsip_im::service::{
    Memory, MessageRecord, Ranges, TopicKey, TopicRecord, UserNumber, UserRecord, Write,
};

use super::{Reader, Store, StoreError, Writer, fits};

/// A store in memory, for a simulator and for tests. Clones share what is kept.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Memory>>);

impl MemoryStore {
    /// A store that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    type Reader = Self;
    type Writer = Self;

    fn open(&self) -> Result<(Self, Self), StoreError> {
        Ok((self.clone(), self.clone()))
    }
}

impl Reader for MemoryStore {
    fn user(&mut self, user: UserNumber) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.lock().user(user))
    }

    fn topic(&mut self, topic: &TopicKey) -> Result<Option<TopicRecord>, StoreError> {
        Ok(self.lock().topic(topic))
    }

    fn messages(
        &mut self,
        topic: &TopicKey,
        numbers: &Ranges,
        mut bytes: usize,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let mut page = Vec::new();
        for message in self.lock().messages(topic, numbers) {
            if !fits(&message, &page, &mut bytes) {
                break;
            }
            page.push(message);
        }
        Ok(page)
    }
}

impl Writer for MemoryStore {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.lock().apply(writes);
        Ok(())
    }
}

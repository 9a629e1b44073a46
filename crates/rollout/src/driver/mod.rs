//! Carries a rollout out, step by step. A step may end anywhere, by a crash or an error: the next one repeats what was
//! written down and not yet done, under the same names.

mod report;
mod traits;

use fleet::{
    delivery::{Delivery, DeliveryError, Order, OrderId},
    enrolment::EnrolmentId,
};
use jiff::Timestamp;

pub use report::Report;
pub use traits::{Herald, Notice, Store, StoreError, Stored, Syncs, Trouble};

use crate::{
    digest::uuid,
    documents::Documents,
    limits::{EVENT_PAGES_PER_STEP_MAX, PUT_OFF_IN_A_ROW_MAX, SYNC_QUESTIONS_PER_STEP_MAX},
    state::{Rollout, Work, ladder::Way},
};

/// Why a step ended. What was saved before stands; the next step goes on from it.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Nothing was begun.
    #[error("there is no rollout; begin one first")]
    NoRollout,
    /// There is one already.
    #[error("there is a rollout already; end it first")]
    Begun,
    /// The state cannot be read or kept, or was changed meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What happened cannot be learnt.
    #[error("what the devices did cannot be read: {0}")]
    Events(DeliveryError),
    /// The hub cannot be asked.
    #[error("the hub's record of syncs cannot be read: {0}")]
    Syncs(Trouble),
}

/// A rollout with everything it needs.
#[derive(Debug)]
pub struct Driver<V, D, Y, H, S> {
    /// The way to the devices.
    pub delivery: V,
    /// What is brought.
    pub documents: D,
    /// What the hub saw.
    pub syncs: Y,
    /// Who tells people.
    pub herald: H,
    /// Who keeps the state.
    pub store: S,
    loaded: Option<Loaded>,
}

/// The state as it was last loaded or saved.
#[derive(Debug)]
struct Loaded {
    rollout: Rollout,
    revision: u64,
}

impl<V: Delivery, D: Documents, Y: Syncs, H: Herald, S: Store> Driver<V, D, Y, H, S> {
    /// Does nothing yet.
    pub fn new(delivery: V, documents: D, syncs: Y, herald: H, store: S) -> Self {
        Self { delivery, documents, syncs, herald, store, loaded: None }
    }

    /// What the way to the devices can bring back.
    pub fn way(&self) -> Way {
        let capabilities = self.delivery.capabilities();
        Way { answers: capabilities.answers, status_reports: capabilities.status_reports }
    }

    /// Keeps a new rollout, if there is none yet.
    pub async fn begin(&mut self, rollout: Rollout) -> Result<(), StepError> {
        let revision = self.store.save(&rollout, None).await.map_err(|error| match error {
            StoreError::Changed => StepError::Begun,
            StoreError::Document(_) | StoreError::Unavailable(_) => StepError::Store(error),
        })?;
        self.loaded = Some(Loaded { rollout, revision });
        Ok(())
    }

    /// Changes the kept rollout (start, pause, roll back, ...) and saves it. What the change returns is returned; an error of
    /// its own is its own business and saves nothing.
    pub async fn change<T, E>(
        &mut self,
        change: impl FnOnce(&mut Rollout) -> Result<T, E>,
    ) -> Result<Result<T, E>, StepError> {
        self.loaded = None;
        let mut loaded = self.load().await?;
        let answer = change(&mut loaded.rollout);
        if answer.is_ok() {
            self.save(&mut loaded).await?;
            self.loaded = Some(loaded);
        }
        Ok(answer)
    }

    /// The rollout as it is kept.
    pub async fn rollout(&mut self) -> Result<&Rollout, StepError> {
        let loaded = self.load().await?;
        Ok(&self.loaded.insert(loaded).rollout)
    }

    /// One step: hears what happened, asks the hub, goes on as far as evidence allows, saves, tells people, gives the
    /// orders, saves. `now` is the time of all of it.
    pub async fn step(&mut self, now: Timestamp) -> Result<Report, StepError> {
        // Taken out: a step that ends early leaves nothing half-done here, and the next one loads what was saved.
        let mut loaded = self.load().await?;
        let before = loaded.rollout.clone();
        let mut report = Report::default();
        self.listen(&mut loaded.rollout, &mut report).await?;
        self.ask_the_hub(&mut loaded.rollout).await?;
        let work = loaded.rollout.advance(now, self.way());
        let orders = self.make(&mut loaded.rollout, &work, now);
        if loaded.rollout != before || !work.tell.is_empty() || !orders.is_empty() {
            self.save(&mut loaded).await?;
        }
        let saved = loaded.rollout.clone();
        self.tell(&mut loaded.rollout, &work, now, &mut report).await;
        self.give(&mut loaded.rollout, orders, now, &mut report).await;
        if loaded.rollout != saved {
            self.save(&mut loaded).await?;
        }
        report.compare(&before, &loaded.rollout);
        self.loaded = Some(loaded);
        Ok(report)
    }

    async fn load(&mut self) -> Result<Loaded, StepError> {
        if let Some(loaded) = self.loaded.take() {
            return Ok(loaded);
        }
        let Stored { rollout, revision } = self.store.load().await?.ok_or(StepError::NoRollout)?;
        Ok(Loaded { rollout, revision })
    }

    async fn save(&self, loaded: &mut Loaded) -> Result<(), StepError> {
        loaded.revision = self.store.save(&loaded.rollout, Some(loaded.revision)).await?;
        Ok(())
    }

    async fn listen(&self, rollout: &mut Rollout, report: &mut Report) -> Result<(), StepError> {
        let way = self.way();
        for _ in 0..EVENT_PAGES_PER_STEP_MAX {
            let before = rollout.position();
            let page = self.delivery.events(before).await.map_err(StepError::Events)?;
            report.events += page.iter().filter(|logged| rollout.fold(logged, way)).count();
            // A page that brings nothing new is the end, also from a way that repeats itself.
            if rollout.position() == before {
                return Ok(());
            }
        }
        report.more = true;
        Ok(())
    }

    async fn ask_the_hub(&self, rollout: &mut Rollout) -> Result<(), StepError> {
        for question in rollout.sync_questions().iter().take(SYNC_QUESTIONS_PER_STEP_MAX) {
            if let Some(at) = self.syncs.last_sync(question).await.map_err(StepError::Syncs)? {
                rollout.synced(&question.device, at);
            }
        }
        Ok(())
    }

    fn make(&self, rollout: &mut Rollout, work: &Work, now: Timestamp) -> Vec<(EnrolmentId, OrderId, Order)> {
        let make = |device: &EnrolmentId| {
            let (id, order) = rollout.make(device, &self.documents, now)?;
            Some((device.clone(), id, order))
        };
        work.give.iter().filter_map(make).collect()
    }

    async fn tell(&self, rollout: &mut Rollout, work: &Work, now: Timestamp, report: &mut Report) {
        for id in &work.tell {
            let Some(member) = rollout.member(id) else { continue };
            let key = uuid(&["notice", rollout.id(), id.as_str(), &member.orders_so_far().to_string()]);
            let notice = Notice { key, device: member.device.clone() };
            match self.herald.tell(&notice).await {
                Ok(()) => {
                    rollout.told(id, now);
                    report.told += 1;
                }
                Err(trouble) => report.not_told.push((id.clone(), trouble.0)),
            }
        }
    }

    async fn give(
        &self,
        rollout: &mut Rollout,
        orders: Vec<(EnrolmentId, OrderId, Order)>,
        now: Timestamp,
        report: &mut Report,
    ) {
        let mut put_off_in_a_row = 0;
        for (device, id, order) in orders {
            if put_off_in_a_row >= PUT_OFF_IN_A_ROW_MAX {
                report.put_off += 1;
                continue;
            }
            match self.delivery.give(&device, &id, &order).await {
                Ok(()) => {
                    rollout.given(&device, &id, now);
                    report.given += 1;
                    put_off_in_a_row = 0;
                }
                Err(DeliveryError::Temporary(_)) => {
                    report.put_off += 1;
                    put_off_in_a_row += 1;
                }
                Err(DeliveryError::NotEnrolled(_)) => rollout.not_enrolled(&device, now),
                Err(DeliveryError::Refused(why)) => rollout.refused(&device, &why, now),
            }
        }
    }
}

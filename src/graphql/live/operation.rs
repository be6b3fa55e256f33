//! The operation of a subscription: asked once for what it wants, and executed once for each message.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::{Request, Response, ServerError};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Semaphore;

use super::Event;
use crate::{
    cache::{Ledger, response::Key},
    graphql::{
        admission::Admitted,
        change::{self, Batch, Turn, Wish},
        engine::Api,
        error::{self, Error, panicked, settle, too_late},
        execution,
        scope::{self, Services},
    },
    telemetry::meter::Meter,
};

/// What operations are executed with.
#[derive(Clone)]
pub(in crate::graphql) struct Executor {
    pub(in crate::graphql) schema: Api,
    pub(in crate::graphql) services: Arc<Services>,
    pub(in crate::graphql) ledger: Arc<Ledger>,
    /// How long one execution may take.
    pub(in crate::graphql) timeout: Duration,
    /// Places for messages that are being made.
    pub(in crate::graphql) places: Arc<Semaphore>,
}

/// An operation of which messages can be made.
pub(super) struct Operation {
    pub(super) executor: Executor,
    admitted: Admitted,
}

/// Errors instead of a message.
type Failed = Vec<ServerError>;

impl Operation {
    pub(super) fn new(executor: Executor, admitted: Admitted) -> Self {
        Self { executor, admitted }
    }

    /// The same for all who ask the same, wherever they begin.
    pub(super) fn key(&self) -> Option<Key> {
        self.admitted.shared_key()
    }

    /// What it asks for.
    pub(super) async fn ask(&self, resume_after: Option<&str>) -> Result<Wish, Failed> {
        let turn = Turn::Ask { resume_after: resume_after.map(str::to_owned), wish: Mutex::default() };
        let turn = Arc::new(turn);
        if let Some(response) = self.run(turn.clone()).await?
            && response.is_err()
        {
            return Err(response.errors);
        }
        let Turn::Ask { wish, .. } = &*turn else { return Err(vec![no_answer()]) };
        let wish = wish.lock().unwrap_or_else(PoisonError::into_inner).take();
        wish.ok_or_else(|| vec![no_answer()])
    }

    /// The message that says this.
    pub(super) async fn say(&self, batch: Batch) -> Result<Event, Failed> {
        let log = match self.executor.services.log.name().await {
            Ok(log) => log,
            Err(error) => return Err(vec![error::fault(error)]),
        };
        let cursor = change::encode(&log, batch.to);
        // Never closed. A write may wake thousands of questions: they take turns, in the order of their coming.
        let _place = self.executor.places.acquire().await;
        let response = self.run(Arc::new(Turn::Say(log, batch))).await?;
        let Some(mut response) = response else { return Err(vec![no_answer()]) };
        settle(&mut response, true, None);
        let mut payload = Vec::new();
        match execution::write(&response, true, &mut payload) {
            Ok(()) => Ok(Event::new(payload, Some(cursor.into()))),
            Err(error) => Err(vec![error::fault(Error::Internal(error.to_string()))]),
        }
    }

    /// Executes it once: what it says, if anything. Loads are batched, and read what is known now.
    async fn run(&self, turn: Arc<Turn>) -> Result<Option<Response>, Failed> {
        let Executor { schema, ledger, timeout, .. } = &self.executor;
        let scope = scope::Request::begin(Meter::default(), ledger);
        let request: Request = self.admitted.request().data(scope.clone()).data(turn);
        // Boxed, for it is large and would be moved several times.
        let mut messages = schema.execute_stream(request);
        let execution = Box::pin(scope.drive(messages.next()));
        match tokio::time::timeout(*timeout, AssertUnwindSafe(execution).catch_unwind()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(vec![panicked()]),
            Err(_) => Err(vec![too_late(*timeout)]),
        }
    }
}

fn no_answer() -> ServerError {
    error::fault(Error::Internal("a subscription gave no answer".to_owned()))
}

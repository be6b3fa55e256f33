//! The subscription to changes: what is asked when it begins, and what one of its messages says.
//!
//! async-graphql executes the operation once to learn what it asks for, and once for each message. The stream
//! that it is given each time has one message, or none: who gathers the messages is `live`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::{Context, Enum, InputObject, SimpleObject};
use futures_util::{Stream, stream};

use super::{LogName, ProcessChange, encode};
use crate::{
    graphql::{error::Error, filter, page::BATCH, process::ProcessFilter, scope},
    store::query::{changes::Entry, filter::Filter},
};

/// The longest that changes may be gathered, in milliseconds.
const LONGEST_DELAY: i64 = 60_000;

/// Everything that can be followed.
pub(in crate::graphql) struct Subscription;

/// How changes are gathered into messages.
#[derive(Clone, Copy, Debug, InputObject)]
#[graphql(name = "ChangeBatchInput")]
pub(in crate::graphql) struct BatchInput {
    /// So many changes make a message at once; 1 to 100.
    #[graphql(default = 50)]
    max_size: i64,
    /// So many milliseconds after the first change a message is sent, whatever it has; at most 60,000. With 0
    /// nothing is waited for.
    #[graphql(default = 100)]
    max_delay_ms: i64,
}

/// What becomes of messages that a subscriber does not take in time. They wait in a queue; when it is full:
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq, Hash)]
#[graphql(name = "SlowConsumerPolicy")]
pub(in crate::graphql) enum Policy {
    /// The subscription ends with the error `SLOW_CONSUMER`. Nothing is missed by who goes on behind the last
    /// cursor received.
    #[default]
    Disconnect,
    /// The oldest messages are dropped; `missed` of the next one tells how many changes, and between which cursors.
    DropOldest,
    /// Of the changes that wait, only the latest of each process stays; `missed` tells how many others there were.
    Coalesce,
}

/// What is asked.
pub(in crate::graphql) struct Wish {
    pub(in crate::graphql) filter: Filter,
    /// The place behind which to begin; `None` for the end of the log.
    pub(in crate::graphql) after: Option<i64>,
    pub(in crate::graphql) max_size: usize,
    pub(in crate::graphql) max_delay: Duration,
    pub(in crate::graphql) policy: Policy,
}

/// What a message tells.
#[derive(Clone)]
pub(in crate::graphql) struct Batch {
    /// The changes, in the order of the log.
    pub(in crate::graphql) changes: Arc<[Arc<Entry>]>,
    /// The place behind which they lie.
    pub(in crate::graphql) from: i64,
    /// How far the log is told with them.
    pub(in crate::graphql) to: i64,
    pub(in crate::graphql) missed: Option<Missed>,
}

/// Changes that were not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) struct Missed {
    pub(in crate::graphql) count: u64,
    /// The place behind which the first of them lies.
    pub(in crate::graphql) from: i64,
    /// The place of the last of them.
    pub(in crate::graphql) to: i64,
}

/// What the operation is executed for: put into the request's data.
pub(in crate::graphql) enum Turn {
    /// To learn what it asks for. The cursor counts in place of `after`.
    Ask { resume_after: Option<String>, wish: Mutex<Option<Wish>> },
    /// To say this.
    Say(LogName, Batch),
}

/// Changes that were committed one after the other, gathered into one message.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ChangeBatch {
    /// The changes, the oldest first.
    changes: Vec<ProcessChange>,
    /// Where to go on behind this message: the value for `after`.
    cursor: String,
    /// The changes before this message that were left out because they were not taken in time. Null when there
    /// are none, as always with the policy `DISCONNECT`.
    missed: Option<MissedChanges>,
}

/// Changes that were left out.
#[derive(SimpleObject)]
pub(in crate::graphql) struct MissedChanges {
    /// How many.
    count: i64,
    /// The cursor behind which the first of them lies: the value for `after` to read them with `changes`.
    from: String,
    /// The cursor of the last of them.
    to: String,
}

/// Everything that can be followed.
#[async_graphql::Subscription]
impl Subscription {
    /// Changes of contracting processes as they are committed, whichever program commits them: in the order of the
    /// log, each once. With `after`, first those that were committed since then. An error with the code
    /// `CURSOR_EXPIRED` when some of them are not kept any more.
    async fn process_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Of processes that match this after the change; of one that is gone only the dataset is \
                          known. All without it."
        )]
        filter: Option<ProcessFilter>,
        #[graphql(
            desc = "Begins behind this cursor: that of the last message or change received. At the end of the \
                          log without it."
        )]
        after: Option<String>,
        #[graphql(desc = "How changes are gathered.", default_with = "Some(BatchInput::default())")]
        batch: Option<BatchInput>,
        #[graphql(
            desc = "What becomes of messages that are not taken in time.",
            default_with = "Some(Policy::default())"
        )]
        policy: Option<Policy>,
    ) -> Result<impl Stream<Item = ChangeBatch> + use<>, Error> {
        let turn: &Arc<Turn> =
            ctx.data().map_err(|_| Error::BadInput("subscriptions are not served here".to_owned()))?;
        let said = match &**turn {
            Turn::Say(log, batch) => Some(ChangeBatch::of(log, batch)),
            Turn::Ask { resume_after, wish } => {
                let asked = Asked { filter, after: resume_after.clone().or(after), batch, policy };
                *wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked.read(ctx).await?);
                None
            }
        };
        Ok(stream::iter(said))
    }
}

/// The arguments.
struct Asked {
    filter: Option<ProcessFilter>,
    after: Option<String>,
    batch: Option<BatchInput>,
    policy: Option<Policy>,
}

impl Asked {
    async fn read(self, ctx: &Context<'_>) -> Result<Wish, Error> {
        let services = scope::services(ctx)?;
        let BatchInput { max_size, max_delay_ms } = self.batch.unwrap_or_default();
        let most = services.pages.most;
        let max_size = usize::try_from(max_size).ok().filter(|size| (1..=most as usize).contains(size));
        let max_size = max_size.ok_or_else(|| {
            Error::BadInput(format!(
                "batch.maxSize must be 1 to {most}: a message has at most {most} changes"
            ))
        })?;
        let max_delay = u64::try_from(max_delay_ms).ok().filter(|_| max_delay_ms <= LONGEST_DELAY);
        let max_delay = max_delay.map(Duration::from_millis).ok_or_else(|| {
            Error::BadInput(format!("batch.maxDelayMs is {max_delay_ms}; it must be 0 to {LONGEST_DELAY}"))
        })?;
        let filter = filter::stored(self.filter)?;
        let after = match self.after {
            Some(cursor) => Some(services.log.place(&cursor).await?),
            None => None,
        };
        Ok(Wish { filter, after, max_size, max_delay, policy: self.policy.unwrap_or_default() })
    }
}

impl Default for BatchInput {
    fn default() -> Self {
        Self { max_size: BATCH.into(), max_delay_ms: 100 }
    }
}

impl ChangeBatch {
    fn of(log: &LogName, batch: &Batch) -> Self {
        let change = |entry: &Arc<Entry>| ProcessChange { log: log.clone(), entry: entry.clone() };
        let missed = |missed: Missed| MissedChanges {
            count: i64::try_from(missed.count).unwrap_or(i64::MAX),
            from: encode(log, missed.from),
            to: encode(log, missed.to),
        };
        Self {
            changes: batch.changes.iter().map(change).collect(),
            cursor: encode(log, batch.to),
            missed: batch.missed.map(missed),
        }
    }
}

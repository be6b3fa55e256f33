//! Who sends a request, and what he may still send: known before anything of it but the head is read.
//!
//! What must stay true: whoever is let in has been counted once, as the caller that he is, and each operation over
//! a socket, or of a batch, counts like a request.

use axum::http::HeaderMap;
use futures_util::{FutureExt, future::BoxFuture};

use super::{connections::Peer, refusal::Refusal, router::Shared};
use crate::{
    auth::{AuthError, Caller, Identity},
    limit::{Account, Verdict},
};

/// Whoever sent a request, or has opened a socket.
pub(super) struct Visitor {
    /// Who he is.
    pub(super) caller: Caller,
    /// What his operations are charged to; `None` where nothing limits him.
    pub(super) account: Option<Account>,
    /// What he has left of the requests that his plan allows.
    pub(super) quota: Option<Verdict>,
}

impl Visitor {
    /// Lets in whoever sent a request with these headers, or says why not. One who asks for a socket may say
    /// later who he is.
    pub(super) async fn enter(
        shared: &Shared,
        headers: &HeaderMap,
        peer: Peer,
        is_socket: bool,
    ) -> Result<Self, Refusal> {
        let caller = match shared.gate.caller(headers).await? {
            Err(AuthError::Missing) if is_socket => Caller::default(),
            Ok(caller) => caller,
            Err(error) => {
                // Whoever tries what does not hold is counted, too: by his address.
                Self::known(shared, Caller::default(), peer).count(1).await?;
                return Err(Refusal::unknown_caller(error));
            }
        };
        let visitor = Self::known(shared, caller, peer);
        match visitor.count(1).await {
            Ok(quota) => Ok(Self { quota, ..visitor }),
            Err(mut refusal) => {
                refusal.caller = visitor.caller.identity;
                Err(refusal)
            }
        }
    }

    /// One who is known already, and not counted yet.
    pub(super) fn known(shared: &Shared, caller: Caller, peer: Peer) -> Self {
        let bucket = match &caller.identity {
            Identity::Anonymous => Some(format!("address:{peer}")),
            Identity::Key(id) => Some(format!("key:{id}")),
            Identity::Subject(subject) => Some(format!("subject:{subject}")),
            // Whoever runs the server has given it to himself.
            Identity::PublishToken => None,
        };
        let account = shared
            .gate
            .rates
            .as_ref()
            .zip(bucket)
            .map(|(limiter, bucket)| Account::new(limiter.clone(), bucket.into(), caller.plan.clone()));
        Self { caller, account, quota: None }
    }

    /// What completes when what he has shown stops to hold, where that can be.
    pub(super) fn ended(&self, shared: &Shared) -> Option<BoxFuture<'static, ()>> {
        let may_end = matches!(self.caller.identity, Identity::Key(_) | Identity::Subject(_));
        may_end.then(|| shared.gate.authenticator.ended(&self.caller).boxed())
    }

    /// Counts requests, or operations over a socket or of a batch: what is left.
    pub(super) async fn count(&self, operations: u64) -> Result<Option<Verdict>, Refusal> {
        let Some(account) = self.account.as_ref().filter(|_| operations > 0) else { return Ok(self.quota) };
        match account.requests(operations).await {
            Some(verdict) if !verdict.allowed => Err(Refusal::rate_limited(verdict)),
            verdict => Ok(verdict),
        }
    }
}

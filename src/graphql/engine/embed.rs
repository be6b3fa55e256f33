//! The engine for those who mount it in a server of their own.

use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, futures_util::stream::BoxStream};
use futures_util::{StreamExt, stream};

use super::Engine;
use crate::{
    graphql::{call::Call, live::Opened},
    telemetry::meter::Meter,
};

/// Farol's executor, for those who mount the schema in a server of their own.
impl Executor for Engine {
    /// Executes always: a response that is kept is bytes, and a value is wanted here.
    async fn execute(&self, request: Request) -> Response {
        let entry = self.admit(request.into(), Call::default()).await;
        self.answer_alone(entry, None, Meter::default(), (Call::default(), false)).await.response
    }

    fn execute_stream(
        &self,
        request: Request,
        _session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let engine = self.clone();
        let opening = async move {
            match engine.open(request, Call::default()).await {
                Opened::Once(execution) => stream::once(async move { execution.into_response() }).boxed(),
                Opened::Stream(messages) => messages.filter_map(async |next| next.into_response()).boxed(),
            }
        };
        stream::once(opening).flatten().boxed()
    }
}

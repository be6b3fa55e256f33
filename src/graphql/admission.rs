//! Checks all that can be known of a request before it is executed.
//!
//! What must stay true: whatever is refused here costs no statement, and little time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use async_graphql::{Request, Variables};
use async_graphql_parser::types::{OperationDefinition, OperationType};

use super::{
    call::{Call, Limits},
    cost::{self, Estimate, Inputs, Most},
    documents::{self, Document, Documents},
    error::{Refused, panicked, refusal},
    execution::Stats,
    page::PageSizes,
    question,
};
use crate::{cache::response::Key, error::Code};

/// The rules, and the documents that are known.
pub(super) struct Admission {
    documents: Documents,
    limits: Limits,
}

/// A request that was admitted or refused.
pub(super) struct Entry {
    /// What is known of the operation; nothing was asked of the database yet.
    pub(super) stats: Stats,
    /// What it asks for, where the document could be read.
    pub(super) estimate: Option<Estimate>,
    pub(super) admitted: Result<Admitted, Refused>,
}

/// A request that may be executed.
pub(super) struct Admitted {
    request: Request,
    document: Arc<Document>,
    name: Option<String>,
}

/// What the price of an operation depends on, kept until its answer is there.
pub(super) struct Priced {
    document: Arc<Document>,
    name: Option<String>,
    variables: Variables,
}

impl Admission {
    /// The rules for a schema, by its definition.
    pub(super) fn new(sdl: &str, limits: Limits) -> Self {
        Self { documents: Documents::new(sdl, limits.document), limits }
    }

    /// Whether a document could be admitted, whatever its variables.
    pub(super) fn check_document(&self, text: &str) -> Result<(), Refused> {
        self.documents.check(text)
    }

    /// Admits or refuses a request. A panic costs this request only.
    pub(super) fn admit(&self, request: Request, call: Call<'_>) -> Entry {
        let (mut stats, mut estimate) = (Stats::default(), None);
        // The cache of documents survives a panic, and nothing else is shared.
        let check = || self.check(request, call, &mut stats, &mut estimate);
        let admitted = catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| Err(panicked().into()));
        stats.cost = estimate.map(|estimate: Estimate| estimate.cost);
        Entry { stats, estimate, admitted }
    }

    fn check(
        &self,
        mut request: Request,
        call: Call<'_>,
        stats: &mut Stats,
        estimate: &mut Option<Estimate>,
    ) -> Result<Admitted, Refused> {
        let document = self.documents.parse(&request.query)?;
        let (name, operation) = documents::operation(&document.parsed, request.operation_name.as_deref())?;
        stats.operation_name = name.map(str::to_owned);
        stats.operation_type = Some(type_name(operation.ty));
        self.check_kind(&document, operation, call)?;
        documents::complete_variables(operation, &mut request.variables)?;
        let variables = &request.variables;
        let inputs = Inputs { pages: self.limits.pages, formulas: &document.formulas, name, variables };
        let found = cost::estimate(inputs)?;
        *estimate = Some(found);
        cost::check(inputs, found, Most { depth: self.limits.max_depth, cost: self.limits.max_cost })?;
        self.documents.check_valid(&document, (name, operation), &mut request.variables)?;
        let name = name.map(str::to_owned);
        Ok(Admitted { request, document, name })
    }

    fn check_kind(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        call: Call<'_>,
    ) -> Result<(), Refused> {
        if call.queries_only && operation.ty == OperationType::Mutation {
            let message = "a mutation cannot be sent by GET; send it by POST";
            return Err(refusal(Code::MethodNotAllowed, message).into());
        }
        if document.introspects && !self.limits.introspection {
            let message = "introspection is switched off here (graphql.introspection)";
            return Err(refusal(Code::GraphqlValidationFailed, message).into());
        }
        Ok(())
    }
}

impl Entry {
    /// A request that has no document.
    pub(super) fn refused(refused: Refused) -> Self {
        Self { stats: Stats::default(), estimate: None, admitted: Err(refused) }
    }

    /// Refuses what has more than one answer.
    pub(super) fn of_one_answer(self) -> Self {
        if !self.admitted.as_ref().is_ok_and(Admitted::is_subscription) {
            return self;
        }
        let message = "a subscription has more than one answer: open it over a WebSocket (graphql-transport-ws), or \
                       with \"Accept: text/event-stream\"";
        Self { admitted: Err(refusal(Code::BadRequest, message).into()), ..self }
    }
}

impl Admitted {
    pub(super) fn is_subscription(&self) -> bool {
        documents::operation(&self.document.parsed, self.name.as_deref())
            .is_ok_and(|(_, operation)| operation.ty == OperationType::Subscription)
    }

    /// What its response is kept under.
    pub(super) fn key(&self) -> Option<Key> {
        let operation = documents::operation(&self.document.parsed, self.name.as_deref()).ok()?;
        Some(question::key(&self.document.digest, operation, &self.request.variables))
    }

    /// The same for all that ask the same from different places: without the variable that is the root field's
    /// `after`, if that is all it is.
    pub(super) fn shared_key(&self) -> Option<Key> {
        let operation = documents::operation(&self.document.parsed, self.name.as_deref()).ok()?;
        let mut variables = self.request.variables.clone();
        if let Some(name) = question::place_variable(&self.request.query, operation.1) {
            variables.remove(name);
        }
        Some(question::key(&self.document.digest, operation, &variables))
    }

    /// The request to execute, with its document.
    pub(super) fn into_request(mut self) -> Request {
        self.request.set_parsed_query(self.document.parsed.clone());
        self.request
    }

    /// The same, again and again.
    pub(super) fn request(&self) -> Request {
        let mut request = Request::new(self.request.query.clone());
        request.operation_name.clone_from(&self.request.operation_name);
        request.variables = self.request.variables.clone();
        request.set_parsed_query(self.document.parsed.clone());
        request
    }

    /// The text of its document.
    pub(super) fn text(&self) -> &str {
        &self.request.query
    }

    /// What its price depends on.
    pub(super) fn priced(&self) -> Priced {
        Priced {
            document: self.document.clone(),
            name: self.name.clone(),
            variables: self.request.variables.clone(),
        }
    }
}

impl Priced {
    /// What an answer of the operation is priced by.
    pub(super) fn inputs(&self, pages: PageSizes) -> Inputs<'_> {
        let Self { document, name, variables } = self;
        Inputs { pages, formulas: &document.formulas, name: name.as_deref(), variables }
    }
}

fn type_name(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

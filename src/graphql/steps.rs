//! Steps one by one, for those who measure or test them: those before an operation is executed
//! (`benches/graphql.rs`), and the judging of changed processes by a filter (`benches/live.rs`).

use std::sync::Arc;

use apollo_compiler::ast::Document;
use async_graphql::{InputType, Value, Variables};
use async_graphql_parser::types::ExecutableDocument;

use super::{
    cost::{self, Formulas, Inputs},
    documents::{self, Documents},
    filter,
    guard::{self, DocumentLimits},
    loading::{Ours, Relations},
    page::PageSizes,
    process::{self, Changed, ProcessFilter},
    scope::{self, Counts},
    shape::Shape,
    syntax::{self, Parsed},
    validation::Validator,
};
use crate::{
    cache::{Ledger, Tiers},
    loader::Limits,
    store::{Database, query::filter::Filter},
    telemetry::meter::{Meter, Reading},
};

/// A document and what the steps need of the schema.
pub struct Steps {
    text: String,
    tree: Document,
    document: ExecutableDocument,
    variables: Variables,
    formulas: Formulas,
    shape: Shape,
    validator: Validator,
    known: Documents,
}

impl Steps {
    /// Prepares the steps of a document; `None` for one that is refused.
    pub fn new(text: &str, variables: Variables) -> Option<Self> {
        let sdl = super::sdl();
        let (shape, validator) = (Shape::new(&sdl), Validator::new(&sdl));
        let Parsed { tree, executable: document } = syntax::parse(text).ok()?;
        let formulas = Formulas::compile(&shape, &document);
        let known = Documents::new(&sdl, DocumentLimits::default());
        known.parse(text).ok()?;
        Some(Self { text: text.to_owned(), tree, document, variables, formulas, shape, validator, known })
    }

    /// Scans the text.
    pub fn guard_text(&self) -> bool {
        guard::check_text(&self.text, &DocumentLimits::default()).is_ok()
    }

    /// Parses the text: what everything else is measured by.
    pub fn parse(&self) -> bool {
        syntax::parse(&self.text).is_ok()
    }

    /// Measures the document.
    pub fn guard_document(&self) -> bool {
        guard::check_document(&self.document, &DocumentLimits::default()).is_ok()
    }

    /// Validates the document.
    pub fn validate(&self) -> bool {
        self.validator.validate(&self.tree).is_ok()
    }

    /// Compiles the formulas.
    pub fn compile(&self) {
        drop(Formulas::compile(&self.shape, &self.document));
    }

    /// All of these, for a document that is not known yet.
    pub fn cold(&self) -> u64 {
        let passed = self.guard_text() && self.parse() && self.guard_document() && self.validate();
        self.compile();
        if passed { self.replay() } else { 0 }
    }

    /// Finds the document among those that are known.
    pub fn cached(&self) -> bool {
        self.known.parse(&self.text).is_ok()
    }

    /// Prices the operation with its variables.
    pub fn replay(&self) -> u64 {
        let Ok((name, _)) = documents::operation(&self.document, None) else { return 0 };
        let (formulas, variables) = (&self.formulas, &self.variables);
        let inputs = Inputs { pages: PageSizes::default(), formulas, name, variables };
        cost::estimate(inputs).map_or(0, |estimate| estimate.cost)
    }
}

/// Judges changed processes as subscriptions do.
pub struct Judge {
    relations: Relations,
    ledger: Arc<Ledger>,
}

/// The verdicts on several processes, and what they took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Of each process, in order.
    pub matching: Vec<bool>,
    /// Where what was needed came from.
    pub counts: Counts,
    /// What the database was asked for.
    pub database: Reading,
}

impl Judge {
    /// One that reads a database, and keeps what it reads in `tiers`.
    pub fn new(database: &Database, tiers: Option<Arc<Tiers>>) -> Self {
        let ledger = tiers.as_ref().map_or_else(Arc::default, |tiers| tiers.ledger().clone());
        Self { relations: Relations::new(database, Limits::default(), &Ours, tiers), ledger }
    }

    /// Reads a filter of processes as a client writes it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn filter(value: serde_json::Value) -> Result<Filter, String> {
        let value = Value::from_json(value).map_err(|error| error.to_string())?;
        let filter = Option::<ProcessFilter>::parse(Some(value)).map_err(|error| format!("{error:?}"))?;
        filter::stored(filter).map_err(|error| error.to_string())
    }

    /// Judges processes, given by their ids and those of their datasets, in a scope of their own.
    ///
    /// # Errors
    /// What could not be read.
    pub async fn judge(&self, filter: &Filter, changed: &[(i64, i64)]) -> Result<Verdicts, String> {
        let changed: Vec<Changed> = changed
            .iter()
            .map(|(process, dataset)| Changed { process: *process, dataset: *dataset })
            .collect();
        let meter = Meter::default();
        let scope = scope::Request::begin(meter.clone(), &self.ledger);
        let matching = process::matching(&self.relations, &scope, filter, &changed);
        let matching = meter.measure(scope.drive(matching)).await.map_err(|error| error.to_string())?;
        Ok(Verdicts { matching, counts: scope.counts(), database: meter.read() })
    }
}

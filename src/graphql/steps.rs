//! The steps before execution one by one, for those who measure them (`benches/graphql.rs`).

use async_graphql::Variables;
use async_graphql_parser::{parse_query, types::ExecutableDocument};

use super::{
    cost::{self, Formulas, Inputs},
    documents::{self, Documents},
    guard::{self, DocumentLimits},
    page::PageSizes,
    shape::Shape,
    validation::Validator,
};

/// A document and what the steps need of the schema.
pub struct Steps {
    text: String,
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
        let document = parse_query(text).ok()?;
        let formulas = Formulas::compile(&shape, &document);
        let known = Documents::new(&sdl, DocumentLimits::default());
        known.parse(text).ok()?;
        Some(Self { text: text.to_owned(), document, variables, formulas, shape, validator, known })
    }

    /// Scans the text.
    pub fn guard_text(&self) -> bool {
        guard::check_text(&self.text, &DocumentLimits::default()).is_ok()
    }

    /// Parses the text: what everything else is measured by.
    pub fn parse(&self) -> bool {
        parse_query(&self.text).is_ok()
    }

    /// Measures the document.
    pub fn guard_document(&self) -> bool {
        guard::check_document(&self.document, &DocumentLimits::default()).is_ok()
    }

    /// Validates the text, which parses it once more.
    pub fn validate(&self) -> bool {
        self.validator.validate(&self.text).is_ok()
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

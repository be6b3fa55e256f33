//! `[graphql]`: what one operation may ask for.

use std::time::Duration;

use super::Problem;

settings! {
    /// What one operation may ask for. All but the time is checked before any work starts.
    Graphql = "graphql" {
        /// Bytes of a document at most.
        max_document_bytes: usize = 102400, in 1..=u64::MAX;
        /// Tokens of a document at most.
        max_tokens: usize = 15000, in 1..=u64::MAX;
        /// Aliases of an operation at most, its fragments expanded.
        max_aliases: usize = 30;
        /// Root fields of an operation at most, its fragments expanded.
        max_root_fields: usize = 20, in 1..=u64::MAX;
        /// Directives of an operation at most, its fragments expanded.
        max_directives: usize = 50;
        /// Levels of nesting at most. Pages (edges, node, nodes, pageInfo) add none.
        max_depth: u32 = 10, in 1..=u64::MAX;
        /// Cost of an operation, or of all in a batch together, at most; a connection costs
        /// 1 + page size × (1 + what a node selects).
        max_cost: u64 = 1000, in 1..=u64::MAX;
        /// Milliseconds an operation may be executed before it and its statements are cancelled.
        execution_timeout_ms: u64 = 10000, in 1..=u64::MAX;
        /// Rows in one page at most, whatever `first` or `last` asks for.
        max_page_size: u32 = 100, in 1..=u64::MAX;
        /// Rows in a page of a root field that names no size.
        default_page_size: u32 = 20, in 1..=u64::MAX;
        /// Rows in a page of a nested field that names no size.
        nested_page_size: u32 = 5, in 1..=u64::MAX;
        /// Whether clients may ask for the schema. GraphiQL needs it.
        introspection: bool = true;
    }
}

impl Graphql {
    /// How long an operation may be executed.
    pub fn execution_timeout(&self) -> Duration {
        Duration::from_millis(self.execution_timeout_ms)
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        let most = self.max_page_size;
        for (key, size) in
            [("default_page_size", self.default_page_size), ("nested_page_size", self.nested_page_size)]
        {
            if size > most {
                problems.push(Problem::Contradiction(format!(
                    "graphql.{key} = {size} is more than graphql.max_page_size = {most}: \
                     a page that names no size would be refused; lower the one or raise the other"
                )));
            }
        }
        let page = 1 + u64::from(self.default_page_size);
        if page > self.max_cost {
            problems.push(Problem::Contradiction(format!(
                "graphql.max_cost = {} is less than the {page} that a root page of \
                 graphql.default_page_size = {} costs: every such query would be refused; \
                 raise the one or lower the other",
                self.max_cost, self.default_page_size
            )));
        }
    }
}

//! What each field of the schema is to the cost and the depth of an operation.
//!
//! Read from the schema's own definition once at start, so that a new field is priced without being
//! registered anywhere: a type that ends in `Connection` is a page, an object that implements `Node` is
//! another row, any other object lies in its parent's row. What the definition does not tell stands in
//! [`READ_SEPARATELY`] and [`SIZED_BY`].

use std::collections::{HashMap, HashSet};

use async_graphql_parser::{
    parse_schema,
    types::{BaseType, OperationType, ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition},
};

/// Fields that look like a part of their row and are read by a statement of their own (the side row of
/// a process, the body of a release): each costs 1 like any batched relation.
const READ_SEPARATELY: [(&str, &[&str]); 3] = [
    ("ContractingProcess", &["planning", "bidStatistics", "relatedProcesses"]),
    ("Release", &["body"]),
    (
        "Tender",
        &[
            "description",
            "statusDetails",
            "minValue",
            "procurementMethodRationale",
            "additionalProcurementCategories",
            "awardCriteria",
            "awardCriteriaDetails",
            "eligibilityCriteria",
            "submissionMethod",
            "submissionMethodDetails",
            "enquiryPeriod",
            "awardPeriod",
            "contractPeriod",
            "milestones",
            "amendments",
            "lots",
        ],
    ),
];

/// Lists whose length an argument tells.
const SIZED_BY: [(&str, &str, &str); 1] = [("Query", "nodes", "ids")];

/// A message of a subscription.
const BATCH: &str = "ChangeBatch";
/// Fields that do something for each element of a list in an argument: the argument, and the list's field in it.
const EACH_OF: [(&str, &str, (&str, &str)); 1] = [("Mutation", "publishReleases", ("input", "releases"))];

/// Lists that are computed over a whole list, of `first` rows at most: a row here, and cost follows.
const AGGREGATES: [(&str, &str); 1] = [("Query", "spending")];

/// The fields of the schema.
pub(super) struct Shape {
    /// The types of the roots: of queries, mutations and subscriptions.
    roots: [String; 3],
    types: HashMap<String, HashMap<String, Field>>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What it is to the cost.
    pub(super) kind: Kind,
    /// The type of its selection, without list and non-null.
    pub(super) ty: String,
}

/// What a field is to the cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of its row.
    Own,
    /// Another row, or an unpaged list of rows, that is read in a batch.
    Related,
    /// As many rows as the argument of this name lists.
    Sized(&'static str),
    /// Something done for each element of a list: the argument's name, and the list's in it.
    Each(&'static str, &'static str),
    /// A page of rows.
    Connection,
    /// The rows of a page: `nodes`, `edges`.
    Rows,
    /// A part of a page that is no level of its own: `node`, `pageInfo`.
    Through,
    /// Something of whole lists: `totalCount`, `totalValue`, `totals`.
    Total,
    /// Rows computed over a whole list: `spending`.
    Aggregate,
    /// The messages of a subscription, each of as many rows as `batch.maxSize`.
    Batch,
}

impl Shape {
    /// Reads a schema definition. What cannot be read is empty: a test keeps it readable.
    pub(super) fn new(sdl: &str) -> Self {
        let document = parse_schema(sdl).unwrap_or(ServiceDocument { definitions: Vec::new() });
        let roots = ["Query", "Mutation", "Subscription"].map(str::to_owned);
        let mut shape = Self { roots, types: HashMap::new() };
        let mut definitions = Vec::new();
        for definition in &document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let schema = &schema.node;
                    let named = [&schema.query, &schema.mutation, &schema.subscription];
                    for (root, name) in shape.roots.iter_mut().zip(named) {
                        if let Some(name) = name {
                            *root = name.node.to_string();
                        }
                    }
                }
                TypeSystemDefinition::Type(definition) => definitions.push(&definition.node),
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        let rows = definitions.iter().filter(|definition| is_row(definition));
        let rows: HashSet<&str> = rows.map(|definition| definition.name.node.as_str()).collect();
        for definition in &definitions {
            let owner = definition.name.node.as_str();
            let named = |name: &str, ty: &Type| (name.to_owned(), field(owner, name, base(&ty.base), &rows));
            let fields = fields(definition).map(|(name, ty)| named(name, ty)).collect();
            shape.types.insert(owner.to_owned(), fields);
        }
        shape
    }

    /// The type that the first fields of an operation belong to.
    pub(super) fn root(&self, operation: OperationType) -> &str {
        let [query, mutation, subscription] = &self.roots;
        match operation {
            OperationType::Query => query,
            OperationType::Mutation => mutation,
            OperationType::Subscription => subscription,
        }
    }

    /// The field of a type; `None` where the schema has none.
    pub(super) fn field(&self, ty: &str, name: &str) -> Option<&Field> {
        self.types.get(ty)?.get(name)
    }
}

fn field(owner: &str, name: &str, ty: &str, rows: &HashSet<&str>) -> Field {
    let page = owner.ends_with("Connection");
    let kind = match name {
        "changes" if owner == BATCH => Kind::Rows,
        _ if ty == BATCH => Kind::Batch,
        "nodes" | "edges" if page => Kind::Rows,
        "pageInfo" if page => Kind::Through,
        "totalCount" | "totalValue" if page => Kind::Total,
        "totals" if owner == "Organization" => Kind::Total,
        "node" if owner.ends_with("Edge") => Kind::Through,
        _ if AGGREGATES.contains(&(owner, name)) => Kind::Aggregate,
        _ if ty.ends_with("Connection") => Kind::Connection,
        _ => match (listed(&SIZED_BY, owner, name), listed(&EACH_OF, owner, name)) {
            (Some(argument), _) => Kind::Sized(argument),
            (_, Some((argument, list))) => Kind::Each(argument, list),
            _ if rows.contains(ty) || read_separately(owner, name) => Kind::Related,
            _ => Kind::Own,
        },
    };
    Field { kind, ty: ty.to_owned() }
}

/// What a table says of a field.
fn listed<T: Copy>(table: &[(&str, &str, T)], owner: &str, name: &str) -> Option<T> {
    table.iter().find(|(of, field, _)| (*of, *field) == (owner, name)).map(|(_, _, what)| *what)
}

fn read_separately(owner: &str, name: &str) -> bool {
    READ_SEPARATELY.iter().any(|(of, fields)| *of == owner && fields.contains(&name))
}

fn is_row(definition: &TypeDefinition) -> bool {
    match &definition.kind {
        TypeKind::Object(object) => object.implements.iter().any(|name| name.node == "Node"),
        TypeKind::Interface(_) => definition.name.node == "Node",
        _ => false,
    }
}

fn fields(definition: &TypeDefinition) -> impl Iterator<Item = (&str, &Type)> {
    let fields = match &definition.kind {
        TypeKind::Object(object) => object.fields.as_slice(),
        TypeKind::Interface(interface) => interface.fields.as_slice(),
        _ => &[],
    };
    fields.iter().map(|field| (field.node.name.node.as_str(), &field.node.ty.node))
}

fn base(ty: &BaseType) -> &str {
    match ty {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base(&inner.base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_tells_what_its_fields_are() {
        let shape = Shape::new(&crate::graphql::sdl());
        for (ty, name, kind) in [
            ("Query", "processes", Kind::Connection),
            ("Query", "node", Kind::Related),
            ("Query", "nodes", Kind::Sized("ids")),
            ("Query", "serverInfo", Kind::Own),
            ("ContractingProcess", "ocid", Kind::Own),
            ("ContractingProcess", "tender", Kind::Own),
            ("ContractingProcess", "buyer", Kind::Related),
            ("ContractingProcess", "awards", Kind::Connection),
            ("ContractingProcess", "planning", Kind::Related),
            ("Tender", "value", Kind::Own),
            ("Award", "suppliers", Kind::Related),
            ("AwardConnection", "nodes", Kind::Rows),
            ("AwardConnection", "totalCount", Kind::Total),
            ("ContractingProcessConnection", "totalValue", Kind::Total),
            ("Organization", "totals", Kind::Total),
            ("Organization", "awards", Kind::Connection),
            ("Query", "changes", Kind::Connection),
            ("Subscription", "processChanges", Kind::Batch),
            ("ChangeBatch", "changes", Kind::Rows),
            ("ProcessChange", "process", Kind::Related),
            ("PartyEdge", "node", Kind::Through),
            ("Node", "id", Kind::Own),
            ("Mutation", "publishReleases", Kind::Each("input", "releases")),
            ("PublishReleasesPayload", "results", Kind::Own),
            ("PublishedRelease", "process", Kind::Related),
        ] {
            assert_eq!(shape.field(ty, name).map(|field| field.kind), Some(kind), "{ty}.{name}");
        }
    }

    #[test]
    fn every_exception_is_a_field() {
        let shape = Shape::new(&crate::graphql::sdl());
        let separate =
            READ_SEPARATELY.iter().flat_map(|(ty, fields)| fields.iter().map(move |name| (*ty, *name)));
        let sized = SIZED_BY.iter().map(|(ty, name, _)| (*ty, *name));
        let each = EACH_OF.iter().map(|(ty, name, _)| (*ty, *name));
        for (ty, name) in separate.chain(sized).chain(each) {
            assert!(shape.field(ty, name).is_some(), "{ty}.{name}");
        }
    }
}

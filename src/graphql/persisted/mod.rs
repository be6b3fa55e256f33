//! Documents that are named instead of sent: automatic persisted queries and trusted documents.
//!
//! A request names its document by `extensions.persistedQuery` (Apollo's protocol) or by `documentId` (the
//! proposal for GraphQL over HTTP). The name is looked up in the manifest, then among the documents that
//! clients registered, in this process and then in Redis. A document is registered when it came with its
//! hash and was admitted.
//!
//! What must stay true: this comes before admission, and a document that was named is admitted like one
//! that was sent; it waits for nothing unless Redis has to be asked; only admitted documents are kept; in
//! mode `only` nothing runs that the manifest does not have.

mod hash;
mod manifest;
mod registered;
mod unlisted;

use async_graphql::{Request, ServerError};

use self::{hash::DocumentHash, registered::Registered, unlisted::Unlisted};
pub use self::{
    manifest::{Manifest, ManifestError},
    registered::RegisteredLimits,
};
use super::error::refusal;
use crate::{cache::shared::Shared, error::Code};

/// Characters of a name in a message.
const LONGEST_SHOWN: usize = 80;

/// A request as it came: with the text of its document, or a name for it, or both.
pub struct Asked {
    /// The request. Its text is empty where only a name came.
    pub request: Request,
    /// The name of the document, if it has one.
    pub name: Option<DocumentName>,
}

/// What a client calls a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentName {
    /// `extensions.persistedQuery.sha256Hash`: the hash of its text, or its id in a manifest.
    PersistedQuery(String),
    /// `documentId`: its id in a manifest, or `sha256:` and the hash of its text.
    Id(String),
}

/// Which documents may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentMode {
    /// Any.
    #[default]
    Open,
    /// Any; those that the manifest does not have are logged.
    Log,
    /// Those of the manifest.
    Only,
}

/// Which documents may run, and how they may be named.
pub struct DocumentOptions {
    /// Which may run.
    pub mode: DocumentMode,
    /// Those that are trusted.
    pub manifest: Manifest,
    /// How many clients may register; `None` when they may not.
    pub registered: Option<RegisteredLimits>,
    /// Where the registered are shared with other processes.
    pub shared: Option<Shared>,
}

/// The documents that can be named.
pub(super) struct Persisted {
    mode: DocumentMode,
    manifest: Manifest,
    registered: Option<Registered>,
    unlisted: Unlisted,
}

/// What is to be done once a document was admitted.
#[derive(Default)]
pub(super) struct Afterwards {
    /// It becomes a registered one.
    register: Option<Registration>,
    /// The manifest does not have it, and the log is to be told.
    unlisted: Option<DocumentHash>,
}

#[derive(Clone, Copy)]
struct Registration {
    hash: DocumentHash,
    /// Redis has it already.
    is_shared: bool,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        Self { request, name: None }
    }
}

impl DocumentName {
    fn as_str(&self) -> &str {
        let (Self::PersistedQuery(name) | Self::Id(name)) = self;
        name
    }
}

impl Default for DocumentOptions {
    /// Any document may run and be registered; nothing is shared.
    fn default() -> Self {
        Self {
            mode: DocumentMode::Open,
            manifest: Manifest::default(),
            registered: Some(RegisteredLimits::default()),
            shared: None,
        }
    }
}

impl Persisted {
    /// No registered documents yet.
    pub(super) fn new(options: DocumentOptions) -> Self {
        let DocumentOptions { mode, manifest, registered, shared } = options;
        let registered = registered.map(|limits| Registered::new(limits, shared));
        Self { mode, manifest, registered, unlisted: Unlisted::new() }
    }

    /// The request with the text of its document, and what to do when it is admitted; or why it has none.
    pub(super) async fn find(&self, asked: Asked) -> Result<(Request, Afterwards), ServerError> {
        let Asked { mut request, name } = asked;
        let Some(name) = name else {
            let afterwards = self.check_sent(&request.query)?;
            return Ok((request, afterwards));
        };
        if let Some(trusted) = self.manifest.find(name.as_str()) {
            if request.query.is_empty() {
                trusted.as_ref().clone_into(&mut request.query);
            } else if *request.query != **trusted {
                return Err(mismatch(&name));
            }
            return Ok((request, Afterwards::default()));
        }
        if self.mode == DocumentMode::Only {
            return Err(not_trusted());
        }
        let register = if request.query.is_empty() {
            let (text, register) = self.look_up(&name).await?;
            request.query = text;
            register
        } else {
            self.check_name(&name, &request.query)?
        };
        let afterwards = Afterwards { register, ..self.check_sent(&request.query)? };
        Ok((request, afterwards))
    }

    /// Does what is to be done with a document that was admitted.
    pub(super) async fn admitted(
        &self,
        afterwards: Afterwards,
        text: &str,
        operation: Option<&str>,
        request_id: Option<&str>,
    ) {
        if let Some(hash) = afterwards.unlisted {
            self.unlisted.tell(hash, operation, request_id);
        }
        if let (Some(registered), Some(Registration { hash, is_shared })) =
            (&self.registered, afterwards.register)
        {
            registered.keep(hash, text);
            if !is_shared {
                registered.share(hash, text).await;
            }
        }
    }

    /// The text of a registered document; one that Redis gave is to be registered here too.
    async fn look_up(&self, name: &DocumentName) -> Result<(String, Option<Registration>), ServerError> {
        let registered = self.registered.as_ref().ok_or_else(|| not_supported(name))?;
        let hash = DocumentHash::parse(name.as_str()).ok_or_else(|| not_found(name))?;
        if let Some(text) = registered.here(hash) {
            return Ok((text.as_ref().to_owned(), None));
        }
        let text = registered.elsewhere(hash).await.ok_or_else(|| not_found(name))?;
        Ok((text, Some(Registration { hash, is_shared: true })))
    }

    /// Checks that a name is the hash of the text beside it; tells whether the document is to be registered.
    fn check_name(&self, name: &DocumentName, text: &str) -> Result<Option<Registration>, ServerError> {
        if let (None, DocumentName::PersistedQuery(_)) = (&self.registered, name) {
            return Err(not_supported(name));
        }
        let hash = DocumentHash::parse(name.as_str()).filter(|hash| DocumentHash::of(text) == *hash);
        let hash = hash.ok_or_else(|| mismatch(name))?;
        let is_new = self.registered.as_ref().is_some_and(|registered| registered.here(hash).is_none());
        Ok(is_new.then_some(Registration { hash, is_shared: false }))
    }

    /// Whether a text may run that came without the name of a trusted document.
    fn check_sent(&self, text: &str) -> Result<Afterwards, ServerError> {
        if self.mode == DocumentMode::Open {
            return Ok(Afterwards::default());
        }
        let hash = DocumentHash::of(text);
        match (self.manifest.holds(hash), self.mode) {
            (true, _) => Ok(Afterwards::default()),
            (false, DocumentMode::Only) => Err(not_trusted()),
            (false, _) => Ok(Afterwards { unlisted: Some(hash), register: None }),
        }
    }
}

/// Nobody registered it. Apollo's clients then send the text; they know the answer by its code or, the older
/// ones, by these very words.
fn not_found(name: &DocumentName) -> ServerError {
    match name {
        DocumentName::PersistedQuery(_) => refusal(Code::PersistedQueryNotFound, "PersistedQueryNotFound"),
        DocumentName::Id(id) => {
            let message = format!(
                "no document has the id {}; send the text in the parameter \"query\", or have the document \
                 added to the server's manifest (documents.manifest)",
                quoted(id)
            );
            refusal(Code::DocumentNotFound, message)
        }
    }
}

/// Nothing can be registered, and the manifest does not have it. Apollo's clients then send texts only.
fn not_supported(name: &DocumentName) -> ServerError {
    match name {
        DocumentName::PersistedQuery(_) => {
            refusal(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported")
        }
        DocumentName::Id(_) => not_found(name),
    }
}

/// Name and text are not of one document: taken together they could put one document in the place of another.
fn mismatch(name: &DocumentName) -> ServerError {
    let message = match name {
        // In Apollo's words.
        DocumentName::PersistedQuery(_) => "provided sha does not match query",
        DocumentName::Id(_) => {
            "documentId and query are not of the same document; send one of them, or as documentId \
             \"sha256:\" and the SHA-256 of the query in lower case"
        }
    };
    refusal(Code::BadRequest, message)
}

fn not_trusted() -> ServerError {
    let message = "this server executes only documents of its manifest (documents.mode = only), and it has no \
                   such document; send the id of one that it has, or have this one added";
    refusal(Code::DocumentNotTrusted, message)
}

/// A name as a message shows it: whoever chose it may have chosen a long one.
fn quoted(name: &str) -> String {
    format!("{:?}", name.chars().take(LONGEST_SHOWN).collect::<String>())
}

//! Who calls, and what he may do.
//!
//! What must stay true: a [`Scope`] includes those before it; a credential that does not hold is an error, never
//! taken for none.

mod authenticator;
mod error;
mod jwks;
pub mod jwt;
mod key;
pub mod keys;
mod verify;

use std::{hint, sync::Arc};

use tokio::time::Instant;

pub use self::{
    authenticator::Authenticator,
    error::AuthError,
    jwt::{Jwt, JwtError},
    key::{NewKey, NoRandomness, key_id},
    keys::KeyRing,
};

/// What the plan of everyone is called.
pub const DEFAULT_PLAN: &str = "default";

/// What a caller may do. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Query and subscribe.
    Read,
    /// Publish releases, too.
    Publish,
    /// Run the server, too: its caches, and how it does.
    Admin,
}

/// How a caller is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Identity {
    /// By nothing but his address.
    #[default]
    Anonymous,
    /// By the token of the settings for those who publish.
    PublishToken,
    /// By an API key; its public id.
    Key(Arc<str>),
    /// By a JSON Web Token; its subject.
    Subject(Arc<str>),
}

/// Who calls. By default anyone, who may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// How he is known.
    pub identity: Identity,
    /// What he may do.
    pub scope: Scope,
    /// The plan that limits him; `None` for that of everyone.
    pub plan: Option<Arc<str>>,
    /// When what he has shown ends by itself, where it does.
    pub expires: Option<Instant>,
    /// The name (`kid`) of the key that has signed his token, empty where it has none.
    pub kid: Option<Arc<str>>,
}

impl Scope {
    /// The word for it in settings, claims and commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }

    /// The scope of a word; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Publish, Self::Admin].into_iter().find(|scope| scope.as_str() == word)
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self { identity: Identity::Anonymous, scope: Scope::Read, plan: None, expires: None, kid: None }
    }
}

/// The plan of a name; `None` for that of everyone, which may be named too.
fn plan_of(name: &str) -> Option<Arc<str>> {
    (!name.is_empty() && name != DEFAULT_PLAN).then(|| name.into())
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
fn same_digest(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    hint::black_box(differences) == 0
}

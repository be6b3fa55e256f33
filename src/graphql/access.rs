//! Who may ask for a field that not everyone may.
//!
//! What must stay true: whoever may not is told so on that field alone, with its siblings as they are; therefore
//! resolvers of nullable fields ask here, and there is no guard around them.

use async_graphql::Context;

use super::error::Error;
use crate::auth::{Caller, Identity, Scope};

/// Refuses callers without a scope, for what is called `what` in the message.
pub(super) fn require(ctx: &Context<'_>, scope: Scope, what: &str) -> Result<(), Error> {
    let caller: &Caller = ctx.data().map_err(|error| Error::Internal(error.message))?;
    if caller.scope >= scope {
        return Ok(());
    }
    let wanted = scope.as_str();
    Err(Error::Forbidden(match caller.identity {
        Identity::Anonymous => format!(
            "{what} needs the scope {wanted}; send a key or a token that has it: Authorization: Bearer KEY"
        ),
        _ => format!("{what} needs the scope {wanted}; what you have shown has {}", caller.scope.as_str()),
    }))
}

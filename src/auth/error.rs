//! Why a caller is not let in.

/// Why a caller is not let in. The message is for whoever sent the request, and repeats nothing of what he sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Nothing was shown, and callers without credentials may do nothing here.
    #[error(
        "this server answers nobody whom it does not know (auth.anonymous); send \"Authorization: Bearer TOKEN\" or \
         \"X-API-Key: KEY\""
    )]
    Missing,
    /// Two things were shown: it would not be clear by which of them the caller is limited, nor with which it ends.
    #[error("Authorization and X-API-Key both show something; send one of them")]
    Several,
    /// What was shown does not hold: it is wrong, was revoked, or has expired.
    #[error("{0}; send another one, or nothing to do what everyone may")]
    Refused(&'static str),
    /// Whether it holds cannot be told now: the database that knows the keys does not answer, or too many keys are
    /// asked for that nobody knows.
    #[error("whether the API key is valid cannot be told now; try again in a second")]
    Unavailable,
}

//! Whoever signs tokens: right ones, and wrong ones.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use farol::auth::jwt::Algorithm;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RsaKeyPair, RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};

/// Whom the tests trust, and for whom tokens are meant.
pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "farol";

/// Every algorithm that there is.
pub(crate) const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

/// Signs with one key.
pub(crate) struct Issuer {
    pub(crate) algorithm: Algorithm,
    signer: Signer,
    /// The public key (PEM); of HS256 the secret.
    pub(crate) public: String,
}

enum Signer {
    Secret(String),
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Issuer {
    /// One with a key of its own; the key of RSA, which takes long to make, is always the same.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (signer, public) = match algorithm {
            Algorithm::Hs256 => {
                // Whatever else is random is good enough.
                let secret = rcgen::KeyPair::generate().unwrap().public_key_pem();
                (Signer::Secret(secret.clone()), secret)
            }
            Algorithm::Rs256 => {
                let pair = rcgen::KeyPair::from_pem(include_str!("rsa.pem")).unwrap();
                (Signer::Rsa(RsaKeyPair::from_pkcs8(pair.serialized_der()).unwrap()), pair.public_key_pem())
            }
            Algorithm::Es256 => {
                let pair = rcgen::KeyPair::generate().unwrap();
                let (curve, der) = (&ECDSA_P256_SHA256_FIXED_SIGNING, pair.serialized_der());
                let key = EcdsaKeyPair::from_pkcs8(curve, der, &SystemRandom::new()).unwrap();
                (Signer::Ecdsa(key), pair.public_key_pem())
            }
            Algorithm::EdDsa => {
                let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
                let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pair.serialized_der()).unwrap();
                (Signer::Ed25519(key), pair.public_key_pem())
            }
        };
        Self { algorithm, signer, public }
    }

    /// HS256 with this secret.
    pub(crate) fn with_secret(secret: &str) -> Self {
        let signer = Signer::Secret(secret.to_owned());
        Self { algorithm: Algorithm::Hs256, signer, public: secret.to_owned() }
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&json!({ "typ": "JWT", "alg": self.algorithm.as_str() }), claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = match &self.signer {
            Signer::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let signed =
                    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
                signed.map(|()| signature).unwrap()
            }
            Signer::Ecdsa(key) => {
                key.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
            }
            Signer::Ed25519(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", encode(signature))
    }

    /// The key as a JWKS file has it.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match &self.signer {
            Signer::Secret(secret) => json!({ "kty": "oct", "k": encode(secret) }),
            Signer::Rsa(key) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "n": encode(n), "e": encode(e) })
            }
            Signer::Ecdsa(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            Signer::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref()) })
            }
        };
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk
    }
}

/// Claims that the tests believe, for the next ten minutes.
pub(crate) fn claims() -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "maria", "scope": "openid publish", "plan": "partner",
        "iat": now, "exp": now + 600,
    })
}

/// The claims with one of them changed; left out where it is null.
pub(crate) fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(claim);
    } else {
        claims[claim] = value;
    }
    claims
}

/// As every part of a token is written.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

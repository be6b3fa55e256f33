//! JSON Web Tokens: whose are believed, and whose are not.

use std::{fs, path::PathBuf, time::Duration};

use farol::{
    auth::{
        AuthError, Authenticator, Caller, Identity, Jwt, JwtError, Scope,
        jwt::{Algorithm, KeySource, Options},
    },
    lifecycle::Tasks,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::issuer::{ALGORITHMS, AUDIENCE, ISSUER, Issuer, claims, encode, with};
use crate::support::farol;

/// A directory with the files that settings name.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The issuer's key, as its algorithm has it.
    pub(super) fn own(&self, issuer: &Issuer) -> KeySource {
        match issuer.algorithm {
            Algorithm::Hs256 => KeySource::Secret(issuer.public.clone().into()),
            _ => KeySource::PublicKey(self.write("key.pem", &issuer.public)),
        }
    }

    /// A JWKS file of these keys.
    pub(super) fn set(&self, keys: &[Value]) -> KeySource {
        KeySource::KeySet(self.write("jwks.json", &json!({ "keys": keys }).to_string()))
    }
}

fn jwt(algorithm: Algorithm, keys: KeySource) -> Result<Jwt, JwtError> {
    let (issuer, audience) = (ISSUER.to_owned(), AUDIENCE.to_owned());
    Jwt::new(&Options { algorithm, keys, issuer, audience, leeway: Duration::from_secs(30) })
}

/// What believes the tokens of these keys.
pub(super) fn believer(algorithm: Algorithm, keys: KeySource) -> Authenticator {
    Authenticator::default().with_jwt(jwt(algorithm, keys).unwrap())
}

/// Who shows this token.
pub(super) async fn shown(authenticator: &Authenticator, token: &str) -> Result<Caller, AuthError> {
    authenticator.caller(Some(format!("Bearer {token}").as_bytes()), None).await
}

async fn refusal(authenticator: &Authenticator, token: &str) -> String {
    shown(authenticator, token).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_token_says_who_calls_by_every_algorithm() {
    for algorithm in ALGORITHMS {
        let (files, issuer) = (Files::new(), Issuer::new(algorithm));
        let caller = shown(&believer(algorithm, files.own(&issuer)), &issuer.token(&claims())).await.unwrap();
        assert_eq!(caller.identity, Identity::Subject("maria".into()), "{algorithm:?}");
        assert_eq!((caller.scope, caller.plan.as_deref()), (Scope::Publish, Some("partner")));
        assert!(caller.expires.is_some());

        let other = Issuer::new(Algorithm::EdDsa);
        let by_name = believer(algorithm, files.set(&[other.jwk("other"), issuer.jwk("this")]));
        let header = json!({ "alg": algorithm.as_str(), "kid": "this" });
        let caller = shown(&by_name, &issuer.sign(&header, &claims())).await.unwrap();
        assert_eq!(caller.identity, Identity::Subject("maria".into()), "{algorithm:?}");
    }
}

#[tokio::test]
async fn the_highest_scope_counts_and_none_is_reading() {
    let (files, issuer) = (Files::new(), Issuer::new(Algorithm::EdDsa));
    let believer = believer(Algorithm::EdDsa, files.own(&issuer));
    for (words, expected) in [
        (json!("admin"), Scope::Admin),
        (json!("read publish"), Scope::Publish),
        (json!(["publish", "admin", "x"]), Scope::Admin),
        (json!("administrator publisher ADMIN"), Scope::Read),
        (json!({ "admin": true }), Scope::Read),
        (json!(["admin", 7]), Scope::Read),
        (json!(7), Scope::Read),
        (json!(""), Scope::Read),
        (Value::Null, Scope::Read),
    ] {
        let caller = shown(&believer, &issuer.token(&with("scope", words.clone()))).await.unwrap();
        assert_eq!(caller.scope, expected, "{words}");
    }
    let plan = shown(&believer, &issuer.token(&with("plan", json!("default")))).await.unwrap().plan;
    assert_eq!(plan, None, "the plan of everyone");
}

#[tokio::test]
async fn a_token_is_refused_that_is_not_for_here_and_now() {
    let now = chrono::Utc::now().timestamp();
    for algorithm in ALGORITHMS {
        let (files, issuer) = (Files::new(), Issuer::new(algorithm));
        let believer = believer(algorithm, files.own(&issuer));
        for (claim, value, part) in [
            ("exp", json!(now - 60), "has expired (exp)"),
            ("exp", json!("never"), "lacks one of the claims"),
            ("exp", json!(-1), "lacks one of the claims"),
            ("exp", Value::Null, "lacks one of the claims"),
            ("nbf", json!(now + 60), "not valid yet (nbf)"),
            ("iss", json!("https://id.example.org"), "not trusted here (iss)"),
            ("iss", json!([ISSUER]), "lacks one of the claims"),
            ("iss", Value::Null, "lacks one of the claims"),
            ("iss", json!(7), "lacks one of the claims"),
            ("aud", json!("FAROL"), "not meant for this server (aud)"),
            ("aud", json!(["other"]), "not meant for this server (aud)"),
            ("aud", json!([]), "not meant for this server (aud)"),
            ("aud", json!({ "farol": 1 }), "lacks one of the claims"),
            ("aud", Value::Null, "lacks one of the claims"),
            ("sub", Value::Null, "lacks one of the claims"),
            ("sub", json!(7), "lacks one of the claims"),
            ("sub", json!(""), "subject (sub) is empty"),
            ("sub", json!("x".repeat(256)), "longer than 255 bytes"),
        ] {
            let said = refusal(&believer, &issuer.token(&with(claim, value.clone()))).await;
            assert!(said.contains(part), "{algorithm:?}: {claim}: {value}: {said}");
        }
        for (claim, value) in [
            ("exp", json!(now - 10)),
            ("exp", json!(1e15)),
            ("exp", json!(u64::MAX)),
            ("nbf", json!(now + 10)),
            ("aud", json!(["other", AUDIENCE])),
            ("sub", json!("x".repeat(255))),
        ] {
            let caller = shown(&believer, &issuer.token(&with(claim, value.clone()))).await;
            assert!(caller.is_ok(), "{algorithm:?}: {claim}: {value}: {caller:?}");
        }
    }
}

#[tokio::test]
async fn a_token_is_refused_that_the_issuer_has_not_signed() {
    for algorithm in ALGORITHMS {
        let (files, issuer) = (Files::new(), Issuer::new(algorithm));
        let believer = believer(algorithm, files.own(&issuer));
        let token = issuer.token(&claims());
        let parts: Vec<&str> = token.split('.').collect();
        let more = encode(with("scope", json!("admin")).to_string());
        let header = |name: &str| encode(json!({ "alg": name }).to_string());
        let mut wrong = vec![
            format!("{}.{more}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", parts[0], parts[1], encode([0; 64])),
            format!("{}.{}.", header("none"), parts[1]),
            format!("{}.{}.", header("None"), parts[1]),
            format!("{}.{}.{}", header("none"), parts[1], parts[2]),
            format!("{}.{}.{}", header("HS512"), parts[1], parts[2]),
            "..".to_owned(),
            format!("{token}="),
        ];
        if algorithm != Algorithm::Rs256 {
            wrong.push(Issuer::new(algorithm).token(&claims()));
        }
        // Others' keys under this one's name, and this one's key under others' names.
        for other in ALGORITHMS.into_iter().filter(|other| *other != algorithm) {
            wrong.push(Issuer::new(other).sign(&json!({ "alg": algorithm.as_str() }), &claims()));
            wrong.push(Issuer::new(other).token(&claims()));
            wrong.push(issuer.sign(&json!({ "alg": other.as_str() }), &claims()));
        }
        for token in wrong {
            assert!(matches!(shown(&believer, &token).await, Err(AuthError::Refused(_))), "{token}");
        }
        // It is signed, and asks for what is not understood.
        let critical = json!({ "alg": algorithm.as_str(), "crit": ["exp"], "exp": 0 });
        assert!(refusal(&believer, &issuer.sign(&critical, &claims())).await.contains("(crit)"));
    }
}

/// Who has the public key can compute an HMAC with it. It is not one of a server that asks for a signature.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let (files, issuer) = (Files::new(), Issuer::new(algorithm));
        let lines = issuer.public.lines().filter(|line| !line.starts_with('-'));
        let bare: String = lines.collect();
        let set = files.set(&[issuer.jwk("key"), Issuer::new(Algorithm::Hs256).jwk("secret")]);
        for believer in [believer(algorithm, files.own(&issuer)), believer(algorithm, set)] {
            for secret in [&issuer.public, issuer.public.trim_end(), &bare] {
                let forger = Issuer::with_secret(secret);
                for alg in ["HS256", algorithm.as_str()] {
                    for kid in ["key", "secret"] {
                        let token = forger.sign(&json!({ "alg": alg, "kid": kid }), &claims());
                        assert!(shown(&believer, &token).await.is_err(), "{algorithm:?} {alg} {kid}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_must_be_one_of_the_set() {
    let (files, issuer) = (Files::new(), Issuer::new(Algorithm::Es256));
    let believer = believer(Algorithm::Es256, files.set(&[issuer.jwk("this")]));
    for kid in [json!("that"), json!(""), Value::Null] {
        let mut header = json!({ "alg": "ES256", "kid": kid });
        if kid.is_null() {
            header.as_object_mut().unwrap().remove("kid");
        }
        let said = refusal(&believer, &issuer.sign(&header, &claims())).await;
        assert!(said.contains("a key that is not known here (kid)"), "{kid}: {said}");
    }
    // What the token brings along is not looked at.
    let forger = Issuer::new(Algorithm::Es256);
    let header =
        json!({ "alg": "ES256", "kid": "this", "jwk": forger.jwk("this"), "jku": "https://forger.example" });
    assert!(shown(&believer, &forger.sign(&header, &claims())).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_known_until_his_token_expires() {
    let (files, issuer) = (Files::new(), Issuer::new(Algorithm::Hs256));
    let believer = believer(Algorithm::Hs256, files.own(&issuer));
    let exp = chrono::Utc::now().timestamp() + 60;
    let began = tokio::time::Instant::now();
    let caller = shown(&believer, &issuer.token(&with("exp", json!(exp)))).await.unwrap();
    believer.ended(&caller).await;
    // The leeway of 30 seconds is granted here too.
    let lasted = began.elapsed().as_secs_f64();
    assert!((88.5..=90.0).contains(&lasted), "{lasted}");
}

#[tokio::test(start_paused = true)]
async fn keys_are_changed_without_a_restart() {
    let (files, tasks, stop) = (Files::new(), Tasks::default(), CancellationToken::new());
    let (first, second) = (Issuer::new(Algorithm::EdDsa), Issuer::new(Algorithm::EdDsa));
    let token = |issuer: &Issuer, kid| issuer.sign(&json!({ "alg": "EdDSA", "kid": kid }), &claims());
    let jwt = jwt(Algorithm::EdDsa, files.set(&[first.jwk("1")])).unwrap();
    let believer = Authenticator::default().with_jwt(jwt.followed(&tasks, stop.clone()));
    assert!(shown(&believer, &token(&first, "1")).await.is_ok());

    // A file that is being written changes nothing.
    files.write("jwks.json", "{\"keys\": [");
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert!(shown(&believer, &token(&first, "1")).await.is_ok());

    // What was opened by its tokens ends with a key.
    let caller = shown(&believer, &token(&first, "1")).await.unwrap();
    let ended = believer.ended(&caller);
    files.set(&[second.jwk("2")]);
    tokio::time::timeout(Duration::from_secs(12), ended).await.expect("long before it expires");
    while shown(&believer, &token(&second, "2")).await.is_err() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(shown(&believer, &token(&first, "1")).await.is_err(), "its key is gone");

    files.set(&[]);
    while shown(&believer, &token(&second, "2")).await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    stop.cancel();
    tasks.drain(Duration::from_secs(1)).await;
}

#[test]
fn keys_that_cannot_be_used_are_refused_at_the_start() {
    let files = Files::new();
    let said = |algorithm, keys| jwt(algorithm, keys).unwrap_err().to_string();
    let pem = |text: &str| KeySource::PublicKey(files.write("wrong.pem", text));
    let (rsa, ecdsa) = (Issuer::new(Algorithm::Rs256), Issuer::new(Algorithm::Es256));
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap().public_key_pem();
    for (algorithm, keys, part) in [
        (Algorithm::Hs256, KeySource::Secret("short".into()), "auth.jwt_secret has 5 bytes"),
        (Algorithm::Rs256, KeySource::PublicKey("absent.pem".into()), "cannot read absent.pem"),
        (Algorithm::Rs256, pem(include_str!("rsa.pem")), "holds a private key"),
        (Algorithm::Rs256, KeySource::KeySet("absent.json".into()), "cannot read absent.json"),
        (
            Algorithm::Es256,
            KeySource::KeySet(files.write("list.json", "[]")),
            "is no set of keys, {\"keys\": […]}",
        ),
    ] {
        let said = said(algorithm, keys);
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    for (algorithm, text) in [
        (Algorithm::Rs256, ecdsa.public.as_str()),
        (Algorithm::Es256, rsa.public.as_str()),
        (Algorithm::Es256, p384.as_str()),
        (Algorithm::EdDsa, ecdsa.public.as_str()),
        (Algorithm::EdDsa, "no key"),
    ] {
        let said = said(algorithm, pem(text));
        assert!(said.contains(&format!("holds no public key for {}", algorithm.as_str())), "{said}");
    }
    let mut encrypts = ecdsa.jwk("a");
    encrypts["use"] = "enc".into();
    let mut other = ecdsa.jwk("b");
    other["alg"] = "ES384".into();
    let said = said(
        Algorithm::Es256,
        files.set(&[encrypts, other, rsa.jwk("c"), json!({ "kty": "new" }), json!(7)]),
    );
    assert!(said.contains("none of the 5 keys in") && said.contains("can be used for ES256"), "{said}");
}

#[test]
fn the_doctor_says_whether_tokens_can_be_judged() {
    let (files, issuer) = (Files::new(), Issuer::new(Algorithm::Es256));
    files.set(&[issuer.jwk("a"), issuer.jwk("b"), Issuer::new(Algorithm::EdDsa).jwk("c")]);
    let settings = "[auth]\njwt_algorithm = \"ES256\"\njwks_file = \"jwks.json\"\n\
         jwt_issuer = \"https://id.example\"\njwt_audience = \"farol\"\n";
    files.write("farol.toml", settings);
    assert_eq!(farol(files.0.path(), &[], &["migrate"]).code, 0);
    let said = farol(files.0.path(), &[], &["doctor"]).stdout;
    for line in ["tokens: signed by ES256 (keys: 2)", "API keys: 0 valid"] {
        assert!(said.lines().any(|said| said == line), "{line} is not in: {said}");
    }
    files.set(&[]);
    let output = farol(files.0.path(), &[], &["doctor"]);
    assert!(output.code == 2 && output.stderr.contains("none of the 0 keys in"), "{}", output.stderr);
}

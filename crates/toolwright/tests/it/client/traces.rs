//! What a client that signs in writes to logs: nothing that is secret.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::json;
use toolwright::client::oauth::{Authorization, Credentials};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use super::authority::Authority;
use super::authorization::{connect, refused, user};

/// All that is said to `tracing` on this thread, and to `log` on any.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl Visit for &Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?}\n"));
    }
}

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut &*self);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push_str(&format!("{}: {}\n", record.target(), record.args()));
    }
    fn flush(&self) {}
}

fn logged() -> &'static Everything {
    static LOGGED: OnceLock<Everything> = OnceLock::new();
    let logged = LOGGED.get_or_init(Everything::default);
    if log::set_logger(logged).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
    logged
}

/// Security.md A5, for the client: at the finest level, in flows that succeed and in flows that fail.
#[tokio::test]
async fn no_log_holds_a_token_a_code_or_a_secret() {
    let (traced, logged) = (Everything::default(), logged());
    let _guard = tracing::subscriber::set_default(traced.clone());
    let mut secrets: Vec<String> =
        ["t0k3n", "r3fr3sh", "c0d3", "s3cr3t", "4ss3rt10n"].map(str::to_owned).into();
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let machine = |credentials| Authorization::client_credentials(credentials);
    let workload =
        || Authorization::workload(Credentials::public("job"), |_| async { Ok("4ss3rt10n".into()) });
    for (methods, authorization) in [
        ("none", user().0),
        ("client_secret_basic", machine(Credentials::secret("me", "s3cr3t"))),
        ("client_secret_post", machine(Credentials::secret("me", "s3cr3t"))),
        ("private_key_jwt", machine(Credentials::private_key("me", &key).unwrap())),
        ("none", workload()),
    ] {
        let authority = Authority::start().await;
        authority.stage().issuer = json!({
            "token_endpoint_auth_methods_supported": [methods],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        });
        let client = connect(&authority, authorization.clone()).await.unwrap();
        authority.stage().revoke();
        client.ping().await.unwrap();
        assert!(authority.stage().visits("/token") >= 2, "{methods}");
        authority.stage().forget();
        authority.stage().token_error = Some("you said {}".into());
        client.ping().await.unwrap_err();
        refused(&authority, authorization.clone()).await;
        authority.stage().page_error = Some("access_denied".into());
        refused(&authority, authorization).await;
        for field in ["code_verifier", "client_assertion", "state"] {
            secrets.extend(authority.stage().said(field));
        }
        let shown = authority
            .stage()
            .seen
            .iter()
            .filter_map(|(.., shown)| shown.strip_prefix("Basic ").map(str::to_owned))
            .collect::<Vec<_>>();
        secrets.extend(shown);
    }
    assert!(secrets.len() > 5 + 3 + 3 + 2, "of every kind: {secrets:?}");
    let found = |everything: &Everything| {
        let text = everything.0.lock().unwrap();
        assert!(text.lines().count() > 3, "something was said: {text}");
        secrets.iter().find(|secret| text.contains(secret.as_str())).cloned()
    };
    assert_eq!((found(&traced), found(logged)), (None, None));
    // Whoever says one is found.
    tracing::trace!(token = "t0k3n-planted");
    assert_eq!(found(&traced).as_deref(), Some("t0k3n"));
}

//! A client that gets itself authorized, against servers that do what the official suite's do not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use toolwright::Client;
use toolwright::client::Error;
use toolwright::client::oauth::{Authorization, Credentials, EncryptedFile, Kept, TokenKey, TokenStore};

use super::authority::{Authority, browse};

const CALLBACK: &str = "http://localhost/callback";

/// A user who says yes, in a browser that this is, and how often.
pub(super) fn user() -> (Authorization, Arc<AtomicUsize>) {
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    let authorization = Authorization::user(CALLBACK, move |url| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { Ok(browse(&url.parse()?, None).await.1) }
    });
    (authorization, visits)
}

pub(super) async fn connect(authority: &Authority, authorization: Authorization) -> Result<Client, Error> {
    Client::options().authorize(authorization).connect(authority.server()).await
}

/// What went wrong with a sign-in; it must be nothing else.
pub(super) async fn refused(authority: &Authority, authorization: Authorization) -> String {
    match connect(authority, authorization).await {
        Err(Error::Unauthorized(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Rules A25 and A27; OAuth 2.1, 4.3.1: a refresh token may be replaced each time.
#[tokio::test]
async fn a_token_that_ends_is_renewed_without_the_user() {
    let authority = Authority::start().await;
    authority.stage().expires_in = 0;
    let (authorization, visits) = user();
    let client = connect(&authority, authorization).await.unwrap();
    for _ in 0..3 {
        client.ping().await.unwrap();
    }
    assert_eq!(visits.load(Ordering::Relaxed), 1, "asked once");
    assert_eq!(authority.stage().said("refresh_token"), ["r3fr3sh-1", "r3fr3sh-2", "r3fr3sh-3"]);
    assert!(authority.stage().said("resource").iter().all(|resource| *resource == authority.server()));
}

#[tokio::test]
async fn a_token_that_is_taken_back_is_renewed() {
    let authority = Authority::start().await;
    let (authorization, visits) = user();
    let client = connect(&authority, authorization).await.unwrap();
    authority.stage().revoke();
    client.ping().await.unwrap();
    assert_eq!((visits.load(Ordering::Relaxed), authority.stage().said("refresh_token").len()), (1, 1));
    authority.stage().forget();
    client.ping().await.unwrap();
    assert_eq!(
        visits.load(Ordering::Relaxed),
        2,
        "the refresh token is not taken either: the user is asked again"
    );
}

/// One sign-in, however many wait for it.
#[tokio::test]
async fn requests_at_once_lead_to_one_sign_in() {
    let authority = Authority::start().await;
    let (authorization, visits) = user();
    let client = connect(&authority, authorization).await.unwrap();
    authority.stage().forget();
    assert!(pings(&client).await.iter().all(Result::is_ok));
    assert_eq!(visits.load(Ordering::Relaxed), 2);
    authority.stage().forget();
    authority.stage().page_error = Some("access_denied".into());
    for answer in pings(&client).await {
        let why = answer.unwrap_err().to_string();
        assert!(why.starts_with("not authorized") && why.contains("access_denied"), "{why}");
    }
    assert!(visits.load(Ordering::Relaxed) < 3 + 8, "who waited is not asked again");
}

/// Eight of them at once.
async fn pings(client: &Client) -> Vec<Result<(), Error>> {
    let ping = |_| {
        let client = client.clone();
        tokio::spawn(async move { client.ping().await })
    };
    let (tasks, mut done) = ((0..8).map(ping).collect::<Vec<_>>(), Vec::new());
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// A token that is not taken though it was just issued does not lead round in a circle.
#[tokio::test]
async fn a_server_that_takes_no_token_is_given_up() {
    let authority = Authority::start().await;
    let (authorization, visits) = user();
    // Its tokens are good elsewhere.
    let other = Authority::start().await;
    authority.stage().resource = json!({ "authorization_servers": [other.url] });
    let why = refused(&authority, authorization).await;
    assert!(why.contains("just issued"), "{why}");
    assert_eq!(visits.load(Ordering::Relaxed), 1);
}

/// Rules A15, A21 and A26.
#[tokio::test]
async fn nothing_of_one_issuer_is_shown_to_another() {
    let [first, second] = [Authority::start().await, Authority::start().await];
    let folder = Folder::new();
    let store = || EncryptedFile::new(folder.0.join("tokens"), [7; 32]);
    let (authorization, visits) = user();
    connect(&first, authorization.clone().store(store())).await.unwrap();
    // Another run of the program.
    let client = connect(&first, authorization.store(store())).await.unwrap();
    assert_eq!(visits.load(Ordering::Relaxed), 1, "the token was kept");
    first.stage().resource = json!({ "authorization_servers": [second.url] });
    first.stage().revoke();
    let moved = client.ping().await.unwrap_err().to_string();
    assert!(moved.contains("just issued"), "the server has not moved with it: {moved}");
    assert_eq!(visits.load(Ordering::Relaxed), 2);
    let seen = format!("{:?}", second.stage().seen);
    assert!(seen.contains(&format!("client-of-{}", second.url)), "{seen}");
    for secret in ["t0k3n-1", "r3fr3sh-1", &format!("client-of-{}", first.url)] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}

/// Rule A21.
#[tokio::test]
async fn credentials_are_shown_only_where_they_belong() {
    let authority = Authority::start().await;
    let credentials = Credentials::secret("me", "s3cr3t").issued_by("https://login.example.com");
    let why = refused(&authority, user().0.credentials(credentials.clone())).await;
    assert!(why.contains("https://login.example.com") && !why.contains("s3cr3t"), "{why}");
    refused(&authority, Authorization::client_credentials(credentials)).await;
    assert_eq!(authority.stage().visits("/token"), 0);
    assert_eq!(authority.stage().visits("/authorize"), 0);
    let credentials = Credentials::secret("me", "s3cr3t").issued_by(&authority.url);
    connect(&authority, Authorization::client_credentials(credentials)).await.unwrap();
    let (_, fields, shown) = authority.stage().seen.pop().unwrap();
    assert!(shown.starts_with("Basic ") && !fields.contains_key("client_secret"));
}

/// Rules A13, A14, A16, A24 and C35: what a server names is looked at first.
#[tokio::test]
async fn a_server_cannot_make_its_clients_ask_around() {
    let authority = Authority::start().await;
    for elsewhere in [
        "http://10.0.0.1",
        "https://10.0.0.1",
        "https://192.168.0.1/x",
        "https://169.254.169.254",
        "https://[fd00:ec2::254]",
        "https://2852039166",
        "http://example.com",
        "file:///etc/passwd",
        "https://user@example.com",
    ] {
        authority.stage().resource = json!({ "authorization_servers": [elsewhere] });
        refused(&authority, user().0).await;
        authority.stage().resource = json!({});
        for member in ["token_endpoint", "authorization_endpoint", "registration_endpoint"] {
            authority.stage().issuer = json!({ member: elsewhere });
            refused(&authority, user().0).await;
        }
        authority.stage().issuer = json!({});
        authority.stage().challenge = format!(", resource_metadata=\"{elsewhere}\"");
        refused(&authority, user().0).await;
        authority.stage().challenge.clear();
    }
    assert_eq!(authority.stage().visits("/authorize"), 0);
}

/// Nor by sending them on.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (authority, other) = (Authority::start().await, Authority::start().await);
    for path in
        ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server", "/token"]
    {
        authority.stage().moved = [(path.to_owned(), format!("{}{path}", other.url))].into();
        refused(&authority, user().0).await;
    }
    assert!(other.stage().seen.is_empty(), "{:?}", other.stage().seen);
}

/// Rules A16, A24 and A29.
#[tokio::test]
async fn who_says_the_wrong_thing_is_not_trusted() {
    let authority = Authority::start().await;
    let url = authority.url.clone();
    for resource in [
        json!({ "resource": format!("{url}/other") }),
        json!({"resource": "https://example.com/mcp"}),
        json!({"authorization_servers": []}),
        json!({ "authorization_servers": [format!("{url}/")] }),
        json!({"resource": 1}),
    ] {
        authority.stage().resource = resource.clone();
        refused(&authority, user().0).await;
    }
    authority.stage().resource = json!({});
    for issuer in [
        json!({ "issuer": format!("{url}/") }),
        json!({"code_challenge_methods_supported": null}),
        json!({"code_challenge_methods_supported": ["plain"]}),
        json!({"code_challenge_methods_supported": []}),
        json!({"authorization_endpoint": null}),
        json!({"registration_endpoint": null}),
        json!({ "scopes_supported": ["x".repeat(70_000)] }),
    ] {
        authority.stage().issuer = issuer;
        refused(&authority, user().0).await;
    }
    assert_eq!(authority.stage().visits("/authorize"), 0);
}

/// RFC 8252, 7.3 and 8.10: the browser comes back to this machine, and nobody else is taken for it.
#[tokio::test]
async fn only_the_browser_that_was_sent_is_waited_for() {
    let authority = Authority::start().await;
    let answers = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&answers);
    let authorization = Authorization::listener(move |url| {
        let (url, heard) = (url.to_owned(), Arc::clone(&heard));
        tokio::spawn(async move {
            let right = browse(&url.parse().unwrap(), None).await.1;
            for (url, host) in [
                (right.replace("state=", "state=x"), None),
                (right.split('?').next().unwrap().to_owned(), None),
                (right.replace("/callback", "/elsewhere"), None),
                (right.clone(), Some("evil.example")),
                (right, None),
            ] {
                let status = browse(&url.parse().unwrap(), host).await.0;
                heard.lock().unwrap().push(status);
            }
        });
    });
    connect(&authority, authorization).await.unwrap();
    assert_eq!(authority.stage().said("code"), ["c0d3"]);
    assert_eq!(answers.lock().unwrap()[..4], [400; 4]);
}

/// What is secret is in no error and in nothing that is printed, even if a server says it again.
#[tokio::test]
async fn secrets_are_told_to_nobody() {
    let authority = Authority::start().await;
    authority.stage().token_error = Some("you said {} and I say no".into());
    let why = refused(&authority, user().0).await;
    assert!(why.ends_with("invalid_grant"), "{why}");
    authority.stage().token_error = Some("s3cr3t is wrong".into());
    let credentials = Credentials::secret("me", "s3cr3t");
    let authorization = Authorization::client_credentials(credentials).store(Open::default());
    let shown = format!("{authorization:?} {:?}", Client::options().authorize(authorization.clone()));
    let why = refused(&authority, authorization.clone()).await;
    assert!(!why.contains("s3cr3t") && !shown.contains("s3cr3t"), "{why} {shown}");
    authority.stage().token_error = None;
    let store = Open::default();
    let client = connect(&authority, user().0.store(store.clone())).await.unwrap();
    let kept = store.0.lock().unwrap().clone();
    assert_eq!(kept.len(), 1);
    let shown = format!("{kept:?} {client:?}");
    assert!(!shown.contains("t0k3n") && !shown.contains("r3fr3sh"), "{shown}");
    assert!(serde_json::to_string(&kept[0].1).unwrap().contains("t0k3n-1"), "a store can write it");
}

/// A folder for one test.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("toolwright-authorization-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug, Clone, Default)]
struct Open(Arc<Mutex<Vec<(TokenKey, Kept)>>>);

impl TokenStore for Open {
    fn load(&self, _: &TokenKey) -> std::io::Result<Option<Kept>> {
        Ok(None)
    }

    fn save(&self, key: &TokenKey, kept: &Kept) -> std::io::Result<()> {
        self.0.lock().unwrap().push((key.clone(), kept.clone()));
        Ok(())
    }
}

/// A store that cannot be read, or written, is not passed over.
#[tokio::test]
async fn a_store_that_fails_is_an_error() {
    let authority = Authority::start().await;
    let nowhere = EncryptedFile::new("/nowhere/at/all/tokens", [7; 32]);
    let why = refused(&authority, user().0.store(nowhere)).await;
    assert!(why.starts_with("the store of tokens cannot be read"), "{why}");
}

/// Without a way to be authorized, the client says so, and does not take the server for an older one.
#[tokio::test]
async fn a_client_that_has_nothing_to_show_says_so() {
    let authority = Authority::start().await;
    let refused = Client::connect(authority.server()).await.unwrap_err();
    assert!(matches!(&refused, Error::Unauthorized(why) if why.contains("401")), "{refused}");
}

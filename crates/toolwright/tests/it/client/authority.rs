//! A server that wants to be authorized for, and the one that authorizes: small, and as wicked as a test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use toolwright::Http;
use url::form_urlencoded::parse;

type Fields = HashMap<String, String>;

/// Both servers at one address.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) url: String,
    state: Arc<Mutex<Stage>>,
}

/// What it does, and what it saw.
#[derive(Default)]
pub(crate) struct Stage {
    /// Members that replace what it says of the resource, and of the issuer.
    pub(crate) resource: Value,
    pub(crate) issuer: Value,
    /// Answers at these paths instead of its own: a status and a header `Location`.
    pub(crate) moved: HashMap<String, String>,
    /// What its challenge says besides.
    pub(crate) challenge: String,
    /// How long its tokens are good for, as it says.
    pub(crate) expires_in: u64,
    /// The error of its page, and of its tokens, if there is one; `{}` stands for all that it was told.
    pub(crate) page_error: Option<String>,
    pub(crate) token_error: Option<String>,
    /// The tokens that are good, by their number.
    issued: usize,
    good: Vec<String>,
    refresh: Option<String>,
    /// Each request for a page, a token or a registration: its path, its fields, and its header `Authorization`.
    pub(crate) seen: Vec<(String, Fields, String)>,
}

impl Stage {
    /// No token is good any more.
    pub(crate) fn revoke(&mut self) {
        self.good.clear();
    }

    /// Nor is the one that would bring another.
    pub(crate) fn forget(&mut self) {
        self.revoke();
        self.refresh = None;
    }

    /// How often a path was asked.
    pub(crate) fn visits(&self, path: &str) -> usize {
        self.seen.iter().filter(|(seen, ..)| seen == path).count()
    }

    /// All values of a field, in their order.
    pub(crate) fn said(&self, field: &str) -> Vec<String> {
        self.seen.iter().filter_map(|(_, fields, _)| fields.get(field).cloned()).collect()
    }
}

impl Authority {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stage = Stage { expires_in: 3600, ..Stage::default() };
        let authority = Self { url, state: Arc::new(Mutex::new(stage)) };
        let (service, _) = super::server();
        let router = axum::Router::new()
            .route_service("/mcp", service.endpoint(&Http::default()))
            .layer(from_fn_with_state(authority.clone(), guard))
            .fallback(answer)
            .with_state(authority.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        authority
    }

    pub(crate) fn server(&self) -> String {
        format!("{}/mcp", self.url)
    }

    pub(crate) fn stage(&self) -> MutexGuard<'_, Stage> {
        self.state.lock().unwrap()
    }

    fn metadata(&self, path: &str) -> Option<Value> {
        let (mut said, other) = match path {
            "/.well-known/oauth-protected-resource/mcp" => (
                json!({"resource": self.server(), "authorization_servers": [self.url], "scopes_supported": ["basic"]}),
                self.stage().resource.clone(),
            ),
            "/.well-known/oauth-authorization-server" => (
                json!({
                    "issuer": self.url,
                    "authorization_endpoint": format!("{}/authorize", self.url),
                    "token_endpoint": format!("{}/token", self.url),
                    "registration_endpoint": format!("{}/register", self.url),
                    "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
                    "authorization_response_iss_parameter_supported": true,
                }),
                self.stage().issuer.clone(),
            ),
            _ => return None,
        };
        for (name, value) in other.as_object().into_iter().flatten() {
            said[name] = value.clone();
        }
        Some(said)
    }

    /// The page that asks the user, who says yes.
    fn page(&self, fields: &Fields) -> Response {
        let mut back = url::Url::parse(&fields["redirect_uri"]).unwrap();
        let mut query = back.query_pairs_mut();
        query.append_pair("state", &fields["state"]).append_pair("iss", &self.url);
        match &self.stage().page_error {
            Some(error) => query.append_pair("error", error),
            None => query.append_pair("code", "c0d3"),
        };
        drop(query);
        response(StatusCode::FOUND, &[("location", back.as_str())], String::new())
    }

    fn token(&self, fields: &Fields) -> Response {
        let mut stage = self.stage();
        if let Some(error) = &stage.token_error {
            let told: Vec<&str> = fields.values().map(String::as_str).collect();
            let body =
                json!({"error": "invalid_grant", "error_description": error.replace("{}", &told.join(" "))});
            return response(StatusCode::BAD_REQUEST, &[], body.to_string());
        }
        let is_refresh = fields["grant_type"] == "refresh_token";
        if is_refresh && fields.get("refresh_token") != stage.refresh.as_ref() {
            return response(StatusCode::BAD_REQUEST, &[], json!({"error": "invalid_grant"}).to_string());
        }
        stage.issued += 1;
        let (token, refresh) = (format!("t0k3n-{}", stage.issued), format!("r3fr3sh-{}", stage.issued));
        stage.good.push(token.clone());
        stage.refresh = Some(refresh.clone());
        let body = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": stage.expires_in, "refresh_token": refresh,
        });
        response(StatusCode::OK, &[], body.to_string())
    }
}

/// A browser: goes to a URL, under another name if one is given; gives the status, and where it is sent on to.
pub(crate) async fn browse(url: &url::Url, host: Option<&str>) -> (u16, String) {
    let mut stream = TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let (path, host) = (&url[url::Position::BeforePath..], host.unwrap_or(url.authority()));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
    (answer[9..12].parse().unwrap(), location.to_owned())
}

async fn guard(State(authority): State<Authority>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).map(|shown| shown.to_str().unwrap().to_owned());
    let challenge = {
        let stage = authority.stage();
        let token = shown.as_deref().and_then(|shown| shown.strip_prefix("Bearer ")).unwrap_or_default();
        if request.uri().path() != "/mcp" || stage.good.iter().any(|good| good == token) {
            None
        } else {
            Some(format!("Bearer realm=\"mcp\"{}", stage.challenge))
        }
    };
    match challenge {
        Some(challenge) => {
            response(StatusCode::UNAUTHORIZED, &[("www-authenticate", &challenge)], String::new())
        }
        None => next.run(request).await,
    }
}

async fn answer(State(authority): State<Authority>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let shown = request.headers().get(header::AUTHORIZATION).map(|shown| shown.to_str().unwrap().to_owned());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let fields: Fields = parse(query.as_bytes())
        .chain(parse(&body))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    authority.stage().seen.push((path.clone(), fields.clone(), shown.unwrap_or_default()));
    let moved = authority.stage().moved.get(&path).cloned();
    if let Some(location) = moved {
        return response(StatusCode::FOUND, &[("location", &location)], String::new());
    }
    if let Some(said) = authority.metadata(&path) {
        return response(StatusCode::OK, &[], said.to_string());
    }
    match path.as_str() {
        "/authorize" => authority.page(&fields),
        "/token" => authority.token(&fields),
        "/register" => {
            let mut client: Value = serde_json::from_slice(&body).unwrap();
            client["client_id"] = format!("client-of-{}", authority.url).into();
            response(StatusCode::CREATED, &[], client.to_string())
        }
        _ => response(StatusCode::NOT_FOUND, &[], String::new()),
    }
}

fn response(status: StatusCode, headers: &[(&str, &str)], body: String) -> Response {
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap()
}

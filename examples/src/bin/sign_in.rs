//! A client of a server that wants its users to sign in: `sign_in URL` lists the server's tools.
//!
//! It asks in your browser. With `TOKENS` (a file) and `TOKENS_KEY` (32 bytes in base64url, such as
//! `openssl rand 32 | basenc --base64url | tr -d =` makes) it asks once, and keeps what it got, encrypted. With
//! `CLIENT_ID` and `CLIENT_SECRET` it asks nobody: the client itself is known.

use std::env;

use toolwright::client::oauth::{Authorization, Credentials, EncryptedFile};
use toolwright::{BoxError, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let url = env::args().nth(1).ok_or("usage: sign_in URL")?;
    let mut authorization = match (env::var("CLIENT_ID"), env::var("CLIENT_SECRET")) {
        (Ok(id), Ok(secret)) => Authorization::client_credentials(Credentials::secret(id, secret)),
        _ => Authorization::browser(),
    };
    if let Ok(file) = env::var("TOKENS") {
        authorization = authorization.store(EncryptedFile::from_env(file, "TOKENS_KEY")?);
    }
    let client = Client::options().name("sign_in", "1.0.0").authorize(authorization).connect(url).await?;
    #[allow(clippy::print_stdout, reason = "that is what it is for")]
    for tool in client.list_tools().await? {
        println!("{}", tool.name);
    }
    client.close().await;
    Ok(())
}

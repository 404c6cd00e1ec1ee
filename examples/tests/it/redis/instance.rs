//! Instances as processes of their own, and the proxy that stands before them.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

const KEYS: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

pub(crate) struct Instance {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Instance {
    pub(crate) fn start(redis: &str, ledger: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replicas"));
        command.args(["--http", "127.0.0.1:0"]).env("TOOLWRIGHT_KEYS", KEYS);
        command.env("REDIS_URL", redis).env("LEDGER", ledger).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = said.find_map(|line| {
            let url = line.split("serves http://").nth(1)?;
            url.split('/').next()?.parse().ok()
        });
        // It says more, and must not wait for somebody to read that.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, address: address.expect("it serves") }
    }

    /// At once: it can do nothing more.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // It may be dead.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends each request to the next instance in turn, or to the one after it if that is not there.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    served: Arc<[AtomicUsize]>,
}

impl Proxy {
    pub(crate) async fn start(instances: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served: Arc<[AtomicUsize]> = instances.iter().map(|_| AtomicUsize::new(0)).collect();
        let counts = Arc::clone(&served);
        tokio::spawn(async move {
            let instances: Arc<[SocketAddr]> = instances.into();
            for turn in 0.. {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, Arc::clone(&instances), Arc::clone(&counts), turn));
            }
        });
        Self { address, url: format!("http://{address}/mcp"), served }
    }

    /// How many requests came to each instance.
    pub(crate) fn served(&self) -> Vec<usize> {
        self.served.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }
}

async fn forward(
    mut client: TcpStream,
    instances: Arc<[SocketAddr]>,
    served: Arc<[AtomicUsize]>,
    turn: usize,
) {
    for place in turn..turn + instances.len() {
        let place = place % instances.len();
        match TcpStream::connect(instances[place]).await {
            Ok(mut instance) => {
                served[place].fetch_add(1, Ordering::Relaxed);
                // An instance that is killed takes its connections with it.
                let _ = pass(&mut client, &mut instance).await;
                return;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        }
    }
}

/// Passes one request and its answer on: the connection is closed behind it, so that the next one has its own turn.
async fn pass(client: &mut TcpStream, instance: &mut TcpStream) -> std::io::Result<()> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(client.read_u8().await?);
    }
    instance.write_all(&line).await?;
    instance.write_all(b"connection: close\r\n").await?;
    copy_bidirectional(client, instance).await.map(drop)
}

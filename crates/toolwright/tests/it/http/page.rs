//! The page for people.

use toolwright::prelude::*;
use toolwright::{Http, Limits};

use super::client::{serve, start, started};

#[tokio::test]
async fn people_find_a_page_that_loads_nothing() {
    let http = Http::new("127.0.0.1:0").path("/here");
    let mut client = start(http, Limits::default()).await.connect().await;
    // What a browser says that it takes.
    let accept = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    for path in ["/", "/here"] {
        client.request("GET", path, &[accept], "").await;
        let page = client.answer().await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        let url = format!("http://{}/here", client.host);
        for text in ["Says the text again.", "mcpServers", url.as_str()] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        assert!(!page.body.contains("<script") && !page.body.contains("src="));
    }
}

#[tokio::test]
async fn the_page_names_the_scheme_that_a_proxy_has() {
    let mut client = started().await.connect().await;
    client.request("GET", "/", &[("x-forwarded-proto", "https")], "").await;
    let url = format!("https://{}/mcp", client.host);
    assert!(client.answer().await.body.contains(&url));
}

/// Says <script>alert("1")</script> & <img src='x' onerror=alert(2)>.
#[tool(inline)]
fn hostile(
    /** "> </pre><script>alert(3)</script> */
    text: String,
) -> String {
    text
}

#[tokio::test]
async fn what_tools_say_of_themselves_is_text_on_the_page() {
    let server = Server::new("</title><script>alert(4)</script>").instructions("<b>bold</b>");
    let service = server.tools(toolset![hostile]).build().unwrap();
    let mut client = serve(&service, Http::new("127.0.0.1:0")).await.connect().await;
    client.request("GET", "/", &[], "").await;
    let page = client.answer().await.body;
    for markup in ["<script", "<img", "<b>bold", "</pre><s"] {
        assert!(!page.contains(markup), "{markup}: {page}");
    }
    for text in ["&lt;script&gt;alert(&quot;1&quot;)", "&lt;/title&gt;", "alert(3)", "&lt;b&gt;bold"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

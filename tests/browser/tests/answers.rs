//! What `/processes` answers to whom: JSON, the page, or a table. And what the page says of a server that has stopped.

use anyhow::{Context, Result};
use browser::page::{Page, REQUESTS, outcome};
use browser::versions::{VERSIONS, program};
use suite::bench::Bench;
use suite::server::Server;
use suite::stage::Stage;

#[test]
fn processes_are_json_for_a_program_the_page_for_a_browser_and_a_table_for_curl() -> Result<()> {
    for version in VERSIONS {
        let server = outcome(Bench::new(&program(version)).server())?;
        let role = if version == Stage::V06 { "master" } else { "server" };

        let (kind, body) = processes(&server, "application/json")?;
        let list: serde_json::Value = serde_json::from_str(&body).with_context(|| body.clone())?;
        assert_eq!(kind, "application/json");
        assert_eq!(list[0]["pid"], server.pid(), "{version}: {body}");
        assert_eq!(list[0]["role"], role, "{version}: {body}");

        let (kind, _) = processes(&server, "text/html, Application/JSON")?;
        assert_eq!(kind, "application/json", "{version}: who asks for JSON gets it, whatever else it takes");

        let (kind, page) = processes(&server, "text/html,application/xhtml+xml,*/*;q=0.8")?;
        assert!(kind.starts_with("text/html"), "{version}: {kind}");
        assert!(page.starts_with("<!doctype html>"), "{version}: {page}");

        let (kind, table) = processes(&server, "*/*")?;
        assert!(kind.starts_with("text/plain"), "{version}: {kind}");
        assert!(table.contains(&format!("{role} ({version})")), "{version}: {table}");
    }
    Ok(())
}

/// The type and the body of the answer.
fn processes(server: &Server, accept: &str) -> Result<(String, String)> {
    let request = format!("GET /processes HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
    let response = outcome(server.exchange(request))?;
    assert_eq!(response.status, 200);
    let kind = response.field("content-type").unwrap_or_default().to_owned();
    Ok((kind, String::from_utf8_lossy(&response.body).into_owned()))
}

#[test]
fn a_browser_at_processes_gets_a_page_that_works() -> Result<()> {
    let page = Page::open(Stage::V05)?;
    page.browser.open(&page.address("/processes"))?;
    page.browser.wait("the title names the version", "return document.title.startsWith('v05:')")?;
    page.wait_for("processes-said", "1 server")?;
    assert_eq!(page.browser.errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_server_that_has_stopped_is_told_in_words() -> Result<()> {
    for version in [Stage::V03, Stage::V06] {
        let Page { browser, server } = Page::open(version)?;
        drop(server);
        let gone = "The server does not answer; is it still running?";
        let says = |id: &str| format!("return document.getElementById('{id}').textContent.includes('{gone}')");
        browser.click("send")?;
        browser.wait("the waterfall says that the server is gone", &says("waterfall-said"))?;
        let failed = browser.script("return document.querySelectorAll('#bars .failed').length")?;
        assert_eq!(failed, REQUESTS);
        let words = browser.script("return document.getElementById('bars').innerText")?;
        assert!(words.as_str().is_some_and(|words| words.contains("8: failed")), "{words}");
        browser.wait("the processes say that the server is gone", &says("processes-said"))?;
        for (button, sentence) in [("ask", "environ-said"), ("orphan", "orphan-said")] {
            browser.click(button)?;
            browser.wait("the button says that the server is gone", &says(sentence))?;
        }
    }
    Ok(())
}

#[test]
fn a_request_that_fails_beside_others_is_told_in_words() -> Result<()> {
    let page = Page::open(Stage::V06)?;
    // The third request asks for the application with a bug.
    let script = "const real = window.fetch; \
                  window.fetch = (path, ...rest) => real(/-3$/.test(path) ? '/panic' : path, ...rest)";
    page.browser.script(script)?;
    page.browser.click("send")?;
    let sentence = page.wait_for_waterfall()?;
    assert!(sentence.starts_with("7 requests, answered by "), "{sentence}");
    assert!(sentence.ends_with("1 request failed. The server answered 500 Internal Server Error."), "{sentence}");
    assert_eq!(page.bars()?.len(), REQUESTS - 1);
    assert_eq!(page.table("bars-table")?[2][1], "failed");
    Ok(())
}

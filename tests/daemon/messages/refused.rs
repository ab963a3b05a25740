//! Gateways that did not take a message, as the daemon knows for certain: another gateway gets it, or it waits.

use super::site::{Site, accepted, hotline, prompt, section, serve};
use hotlined_core::time::Millis;
use hotlined_sim::gateway::{FakeAccount, FakeGateway, FakeGatewayServer, FakeServerOptions, Problem};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The first gateway is at this address and cannot be reached: the second one gets the message. Returns the log.
async fn goes_to_the_second(url: &str) -> String {
    let second = serve(FakeAccount::Yunpian, prompt()).await;
    let site = Site::with(&[(FakeAccount::Generic, url), (FakeAccount::Yunpian, &second.url())]).await;
    let text = site.misses_a_call().await;
    let messages = accepted(&second, 1).await;
    assert!(messages.len() == 1 && messages[0].text.as_ref().unwrap().ends_with(&text), "{messages:?}");
    site.counts("sent", 1).await;
    site.requests(FakeAccount::Generic, "not_sent", 1).await;
    site.requests(FakeAccount::Yunpian, "accepted", 1).await;
    let log = site.ends().await;
    assert!(log.contains("the gateway cannot be reached"), "{log}");
    log
}

/// A port at which this is done with each connection.
fn listen(answer: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(answer));
    port
}

#[tokio::test]
async fn a_port_that_refuses() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    goes_to_the_second(&format!("http://127.0.0.1:{port}/sms?key=k3y")).await;
}

#[tokio::test]
async fn a_name_that_has_no_address() {
    goes_to_the_second("http://sms.no-such-name.invalid/send").await;
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_nobody_knows() {
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/daemon/redis/tls");
    let chain = CertificateDer::pem_file_iter(format!("{tls}/server.pem")).unwrap().map(Result::unwrap);
    let key = PrivateKeyDer::from_pem_file(format!("{tls}/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain.collect(), key).unwrap());
    let port = listen(move |mut stream| {
        let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
        // The client refuses the certificate.
        let shaken = session.complete_io(&mut stream);
        assert!(shaken.is_err(), "{shaken:?}");
    });
    let log = goes_to_the_second(&format!("https://localhost:{port}/send")).await;
    assert!(log.to_lowercase().contains("certificate"), "{log}");
}

#[tokio::test]
async fn a_port_that_speaks_no_tls() {
    let port = listen(|mut stream| drop(stream.write_all(b"220 welcome\r\n")));
    goes_to_the_second(&format!("https://127.0.0.1:{port}/send")).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let followed = serve(FakeAccount::Generic, prompt()).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let (to, counted) = (followed.url(), requests.clone());
    let port = listen(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        let _ = stream.read(&mut [0; 4_096]);
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    });
    let url = format!("http://127.0.0.1:{port}/send");
    let second = serve(FakeAccount::Yunpian, prompt()).await;
    let site = Site::with(&[(FakeAccount::Generic, &url), (FakeAccount::Yunpian, &second.url())]).await;
    site.misses_a_call().await;
    site.requests(FakeAccount::Generic, "configuration", 1).await;
    accepted(&second, 1).await;
    site.counts("sent", 1).await;
    assert_eq!((requests.load(Ordering::SeqCst), followed.request_count()), (1, 0));
    site.ends().await;
}

#[tokio::test]
async fn a_gateway_without_the_template_is_not_asked() {
    let (first, second) =
        (serve(FakeAccount::Alibaba, prompt()).await, serve(FakeAccount::Yunpian, prompt()).await);
    let other = section(FakeAccount::Alibaba, &first.url()).replace("templates.missed", "templates.other");
    let sections = format!("{other}{}", section(FakeAccount::Yunpian, &second.url()));
    let site = Site::with_sections(&sections, &hotline("")).await;
    site.misses_a_call().await;
    accepted(&second, 1).await;
    site.requests(FakeAccount::Alibaba, "configuration", 1).await;
    assert_eq!((first.request_count(), second.request_count()), (0, 1));
    let log = site.ends().await;
    assert!(log.contains("has no template of this name"), "{log}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_an_hour_loses_no_message() {
    let fake = FakeGateway::new(FakeAccount::Generic, prompt(), 1);
    let options = FakeServerOptions { clock_ahead: Millis::seconds(3_600) };
    let gateway = FakeGatewayServer::start(fake, options).await.unwrap();
    let site = Site::with(&[(FakeAccount::Generic, &gateway.url())]).await;
    site.misses_a_call().await;
    site.requests(FakeAccount::Generic, "configuration", 1).await;
    assert_eq!(gateway.with_fake(|fake| fake.wrong().get(&Problem::Clock).copied()), Some(1));
    assert_eq!(site.kept(), ["waiting"]);
    let log = site.ends().await;
    assert!(log.contains("ERROR") && log.contains("the gateway's settings are wrong"), "{log}");
}

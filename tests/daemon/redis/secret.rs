//! TLS, with certificates on both sides. Those of the tests are good for a hundred years and for `localhost`; the
//! authority that signed them is forgotten.

use super::together::{Daemon, ask_for, said};
use super::world::{claim, claimed};
use crate::support::needs;
use crate::support::redis_server::{Server, free_port};
use hotlined::redis::{ClientCertificate, Password, RedisAddress, RedisServers, RedisSettings, Tls};
use hotlined_core::command::Pick;
use hotlined_instance::cluster::failure::RedisFailure;

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &str = include_str!("tls/server.key");

fn server() -> (Server, u16) {
    let port = free_port();
    let file = |name: &str| format!("{}/tests/daemon/redis/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let [authority, certificate, key] = ["authority.pem", "server.pem", "server.key"].map(file);
    let text = port.to_string();
    let files = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &authority];
    let server = Server::start(&[&["--bind", "127.0.0.1", "--tls-port", &text], &files[..]].concat());
    (server, port)
}

fn settings(server: &Server, port: u16, tls: Option<Tls>) -> RedisSettings {
    let servers = RedisServers::Single(RedisAddress::Tcp { host: "localhost".into(), port });
    RedisSettings { servers, tls, ..server.settings("one") }
}

fn ours() -> ClientCertificate {
    ClientCertificate { certificate: CERTIFICATE.into(), key: Password::new(KEY) }
}

#[tokio::test]
async fn over_tls_all_is_as_without() {
    needs!(REDIS);
    let (server, port) = server();
    let tls = Tls { authority: Some(AUTHORITY.into()), client: Some(ours()) };
    let mut daemon = Daemon::up(settings(&server, port, Some(tls))).await;
    let wish = claim("sales", "a", Pick::First);
    assert_eq!(daemon.asks_and_hears(ask_for("x", 1, &wish)).await, said("x", 1, claimed("a")));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_and_a_wire_that_is_not_secret_are_refused() {
    needs!(REDIS);
    let (server, port) = server();
    let strange = Tls { authority: None, client: Some(ours()) };
    let nobody = Tls { authority: Some(AUTHORITY.into()), client: None };
    for tls in [strange, nobody] {
        let failure = Daemon::start(settings(&server, port, Some(tls.clone()))).away().await;
        assert!(matches!(failure, RedisFailure::Certificate(_)), "{tls:?}: {failure:?}");
        assert!(failure.needs_operator());
    }
    let failure = Daemon::start(settings(&server, port, None)).away().await;
    assert!(matches!(failure, RedisFailure::Lost(_)), "{failure:?}");
}

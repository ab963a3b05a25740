//! The API address of a daemon with messages: receipts come to it, and `hotlined notices` asks it.

use super::site::{OPERATOR_TOKEN, OWNER, RECEIPT_TOKEN};
use crate::link::house::House;
use hotlined::sms::notice_pages::NoticeList;
use hotlined_sim::gateway::AcceptedMessage;
use std::process::Command;

/// Runs `hotlined notices`. Whether it succeeded, and what it printed.
pub fn notices(house: &House, api: &str, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.arg("notices").args(args).args(["--api", api]);
    let done = command.current_dir(house.path(".")).env_clear().output().unwrap();
    (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
}

/// The messages that are not sent.
pub async fn list(api: &str) -> NoticeList {
    serde_json::from_slice(&get(api, "/notices", OPERATOR_TOKEN).await.1).unwrap()
}

pub async fn get(api: &str, path: &str, token: &str) -> (u16, Vec<u8>) {
    let request = reqwest::Client::new().get(format!("http://{api}{path}")).bearer_auth(token);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

pub async fn post(api: &str, path: &str, body: &str) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("http://{api}{path}")).body(body.to_owned());
    let response = request.header("content-type", "application/json").send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Posts the receipt of a message to the page of the generic gateway.
pub async fn post_receipt(api: &str, message: &AcceptedMessage, stat: &str) -> (u16, String) {
    let (id, our_id) = (&message.gateway_id, message.our_id.as_deref().unwrap());
    let receipt = format!(
        r#"{{"reports": [{{"msgid": "{id}", "ext": "{our_id}", "mobile": "{OWNER}", "stat": "{stat}"}}]}}"#
    );
    post(api, &format!("/receipts/{RECEIPT_TOKEN}/generic"), &receipt).await
}

//! A daemon with one hotline whose owner hears of missed calls, and the sections of `gateways.toml` for fake gateways.

use crate::link::admin;
use crate::link::house::{AGENT, Daemon, HOTLINE, House, caller, exchange};
use crate::link::peer::within;
use crate::link::scrape::until;
use hotlined_core::message::china_time;
use hotlined_core::time::Millis;
use hotlined_instance::messages::QueuedMessage;
use hotlined_instance::persist::frames::FileState;
use hotlined_sim::actors::{Caller, HangsUp, Phone};
use hotlined_sim::gateway::{
    AcceptedMessage, FakeAccount, FakeBehaviour, FakeGateway, FakeGatewayServer, FakeServerOptions, Fault,
    FaultRates,
};
use hotlined_sim::switch::SimulatedSwitch;
use std::fs;
use std::time::Duration;

/// The owner of the hotline, who gets the messages.
pub const OWNER: &str = "13900000009";
pub const CALLER: &str = "13800138000";
pub const SIGN: &str = "示例商店";
/// The token of receipts, and the one of operators, which stand in files.
pub const RECEIPT_TOKEN: &str = "receipts0123456789abcdefghijklmnopqr";
pub const OPERATOR_TOKEN: &str = "operator0123456789abcdefghijklmnopqr";

/// A fake gateway that answers at once.
pub fn prompt() -> FakeBehaviour {
    FakeBehaviour { answer_after: (Millis(0), Millis(20)), ..FakeBehaviour::default() }
}

/// A fake gateway that always fails in this way.
pub fn failing(fault: Fault) -> FakeBehaviour {
    FakeBehaviour { faults: FaultRates::default().with(fault, 1_000), ..prompt() }
}

pub async fn serve(account: FakeAccount, behaviour: FakeBehaviour) -> FakeGatewayServer {
    let fake = FakeGateway::new(account, behaviour, 1);
    FakeGatewayServer::start(fake, FakeServerOptions::default()).await.unwrap()
}

/// The messages that a gateway took, once there are so many.
pub async fn accepted(gateway: &FakeGatewayServer, count: usize) -> Vec<AcceptedMessage> {
    let mut looking = tokio::time::interval(Duration::from_millis(10));
    within("a message at the gateway", async {
        while gateway.with_fake(|fake| fake.accepted().len()) < count {
            looking.tick().await;
        }
    })
    .await;
    gateway.with_fake(|fake| fake.accepted().to_vec())
}

/// The secret of an account of the fake.
pub fn secret(account: FakeAccount) -> &'static str {
    match account {
        FakeAccount::Alibaba => "fake-alibaba-key",
        FakeAccount::Tencent => "fake-tencent-key",
        FakeAccount::Huawei | FakeAccount::HuaweiWsse => "fake-huawei-key",
        FakeAccount::Yunpian => "fake-yunpian-key",
        FakeAccount::Mas => "fake-mas-key",
        FakeAccount::Generic | FakeAccount::GenericGbk => "fake-generic-key",
    }
}

/// A name for a gateway of an account.
pub fn name(account: FakeAccount) -> &'static str {
    match account {
        FakeAccount::Alibaba => "alibaba",
        FakeAccount::Tencent => "tencent",
        FakeAccount::Huawei => "huawei",
        FakeAccount::HuaweiWsse => "huawei-wsse",
        FakeAccount::Yunpian => "yunpian",
        FakeAccount::Mas => "mas",
        FakeAccount::Generic => "generic",
        FakeAccount::GenericGbk => "generic-gbk",
    }
}

const TEMPLATES: &str =
    "[gateways.templates.missed]\nid = \"T-missed\"\nparams = [\"time\", \"caller_masked\"]\n";

/// The section of `gateways.toml` for an account of the fake, as an operator writes it. Its secret is in `NAME.key`.
pub fn section(account: FakeAccount, url: &str) -> String {
    let name = name(account);
    let key = format!("{{ file = \"{name}.key\" }}");
    let (kind, keys) = match account {
        FakeAccount::Alibaba => (
            "alibaba",
            format!(
                "access_key_id = \"LTAI-fake\"\naccess_key_secret = {key}\nsign = \"{SIGN}\"\n{TEMPLATES}"
            ),
        ),
        FakeAccount::Tencent => (
            "tencent",
            format!(
                "secret_id = \"AKID-fake\"\nsecret_key = {key}\nsdk_app_id = \"1400006666\"\nsign = \"{SIGN}\"\n{TEMPLATES}"
            ),
        ),
        FakeAccount::Huawei | FakeAccount::HuaweiWsse => {
            let auth = if account == FakeAccount::Huawei { "ak_sk" } else { "wsse" };
            (
                "huawei",
                format!(
                    "auth = \"{auth}\"\napp_key = \"fake-huawei-id\"\napp_secret = {key}\nsender = \"10690\"\n{TEMPLATES}"
                ),
            )
        }
        FakeAccount::Yunpian => ("yunpian", format!("api_key = {key}\nsign = \"{SIGN}\"\n")),
        FakeAccount::Mas => (
            "mas",
            format!(
                "ec_name = \"示例公司\"\nap_id = \"fake-mas\"\nsecret_key = {key}\nsign = \"DWItALe3A\"\n"
            ),
        ),
        FakeAccount::Generic | FakeAccount::GenericGbk => {
            let charset = if account == FakeAccount::Generic { "utf-8" } else { "gbk" };
            (
                "generic",
                format!(
                    r#"charset = "{charset}"
secrets = {{ key = {key} }}
success = {{ pointer = "/code", equals = "0" }}
message_id = "/msgid"
error_code = "/code"
error_text = "/msg"
errors = {{ 101 = "throttled", 102 = "retry", 103 = "rejected", 104 = "configuration", 105 = "balance" }}
receipts = {{ list = "/reports", id = "/msgid", our_id = "/ext", to = "/mobile", status = "/stat", delivered = "DELIVRD" }}
[gateways.body.form]
account = "fake-account"
mobile = "{{{{ to }}}}"
content = "{{{{ signed_text }}}}"
ext = "{{{{ id }}}}"
ts = "{{{{ timestamp }}}}"
sign = '{{{{ ("fake-account" ~ to ~ signed_text ~ timestamp ~ secret.key) | md5 }}}}'
"#
                ),
            )
        }
    };
    format!("[[gateways]]\nname = \"{name}\"\nkind = \"{kind}\"\nurl = \"{url}\"\ntimeout_s = 2\n{keys}\n")
}

/// The hotline with its messages.
pub fn hotline(sms: &str) -> String {
    format!(
        "number = \"{HOTLINE}\"\nname = \"Shop\"\nringback = \"ring.wav\"\nclosing = \"sorry.wav\"\n\
         ring_time_s = 5\n[[agents]]\nid = \"01\"\nphone = \"{AGENT}\"\n[sms]\nsign = \"{SIGN}\"\n\
         owner = \"{OWNER}\"\n{sms}"
    )
}

/// A folder with this text of `gateways.toml` and of the hotline's file, for a switch at this port.
pub fn house(port: u16, gateways: &str, hotline: &str) -> House {
    let house = admin::house(port);
    house.put(hotline);
    let sections = "[sms]\ngateways = \"gateways.toml\"\nreceipt_token_file = \"receipt.token\"\n\
                    [api]\naddress = \"127.0.0.1:0\"\n\
                    [api.tokens.operator]\ntoken_file = \"operator.token\"\nnotices = true\n[admin]";
    house.set("[admin]", sections);
    fs::write(house.path("receipt.token"), RECEIPT_TOKEN).unwrap();
    fs::write(house.path("operator.token"), OPERATOR_TOKEN).unwrap();
    fs::write(house.path("gateways.toml"), gateways).unwrap();
    for account in FakeAccount::ALL {
        fs::write(house.path(&format!("{}.key", name(account))), secret(account)).unwrap();
    }
    house
}

/// The API address, as the log says it.
pub async fn api_address(daemon: &mut Daemon) -> String {
    const LINE: &str = "messages at /notices";
    let line = match daemon.told.lines().find(|line| line.contains(LINE)) {
        Some(line) => line.to_owned(),
        None => daemon.says(LINE).await,
    };
    line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

/// A daemon whose hotline misses every call.
pub struct Site {
    pub exchange: SimulatedSwitch,
    pub house: House,
    pub daemon: Daemon,
    pub address: String,
}

impl Site {
    /// A daemon with gateways of these accounts at these addresses.
    pub async fn with(gateways: &[(FakeAccount, &str)]) -> Self {
        let sections = gateways.iter().map(|(account, url)| section(*account, url));
        Self::with_sections(&sections.collect::<String>(), &hotline("")).await
    }

    /// A daemon with this text of `gateways.toml` and of the hotline's file.
    pub async fn with_sections(gateways: &str, hotline: &str) -> Self {
        Self::prepared(gateways, hotline, |_| ()).await
    }

    /// As [`Site::with_sections`], with more done before the daemon starts.
    pub async fn prepared(gateways: &str, hotline: &str, prepare: impl FnOnce(&House)) -> Self {
        let exchange = exchange(Phone::Busy).await;
        let house = house(exchange.address().port(), gateways, hotline);
        prepare(&house);
        let (daemon, address) = admin::serve(&house).await;
        Self { exchange, house, daemon, address }
    }

    /// The API address.
    pub async fn api(&mut self) -> String {
        api_address(&mut self.daemon).await
    }

    /// A caller calls, and nobody answers. Returns the text of the message that this leads to, without signature.
    pub async fn misses_a_call(&self) -> String {
        let before = fs::read_to_string(self.house.path("records.jsonl")).unwrap_or_default().lines().count();
        self.exchange.place_call(caller(HangsUp::Never));
        let records = self.house.records(before + 1).await;
        format!("漏话通知:{},主叫138********拨打过您的电话。", china_time(records[before].arrived))
    }

    pub fn is_called_by(&self, number: &str) {
        self.exchange.place_call(Caller { number: number.into(), ..caller(HangsUp::Never) });
    }

    /// Waits until so many messages came into this state.
    pub async fn counts(&self, state: &str, count: usize) {
        self.shows(&format!("hotlined_messages_total{{state=\"{state}\"}} {count}\n")).await;
    }

    /// Waits until so many requests to a gateway came to this end.
    pub async fn requests(&self, account: FakeAccount, outcome: &str, count: usize) {
        let gateway = name(account);
        let series =
            format!("hotlined_message_requests_total{{gateway=\"{gateway}\",outcome=\"{outcome}\"}}");
        self.shows(&format!("{series} {count}\n")).await;
    }

    async fn shows(&self, line: &str) {
        until(&self.address, "/metrics", |page| page.body.contains(line)).await;
    }

    /// The states of the messages that the file of live calls has now.
    pub fn kept(&self) -> Vec<String> {
        let kept = fs::read(self.house.path("hotlined.live")).unwrap();
        let state = FileState::read(&kept).unwrap().0.to_persisted_state(&mut Vec::new());
        let messages = state.deliveries.iter().filter(|delivery| delivery.id.is_message());
        let state = |payload: &str| serde_json::from_str::<QueuedMessage>(payload).unwrap().state;
        messages.map(|delivery| state(&delivery.payload).name().to_owned()).collect()
    }

    /// The process is killed, and another one serves.
    pub async fn is_killed(&mut self) {
        self.daemon.signal("KILL");
        self.daemon.ends().await;
        let killed = std::mem::take(&mut self.daemon.told);
        (self.daemon, self.address) = admin::serve(&self.house).await;
        self.daemon.told.insert_str(0, &killed);
    }

    /// Stops the daemon. Its log has no secret and no whole number. Returns the log.
    pub async fn ends(self) -> String {
        let log = self.daemon.stop().await;
        for account in FakeAccount::ALL {
            assert!(!log.contains(secret(account)), "{log}");
        }
        for number in [OWNER, CALLER, AGENT, RECEIPT_TOKEN, OPERATOR_TOKEN] {
            assert!(!log.contains(number), "{number} is in the log:\n{log}");
        }
        log
    }
}

//! The form of `gateways.toml`.

use super::gateway_fault::GatewayFault;
use super::raw_generic::RawGeneric;
use super::raw_template::{RawTemplate, templates};
use super::secret_source::SecretSource;
use hotlined_notify::sms::{Alibaba, Gateway, Huawei, HuaweiAuth, Mas, Tencent, Yunpian};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlibaba {
    #[serde(default = "alibaba_url")]
    url: String,
    access_key_id: String,
    access_key_secret: SecretSource,
    #[serde(default)]
    sign: String,
    #[serde(default)]
    templates: BTreeMap<String, RawTemplate>,
}

fn alibaba_url() -> String {
    Alibaba::URL.to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTencent {
    #[serde(default = "tencent_url")]
    url: String,
    #[serde(default = "tencent_region")]
    region: String,
    secret_id: String,
    secret_key: SecretSource,
    sdk_app_id: String,
    #[serde(default)]
    sign: String,
    #[serde(default)]
    templates: BTreeMap<String, RawTemplate>,
}

fn tencent_url() -> String {
    Tencent::URL.to_owned()
}

fn tencent_region() -> String {
    Tencent::REGION.to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHuawei {
    #[serde(default = "huawei_url")]
    url: String,
    #[serde(default)]
    auth: RawHuaweiAuth,
    app_key: String,
    app_secret: SecretSource,
    sender: String,
    signature: Option<String>,
    #[serde(default)]
    templates: BTreeMap<String, RawTemplate>,
}

fn huawei_url() -> String {
    Huawei::URL.to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawHuaweiAuth {
    #[default]
    AkSk,
    Wsse,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawYunpian {
    #[serde(default = "yunpian_url")]
    url: String,
    api_key: SecretSource,
    #[serde(default)]
    sign: String,
}

fn yunpian_url() -> String {
    Yunpian::URL.to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMas {
    url: String,
    ec_name: String,
    ap_id: String,
    secret_key: SecretSource,
    sign: String,
    #[serde(default)]
    add_serial: String,
}

/// Reads the keys of a kind of gateway.
pub(super) fn gateway(kind: &str, keys: toml::Table, folder: &Path) -> Result<Gateway, GatewayFault> {
    let secret = |key: &str, source: &SecretSource| {
        source.read(folder).map_err(|error| GatewayFault::Secret { key: key.to_owned(), error })
    };
    let gateway = match kind {
        "alibaba" => {
            let raw: RawAlibaba = read(keys)?;
            Gateway::Alibaba(Alibaba {
                url: raw.url,
                access_key_id: raw.access_key_id,
                access_key_secret: secret("access_key_secret", &raw.access_key_secret)?,
                sign: raw.sign,
                templates: templates(raw.templates),
            })
        }
        "tencent" => {
            let raw: RawTencent = read(keys)?;
            Gateway::Tencent(Tencent {
                url: raw.url,
                region: raw.region,
                secret_id: raw.secret_id,
                secret_key: secret("secret_key", &raw.secret_key)?,
                sdk_app_id: raw.sdk_app_id,
                sign: raw.sign,
                templates: templates(raw.templates),
            })
        }
        "huawei" => {
            let raw: RawHuawei = read(keys)?;
            Gateway::Huawei(Huawei {
                url: raw.url,
                auth: match raw.auth {
                    RawHuaweiAuth::AkSk => HuaweiAuth::AkSk,
                    RawHuaweiAuth::Wsse => HuaweiAuth::Wsse,
                },
                app_key: raw.app_key,
                app_secret: secret("app_secret", &raw.app_secret)?,
                sender: raw.sender,
                signature: raw.signature,
                templates: templates(raw.templates),
            })
        }
        "yunpian" => {
            let raw: RawYunpian = read(keys)?;
            let api_key = secret("api_key", &raw.api_key)?;
            Gateway::Yunpian(Yunpian { url: raw.url, api_key, sign: raw.sign })
        }
        "mas" => {
            let raw: RawMas = read(keys)?;
            Gateway::Mas(Mas {
                url: raw.url,
                ec_name: raw.ec_name,
                ap_id: raw.ap_id,
                secret_key: secret("secret_key", &raw.secret_key)?,
                sign: raw.sign,
                add_serial: raw.add_serial,
            })
        }
        "generic" => {
            let raw: RawGeneric = read(keys)?;
            Gateway::Generic(Box::new(raw.gateway(folder)?))
        }
        other => {
            let kinds = "alibaba, tencent, huawei, yunpian, mas or generic";
            return Err(GatewayFault::Settings(format!(
                "kind: {other:?} is no kind of gateway: write {kinds}"
            )));
        }
    };
    gateway.check().map_err(|error| GatewayFault::Settings(error.to_string()))?;
    Ok(gateway)
}

/// The keys of one kind. The text of an error names the key.
fn read<'de, T: Deserialize<'de>>(keys: toml::Table) -> Result<T, GatewayFault> {
    let read = T::deserialize(toml::Value::Table(keys));
    read.map_err(|error: toml::de::Error| {
        GatewayFault::Form(error.to_string().trim_end().replace('\n', ": "))
    })
}

//! The accounts of the fake: which protocol, and the settings of a sender who has that account.

use super::alibaba::{self, AlibabaSide};
use super::generic::{self, GenericSide};
use super::huawei::{self, HuaweiSide};
use super::mas::{self, MasSide};
use super::protocol::Protocol;
use super::tencent::{self, TencentSide};
use super::yunpian::{self, YunpianSide};
use hotlined_notify::sms::{
    Alibaba, Gateway, GenericGateway, Huawei, HuaweiAuth, Mas, TemplateMapping, TemplateParams, Tencent,
    Yunpian,
};
use std::collections::BTreeMap;

/// The values that the fake's templates take.
const PARAMS: [&str; 2] = ["time", "caller_masked"];
const SIGN: &str = "示例商店";

/// Whose protocol the fake speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FakeAccount {
    /// Alibaba Cloud.
    Alibaba,
    /// Tencent Cloud.
    Tencent,
    /// Huawei Cloud with AK/SK.
    Huawei,
    /// Huawei Cloud with X-WSSE.
    HuaweiWsse,
    /// Yunpian.
    Yunpian,
    /// 云MAS.
    Mas,
    /// A service of no vendor, in UTF-8.
    Generic,
    /// The same in GBK.
    GenericGbk,
}

impl FakeAccount {
    /// Every account.
    pub const ALL: [Self; 8] = [
        Self::Alibaba,
        Self::Tencent,
        Self::Huawei,
        Self::HuaweiWsse,
        Self::Yunpian,
        Self::Mas,
        Self::Generic,
        Self::GenericGbk,
    ];

    pub(super) fn protocol(self) -> &'static dyn Protocol {
        match self {
            Self::Alibaba => &AlibabaSide,
            Self::Tencent => &TencentSide,
            Self::Huawei | Self::HuaweiWsse => &HuaweiSide,
            Self::Yunpian => &YunpianSide,
            Self::Mas => &MasSide,
            Self::Generic => &GenericSide { is_gbk: false },
            Self::GenericGbk => &GenericSide { is_gbk: true },
        }
    }

    /// The gateway that sends by this account. `templates` are names of ours; each takes `time` and `caller_masked`, and
    /// the fake knows it as `T-` and the name.
    ///
    /// # Panics
    /// If `url` is no address.
    pub fn gateway(self, url: &str, templates: &[&str]) -> Gateway {
        let params = || TemplateParams::Ordered(PARAMS.map(str::to_owned).into());
        let mapping =
            |name: &&str| ((*name).to_owned(), TemplateMapping { id: format!("T-{name}"), params: params() });
        let templates: BTreeMap<String, TemplateMapping> = templates.iter().map(mapping).collect();
        let url = url.to_owned();
        match self {
            Self::Alibaba => Gateway::Alibaba(Alibaba {
                url,
                access_key_id: alibaba::KEY_ID.into(),
                access_key_secret: alibaba::KEY.into(),
                sign: SIGN.into(),
                templates,
            }),
            Self::Tencent => Gateway::Tencent(Tencent {
                url,
                region: Tencent::REGION.into(),
                secret_id: tencent::KEY_ID.into(),
                secret_key: tencent::KEY.into(),
                sdk_app_id: tencent::APP.into(),
                sign: SIGN.into(),
                templates,
            }),
            Self::Huawei | Self::HuaweiWsse => Gateway::Huawei(Huawei {
                url,
                auth: if self == Self::Huawei { HuaweiAuth::AkSk } else { HuaweiAuth::Wsse },
                app_key: huawei::KEY_ID.into(),
                app_secret: huawei::KEY.into(),
                sender: "10690".into(),
                signature: None,
                templates,
            }),
            Self::Yunpian => {
                Gateway::Yunpian(Yunpian { url, api_key: yunpian::KEY.into(), sign: SIGN.into() })
            }
            Self::Mas => Gateway::Mas(Mas {
                url,
                ec_name: mas::EC_NAME.into(),
                ap_id: mas::AP_ID.into(),
                secret_key: mas::KEY.into(),
                sign: mas::SIGN.into(),
                add_serial: String::new(),
            }),
            Self::Generic | Self::GenericGbk => {
                let gateway = GenericGateway::new(generic::settings(&url, self == Self::GenericGbk));
                Gateway::Generic(Box::new(gateway.expect("the fake's own settings are good")))
            }
        }
    }
}

//! Gateways: how each of them wants a message, what its answers mean, and what its receipts look like.

mod alibaba;
mod answer;
mod classes;
mod gateway;
mod generic;
mod huawei;
mod mas;
mod receipts;
mod request;
#[cfg(test)]
mod sample;
mod template;
mod tencent;
mod yunpian;

pub use alibaba::Alibaba;
pub use gateway::{Gateway, SettingsError};
pub use generic::{
    Charset, FieldEquals, GenericAnswer, GenericBody, GenericError, GenericGateway, GenericReceipts,
    GenericSettings,
};
pub use huawei::{Huawei, HuaweiAuth};
pub use mas::Mas;
pub use receipts::{RECEIPTS_BYTES_MAX, ReceiptAnswer, ReceiptError};
pub use request::{OUR_ID_CHARS_MAX, RequestContext, RequestError, SmsRequest};
pub use template::{TemplateMapping, TemplateParams};
pub use tencent::Tencent;
pub use yunpian::Yunpian;

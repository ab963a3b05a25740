//! Checks `[sms]`.

use super::check::Checker;
use super::fault::SettingsFaultKind;
use super::raw::RawSms;
use super::types::SmsSettings;

/// The fewest characters of the token of receipts: nobody can guess it.
const TOKEN_CHARS_MIN: usize = 32;
const RECEIPTS_URL: &str = "an http or https address, such as https://hotline.example.com";
const TOKEN: &str = "a file with at least 32 letters and digits in one line";

impl Checker<'_> {
    /// `has_api` tells whether there is an address at which receipts can be taken.
    pub(super) fn sms(&mut self, raw: RawSms, has_api: bool) -> SmsSettings {
        let gateways = raw.gateways.map(|file| self.path("sms.gateways", &file));
        let receipts_url = raw.receipts_url.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &receipts_url {
            self.form("sms.receipts_url", url, RECEIPTS_URL, is_web_address);
        }
        let keys = ["sms.receipt_token", "sms.receipt_token_file"].map(str::to_owned);
        let receipt_token = self.password(keys, &None, &raw.receipt_token_file);
        if let Some(token) = &receipt_token
            && (token.reveal().len() < TOKEN_CHARS_MIN
                || !token.reveal().bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            let found = "another token".to_owned();
            self.fault("sms.receipt_token_file", SettingsFaultKind::Form { found, expected: TOKEN });
        }
        if receipt_token.is_some() && !has_api {
            let why = "needs [api] address: receipts are taken there".to_owned();
            self.fault("sms.receipt_token_file", SettingsFaultKind::Other(why));
        }
        SmsSettings { gateways, receipts_url, receipt_token }
    }
}

fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#')
    })
}

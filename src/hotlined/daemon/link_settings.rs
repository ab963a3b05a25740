//! The settings of the links, made from the settings of the switches.

use super::serve_error::ServeError;
use super::settings::{EventFormat, Settings, SwitchSettings};
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::{Secret, UserAtDomain};
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::link;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use hotlined_instance::switch::freeswitch::session::Credentials;

/// The link settings of every switch.
///
/// # Errors
/// If a switch has no password, or a value contains characters that the switch would interpret.
pub fn link_settings(settings: &Settings) -> Result<Vec<LinkSettings>, ServeError> {
    settings.switches.iter().map(link_settings_of).collect()
}

fn link_settings_of(switch: &SwitchSettings) -> Result<LinkSettings, ServeError> {
    let fallback = Fallback {
        extension: Endpoint::new(&switch.fallback.extension)?,
        dialplan: Endpoint::new(&switch.fallback.dialplan)?,
        context: Endpoint::new(&switch.fallback.context)?,
    };
    let password = switch.password().map_err(ServeError::Settings)?.reveal();
    let credentials = Credentials {
        user: switch.user.as_deref().map(UserAtDomain::new).transpose()?,
        password: Secret::new(password)?,
    };
    Ok(LinkSettings {
        switch: switch.name.clone(),
        host: switch.host.clone(),
        port: switch.port,
        credentials,
        dialplan: DialplanConfig {
            trunk: switch.trunk.clone(),
            fallback,
            recordings: switch.recordings.clone(),
        },
        format: match switch.format {
            EventFormat::Plain => Format::Plain,
            EventFormat::Json => Format::Json,
        },
        setup_time_max: switch.connect_timeout.into(),
        liveness: LivenessTimeouts { silence_max: switch.silence_max, answer_max: switch.answer_max },
        reconnect_wait_min: switch.reconnect_min.into(),
        reconnect_wait_max: switch.reconnect_max.into(),
        limits: link::LinkLimits::default(),
    })
}

//! Starts the daemon of `hotlined serve`. The whole configuration is checked first, then files are opened, then links.

use super::admin_server::{AdminServer, PolledMetrics};
use super::api_server::{ApiServer, MessagePages};
use super::clock::Clock;
use super::heartbeat::Heartbeat;
use super::link_settings::link_settings;
use super::outbound_events::OutboundEvents;
use super::output_files::OutputFiles;
use super::running_daemon::{DaemonParts, RedisParts};
use super::serve_error::ServeError;
use super::settings::{Secret, Settings};
use super::signals::{Signals, stop_on_signals};
use super::systemd::{ServiceManager, ServiceStatus};
use super::watched_config::WatchedConfig;
use super::{call_metrics, holiday_reminder, record_deliverer, sighup};
use crate::jsonl_writer::JsonlWriter;
use crate::sms::gateways_file::ConfiguredGateway;
use crate::sms::parts::{SmsParts, mismatches};
use crate::sms::receipt_page::ReceiptPage;
use crate::snapshot_file::SnapshotFile;
use hotlined_core::call::Limits;
use hotlined_core::number::NumberRegions;
use hotlined_instance::health::Health;
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};
use std::path::Path;
use std::sync::Arc;

/// The file with the host name of the machine, on Linux.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// Serves until SIGTERM or SIGINT stops the daemon.
///
/// # Errors
/// If the configuration is wrong, a file or port cannot be opened, or a link ends for a reason that only the operator
/// can mend.
pub async fn serve(
    settings: Settings,
    journal: Option<&Path>,
    capture: Option<&Path>,
    claiming: Activation,
) -> Result<(), ServeError> {
    let links = link_settings(&settings)?;
    if claiming == Activation::TakingOver && settings.redis.is_some() {
        tracing::warn!("--take-over changes nothing beside [redis]: leases say which daemon acts");
    }
    if capture.is_some() && links.len() > 1 {
        return Err(ServeError::CaptureOfSeveral);
    }
    let config = WatchedConfig::begin(&settings)?;
    let (sms, gateways) = SmsParts::open(&settings.sms, tokio::runtime::Handle::current())?;
    for mismatch in mismatches(config.hotlines(), &gateways) {
        tracing::warn!(mismatch, "a message cannot be sent");
    }
    let message_pages = message_pages(&settings, &sms, &gateways);
    let events = OutboundEvents::new(&settings)?;
    // The port comes before the files: another daemon that uses these files has the port, too, and this one stops here.
    let admin = match settings.admin {
        Some(address) => Some(AdminServer::open(address).await?),
        None => None,
    };
    let api = match settings.api.clone() {
        Some(api) => Some(ApiServer::open(api).await?),
        None => None,
    };
    // The built-in table is read at its first use, which takes some milliseconds: that must not delay a call.
    NumberRegions::built_in();
    let snapshot = open_snapshot(&settings)?;
    let files = OutputFiles::open(&settings, journal, capture)?;
    let health = new_health(&settings, &links, &files.records);
    let service_manager = ServiceManager::from_env();
    let heartbeat = Heartbeat::new(health.clone(), service_manager.clone());
    let calls = snapshot.as_ref().map_or(0, |(_, kept)| kept.calls.len());
    for link in &links {
        tracing::info!(hotlines = config.hotlines().len(), calls, switch = %link.switch, host = link.host, port = link.port, "serving");
    }
    let limits = Limits {
        live_max: settings.calls.live_max,
        fallback_after: settings.calls.fallback,
        publishes: events.are_wanted(),
    };
    let observers =
        files.journal_observer(limits).into_iter().chain([call_metrics::observer(health.clone())]);
    let observers = observers.chain(events.observer());
    let of_settings = |redis| RedisParts { settings: redis, records: settings.records.clone() };
    let parts = DaemonParts {
        limits,
        drain_max: settings.calls.drain_max,
        initial_events: config.events(),
        links,
        records: files.records.clone(),
        capture: files.capture_writer(),
        observers: observers.collect(),
        snapshot,
        redis: settings.redis.clone().map(of_settings),
        claim: Some((claim_of_the_process(), claiming)),
        sms,
        hooks: Some(events.hook_parts()),
        heartbeat,
    };
    // Before the event loop runs: a signal without a handler would end the process at once.
    let signals = Signals::listen()?;
    let daemon = parts.start()?;
    let followed = config.follow(&daemon);
    if let Some(admin) = admin {
        let (calendar, number_regions) = (followed.calendar.subscribe(), followed.number_regions);
        admin.start(health, PolledMetrics { files: files.named(), calendar, number_regions });
    }
    if let (Some(api), Some(ring), Some(messages)) = (api, events.ring(), message_pages) {
        api.start(ring, messages);
    }
    tokio::spawn(holiday_reminder::remind(followed.calendar.subscribe()));
    let loads = (followed.loads.subscribe(), followed.sources);
    tokio::spawn(sighup::serve_sighup(
        service_manager.clone(),
        signals.hangup,
        files.all(),
        events.clients(),
        loads,
    ));
    service_manager.notify(&ServiceStatus::Ready);
    tokio::spawn(stop_on_signals(signals.stop, daemon.control(), service_manager));
    let ended = daemon.finished().await;
    files.close();
    tracing::info!("stopped");
    ended
}

/// What the pages of messages need.
fn message_pages(
    settings: &Settings,
    sms: &SmsParts,
    gateways: &[ConfiguredGateway],
) -> Option<MessagePages> {
    let to_loop = sms.inputs()?;
    let page = |token: &Secret| {
        let token = token.reveal().into();
        ReceiptPage::new(&token, gateways, to_loop.clone(), settings.redis.is_some())
    };
    let receipts = settings.sms.receipt_token.as_ref().map(page);
    Some(MessagePages { to_loop, receipts })
}

/// The health of a daemon that has not begun to serve.
fn new_health(settings: &Settings, links: &[LinkSettings], records: &JsonlWriter) -> Arc<Health> {
    // With Redis, the leases show later for which switches this daemon is active.
    let active = links.iter().filter(|_| settings.redis.is_none()).map(|link| link.switch.clone());
    let health = Arc::new(Health::new(std::time::Instant::now(), active));
    let records = records.clone();
    health.add_check(move || records.failure().map(|why| format!("call records cannot be written: {why}")));
    health
}

/// The snapshot file and the state in it, if there is no Redis.
fn open_snapshot(settings: &Settings) -> Result<Option<(SnapshotFile, PersistedState)>, ServeError> {
    if settings.redis.is_some() {
        warn_about_calls_left(settings)?;
        return Ok(None);
    }
    open_snapshot_file(settings).map(Some)
}

/// The lease token of this process at a switch, if there is no Redis to give out leases. Of two tokens that are
/// written at the same time, the later one wins.
fn claim_of_the_process() -> LeaseToken {
    let host = std::fs::read_to_string(HOST_NAME_FILE).unwrap_or_default();
    LeaseToken::new(&format!("{}-{}", host.trim(), std::process::id()), Clock::start().now().0)
}

/// Opens the snapshot file. Call records that are in the file of records already are left out of its deliveries.
fn open_snapshot_file(settings: &Settings) -> Result<(SnapshotFile, PersistedState), ServeError> {
    let (live, mut kept) = SnapshotFile::open(&settings.snapshot_file, Clock::start().now())?;
    kept.losses
        .iter()
        .for_each(|loss| tracing::error!(file = %settings.snapshot_file.display(), "lost: {loss}"));
    if !kept.deliveries.is_empty() {
        kept.leave_out(&record_deliverer::recent_record_ids(&settings.records)?);
    }
    Ok((live, kept))
}

/// Warns about calls in a snapshot file that was written before Redis was configured. The daemon does not take these
/// calls over: their shared state is in that file, too, and not in Redis.
fn warn_about_calls_left(settings: &Settings) -> Result<(), ServeError> {
    if !settings.snapshot_file.exists() {
        return Ok(());
    }
    let (_, kept) = open_snapshot_file(settings)?;
    if !kept.calls.is_empty() || !kept.deliveries.is_empty() {
        tracing::warn!(
            file = %settings.snapshot_file.display(),
            calls = kept.calls.len(),
            records = kept.deliveries.len(),
            "left there by a daemon without [redis], and not gone on with: the file stays as it is, and a daemon \
             without [redis] still can"
        );
    }
    Ok(())
}

//! Our own orders to join two legs, at every moment of a channel's 20 ms.

use bytes::BytesMut;
use hotlined_core::command::Action;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::{CommandId, LegId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::argument::Endpoint;
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server::RequestDecoder;
use hotlined_instance::switch::freeswitch::encode_command;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_sim::actors::{AfterAnswer, Caller, Phone};
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel, SwitchOutput};
use hotlined_sim::requests::parse_request;
use hotlined_sim::switch_event::SwitchEvent;

const CALLER: &str = "a0000000-0000-4000-8000-000000000001";
const AGENT: &str = "b0000000-0000-4000-8000-000000000001";
const BEGAN: Instant = Instant(1_795_296_000_000);

fn site() -> DialplanConfig {
    let word = |text| Endpoint::new(text).unwrap();
    let fallback =
        Fallback { extension: word("hotlined_fallback"), dialplan: word("XML"), context: word("public") };
    let trunk: Trunk = "sofia/gateway/carrier/{number}".parse().unwrap();
    DialplanConfig { trunk, fallback, recordings: SoundPath::new("/rec").unwrap() }
}

/// The requests of an order, as the exchange reads them.
fn inputs(action: &Action) -> Vec<SwitchInput> {
    let id: CommandId = format!("{CALLER}/7").parse().unwrap();
    let mut bytes = BytesMut::new();
    for request in encode_command::requests(&site(), &id, action) {
        request.encode(&mut bytes);
    }
    let mut decoder = RequestDecoder::new(WireLimits::default());
    let requests = std::iter::from_fn(|| decoder.decode(&mut bytes).unwrap());
    requests.map(|request| parse_request(&request).unwrap()).collect()
}

/// What the exchange told of the caller's leg.
struct Told {
    model: SwitchModel,
    events: Vec<SwitchEvent>,
}

impl Told {
    fn tell(&mut self, at: u64, input: SwitchInput) {
        for output in self.model.handle(BEGAN + Millis(at), input) {
            if let SwitchOutput::Event(event) = output
                && event.header("Unique-ID") == Some(CALLER)
            {
                self.events.push(event);
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.events.iter().any(|event| event.name() == name)
    }
}

/// The fallback has the caller, of which we have not heard, when we order it to be joined with an agent: however the
/// switch's reading of our words falls between two looks of the channel, the fallback does not go on to its next line,
/// which hangs up.
#[test]
fn a_caller_whom_the_fallback_took_meanwhile_is_joined_and_not_lost() {
    const READ_MS: u64 = 2;
    let leg = |name: &str| name.parse::<LegId>().unwrap();
    for moment in 0..20 {
        let phone = Phone::Answers { after: Millis(500), then: AfterAnswer::TalksFor(Millis(3_000)) };
        let setup = ModelConfig { phones: [("86001".into(), vec![phone])].into(), ..ModelConfig::default() };
        let mut told = Told { model: SwitchModel::new(setup, BEGAN), events: Vec::new() };
        let dials = "4008001234".into();
        let who = Some(leg(CALLER));
        told.tell(
            0,
            SwitchInput::Dial(Caller { number: "138".into(), dialled: dials, leg: who, ..Caller::default() }),
        );
        let argument = format!("{{origination_uuid={AGENT}}}sofia/trunk/86001@gw &park()");
        told.tell(10, SwitchInput::BgApi { job: None, command: "originate".into(), argument });
        let mut at = 6_000 + moment;
        told.tell(at, SwitchInput::Due);
        assert!(told.has("CHANNEL_UNPARK"), "the fallback has it");
        let keep_caller = Some(Millis::seconds(5));
        for input in inputs(&Action::Bridge { caller: leg(CALLER), agent: leg(AGENT), keep_caller }) {
            told.tell(at, input);
            at += READ_MS;
        }
        told.tell(at + 200, SwitchInput::Due);
        assert!(told.has("CHANNEL_BRIDGE") && !told.has("CHANNEL_HANGUP"), "{moment}: {:#?}", told.events);
        told.tell(at + 4_000, SwitchInput::Due);
        let parked = told.events.iter().rfind(|event| event.name() == "CHANNEL_PARK").unwrap();
        assert_eq!(parked.header("Caller-Destination-Number"), Some("hotlined_fallback"), "{moment}");
    }
}

//! The operator's own table of numbers and holidays, under the real binary: checked before it connects, followed by
//! the next call, and kept when a newer one is broken.

use super::house::{AGENT, House, caller, exchange};
use super::peer::{Log, Switch};
use hotlined::daemon::holiday_reminder::remind;
use hotlined_core::hours::Calendar;
use hotlined_core::record::Outcome;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;
use std::fs;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

const TALKS: Phone = Phone::Answers { after: Millis(50), then: AfterAnswer::TalksFor(Millis(50)) };

/// How the next call ends, which is the `nth` of the test.
async fn outcome(nth: usize, exchange: &SimulatedSwitch, house: &House) -> Outcome {
    exchange.place_call(caller(HangsUp::Never));
    house.records(nth).await[nth - 1].outcome
}

/// A hotline with these sections.
fn hotline(house: &House, sections: &str) {
    house.put(&format!(
        "number = \"4008001234\"\nname = \"Shop\"\nclosing = \"sorry.wav\"\nagents = [{{ id = \"01\", phone = \
         \"{AGENT}\" }}]\n{sections}"
    ));
}

/// Brings a table in which the caller is in this province.
async fn import(house: &House, province: &str) {
    fs::write(house.path("new.csv"), format!("prefix,province\n1380013,{province}\n")).unwrap();
    let mut import = house.run(&["numbers", "import", "new.csv"]);
    assert!(import.ends().await.success(), "{}", import.told);
}

#[tokio::test]
async fn the_next_call_follows_an_imported_table_unless_it_is_broken() {
    let exchange = exchange(TALKS).await;
    let house = House::new(exchange.address().port());
    house.set("[switch]", "numbers = \"numbers.json\"\n[switch]");
    hotline(&house, "[access]\nrefuse_areas = [\"新疆\"]\n");
    import(&house, "北京").await;
    let mut daemon = house.serve().await;
    assert_eq!(outcome(1, &exchange, &house).await, Outcome::Answered);
    import(&house, "新疆").await;
    daemon.says("numbers changed: the next call follows").await;
    assert_eq!(outcome(2, &exchange, &house).await, Outcome::Refused);
    fs::write(house.path("numbers.json"), "{\n]").unwrap();
    daemon.says("numbers.json:2:1: key must be a string").await;
    daemon.says("numbers changed for the worse: the old ones stay").await;
    assert_eq!(outcome(3, &exchange, &house).await, Outcome::Refused);
    fs::remove_file(house.path("numbers.json")).unwrap();
    daemon.says("numbers.json: cannot be read").await;
    import(&house, "北京").await;
    daemon.says("numbers changed: the next call follows").await;
    assert_eq!(outcome(4, &exchange, &house).await, Outcome::Answered);
    daemon.signal("HUP");
    daemon.says("numbers changed: the next call follows").await;
    daemon.stop().await;
    house.replays_itself().await;
}

/// Lets days be off, today among them or not.
fn days_off(house: &House, today: bool) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = Instant(u64::try_from(now).unwrap());
    let days = [now.china_date(), (now + Millis::seconds(24 * 3600)).china_date()];
    for year in days.map(|day| day.year()) {
        let of_it = days.iter().filter(|day| today && day.year() == year);
        let list: Vec<String> = of_it
            .map(|day| format!("{{\"name\": \"元旦\", \"date\": \"{day}\", \"isOffDay\": true}}"))
            .collect();
        let text = format!("{{\"year\": {year}, \"days\": [{}]}}", list.join(", "));
        fs::write(house.path("days/.new"), text).unwrap();
        fs::rename(house.path("days/.new"), house.path(&format!("days/{year}.json"))).unwrap();
    }
}

#[tokio::test]
async fn the_next_call_follows_changed_holidays_unless_they_are_broken() {
    let exchange = exchange(TALKS).await;
    let house = House::new(exchange.address().port());
    house.set("[switch]", "holidays = \"days\"\n[switch]");
    fs::create_dir(house.path("days")).unwrap();
    hotline(
        &house,
        "[hours]\nopen = [\"workdays\", \"weekends\"]\nholiday = \"holidays\"\n[notices]\nholiday = \"sorry.wav\"\n",
    );
    days_off(&house, false);
    let mut daemon = house.serve().await;
    assert_eq!(outcome(1, &exchange, &house).await, Outcome::Answered);
    days_off(&house, true);
    daemon.says("holidays changed: the next call follows").await;
    assert_eq!(outcome(2, &exchange, &house).await, Outcome::Served);
    fs::write(house.path("days/2199.json"), "{\n\"year\": 2199,\n\"days\": [1]}").unwrap();
    daemon.says("days/2199.json:3: invalid type").await;
    daemon.says("holidays changed for the worse: the old ones stay").await;
    assert_eq!(outcome(3, &exchange, &house).await, Outcome::Served);
    fs::remove_file(house.path("days/2199.json")).unwrap();
    days_off(&house, false);
    daemon.says("holidays changed: the next call follows").await;
    daemon.signal("HUP");
    daemon.says("holidays changed: the next call follows").await;
    assert_eq!(outcome(4, &exchange, &house).await, Outcome::Answered);
    daemon.stop().await;
    house.replays_itself().await;
}

#[tokio::test]
async fn a_broken_table_or_year_ends_the_daemon_before_it_connects() {
    let switch = Switch::open().await;
    let house = House::new(switch.port);
    let ends_with = async |what: &str| {
        let mut daemon = house.run(&["serve"]);
        assert_eq!(daemon.ends().await.code(), Some(1));
        assert!(daemon.told.contains(what), "{what}: {}", daemon.told);
        assert!(switch.is_unvisited().await, "{what}");
    };
    house.set("[switch]", "numbers = \"numbers.json\"\n[switch]");
    ends_with("numbers.json: cannot be read: No such file").await;
    fs::write(house.path("numbers.json"), b"2401\x10\0\0\0").unwrap();
    ends_with("`hotlined numbers import` makes this file").await;
    house.set("numbers = \"numbers.json\"", "holidays = \"days\"");
    ends_with("days: cannot be read: No such file").await;
    fs::create_dir(house.path("days")).unwrap();
    fs::write(house.path("days/2027.json"), "{\n\"year\": 1,\n\"days\": []}").unwrap();
    ends_with("days/2027.json:2: 1 is no year").await;
}

#[tokio::test]
async fn a_year_that_is_missing_is_told_once_a_day() {
    let (log, _guard) = Log::listen();
    let (tell, calendars) = watch::channel(Arc::new(Calendar::default()));
    let reminding = tokio::spawn(remind(calendars));
    tokio::task::yield_now().await;
    tell.send_replace(Arc::new(Calendar::default()));
    tokio::task::yield_now().await;
    drop(tell);
    reminding.await.unwrap();
    let text = log.text();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let missing = Calendar::default().missing_years(Instant(u64::try_from(now).unwrap()));
    assert_eq!(text.matches("WARN").count(), missing.len(), "{text}");
    assert!(text.contains(&format!("year={}", missing[0])), "{text}");
}

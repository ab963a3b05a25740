//! `hotlined locate`: where numbers are from, as the routes and lists of hotlines see it.

use super::load_config::load_numbers;
use super::output::{fail, print_line};
use crate::daemon::settings::SETTINGS_VARIABLE;
use hotlined_core::number::{
    AreaCode, Imported, Kind, Location, Network, Number, NumberRegions, Place, Source, normalise,
};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `hotlined locate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The numbers, in any form that carriers deliver.
    #[arg(required = true, value_name = "NUMBER")]
    given: Vec<String>,
    /// The area code of the hotline, for landlines that are given without one.
    #[arg(long, value_name = "AREA CODE", value_parser = AreaCode::parse)]
    home: Option<AreaCode>,
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// A table that `hotlined numbers import` wrote, instead of the one in the settings.
    #[arg(long, value_name = "FILE")]
    numbers: Option<PathBuf>,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
}

/// The line of JSON for a number.
#[derive(Serialize)]
struct LocationLine<'a> {
    given: &'a str,
    number: Number,
    kind: Kind,
    #[serde(flatten)]
    location: Location,
    /// The name of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The possible cities, if there are several.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    one_of: &'a [Place],
    /// The file that was imported, if the place comes from the imported table.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a str>,
}

/// Prints where each number is from. The exit code is 0, also if a place is unknown.
pub fn run(args: &Args) -> ExitCode {
    let regions = match load_numbers(args.settings.as_deref(), args.numbers.as_deref()) {
        Ok(regions) => regions,
        Err(error) => return fail(&error),
    };
    match args.given.iter().try_for_each(|given| print_location(given, args, &regions)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn print_location(given: &str, args: &Args, regions: &NumberRegions) -> anyhow::Result<()> {
    let number = normalise(given, args.home);
    let location = regions.locate(&number);
    let table = table_name(&location, regions);
    let line = if args.json {
        let one_of = if location.city.is_none() { location.cities() } else { &[] };
        let place = place_name(&location);
        let kind = number.kind();
        serde_json::to_string(&LocationLine { given, number, kind, location, place, one_of, table })?
    } else {
        format!("{number}: {}", describe(&number, &location, table))
    };
    Ok(print_line(&line)?)
}

/// The name of province and city; a municipality, which is both, is named once.
fn place_name(location: &Location) -> Option<String> {
    let province = location.province?;
    let city = location.city.filter(|city| *city != province).map_or("", Place::name);
    Some(format!("{}{city}", province.name()))
}

/// The file that was imported, if the place comes from the imported table.
fn table_name<'a>(location: &Location, regions: &'a NumberRegions) -> Option<&'a str> {
    regions.imported().filter(|_| location.source == Source::Imported).map(Imported::origin)
}

fn describe(number: &Number, location: &Location, table: Option<&str>) -> String {
    let mut parts = vec![kind_text(number.kind()).to_owned()];
    parts.push(
        place_name(location).unwrap_or_else(|| no_place_text(number.kind(), location.source).to_owned()),
    );
    if location.city.is_none() && location.cities().len() > 1 {
        let cities: Vec<&str> = location.cities().iter().map(|city| city.short()).collect();
        parts.push(format!("one of {}", cities.join(", ")));
    }
    parts.extend(location.area_code.map(|code| format!("area code {code}")));
    if let (Some(operator), Some(network)) = (location.operator, location.network) {
        let network = match network {
            Network::Ordinary => "",
            Network::Resold => ", resold by a virtual operator",
            Network::Satellite => ", a satellite telephone",
        };
        parts.push(format!("originally {}{network}", operator.name()));
    }
    let by = match location.source {
        Source::Nothing => None,
        Source::AreaCode => Some("by its area code".to_owned()),
        Source::MobilePrefix => Some("by its first seven digits".to_owned()),
        Source::Imported => {
            Some(format!("by its first seven digits in {}", table.unwrap_or("an imported table")))
        }
        Source::CountryCode => Some("by its country's code".to_owned()),
    };
    parts.extend(by);
    parts.join("; ")
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Mobile => "mobile",
        Kind::Landline => "landline",
        Kind::Local => "landline without its area code",
        Kind::Service => "service",
        Kind::Hotline => "400 or 800 number",
        Kind::International => "abroad",
        Kind::Withheld => "withheld",
        Kind::Unknown => "digits of no form we know",
        Kind::Unreadable => "no number",
    }
}

/// Why the place is unknown.
fn no_place_text(kind: Kind, source: Source) -> &'static str {
    match (kind, source) {
        (_, Source::CountryCode) => "outside the mainland",
        (Kind::Mobile, _) => "place unknown: nobody publishes where its beginning was sold",
        (Kind::Local, _) => "place unknown: name the hotline's area code with --home",
        (Kind::Service | Kind::Hotline, _) => "in no one place",
        (Kind::Landline | Kind::International | Kind::Withheld | Kind::Unknown | Kind::Unreadable, _) => {
            "place unknown"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_is_known_and_by_what() {
        for (given, answer) in [
            (
                "+8613800138000",
                "mobile; 北京市; area code 010; originally 中国移动; by its first seven digits",
            ),
            ("075588886666", "landline; 广东省深圳市; area code 0755; by its area code"),
            (
                "02488886666",
                "landline; 辽宁省; one of 沈阳, 抚顺, 本溪, 铁岭; area code 024; by its area code",
            ),
            (
                "16200001111",
                "mobile; place unknown: nobody publishes where its beginning was sold; originally 中国电信, resold \
                 by a virtual operator",
            ),
            ("+12125551234", "abroad; outside the mainland; by its country's code"),
            ("95588", "service; in no one place"),
            ("anonymous", "withheld; place unknown"),
        ] {
            let number = normalise(given, None);
            assert_eq!(
                describe(&number, &NumberRegions::built_in().locate(&number), None),
                answer,
                "{given}"
            );
        }
    }
}

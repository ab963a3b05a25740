//! Whole files, as operators have them and as they break.

use super::*;
use crate::number::{Network, NumberRegions, Operator, Place, Source, normalise};
use proptest::prelude::*;
use std::sync::Arc;

/// Writes a `phone.dat` out of records and of entries of prefix, number of the record and card type.
pub(super) fn phone_dat(records: &[&str], entries: &[(u32, usize, u8)]) -> Vec<u8> {
    let mut bytes = b"2401\0\0\0\0".to_vec();
    let mut starts = Vec::new();
    for record in records {
        starts.push(bytes.len() as u32);
        bytes.extend(record.bytes());
        bytes.push(0);
    }
    let index = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&index.to_le_bytes());
    for (prefix, record, card) in entries {
        bytes.extend(prefix.to_le_bytes());
        bytes.extend(starts[*record].to_le_bytes());
        bytes.push(*card);
    }
    bytes
}

const RECORDS: [&str; 3] = ["北京|北京|100000|010", "新疆|巴州|841000|0996", "河北|雄安|071700|0312"];

fn sample() -> Vec<u8> {
    phone_dat(&RECORDS, &[(1_300_000, 0, 2), (1_300_001, 1, 5), (1_920_000, 2, 7), (1_990_000, 0, 3)])
}

fn faults(bytes: &[u8]) -> Vec<String> {
    read(bytes, "table").map(|_| ()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn place(code: u32) -> Option<Place> {
    Place::of_code(code)
}

#[test]
fn a_phone_dat_is_read_whole() {
    let Import { table, found } = read(&sample(), "phone.dat").unwrap();
    assert_eq!(found.form, Form::PhoneDat { version: "2401".into() });
    assert_eq!((found.rows, found.prefixes, found.city, found.province), (4, 4, 3, 1));
    assert_eq!((found.operator, found.nothing), (0, 0));
    let first = Some(Whence::Entry { entry: 3, byte: found_index() + 18 });
    assert_eq!(found.unknown_places, [Unknown { name: "河北 雄安".into(), rows: 1, first }]);
    // 1300000 is 济南 in the built-in table, and 1300001 常州; it places neither 192 nor 199.
    let compared = Compared {
        provinces: 2,
        same_province: 0,
        cities: 2,
        same_city: 0,
        operators: 4,
        same_operator: 4,
        new: 2,
    };
    assert_eq!(found.compared, compared);
    assert_eq!((table.origin(), table.prefixes()), ("phone.dat", 4));
    let atlas = NumberRegions::with(Arc::new(table));
    let located = atlas.locate(&normalise("13000011234", None));
    assert_eq!((located.city, located.source), (place(652_800), Source::Imported));
    assert_eq!((located.operator, located.network), (Some(Operator::Unicom), Some(Network::Resold)));
    let located = atlas.locate(&normalise("19200001234", None));
    assert_eq!((located.city, located.province), (None, place(130_000)));
    assert_eq!(located.operator, Some(Operator::Broadnet));
}

fn found_index() -> usize {
    8 + RECORDS.iter().map(|record| record.len() + 1).sum::<usize>()
}

#[test]
fn csv_is_read_in_every_form_that_is_about() {
    let plain = "1300000,北京,北京,联通\n1300001,新疆,巴州,联通虚拟\n1920000,河北,雄安,广电\n1990000,北京,北京,电信\n";
    let expected = read(plain.as_bytes(), "a").unwrap();
    assert_eq!(expected.found.unknown_places[0].first, Some(Whence::Line(3)));
    for text in [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}号段,省份,城市,运营商\n\n{plain}\n"),
        plain.replace(',', "\t"),
        plain.replace(',', ";"),
        plain.replace(',', "|"),
        plain.replace(',', "\",\"").replace('\n', "\"\n\"").trim_end_matches('"').replacen(
            "1300000",
            "\"1300000",
            1,
        ),
        format!("{plain}{plain}"),
        plain
            .lines()
            .map(|line| match line.split(',').collect::<Vec<_>>()[..] {
                [prefix, province, city, carrier] => format!("7,{prefix},{province} {city},{carrier},x\n"),
                _ => panic!("{line}"),
            })
            .collect(),
    ] {
        let Import { table, found } =
            read(text.as_bytes(), "a").unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        assert_eq!(table, expected.table, "{text}");
        assert_eq!(found.compared, expected.found.compared, "{text}");
    }
    // A phone.dat and a CSV that say the same are the same.
    assert_eq!(read(&sample(), "a").unwrap().table, expected.table);
}

#[test]
fn names_of_operators_that_nobody_knows_are_told() {
    let text = "号段,省,市,运营商\n1300000,北京,北京,某某通信\n1300001,北京,北京,\n1300002,全国,,移动\n";
    let found = read(text.as_bytes(), "a").unwrap().found;
    assert_eq!((found.city, found.operator, found.nothing), (2, 1, 0));
    assert_eq!(found.unknown_operators[0].name, "某某通信");
    assert_eq!(found.unknown_places[0].name, "全国");
}

#[test]
fn a_broken_csv_is_refused_with_its_lines() {
    let head = "prefix,province,city,carrier\n";
    for (text, lines) in [
        (
            "138001,北京,北京,移动\n",
            &["line 2: \"138001\" is no prefix of a mobile: it must have seven digits, 1300000 to 1999999"][..],
        ),
        ("1380013,北京\n", &["line 2: has 2 fields, and 4 are needed"]),
        (
            "1380013,\"北京,北京,移动\n",
            &["line 2: has a field that begins with a quotation mark and ends without one"],
        ),
        (
            "1380013,北京,北京,移动\n1380014,x,x,移动\n\n1380013,上海,上海,移动\n1380013,北京,北京,联通\n",
            &["line 5: says of 1380013 what line 2 does not", "line 6: says of 1380013 what line 2 does not"],
        ),
        (
            "",
            &["line 1: holds no prefix: it must be a phone.dat, or CSV in UTF-8 with a row for each prefix"],
        ),
        (
            "1380013,火星,,移动\n",
            &[
                "line 1: not one of its prefixes has a place that GB/T 2260 knows: it is likely another kind of table",
            ],
        ),
    ] {
        assert_eq!(faults(format!("{head}{text}").as_bytes()), lines, "{text}");
    }
    let gbk = [head.as_bytes(), b"1380013,\xb1\xb1\xbe\xa9,\xb1\xb1\xbe\xa9,\xd2\xc6\xb6\xaf\n"].concat();
    assert_eq!(faults(&gbk), ["line 2: is not UTF-8: save the file as UTF-8 (it may be GBK)"]);
    let long = format!("{head}{}\n", "x".repeat(5_000));
    assert_eq!(faults(long.as_bytes()), ["line 2: has more than 4096 bytes, so it is no row of a table"]);
    let wrong = faults("a,b,c\n1,2,3\n".as_bytes());
    assert!(
        wrong[0].starts_with("line 1: no column holds mobile prefixes of seven digits: begin with"),
        "{wrong:?}"
    );
    let wrong = faults("prefix,x\n1380013,Beijing\n".as_bytes());
    assert!(wrong[0].starts_with("line 1: no column holds names of provinces or cities: "), "{wrong:?}");
    for (bytes, form) in [
        (&b"PK\x03\x04xl/workbook.xml"[..], "an Excel file"),
        (b"\xff\xfep\0r\0", "UTF-16"),
        (b"{\"hotlined_numbers\":1}", "imported already"),
    ] {
        assert!(faults(bytes)[0].contains(form), "{form}");
    }
}

#[test]
fn a_broken_phone_dat_is_refused_with_its_bytes() {
    let good = sample();
    let index = found_index();
    let changed = |at: usize, bytes: &[u8]| {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        faults(&bad)
    };
    assert_eq!(faults(&good[..7]), ["byte 0: ends within the header of a phone.dat"]);
    let beyond = changed(4, &[0xff; 4]);
    assert!(
        beyond[0].starts_with("byte 4: the index of a phone.dat should begin at byte 4294967295"),
        "{beyond:?}"
    );
    assert!(changed(4, &[4, 0, 0, 0])[0].starts_with("byte 4: the index"));
    assert!(faults(&good[..index])[0].starts_with("byte 4: the index"));
    let cut = faults(&good[..good.len() - 1]);
    let last = index + 27;
    assert_eq!(
        cut,
        [format!("entry 4 at byte {last}: the file ends in the middle of an entry: an entry has 9 bytes")]
    );
    let outside = changed(index + 4, &[0xff, 0xff, 0, 0]);
    assert_eq!(
        outside,
        [format!("entry 1 at byte {index}: points to a record at byte 65535, which is outside the records")]
    );
    assert!(changed(index + 4, &[2, 0, 0, 0])[0].ends_with("at byte 2, which is outside the records"));
    assert!(changed(index + 4, &(index as u32).to_le_bytes())[0].ends_with("which is outside the records"));
    assert!(
        changed(index - 1, b"x")[0].contains("entry 3 at byte")
            && changed(index - 1, b"x")[0].contains("does not end before")
    );
    assert!(changed(8, b"\xff")[0].contains("is not province|city|zip|area code in UTF-8"));
    assert_eq!(
        changed(index + 8, &[9]),
        [format!("entry 1 at byte {index}: has the card type 9: 1 to 8 are known")]
    );
    assert!(changed(index, &1_299_999_u32.to_le_bytes())[0].contains("\"1299999\" is no prefix"));
    let twice = changed(index + 9, &1_300_000_u32.to_le_bytes());
    let second = index + 9;
    assert_eq!(
        twice,
        [format!("entry 2 at byte {second}: says of 1300000 what entry 1 at byte {index} does not")]
    );
}

#[test]
fn reading_ends_when_enough_is_wrong() {
    // Ten million bytes of lines that mean nothing, behind a row that does.
    let nonsense = "号段,省,市,运营商\n1380013,北京,北京,移动\n".to_owned() + &"x,y,z,1\n".repeat(1_250_000);
    assert_eq!(faults(nonsense.as_bytes()).len(), BAD_ROWS_MAX);
    assert_eq!(faults("x,y,z,1\n".repeat(1_250_000).as_bytes()).len(), 1);
    let mut strange = "号段,省,市,运营商\n1380013,北京,北京,移动\n".to_owned();
    (0..5_000).for_each(|at| strange.push_str(&format!("{},省{at},市,移动\n", 1_390_000 + at)));
    let last = faults(strange.as_bytes()).pop().unwrap();
    assert_eq!(
        last,
        "line 1003: more than 1000 names of places or operators are unknown, as \"省1000 市\": it is likely another kind of table"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_a_table_or_faults(noise in proptest::collection::vec(any::<u8>(), 0..80), at in 0_usize..200, cut in 0_usize..200) {
        let _ = read(&noise, "noise");
        let mut bytes = sample();
        let at = at % bytes.len();
        let end = (at + noise.len()).min(bytes.len());
        bytes[at..end].copy_from_slice(&noise[..end - at]);
        bytes.truncate(cut.max(1));
        let _ = read(&bytes, "noise");
        if let Ok(text) = String::from_utf8(noise.iter().map(|byte| byte & 0x7f).collect()) {
            let _ = read(format!("1380013,北京,北京,移动\n{text}").as_bytes(), "noise");
        }
    }
}

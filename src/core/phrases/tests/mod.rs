mod reader;
mod sentences;

use super::*;
use crate::time::Millis;
use jiff::civil::{Date, Weekday, date, time};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ZH: Speaker = Speaker::new(Language::Mandarin);
const EN: Speaker = Speaker::new(Language::English);

fn zh(pieces: Vec<Piece>) -> String {
    text(Language::Mandarin, &pieces)
}

fn en(pieces: Vec<Piece>) -> String {
    text(Language::English, &pieces)
}

#[test]
fn the_hard_numbers_are_said_as_people_say_them() {
    let table = [
        (0, "零", "zero"),
        (1, "一", "one"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (11, "十一", "eleven"),
        (12, "十二", "twelve"),
        (20, "二十", "twenty"),
        (22, "二十二", "twenty two"),
        (100, "一百", "one hundred"),
        (101, "一百零一", "one hundred one"),
        (110, "一百一十", "one hundred ten"),
        (111, "一百一十一", "one hundred eleven"),
        (200, "二百", "two hundred"),
        (1_000, "一千", "one thousand"),
        (1_001, "一千零一", "one thousand one"),
        (1_010, "一千零一十", "one thousand ten"),
        (1_012, "一千零一十二", "one thousand twelve"),
        (1_100, "一千一百", "one thousand one hundred"),
        (2_000, "两千", "two thousand"),
        (2_222, "两千二百二十二", "two thousand two hundred twenty two"),
        (10_000, "一万", "ten thousand"),
        (10_010, "一万零一十", "ten thousand ten"),
        (10_100, "一万零一百", "ten thousand one hundred"),
        (12_000, "一万二千", "twelve thousand"),
        (20_002, "两万零二", "twenty thousand two"),
        (22_222, "两万二千二百二十二", "twenty two thousand two hundred twenty two"),
        (100_000, "十万", "one hundred thousand"),
        (100_001, "十万零一", "one hundred thousand one"),
        (100_012, "十万零一十二", "one hundred thousand twelve"),
        (101_000, "十万一千", "one hundred one thousand"),
        (200_000, "二十万", "two hundred thousand"),
        (1_000_000, "一百万", "one million"),
        (1_100_000, "一百一十万", "one million one hundred thousand"),
        (2_000_000, "二百万", "two million"),
        (10_000_000, "一千万", "ten million"),
        (10_100_000, "一千零一十万", "ten million one hundred thousand"),
        (20_000_000, "两千万", "twenty million"),
        (100_000_000, "一亿", "one hundred million"),
        (100_000_001, "一亿零一", "one hundred million one"),
        (100_001_000, "一亿零一千", "one hundred million one thousand"),
        (100_010_000, "一亿零一万", "one hundred million ten thousand"),
        (200_020_000, "两亿零二万", "two hundred million twenty thousand"),
        (1_000_000_000, "十亿", "one billion"),
        (
            NUMBER_MAX,
            "九千九百九十九亿九千九百九十九万九千九百九十九",
            "nine hundred ninety nine billion nine hundred ninety nine million nine hundred ninety nine \
             thousand nine hundred ninety nine",
        ),
    ];
    for (number, mandarin, english) in table {
        assert_eq!(zh(ZH.cardinal(number)), mandarin, "{number}");
        assert_eq!(en(EN.cardinal(number)), english, "{number}");
    }
    assert_eq!(zh(ZH.cardinal(NUMBER_MAX + 1)), "幺零零零零零零零零零零零零");
}

#[test]
fn one_and_two_take_the_form_that_their_neighbour_asks_for() {
    for unit in Unit::ALL {
        let tone = match unit {
            Unit::Callers | Unit::Times | Unit::Items => Piece::YiRising,
            Unit::Seconds
            | Unit::Minutes
            | Unit::Hours
            | Unit::Days
            | Unit::Yuan
            | Unit::Jiao
            | Unit::Fen => Piece::YiFalling,
        };
        assert_eq!(ZH.counting(1, unit), [tone]);
        assert_eq!(ZH.counting(2, unit), [Piece::Liang]);
        assert_eq!(ZH.counting(12, unit), [Piece::N12]);
        assert_eq!(ZH.counting(21, unit), [Piece::N20, Piece::N1]);
        assert_eq!(EN.counting(1, unit), [Piece::N1]);
    }
    let counted =
        [(1, "一位", "one caller"), (2, "两位", "two callers"), (22, "二十二位", "twenty two callers")];
    for (number, mandarin, english) in counted {
        assert_eq!(zh(ZH.count(number, Unit::Callers)), mandarin);
        assert_eq!(en(EN.count(number, Unit::Callers)), english);
    }
}

#[test]
fn spans_round_to_minutes() {
    let table = [
        (0, "不到一分钟", "less than a minute"),
        (59_999, "不到一分钟", "less than a minute"),
        (60_000, "一分钟", "one minute"),
        (89_999, "一分钟", "one minute"),
        (90_000, "两分钟", "two minutes"),
        (120_000, "两分钟", "two minutes"),
        (3_600_000, "一小时", "one hour"),
        (5_400_000, "一小时三十分钟", "one hour thirty minutes"),
        (7_320_000, "两小时两分钟", "two hours two minutes"),
        (90_060_000, "一天一小时一分钟", "one day one hour one minute"),
    ];
    for (millis, mandarin, english) in table {
        assert_eq!(zh(ZH.duration(Millis(millis))), mandarin);
        assert_eq!(en(EN.duration(Millis(millis))), english);
    }
    assert!(!ZH.duration(Millis(u64::MAX)).is_empty());
}

#[test]
fn times_of_day_and_dates_are_said_as_people_say_them() {
    let times = [
        (time(0, 0, 0, 0), "凌晨零点", "twelve midnight"),
        (time(0, 30, 0, 0), "凌晨零点半", "twelve thirty a.m."),
        (time(1, 10, 0, 0), "凌晨一点十分", "one ten a.m."),
        (time(2, 0, 0, 0), "凌晨两点", "two a.m."),
        (time(9, 5, 59, 0), "上午九点零五分", "nine oh five a.m."),
        (time(12, 0, 0, 0), "中午十二点", "twelve noon"),
        (time(12, 30, 0, 0), "中午十二点半", "twelve thirty p.m."),
        (time(14, 2, 0, 0), "下午两点零二分", "two oh two p.m."),
        (time(18, 0, 0, 0), "晚上六点", "six p.m."),
        (time(23, 59, 59, 0), "晚上十一点五十九分", "eleven fifty nine p.m."),
    ];
    for (time, mandarin, english) in times {
        assert_eq!(zh(ZH.clock(time)), mandarin);
        assert_eq!(en(EN.clock(time)), english);
    }
    let dates = [
        (date(2026, 3, 27), "二零二六年三月二十七日", "March twenty seventh twenty twenty six"),
        (date(2026, 2, 2), "二零二六年二月二日", "February second twenty twenty six"),
        (date(2000, 12, 10), "二零零零年十二月十日", "December tenth two thousand"),
        (date(2005, 1, 30), "二零零五年一月三十日", "January thirtieth two thousand five"),
        (date(1905, 10, 20), "一九零五年十月二十日", "October twentieth nineteen oh five"),
    ];
    for (date, mandarin, english) in dates {
        assert_eq!(zh(ZH.date(date)), mandarin);
        assert_eq!(en(EN.date(date)), english);
    }
    assert_eq!(zh(ZH.weekday(Weekday::Sunday)), "星期日");
    assert_eq!(en(EN.weekday(Weekday::Tuesday)), "Tuesday");
}

#[test]
fn money_is_yuan_jiao_and_fen() {
    let table = [
        (0, "零元", "zero yuan"),
        (2, "两分", "two fen"),
        (50, "五角", "fifty fen"),
        (100, "一元", "one yuan"),
        (102, "一元零两分", "one yuan two fen"),
        (250, "两元五角", "two yuan fifty fen"),
        (1_005, "十元零五分", "ten yuan five fen"),
        (1_055, "十元五角五分", "ten yuan fifty five fen"),
        (
            123_456_789,
            "一百二十三万四千五百六十七元八角九分",
            "one million two hundred thirty four thousand five hundred sixty seven yuan eighty nine fen",
        ),
    ];
    for (fen, mandarin, english) in table {
        assert_eq!(zh(ZH.money(fen)), mandarin);
        assert_eq!(en(EN.money(fen)), english);
    }
}

#[test]
fn numbers_are_spelled_in_breaths() {
    let said = |number: &str| {
        let said = ZH.telephone(number);
        let breaths = said.split(|piece| *piece == Piece::Pause);
        breaths.map(|breath| zh(breath.to_vec())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(said("13800138000"), "幺三八 零零幺三 八零零零");
    assert_eq!(said("+8613800138000"), "幺三八 零零幺三 八零零零");
    assert_eq!(said("4008001234"), "四零零 八零零 幺二三四");
    assert_eq!(said("01088886666"), "零幺零 八八八八 六六六六");
    assert_eq!(said("+442071234"), "加四 四二零七 幺二三四");
    assert_eq!(said("10086"), "幺零零八六");
    assert_eq!(said(""), "");
    assert_eq!(said("anonymous${x}\n 1"), "ANO NYMO USX幺");
    assert_eq!(zh(ZH.spelled("8001-B")), "八零零幺B");
    let plain = Speaker { yao: false, ..ZH };
    assert_eq!(zh(plain.spelled("8001")), "八零零一");
    assert_eq!(en(EN.spelled("8001")), "eight zero zero one");
}

/// Any size of number, and many with gaps in them.
fn numbers() -> impl Strategy<Value = u64> {
    let gaps = prop::collection::vec(
        prop_oneof![3 => Just(0_u64), 2 => Just(1), 1 => Just(2), 2 => 0..10_u64],
        1..13,
    );
    prop_oneof![
        (0..40_u32).prop_flat_map(|bits| 0..=(1_u64 << bits).min(NUMBER_MAX)),
        gaps.prop_map(|digits| digits.iter().fold(0, |number, digit| number * 10 + digit)),
        (0..12_u32, 0..3_u64).prop_map(|(power, more)| (10_u64.pow(power) + more).saturating_sub(1)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_number_reads_back(number in numbers()) {
        prop_assert_eq!(reader::mandarin(&zh(ZH.cardinal(number))), Some(number));
        prop_assert_eq!(reader::english(&en(EN.cardinal(number))), Some(number));
    }

    #[test]
    fn a_count_reads_back(number in numbers(), unit in prop::sample::select(Unit::ALL.to_vec())) {
        let said = zh(ZH.count(number, unit));
        let read = said.strip_suffix(unit.pieces().1.text(Language::Mandarin)).and_then(reader::mandarin_counting);
        prop_assert_eq!(read, Some(number), "{}", said);
        let said = en(EN.count(number, unit));
        let (one, many) = unit.pieces();
        let unit = if number == 1 { one } else { many }.text(Language::English);
        prop_assert_eq!(said.strip_suffix(unit).and_then(|rest| reader::english(rest.trim_end())), Some(number));
    }

    #[test]
    fn money_reads_back(fen in numbers()) {
        let said = zh(ZH.money(fen));
        let (yuan, rest) = said.split_once('元').unwrap_or(("零", &said));
        let (zero, rest) = rest.strip_prefix('零').map_or((false, rest), |rest| (true, rest));
        let (jiao, rest) = rest.split_once('角').unwrap_or(("零", rest));
        let fens = if rest.is_empty() { "零" } else { rest.strip_suffix('分').unwrap() };
        let [yuan, jiao, fens] = [yuan, jiao, fens].map(|said| reader::mandarin_counting(said).unwrap());
        prop_assert!(jiao < 10 && fens < 10);
        prop_assert_eq!(zero, yuan > 0 && jiao == 0 && fens > 0, "{}", said);
        prop_assert_eq!(yuan * 100 + jiao * 10 + fens, fen, "{}", said);
        let said = en(EN.money(fen));
        let (yuan, rest) = said.split_once(" yuan").unwrap_or(("zero", &said));
        let fens = rest.trim_start().strip_suffix(" fen").unwrap_or("zero");
        prop_assert_eq!(reader::english(yuan).unwrap() * 100 + reader::english(fens).unwrap(), fen, "{}", said);
    }

    #[test]
    fn spelled_digits_read_back(number in "[0-9]{0,25}") {
        let read = |said: Vec<Piece>| reader::mandarin_digits(&zh(said).replace('幺', "一"));
        prop_assert_eq!(&read(ZH.spelled(&number)), &number);
        prop_assert_eq!(&read(ZH.telephone(&number)), &number);
        let words = en(EN.telephone(&number));
        let digits = words.split_whitespace().map(|word| reader::english(word).unwrap().to_string());
        prop_assert_eq!(digits.collect::<String>(), number);
    }

    #[test]
    fn breaths_are_short_and_never_one_sign(number in "[0-9]{2,25}") {
        let said = ZH.telephone(&number);
        for breath in said.split(|piece| *piece == Piece::Pause) {
            prop_assert!((2..=5).contains(&breath.len()), "{}", number);
        }
    }

    #[test]
    fn text_from_outside_is_said_or_left_out(text in any::<String>()) {
        prop_assert!(ZH.spelled(&text).len() <= text.chars().count());
        prop_assert!(EN.telephone(&text).len() <= 2 * text.chars().count());
    }

    #[test]
    fn a_date_reads_back(year in 1000..=9999_i16, month in 1..=12_i8, day in 1..=31_i8) {
        let Ok(date) = Date::new(year, month, day) else { return Ok(()) };
        let said = zh(ZH.date(date));
        let (years, rest) = said.split_once('年').unwrap();
        let (months, days) = rest.split_once('月').unwrap();
        prop_assert_eq!(reader::mandarin_digits(years), year.to_string());
        prop_assert_eq!(reader::mandarin(months), Some(u64::from(month.unsigned_abs())));
        prop_assert_eq!(days.strip_suffix('日').and_then(reader::mandarin), Some(u64::from(day.unsigned_abs())));
    }

    #[test]
    fn a_date_reads_back_in_english(year in 1000..=9999_i16, month in 1..=12_i8, day in 1..=31_i8) {
        let Ok(date) = Date::new(year, month, day) else { return Ok(()) };
        let said = en(EN.date(date));
        let words: Vec<&str> = said.split(' ').collect();
        let named = date.strftime("%B").to_string();
        prop_assert_eq!(words[0], named);
        let ordinals = if words[1].ends_with("ty") { 2 } else { 1 };
        prop_assert_eq!(reader::english_ordinal(&words[1..=ordinals].join(" ")), Some(u64::from(day.unsigned_abs())));
        let years = &words[ordinals + 1..];
        let whole = reader::english(&years.join(" ")).filter(|whole| *whole >= 1_000);
        // Two halves: the century is one word, or two when it ends neither in a teen nor in a nought.
        let halves = (1..years.len()).filter_map(|at| {
            let century = reader::english(&years[..at].join(" ")).filter(|century| (10..100).contains(century))?;
            let rest = match years[at..] {
                ["oh", one] => reader::english(one).filter(|one| *one < 10)?,
                _ => reader::english(&years[at..].join(" ")).filter(|rest| (10..100).contains(rest))?,
            };
            Some(century * 100 + rest)
        });
        let read: BTreeSet<u64> = whole.into_iter().chain(halves).collect();
        prop_assert!(read.contains(&u64::from(year.unsigned_abs())), "{}: {:?}", said, read);
    }
}

#[test]
fn every_ordinal_reads_back() {
    for number in 1..2_000 {
        let said = zh(ZH.ordinal(number));
        assert_eq!(said.strip_prefix('第').and_then(reader::mandarin), Some(number), "{said}");
        let said = en(EN.ordinal(number));
        match said.strip_prefix("number ") {
            Some(said) => assert_eq!(reader::english(said).filter(|read| *read >= 100), Some(number)),
            None => assert_eq!(reader::english_ordinal(&said), Some(number), "{said}"),
        }
    }
}

#[test]
fn every_minute_of_a_day_reads_back() {
    for (hour, minute) in (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute))) {
        let clock = time(hour, minute, 0, 0);
        let meant = Some((u64::from(hour.unsigned_abs()), u64::from(minute.unsigned_abs())));
        assert_eq!(reader::mandarin_clock(&zh(ZH.clock(clock))), meant, "{clock}");
        assert_eq!(reader::english_clock(&en(EN.clock(clock))), meant, "{clock}");
    }
}

#[test]
fn every_span_of_up_to_three_days_reads_back() {
    for minutes in 1..3 * 24 * 60_u64 {
        let mut said = zh(ZH.duration(Millis(minutes * 60_000)));
        let mut read = 0;
        for (unit, worth, below) in [("天", 24 * 60, 3), ("小时", 60, 24), ("分钟", 1, 60)] {
            if let Some((number, rest)) = said.clone().split_once(unit) {
                let number = reader::mandarin_counting(number).filter(|number| (1..below).contains(number));
                read += number.unwrap() * worth;
                said = rest.to_owned();
            }
        }
        assert_eq!((read, said.as_str()), (minutes, ""));
    }
}

#[test]
fn every_piece_of_numbers_times_and_units_is_needed_by_somebody() {
    let mut said = BTreeSet::new();
    for speaker in [ZH, EN] {
        for number in (0..2_000).chain([2_000, 12_000, 30_000, 20_000, 100_000_000, 1_000_000, 10_u64.pow(9)])
        {
            said.extend(speaker.cardinal(number));
            said.extend(speaker.cardinal(number * 1_000 + 2_000));
            said.extend(speaker.ordinal(number));
        }
        for unit in Unit::ALL {
            said.extend((0..4).flat_map(|number| speaker.count(number, unit)));
        }
        for day in 0..366 {
            let date = date(2024, 1, 1) + jiff::ToSpan::days(day);
            said.extend(speaker.date(date));
            said.extend(speaker.weekday(date.weekday()));
            said.extend(speaker.clock(time(
                i8::try_from(day % 24).unwrap(),
                i8::try_from(day % 60).unwrap(),
                0,
                0,
            )));
        }
        said.extend(speaker.clock(time(0, 0, 0, 0)));
        said.extend(speaker.clock(time(12, 0, 0, 0)));
        said.extend(speaker.duration(Millis(0)));
        said.extend(speaker.telephone("+01*#abcdefghijklmnopqrstuvwxyz"));
    }
    let words = ["digits/", "letters/", "time/", "units/", "silence/"];
    let idle: Vec<_> = Piece::ALL
        .iter()
        .filter(|piece| words.iter().any(|word| piece.id().starts_with(word)) && !said.contains(piece))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
}

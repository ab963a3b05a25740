//! Reads back what was said, by the rules of the two languages and by nothing of the speaker's.
//!
//! The readers are strict: a 零 too few or too many, a 两 where 二 belongs, a word out of its place is no number.

/// The number that a Chinese text says as a bare number.
pub fn mandarin(text: &str) -> Option<u64> {
    if text == "零" {
        return Some(0);
    }
    let mut rest = text;
    let mut number = 0;
    // The place of ten below which nothing was said yet; none before the first word.
    let mut last = None;
    for (unit, base) in [("亿", 8), ("万", 4), ("", 0)] {
        let section = match rest.find(unit) {
            Some(_) if unit.is_empty() => std::mem::take(&mut rest),
            Some(at) => {
                let section = &rest[..at];
                rest = &rest[at + unit.len()..];
                section
            }
            None => continue,
        };
        if section.is_empty() && unit.is_empty() {
            break;
        }
        number += four(section, base, &mut last)? * 10_u64.pow(base);
        last = Some(base);
    }
    rest.is_empty().then_some(number)
}

fn four(text: &str, base: u32, last: &mut Option<u32>) -> Option<u64> {
    let signs: Vec<char> = text.chars().collect();
    let (mut at, mut value) = (0, 0);
    while at < signs.len() {
        let gap = signs[at] == '零';
        at += usize::from(gap);
        let head = last.is_none();
        let sign = *signs.get(at)?;
        // Only at the very beginning is 十 alone a ten.
        let digit = if sign == '十' && head {
            1
        } else {
            at += 1;
            digit(sign)?
        };
        let place = match signs.get(at) {
            Some('千') => 3,
            Some('百') => 2,
            Some('十') => 1,
            Some(_) => return None,
            None => 0,
        };
        at += usize::from(place > 0);
        let before_big = place == 3 || (place == 0 && base > 0);
        if digit == 2 && (sign == '两') != (head && before_big) {
            return None;
        }
        let power = base + place;
        match *last {
            None if gap => return None,
            None => {}
            Some(last) if power >= last || gap != (last - power > 1) => return None,
            Some(_) => {}
        }
        *last = Some(power);
        value += digit * 10_u64.pow(place);
    }
    (value > 0).then_some(value)
}

fn digit(sign: char) -> Option<u64> {
    match sign {
        '两' => Some(2),
        sign => "一二三四五六七八九".chars().position(|digit| digit == sign).map(|at| at as u64 + 1),
    }
}

/// The digits of a Chinese text that is said digit by digit.
pub fn mandarin_digits(text: &str) -> String {
    text.chars().map(|sign| if sign == '零' { 0 } else { digit(sign).unwrap() }.to_string()).collect()
}

/// The number a Chinese text says before a unit: 两 alone for two, and no 二 alone.
pub fn mandarin_counting(text: &str) -> Option<u64> {
    match text {
        "两" => Some(2),
        "二" => None,
        text => mandarin(text),
    }
}

const ONES: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen \
                    fifteen sixteen seventeen eighteen nineteen";
const NTHS: &str = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth \
                    thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth";
const TENS: &str = "- - twenty thirty forty fifty sixty seventy eighty ninety";
const TENTHS: &str = "- - twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth";

fn place(list: &str, word: &str) -> Option<u64> {
    list.split_whitespace().position(|known| known == word).map(|at| at as u64)
}

/// The number that an English text says as a bare number.
pub fn english(text: &str) -> Option<u64> {
    if text == "zero" {
        return Some(0);
    }
    let (mut number, mut three, mut scale) = (0_u64, 0_u64, u64::MAX);
    for word in text.split(' ') {
        let unit = match word {
            "thousand" => 1_000,
            "million" => 1_000_000,
            "billion" => 1_000_000_000,
            "hundred" if (1..10).contains(&three) => {
                three *= 100;
                continue;
            }
            word => {
                let (value, room) = match (place(ONES, word), place(TENS, word)) {
                    (Some(one @ 1..), _) if one < 10 => (one, 10),
                    (Some(teen @ 10..), _) => (teen, 100),
                    (_, Some(tens)) => (tens * 10, 100),
                    _ => return None,
                };
                // Behind twenty only one to nine; behind nineteen nothing.
                let teen = (10..20).contains(&(three % 100));
                if three % room != 0 || teen {
                    return None;
                }
                three += value;
                continue;
            }
        };
        if unit >= scale || three == 0 {
            return None;
        }
        number += three * unit;
        (three, scale) = (0, unit);
    }
    Some(number + three)
}

/// The place that an English ordinal below a hundred says.
pub fn english_ordinal(text: &str) -> Option<u64> {
    let (tens, last) = text.split_once(' ').unwrap_or(("", text));
    let tens = if tens.is_empty() { 0 } else { place(TENS, tens)? * 10 };
    match (place(NTHS, last), place(TENTHS, last)) {
        (Some(nth), _) if tens == 0 || nth < 10 => Some(tens + nth),
        (_, Some(tenth)) if tens == 0 => Some(tenth * 10),
        _ => None,
    }
}

/// The hour of 24 and the minute that a Chinese text says.
pub fn mandarin_clock(text: &str) -> Option<(u64, u64)> {
    let (part, rest) = text.split_at("上午".len());
    let (hour, minute) = rest.split_once('点')?;
    let hour = if hour == "零" { 0 } else { mandarin_counting(hour)? };
    let hour = match (part, hour) {
        ("凌晨", 0..5) | ("上午", 5..12) | ("中午", 12) => hour,
        ("下午", 1..6) | ("晚上", 6..12) => hour + 12,
        _ => return None,
    };
    let minute = match minute {
        "" => 0,
        "半" => 30,
        minute => {
            let minute = minute.strip_suffix('分')?;
            match minute.strip_prefix('零') {
                Some(one) => mandarin(one).filter(|one| *one < 10)?,
                None => mandarin(minute).filter(|minute| (10..60).contains(minute) && *minute != 30)?,
            }
        }
    };
    Some((hour, minute))
}

/// The hour of 24 and the minute that an English text says.
pub fn english_clock(text: &str) -> Option<(u64, u64)> {
    let (time, half) = text.rsplit_once(' ')?;
    let (hour, minute) = time.split_once(' ').unwrap_or((time, ""));
    let minute = match minute.strip_prefix("oh ") {
        Some(one) => english(one).filter(|one| (1..10).contains(one))?,
        None if minute.is_empty() => 0,
        None => english(minute).filter(|minute| (10..60).contains(minute))?,
    };
    let hour = english(hour).filter(|hour| (1..=12).contains(hour))? % 12;
    match (half, hour, minute) {
        ("midnight", 0, 0) => Some((0, 0)),
        ("noon", 0, 0) => Some((12, 0)),
        (_, 0, 0) => None,
        ("a.m.", ..) => Some((hour, minute)),
        ("p.m.", ..) => Some((hour + 12, minute)),
        _ => None,
    }
}

//! Finds the columns of a table by their names in the first row, or else by their content.

use super::names;
use crate::number::area::named;
use crate::number::mobile_prefix::parse_prefix;
use std::borrow::Cow;

/// How many rows are used to find the columns.
pub(super) const SAMPLE_ROWS: usize = 50;

/// The names of columns in the first row, in lower case, without spaces, `_` and `-`. The first name that occurs
/// counts.
const PREFIX: [&str; 15] = [
    "prefix",
    "号段",
    "手机号段",
    "号码段",
    "前七位",
    "前7位",
    "手机号前七位",
    "手机号前7位",
    "手机号码前7位",
    "mobilenumber",
    "phone",
    "mobile",
    "segment",
    "number",
    "号码",
];
const PROVINCE: [&str; 7] = ["province", "省", "省份", "所在省", "归属省", "归属省份", "prov"];
const CITY: [&str; 7] = ["city", "市", "城市", "地市", "所在市", "归属市", "归属城市"];
const BOTH: [&str; 6] = ["归属地", "所属地", "归属地区", "mobilearea", "location", "place"];
const OPERATOR: [&str; 10] =
    ["carrier", "operator", "isp", "运营商", "服务商", "卡类型", "mobiletype", "cardtype", "类型", "type"];

/// The indexes of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) prefix: usize,
    pub(super) province: Option<usize>,
    pub(super) city: Option<usize>,
    /// Province and city in one column.
    pub(super) both: Option<usize>,
    pub(super) operator: Option<usize>,
}

impl Columns {
    /// The number of fields that a row must have.
    pub(super) fn wanted(&self) -> usize {
        let places = [Some(self.prefix), self.province, self.city, self.both, self.operator];
        places.into_iter().flatten().max().unwrap_or_default() + 1
    }
}

type Row<'t> = Vec<Cow<'t, str>>;

/// The columns, and whether the first row has their names. The error names the content that no column has.
pub(super) fn find(sample: &[Row]) -> Result<(Columns, bool), &'static str> {
    let first = sample.first().map(Vec::as_slice).unwrap_or_default();
    let headed = !first.iter().any(|field| parse_prefix(field).is_some());
    let names: Vec<String> = if headed { first.iter().map(|name| plain(name)).collect() } else { Vec::new() };
    let mut search =
        ColumnSearch { names, rows: &sample[usize::from(headed).min(sample.len())..], taken: Vec::new() };
    let is_province = |text: &str| named(text).iter().any(|place| place.is_province());
    let is_both = |text: &str| names::Names::default().of_both(text).place.is_some();
    let prefix = search
        .column(&PREFIX, |text| parse_prefix(text).is_some())
        .ok_or("mobile prefixes of seven digits")?;
    // Named columns come first, because a name is more reliable than the content.
    let province = search.named(&PROVINCE);
    let both = if province.is_none() { search.named(&BOTH) } else { None };
    let (province, city) = match both {
        Some(_) => (None, None),
        None => (province.or_else(|| search.filled(is_province)), search.column(&CITY, names::is_city)),
    };
    let both = match (both, province, city) {
        (None, None, None) => search.filled(is_both),
        _ => both,
    };
    if [both, province, city].iter().all(Option::is_none) {
        return Err("names of provinces or cities");
    }
    let operator =
        search.column(&OPERATOR, |text| text.parse::<u8>().is_err() && names::operator(text).is_some());
    Ok((Columns { prefix, province, city, both, operator }, headed))
}

fn plain(name: &str) -> String {
    let left_out = |c: &char| !c.is_whitespace() && !matches!(c, '_' | '-');
    name.to_lowercase().chars().filter(left_out).collect()
}

/// The search for columns.
struct ColumnSearch<'s, 't> {
    /// The names of the columns, if the first row has them.
    names: Vec<String>,
    rows: &'s [Row<'t>],
    taken: Vec<usize>,
}

impl ColumnSearch<'_, '_> {
    /// The column with one of these names, or else with this content.
    fn column(&mut self, names: &[&str], is: impl Fn(&str) -> bool) -> Option<usize> {
        self.named(names).or_else(|| self.filled(is))
    }

    fn named(&mut self, names: &[&str]) -> Option<usize> {
        let at = names.iter().find_map(|name| self.names.iter().position(|there| there == name))?;
        self.take(at)
    }

    /// The column with the most matching fields, if more than half of its fields match.
    fn filled(&mut self, is: impl Fn(&str) -> bool) -> Option<usize> {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let count = |at: usize| {
            self.rows.iter().filter(|row| row.get(at).is_some_and(|field| is(field.trim()))).count()
        };
        let free = (0..width).filter(|at| !self.taken.contains(at)).map(|at| (count(at), at));
        // Of equal columns, the first: 北京 is province and city, and the province comes before the city.
        let (most, at) = free.max_by_key(|(count, at)| (*count, std::cmp::Reverse(*at)))?;
        if most * 2 > self.rows.len() { self.take(at) } else { None }
    }

    fn take(&mut self, at: usize) -> Option<usize> {
        let free = !self.taken.contains(&at);
        self.taken.push(at);
        free.then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Result<(Columns, bool), &'static str> {
        let rows: Vec<Row> = text.lines().map(|line| line.split(',').map(Cow::Borrowed).collect()).collect();
        find(&rows)
    }

    fn at(prefix: usize, others: [Option<usize>; 4]) -> Columns {
        let [province, city, both, operator] = others;
        Columns { prefix, province, city, both, operator }
    }

    #[test]
    fn columns_are_found_by_name_or_by_what_they_hold() {
        let four = at(0, [Some(1), Some(2), None, Some(3)]);
        let both = at(1, [None, None, Some(2), Some(3)]);
        for (text, found, headed) in [
            ("prefix,province,city,carrier\n1380013,北京,北京,移动", four.clone(), true),
            ("号段,省份,城市,运营商\n1380013,北京,北京,移动", four.clone(), true),
            ("1380013,北京,北京,移动", four.clone(), false),
            ("1380013,广东,深圳,移动\n1300000,x,y,z\n1390000,广东,广州,电信", four, false),
            ("a,b,c\n深圳,1380013,广东", at(1, [Some(2), Some(0), None, None]), true),
            (
                "ID,MobileNumber,MobileArea,MobileType,AreaCode\n1,1300000,山东 济南,联通卡,0531",
                both.clone(),
                true,
            ),
            ("1,1300000,山东 济南,联通卡,0531", both, false),
            (
                "pref,phone,province,city,isp\n130,1300000,山东,济南,联通",
                at(1, [Some(2), Some(3), None, Some(4)]),
                true,
            ),
            ("号段,归属地,省,市\n1380013,x,广东,深圳", at(0, [Some(2), Some(3), None, None]), true),
            ("1380013,广东", at(0, [Some(1), None, None, None]), false),
        ] {
            assert_eq!(columns(text), Ok((found, headed)), "{text}");
        }
        assert_eq!(columns("a,b\n1,2"), Err("mobile prefixes of seven digits"));
        assert_eq!(columns("1380013,Beijing"), Err("names of provinces or cities"));
        assert_eq!(columns(""), Err("mobile prefixes of seven digits"));
    }
}

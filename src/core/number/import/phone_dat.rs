//! `phone.dat`, numbers with their least byte first:
//!
//! ```text
//! 4 bytes   the version, such as 2312
//! 4 bytes   where the index begins
//! records   province|city|zip|area code, each with a zero behind it
//! index     prefix (4 bytes), where its record begins (4 bytes), card type (1 byte)
//! ```

use super::error::{BadImport, Whence};
use super::found::Form;
use super::names::{self, Found as Place};
use super::sheet::{Sheet, Stop};
use crate::number::imported::Said;
use std::collections::BTreeMap;

/// Version and offset.
const HEADER_BYTES: usize = 8;
/// Prefix, record and card type.
const ENTRY_BYTES: usize = 9;
/// The fields of a record.
const FIELDS: usize = 4;

pub(super) fn read(bytes: &[u8], sheet: &mut Sheet) -> Result<Form, Stop> {
    let (Some(version), Some(index)) = (bytes.first_chunk::<4>(), number(bytes, 4)) else {
        sheet.fault(Whence::Byte(0), BadImport::Header)?;
        return Err(Stop);
    };
    let Some(entries) = bytes.get(index..).filter(|entries| index >= HEADER_BYTES && !entries.is_empty())
    else {
        sheet.fault(Whence::Byte(4), BadImport::Index(index))?;
        return Err(Stop);
    };
    // The place of each record that was pointed to.
    let mut places = BTreeMap::new();
    for (entry, bytes_of_it) in (1..).zip(entries.chunks(ENTRY_BYTES)) {
        let at = Whence::Entry { entry, byte: index + (entry - 1) * ENTRY_BYTES };
        let (Some(prefix), Some(record), Some(card)) =
            (number(bytes_of_it, 0), number(bytes_of_it, 4), bytes_of_it.get(8))
        else {
            sheet.fault(at, BadImport::HalfEntry)?;
            break;
        };
        let place = match places.get(&record) {
            Some(place) => place,
            None => match place_of(bytes.get(..index).unwrap_or_default(), record, sheet) {
                Ok(place) => places.entry(record).or_insert(place),
                Err(why) => {
                    sheet.fault(at, why)?;
                    continue;
                }
            },
        };
        if let Some(name) = &place.unknown {
            sheet.unknown_place(name, at)?;
        }
        let Some((operator, network)) = names::card_type(*card) else {
            sheet.fault(at, BadImport::CardType(*card))?;
            continue;
        };
        sheet.row(prefix, Said { place: place.place, operator: Some(operator), network }, at)?;
    }
    Ok(Form::PhoneDat { version: version.iter().map(|byte| byte.escape_ascii().to_string()).collect() })
}

/// The place that the record beginning there names. `before_index` ends where the index begins.
fn place_of(before_index: &[u8], at: usize, sheet: &mut Sheet) -> Result<Place, BadImport> {
    let record = before_index.get(at..).filter(|rest| at >= HEADER_BYTES && !rest.is_empty());
    let record = record.ok_or(BadImport::Record(at))?;
    let end = memchr::memchr(0, record).ok_or(BadImport::EndlessRecord(at))?;
    let text = std::str::from_utf8(&record[..end]).map_err(|_| BadImport::RecordForm(at))?;
    let fields: Vec<&str> = text.split('|').collect();
    match fields[..] {
        [province, city, ..] if fields.len() == FIELDS => Ok(sheet.names.of(province, city)),
        _ => Err(BadImport::RecordForm(at)),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

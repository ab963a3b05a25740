//! Reads `phone.dat`. Its numbers are little-endian:
//!
//! ```text
//! 4 bytes   the version, such as 2312
//! 4 bytes   offset of the index
//! records   province|city|zip|area code, each ends with a zero byte
//! index     prefix (4 bytes), offset of its record (4 bytes), card type (1 byte)
//! ```

use super::error::{BadImport, Whence};
use super::found::Form;
use super::names::{self, Found as Place};
use super::table_draft::{Stopped, TableDraft};
use crate::number::imported::PrefixEntry;
use std::collections::BTreeMap;

/// The version and the offset of the index.
const HEADER_BYTES: usize = 8;
/// The prefix, the offset of the record, and the card type.
const ENTRY_BYTES: usize = 9;
/// The fields of a record.
const FIELDS: usize = 4;

pub(super) fn read(bytes: &[u8], draft: &mut TableDraft) -> Result<Form, Stopped> {
    let (Some(version), Some(index)) = (bytes.first_chunk::<4>(), number(bytes, 4)) else {
        draft.fault(Whence::Byte(0), BadImport::Header)?;
        return Err(Stopped);
    };
    let Some(entries) = bytes.get(index..).filter(|entries| index >= HEADER_BYTES && !entries.is_empty())
    else {
        draft.fault(Whence::Byte(4), BadImport::Index(index))?;
        return Err(Stopped);
    };
    // The place of each record that an entry points to.
    let mut places = BTreeMap::new();
    for (entry, entry_bytes) in (1..).zip(entries.chunks(ENTRY_BYTES)) {
        let at = Whence::Entry { entry, byte: index + (entry - 1) * ENTRY_BYTES };
        let (Some(prefix), Some(record), Some(card)) =
            (number(entry_bytes, 0), number(entry_bytes, 4), entry_bytes.get(8))
        else {
            draft.fault(at, BadImport::HalfEntry)?;
            break;
        };
        let place = match places.get(&record) {
            Some(place) => place,
            None => match place_of(bytes.get(..index).unwrap_or_default(), record, draft) {
                Ok(place) => places.entry(record).or_insert(place),
                Err(why) => {
                    draft.fault(at, why)?;
                    continue;
                }
            },
        };
        if let Some(name) = &place.unknown {
            draft.unknown_place(name, at)?;
        }
        let Some((operator, network)) = names::card_type(*card) else {
            draft.fault(at, BadImport::CardType(*card))?;
            continue;
        };
        draft.row(prefix, PrefixEntry { place: place.place, operator: Some(operator), network }, at)?;
    }
    Ok(Form::PhoneDat { version: version.iter().map(|byte| byte.escape_ascii().to_string()).collect() })
}

/// The place of the record at this offset. `before_index` is the file up to the index.
fn place_of(before_index: &[u8], at: usize, draft: &mut TableDraft) -> Result<Place, BadImport> {
    let record = before_index.get(at..).filter(|rest| at >= HEADER_BYTES && !rest.is_empty());
    let record = record.ok_or(BadImport::Record(at))?;
    let end = memchr::memchr(0, record).ok_or(BadImport::EndlessRecord(at))?;
    let text = std::str::from_utf8(&record[..end]).map_err(|_| BadImport::RecordForm(at))?;
    let fields: Vec<&str> = text.split('|').collect();
    match fields[..] {
        [province, city, ..] if fields.len() == FIELDS => Ok(draft.names.of(province, city)),
        _ => Err(BadImport::RecordForm(at)),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

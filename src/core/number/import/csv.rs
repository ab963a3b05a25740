//! Reads tables in CSV: a line for each prefix, with fields separated by commas, tabs, semicolons or bars.

use super::columns::{self, Columns};
use super::error::{BadImport, Whence, quoted};
use super::found::Form;
use super::names;
use super::table_draft::{Stopped, TableDraft};
use crate::number::imported::PrefixEntry;
use crate::number::mobile_prefix::parse_prefix;
use std::borrow::Cow;

/// The longest row, in bytes.
const LINE_BYTES_MAX: usize = 4_096;
/// The field separators. The first of them that occurs in the first row counts.
const SEPARATORS: [char; 4] = ['\t', '|', ',', ';'];

pub(super) fn read(bytes: &[u8], draft: &mut TableDraft) -> Result<Form, Stopped> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + memchr::memchr_iter(b'\n', before).count();
            draft.fault(Whence::Line(line), BadImport::NotUtf8)?;
            return Err(Stopped);
        }
    };
    let text = text.trim_start_matches('\u{feff}');
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let Some((line, first)) = lines.clone().next() else { return Ok(Form::Csv) };
    if first.len() > LINE_BYTES_MAX {
        draft.fault(Whence::Line(line), BadImport::LongLine(LINE_BYTES_MAX))?;
        return Err(Stopped);
    }
    let separator = SEPARATORS.into_iter().find(|separator| first.contains(*separator)).unwrap_or(',');
    let short = |line: &&str| line.len() <= LINE_BYTES_MAX;
    let sample = lines.clone().map(|(_, line)| line).filter(short).take(columns::SAMPLE_ROWS);
    let sample: Vec<Vec<Cow<str>>> = sample.filter_map(|line| fields(line, separator)).collect();
    let (columns, headed) = match columns::find(&sample) {
        Ok(found) => found,
        Err(what) => {
            draft.fault(Whence::Line(line), BadImport::NoColumn(what))?;
            return Err(Stopped);
        }
    };
    for (line, text) in lines.skip(usize::from(headed)) {
        let at = Whence::Line(line);
        if text.len() > LINE_BYTES_MAX {
            draft.fault(at, BadImport::LongLine(LINE_BYTES_MAX))?;
            continue;
        }
        match fields(text, separator) {
            Some(fields) => row(&fields, &columns, draft, at)?,
            None => draft.fault(at, BadImport::Quote)?,
        }
    }
    Ok(Form::Csv)
}

fn row(fields: &[Cow<str>], columns: &Columns, draft: &mut TableDraft, at: Whence) -> Result<(), Stopped> {
    let field = |column: Option<usize>| column.and_then(|at| fields.get(at)).map_or("", |field| field.trim());
    if fields.len() < columns.wanted() {
        return draft.fault(at, BadImport::Fields { found: fields.len(), wanted: columns.wanted() });
    }
    let text = field(Some(columns.prefix));
    let Some(prefix) = parse_prefix(text) else { return draft.fault(at, BadImport::Prefix(quoted(text))) };
    let found = match columns.both {
        Some(_) => draft.names.of_both(field(columns.both)),
        None => draft.names.of(field(columns.province), field(columns.city)),
    };
    if let Some(name) = &found.unknown {
        draft.unknown_place(name, at)?;
    }
    let operator = match field(columns.operator) {
        "" => None,
        text => {
            let known = names::operator(text);
            if known.is_none() {
                draft.unknown_operator(text, at)?;
            }
            known
        }
    };
    let (operator, network) = operator.map_or((None, None), |(operator, network)| (Some(operator), network));
    draft.row(prefix, PrefixEntry { place: found.place, operator, network }, at)
}

/// The fields of a line. `None` if a quotation mark is not closed. A quoted field may contain the separator, and
/// doubled quotation marks.
fn fields(line: &str, separator: char) -> Option<Vec<Cow<'_, str>>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let after = match rest.trim_start_matches(' ').strip_prefix('"') {
            Some(inside) => {
                let (field, after) = until_closed(inside)?;
                fields.push(Cow::Owned(field));
                let after = after.trim_start_matches(' ');
                // Text between the closing mark and the separator means that the field is not quoted correctly.
                if !after.is_empty() && !after.starts_with(separator) {
                    return None;
                }
                after
            }
            None => {
                let (field, after) = rest.split_at(rest.find(separator).unwrap_or(rest.len()));
                fields.push(Cow::Borrowed(field));
                after
            }
        };
        match after.strip_prefix(separator) {
            Some(more) => rest = more,
            None => return Some(fields),
        }
    }
}

/// The text before the closing mark, and the text after it.
fn until_closed(mut inside: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let (before, behind) = inside.split_once('"')?;
        field.push_str(before);
        let Some(more) = behind.strip_prefix('"') else { return Some((field, behind)) };
        field.push('"');
        inside = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_be_quoted() {
        let read = |line| fields(line, ',').map(|fields| fields.join("|"));
        for (line, parts) in [
            ("a,b", "a|b"),
            ("a,,", "a||"),
            ("", ""),
            ("\"a,b\",c", "a,b|c"),
            ("\"a\"\"b\", \"c\" ,d", "a\"b|c|d"),
            ("\"\",\"\"", "|"),
            ("a\"b,c", "a\"b|c"),
        ] {
            assert_eq!(read(line).as_deref(), Some(parts), "{line}");
        }
        for line in ["\"a", "\"a\"b,c", "a,\"", "\"\"\""] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}

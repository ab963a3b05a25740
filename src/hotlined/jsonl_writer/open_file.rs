//! A file that is open for appending lines: creates it, and keeps incomplete lines apart from the next line.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file that is open for appending lines.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    /// The device and inode.
    pub(super) identity: (u64, u64),
    pub(super) is_regular: bool,
    /// Whether the file ends with an incomplete line: then a line break must come first.
    ends_within_line: bool,
}

pub(super) fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

impl OpenFile {
    /// Opens the file to append lines; creates the file if it does not exist.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let about = file.metadata()?;
        // A process may have been killed within a line: the next line must not be appended to it.
        let ends_within_line = about.is_file() && about.len() > 0 && !ends_with_a_line(path).unwrap_or(true);
        Ok(Self { file, identity: identity(&about), is_regular: about.is_file(), ends_within_line })
    }

    /// Like [`OpenFile::append`], but empties the file. The file is opened in append mode, too: if a program truncates
    /// it, as logrotate's `copytruncate` does, the file must not get a hole of zeros.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut open = Self::append(path)?;
        if open.is_regular {
            open.file.set_len(0)?;
            open.ends_within_line = false;
        }
        Ok(open)
    }

    /// Writes as many bytes as possible, and returns how many were written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        if self.ends_within_line {
            if let Err(error) = self.file.write_all(b"\n") {
                return (0, Err(error));
            }
            self.ends_within_line = false;
        }
        let mut count = 0;
        while count < bytes.len() {
            match self.file.write(&bytes[count..]) {
                Ok(0) => return (count, Err(io::ErrorKind::WriteZero.into())),
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (count, Err(error)),
            }
        }
        (count, Ok(()))
    }

    /// Removes the last bytes, which are the beginning of a line. If that is not possible, a line break is written
    /// before the next line.
    pub(super) fn remove_tail(&mut self, bytes: u64) {
        self.ends_within_line = !self.shorten(bytes).unwrap_or(false);
    }

    fn shorten(&mut self, bytes: u64) -> io::Result<bool> {
        // Only a regular file can be shortened. If another program has appended bytes, ours are not the end any more.
        if !self.is_regular || self.file.metadata()?.len() != self.file.stream_position()? {
            return Ok(false);
        }
        let Some(end) = self.file.stream_position()?.checked_sub(bytes) else { return Ok(false) };
        self.file.set_len(end).map(|()| true)
    }
}

fn ends_with_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_line_is_taken_back_or_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut open = OpenFile::append(&path).unwrap();
        assert_eq!(open.write(b"whole\nbegin").0, 11);
        open.remove_tail(5);
        open.write(b"next\nbegin").1.unwrap();
        // Another program appends bytes: they must not be removed.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b" theirs").unwrap();
        open.remove_tail(5);
        open.write(b"last\n").1.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nnext\nbegin theirs\nlast\n");
    }
}

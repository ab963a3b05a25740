//! The types of the schema of hotline files: the keys of each table, and the values of each key.
//!
//! The reader and the JSON Schema use the same entries, so both accept the same files. The entries themselves are in
//! [`schema`](super::schema).

/// The schema of a table.
#[derive(Debug)]
pub(super) struct TableSchema {
    /// The name of this kind of table in the JSON Schema.
    pub(super) name: &'static str,
    /// The purpose of the table, as the JSON Schema describes it.
    pub(super) says: &'static str,
    /// The keys, in the order in which a diagnostic lists them.
    pub(super) keys: &'static [KeySchema],
    /// Further keys, in lists that several tables share.
    pub(super) also: &'static [&'static [KeySchema]],
}

/// The schema of a key.
#[derive(Debug)]
pub(super) struct KeySchema {
    pub(super) name: &'static str,
    pub(super) form: ValueSchema,
    /// The purpose of the key, as the JSON Schema describes it.
    pub(super) says: &'static str,
    /// What to write if the key is missing. `None` for an optional key.
    pub(super) needed: Option<&'static str>,
}

/// The values that a key accepts.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueSchema {
    /// Text. The JSON Schema holds the text to this pattern.
    Text(Option<&'static str>),
    /// Text or a list of texts.
    Texts(Option<&'static str>),
    /// True or false.
    Flag,
    /// A whole number: the least, the greatest, the unit.
    Number(u64, u64, &'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// One or several of these words.
    SomeWords(&'static [&'static str]),
    /// A sound: a file, a tone, or a list of files.
    Sound,
    /// A sound, or `false` for silence.
    SoundOrNone,
    /// A telephone key, or `false` for none.
    KeyOrNone,
    /// One table.
    Table(&'static TableSchema),
    /// A list of tables.
    Tables(&'static TableSchema),
    /// A table of tables, whose keys are names.
    Named(&'static TableSchema),
    /// A table whose keys are names and whose values are texts.
    Pairs,
    /// A table whose keys are names and whose values are sounds.
    Sounds,
    /// One table of hours, or a table of such tables.
    Hours,
    /// A table of nodes.
    Nodes,
}

/// An optional key.
pub(super) const fn key(name: &'static str, form: ValueSchema, says: &'static str) -> KeySchema {
    KeySchema { name, form, says, needed: None }
}

/// A key that must be present. A diagnostic shows `remedy` if the key is missing.
pub(super) const fn needed(
    name: &'static str,
    form: ValueSchema,
    says: &'static str,
    remedy: &'static str,
) -> KeySchema {
    KeySchema { name, form, says, needed: Some(remedy) }
}

/// The words of a list of words with their meanings.
pub(super) const fn words<T: Copy, const N: usize>(pairs: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut index = 0;
    while index < N {
        words[index] = pairs[index].0;
        index += 1;
    }
    words
}

impl TableSchema {
    /// All keys.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static KeySchema> {
        self.keys.iter().chain(self.also.iter().copied().flatten())
    }

    /// The names of all keys.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.all().map(|key| key.name).collect()
    }

    /// A key by its name.
    pub(super) fn key(&self, name: &str) -> Option<&'static KeySchema> {
        self.all().find(|key| key.name == name)
    }
}

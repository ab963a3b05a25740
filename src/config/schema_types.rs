//! The form of a hotline file: which keys each of its tables has, and what may stand behind each.
//!
//! The reader looks a key's limits and words up here, and the JSON Schema is made of the same entries: what one
//! takes the other allows. The entries themselves stand in [`keys`](super::schema).

/// A table of the file.
#[derive(Debug)]
pub(super) struct TableSchema {
    /// What its kind is called in the schema.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) says: &'static str,
    /// Its keys, in the order in which a message lists them.
    pub(super) keys: &'static [KeySchema],
    /// Lists that stand for several tables' keys at once: each node can have what all nodes have.
    pub(super) also: &'static [&'static [KeySchema]],
}

/// One key.
#[derive(Debug)]
pub(super) struct KeySchema {
    pub(super) name: &'static str,
    pub(super) form: ValueSchema,
    /// What it is for, as the schema says it.
    pub(super) says: &'static str,
    /// What to write where it is missing, if the table is faulty without it.
    pub(super) needed: Option<&'static str>,
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueSchema {
    /// Text; a schema may hold it to this pattern.
    Text(Option<&'static str>),
    /// Text or a list of texts.
    Texts(Option<&'static str>),
    /// True or false.
    Flag,
    /// A whole number within these limits, of this unit.
    Number(u64, u64, &'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// Sound: a file, a tone, or a list of files.
    Sound,
    /// Sound, or `false` where nothing shall be said.
    SoundOrNone,
    /// A key of a telephone, or `false` for none.
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

/// A key that may be left out.
pub(super) const fn key(name: &'static str, form: ValueSchema, says: &'static str) -> KeySchema {
    KeySchema { name, form, says, needed: None }
}

/// A key that must be there; a message says the remedy.
pub(super) const fn needed(
    name: &'static str,
    form: ValueSchema,
    says: &'static str,
    remedy: &'static str,
) -> KeySchema {
    KeySchema { name, form, says, needed: Some(remedy) }
}

/// The words of a list of words and their meanings.
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

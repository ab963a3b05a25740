//! The macro that makes the enum [`Piece`](super::Piece) of the table of recordings.

/// Makes the enum [`Piece`](super::Piece) of the table.
macro_rules! pieces {
    ($($name:ident = $id:literal, $mandarin:literal, $english:literal;)*) => {
        /// One recording. Every piece is recorded in every language, also where the language has no use for it:
        /// so one list says whether a folder of recordings is whole.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Piece {
            $(#[doc = concat!("`", $id, "`: ", $mandarin, " ", $english)] $name,)*
        }

        impl Piece {
            /// All pieces.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The id of the piece in files and settings: a folder and a word.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The file of the piece, below the folder of a language.
            pub const fn file(self) -> &'static str {
                match self { $(Self::$name => concat!($id, ".wav"),)* }
            }

            /// The recorded text, which is empty for the [`Pause`](Self::Pause).
            pub const fn text(self, language: $crate::phrases::Language) -> &'static str {
                use $crate::phrases::Language;
                match (self, language) {
                    $((Self::$name, Language::Mandarin) => $mandarin,
                      (Self::$name, Language::English) => $english,)*
                }
            }

            /// The piece of this id.
            pub fn by_id(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use pieces;

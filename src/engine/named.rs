//! Enums whose variants have names: one list makes the type, the list of all of them and their names.
//! Owns nothing at run time, and knows none of the enums.
//! Used by `effect` and `input`, so that no list of variants elsewhere is ever short of one.

macro_rules! named {
    ($(#[$about:meta])* pub enum $kind:ident { $( $(#[$one:meta])* $variant:ident = $name:literal, )* }) => {
        $(#[$about])*
        pub enum $kind { $( $(#[$one])* $variant, )* }

        impl $kind {
            /// All of them, in order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in JSON and in the JavaScript API.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

pub(super) use named;

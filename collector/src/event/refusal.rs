//! Why one event is refused: a stable code for programs, a sentence for people.
//!
//! It owns the list of codes that `docs/wire.md` documents; it does not know which check gives which.
//! A refusal is final for its event and goes into the answer's `rejected`.

use super::Place;

/// One event that is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: Code,
    pub message: String,
    /// Its place in its writer's sequence, where it could be read.
    pub place: Option<Place>,
}

impl Refused {
    pub(super) fn new(code: Code, message: String) -> Refused {
        Refused {
            code,
            message,
            place: None,
        }
    }
}

/// Stable code of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Unreadable,
    WrongType,
    EventTooLarge,
    TooDeep,
    UnknownType,
    UnknownEvent,
    UnknownField,
    UnknownProperty,
    FieldMissing,
    PropertyMissing,
    BadProperty,
    BadId,
    IdLooksLikeEmail,
    MessageIdMismatch,
    BadTimestamp,
    TooOld,
    TooFarAhead,
}

impl Code {
    pub const ALL: [Code; 17] = [
        Code::Unreadable,
        Code::WrongType,
        Code::EventTooLarge,
        Code::TooDeep,
        Code::UnknownType,
        Code::UnknownEvent,
        Code::UnknownField,
        Code::UnknownProperty,
        Code::FieldMissing,
        Code::PropertyMissing,
        Code::BadProperty,
        Code::BadId,
        Code::IdLooksLikeEmail,
        Code::MessageIdMismatch,
        Code::BadTimestamp,
        Code::TooOld,
        Code::TooFarAhead,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Code::Unreadable => "unreadable",
            Code::WrongType => "wrong_type",
            Code::EventTooLarge => "event_too_large",
            Code::TooDeep => "too_deep",
            Code::UnknownType => "unknown_type",
            Code::UnknownEvent => "unknown_event",
            Code::UnknownField => "unknown_field",
            Code::UnknownProperty => "unknown_property",
            Code::FieldMissing => "field_missing",
            Code::PropertyMissing => "property_missing",
            Code::BadProperty => "bad_property",
            Code::BadId => "bad_id",
            Code::IdLooksLikeEmail => "id_looks_like_email",
            Code::MessageIdMismatch => "message_id_mismatch",
            Code::BadTimestamp => "bad_timestamp",
            Code::TooOld => "too_old",
            Code::TooFarAhead => "too_far_ahead",
        }
    }
}

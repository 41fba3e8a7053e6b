//! A mistake of whoever runs a command: what is wrong, and what to write or do instead.
//!
//! It owns the one shape in which words and files that cannot be used are told; what is wrong with the content
//! of a policy the root crate says.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

#[derive(Debug)]
pub struct Mistake {
    /// Stable name, for programs.
    pub code: &'static str,
    pub message: String,
    pub help: String,
}

impl Mistake {
    /// A word that is wrong.
    pub fn usage(message: String, help: String) -> Mistake {
        let code = "wrong_usage";
        Mistake {
            code,
            message,
            help,
        }
    }

    pub fn unreadable(path: &Path, error: &io::Error) -> Mistake {
        let help = match error.kind() {
            io::ErrorKind::NotFound => "name a file that is there",
            io::ErrorKind::PermissionDenied => "let the user who runs this read it",
            io::ErrorKind::IsADirectory => "name a file in it",
            io::ErrorKind::InvalidData => "save it as UTF-8",
            _ => "name another file, or a copy of it",
        };
        Mistake {
            code: "unreadable",
            message: format!("`{}` cannot be read: {error}", path.display()),
            help: help.into(),
        }
    }

    pub fn unwritable(path: &Path, error: &io::Error) -> Mistake {
        let help = match error.kind() {
            io::ErrorKind::NotFound => "make the folder first",
            io::ErrorKind::PermissionDenied => "let the user who runs this write there",
            _ => "name another place, with a folder that is there",
        };
        Mistake {
            code: "unwritable",
            message: format!("cannot write `{}`: {error}", path.display()),
            help: help.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  help: {}", self.message, self.help)
    }
}

impl Error for Mistake {}

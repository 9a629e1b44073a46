//! Secrets that come through standard input, never through an argument that other users of the machine could read.

use std::io::{self, IsTerminal, Read};

use crate::limits::SECRET_BYTES_MAX;

/// Why a secret could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Nothing came, or nothing but an end of line.
    #[error("the {0} on standard input is empty; pipe it in, for example: printf '%s' \"$SECRET\" | bothways ...")]
    Empty(&'static str),
    /// More than [`SECRET_BYTES_MAX`].
    #[error("the {0} on standard input is longer than {SECRET_BYTES_MAX} bytes")]
    TooLong(&'static str),
    /// Not UTF-8, or with an end of line inside.
    #[error("the {0} on standard input must be one line of UTF-8 text")]
    NotALine(&'static str),
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads a secret up to the end of standard input; `what` names it in messages. The end of line that `echo` adds is
/// not part of it.
pub fn from_stdin(what: &'static str) -> Result<String, SecretError> {
    let input = io::stdin();
    if input.is_terminal() {
        eprintln!("Type the {what} (it is shown), then press Enter and Ctrl-D:");
    }
    read(input.lock(), what)
}

fn read(input: impl Read, what: &'static str) -> Result<String, SecretError> {
    let mut bytes = Vec::new();
    // Room for the end of line, and one more to see that there is too much.
    input.take(SECRET_BYTES_MAX as u64 + 3).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NotALine(what))?;
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    match secret {
        "" => Err(SecretError::Empty(what)),
        long if long.len() > SECRET_BYTES_MAX => Err(SecretError::TooLong(what)),
        broken if broken.contains(['\n', '\r', '\0']) => Err(SecretError::NotALine(what)),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_line_is_not_part_of_the_secret_but_spaces_are() {
        for (input, secret) in
            [("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" a b \n", " a b ")]
        {
            assert_eq!(read(input.as_bytes(), "password").unwrap(), secret);
        }
    }

    #[test]
    fn an_empty_a_split_and_an_endless_secret_are_refused() {
        assert!(matches!(read(&b""[..], "password"), Err(SecretError::Empty(_))));
        assert!(matches!(read(&b"\n"[..], "password"), Err(SecretError::Empty(_))));
        assert!(matches!(read(&b"one\ntwo\n"[..], "password"), Err(SecretError::NotALine(_))));
        assert!(matches!(read(&b"\xff\xfe"[..], "password"), Err(SecretError::NotALine(_))));
        assert!(matches!(read(io::repeat(b'x'), "password"), Err(SecretError::TooLong(_))));
    }
}

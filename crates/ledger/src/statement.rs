//! What every statement has to keep to so that it means the same on every engine.

use crate::{
    error::{LedgerError, Result},
    transaction::Value,
};

/// Ends the statement that makes a table whose key is nearly all of it. SQLite keeps such a table once, in the order of
/// its key, instead of twice; to other engines it is a comment.
pub(crate) const KEY_IS_THE_TABLE: &str = "/* the key is the table */";

/// Refuses values that one of the engines cannot hold, and (in debug builds) statements that SQLite would number
/// differently from PostgreSQL.
pub(crate) fn check(sql: &str, values: &[Value<'_>]) -> Result<()> {
    debug_assert!(parameters_ascend(sql), "parameters must first appear in ascending order: {sql}");
    if values.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0'))) {
        return Err(LedgerError::Database("a text with a NUL character".into()));
    }
    Ok(())
}

/// Whether `$1` first appears before `$2`, and so on without a gap.
fn parameters_ascend(sql: &str) -> bool {
    let mut highest = 0_u32;
    for part in sql.split('$').skip(1) {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let Some(number) = part.get(..digits).and_then(|digits| digits.parse::<u32>().ok()) else { return false };
        if number > highest + 1 {
            return false;
        }
        highest = highest.max(number);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_repeat_but_not_jump() {
        assert!(parameters_ascend("SELECT 1"));
        assert!(parameters_ascend("UPDATE t SET a=$1, b=$2 WHERE a<>$1 AND c=$3"));
        assert!(!parameters_ascend("UPDATE t SET a=$2 WHERE b=$1"));
        assert!(!parameters_ascend("SELECT $1, $3"));
    }

    #[test]
    fn a_text_with_nul_is_refused_before_an_engine_sees_it() {
        assert!(check("SELECT $1", &["a\0b".into()]).is_err());
        assert!(check("SELECT $1", &["ab".into()]).is_ok());
    }
}

//! What a device gets at the endpoints of declarative management.

use aws_lc_rs::digest::{SHA256, digest};
use fleet::declaration::Family;
use ledger::tables::mdm_declarations::Declaration as Row;
use serde_json::{Map, Value, json};

use crate::{error::Refusal, hexadecimal::hexadecimal};

/// The answer at an endpoint, JSON. `changed_at` is when the declarations last changed, in microseconds since 1970.
pub(crate) fn answer(endpoint: &str, declared: &[Row], changed_at: i64) -> Result<Vec<u8>, Refusal> {
    match endpoint {
        "tokens" => Ok(tokens(declared, changed_at)),
        "declaration-items" => Ok(items(declared)),
        _ => {
            let (class, identifier) =
                endpoint.strip_prefix("declaration/").and_then(|rest| rest.split_once('/')).ok_or_else(|| {
                    Refusal::NotSpoken(format!("the endpoint {}", endpoint.chars().take(40).collect::<String>()))
                })?;
            let found = declared.iter().find(|row| {
                row.identifier == identifier && Family::of(&row.kind).is_some_and(|known| known.segment() == class)
            });
            found.map(declaration).ok_or(Refusal::NoSuchDeclaration)
        }
    }
}

/// What tells a device whether anything changed. Also what switches declarative management on (`DeclarativeManagement`).
pub(crate) fn tokens(declared: &[Row], changed_at: i64) -> Vec<u8> {
    let tokens = json!({
        "SyncTokens": { "Timestamp": timestamp(changed_at), "DeclarationsToken": declarations_token(declared) },
    });
    tokens.to_string().into_bytes()
}

/// All four arrays are there, also when they are empty: a device refuses the answer otherwise.
fn items(declared: &[Row]) -> Vec<u8> {
    let mut classes = Map::new();
    for class in Family::ALL {
        let of_class = declared.iter().filter(|row| Family::of(&row.kind) == Some(class));
        let items = of_class.map(|row| json!({ "Identifier": row.identifier, "ServerToken": row.server_token }));
        classes.insert(list(class).to_owned(), Value::Array(items.collect()));
    }
    json!({ "Declarations": classes, "DeclarationsToken": declarations_token(declared) }).to_string().into_bytes()
}

/// Its list in declaration-items.
fn list(class: Family) -> &'static str {
    match class {
        Family::Activation => "Activations",
        Family::Asset => "Assets",
        Family::Configuration => "Configurations",
        Family::Management => "Management",
    }
}

fn declaration(row: &Row) -> Vec<u8> {
    let payload: Value = serde_json::from_str(&row.payload).unwrap_or_default();
    let declaration = json!({
        "Type": row.kind, "Identifier": row.identifier, "ServerToken": row.server_token, "Payload": payload,
    });
    declaration.to_string().into_bytes()
}

/// Follows from the declarations' own tokens, so that it changes when one of them does.
fn declarations_token(declared: &[Row]) -> String {
    let mut all = Vec::new();
    for row in declared {
        for text in [&row.kind, &row.identifier, &row.server_token] {
            all.extend_from_slice(&(text.len() as u64).to_be_bytes());
            all.extend_from_slice(text.as_bytes());
        }
    }
    hexadecimal(digest(&SHA256, &all).as_ref())
}

/// RFC 3339, to the second.
fn timestamp(microseconds: i64) -> String {
    let seconds = microseconds.div_euclid(1_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// The date a number of days after 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(identifier: &str, token: &str) -> Row {
        Row {
            identifier: identifier.to_owned(),
            kind: "com.apple.configuration.account.exchange".to_owned(),
            server_token: token.to_owned(),
            payload: "{\"HostName\":\"h\"}".to_owned(),
        }
    }

    fn read(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn all_four_arrays_are_there_also_when_they_are_empty() {
        let empty = read(&answer("declaration-items", &[], 0).unwrap());
        assert_eq!(
            empty["Declarations"],
            json!({ "Activations": [], "Assets": [], "Configurations": [], "Management": [] })
        );
        let one = read(&answer("declaration-items", &[row("a", "t")], 0).unwrap());
        assert_eq!(one["Declarations"]["Configurations"], json!([{ "Identifier": "a", "ServerToken": "t" }]));
    }

    #[test]
    fn the_token_of_all_changes_with_the_token_of_one() {
        let token = |rows: &[Row]| read(&tokens(rows, 0))["SyncTokens"]["DeclarationsToken"].clone();
        assert_eq!(token(&[row("a", "t")]), token(&[row("a", "t")]));
        assert_ne!(token(&[row("a", "t")]), token(&[row("a", "u")]));
        assert_ne!(token(&[row("a", "bt")]), token(&[row("ab", "t")]));
        assert_ne!(token(&[]), token(&[row("a", "t")]));
    }

    #[test]
    fn a_declaration_is_found_under_its_own_class_alone() {
        let declared = [row("a", "t")];
        let found = read(&answer("declaration/configuration/a", &declared, 0).unwrap());
        assert_eq!(found["Payload"], json!({ "HostName": "h" }));
        assert_eq!(answer("declaration/asset/a", &declared, 0), Err(Refusal::NoSuchDeclaration));
        assert_eq!(answer("declaration/configuration/b", &declared, 0), Err(Refusal::NoSuchDeclaration));
        assert!(matches!(answer("secrets", &declared, 0), Err(Refusal::NotSpoken(_))));
    }

    #[test]
    fn timestamps_are_dates() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_400_000_000), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_795_500_061_999_999), "2026-11-24T06:01:01Z");
    }
}

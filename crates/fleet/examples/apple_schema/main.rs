//! Writes the table of payload keys from a copy of Apple's published schema (apple/device-management):
//! `cargo run -p fleet --example apple_schema -- FOLDER > crates/fleet/data/apple-schema.json`.

mod extract;

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: apple_schema FOLDER");
        return ExitCode::from(2);
    };
    match extract::table(&folder) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

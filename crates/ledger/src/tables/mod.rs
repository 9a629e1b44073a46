//! One file per table: its statements, and rows as types. No rules: those live in `hub`.

pub mod accounts;
pub mod audit;
pub mod books;
pub mod certificates;
pub mod clients;
pub mod codes;
pub mod collections;
pub mod conflicts;
pub mod device_access;
pub mod devices;
pub mod directory;
pub mod mdm_commands;
pub mod mdm_declarations;
pub mod mdm_enrolments;
pub mod mdm_events;
pub mod people;
pub mod photos;
pub mod second_factors;
pub mod sessions;
pub mod signing_keys;
pub mod subscriptions;
pub mod versions;

//! The program around the simulated phone.

mod account;
mod figures;
pub mod load;
mod people;
pub mod run;
mod sample;
mod scenarios;
mod server_process;

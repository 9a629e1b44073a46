//! What a provider, a browser or somebody in between may do wrong, on purpose or not.

mod house;
mod provider;
mod sign_in;
mod tokens;
mod trouble;

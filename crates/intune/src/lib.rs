//! Intune's and Entra's objects as typed documents, brought into a tenant by plan.
//!
//! ```text
//! Settings ─ desired() ─► Desired ─┐
//!                                  ├─ plan() ─► Plan ─ apply() ─► Journal ─ rollback()
//! Graph ─── Tenant::read() ► Tenant ┘                    └─ verify()
//! ```
//!
//! The two left columns are values: [`desired::desired`] and [`plan::plan`] do no I/O. Only [`graph`] talks to anybody.
//!
//! To add an object: its type in [`documents`], its table in `data/graph-metadata.json`, a [`role::Role`] in the safe
//! order, and a line in [`desired::desired`]. What is in a profile is no business of this crate.

pub mod apply;
pub mod collection;
pub mod desired;
pub mod devices;
pub mod documents;
pub mod exchange;
pub mod graph;
pub mod ids;
pub mod limits;
pub mod metadata;
pub mod plan;
pub mod role;
pub mod rollback;
pub mod verify;

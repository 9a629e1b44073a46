//! A rollout over a fleet.

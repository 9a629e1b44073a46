//! What is counted, in Prometheus' terms.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds. A held Ping ends in the last ones.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 60.0, 600.0, 3600.0];

/// The recorder of this process. Several servers in one process share it.
pub fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = recorder.as_ref() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("bothways_request_seconds".to_owned()), &BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics cannot be counted")?;
    metrics::describe_counter!("bothways_requests_total", "Requests answered, by path and HTTP status.");
    metrics::describe_histogram!("bothways_request_seconds", "Time to the answer; held Pings included.");
    metrics::describe_gauge!("bothways_connections", "Open connections.");
    metrics::describe_gauge!("bothways_held_requests", "Requests of phones that wait for a change.");
    *recorder = Some(handle.clone());
    Ok(handle)
}

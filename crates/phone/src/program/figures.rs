//! What was measured.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::server_process::{Memory, ServerProcess};

/// Durations in microseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// Nothing measured yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new(3)?))
    }

    /// Records one duration.
    pub fn record(&mut self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        // It grows on demand; only a duration beyond all reason does not fit.
        if self.0.record(microseconds).is_err() {
            tracing::warn!(?duration, "left out of the histogram");
        }
    }

    /// Takes over what another one recorded.
    pub fn add(&mut self, other: &Latencies) {
        // Both grow on demand, so every value fits.
        let _ = self.0.add(&other.0);
    }

    fn summary(&self) -> Summary {
        Summary {
            count: self.0.len(),
            mean: self.0.mean(),
            p50: self.0.value_at_quantile(0.5),
            p90: self.0.value_at_quantile(0.9),
            p99: self.0.value_at_quantile(0.99),
            max: self.0.max(),
        }
    }
}

/// A histogram in six numbers, microseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    count: u64,
    mean: f64,
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

/// Everything a scenario measured.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Which scenario.
    pub scenario: &'static str,
    /// What one operation is.
    pub operation: &'static str,
    /// Number of phones.
    pub phones: usize,
    /// Operations done.
    pub operations: u64,
    /// Wall-clock seconds of the measured part.
    pub seconds: f64,
    /// Operations a second.
    pub per_second: f64,
    /// Named latencies in microseconds.
    pub latency_microseconds: BTreeMap<&'static str, Summary>,
    /// CPU seconds the server used.
    pub server_cpu_seconds: Option<f64>,
    /// Server CPU per operation, in microseconds.
    pub server_cpu_microseconds_per_operation: Option<f64>,
    /// The server's memory before.
    pub server_memory_before: Option<Memory>,
    /// The server's memory behind, or while the phones were held.
    pub server_memory_after: Option<Memory>,
    /// Growth of the server's resident memory per phone, in KiB.
    pub server_resident_kib_per_phone: Option<f64>,
    /// Growth of what the server has allocated per phone, in KiB.
    pub server_anonymous_kib_per_phone: Option<f64>,
    /// Bytes the phones sent.
    pub bytes_sent: u64,
    /// Bytes the phones received.
    pub bytes_received: u64,
    /// Connections the phones opened.
    pub connections: u64,
    /// Rules of iOS the server broke, with how often.
    pub violations: BTreeMap<String, u64>,
    /// Operations that failed, with how often.
    pub errors: BTreeMap<String, u64>,
}

/// What one worker saw.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Operations done.
    pub operations: u64,
    /// Named latencies.
    pub latencies: BTreeMap<&'static str, Latencies>,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Connections opened.
    pub connections: u64,
    /// Broken rules.
    pub violations: BTreeMap<String, u64>,
    /// Failures.
    pub errors: BTreeMap<String, u64>,
}

impl Tally {
    /// Records a duration under a name.
    pub fn record(&mut self, name: &'static str, duration: Duration) -> anyhow::Result<()> {
        if !self.latencies.contains_key(name) {
            self.latencies.insert(name, Latencies::new()?);
        }
        if let Some(latencies) = self.latencies.get_mut(name) {
            latencies.record(duration);
        }
        Ok(())
    }

    /// Counts a failure.
    pub fn error(&mut self, error: &phone::PhoneError) {
        *self.errors.entry(error.to_string()).or_default() += 1;
    }

    /// Takes over what another one saw.
    pub fn add(&mut self, other: Tally) {
        self.operations += other.operations;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.connections += other.connections;
        for (name, latencies) in other.latencies {
            match self.latencies.get_mut(name) {
                Some(known) => known.add(&latencies),
                None => {
                    self.latencies.insert(name, latencies);
                }
            }
        }
        for (mine, theirs) in [(&mut self.violations, other.violations), (&mut self.errors, other.errors)] {
            for (text, count) in theirs {
                *mine.entry(text).or_default() += count;
            }
        }
    }
}

/// A measurement under way.
pub struct Stopwatch {
    server: Option<ServerProcess>,
    started: Instant,
    cpu: Option<f64>,
    memory: Option<Memory>,
}

impl Stopwatch {
    /// Starts measuring.
    pub fn start(server: Option<ServerProcess>) -> anyhow::Result<Self> {
        let cpu = server.map(ServerProcess::cpu_seconds).transpose()?;
        let memory = server.map(ServerProcess::memory).transpose()?;
        Ok(Self { server, started: Instant::now(), cpu, memory })
    }

    /// Stops measuring; `memory` is the server's where it matters if that is not now.
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub fn stop(
        self,
        scenario: &'static str,
        operation: &'static str,
        phones: usize,
        tally: Tally,
        memory: Option<Memory>,
    ) -> anyhow::Result<Figures> {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu = self.server.map(ServerProcess::cpu_seconds).transpose()?;
        let cpu = cpu.zip(self.cpu).map(|(after, before)| after - before);
        let memory =
            memory.map_or_else(|| self.server.map(ServerProcess::memory).transpose(), |then| Ok(Some(then)))?;
        let growth = |of: fn(Memory) -> u64| {
            memory.zip(self.memory).map(|(after, before)| (of(after) as f64 - of(before) as f64) / phones.max(1) as f64)
        };
        let operations = tally.operations.max(1) as f64;
        Ok(Figures {
            scenario,
            operation,
            phones,
            operations: tally.operations,
            seconds,
            per_second: tally.operations as f64 / seconds,
            latency_microseconds: tally.latencies.iter().map(|(name, kept)| (*name, kept.summary())).collect(),
            server_cpu_seconds: cpu,
            server_cpu_microseconds_per_operation: cpu.map(|cpu| cpu * 1e6 / operations),
            server_memory_before: self.memory,
            server_memory_after: memory,
            server_resident_kib_per_phone: growth(|memory| memory.resident_kib),
            server_anonymous_kib_per_phone: growth(|memory| memory.anonymous_kib),
            bytes_sent: tally.bytes_sent,
            bytes_received: tally.bytes_received,
            connections: tally.connections,
            violations: tally.violations,
            errors: tally.errors,
        })
    }
}

impl Figures {
    /// Prints the figures for people.
    pub fn print(&self) {
        println!(
            "{}: {} phones, {} operations ({}) in {:.2} s = {:.0} a second",
            self.scenario, self.phones, self.operations, self.operation, self.seconds, self.per_second
        );
        for (name, summary) in &self.latency_microseconds {
            println!(
                "  {name}: p50 {} p90 {} p99 {} max {} microseconds ({} times)",
                summary.p50, summary.p90, summary.p99, summary.max, summary.count
            );
        }
        if let (Some(cpu), Some(each)) = (self.server_cpu_seconds, self.server_cpu_microseconds_per_operation) {
            println!("  server CPU: {cpu:.2} s = {each:.1} microseconds an operation");
        }
        if let (Some(before), Some(after)) = (self.server_memory_before, self.server_memory_after) {
            let print = |what, before, after, each: Option<f64>| {
                println!(
                    "  server memory, {what}: {before} -> {after} KiB = {:.1} KiB a phone",
                    each.unwrap_or_default()
                );
            };
            print("resident", before.resident_kib, after.resident_kib, self.server_resident_kib_per_phone);
            print("allocated", before.anonymous_kib, after.anonymous_kib, self.server_anonymous_kib_per_phone);
        }
        println!(
            "  wire: {} bytes up, {} bytes down, {} connections",
            self.bytes_sent, self.bytes_received, self.connections
        );
        for (text, count) in &self.violations {
            println!("  VIOLATION {count} x {text}");
        }
        for (text, count) in &self.errors {
            println!("  ERROR {count} x {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_recorded_as_well_as_microseconds() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_micros(5));
        latencies.record(Duration::from_secs(3));
        let summary = latencies.summary();
        assert_eq!((summary.count, summary.p50), (2, 5));
        assert!((2_990_000..3_010_000).contains(&summary.max));
    }
}

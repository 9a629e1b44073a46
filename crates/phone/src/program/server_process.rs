//! What the server costs, read from the process table (Linux only).

use anyhow::Context;
use serde::Serialize;

/// Clock ticks a second in `/proc/PID/stat`: fixed at 100 for programs on Linux.
const TICKS_A_SECOND: u32 = 100;

/// Resident memory of a process.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    /// All of it: the next, the program itself and files mapped into memory, such as a database.
    pub resident_kib: u64,
    /// What the process has allocated.
    pub anonymous_kib: u64,
}

/// A server on this machine.
#[derive(Debug, Clone, Copy)]
pub struct ServerProcess {
    pid: u32,
}

impl ServerProcess {
    /// The process with this id. An error if there is none.
    pub fn new(pid: u32) -> anyhow::Result<Self> {
        let process = Self { pid };
        process.cpu_seconds()?;
        Ok(process)
    }

    /// CPU seconds used so far by all threads, in and out of the kernel; in steps of 10 ms.
    pub fn cpu_seconds(self) -> anyhow::Result<f64> {
        let stat = self.read("stat")?;
        // The second field is a name in brackets that may hold anything; utime and stime are the 12th and 13th behind it.
        let (_, behind) = stat.rsplit_once(')').context("no process name")?;
        let ticks: Vec<u32> =
            behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        anyhow::ensure!(ticks.len() == 2, "no utime and stime");
        Ok(f64::from(ticks.iter().sum::<u32>()) / f64::from(TICKS_A_SECOND))
    }

    /// Memory that is resident now.
    pub fn memory(self) -> anyhow::Result<Memory> {
        let status = self.read("status")?;
        let kib = |name: &'static str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
            line.trim_matches([':', ' ', '\t']).trim_end_matches("kB").trim().parse().context(name)
        };
        Ok(Memory { resident_kib: kib("VmRSS")?, anonymous_kib: kib("RssAnon")? })
    }

    fn read(self, name: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{name}", self.pid);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_has_cost_something() {
        let this = ServerProcess::new(std::process::id()).unwrap();
        let memory = this.memory().unwrap();
        assert!(memory.anonymous_kib > 100 && memory.resident_kib > memory.anonymous_kib);
        assert!(this.cpu_seconds().unwrap() >= 0.0);
    }
}

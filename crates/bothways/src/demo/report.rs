//! What the demonstration prints: a line per step, for people or for programs.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use phone::Counters;
use serde_json::{Map, Value, json};

/// Columns of a step's title.
const TITLE: usize = 19;

/// What a step did, checked.
#[derive(Debug)]
pub struct Told<T> {
    value: T,
    text: String,
    took: Option<Duration>,
    facts: Map<String, Value>,
}

impl Told<()> {
    /// A step that says this about itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self { value: (), text: text.into(), took: None, facts: Map::new() }
    }
}

impl<T> Told<T> {
    /// What the steps behind it need.
    pub fn with<U>(self, value: U) -> Told<U> {
        Told { value, text: self.text, took: self.took, facts: self.facts }
    }

    /// The time that matters, where that is not the whole step's.
    pub fn took(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    /// A fact for programs.
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// Prints the steps as they end.
#[derive(Debug)]
pub struct Report {
    json: bool,
    paint: Paint,
    started: Instant,
    steps: usize,
}

impl Report {
    /// Says what is to be seen.
    pub fn begin(json: bool) -> io::Result<Self> {
        let report = Self { json, paint: Paint::of_stdout(), started: Instant::now(), steps: 0 };
        if !json {
            line("")?;
            line("  Bothways: one person's contacts, native on an iPhone and in Outlook, the same on both.")?;
            line("  The hub is the real server, both clients are simulated; every line was checked over HTTP.")?;
            line("")?;
        }
        Ok(report)
    }

    /// Says what is to be seen of a rollout.
    pub fn begin_rollout(json: bool) -> io::Result<Self> {
        let report = Self { json, paint: Paint::of_stdout(), started: Instant::now(), steps: 0 };
        if !json {
            line("")?;
            line("  Bothways: a company's phones get the managed contacts account, and Outlook's export goes.")?;
            line("  Hub, MDM server, checks and rollout are the real ones; the devices are simulated.")?;
            line("")?;
        }
        Ok(report)
    }

    /// The time, at the end of a rollout.
    pub fn rollout_summary(&self, devices: usize) -> io::Result<()> {
        let took = self.started.elapsed();
        if self.json {
            let summary = json!({
                "summary": true, "ok": true, "steps": self.steps, "ms": milliseconds(took), "devices": devices,
            });
            return line(&summary.to_string());
        }
        let all =
            format!("{} steps in {}, {devices} devices, nothing lost, nothing doubled", self.steps, readable(took));
        line("")?;
        line(&format!("             {} {all}", self.paint.bold(&format!("{:<TITLE$}", "All held"))))?;
        line("")
    }

    /// Runs a step and prints its line. `id` names it for programs.
    ///
    /// # Errors
    /// The step's check did not hold, which its line says as well.
    pub async fn step<T>(
        &mut self,
        id: &str,
        title: &str,
        work: impl Future<Output = anyhow::Result<Told<T>>>,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        let done = work.await;
        let passed = started.elapsed();
        self.steps += 1;
        match done {
            Ok(told) => {
                let took = told.took.unwrap_or(passed);
                self.print(id, title, true, took, &told.text, told.facts)?;
                Ok(told.value)
            }
            Err(error) => {
                self.print(id, title, false, passed, &format!("{error:#}"), Map::new())?;
                anyhow::bail!("step {} ({id}) did not hold", self.steps)
            }
        }
    }

    fn print(
        &self,
        id: &str,
        title: &str,
        held: bool,
        took: Duration,
        text: &str,
        facts: Map<String, Value>,
    ) -> io::Result<()> {
        if self.json {
            let mut object = Map::new();
            object.insert("step".to_owned(), id.into());
            object.insert("ok".to_owned(), held.into());
            object.insert("ms".to_owned(), milliseconds(took).into());
            object.insert("text".to_owned(), text.into());
            object.extend(facts);
            return line(&Value::Object(object).to_string());
        }
        let mark = if held { self.paint.green("✓") } else { self.paint.red("✗") };
        let took = self.paint.faint(&format!("{:>8}", readable(took)));
        let title = self.paint.bold(&format!("{title:<TITLE$}"));
        line(&format!("  {mark} {took}  {title} {text}"))
    }

    /// The requests and the time, at the end.
    pub fn summary(&self, phone: &Counters, outlook: &BTreeMap<&'static str, u64>) -> io::Result<()> {
        let of_phone = kinds_of(phone);
        let took = self.started.elapsed();
        if self.json {
            let summary = json!({
                "summary": true,
                "ok": true,
                "steps": self.steps,
                "ms": milliseconds(took),
                "requests": { "iphone": of_phone, "outlook": outlook },
                "iphone_bytes": { "sent": phone.bytes_sent, "received": phone.bytes_received },
            });
            return line(&summary.to_string());
        }
        let title = |title: &str| self.paint.bold(&format!("{title:<TITLE$}"));
        line("")?;
        line(&format!("             {} {}", title("iPhone asked"), enumerated(&of_phone)))?;
        line(&format!("             {} {}", title("Outlook asked"), enumerated(outlook)))?;
        let all = format!("{} steps in {}, nothing lost, nothing doubled", self.steps, readable(took));
        line(&format!("             {} {all}", title("All held")))
    }

    /// Where to go from here.
    pub fn what_next(&self) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        line("")?;
        line("  Try next")?;
        for (command, what) in [
            ("bothways demo --contacts 10000", "the same with ten thousand contacts"),
            ("bothways demo --stay", "leaves the hub running for a phone of your own"),
            ("bothways serve", "an installation that stays"),
        ] {
            line(&format!("    {} {what}", self.paint.bold(&format!("{command:<32}"))))?;
        }
        line("")?;
        Ok(())
    }
}

fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

fn kinds_of(phone: &Counters) -> BTreeMap<&'static str, u64> {
    let named = phone.requests.iter().map(|(command, count)| (command.name(), *count));
    named.chain([("OPTIONS", phone.options), ("Autodiscover", phone.autodiscover)]).collect()
}

fn enumerated(requests: &BTreeMap<&'static str, u64>) -> String {
    let kinds: Vec<String> = requests.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    kinds.join(", ")
}

fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// Two or three digits and a unit.
pub fn readable(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        ..0.000_95 => format!("{:.0} µs", seconds * 1e6),
        ..0.009_95 => format!("{:.1} ms", seconds * 1e3),
        ..0.999_5 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// Colour for terminals whose owner did not ask for none (no-color.org).
#[derive(Debug, Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(io::stdout().is_terminal() && !unwanted && !dumb)
    }

    fn with(self, code: u8, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with(1, text)
    }

    fn faint(self, text: &str) -> String {
        self.with(2, text)
    }

    fn red(self, text: &str) -> String {
        self.with(31, text)
    }

    fn green(self, text: &str) -> String {
        self.with(32, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_enough_to_be_compared_at_a_glance() {
        for (micros, text) in [
            (420, "420 µs"),
            (999, "1.0 ms"),
            (4_240, "4.2 ms"),
            (9_960, "10 ms"),
            (123_400, "123 ms"),
            (999_600, "1.00 s"),
            (12_340_000, "12.34 s"),
        ] {
            assert_eq!(readable(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn without_a_terminal_there_is_no_escape_sequence() {
        assert_eq!(Paint(false).green("ok"), "ok");
        assert_eq!(Paint(true).green("ok"), "\u{1b}[32mok\u{1b}[0m");
    }
}

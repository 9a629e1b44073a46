//! The scenarios of `phone load`: each prepares its phones, starts the stopwatch, and lets them work.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use phone::{Phone, PhoneError, PingOutcome, Property};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::figures::{Figures, Stopwatch, Tally};
use super::load::{Plan, Scenario};
use super::sample;

/// Contacts per upload request.
const BATCH: usize = phone::limits::COMMANDS_PER_SYNC;
/// How long all Pings wait before the server's memory is read.
const SETTLING: Duration = Duration::from_secs(2);

/// Runs one scenario.
pub async fn run(plan: Plan) -> anyhow::Result<Figures> {
    let plan = Arc::new(plan);
    match plan.load.scenario {
        Scenario::Initial => initial(plan).await,
        Scenario::Change => change(plan).await,
        Scenario::Upload => upload(plan).await,
        Scenario::Nochange => no_change(plan).await,
        Scenario::Ping => ping(plan).await,
        Scenario::Gal => gal(plan).await,
    }
}

async fn initial(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    fill(&plan).await?;
    let phones = phones(&plan, "I", set_up).await?;
    let watch = Stopwatch::start(plan.process)?;
    let tally = each(phones, plan.load.connections, |mut worker| async move {
        let result = worker.first_run().await;
        (worker, result)
    })
    .await?;
    watch.stop("initial", "contact received", plan.load.phones, tally, None)
}

async fn upload(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    let phones = phones(&plan, "U", synced).await?;
    let watch = Stopwatch::start(plan.process)?;
    let work = Arc::clone(&plan);
    let tally = each(phones, plan.load.connections, move |mut worker| {
        let plan = Arc::clone(&work);
        async move {
            let result = worker.send_contacts(&plan).await;
            (worker, result)
        }
    })
    .await?;
    watch.stop("upload", "contact sent", plan.load.phones, tally, None)
}

async fn no_change(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    fill(&plan).await?;
    let phones = phones(&plan, "N", synced).await?;
    let watch = Stopwatch::start(plan.process)?;
    let end = Instant::now() + Duration::from_secs(plan.load.seconds);
    // Every phone works for the whole time, so all of them work at the same time.
    let tally = each(phones, plan.load.phones, move |mut worker| async move {
        let result = worker.sync_until(end).await;
        (worker, result)
    })
    .await?;
    watch.stop("nochange", "Sync without change", plan.load.phones, tally, None)
}

async fn gal(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    let phones = phones(&plan, "G", set_up).await?;
    let watch = Stopwatch::start(plan.process)?;
    let end = Instant::now() + Duration::from_secs(plan.load.seconds);
    let work = Arc::clone(&plan);
    let tally = each(phones, plan.load.phones, move |mut worker| {
        let plan = Arc::clone(&work);
        async move {
            let result = worker.search_until(end, &plan.load.queries).await;
            (worker, result)
        }
    })
    .await?;
    watch.stop("gal", "directory search", plan.load.phones, tally, None)
}

/// A phone at work and what it saw.
struct Worker {
    phone: Phone,
    tally: Tally,
}

impl Worker {
    async fn first_run(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        let report = self.phone.sync().await?;
        self.tally.record("first run", started.elapsed())?;
        self.tally.operations += report.received as u64;
        Ok(())
    }

    async fn send_contacts(&mut self, plan: &Plan) -> anyhow::Result<()> {
        for batch in (0..plan.load.contacts).collect::<Vec<_>>().chunks(BATCH) {
            for n in batch {
                self.phone.add_contact(sample::contact(*n, plan.photo_of(*n)))?;
            }
            let started = Instant::now();
            self.tally.operations += self.phone.sync().await?.sent as u64;
            self.tally.record("batch of 25", started.elapsed())?;
        }
        Ok(())
    }

    async fn sync_until(&mut self, end: Instant) -> anyhow::Result<()> {
        while Instant::now() < end {
            let started = Instant::now();
            self.phone.sync().await?;
            self.tally.record("sync", started.elapsed())?;
            self.tally.operations += 1;
        }
        Ok(())
    }

    async fn search_until(&mut self, end: Instant, queries: &[String]) -> anyhow::Result<()> {
        for query in queries.iter().cycle() {
            if Instant::now() >= end {
                break;
            }
            let started = Instant::now();
            self.phone.search_gal(query).await?;
            self.tally.record("search", started.elapsed())?;
            self.tally.operations += 1;
        }
        Ok(())
    }
}

/// Every person has two phones: one writes, the other waits in a Ping and fetches.
async fn change(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    fill(&plan).await?;
    let writers = phones(&plan, "W", synced).await?;
    let readers = phones(&plan, "R", synced).await?;
    let end = Instant::now() + Duration::from_secs(plan.load.seconds);
    let watch = Stopwatch::start(plan.process)?;
    let mut pairs = JoinSet::new();
    for (writer, reader) in writers.into_iter().zip(readers) {
        pairs.spawn(change_between(writer, reader, end));
    }
    let mut tally = Tally::default();
    while let Some(pair) = pairs.join_next().await {
        tally.add(pair??);
    }
    watch.stop("change", "change from one phone to another", plan.load.phones, tally, None)
}

async fn change_between(mut writer: Phone, reader: Phone, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let (told, mut heard) = mpsc::channel(1);
    let reading = tokio::spawn(read_changes(reader, told));
    let (id, _) = writer.contacts().next().context("changing needs contacts: --contacts 1 or more")?;
    let mut number = 0_u64;
    while Instant::now() < end {
        number += 1;
        writer.edit(id, |contact| contact.set(Property::PagerNumber, number.to_string()))?;
        let started = Instant::now();
        writer.sync().await?;
        let committed = Instant::now();
        let Some((answered, fetched)) = heard.recv().await else { break };
        tally.record("write", committed - started)?;
        tally.record("commit to Ping's answer", answered.saturating_duration_since(committed))?;
        tally.record("commit to the other phone", fetched.saturating_duration_since(committed))?;
        tally.operations += 1;
    }
    drop(heard);
    reading.abort();
    if let Ok(Err(error)) = reading.await {
        tally.error(&error);
    }
    finish(&writer, &mut tally);
    Ok(tally)
}

async fn read_changes(mut reader: Phone, told: mpsc::Sender<(Instant, Instant)>) -> Result<(), PhoneError> {
    loop {
        if let PingOutcome::Changed(_) = reader.ping_until_change(Duration::from_hours(1)).await? {
            let answered = Instant::now();
            reader.sync().await?;
            if told.send((answered, Instant::now())).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn ping(plan: Arc<Plan>) -> anyhow::Result<Figures> {
    let phones = match &plan.load.kept {
        Some(file) if file.exists() => kept_phones(&plan, file)?,
        Some(file) => return keep_phones(&plan, file).await,
        None => phones(&plan, "P", hung_up).await?,
    };
    let wakers = if plan.load.wake { wakers(&plan).await? } else { Vec::new() };
    // The server takes a moment to give back the memory of connections that are gone.
    tokio::time::sleep(SETTLING).await;
    let watch = Stopwatch::start(plan.process)?;
    let beginning = Duration::from_secs(1).checked_div(plan.load.rate).unwrap_or_default();
    let hold = Duration::from_secs(plan.load.seconds) + SETTLING;
    let held_until = tokio::time::Instant::now() + beginning.saturating_mul(u32::try_from(phones.len())?) + hold;
    let (report, mut reports) = mpsc::unbounded_channel();
    let mut waiting = JoinSet::new();
    let mut next = tokio::time::interval(beginning.max(Duration::from_nanos(1)));
    for mut phone in phones {
        let report = report.clone();
        let wake = plan.load.wake;
        next.tick().await;
        waiting.spawn(async move {
            let patience = held_until.saturating_duration_since(tokio::time::Instant::now());
            let patience = if wake { patience + Duration::from_mins(5) } else { patience + SETTLING };
            let outcome = phone.ping_until_change(patience).await;
            // Nobody listens only when the measurement was given up.
            let _ = report.send((Instant::now(), outcome, phone));
        });
    }
    drop(report);
    tokio::time::sleep_until(held_until).await;
    let memory = plan.process.map(super::server_process::ServerProcess::memory).transpose()?;
    let mut tally = Tally::default();
    let woken = Instant::now();
    let waking = tokio::spawn(wake_all(wakers, plan.load.connections));
    while let Some((at, outcome, phone)) = reports.recv().await {
        match outcome {
            Ok(_) if at < woken => *tally.errors.entry("Ping ended before its time".to_owned()).or_default() += 1,
            Ok(PingOutcome::Quiet) if !plan.load.wake => tally.operations += 1,
            Ok(PingOutcome::Changed(_)) if plan.load.wake => {
                tally.operations += 1;
                tally.record("change to Ping's answer", at.saturating_duration_since(woken))?;
            }
            Ok(other) => *tally.errors.entry(format!("Ping ended as {other:?}")).or_default() += 1,
            Err(error) => tally.error(&error),
        }
        finish(&phone, &mut tally);
    }
    waking.await??;
    watch.stop("ping", "phone held waiting", plan.load.phones, tally, memory)
}

/// Sets phones up and keeps each as a line of a file.
async fn keep_phones(plan: &Arc<Plan>, file: &Path) -> anyhow::Result<Figures> {
    let watch = Stopwatch::start(plan.process)?;
    let phones = phones(plan, "P", hung_up).await?;
    let mut tally = Tally { operations: phones.len() as u64, ..Tally::default() };
    let mut lines = String::new();
    for mut phone in phones {
        finish(&phone, &mut tally);
        let number = number_of(&phone, "P", plan).context("a phone of another name")?;
        writeln!(lines, "{number} {}", phone.saved_state()?)?;
    }
    std::fs::write(file, lines).with_context(|| format!("cannot write {}", file.display()))?;
    watch.stop("ping", "phone set up and kept", plan.load.phones, tally, None)
}

/// Which of a role's phones this is.
fn number_of(phone: &Phone, role: &str, plan: &Plan) -> Option<usize> {
    let number = phone.config().device_id.strip_prefix(&plan.load.device_prefix)?.strip_prefix(role)?;
    number.parse().ok()
}

/// The phones that [`keep_phones`] has kept, as many as asked for.
fn kept_phones(plan: &Plan, file: &Path) -> anyhow::Result<Vec<Phone>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let phones = text.lines().take(plan.load.phones).map(|line| {
        let (number, state) = line.split_once(' ').context("not a line of kept phones")?;
        Ok(Phone::from_saved(plan.config("P", number.parse()?), state)?)
    });
    let phones: Vec<Phone> = phones.collect::<anyhow::Result<_>>()?;
    ensure!(phones.len() == plan.load.phones, "{} keeps {} phones only", file.display(), phones.len());
    Ok(phones)
}

/// A phone for everybody who has a phone waiting, ready to add a contact.
async fn wakers(plan: &Arc<Plan>) -> anyhow::Result<Vec<Phone>> {
    let work = Arc::clone(plan);
    in_parallel((0..plan.owners().len()).collect(), plan.load.connections, move |number| {
        let plan = Arc::clone(&work);
        async move {
            let mut phone = synced(Phone::new(plan.config("K", number))?).await?;
            phone.add_contact(sample::contact(number, None))?;
            Ok(phone)
        }
    })
    .await
}

/// Adds a contact for everybody who has a phone waiting.
async fn wake_all(wakers: Vec<Phone>, width: usize) -> anyhow::Result<()> {
    let waking = in_parallel(wakers, width, |mut phone| async move { Ok(phone.sync().await?) });
    waking.await.map(drop)
}

/// Gives every person as many contacts as asked for, through a phone of its own.
async fn fill(plan: &Arc<Plan>) -> anyhow::Result<()> {
    let work = Arc::clone(plan);
    in_parallel((0..plan.owners().len()).collect(), plan.load.connections, move |number| {
        let plan = Arc::clone(&work);
        async move {
            let mut phone = Phone::new(plan.config("F", number))?;
            phone.set_up().await?;
            phone.sync().await?;
            for n in phone.contact_count()..plan.load.contacts {
                phone.add_contact(sample::contact(n, plan.photo_of(n)))?;
            }
            phone.sync().await?;
            anyhow::Ok(())
        }
    })
    .await
    .map(drop)
}

/// A phone that knows its folders.
async fn set_up(mut phone: Phone) -> anyhow::Result<Phone> {
    phone.set_up().await?;
    Ok(phone)
}

/// A phone after its first run.
async fn synced(mut phone: Phone) -> anyhow::Result<Phone> {
    phone.set_up().await?;
    phone.sync().await?;
    Ok(phone)
}

/// A phone after its first run whose connections are closed.
async fn hung_up(phone: Phone) -> anyhow::Result<Phone> {
    let mut phone = synced(phone).await?;
    phone.reconnect();
    Ok(phone)
}

/// Makes all phones of a role and prepares them.
async fn phones<F, W>(plan: &Arc<Plan>, role: &'static str, prepare: F) -> anyhow::Result<Vec<Phone>>
where
    F: Fn(Phone) -> W + Clone + Send + 'static,
    W: Future<Output = anyhow::Result<Phone>> + Send,
{
    let work = Arc::clone(plan);
    in_parallel((0..plan.load.phones).collect(), plan.load.connections, move |number| {
        let plan = Arc::clone(&work);
        let prepare = prepare.clone();
        async move { prepare(Phone::new(plan.config(role, number))?).await }
    })
    .await
}

/// Lets every phone work, `width` at a time. A failure is counted, not passed on.
async fn each<F, W>(phones: Vec<Phone>, width: usize, work: F) -> anyhow::Result<Tally>
where
    F: Fn(Worker) -> W + Clone + Send + 'static,
    W: Future<Output = (Worker, anyhow::Result<()>)> + Send,
{
    let tallies = in_parallel(phones, width, move |phone| {
        let before = phone.counters();
        let working = work(Worker { phone, tally: Tally::default() });
        async move {
            let (Worker { phone, mut tally }, result) = working.await;
            if let Err(error) = result {
                *tally.errors.entry(format!("{error:#}")).or_default() += 1;
            }
            finish(&phone, &mut tally);
            tally.bytes_sent -= before.bytes_sent;
            tally.bytes_received -= before.bytes_received;
            tally.connections -= before.connections;
            Ok(tally)
        }
    })
    .await?;
    let mut total = Tally::default();
    for tally in tallies {
        total.add(tally);
    }
    Ok(total)
}

/// Takes over what a phone counted.
fn finish(phone: &Phone, tally: &mut Tally) {
    let counters = phone.counters();
    tally.bytes_sent += counters.bytes_sent;
    tally.bytes_received += counters.bytes_received;
    tally.connections += counters.connections;
    for violation in phone.violations() {
        *tally.violations.entry(violation.to_string()).or_default() += 1;
    }
}

/// Works through a list with `width` workers; the first failure ends it.
async fn in_parallel<T, R, F, W>(items: Vec<T>, width: usize, work: F) -> anyhow::Result<Vec<R>>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(T) -> W + Clone + Send + 'static,
    W: Future<Output = anyhow::Result<R>> + Send,
{
    let queue = Arc::new(Mutex::new(VecDeque::from(items)));
    let mut workers = JoinSet::new();
    for _ in 0..width.max(1) {
        let queue = Arc::clone(&queue);
        let work = work.clone();
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(item) = next else { return anyhow::Ok(done) };
                done.push(work(item).await?);
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = workers.join_next().await {
        all.extend(done??);
    }
    Ok(all)
}

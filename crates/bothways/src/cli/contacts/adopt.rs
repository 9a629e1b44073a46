//! `bothways contacts adopt`: contacts that live on a phone alone, taken over and taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contact::{
    BlobHash, CardKind, Fact,
    adoption::{Background, Brought, Change, Choices, Doubt, Effect, Evidence, Kept, Match, Plan, Verdict, Write},
    display_name,
    photo::{self, PreparedPhoto},
    vcard,
};
use hub::{
    Access, BookId, CardId, Revision,
    adoption::{RUN_AUTHOR, Step, Stepped, UNDO_AUTHOR, Undone},
};
use serde::Serialize;

use super::{Adopt, Done, import::Content, read_file};
use crate::{
    ambient::{SystemEntropy, new_uuid},
    installation::{Installation, Person},
    limits::{IMPORT_BATCH, IMPORT_ERRORS_SHOWN, PAGE},
    output::{self, Column},
    progress::Progress,
};

/// Deleted contacts looked at: the ones deleted last.
const DELETED_MAX: u32 = 10_000;

pub(super) async fn run(installation: &Installation, options: Adopt) -> anyhow::Result<Done> {
    let (person, access) = installation.access_of(&options.of.user).await?;
    if let Some(run) = &options.undo {
        return undo(&access, &person, run, options.json).await;
    }
    let Some(file) = &options.file else { anyhow::bail!("name the file of the phone's contacts") };
    let phone = FromPhone::read(&read_file(file)?, &file.display().to_string())?;
    let here = Here::read(&access).await?;
    let choices = choices(&options, &phone, &here)?;
    let matches = contact::adoption::matched(&here.kept, &phone.brought, &choices);
    let planned = |background: &Background| {
        contact::adoption::plan(&here.kept, &phone.brought, &matches, background, &mut SystemEntropy)
    };
    let background = background(&access, &here, &phone, &planned(&Background::default())).await?;
    let plan = planned(&background);
    let mut report = Report::of(&plan, &here, &phone);
    if options.apply && !plan.writes.is_empty() {
        report.outcome = Some(apply(&access, &here, &phone, plan).await?);
    }
    report.print(&person, options.json, options.apply)?;
    Ok(if report.not_read == 0 { Done::Whole } else { Done::InPart })
}

/// What the file says.
#[derive(Default)]
struct FromPhone {
    brought: Vec<Brought>,
    /// Where each begins in the file.
    lines: Vec<usize>,
    photos: HashMap<BlobHash, PreparedPhoto>,
    not_read: usize,
    groups: usize,
    problems: Vec<String>,
}

impl FromPhone {
    fn read(bytes: &[u8], name: &str) -> anyhow::Result<Self> {
        let mut read = Self::default();
        let mut copies: HashMap<Content, u32> = HashMap::new();
        let mut ids = SystemEntropy;
        for card in vcard::read(bytes, &mut ids) {
            let card = match card {
                Ok(card) => card,
                Err(error) => {
                    read.not_read += 1;
                    read.problem(&error);
                    continue;
                }
            };
            card.remarks.iter().for_each(|remark| read.problem(remark));
            if card.card.kind == CardKind::Group {
                read.groups += 1;
                continue;
            }
            let content = Content::of(&card.card);
            let copy = copies.entry(content).or_default();
            let spare_uid = content.uid(*copy);
            *copy += 1;
            let mut brought = Brought { card: card.card, revised_at: card.revised_at, spare_uid };
            if !card.has_uid {
                brought.card.uid.clone_from(&brought.spare_uid);
            }
            read.brought.push(brought);
            read.lines.push(card.line);
            read.photos.extend(card.photos.into_iter().map(|photo| (photo.original_hash, photo)));
        }
        if read.brought.is_empty() {
            let why = read.problems.first().map_or_else(|| "it is empty".to_owned(), Clone::clone);
            anyhow::bail!("{name} has no contact that can be read: {why}; export the phone's contacts as vCard (.vcf)");
        }
        Ok(read)
    }

    fn problem(&mut self, what: &dyn std::fmt::Display) {
        if self.problems.len() < IMPORT_ERRORS_SHOWN {
            self.problems.push(what.to_string());
        }
    }

    /// The place of the card that begins on a line.
    fn at_line(&self, line: usize) -> anyhow::Result<usize> {
        let place = self.lines.iter().position(|begin| *begin == line);
        place.ok_or_else(|| anyhow::anyhow!("no card begins on line {line} of the file"))
    }
}

/// What is here.
#[derive(Default)]
struct Here {
    kept: Vec<Kept>,
    cards: Vec<(CardId, Revision)>,
    default_book: Option<BookId>,
}

impl Here {
    async fn read(access: &Access) -> anyhow::Result<Self> {
        let mut here = Self { default_book: Some(access.default_book().await?.book), ..Self::default() };
        for book in access.books().await? {
            let mut after = CardId(0);
            loop {
                let page = access.cards(book.book, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for stored in page {
                    here.cards.push((stored.id, stored.revision));
                    let (card, modified_at) = (stored.card, stored.modified_at);
                    here.kept.push(Kept { card, modified_at, is_deleted: false });
                }
            }
        }
        for (id, last) in access.deleted_cards(DELETED_MAX).await? {
            // What an undone run had made was never meant to be deleted.
            if !last.author.starts_with(UNDO_AUTHOR) {
                here.cards.push((id, last.revision));
                here.kept.push(Kept { card: last.card, modified_at: last.written_at, is_deleted: true });
            }
        }
        Ok(here)
    }

    fn id(&self, place: usize) -> Option<CardId> {
        self.cards.get(place).map(|(id, _)| *id)
    }
}

fn choices(options: &Adopt, phone: &FromPhone, here: &Here) -> anyhow::Result<Choices> {
    let mut choices = Choices { trust_names: options.trust_names, ..Choices::default() };
    for (line, contact) in &options.same {
        let place = here.cards.iter().position(|(id, _)| id == contact);
        let living = place.filter(|place| here.kept.get(*place).is_some_and(|kept| !kept.is_deleted));
        let living = living.ok_or_else(|| {
            anyhow::anyhow!("there is no contact {contact}; `bothways contacts list` shows the ids, `contacts restore` brings a deleted one back")
        })?;
        choices.same.insert(phone.at_line(*line)?, living);
    }
    for line in &options.new {
        choices.new.insert(phone.at_line(*line)?);
    }
    Ok(choices)
}

/// What the plan depends on and the cards alone do not say, for those for which it matters.
async fn background(access: &Access, here: &Here, phone: &FromPhone, first: &Plan) -> anyhow::Result<Background> {
    let mut background = Background::default();
    for (place, proposal) in first.proposals.iter().enumerate() {
        let Match::Kept { at, .. } = proposal.matched else { continue };
        let (Some(id), Some(kept), Some(brought)) = (here.id(at), here.kept.get(at), phone.brought.get(place)) else {
            continue;
        };
        let adds = proposal.changes.iter().any(|change| change.effect == Effect::Added);
        if adds && !background.past.contains_key(&at) {
            let versions = access.history(id).await?;
            // What a run brought and an undoing took away, nobody here has removed.
            let own = versions.into_iter().filter(|version| !version.author.starts_with(RUN_AUTHOR));
            let facts = own.flat_map(|version| version.card.items).map(|item| item.fact);
            background
                .past
                .insert(at, facts.filter(|fact| kept.card.items.iter().all(|item| item.fact != *fact)).collect());
        }
        if proposal.changes.iter().any(|change| change.what == "photo" && change.here.is_some()) {
            let photo = |card: &contact::Card| {
                card.items.iter().find_map(|item| match &item.fact {
                    Fact::Photo(photo) => Some(photo.original),
                    _ => None,
                })
            };
            if let (Some(ours), Some(theirs)) = (photo(&kept.card), photo(&brought.card))
                && let (Some(ours), Some(theirs)) = (access.photo(ours).await?, phone.photos.get(&theirs))
                && photo::is_copy(&ours, &theirs.original)
            {
                background.copies.insert((at, place));
            }
        }
    }
    Ok(background)
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    run: String,
    created: usize,
    edited: usize,
    /// Contacts that somebody changed while this went on; the next run looks at them again.
    changed_meanwhile: Vec<i64>,
}

async fn apply(access: &Access, here: &Here, phone: &FromPhone, plan: Plan) -> anyhow::Result<Outcome> {
    let run: String = new_uuid().chars().filter(|c| *c != '-').take(8).collect();
    let access = access.as_adoption(&run);
    let steps: Vec<Step> = plan.writes.into_iter().filter_map(|write| step(write, here, phone)).collect();
    let mut outcome = Outcome { run, ..Outcome::default() };
    let (mut bar, total, mut done) = (Progress::new("Adopting"), steps.len(), 0);
    for batch in steps.chunks(IMPORT_BATCH) {
        for stepped in access.adopt(batch.to_vec()).await? {
            match stepped {
                Stepped::Created(_) => outcome.created += 1,
                Stepped::Edited(_) => outcome.edited += 1,
                Stepped::ChangedSince(card) => outcome.changed_meanwhile.push(card.0),
            }
        }
        done += batch.len();
        bar.set(done, total);
    }
    bar.finish();
    Ok(outcome)
}

fn step(write: Write, here: &Here, phone: &FromPhone) -> Option<Step> {
    let photos = |card: &contact::Card| -> Vec<PreparedPhoto> {
        let of = |fact: &Fact| match fact {
            Fact::Photo(photo) => phone.photos.get(&photo.original).cloned(),
            _ => None,
        };
        card.items.iter().filter_map(|item| of(&item.fact)).collect()
    };
    Some(match write {
        Write::Create { card, .. } => Step::Create { book: here.default_book?, photos: photos(&card), card },
        Write::Edit { kept, card, .. } => {
            let (id, expected) = *here.cards.get(kept)?;
            Step::Edit { card: id, expected, photos: photos(&card), form: card }
        }
    })
}

/// A proposal, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    line: usize,
    name: String,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<Doubt>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<i64>,
    /// The line of the first of several cards of one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<usize>,
    changes: Vec<Change>,
}

const COLUMNS: [Column<Row>; 6] = [
    Column("LINE", |row| row.line.to_string()),
    Column("NAME", |row| row.name.clone()),
    Column("WHAT", |row| row.verdict.name().to_owned()),
    Column("CONTACT", |row| match (row.contact, row.candidates.as_slice()) {
        (Some(contact), _) => contact.to_string(),
        (None, candidates) => candidates.iter().take(3).map(|id| format!("{id}?")).collect::<Vec<_>>().join(" "),
    }),
    Column("BECAUSE", because),
    Column("BRINGS", |row| row.changes.iter().map(brings).collect::<Vec<_>>().join("; ")),
];

fn because(row: &Row) -> String {
    let evidence = row.because.map(|evidence| match evidence {
        Evidence::Contained => "all of it is here",
        Evidence::Name => "same name",
        Evidence::AddressAndNumber => "same address and number",
        Evidence::NameAndReach => "same name and address or number",
        Evidence::Uid => "same UID",
        Evidence::Chosen => "chosen",
    });
    let doubt = row.doubt.map(|doubt| match doubt {
        Doubt::NameAlone => "the name alone",
        Doubt::OtherName => "another name",
        Doubt::Several => "several fit",
        Doubt::DeletedHere => "deleted here",
    });
    let twin = row.duplicate_of.map(|line| format!("like line {line}"));
    [evidence.map(str::to_owned), doubt.map(str::to_owned), twin].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn brings(change: &Change) -> String {
    const LETTERS_MAX: usize = 40;
    let short = |text: &str| -> String {
        let mut letters = text.chars();
        let head: String = letters.by_ref().take(LETTERS_MAX).collect();
        if letters.next().is_some() { format!("{head}...") } else { head }
    };
    let (what, there) = (&change.what, short(&change.there));
    let here = short(change.here.as_deref().unwrap_or_default());
    match change.effect {
        Effect::Added => format!("+{what} {there}"),
        Effect::Filled => format!("{what} becomes {there}"),
        Effect::Taken => format!("{what} {there} for {here}"),
        Effect::Kept => format!("{what} stays {here}, not {there}"),
        Effect::RemovedBefore => format!("{what} {there} was removed here, stays away"),
    }
}

/// What is found, as it is printed.
#[derive(Debug, Serialize)]
struct Report {
    /// How many cards of the phone's have each verdict.
    totals: BTreeMap<&'static str, usize>,
    /// Contacts that would be, or were, written.
    to_create: usize,
    to_edit: usize,
    groups_left_out: usize,
    not_read: usize,
    problems: Vec<String>,
    proposals: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

impl Report {
    fn of(plan: &Plan, here: &Here, phone: &FromPhone) -> Self {
        let line = |place: usize| phone.lines.get(place).copied().unwrap_or_default();
        let mut totals = BTreeMap::new();
        let rows = plan.proposals.iter().zip(&phone.brought).enumerate().map(|(place, (proposal, brought))| {
            *totals.entry(proposal.verdict.name()).or_default() += 1;
            let mut row = Row {
                line: line(place),
                name: display_name(&brought.card),
                verdict: proposal.verdict,
                contact: None,
                because: None,
                doubt: None,
                candidates: Vec::new(),
                duplicate_of: None,
                changes: proposal.changes.clone(),
            };
            match &proposal.matched {
                Match::Kept { at, why, duplicate_of } => {
                    row.contact = here.id(*at).map(|id| id.0);
                    row.because = Some(*why);
                    row.duplicate_of = duplicate_of.map(line);
                }
                Match::New { duplicate_of } => row.duplicate_of = duplicate_of.map(line),
                Match::Unclear { candidates, doubt } => {
                    row.candidates = candidates.iter().filter_map(|at| here.id(*at)).map(|id| id.0).collect();
                    row.doubt = Some(*doubt);
                }
            }
            row
        });
        let proposals = rows.collect();
        let to_create = plan.writes.iter().filter(|write| matches!(write, Write::Create { .. })).count();
        Self {
            totals,
            to_create,
            to_edit: plan.writes.len() - to_create,
            groups_left_out: phone.groups,
            not_read: phone.not_read,
            problems: phone.problems.clone(),
            proposals,
            outcome: None,
        }
    }

    fn print(&mut self, person: &Person, json: bool, apply: bool) -> anyhow::Result<()> {
        if json {
            return output::object(self);
        }
        for problem in &self.problems {
            eprintln!("{problem}");
        }
        let total = self.proposals.len();
        self.proposals.retain(|row| {
            row.verdict != Verdict::Same && !(row.verdict == Verdict::Duplicate && row.changes.is_empty())
        });
        output::list(false, &self.proposals, &COLUMNS, "everything on the phone is here")?;
        let totals: Vec<String> = self.totals.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        output::line(&format!("{total} cards: {}", totals.join(", ")))?;
        if self.groups_left_out > 0 {
            output::line(&format!("{} groups are left out: ActiveSync has none", self.groups_left_out))?;
        }
        if self.totals.contains_key(Verdict::Unclear.name()) {
            output::line("Nothing is done about unclear ones until you say --same LINE=CONTACT or --new LINE")?;
        }
        match &self.outcome {
            Some(Outcome { run, created, edited, changed_meanwhile }) => {
                output::line(&format!(
                    "Run {run}: {created} created, {edited} edited, {} changed by others meanwhile and left",
                    changed_meanwhile.len()
                ))?;
                output::line(&format!("Take it back: bothways contacts adopt --undo {run} --user {}", person.email))
            }
            None if apply => output::line("Nothing was to be written"),
            None => {
                output::line(&format!("Would create {} and edit {}; --apply does it", self.to_create, self.to_edit))
            }
        }
    }
}

/// What undoing a run did.
#[derive(Debug, Default, Serialize)]
struct Returned {
    run: String,
    restored: usize,
    removed: usize,
    /// Undone before.
    already: usize,
    /// Contacts that somebody changed since; they are left as they are.
    changed_since: BTreeSet<i64>,
}

async fn undo(access: &Access, person: &Person, run: &str, json: bool) -> anyhow::Result<Done> {
    let cards = access.adopted(run).await?;
    if cards.is_empty() {
        let runs = access.adoptions().await?;
        let known =
            if runs.is_empty() { "there was none".to_owned() } else { format!("there are: {}", runs.join(", ")) };
        anyhow::bail!("{} has no run {run}; {known}", person.email);
    }
    let mut returned = Returned { run: run.to_owned(), ..Returned::default() };
    let (mut bar, mut done) = (Progress::new("Taking back"), 0);
    for batch in cards.chunks(IMPORT_BATCH) {
        for undone in access.undo_adoption(run, batch.to_vec()).await? {
            match undone {
                Undone::Restored(_) => returned.restored += 1,
                Undone::Removed(_) => returned.removed += 1,
                Undone::Before(_) => returned.already += 1,
                Undone::ChangedSince(card) => drop(returned.changed_since.insert(card.0)),
            }
        }
        done += batch.len();
        bar.set(done, cards.len());
    }
    bar.finish();
    if json {
        output::object(&returned)?;
        return Ok(Done::Whole);
    }
    let Returned { restored, removed, already, changed_since, .. } = &returned;
    output::line(&format!("Run {run}: {restored} as before, {removed} removed again, {already} undone earlier"))?;
    if !changed_since.is_empty() {
        let ids: Vec<String> = changed_since.iter().map(ToString::to_string).collect();
        output::line(&format!(
            "Changed since, and left as they are: {}; `bothways contacts history` shows their versions",
            ids.join(", ")
        ))?;
    }
    Ok(Done::Whole)
}

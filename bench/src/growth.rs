//! Whether anything gets slower as issues and events pile up: the same questions asked of three Workers with 1, 10 and
//! 100 times as much stored. They run side by side and are asked in turn, so that the machine's moods meet all three.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xtask::paths::Paths;
use xtask::worker::Worker;

use crate::database::Database;
use crate::meter;
use crate::questions::{
    MOST_MS_OF_VISITS, Question, ask, is_of_visits, meet_known_bugs, questions,
};
use crate::report::{Effort, Report};
use crate::seeded::{self, Size};
use crate::statistics::median;
use crate::table::thousands;
use crate::target;
use crate::visitor::Visitor;

const SIZES: [Size; 3] = [seeded::ONE, seeded::TEN, seeded::HUNDRED];

/// Not measured: caches fill, and code gets compiled.
const WARM_UP: usize = 3;
const ROUNDS: usize = 40;
const QUICK_ROUNDS: usize = 5;

/// Most that the largest may take of the smallest one's time. Not asked of what is added up of page views: its histograms fill
/// until they have all their buckets, and a few visits fill few. That has a bar of its own.
const MOST_RATIO: f64 = 1.5;

/// Most rows that a page may read: the free plan has 5 million a day.
const MOST_READ: f64 = 5_000.0;

/// One of the Workers.
struct Site {
    /// How much, in words.
    stored: String,
    worker: Worker,
    visitor: Visitor,
    questions: Vec<(&'static str, Question)>,
    next_number: u64,
    answers: Vec<Answers>,
}

/// To one question.
#[derive(Default, Clone)]
struct Answers {
    ms: Vec<f64>,
    rows_read: u64,
}

/// Measures, prints, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let rounds = effort.rounds(ROUNDS, QUICK_ROUNDS);
    let mut report = Report::new(
        paths,
        "growth",
        "Growth: the same questions with 1, 10 and 100 times as much stored",
    )?;
    let sites = SIZES.iter().map(|size| open(paths, size)).collect::<Result<Vec<_>>>()?;
    let mut sites: [Site; SIZES.len()] = sites.try_into().ok().context("a site a size")?;
    let count = sites.iter().map(|site| site.questions.len()).min().unwrap_or(0);
    for site in &sites {
        report.say(&site.stored);
    }
    report.say(format!("{count} questions in {rounds} rounds, medians."));
    for round in 0..WARM_UP + rounds {
        for index in 0..count {
            // None is always the one that is asked first.
            for turn in 0..SIZES.len() {
                let site = sites.get_mut((round + turn) % SIZES.len()).context("a site")?;
                let ms = site.ask(index)?;
                if round >= WARM_UP {
                    site.answers.get_mut(index).context("answers")?.ms.push(ms);
                }
            }
        }
    }
    for site in &mut sites {
        site.count_rows()?;
    }
    let questions = print(&sites, &mut report)?;
    report.finish(json!({ "questions": questions }))
}

fn open(paths: &Paths, size: &Size) -> Result<Site> {
    let state = seeded::state(paths, size)?;
    let name = format!("growth-{}", size.name);
    let worker = Worker::start(paths, &target::metered_options(paths, &name, &state))?;
    let visitor = Visitor::sign_in(&worker, seeded::PROJECT.0, seeded::PROJECT.1)?;
    let database = Database::open(&state)?;
    let issues = database.number("SELECT count(*) FROM issue")?;
    let events = database.number("SELECT coalesce(sum(events), 0) FROM event_group")?;
    ensure!(
        issues >= size.issues && events >= size.events,
        "the seed was to store {} issues and {} events",
        size.issues,
        size.events
    );
    let questions = questions(&visitor)?;
    let answers = vec![Answers::default(); questions.len()];
    let next_number = meet_known_bugs(&visitor)?;
    let stored = format!(
        "{}: {} issues, {} events, {} page views.",
        size.name,
        thousands(issues),
        thousands(events),
        thousands(size.page_views)
    );
    Ok(Site { stored, worker, visitor, questions, next_number, answers })
}

impl Site {
    fn ask(&mut self, index: usize) -> Result<f64> {
        let (name, question) = self.questions.get(index).context("a question")?;
        self.next_number += 1;
        let answer = ask(&self.visitor, question, self.next_number);
        Ok(answer.with_context(|| (*name).to_owned())?.ms)
    }

    /// Asks everything once more, and notes what the meter says of it.
    fn count_rows(&mut self) -> Result<()> {
        for index in 0..self.questions.len() {
            self.ask(index)?;
            let path = match self.questions.get(index) {
                Some((_, Question::Get(path))) => path,
                _ => self.visitor.envelope_path(),
            };
            let rows = meter::read(&self.worker)?.requests.get(path).copied();
            let rows = rows.with_context(|| format!("the meter has not seen {path}"))?;
            self.answers.get_mut(index).context("answers")?.rows_read = rows.read;
        }
        Ok(())
    }
}

fn print(sites: &[Site; SIZES.len()], report: &mut Report) -> Result<Vec<Value>> {
    let [smallest, .., largest] = sites;
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let (mut ratios, mut of_visits, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (name, question)) in smallest.questions.iter().enumerate() {
        let of = |site: &Site| site.answers.get(index).cloned().context("answers");
        let all = sites.iter().map(of).collect::<Result<Vec<_>>>()?;
        let ratio = median(&of(largest)?.ms) / median(&of(smallest)?.ms);
        let most_read = all.iter().map(|answers| answers.rows_read).max().unwrap_or(0);
        match question {
            Question::Get(path) if is_of_visits(path) => {
                of_visits.push(((*name).to_owned(), median(&of(largest)?.ms)));
            }
            _ => ratios.push(((*name).to_owned(), ratio)),
        }
        if matches!(question, Question::Get(_)) {
            read.push(((*name).to_owned(), f64::from(u32::try_from(most_read)?)));
        }
        let mut row = vec![(*name).to_owned()];
        row.extend(all.iter().map(|answers| format!("{:.1}", median(&answers.ms))));
        row.push(format!("{ratio:.2}"));
        row.extend(all.iter().map(|answers| thousands(answers.rows_read)));
        rows.push(row);
        figures.push(json!({
            "question": name, "ratio": ratio,
            "median_ms": all.iter().map(|answers| median(&answers.ms)).collect::<Vec<_>>(),
            "rows_read": all.iter().map(|answers| answers.rows_read).collect::<Vec<_>>(),
        }));
    }
    let headings = ["", "ms at 1x", "10x", "100x", "100x/1x", "rows read at 1x", "10x", "100x"];
    report.table("", &headings, &rows);
    report.none_above("time at 100x, of that at 1x", &ratios, MOST_RATIO);
    report.none_above("ms at 100x, of page views", &of_visits, MOST_MS_OF_VISITS);
    report.none_above("rows read by a page", &read, MOST_READ);
    Ok(figures)
}

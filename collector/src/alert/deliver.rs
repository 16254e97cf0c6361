//! Takes what is due, sends it, and writes back what became of it: after an event that changed an issue, and once a minute.

use futures_util::future::join_all;
use worker::Env;

use super::message::{Around, message};
use super::outbox::{self, DeliveryRow, Taken, Tried};
use super::rule::{self, Rule};
use super::send::{self, Verdict};
use super::{measure, threshold};
use crate::failure::Failure;
use crate::random;
use crate::read::{self, ProjectRow};
use crate::request::Incoming;
use crate::store::{Budget, Rows, Store};

/// Rounds of one run, each as long as the slowest receiver at most.
const ROUNDS: u32 = 4;

/// Queries of asking whether something is due.
const ASK_QUERIES: usize = 1;

/// Queries of a round: taking, the projects, and saying what became of it. A round that could not say it would be sent again.
const ROUND_QUERIES: usize = 8;

/// Queries of a database before its rounds: its schema and thresholds.
const OPEN_QUERIES: usize = 3;

/// Databases that one run looks at; more take turns. One of them is the one whose measures are looked at.
const DATABASES: u32 = 8;

/// An event has changed an issue: whoever is to be told is told as soon as the event was answered. `budget` is what the request
/// has left.
pub fn follow_up(incoming: &Incoming, database: u32, budget: Budget) {
    let (env, now_ms) = (incoming.env.clone(), incoming.now_ms);
    incoming.context.wait_until(async move { after_event(&env, database, &budget, now_ms).await });
}

/// The same, where there is no request. What is left when the budget is spent is the cron's.
pub async fn after_event(env: &Env, database: u32, budget: &Budget, now_ms: i64) {
    let sent = async {
        let store = Store::open_database(env, database, now_ms).await?;
        rounds(env, &store, budget, now_ms).await
    };
    if let Err(error) = sent.await {
        worker::console_error!("alerts wait for the next run: {}", error);
    }
}

/// The cron: thresholds of every database, then what is due, then what the rules of one database measure. One that does not answer
/// keeps no other waiting.
///
/// # Errors
/// The first that a database answered; what was taken is taken again later.
pub async fn run(env: &Env, now_ms: i64) -> Result<(), Failure> {
    let databases = Store::databases(env);
    let first = u32::try_from(now_ms / 60_000 % i64::from(databases)).unwrap_or(0);
    let (budget, mut stores, mut done) = (Budget::of_a_request(), Vec::new(), Ok(()));
    for index in 0..databases.min(DATABASES) {
        if !budget.spend(OPEN_QUERIES) {
            break;
        }
        match look(env, (first + index) % databases, now_ms).await {
            Ok(store) => stores.push(store),
            Err(error) => done = done.and(Err(error)),
        }
    }
    for store in &stores {
        done = done.and(rounds(env, store, &budget, now_ms).await);
    }
    // Last: it reads the most, and keeps no message waiting if it takes too long. What it finds is told if there are queries left.
    if let (Some(store), true) = (stores.first(), budget.spend(measure::QUERIES)) {
        done = done.and(measure::look(store, now_ms).await.map_err(Failure::from));
        done = done.and(rounds(env, store, &budget, now_ms).await);
    }
    done
}

async fn look(env: &Env, database: u32, now_ms: i64) -> Result<Store, Failure> {
    let store = Store::open_database(env, database, now_ms).await?;
    store.write(|_| vec![threshold::look(now_ms)]).await?;
    Ok(store)
}

/// Until nothing is due.
async fn rounds(env: &Env, store: &Store, budget: &Budget, now_ms: i64) -> Result<(), Failure> {
    for round in 0..ROUNDS {
        // A round may have taken as long as its slowest receiver.
        let now_ms = if round == 0 { now_ms } else { crate::now_ms() };
        if !budget.spend(ASK_QUERIES)
            || store.read(&outbox::is_due(now_ms)).await?.first::<Due>()?.is_none()
            || !budget.spend(ROUND_QUERIES)
        {
            break;
        }
        // The same on every try: what a try took whose answer was lost is found again.
        let claim = random::nonce();
        let rows = store.write(|_| outbox::take(claim, now_ms).into()).await?;
        let taken: Vec<Taken> = rows.last().map(Rows::all).transpose()?.unwrap_or_default();
        send_all(env, store, claim, &taken, now_ms).await?;
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Due {}

/// Sends a test of a rule, and waits for its answer: the message as it ended. `None` if there is no such rule.
///
/// # Errors
/// When the database does not answer.
pub async fn test(
    env: &Env,
    store: &Store,
    rule_id: i64,
    project_id: u32,
    now_ms: i64,
) -> Result<Option<DeliveryRow>, Failure> {
    let claim = random::nonce();
    let statements =
        || vec![outbox::test(rule_id, project_id, claim, now_ms), outbox::taken(claim)];
    let rows = store.write(|_| statements()).await?;
    let taken: Vec<Taken> = rows.last().map(Rows::all).transpose()?.unwrap_or_default();
    send_all(env, store, claim, &taken, now_ms).await?;
    Ok(store.read(&outbox::tested(rule_id, claim)).await?.first()?)
}

async fn send_all(
    env: &Env,
    store: &Store,
    claim: i64,
    taken: &[Taken],
    now_ms: i64,
) -> Result<(), Failure> {
    if taken.is_empty() {
        return Ok(());
    }
    let people = Store::open(env, now_ms).await?;
    let projects: Vec<ProjectRow> = people.read(&read::projects()).await?.all()?;
    let tried = join_all(taken.iter().map(|one| attempt(env, &projects, one, now_ms))).await;
    store.write(|_| vec![outbox::finish(claim, &tried)]).await?;
    Ok(())
}

async fn attempt(env: &Env, projects: &[ProjectRow], taken: &Taken, now_ms: i64) -> Tried {
    let rule: Rule = rule::parse(&taken.settings);
    let project = projects.iter().find(|project| project.id == taken.project_id);
    let text = |of: fn(&ProjectRow) -> &String| project.map(of).cloned().unwrap_or_default();
    let around = Around {
        project: text(|project| &project.name),
        slug: text(|project| &project.slug),
        prefix: text(|project| &project.short_prefix),
        origin: origin(&taken.origin, &host(env)),
    };
    let message = message(taken, &rule, &around);
    let answer = send::send(env, &rule, &taken.secret, &message, now_ms).await;
    let (state, next_ms) = match send::verdict(&answer, taken.attempts) {
        Verdict::Delivered => (1, 0),
        // Somebody waits for a test, and sees why it failed.
        Verdict::Again(pause_ms) if taken.kind != "test" => (0, now_ms + pause_ms),
        _ => (2, 0),
    };
    Tried {
        rule_id: taken.rule_id,
        kind: taken.kind.clone(),
        number: taken.number,
        at_ms: taken.at_ms,
        state,
        next_ms,
        status: answer.status,
        answer: answer.words,
    }
}

fn host(env: &Env) -> String {
    env.var("DASHBOARD_HOST").map(|host| host.to_string()).unwrap_or_default()
}

/// Of the dashboard: as whoever saved the rule saw it, unless it has moved since.
fn origin(saved: &str, host: &str) -> String {
    let is_there =
        host.is_empty() || saved.split_once("://").is_some_and(|(_, known)| known == host);
    if is_there { saved.to_owned() } else { format!("https://{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Commit, Hints, Sender, digest, plan};
    use crate::sql::test_db::thrown;
    use crate::symbolicate;
    use trapline_core::event::{Exception, User};

    #[test]
    fn the_event_that_makes_an_issue_leaves_queries_to_tell_of_it() {
        let exception = Exception { kind: "TypeError".into(), ..Exception::default() };
        let mut event = thrown(1, exception);
        event.user = User { id: Some("jo".into()), ..User::default() };
        (event.release, event.environment) = (Some("shop@1".into()), Some("production".into()));
        let commit = Commit { project_id: 1, nonce: 1, now_ms: 1, sender: Sender::default() };
        let statements = plan(&digest(1, event), &commit, Hints::default()).statements.len();
        let budget = Budget::of_a_request();
        assert!(budget.spend(symbolicate::QUERIES) && budget.spend(statements), "{statements}");
        for round in 0..2 {
            assert!(budget.spend(ASK_QUERIES + ROUND_QUERIES), "{round} after {statements}");
        }
    }

    #[test]
    fn a_run_that_sends_nothing_has_queries_for_measures() {
        let budget = Budget::of_a_request();
        for _ in 0..DATABASES {
            assert!(budget.spend(OPEN_QUERIES + ASK_QUERIES));
        }
        assert!(budget.spend(measure::QUERIES));
        let one = Budget::of_a_request();
        assert!(one.spend(OPEN_QUERIES + ASK_QUERIES + measure::QUERIES));
        assert!(one.spend(ASK_QUERIES + ROUND_QUERIES), "and tells what it has found");
    }

    #[test]
    fn links_lead_to_where_the_dashboard_is() {
        for (saved, host, expected) in [
            ("http://localhost:8787", "localhost:8787", "http://localhost:8787"),
            ("https://a.test", "", "https://a.test"),
            ("https://a.test", "b.test", "https://b.test"),
            ("", "b.test", "https://b.test"),
        ] {
            assert_eq!(origin(saved, host), expected);
        }
    }
}

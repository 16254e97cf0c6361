use super::*;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::TestDb;
use trapline_core::event::User;

fn store(db: &TestDb, id: u32, message: &str, user: User) {
    let event = Event {
        event_id: format!("{id:032x}"),
        claimed_ms: 1_800_000_000_000,
        received_ms: 1_800_000_000_000,
        message: Some(message.into()),
        count: 1,
        user,
        ..Event::default()
    };
    let commit =
        Commit { project_id: 1, nonce: i64::from(id), now_ms: 1, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

fn user(id: &str, email: &str) -> User {
    User { id: Some(id.into()), email: Some(email.into()), ..User::default() }
}

/// All steps, as [`run`] does them.
fn run_all(db: &TestDb, name: &str) {
    db.batch(&ask(1, name, 7));
    let mut erasure = Erasure { project_id: 1, user: name.into(), place: String::new() };
    loop {
        let rows = db.rows(&groups(1, &erasure.place));
        let rows: Vec<_> = rows
            .iter()
            .map(|row| GroupBytes { hash: row[0].clone(), bytes: row[1].parse().unwrap() })
            .collect();
        // One at a time, to see that the place is kept.
        let Some(first) = within(rows).into_iter().next() else { break };
        let kept = db.rows(&read::kept(1, &[record(&first).unwrap()]));
        let slots: Vec<i64> = kept.iter().map(|row| row[3].parse().unwrap()).collect();
        let read = db.rows(&bodies(1, &slots));
        let read: Vec<_> = read
            .iter()
            .map(|row| BodyInSlot { slot: row[0].parse().unwrap(), bytes: row[1].clone() })
            .collect();
        db.batch(&erase(&erasure, std::slice::from_ref(&first), &Found::of(&read, name)));
        erasure.place = db.rows(&next())[0][2].clone();
        assert_eq!(erasure.place, first);
    }
    db.batch(&[done(1, name)]);
}

#[test]
fn a_user_goes_and_counts_stay() {
    for name in ["jo", "jo@shop.test"] {
        let db = TestDb::with_project();
        store(&db, 1, "a", user("jo", "jo@shop.test"));
        store(&db, 2, "a", user("mara", "mara@shop.test"));
        store(&db, 3, "b", user("jo", "jo@shop.test"));
        let sums = "SELECT sum(events) * 100 + sum(users) FROM event_group";
        let before = db.number(sums);
        run_all(&db, name);
        assert_eq!(db.number("SELECT count(*) FROM body"), 1, "{name}");
        let known = "SELECT count(*) FROM event WHERE user_hash IS NOT NULL";
        assert_eq!(db.number(known), 1, "{name}");
        let hash = hex(&owner_hash("jo"));
        let rows = format!("SELECT count(*) FROM group_user WHERE user_hash = x'{hash}'");
        assert_eq!(db.number(&rows), 0, "{name}");
        assert_eq!(db.number("SELECT count(*) FROM group_user"), 3);
        assert_eq!((db.number("SELECT count(*) FROM event"), db.number(sums)), (3, before));
        assert_eq!(db.number("SELECT count(*) FROM erasure"), 0);
    }
}

#[test]
fn a_step_is_bounded_by_its_bytes() {
    let row = |hash: &str, bytes| GroupBytes { hash: hash.into(), bytes };
    let large = vec![row("a", 3_000_000), row("b", 1)];
    assert_eq!(within(large), ["a"]);
    let small = vec![row("a", 0), row("b", 1_500_000), row("c", 600_000)];
    assert_eq!(within(small), ["a", "b"]);
}

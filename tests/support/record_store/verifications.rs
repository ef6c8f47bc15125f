//! That a verification is used once, in time, and by whom and for what it was made.

use jiff::{SignedDuration, Timestamp};
use tellonce::domain::{ChangeKind, LimitReached, VerificationFault};
use tellonce::ledger::{Append, Draft, Event, Limit, LimitKind, Query, RecordStore, Subject};

use super::bench::{Bench, append, append_all, append_within, matching, read};
use super::drafts::{BACKEND, OTHER_BACKEND, customer_limit, ids, pruned, shown, subject};
use super::verification_drafts::{using, verification_limit, verified};
use super::{Checked, Failure, ensure, same};

const USED: Option<LimitReached> = Some(LimitReached::Verification(VerificationFault::Used));
const RAN_OUT: Option<LimitReached> = Some(LimitReached::Verification(VerificationFault::RanOut));
const NOT_THEIRS: Option<LimitReached> = Some(LimitReached::Verification(VerificationFault::NotTheirs));

fn in_an_hour(bench: &Bench<'_>) -> Timestamp {
    bench.now() + SignedDuration::from_hours(1)
}

/// Asks for a reset with this verification.
async fn ask(store: &dyn RecordStore, attempt: &str, verification: &str) -> Checked<Option<LimitReached>> {
    let limits = vec![verification_limit(verification)];
    Ok(append_within(store, using(attempt, verification), limits).await?.refused)
}

async fn intents(store: &dyn RecordStore) -> Checked<usize> {
    Ok(matching(store, &Query { event: Some("intent"), ..Query::default() }).await?.len())
}

pub async fn used_once(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    append(&*store, verified("v", in_an_hour(bench))).await?;
    same(&store.is_used("v").await?, &false, "a verification that no intent names is used")?;
    same(&ask(&*store, "a", "v").await?, &None, "the first intent with a verification was refused")?;
    for handle in [&store, &other] {
        same(&handle.is_used("v").await?, &true, "a verification that an intent names is not used")?;
        same(&handle.is_used("w").await?, &false, "a verification that is not there is used")?;
    }
    let second = append_within(&*other, using("b", "v"), vec![verification_limit("v")]).await?;
    same(&second.refused, &USED, "a second intent used a verification")?;
    let event = Event::Refused { limit: LimitKind::VerificationUsed, count: 1, most: 1 };
    let refusal = Draft { event, ..using("b", "v") };
    same(&read(&second.record)?.draft, &refusal, "the refusal does not say who was refused, and why")?;
    append(&*store, shown("a")).await?;
    bench.advance_hours(30);
    same(&ask(&*store, "c", "v").await?, &USED, "a verification can be used again once its attempt has ended")?;
    same(&intents(&*store).await?, &1, "an intent that was refused was appended")
}

pub async fn used_once_within_one_append(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let within = |attempt: &str| Append { limits: vec![verification_limit("v")], ..Append::from(using(attempt, "v")) };
    let appends = vec![verified("v", in_an_hour(bench)).into(), within("a"), within("b"), within("a")];
    let refused: Vec<_> = store.append(appends).await?.into_iter().map(|appended| appended.refused).collect();
    same(&refused, &vec![None, None, USED, None], "two intents in one append used a verification")
}

pub async fn used_by_one_of_many(bench: &Bench<'_>) -> Checked {
    for _ in 0..4 {
        let bench = bench.another();
        append(&*bench.open().await?, verified("v", in_an_hour(&bench))).await?;
        let race = async |index: usize, store: &dyn RecordStore| ask(store, &format!("a-{index}"), "v").await;
        let refused = bench.in_threads(16, race)?;
        let through = refused.iter().filter(|refused| refused.is_none()).count();
        same(&through, &1, "of 16 intents with one verification at once, another number got through")?;
        ensure(refused.iter().all(|refused| refused.is_none() || *refused == USED), || {
            format!("an intent that came second was refused for something else: {refused:?}")
        })?;
        same(&intents(&*bench.open().await?).await?, &1, "another number of intents is kept than got through")?;
    }
    Ok(())
}

pub async fn in_time(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append_all(&*store, vec![verified("v", in_an_hour(bench)), verified("w", in_an_hour(bench))]).await?;
    bench.advance(SignedDuration::from_hours(1) - SignedDuration::from_micros(1));
    same(&ask(&*store, "a", "v").await?, &None, "a verification was refused before its time ran out")?;
    bench.advance(SignedDuration::from_micros(1));
    let late = append_within(&*store, using("b", "w"), vec![verification_limit("w")]).await?;
    same(&late.refused, &RAN_OUT, "a verification was used when its time had run out")?;
    let event = Event::Refused { limit: LimitKind::VerificationRanOut, count: 1, most: 1 };
    same(&read(&late.record)?.draft.event, &event, "the refusal does not say that the time ran out")?;
    bench.advance_hours(-3);
    same(&ask(&*store, "c", "w").await?, &RAN_OUT, "a clock that was set back makes an old verification valid again")?;
    same(&ask(&*store, "d", "v").await?, &USED, "a verification that was used and is old is not said to be used")
}

pub async fn theirs_alone(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, verified("v", in_an_hour(bench))).await?;
    let limit = |id: &str, subject: Subject, agent: &str, purpose: ChangeKind| Limit::Verification {
        id: id.to_owned(),
        subject,
        agent: agent.to_owned(),
        purpose,
    };
    let of = |users: &[&str], customers: &[&str], backend: &str| Subject {
        users: ids(users),
        customers: ids(customers),
        backend_ids: ids(&[backend]),
    };
    let (sam, reset) = ("sam", ChangeKind::Reset);
    for (words, limit) in [
        ("another agent", limit("v", subject(), "kim", reset)),
        ("an agent with another case", limit("v", subject(), "Sam", reset)),
        ("another purpose", limit("v", subject(), sam, ChangeKind::Unlocking)),
        ("a withdrawal", limit("v", subject(), sam, ChangeKind::Withdrawal)),
        ("another user of the same customer", limit("v", of(&["u-2"], &["C-1"], BACKEND), sam, reset)),
        ("another customer and user", limit("v", of(&["u-2"], &["C-2"], BACKEND), sam, reset)),
        ("the customer without their user", limit("v", of(&[], &["C-1"], BACKEND), sam, reset)),
        ("another backend", limit("v", of(&["u-1"], &["C-1"], OTHER_BACKEND), sam, reset)),
        ("no backend", limit("v", Subject { backend_ids: Vec::new(), ..subject() }, sam, reset)),
        ("an id that is not there", limit("w", subject(), sam, reset)),
        ("no id", limit("", subject(), sam, reset)),
        ("the id of something else", limit(words_attempt(), subject(), sam, reset)),
    ] {
        if words == "the id of something else" {
            append(&*store, shown(words_attempt())).await?;
        }
        let refused = append_within(&*store, using(words, "v"), vec![limit]).await?;
        same(&refused.refused, &NOT_THEIRS, &format!("a verification was used by, or for, {words}"))?;
        let event = Event::Refused { limit: LimitKind::VerificationNotTheirs, count: 1, most: 1 };
        same(&read(&refused.record)?.draft.event, &event, "the refusal does not say that it is not theirs")?;
    }
    same(&store.is_used("v").await?, &false, "a verification that was not theirs is used")?;
    let renamed = limit("v", of(&["u-0", "u-1"], &["C-9"], BACKEND), sam, reset);
    let fits = append_within(&*store, using("renamed", "v"), vec![renamed]).await?;
    same(&fits.refused, &None, "a user with another id beside the one of the verification was refused")
}

/// An attempt with a record that is no verification.
const fn words_attempt() -> &'static str {
    "shown-attempt"
}

pub async fn of_a_customer_without_a_user(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, Draft { user: None, ..verified("v", in_an_hour(bench)) }).await?;
    let limit = |users: &[&str], customers: &[&str]| {
        let Limit::Verification { id, agent, purpose, .. } = verification_limit("v") else {
            return Err(Failure("the limit of a verification is another".to_owned()));
        };
        let subject = Subject { users: ids(users), customers: ids(customers), ..subject() };
        Ok(Limit::Verification { id, agent, purpose, subject })
    };
    for (users, customers) in [(vec!["u-1"], vec!["C-1"]), (vec![], vec!["C-2"]), (vec![], vec![])] {
        let attempt = format!("{users:?} {customers:?}");
        let refused = append_within(&*store, using(&attempt, "v"), vec![limit(&users, &customers)?]).await?;
        let words = format!("the verification of C-1, who had no user, was used for {attempt}");
        same(&refused.refused, &NOT_THEIRS, &words)?;
    }
    let fits = append_within(&*store, using("a", "v"), vec![limit(&[], &["C-0", "C-1"])?]).await?;
    same(&fits.refused, &None, "the verification of a customer without a user was refused for them")
}

pub async fn not_by_a_refused_intent(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, verified("v", in_an_hour(bench))).await?;
    for (attempt, limits) in [
        ("a", vec![customer_limit(0), verification_limit("v")]),
        ("b", vec![verification_limit("v"), customer_limit(0)]),
    ] {
        let refused = append_within(&*store, using(attempt, "v"), limits).await?.refused;
        let reached = Some(LimitReached::Customer { count: 0, most: 0 });
        same(&refused, &reached, "the limit of the customer did not refuse")?;
        same(&store.is_used("v").await?, &false, "an intent that another limit refused used its verification")?;
    }
    same(&ask(&*store, "c", "v").await?, &None, "a verification that a refused intent named cannot be used")
}

pub async fn sent_again(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    append(&*store, verified("v", in_an_hour(bench))).await?;
    let first = append_within(&*store, using("a", "v"), vec![verification_limit("v")]).await?;
    bench.advance_hours(5);
    let again = append_within(&*other, using("a", "v"), vec![verification_limit("v")]).await?;
    same(&again, &first, "an intent that was sent again found its own verification used, or too old")
}

pub async fn forgotten_with_the_record(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, verified("v", in_an_hour(bench))).await?;
    same(&ask(&*store, "a", "v").await?, &None, "the first intent with a verification was refused")?;
    append(&*store, shown("a")).await?;
    bench.advance_hours(2);
    append(&*store, verified("w", in_an_hour(bench))).await?;
    same(&ask(&*store, "b", "w").await?, &None, "another verification was refused")?;
    append(&*store, shown("b")).await?;
    let checkpoint = store.prune(bench.now() - SignedDuration::from_hours(1), pruned("p")).await?;
    same(&checkpoint.map(|head| head.number), &Some(3), "a prune removed other records")?;
    same(&store.is_used("v").await?, &false, "a use is kept whose record was removed")?;
    same(&store.is_used("w").await?, &true, "a prune forgot a use whose record is there")?;
    same(&ask(&*store, "c", "v").await?, &NOT_THEIRS, "a verification was used whose record was removed")
}

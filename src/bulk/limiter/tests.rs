#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use futures_util::future::join_all;

use super::*;
use crate::domain::{Kind, Reason};

const WAIT: Duration = Duration::from_mins(5);

fn busy() -> Error {
    Error::new(Kind::Unavailable, Reason::Throttled, "Too many requests.")
}

/// A clock of its own: waiting takes no time.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn it_is_halved_once_for_calls_that_were_refused_together_and_grows_when_it_is_quiet() {
    at_once(async {
        let limiter = Limiter::new(8, WAIT);
        let tries = Cell::new(0);
        let calls = (0..8).map(|_| {
            limiter.call(async || {
                tries.set(tries.get() + 1);
                tokio::task::yield_now().await;
                if tries.get() <= 8 { Err(busy()) } else { Ok(()) }
            })
        });
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        assert_eq!(limiter.limit(), 4);
        assert_eq!(limiter.refused_of(), (8, 16));
        for _ in 0..20 {
            tokio::time::advance(QUIET).await;
            limiter.call(async || Ok::<_, Error>(())).await.unwrap();
        }
        assert_eq!(limiter.limit(), 8, "and no more than it began with");
    });
}

#[test]
fn it_waits_as_long_as_it_is_asked_to_but_not_for_ever() {
    at_once(async {
        let limiter = Limiter::new(2, WAIT);
        for (asked, waited) in [(7, 7), (3600, 30)] {
            let started = Instant::now();
            let first = Cell::new(true);
            limiter
                .call(
                    async || {
                        if first.replace(false) { Err(busy().retry_after(Duration::from_secs(asked))) } else { Ok(()) }
                    },
                )
                .await
                .unwrap();
            assert_eq!(started.elapsed().as_secs(), waited);
        }
    });
}

#[test]
fn what_may_have_changed_something_is_not_tried_again() {
    at_once(async {
        let limiter = Limiter::new(2, WAIT);
        let tries = Cell::new(0);
        let failed = limiter
            .call(async || {
                tries.set(tries.get() + 1);
                Err::<(), _>(Error::unavailable("The answer was lost.").answer_lost())
            })
            .await;
        assert!(failed.is_err());
        assert_eq!((tries.get(), limiter.limit()), (1, 1), "but it is slowed down for it");
        assert_eq!(limiter.refused_of(), (0, 1));
    });
}

#[test]
fn never_more_at_once_than_the_limit_and_a_gone_backend_is_known_as_such() {
    at_once(async {
        let limiter = Limiter::new(3, WAIT);
        let (now, most) = (Cell::new(0), Cell::new(0));
        let calls = (0..20).map(|_| {
            limiter.call(async || {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                tokio::time::sleep(Duration::from_millis(10)).await;
                now.set(now.get() - 1);
                Ok::<_, Error>(())
            })
        });
        join_all(calls).await;
        assert_eq!(most.get(), 3);
        assert!(limiter.down().is_none());
        let gone = limiter.call(async || Err::<(), _>(Error::unavailable("Nobody answers."))).await;
        assert!(gone.is_err());
        let (since, words) = limiter.down().unwrap();
        assert!(since > Duration::ZERO && words == "Nobody answers.");
        limiter.call(async || Ok::<_, Error>(())).await.unwrap();
        assert!(limiter.down().is_none());
    });
}

#[test]
fn after_a_set_it_is_tried_for_as_long_as_the_backend_is_waited_for() {
    at_once(async {
        let limiter = Limiter::new(2, WAIT);
        let started = Instant::now();
        let back = started + WAIT - Duration::from_secs(40);
        let gone = || Error::unavailable("Nobody answers.");
        let read = limiter.insist(async || if Instant::now() < back { Err(gone()) } else { Ok(()) }).await;
        assert!(read.is_ok() && started.elapsed() < WAIT);
        let started = Instant::now();
        assert!(limiter.insist(async || Err::<(), _>(gone())).await.is_err());
        assert!(started.elapsed() >= WAIT);
        limiter.end();
        let tries = Cell::new(0);
        let last = limiter.insist(async || {
            tries.set(tries.get() + 1);
            Err::<(), _>(gone())
        });
        assert!(last.await.is_err());
        assert_eq!(tries.get(), 1, "a run that is ending waits for nobody");
    });
}

#[test]
fn a_change_that_gets_no_turn_in_time_is_not_sent_and_may_be_tried_again() {
    at_once(async {
        let limiter = Limiter::new(1, WAIT);
        let sent = Cell::new(0);
        let busy = async || {
            sent.set(sent.get() + 1);
            let wait = Duration::from_hours(1);
            Err::<(), _>(Error::new(Kind::Unavailable, Reason::Throttled, "Too many requests.").retry_after(wait))
        };
        let started = Instant::now();
        let failure = limiter.change(busy).await.unwrap_err();
        assert_eq!((sent.get(), started.elapsed()), (2, SENT_WITHIN), "at once, and after thirty seconds");
        assert!(failure.is_passing() && failure.message.contains("Too many requests."), "{failure}");
    });
}

#[test]
fn a_call_that_is_given_up_while_it_waits_is_not_counted_any_more() {
    at_once(async {
        let limiter = Limiter::new(1, WAIT);
        let holds = limiter.acquire().await;
        let waits = tokio::time::timeout(Duration::from_secs(1), limiter.call(async || Ok::<_, Error>(())));
        assert!(waits.await.is_err());
        assert_eq!(limiter.at_backend(), 1, "the one that holds the only place");
        drop(holds);
        assert_eq!(limiter.at_backend(), 0);
    });
}

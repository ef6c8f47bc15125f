//! Cases of one test that wait for servers and time limits more than they compute.

use std::sync::Mutex;

/// How many cases run at once. They wait most of the time, so there are more of them than processors.
const AT_ONCE: usize = 8;

/// Runs the cases on a few threads. The test fails if one of them fails.
pub fn for_each_concurrently<T: Send>(cases: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    let cases = Mutex::new(cases.into_iter().collect::<Vec<_>>().into_iter());
    // A function of its own, so that the lock is released before the case runs.
    let next = || cases.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    run(case);
                }
            });
        }
    });
}

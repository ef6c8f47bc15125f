//! What a store can get wrong.

/// One thing that the store gets wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Acknowledges the last record of an append of several, and does not keep it.
    LosesRecords,
    /// Keeps the records of one append in the reverse order.
    Reorders,
    /// Lets readers in between the records of one append.
    AppendsInParts,
    /// Appends an event again that the attempt has.
    ForgetsIdempotence,
    /// Checks the limits of an intent again that was refused.
    ForgetsRefusals,
    /// Gives each record the time of the clock, which may have been set back.
    LetsTimeFall,
    /// Counts for a limit before it has the lock under which it appends.
    CountsOutside,
    /// Counts the row that is going on.
    IgnoresExcept,
    /// Counts each attempt of a row that was retried.
    CountsRetries,
    /// Counts a reset that is exactly as old as the limit looks back.
    CountsTheBoundary,
    /// Counts attempts that changed nothing.
    CountsFailures,
    /// Lets what a later command found decide, though the attempt's own end came.
    LetsRecoveryWin,
    /// Counts the resets at other backends.
    CountsOtherBackends,
    /// Takes the hash of the body alone.
    WrongHash,
    /// Keeps a body as another JSON text that says the same.
    RewritesBodies,
    /// Returns no attempt without an end.
    ForgetsOpenAttempts,
    /// Returns nothing of what was issued and is outstanding.
    ForgetsWhatWasIssued,
    /// Takes a lease for live after its handle was closed.
    KeepsLeases,
    /// Removes the records of an attempt without an end.
    PruneCutsOpenAttempts,
    /// Numbers records by how many there are.
    PruneStartsNumbersAgain,
    /// Leaves no checkpoint.
    PruneLeavesNoCheckpoint,
    /// Leaves the first record of each page but the first out.
    PagesSkipOne,
    /// Leaves records of the time `until` in.
    UntilIsInclusive,
    /// Has another key of pseudonyms in each handle.
    ChangesTheKey,
    /// Counts codes that were right as wrong ones.
    CountsRightCodes,
    /// Lets a second intent use a verification.
    UsesVerificationsTwice,
    /// Lets an agent use the verification of another.
    IgnoresTheAgent,
    /// Lets a verification be used for another kind of change.
    IgnoresThePurpose,
    /// Lets a verification be used whose time has run out.
    LetsOldVerificationsThrough,
    /// Queues the notices of a record that a limit refused.
    QueuesInSpiteOfRefusals,
    /// Hands a notice to whoever asks, though another has just taken it.
    HandsNoticesToTwo,
    /// Gives a notice that was taken to nobody again.
    NeverGivesNoticesAgain,
    /// Acknowledges the record of a finished notice, and does not keep it.
    LosesTheEndOfNotices,
}

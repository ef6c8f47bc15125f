# Times for the agent. $time is 18:10, $date is 2026-11-29.

time-today = today { $time }
time-tomorrow = tomorrow { $time }
time-yesterday = yesterday { $time }
time-on = { $date } { $time }
# $moment: one of those above; $left: one of those below.
time-until = { $moment } ({ $left })
left-seconds =
    { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
left-minutes =
    { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
left-hours =
    { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }
left-days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }
left-none = over

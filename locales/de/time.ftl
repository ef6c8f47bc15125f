# Zeiten für den Support. $time ist 18:10, $date ist 2026-11-29.

time-today = heute, { $time } Uhr
time-tomorrow = morgen, { $time } Uhr
time-yesterday = gestern, { $time } Uhr
time-on = { $date }, { $time } Uhr
time-until = { $moment } ({ $left })
left-seconds =
    { $count ->
        [one] noch 1 Sekunde
       *[other] noch { $count } Sekunden
    }
left-minutes =
    { $count ->
        [one] noch 1 Minute
       *[other] noch { $count } Minuten
    }
left-hours =
    { $count ->
        [one] noch 1 Stunde
       *[other] noch { $count } Stunden
    }
left-days =
    { $count ->
        [one] noch 1 Tag
       *[other] noch { $count } Tage
    }
left-none = abgelaufen

# Die Mitteilung, dass der Support etwas geändert hat. Die Variablen stehen in ../en/notice.ftl.

notice-set-subject = { $desk }: Für Sie wurde ein temporäres Passwort gesetzt
notice-set = { $desk } hat am { $when } ein temporäres Passwort für Sie gesetzt.
notice-created-subject = { $desk }: Für Sie wurde ein Benutzerkonto angelegt
notice-created = { $desk } hat am { $when } ein Benutzerkonto für Sie angelegt und ein temporäres Passwort gesetzt.
notice-withdrawn-subject = { $desk }: Ihr temporäres Passwort wurde zurückgezogen
notice-withdrawn = { $desk } hat am { $when } Ihr temporäres Passwort zurückgezogen. Es funktioniert nicht mehr.
notice-unlocked-subject = { $desk }: Ihre Sperre wurde aufgehoben
notice-unlocked = { $desk } hat am { $when } die Sperre Ihres Benutzerkontos aufgehoben.
notice-agent = Bearbeitet von { $agent }.
notice-not-you = Waren Sie das nicht? Rufen Sie bitte an: { $call }.

moment =
    { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year } um { $time } Uhr ({ $zone })

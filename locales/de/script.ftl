# Was am Support-Platz neben dem temporären Passwort und danach zu lesen ist. Die Variablen stehen in ../en/script.ftl.

script-note-it = Notieren Sie es, solange Sie es sehen: Es lässt sich nicht noch einmal anzeigen.
script-gone = Das Passwort ist nicht mehr auf dem Bildschirm und lässt sich nicht noch einmal anzeigen.
script-pass-on = Es wird nicht per E-Mail verschickt: Geben Sie es selbst an die Kundin oder den Kunden weiter.
script-enter-on-page = Auf der ersten Anmeldeseite ist es genau so einzugeben: Großbuchstaben und Bindestriche zählen.
script-enter-in-program = Bei der Anmeldung ist es genau so einzugeben: Großbuchstaben und Bindestriche zählen.
script-choose = Danach wählt die Kundin oder der Kunde ein eigenes Passwort, das Sie nicht erfahren dürfen. { $rules }
script-confirm-on-page = Mit einem Klick auf „Update Password“ ist die Anmeldung abgeschlossen.
script-confirm-in-program = Ist es bestätigt, ist die Anmeldung abgeschlossen.
script-old-and-mail-refused = Bis dahin funktionieren weder alte Passwörter noch das Zurücksetzen per E-Mail.
script-old-refused = Bis dahin funktioniert das alte Passwort nicht.
script-if-lost = Geht es verloren, stellen Sie ein neues aus: Nur das neueste funktioniert.
script-sessions-left =
    { $count ->
        [one] Eine Sitzung ließ sich nicht beenden und läuft weiter: Bitten Sie die Administration, sie zu beenden, und die Kundin oder den Kunden, sich überall abzumelden.
       *[other] { $count } Sitzungen ließen sich nicht beenden und laufen weiter: Bitten Sie die Administration, sie zu beenden, und die Kundin oder den Kunden, sich überall abzumelden.
    }

script-rules-all = Die Regeln: { $rules }.
script-rules-none = Dafür gibt es keine Regeln.
script-rules-unreadable = Die Regeln lassen sich hier nicht lesen.
script-rules-unreadable-on-page = Die Regeln lassen sich hier nicht lesen; die Anmeldeseite nennt die Regel, die nicht eingehalten ist.
script-rules-in-part = Die Regeln, mindestens diese: { $rules }. Es können weitere gelten.
script-rules-in-part-on-page = Die Regeln, mindestens diese: { $rules }. Die Anmeldeseite nennt jede weitere, die nicht eingehalten ist.

script-tell-customer = Bitten Sie die Kundin oder den Kunden, Folgendes zu beachten: { $notes }.
gap-temporary-may-be-kept = ein anderes Passwort als das temporäre wählen
gap-self-service-while-pending = bis dahin kein Zurücksetzen per E-Mail anfordern
gap-sessions-go-on = sich überall abmelden, denn offene Sitzungen bleiben offen
gap-open-form-outlives = alle Anmeldeseiten schließen, die vorher geöffnet wurden
gap-no-self-service = wieder anrufen, falls das neue Passwort vergessen wird, denn ein Zurücksetzen per E-Mail gibt es nicht

proof-restricted = Nicht bestätigt: Eine Anmeldung damit wurde gerade abgewiesen ({ $word }). Die Kundin oder den Kunden trifft das womöglich auch.
proof-not-tried = Nicht durch eine Anmeldung geprüft: { $why }.

reveal-title = Temporäres Passwort für { $customer }
reveal-valid-until = Gültig bis { $until }.
reveal-never-runs-out = Es läuft nicht von selbst ab.
countdown-full = Noch { $left }.  Enter oder q, sobald Sie es notiert haben; Leertaste für mehr Zeit.
countdown-without-space = Noch { $left }.  Enter oder q, sobald Sie es notiert haben.
countdown-short = Noch { $left }. q: fertig, Leertaste: mehr Zeit.
countdown-shorter = Noch { $left }. q: fertig
countdown-shortest = { $left } q: fertig
dismiss-full = Enter oder q, sobald Sie es notiert haben.
dismiss-short = Enter oder q: fertig

after-user-created = Benutzerkonto angelegt.
after-status = Status von { $customer }: { $status }.
after-sign-in = Anmeldename: { $username }. Wann die Anmeldung gelungen ist, zeigt: { $command }

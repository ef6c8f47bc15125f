# Die Nachricht mit dem Wiederherstellungscode. Die Variablen stehen in ../en/code.ftl.

code-email-subject = Ihr Wiederherstellungscode von { $desk }
code-email-body =
    { $desk } möchte sich vergewissern, dass wirklich Sie anrufen.

    Ihr Wiederherstellungscode lautet: { $code }

    Lesen Sie ihn der Person vor, mit der Sie gerade sprechen.
    { $minutes ->
        [one] Er ist eine Minute lang gültig.
       *[other] Er ist { $minutes } Minuten lang gültig.
    }

    Sie haben nicht beim Support angerufen? Dann nennen Sie den Code niemandem, und rufen Sie bitte an: { $call }.
code-phone-body = { $desk }: Wiederherstellungscode { $code }, { $minutes } Min. gültig. Lesen Sie ihn am Telefon vor. Nicht angerufen? Niemandem nennen! Hilfe: { $call }

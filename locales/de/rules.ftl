# Die Regeln für ein Passwort, als Glieder einer Aufzählung. Die Variablen stehen in ../en/rules.ftl.

rule-min-length = mindestens { $count } Zeichen
rule-max-length = höchstens { $count } Zeichen
rule-upper =
    { $count ->
        [one] mindestens ein Großbuchstabe
       *[other] mindestens { $count } Großbuchstaben
    }
rule-lower =
    { $count ->
        [one] mindestens ein Kleinbuchstabe
       *[other] mindestens { $count } Kleinbuchstaben
    }
rule-digits =
    { $count ->
        [one] mindestens eine Ziffer
       *[other] mindestens { $count } Ziffern
    }
rule-special =
    { $count ->
        [one] mindestens ein Sonderzeichen (etwa - ! ?)
       *[other] mindestens { $count } Sonderzeichen (etwa - ! ?)
    }
rule-not-contains-username = darf den Benutzernamen nicht enthalten
rule-not-contains-email = darf die E-Mail-Adresse nicht enthalten
rule-not-username = darf nicht der Benutzername sein
rule-not-email = darf nicht die E-Mail-Adresse sein
rule-not-well-known = darf kein allgemein bekanntes Passwort sein
rule-history =
    { $count ->
        [one] darf nicht wieder das letzte Passwort sein
       *[other] darf keines der letzten { $count } Passwörter sein
    }
rule-pattern = muss dem Muster { $pattern } entsprechen
rule-hidden-pattern = muss einem Muster entsprechen, das der Server nicht nennt

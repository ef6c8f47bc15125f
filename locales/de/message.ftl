# Anfang und Ende jeder E-Mail.

greeting = Guten Tag,
greeting-name = Guten Tag { $name },
email-footer = Diese Nachricht enthält absichtlich keinen Link. Der Support fragt Sie nie nach Ihrem Passwort.

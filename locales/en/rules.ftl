# The rules for a password, as items of a list. $count: how many; $pattern: the pattern as the server has it.

rule-min-length =
    { $count ->
        [one] at least one character
       *[other] at least { $count } characters
    }
rule-max-length =
    { $count ->
        [one] at most one character
       *[other] at most { $count } characters
    }
rule-upper =
    { $count ->
        [one] at least one capital letter
       *[other] at least { $count } capital letters
    }
rule-lower =
    { $count ->
        [one] at least one small letter
       *[other] at least { $count } small letters
    }
rule-digits =
    { $count ->
        [one] at least one digit
       *[other] at least { $count } digits
    }
rule-special =
    { $count ->
        [one] at least one special character (such as - ! ?)
       *[other] at least { $count } special characters (such as - ! ?)
    }
rule-not-contains-username = must not contain the username
rule-not-contains-email = must not contain the e-mail address
rule-not-username = must not be the username
rule-not-email = must not be the e-mail address
rule-not-well-known = must not be a well-known password
rule-history =
    { $count ->
        [one] must not be the last password again
       *[other] must not be one of the last { $count } passwords
    }
rule-pattern = must match the pattern { $pattern }
rule-hidden-pattern = must match a pattern that the server does not name

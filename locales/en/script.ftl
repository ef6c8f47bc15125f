# The customer script: what the agent reads beside the temporary password and afterwards, and says to the customer.

script-note-it = Note it while you see it: it cannot be shown again.
script-gone = The password is no longer on the screen, and cannot be shown again.
script-pass-on = It is not e-mailed: pass it on to the customer yourself.
script-enter-on-page = They enter it on the first sign-in screen, exactly: capitals and dashes matter.
script-enter-in-program = They enter it where they sign in, exactly: capitals and dashes matter.
# $rules: one of the sentences about the rules below.
script-choose = Then they choose a password of their own, and must not tell you. { $rules }
script-confirm-on-page = Then they press "Update Password", and are in.
script-confirm-in-program = Then they confirm it, and are in.
script-old-and-mail-refused = Until then old passwords and e-mail resets do not work.
script-old-refused = Until then the old password does not work.
script-if-lost = If it is lost, issue another: only the newest works.
script-sessions-left =
    { $count ->
        [one] One of their sessions could not be ended, and goes on: have an administrator end it, and the customer sign out everywhere.
       *[other] { $count } of their sessions could not be ended, and go on: have an administrator end them, and the customer sign out everywhere.
    }

# What is known of the rules. $rules: the list of them.
script-rules-all = The rules: { $rules }.
script-rules-none = There are no rules for it.
script-rules-unreadable = The rules cannot be read here.
script-rules-unreadable-on-page = The rules cannot be read here; the sign-in page names the one that is broken.
script-rules-in-part = The rules, at least these: { $rules }. There may be more.
script-rules-in-part-on-page = The rules, at least these: { $rules }. The sign-in page names any other that is broken.

# What the identity backend does not do. $notes: a list of the items below.
script-tell-customer = Tell the customer: { $notes }.
gap-temporary-may-be-kept = choose a password other than the temporary one
gap-self-service-while-pending = do not ask for a reset by e-mail meanwhile
gap-sessions-go-on = sign out everywhere, as what is open stays open
gap-open-form-outlives = close every sign-in page that was opened before
gap-no-self-service = call again if you forget the new one, as there is no reset by e-mail

# What is not known of the temporary password. $word: what the server answered; $why: the reason.
proof-restricted = Not proved: a sign-in with it was refused just now ({ $word }). The customer may be refused as well.
proof-not-tried = Not tried by a sign-in: { $why }.

# What stands beside the password. $customer: name and id; $until: one of the moments below, with the time left.
reveal-title = Temporary password for { $customer }
reveal-valid-until = Valid until { $until }.
reveal-never-runs-out = It does not run out by itself.
# The last line, in the longest words that fit. $left: minutes and seconds, as 9:58. The keys are Enter, q and Space.
countdown-full = Gone in { $left }.  Enter or q when you have noted it, Space for more time.
countdown-without-space = Gone in { $left }.  Enter or q when you have noted it.
countdown-short = Gone in { $left }. q: done, Space: more time.
countdown-shorter = Gone in { $left }. q: done
countdown-shortest = { $left } q: done
dismiss-full = Enter or q when you have noted it.
dismiss-short = Enter or q: done

# What stands on the ordinary screen afterwards, with the steps. $status: "Force Password Reset" and what else there is.
after-user-created = User created.
after-status = { $customer } now: { $status }.
after-sign-in = They sign in as { $username }. To see when they are back in: { $command }

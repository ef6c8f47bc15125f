# The message with the recovery code, to an address or number on file.
# $desk: who helps; $call: what to call; $code: the code, as "1234 5678"; $minutes: how long it is valid.

code-email-subject = Your recovery code from { $desk }
code-email-body =
    A support agent of { $desk } asked to verify you.

    Your recovery code is: { $code }

    Read it to the agent you are speaking to now.
    { $minutes ->
        [one] It is valid for one minute.
       *[other] It is valid for { $minutes } minutes.
    }

    You did not call support? Then tell nobody the code, and call { $call }.
code-phone-body = { $desk }: recovery code { $code }, valid { $minutes } min. Read it to the agent you are speaking to. You did not call? Tell nobody, and call { $call }.

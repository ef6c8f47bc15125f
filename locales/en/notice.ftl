# The notice that support changed something. An e-mail has the greeting before it and the footer after it.
# $desk: who helps; $when: the moment below; $call: what to call; $agent: the agent, where the profile signs.

notice-set-subject = { $desk }: a temporary password was set for you
notice-set = { $desk } set a temporary password for you on { $when }.
notice-created-subject = { $desk }: a user was created for you
notice-created = { $desk } created a user for you on { $when }, and set a temporary password.
notice-withdrawn-subject = { $desk }: your temporary password was withdrawn
notice-withdrawn = { $desk } withdrew your temporary password on { $when }. It does not work any more.
notice-unlocked-subject = { $desk }: your lock-out was lifted
notice-unlocked = { $desk } lifted the lock-out of your user on { $when }.
notice-agent = The agent was { $agent }.
notice-not-you = Was it not you? Call { $call }.

# A point in time: $day, $month and $year are numbers, $time is 14:02, $zone is UTC+01:00.
moment =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year } at { $time } ({ $zone })

# What every e-mail to a customer begins and ends with. $name: the customer's name.

greeting = Hello,
greeting-name = Hello { $name },
email-footer = This message holds no link, on purpose. Support never asks for your password.

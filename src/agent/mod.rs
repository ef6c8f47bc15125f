//! Signing in: the session, and where it is kept between commands.

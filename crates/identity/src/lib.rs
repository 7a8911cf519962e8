//! Passwords, sessions, throttles.

//! Folding, outbox delivery, reapers; safe on every node at once.

"""What was done, by whom and why: append-only, hash-chained, written with the act itself."""

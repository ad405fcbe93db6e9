"""What is enforced now: lists, trunk contracts and answers, compiled to a signed snapshot and numbered deltas."""

"""Decides what a record is and where it lies: contracts, readers, quarantine, and the lake that every room reads."""

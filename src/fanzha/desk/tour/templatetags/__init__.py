"""The panel that every page of the demonstration carries."""

"""Models that learn from outcomes: examples, champion and challenger, cards, releases, drift, opinions on alerts."""

"""People and organisations on pages: accounts, seats by two people, sessions, keys, sharing of networks."""

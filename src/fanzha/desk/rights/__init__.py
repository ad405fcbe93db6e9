"""Who may see and do what: region times organisation times role, never across networks."""

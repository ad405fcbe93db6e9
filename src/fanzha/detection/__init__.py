"""Which profiles are fraud: rules and models over profiles, alerts with evidence."""

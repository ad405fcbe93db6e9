"""Lists (名单): whom to let through, whom to stop, restricted persons, special users; each with a basis and an end."""

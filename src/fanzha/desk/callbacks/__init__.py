"""Call-backs (回访劝阻): whoever was cut off a fraudster's call is called by a person within minutes."""

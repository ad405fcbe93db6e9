"""Words, codes, limits, rules and legal bases as YAML that a lawyer can read, and their one strict loader."""

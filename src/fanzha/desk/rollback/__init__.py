"""Rollback (回滚): all that one version of a rule did between two moments is undone in one approved act."""

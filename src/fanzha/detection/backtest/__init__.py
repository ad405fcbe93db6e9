"""Backtests: what a rule would have done on history, before it stops anyone (回溯试跑)."""

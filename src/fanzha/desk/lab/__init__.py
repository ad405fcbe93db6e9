"""The rule laboratory (规则实验室): drafts, release by steps, budgets, what rules propose by themselves, backtests."""

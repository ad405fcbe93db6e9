"""The gateway's HTTP side: decisions, explanations, live calls, health and metrics."""

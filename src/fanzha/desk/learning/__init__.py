"""Models that learn from what the desk decided: outcomes given out, versions released by two, drift shown (模型)."""

"""The synthetic province: subscribers, honest heavy callers, fraud schemes and the truth about them."""

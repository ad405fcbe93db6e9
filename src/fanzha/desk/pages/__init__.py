"""What every page shares: frame, headers, refusals, static files, the first page."""

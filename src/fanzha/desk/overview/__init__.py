"""The overview: how the desk stands today, against other days, and by operator."""

"""How people get in: password and one-time code, lockout, and a list of where one is signed in."""

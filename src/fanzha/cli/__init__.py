"""One command for everything, and what it shows on a terminal."""

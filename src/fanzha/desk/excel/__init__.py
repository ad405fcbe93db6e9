"""How the desk reads and writes Excel files: within limits, row by row; lists and requests share it."""

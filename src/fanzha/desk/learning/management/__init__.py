"""Commands of the models room."""

"""Steps of the table of this room."""

"""Commands of the REST room."""

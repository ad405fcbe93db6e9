"""Requests of the police (协查、关停): filed, checked by one, approved by another, carried out, answered."""

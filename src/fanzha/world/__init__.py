"""The synthetic province (合成省): honest people, fraud gangs and the truth about them; it knows no detector."""

from fanzha.world.make import WorldSummary, make_world

__all__ = ["WorldSummary", "make_world"]

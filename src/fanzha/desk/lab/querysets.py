"""Decides which rule versions and shadow hits somebody sees."""

from __future__ import annotations

from typing import Self

from fanzha.desk.lab.choices import ACTING
from fanzha.desk.rights.models import ScopedQuerySet
from fanzha.desk.rights.seats import Anyone, networks_of

RIGHT = "rules.view"


class VersionQuerySet(ScopedQuerySet):
    """Versions of rules."""

    def seen_by(self, user: Anyone) -> Self:
        """Those of one's networks: a rule judges the whole network, so a city's analyst sees it too."""
        return self.filter(network__in=networks_of(user, RIGHT))

    def acting(self, network: str) -> Self:
        """Those that raise alerts in a network."""
        return self.filter(network=network, state__in=ACTING)


class HitQuerySet(ScopedQuerySet):
    """Hits of rules in shadow: rows about people, so within one's region."""

    def seen_by(self, user: Anyone) -> Self:
        """Those this person may see."""
        return self.visible_to(user, RIGHT)

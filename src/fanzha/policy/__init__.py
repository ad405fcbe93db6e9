"""What is enforced now: lists, trunk contracts and answers, compiled to a signed snapshot and numbered deltas."""

from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.policy import Policy
from fanzha.policy.profile import Answer, Profile
from fanzha.policy.protected import is_protected, protected_keys
from fanzha.policy.reasons import reasons
from fanzha.policy.trunk import Exemption, SpecialUser, Trunk

__all__ = [
    "Action",
    "Answer",
    "Entry",
    "Exemption",
    "Policy",
    "Profile",
    "Side",
    "SpecialUser",
    "Subject",
    "Trunk",
    "is_protected",
    "protected_keys",
    "reasons",
]

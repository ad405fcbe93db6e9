"""What is enforced now: lists, trunk contracts and answers, compiled to a signed snapshot and numbered deltas."""

from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.follow import Follower
from fanzha.policy.http import HttpSource
from fanzha.policy.policy import Policy
from fanzha.policy.profile import Answer, Profile
from fanzha.policy.protected import is_protected, protected_keys
from fanzha.policy.publisher import Publisher
from fanzha.policy.reasons import reasons
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.source import FolderSource, MemorySource, PolicySource
from fanzha.policy.store import PolicyStore, Receipt
from fanzha.policy.traffic import Seen
from fanzha.policy.trunk import Exemption, SpecialUser, Trunk

__all__ = [
    "Action",
    "Answer",
    "Entry",
    "Exemption",
    "FolderSource",
    "Follower",
    "HttpSource",
    "MemorySource",
    "Policy",
    "PolicySource",
    "PolicyStore",
    "Profile",
    "Publisher",
    "Receipt",
    "Refusal",
    "Refused",
    "Seen",
    "Side",
    "SpecialUser",
    "Subject",
    "Trunk",
    "is_protected",
    "protected_keys",
    "reasons",
]

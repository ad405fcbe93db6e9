"""What a number, device or document is: parsed, normalised, placed, and judged well-formed or not."""

from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.false_cli import FalseCli, false_cli
from fanzha.numbering.holders import carrier_of, form_of, kind_of
from fanzha.numbering.numbers import Numbers, normalise
from fanzha.numbering.places import region_of
from fanzha.numbering.trunks import TrunkContract, permits

__all__ = [
    "FalseCli",
    "Form",
    "Kind",
    "Numbers",
    "TrunkContract",
    "Why",
    "Written",
    "carrier_of",
    "false_cli",
    "form_of",
    "kind_of",
    "normalise",
    "permits",
    "region_of",
]

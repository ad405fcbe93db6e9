"""Words, codes, limits, rules and legal bases as YAML that a lawyer can read, and their one strict loader."""

from fanzha.vocabulary.check import check_all
from fanzha.vocabulary.loader import Document, decode, load, locate, parse, read
from fanzha.vocabulary.sayings import chinese
from fanzha.vocabulary.schemas import (
    area_codes,
    carriers,
    country_codes,
    false_cli_rules,
    number_plan,
    number_words,
    regions,
    service_numbers,
    settings,
)

__all__ = [
    "Document",
    "area_codes",
    "carriers",
    "check_all",
    "chinese",
    "country_codes",
    "decode",
    "false_cli_rules",
    "load",
    "locate",
    "number_plan",
    "number_words",
    "parse",
    "read",
    "regions",
    "service_numbers",
    "settings",
]

"""What a number, device or document is: parsed, normalised, placed, and judged well-formed or not."""

from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.devices import Imei, ImeiForm, check_imei, imei_form
from fanzha.numbering.documents import Document, check_document, hash_document
from fanzha.numbering.false_cli import FalseCli, false_cli
from fanzha.numbering.holders import carrier_of, form_of, kind_of
from fanzha.numbering.numbers import Numbers, normalise
from fanzha.numbering.places import region_of
from fanzha.numbering.text import Number, display, is_emergency, kind_words, mask, parse, region_names
from fanzha.numbering.trunks import TrunkContract, permits

__all__ = [
    "Document",
    "FalseCli",
    "Form",
    "Imei",
    "ImeiForm",
    "Kind",
    "Number",
    "Numbers",
    "TrunkContract",
    "Why",
    "Written",
    "carrier_of",
    "check_document",
    "check_imei",
    "display",
    "false_cli",
    "form_of",
    "hash_document",
    "imei_form",
    "is_emergency",
    "kind_of",
    "kind_words",
    "mask",
    "normalise",
    "parse",
    "permits",
    "region_names",
    "region_of",
]

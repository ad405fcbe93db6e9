"""Models learnt from labelled tables: trained with a report, signed, scored, explained; each one family of evidence."""

from fanzha.detection.models.availability import available
from fanzha.detection.models.explanation import Contribution, Explanation
from fanzha.detection.models.mapping import TableMapping
from fanzha.detection.models.model import Model
from fanzha.detection.models.report import Report
from fanzha.detection.models.training import evaluate, train, train_profiles

__all__ = [
    "Contribution",
    "Explanation",
    "Model",
    "Report",
    "TableMapping",
    "available",
    "evaluate",
    "train",
    "train_profiles",
]

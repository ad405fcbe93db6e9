"""A trained model: scores rows, explains each score, and is loaded only from files that a trusted key signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np
import pyarrow as pa

from fanzha.detection.models.calibration import Calibration, Thresholds
from fanzha.detection.models.explanation import Explanation, explain_row
from fanzha.detection.models.keys import default_home
from fanzha.detection.models.learner import Ensemble, from_texts
from fanzha.detection.models.mapping import TableMapping
from fanzha.detection.models.recipe import Recipe
from fanzha.detection.models.store import read_signed, write_signed
from fanzha.detection.models.table import Matrix, feature_matrix
from fanzha.errors import ModelError

CARD = "model.json"


class Card(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What model.json says: the table it learnt from, how it reads one, and every choice that makes it repeatable.

    features: raw columns in order; recipe: the engineered ones, whole, so that a later release scores alike. family: a
    model is one family of evidence of its own, whatever it learnt from.
    """

    table_sha256: str
    rows: int
    fraud: int
    features: tuple[str, ...]
    dtypes: tuple[str, ...]
    mapping: TableMapping
    recipe: Recipe
    members: tuple[str, ...]
    weights: tuple[float, ...]
    threads: int
    calibration: Calibration
    thresholds: Thresholds
    seed: int
    versions: dict[str, str]
    family: str = "model"


@dataclass(frozen=True)
class Model:
    """A fitted ensemble with its card."""

    card: Card
    ensemble: Ensemble

    @classmethod
    def load(cls, folder: Path, *, home: Path | None = None, trust: Path | None = None) -> Model:
        """The model in `folder`, signed by this installation, by a key in FANZHA_HOME/keys/trusted, or by `trust`.

        Raises ModelError for anything missing, changed, unknown, unsigned or unfit, and where LightGBM is missing.
        """
        files = read_signed(folder, home or default_home(), trust)
        try:
            card = msgspec.json.decode(files[CARD], type=Card)
            texts = [files[f"{name}.txt"].decode("utf-8") for name in card.members]
        except (KeyError, UnicodeDecodeError, msgspec.DecodeError) as error:
            raise ModelError(
                f"{CARD} does not fit this release: {error}", where=str(folder), hint="train it again"
            ) from error
        return cls(card, from_texts(texts, card.weights, card.threads))

    def save(
        self,
        folder: Path,
        *,
        home: Path | None = None,
        report: bytes | None = None,
        more: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Writes and signs the model; `report` becomes report.json beside it, `more` what else is to be signed with it.

        Raises ModelError.
        """
        files = {
            f"{name}.txt": text.encode() for name, text in zip(self.card.members, self.ensemble.texts(), strict=True)
        }
        files[CARD] = msgspec.json.format(msgspec.json.encode(self.card)) + b"\n"
        if report is not None:
            files["report.json"] = report
        files.update(more)
        write_signed(folder, files, home or default_home())

    @cached_property
    def version(self) -> str:
        """Twelve hex digits of the card and every member: two models of one version score alike."""
        digest = hashlib.sha256(msgspec.json.encode(self.card))
        for text in self.ensemble.texts():
            digest.update(text.encode())
        return digest.hexdigest()[:12]

    @property
    def names(self) -> tuple[str, ...]:
        """Every feature the trees see: raw columns, then engineered ones."""
        return self.card.recipe.names(self.card.features)

    def score(self, rows: pa.Table | Matrix) -> Matrix:
        """Probability of fraud per row, 0 to 1, at the prevalence of the training table.

        rows: an Arrow table with the model's columns, or rows x len(card.features) in that order, NaN where unknown.
        Raises MappingError for a missing or text column, ModelError for a matrix of another width.
        """
        return self.card.calibration.probability(self.ensemble.log_odds(self._engineered(rows)))

    def explain(self, rows: pa.Table | Matrix, top: int = 5) -> list[Explanation]:
        """Each row's contributions (tree SHAP in calibrated log-odds, exact sum) and the `top` of them as sentences."""
        matrix = self._engineered(rows)
        parts = self.card.calibration.slope * self.ensemble.contributions(matrix)
        parts[:, -1] += self.card.calibration.intercept
        return [
            explain_row(self.names, row, part, self.card.recipe, top) for row, part in zip(matrix, parts, strict=True)
        ]

    def _engineered(self, rows: pa.Table | Matrix) -> Matrix:
        matrix = (
            feature_matrix(rows, self.card.features) if isinstance(rows, pa.Table) else np.asarray(rows, np.float64)
        )
        if matrix.ndim != 2 or matrix.shape[1] != len(self.card.features):
            raise ModelError(
                f"the model has {len(self.card.features)} features, the rows {matrix.shape[-1]}",
                hint=f"give the columns in this order: {', '.join(self.card.features[:4])} ...",
            )
        return self.card.recipe.apply(self.card.features, matrix)

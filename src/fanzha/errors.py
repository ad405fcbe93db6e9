"""Every error a person can cause, in one tree: each says what is wrong, where, and what to do about it.

FanzhaError                 exit 1
  UsageError                exit 2   the command or its arguments
  InputError                exit 3   a file we were given
    MappingError                     a mapping that does not fit its file
  VocabularyError           exit 4   a YAML of ours or of the operator
    RuleError                        a rule that cannot be run
  StorageError              exit 5   the lake, a checkpoint, the disk
  ModelError                exit 6   a model that is missing, unsigned or unfit
  PolicyError               exit 7   a policy that was refused, or is not there
  Refused                   exit 8   an act that the rules of work forbid now
"""

from __future__ import annotations


class FanzhaError(Exception):
    """Something a person can put right; `hint` says how, `where` names file and line."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  -> {self.hint}" if self.hint else text


class UsageError(FanzhaError):
    """The command line asks for what cannot be."""

    exit_code = 2


class InputError(FanzhaError):
    """A file that we were given cannot be read as what it was said to be."""

    exit_code = 3


class MappingError(InputError):
    """A column mapping does not fit the file beside it."""


class VocabularyError(FanzhaError):
    """A YAML of rules, words or codes breaks its own schema."""

    exit_code = 4


class RuleError(VocabularyError):
    """A rule names an unknown field, or its condition cannot be run."""


class StorageError(FanzhaError):
    """The lake, a checkpoint or the disk under them cannot be used."""

    exit_code = 5


class ModelError(FanzhaError):
    """A model is missing, was not signed by us, or does not fit its table."""

    exit_code = 6


class PolicyError(FanzhaError):
    """A policy is missing, was not signed by whom we trust, or would do harm."""

    exit_code = 7


class Refused(FanzhaError):
    """An act that a workflow, four eyes, a quota or a missing reason forbids now."""

    exit_code = 8

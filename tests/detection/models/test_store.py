import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fanzha import signing
from fanzha.detection.models import Model, Report
from fanzha.detection.models.keys import signing_key
from fanzha.detection.models.store import _manifest, read_signed, write_signed
from fanzha.errors import ModelError

FILES = {"model.json": b"{}", "tree.txt": b"tree"}


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    write_signed(tmp_path / "model", FILES, tmp_path / "home")
    return tmp_path / "model"


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def _hash_rewritten(folder: Path) -> None:
    """A forger who changes a tree and its hash in the list, but cannot sign."""
    (folder / "tree.txt").write_bytes(b"evil")
    note = json.loads((folder / "signature.json").read_text())
    note["files"]["tree.txt"] = __import__("hashlib").sha256(b"evil").hexdigest()
    (folder / "signature.json").write_text(json.dumps(note))


TAMPERING: list[tuple[Callable[[Path], object], str]] = [
    (lambda f: _append(f / "tree.txt"), "changed: tree.txt"),
    (lambda f: _append(f / "signer.pub"), "changed: signer.pub"),
    (lambda f: (f / "tree.txt").unlink(), "missing: tree.txt"),
    (lambda f: (f / "added.txt").write_text("x"), "unknown: added.txt"),
    (lambda f: (f / "signature.json").unlink(), "never signed"),
    (lambda f: (f / "signature.json").write_text("{}"), "damaged"),
    (lambda f: (f / "signature.json").write_bytes(b"\xff\x00"), "damaged"),
    (lambda f: (f / "deeper").mkdir(), "not a plain file"),
    (lambda f: (f / "link.txt").symlink_to("/etc/hostname"), "not a plain file"),
    (_hash_rewritten, "signature does not fit"),
]


def test_what_was_signed_is_read_back_whole(signed: Path, tmp_path: Path) -> None:
    assert FILES.items() <= read_signed(signed, tmp_path / "home").items()


@pytest.mark.parametrize(("tamper", "says"), TAMPERING)
def test_anything_touched_is_refused_with_a_hint(
    signed: Path, tmp_path: Path, tamper: Callable[[Path], object], says: str
) -> None:
    tamper(signed)
    with pytest.raises(ModelError, match=says) as caught:
        read_signed(signed, tmp_path / "home")
    assert caught.value.hint
    assert caught.value.where


def test_a_forger_who_signs_with_a_key_of_his_own_is_refused(signed: Path, tmp_path: Path) -> None:
    write_signed(signed, {"tree.txt": b"evil"}, tmp_path / "forger")
    with pytest.raises(ModelError, match="not trusted here"):
        read_signed(signed, tmp_path / "home")


def test_a_forger_who_names_our_key_is_refused(signed: Path, tmp_path: Path) -> None:
    note = json.loads((signed / "signature.json").read_text())
    note["signature"] = signing.sign(signing_key(tmp_path / "forger"), _manifest(note["files"])).hex()
    (signed / "signature.json").write_text(json.dumps(note))
    with pytest.raises(ModelError, match="signature does not fit"):
        read_signed(signed, tmp_path / "home")


def test_trust_is_carried_by_the_public_key_alone(signed: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    public = tmp_path / "home" / "keys" / "model_signing.pub"
    with pytest.raises(ModelError, match="--trust"):
        read_signed(signed, elsewhere)
    assert read_signed(signed, elsewhere, trust=public)
    (elsewhere / "keys" / "trusted").mkdir(parents=True)
    shutil.copy(public, elsewhere / "keys" / "trusted" / "head_office.pub")
    assert read_signed(signed, elsewhere)


def test_training_never_replaces_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("kept")
    with pytest.raises(ModelError, match="is no model"):
        write_signed(tmp_path / "letters", FILES, tmp_path / "home")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "kept"


def test_a_model_is_replaced_whole_and_leaves_nothing_behind(signed: Path, tmp_path: Path) -> None:
    write_signed(signed, {"model.json": b"[]"}, tmp_path / "home")
    assert sorted(p.name for p in signed.iterdir()) == ["model.json", "signature.json", "signer.pub"]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_real_model_holds_no_pickle_and_is_refused_after_one_changed_leaf(
    trained: tuple[Path, Report], home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained[0], folder)
    assert {path.suffix for path in folder.iterdir()} == {".json", ".txt", ".pub"}
    tree = next(folder.glob("*.txt"))
    tree.write_text(tree.read_text().replace("leaf_value=", "leaf_value=9", 1))
    with pytest.raises(ModelError, match=tree.name):
        Model.load(folder, home=home)


def test_no_model_at_all_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        Model.load(tmp_path / "nowhere", home=tmp_path)

import subprocess
import sys
from pathlib import Path

from fanzha.detection.models import available

HIDDEN = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name == "lightgbm":
            raise {error}
sys.meta_path.insert(0, Hide())
from pathlib import Path
from fanzha.detection import models
from fanzha.errors import ModelError
print(models.available())
try:
    models.train(Path(sys.argv[1]), Path(sys.argv[1] + ".model"), home=Path(sys.argv[1] + ".home"))
except ModelError as error:
    print("refused:", error)
"""


def run_hidden(error: str, table: Path) -> str:
    script = HIDDEN.format(error=error)
    done = subprocess.run([sys.executable, "-c", script, str(table)], capture_output=True, text=True, check=True)
    return done.stdout


def test_models_are_available_here() -> None:
    assert available() is None


def test_without_libgomp_models_say_so_and_the_import_goes_on(table_file: Path) -> None:
    said = run_hidden("OSError('libgomp.so.1: cannot open shared object file')", table_file)
    assert said.startswith("LightGBM cannot be loaded: libgomp.so.1")
    assert "refused:" in said
    assert "libgomp1" in said
    assert "rules run on" in said


def test_without_lightgbm_models_say_so(table_file: Path) -> None:
    assert "refused:" in run_hidden("ImportError('No module named lightgbm')", table_file)


def test_scoring_does_not_pay_for_what_only_training_needs() -> None:
    script = "import sys, fanzha.detection.models; print('sklearn' in sys.modules, 'lightgbm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

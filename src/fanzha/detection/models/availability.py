"""Says whether models can run on this machine, for every caller that must go on with rules alone where they cannot."""

from __future__ import annotations

from types import ModuleType

from fanzha.errors import ModelError

_HINT = "install the OpenMP runtime (Debian: apt-get install libgomp1) and lightgbm; rules run on without models"


def available() -> str | None:
    """None where models can run; otherwise the reason they cannot, in one line (a missing lightgbm or libgomp)."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError) as error:  # OSError: the wheel is there, the shared library it wants is not
        return f"LightGBM cannot be loaded: {str(error).splitlines()[0]}"
    return None


def booster_library() -> ModuleType:
    """The lightgbm module. Raises ModelError, with what to install, where it cannot be loaded."""
    reason = available()
    if reason is not None:
        raise ModelError(reason, hint=_HINT)
    import lightgbm

    module: ModuleType = lightgbm
    return module

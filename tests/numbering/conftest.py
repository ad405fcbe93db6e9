"""The block table is made once for all tests of this room, outside the working directory."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A kernel is compiled inside the first example that calls it.
settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANZHA_HOME", str(tmp_path_factory.mktemp("home")))
        yield

from __future__ import annotations

import logging

from fanzha.desk.masking.lines import Masked


def test_no_number_reaches_the_log_whole() -> None:
    """Neither from an address that somebody typed nor from a database's own words."""
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, "Not Found: %s", ("/entities/13907110002/",), None
    )
    try:
        raise ValueError("Key (value)=(+8613907110002) already exists, IMEI 356938035643809")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = Masked("%(asctime)s %(message)s").format(record)
    assert "139****0002" in line
    assert not any(whole in line for whole in ("13907110002", "356938035643809"))
    assert "Traceback" in line

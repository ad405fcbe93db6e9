"""Tracing reports (溯源报告): what is joined to a number, ranked, signed by two, as Word and PDF."""

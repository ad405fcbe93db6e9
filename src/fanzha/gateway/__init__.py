"""Verdicts at call time: one pure `decide`, asked over SIP and HTTP, with live calls and their tear-down."""

"""Measures (处置): one rung of the ladder on one number or device, with reason, approvals, notice, end and undo."""

"""Alerts of detection as people see, sort and judge them."""

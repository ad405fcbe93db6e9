"""Calls in progress: who, how long, with which verdict; and the call records that are written when they end."""

"""Calls cut while they last (正在通话阻断): who may, how a switch does it, proof of it, the victim's call-back."""

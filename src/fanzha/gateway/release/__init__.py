"""Calls cut while they last (正在通话阻断): who may, how it is done at a switch, proof of it, the victim's call-back."""

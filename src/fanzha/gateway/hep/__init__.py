"""Mirrored signalling (HEPv3) taken in: packets, the SIP in them, and the process that collects them."""

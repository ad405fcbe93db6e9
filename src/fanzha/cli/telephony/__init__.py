"""The demo's telephones: a caller, a callee, and a small switch for machines without the reference edge."""

"""Notices (告知): the subscriber is told why, what they can do, what it takes, and how to object, by a message."""

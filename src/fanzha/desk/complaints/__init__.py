"""Complaints in the manner of 12321: taken in once, checked, and weighed where several people say the same."""

"""Template tags of masking."""

"""What a number, device or document is: parsed, normalised, placed, and judged well-formed or not."""

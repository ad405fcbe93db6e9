"""Appeals (申诉): who was stopped wrongly says so, follows what comes of it, and is restored at once when it passes."""

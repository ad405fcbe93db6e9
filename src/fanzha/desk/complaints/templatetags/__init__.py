"""Template tags of complaints."""

"""All about one number, device or cell, from the lake and from the desk."""

"""Numbers, names and documents are hidden until someone says why they must see them."""

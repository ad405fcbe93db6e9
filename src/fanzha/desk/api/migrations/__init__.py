"""The tables of this room, as `makemigrations` wrote them."""

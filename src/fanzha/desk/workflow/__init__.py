"""How a row moves from state to state: one table an object, and buttons, API, deadlines and diagram read off it."""

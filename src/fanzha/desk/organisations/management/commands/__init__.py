"""Commands of this room: people and organisations, from the machine the desk runs on."""

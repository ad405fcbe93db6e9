"""What a number, device or cell has been doing: state, step, live table and replay."""

"""What a watcher decided live beside what a replay of the lake decides: every difference with its cause, proven."""

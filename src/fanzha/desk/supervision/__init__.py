"""Supervision (督办): what missed its deadline goes up until it moves; work is given to people and offices."""

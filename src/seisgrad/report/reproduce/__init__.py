"""The published tables beside ours: what ``seisgrad reproduce`` evaluates, tabulates and draws."""

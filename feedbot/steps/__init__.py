"""The steps of a run, where the rooms meet; cycle.py tells their order."""

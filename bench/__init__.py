"""Measurements anyone can repeat. Each module is a script: `python -m bench.NAME`."""

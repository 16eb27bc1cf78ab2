"""The bench: offhook's transport beside a bare relay and the usual sample pattern, in one run (docs/bench.md)."""

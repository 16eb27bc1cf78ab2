"""Waiting for real processes, threads and descriptors, which have no simulated clock: a poll with a deadline.

The only place that sleeps. Nothing is decided by how long it took, short of the deadline.
"""

import time


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)

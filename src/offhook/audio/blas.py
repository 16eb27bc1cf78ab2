"""Keeps numpy's matrix products on the thread that asks for them. Imported for its effect, by whoever multiplies matrices.

Ours are small, and the threads of OpenBLAS wait for one another busily: on a machine with other work a window of voice
detection took 840 µs of CPU instead of 25. This concerns the whole process; who wants threads sets OPENBLAS_NUM_THREADS.
"""

import os

import numpy  # noqa: F401  (what is limited has to be loaded)
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

if "OPENBLAS_NUM_THREADS" not in os.environ:
    threadpool_limits(limits=1, user_api="blas")

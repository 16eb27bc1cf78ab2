"""Matrix products stay on one thread."""

import os
import subprocess
import sys

import pytest

PROBE = """
import numpy, threadpoolctl
import offhook.audio.silero
print(max(lib["num_threads"] for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"))
"""


@pytest.mark.parametrize(("chosen", "threads"), [(None, 1), ("2", 2)])
def test_one_thread_unless_the_user_chose(chosen: str | None, threads: int) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    if chosen:
        environment["OPENBLAS_NUM_THREADS"] = chosen
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=True)
    if (os.cpu_count() or 1) >= threads:
        assert int(done.stdout) == threads

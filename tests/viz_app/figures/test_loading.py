"""Figures made while another visitor's thread still loads what plotly looks at."""

import subprocess
import sys

SCRIPT = """
import sys, threading, time

half_loaded = threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas.core.api":
            half_loaded.set()
            time.sleep(1)
        return None

sys.meta_path.insert(0, Slow())
other = threading.Thread(target=lambda: __import__("pandas"))
other.start()
assert half_loaded.wait(60) and not hasattr(sys.modules["pandas"], "Series")

import numpy as np
import viz_app.figures.curves  # brings the theme, as every module of figures does
import plotly.graph_objects as go

go.Scatter(customdata=np.zeros((2, 2)))
other.join()
"""


def test_a_figure_waits_for_the_pandas_that_another_thread_loads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr

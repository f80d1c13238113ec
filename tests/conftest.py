"""What every test gets: no network, fixed inputs, and a named reason where a GPU is missing."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# Read by huggingface_hub at import, so set before any test imports it.
os.environ["HF_HUB_OFFLINE"] = "1"

LOOPBACK = ("127.", "::1", "localhost")

# The same inputs on every machine and in every run; a slow machine fails no test.
settings.register_profile("headlight", derandomize=True, database=None, deadline=None)
settings.load_profile("headlight")


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis keep its table of characters where pytest keeps its own cache."""
    set_hypothesis_home_dir(config.rootpath / ".pytest_cache" / "hypothesis")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Fail any test that opens a connection to another machine."""
    connect = socket.socket.connect

    def connect_at_home(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            assert host.startswith(LOOPBACK), f"a test tried to reach {host}"
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_at_home)
        yield


@pytest.fixture(autouse=True)
def no_failed_page(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail any test in which a page of the app failed: the reader is told, and so is the test."""
    yield
    failed = [record for record in caplog.get_records("call") if record.name == "headlight"]
    assert not failed, "\n".join(str(record.exc_info) for record in failed)


@pytest.fixture(scope="session")
def accelerator() -> str:
    """Name of the GPU device for tests marked `gpu`: "cuda" or "mps"; skips without one."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    pytest.skip("no CUDA or MPS device on this machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last, so that a slip in the code shows before a browser starts.

    It also keeps Playwright's event loop out of the tests of Streamlit pages.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)

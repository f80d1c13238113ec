"""The app under test and the page that drives it: what the fixtures hand to browser tests."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Chromium's own calls home, which would hide one that the app makes.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Opened at /attention, Streamlit's own code first asks whether the app lives below that path and
# gets a 404, then finds it at the root. Nothing of ours can stop it from asking.
BASE_PATH_PROBE = re.compile(r"://[^/]+/[^/]+/_stcore/(health|host-config)$")
# Streamlit marks its root element with what the script does. It counts as finished once it has
# stayed so for `quiet` ms: a widget's change reaches that mark a moment after the click.
SETTLED = """quiet => {
    const app = document.querySelector('[data-testid="stApp"]');
    const done = app !== null
        && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.querySelector('[data-stale="true"]') === null;
    if (!done) { delete window.settledSince; return false; }
    window.settledSince ??= performance.now();
    return performance.now() - window.settledSince >= quiet;
}"""


@dataclass(frozen=True)
class App:
    """A running app: its address without a closing slash, and the file its output goes to."""

    address: str
    log: Path

    def tracebacks(self, since: int = 0) -> str:
        """The log from byte `since` on if it has a traceback, else an empty string."""
        text = self.log.read_bytes()[since:].decode(errors="replace")
        return text if "Traceback" in text else ""


@dataclass
class Watch:
    """What a page did that a reader would not see: errors, and the hosts it asked."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        """Record from now on everything that `page` reports."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        page.on("request", lambda request: self._on_address(request.url))
        page.on("websocket", lambda websocket: self._on_address(websocket.url))

    def _on_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not BASE_PATH_PROBE.search(url):
            self.errors.append(f"console: {message.text} ({url})")

    def _on_address(self, url: str) -> None:
        parts = urlsplit(url)
        # data: and blob: addresses have no host; they are made in the page itself.
        if parts.hostname:
            self.hosts.add(parts.netloc)


@contextmanager
def running_app(log: Path) -> Iterator[App]:
    """The real app on a free port, started as a user starts it and ended with all it started.

    Raises:
        RuntimeError: the app ended or did not answer in time; the message has its output.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "viz_app", "--port", str(port)],
            cwd=ROOT,
            # Two threads: the browser needs a core as well.
            env=os.environ | {"OMP_NUM_THREADS": "2", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for_health(process, port, log)
        yield App(f"http://localhost:{port}", log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for_health(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    state = "did not answer" if process.poll() is None else f"ended with {process.returncode}"
    raise RuntimeError(f"the app {state}; its output:\n{log.read_text(errors='replace')}")


def wait_until_settled(page: Page, seconds: float = 30, quiet: int = 200) -> None:
    """Wait until Streamlit has finished running the script and shows nothing of an earlier run.

    Args:
        seconds: How long to wait before failing.
        quiet: Milliseconds for which it must stay finished.
    """
    page.evaluate("delete window.settledSince")
    try:
        page.wait_for_function(SETTLED, arg=quiet, timeout=seconds * 1000)
    except Error as error:
        raise AssertionError(f"the page did not settle in {seconds} s: {error}") from error

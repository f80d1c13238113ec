"""Find the Chromium that the browser tests drive, and install one where that is allowed.

`python -m tools.browser` leaves the machine with a working Chromium and a font with Chinese
characters, or stops with a message that says what to install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

OVERRIDE = "HEADLIGHT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome that starts, or None.

    Raises:
        ValueError: HEADLIGHT_CHROMIUM is set to something that does not start; a wish that cannot
            be met is an error, not a reason to take another browser.
    """
    if wanted := os.environ.get(OVERRIDE):
        if not _starts(wanted):
            raise ValueError(f"{OVERRIDE} is {wanted!r}, which does not start as a browser")
        return wanted
    return next((path for path in _candidates() if _starts(path)), None)


def has_chinese_font() -> bool:
    """Whether text in Chinese can be drawn; macOS always can, elsewhere fontconfig is asked."""
    if sys.platform == "darwin":
        return True
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(fonts.stdout.strip())


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield MACOS_CHROME
    # Asking Playwright where its own is starts its driver, so it comes last.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser without snap is a file that exists and does not run.
    try:
        version = subprocess.run(
            [path, "--version"], capture_output=True, timeout=60, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
    return version == 0


def _as_root() -> list[str] | None:
    """The words that make a command run as root, or None where that would need a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _install_debian(packages: Sequence[str]) -> None:
    """Install Debian packages if this account may; otherwise do nothing, the caller looks again."""
    root = _as_root()
    if root is None or shutil.which("apt-get") is None:
        return
    print("Installing for the browser tests:", *packages, flush=True)
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    subprocess.run([*apt, "update"], check=False)
    subprocess.run([*apt, "install", "--no-install-recommends", *packages], check=False)


def _install_playwright_chromium() -> None:
    print("Installing Playwright's own Chromium for the browser tests", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> None:
    """Install what is missing, cheapest way first; exits with a message where nothing worked."""
    wanted = []
    if find_chromium() is None:
        wanted.append("chromium")
    if not has_chinese_font():
        wanted += ["fontconfig", "fonts-noto-cjk"]
    if wanted:
        _install_debian(wanted)
    if find_chromium() is None:
        _install_playwright_chromium()
    chromium = find_chromium()
    if chromium is None:
        sys.exit(
            "The browser tests need Chromium or Chrome and none could be installed here. Install "
            "one (Debian: apt-get install chromium) so that it is on PATH, or put its path in "
            f"{OVERRIDE}, and run make again."
        )
    if not has_chinese_font():
        sys.exit(
            "The browser tests look at Chinese text and no font here has it. Install one (Debian: "
            "apt-get install fontconfig fonts-noto-cjk) and run make again."
        )
    print(f"Browser for the tests: {Path(chromium).name}")


if __name__ == "__main__":
    main()

"""Which browser the browser tests take, with programs that only pretend to be one."""

from pathlib import Path

import pytest

from tools import browser


def program(folder: Path, name: str, exit_code: int = 0) -> str:
    """Path of a program that ends at once with `exit_code`."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder, with a space in its name, that is all of PATH; no browser is asked for by name."""
    folder = tmp_path / "my programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(browser.OVERRIDE, raising=False)
    return folder


def test_the_browser_asked_for_goes_before_one_on_path(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(on_path, "chromium")
    wanted = program(tmp_path, "mine")
    monkeypatch.setenv(browser.OVERRIDE, wanted)
    assert browser.find_chromium() == wanted


def test_a_browser_asked_for_that_does_not_start_is_an_error(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(on_path, "chromium")
    monkeypatch.setenv(browser.OVERRIDE, str(on_path / "absent"))
    with pytest.raises(ValueError, match="absent.*does not start"):
        browser.find_chromium()


def test_a_browser_that_does_not_start_is_passed_over(on_path: Path) -> None:
    program(on_path, "chromium-browser", exit_code=1)
    works = program(on_path, "google-chrome")
    assert browser.find_chromium() == works


def test_where_nothing_can_be_installed_the_message_says_what_to_install(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs: list[str] = []
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    monkeypatch.setattr(browser, "_install_playwright_chromium", lambda: installs.append("own"))
    with pytest.raises(SystemExit) as stop:
        browser.main()
    assert installs == ["own"]
    assert "apt-get install chromium" in str(stop.value)
    assert browser.OVERRIDE in str(stop.value)


def test_debian_packages_are_installed_where_that_is_allowed(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in for apt-get whose install makes the browser appear.
    apt = on_path / "apt-get"
    apt.write_text(
        '#!/bin/sh\necho "$@" >> "$PATH/log"\n'
        'case "$*" in *install*) printf "#!/bin/sh\\n" > "$PATH/chromium"; '
        '/bin/chmod +x "$PATH/chromium";; esac\n'
    )
    apt.chmod(0o755)
    (on_path / "env").symlink_to("/usr/bin/env")
    monkeypatch.setattr(browser, "_as_root", lambda: [])
    monkeypatch.setattr(browser, "has_chinese_font", lambda: True)
    monkeypatch.setattr(browser, "_candidates", lambda: [str(on_path / "chromium")])
    browser.main()
    update, install = (on_path / "log").read_text().splitlines()
    assert update.endswith("update")
    assert install.endswith("chromium")

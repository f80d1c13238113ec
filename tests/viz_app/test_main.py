"""Starting the app: which port it takes and what it says when it cannot."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from viz_app import __main__ as start
from viz_app.session import service


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another server on this machine listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def streamlit_arguments(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Streamlit's command line is called with, instead of a server starting."""
    from streamlit.web import cli

    seen: list[str] = []
    monkeypatch.setattr(cli, "main", lambda arguments, prog_name: seen.extend(arguments))
    return seen


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not start.port_is_free(taken)


def test_the_next_free_port_is_found(taken: int) -> None:
    found = start.first_free_port(taken)
    assert found > taken
    assert start.port_is_free(found)


def test_no_free_port_is_an_error(taken: int) -> None:
    with pytest.raises(ValueError, match=f"no port from {taken} to {taken} is free"):
        start.first_free_port(taken, attempts=1)


def test_the_app_beside_the_package_is_run(
    streamlit_arguments: list[str], monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setattr(start, "FIRST_PORT", taken)
    start.main([])
    command, app, option, port = streamlit_arguments
    assert (command, option) == ("run", "--server.port")
    assert Path(app) == Path(start.__file__).parents[1] / "streamlit_app.py"
    assert int(port) > taken


def test_a_port_asked_for_is_used(streamlit_arguments: list[str], taken: int) -> None:
    free = start.first_free_port(taken)
    start.main(["--port", str(free)])
    assert streamlit_arguments[-1] == str(free)


def test_a_port_asked_for_but_taken_is_refused(
    streamlit_arguments: list[str], taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        start.main(["--port", str(taken)])
    assert stop.value.code == 2
    assert f"port {taken} is in use" in capsys.readouterr().err
    assert streamlit_arguments == []


@pytest.mark.parametrize("port", ["0", "65536", "-1", "many"])
def test_what_is_no_port_is_refused(streamlit_arguments: list[str], port: str) -> None:
    with pytest.raises(SystemExit) as stop:
        start.main([f"--port={port}"])
    assert stop.value.code == 2
    assert streamlit_arguments == []


def test_without_the_app_the_message_says_how_to_install(
    streamlit_arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(start, "APP", tmp_path / "streamlit_app.py")
    with pytest.raises(SystemExit):
        start.main([])
    assert "make run" in capsys.readouterr().err
    assert streamlit_arguments == []


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts back what starting the app sets for Streamlit's process."""
    for name in (service.SERVE, service.MODELS):
        monkeypatch.setenv(name, "")


@pytest.mark.usefixtures("environment")
def test_serving_is_told_to_the_app(streamlit_arguments: list[str], tmp_path: Path) -> None:
    start.main(["--serve", "--models", str(tmp_path)])
    assert streamlit_arguments[0] == "run"
    assert streamlit_arguments[-2:] == ["--server.maxUploadSize", "8"]
    assert (os.environ[service.SERVE], os.environ[service.MODELS]) == ("1", str(tmp_path.resolve()))


@pytest.mark.usefixtures("environment")
def test_a_list_is_for_serving_and_has_to_be_there(
    streamlit_arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, message in (
        (["--models", str(tmp_path)], "--models goes with --serve"),
        (["--serve", "--models", str(tmp_path / "x")], "x is not a folder"),
    ):
        with pytest.raises(SystemExit):
            start.main(options)
        assert message in capsys.readouterr().err
    assert not streamlit_arguments and not os.environ[service.SERVE]

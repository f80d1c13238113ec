"""`headlight`, or `python -m viz_app`: start the app and print its address, or check a lesson."""

import argparse
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from viz_app.session.service import MODELS, SERVE

APP = Path(__file__).resolve().parents[1] / "streamlit_app.py"
FIRST_PORT = 8501


def port_is_free(port: int) -> bool:
    """Whether a server on this machine could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server itself does: a port that a server just left counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def first_free_port(start: int, attempts: int = 100) -> int:
    """The first free port from `start` on.

    Raises:
        ValueError: none of the `attempts` ports from `start` is free.
    """
    for port in range(start, start + attempts):
        if port_is_free(port):
            return port
    raise ValueError(f"no port from {start} to {start + attempts - 1} is free; name one to use")


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port; ports are 1 to 65535")
    return port


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app until it is stopped, or do what the command says.

    Args:
        arguments: Command line without the program's name; None takes the process's own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="headlight", description="Look inside a real BERT.")
    parser.add_argument(
        "--port", type=_port, help=f"default: {FIRST_PORT}, or the next one that is free"
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="for other people: only shipped models and those in --models open, nothing is "
        "downloaded, texts and calculations are limited (docs/security.md)",
    )
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="with --serve: a folder of models to offer"
    )
    commands = parser.add_subparsers(title="commands")
    lesson = commands.add_parser("lesson", help="work on a lesson").add_subparsers(required=True)
    check = lesson.add_parser("check", help="hold a lesson to its model; 1 if anything is wrong")
    check.add_argument("file", type=Path, help="the lesson, a YAML file")
    check.add_argument("--model", help="instead of the lesson's own")
    check.add_argument("--language", choices=("en", "zh"), default="en", help="of the messages")
    asked = parser.parse_args(arguments)
    if "file" in asked:
        from viz_app.lessons.command import check_lesson

        return check_lesson(asked.file, asked.language, asked.model)
    if asked.models is not None and not asked.serve:
        parser.error("--models goes with --serve; without it any folder opens by its path")
    if asked.models is not None and not asked.models.is_dir():
        parser.error(f"{asked.models} is not a folder")
    port = asked.port
    if port is None:
        port = first_free_port(FIRST_PORT)
        if port != FIRST_PORT:
            print(f"Port {FIRST_PORT} is in use; taking {port}.", flush=True)
    elif not port_is_free(port):
        parser.error(f"port {port} is in use or not allowed; leave --port out to get a free one")
    if not APP.is_file():
        parser.error(
            f"{APP.name} is not beside the package: run Headlight from its source folder, "
            "installed with `make run` or `pip install --editable .`"
        )

    # Streamlit is slow to import, so it is left until the arguments are known to be good.
    from streamlit.web import cli

    if asked.serve:
        os.environ[SERVE] = "1"
        if asked.models is not None:
            os.environ[MODELS] = str(asked.models.resolve())
    # The other settings stand in .streamlit/config.toml, which Streamlit finds beside the app.
    limits = ["--server.maxUploadSize", "8"] if asked.serve else []
    cli.main(["run", str(APP), "--server.port", str(port), *limits], prog_name="streamlit")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The project's own files: versions, settings, packaging, and nothing private in what is shared."""

import importlib
import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from viz_app.palette import Variant, palette

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [
    *map(Requirement, PROJECT["dependencies"]),
    *(Requirement(line) for lines in EXTRAS.values() for line in lines),
]


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str = CONSTRAINTS) -> dict[str, Version]:
    """Exact version of every distribution in constraints.txt; fails on a line of another form."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, number = line.partition("==")
            found[normal(name)] = Version(number)
    return found


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_each_direct_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = pins()[normal(requirement.name)]
    assert requirement.specifier.contains(pinned)


def test_torch_is_pinned_without_a_build_tag() -> None:
    # A tag such as +cpu names a build that the default index does not have.
    assert pins()["torch"] == Version("2.13.0")
    assert "+" not in CONSTRAINTS


def test_the_environment_has_the_pinned_versions() -> None:
    names = {normal(Requirement(line).name) for line in PROJECT["dependencies"] + EXTRAS["dev"]}
    installed = {name: Version(Version(version(name)).public) for name in names}
    # `make test CONSTRAINTS=…` sets up other versions than the usual ones.
    in_force = (ROOT / os.environ.get("CONSTRAINTS", "constraints.txt")).read_text(encoding="utf-8")
    assert installed == {name: pins(in_force)[name] for name in names}


def test_library_and_app_need_no_development_package() -> None:
    assert not {normal(Requirement(line).name) for line in PROJECT["dependencies"]} & {
        normal(Requirement(line).name) for line in EXTRAS["dev"] + EXTRAS["bench"]
    }


def test_bert_core_is_checked_against_its_axis_names() -> None:
    # Set by --jaxtyping-packages; without it every shape in a signature would go unchecked.
    spec = importlib.import_module("bert_core.config").__spec__
    assert spec is not None
    assert "jaxtyping" in type(spec.loader).__module__


def test_no_statistics_and_no_look_up_of_the_own_address() -> None:
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    # Where this is unset, Streamlit asks an outside service for the machine's address at start.
    assert settings["browser"]["serverAddress"] == "localhost"
    assert settings["server"]["headless"] is True
    assert settings["server"]["enableCORS"] is True
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["client"]["showErrorDetails"] == "none"


def test_every_setting_is_known_to_streamlit() -> None:
    # Streamlit only logs an unknown option, which a typing slip would then pass as.
    from streamlit import config

    def options(table: dict, prefix: str = "") -> list[str]:
        names = []
        for key, value in table.items():
            name = f"{prefix}{key}"
            names += options(value, f"{name}.") if isinstance(value, dict) else [name]
        return names

    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert set(options(settings)) <= set(config.get_config_options())


def contrast(first: str, second: str) -> float:
    """Contrast of two #rrggbb colours, 1 to 21. Source: WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_theme_is_legible(variant: Variant) -> None:
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    theme = settings["theme"][variant]
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], background) >= 7
        assert contrast(theme["primaryColor"], background) >= 4.5
    # white marks on it: the tick in a box, the knob of a slider
    assert contrast(theme["primaryColor"], "#ffffff") >= 3
    ink = palette(variant)["on_accent"]
    assert contrast(theme["primaryColor"], ink) >= 4.5, "text on a button"


def tracked_text() -> list[tuple[str, str]]:
    """Path and text of every file in version control that is text."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    files = []
    for name in filter(None, listing.stdout.split("\0")):
        try:
            files.append((name, (ROOT / name).read_text(encoding="utf-8")))
        # Binary, or deleted and not yet committed.
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return files


def test_no_tracked_file_names_a_machine() -> None:
    # Home folders, build machines, and package indexes other than pip's own default.
    private = re.compile(
        r"(?<![\w.:/])/(home|root|Users|work|mnt|opt)/[\w.-]+"
        r"|file:///|--(extra-)?index-url|--find-links|@ file:",
    )
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_text()
        if name != "tests/test_project.py"
        for match in private.finditer(text)
    ]
    assert found == []

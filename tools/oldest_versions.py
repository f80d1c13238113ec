"""The oldest versions that pyproject.toml allows, as a constraints file.

python tools/oldest_versions.py > oldest.txt
make test CONSTRAINTS=oldest.txt
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def oldest(requirements: Iterable[str]) -> list[str]:
    """`name>=1.2,<2` as `name==1.2`, sorted; extras left out.

    Raises:
        ValueError: a requirement without a lower bound.
    """
    found = []
    for requirement in requirements:
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*>=\s*([0-9.]+)", requirement)
        if match is None:
            raise ValueError(f"{requirement!r} has no lower bound, such as name>=1.2")
        found.append(f"{match[1]}=={match[2]}")
    return sorted(set(found), key=str.lower)


def main() -> None:
    settings = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    project, build = settings["project"], settings["build-system"]["requires"]
    extras = project["optional-dependencies"]
    print("\n".join(oldest([*build, *project["dependencies"], *extras["hub"], *extras["dev"]])))


if __name__ == "__main__":
    main()

"""The oldest versions are the lower bounds that pyproject.toml gives."""

import pytest

from tools.oldest_versions import main, oldest


def test_a_lower_bound_becomes_the_version() -> None:
    assert oldest(["b[x]>=1.2.3,<2", "A>=0.9"]) == ["A==0.9", "b==1.2.3"]


@pytest.mark.parametrize("requirement", ["name", "name<2", "name==1.2"])
def test_without_a_lower_bound_it_says_so(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lower bound"):
        oldest([requirement])


def test_every_dependency_of_the_project_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.split()
    # The first is what the project itself is built with.
    assert {"setuptools==80", "streamlit==1.67"} <= set(lines)
    assert all("==" in line for line in lines)

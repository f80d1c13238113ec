"""What a served app opens: its list. What is not in it is looked for nowhere."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.assets import shipped_checkpoints
from viz_app.messages import text
from viz_app.session import frame, jobs, resources, service, state
from viz_app.session.jobs import Job
from viz_app.session.service import Service, served

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models: one that opens, one that is none, a file."""
    (tmp_path / "models" / "empty").mkdir(parents=True)
    (tmp_path / "models" / "notes.txt").write_text("x")
    shutil.copytree(ROOT / "assets" / "checkpoints" / "mini-en", tmp_path / "models" / "ours")
    return tmp_path / "models"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Service], None]]:
    """Lets the app be another service for a test."""
    yield lambda found: monkeypatch.setattr(service, "current", lambda: found)


def test_the_list_is_what_is_shipped_and_what_lies_in_the_folder(models: Path) -> None:
    shutil.copytree(models / "ours", models / "small-en")
    here = served(models)
    assert here.listed is not None
    assert list(here.listed) == sorted([*shipped_checkpoints(), "ours"])
    assert here.folder("ours") == models / "ours"
    assert here.folder("small-en") != models / "small-en", "a shipped name stays the shipped model"
    for name in ("empty", "notes.txt", str(models / "ours"), "../models/ours", "bert-base-uncased"):
        assert not here.offers(name) and here.folder(name) is None
    with pytest.raises(OSError, match="nowhere"):
        served(models / "nowhere")


def test_by_default_everything_opens_that_the_reader_names(models: Path) -> None:
    here = Service()
    assert here.offers("anything/at-all")
    assert here.folder(str(models / "ours")) == models / "ours"
    for name in ("someone/some-bert", "~nobody-of-this-name/x", "x" * 5000, "a\0b"):
        assert here.folder(name) is None


@pytest.mark.parametrize(
    ("environment", "is_served"),
    [({}, False), ({"HEADLIGHT_SERVE": "0"}, False), ({"HEADLIGHT_SERVE": "1"}, True)],
)
def test_the_environment_decides(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], is_served: bool
) -> None:
    monkeypatch.delenv("HEADLIGHT_SERVE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (service.current.__wrapped__().listed is not None) == is_served


def page(model: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in {"lang": "en", "model": model, "a": "A text."}.items():
        test.query_params[name] = value
    test.run()
    return test.switch_page("viz_app/app_pages/models/page.py").run()


def test_no_path_outside_the_list_tells_whether_it_exists(
    models: Path, serve: Callable[[Service], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(served(models))
    outside = models.parent / "secret"
    shutil.copytree(models / "ours", outside)
    names = {
        "a model": str(outside),
        "a file of it": str(outside / "config.json"),
        "a broken model": str(models / "empty"),
        "nothing": str(models.parent / "nowhere"),
        "from the list upwards": "../secret",
        "a hub name": "someone/some-bert",
    }
    asked: list[str] = []
    stat = os.stat

    def noticed(path: Any, *args: Any, **named: Any) -> os.stat_result:
        asked.append(str(path))
        return stat(path, *args, **named)

    said = set()
    for name in names.values():
        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", noticed)
            test = page(name)
        assert not test.exception
        [error] = test.error
        said.add(error.value.replace(frame.escape(name[:80]), "…"))
        assert not [button for button in test.button if "ownload" in button.label]
        assert text("en", "models.open.steps") not in {each.value for each in test.markdown}
        with pytest.raises(PermissionError, match="not one of the models offered"):
            resources.model(name)
    assert len(said) == 1
    found = [path for path in asked if any(path.startswith(str(each)) for each in names.values())]
    assert found == [] and asked, "nobody may have looked"


def test_what_is_in_the_list_opens_by_its_name(
    models: Path, serve: Callable[[Service], None]
) -> None:
    serve(served(models))
    test = page("ours")
    assert not test.exception and not test.error
    assert test.subheader[0].value == text("en", "models.heading", model="ours")
    assert "ours" in test.selectbox(key="model").options
    assert resources.model("ours").name == "ours"


def test_a_text_is_cut_to_what_is_read(serve: Callable[[Service], None]) -> None:
    serve(Service(longest_text=10))
    base = state.default_selection("en")
    assert state.from_address({"a": "x" * 11, "b": "y" * 11}, base).pair == ("x" * 10, "y" * 10)


class _Waiting(Job):
    """A job that never begins."""

    def __init__(self) -> None:
        super().__init__(lambda report: None, _Pool())  # type: ignore[arg-type]


class _Pool:
    def submit(self, *_: object) -> Future[None]:
        return Future()


def test_a_sessions_oldest_job_gives_way(serve: Callable[[Service], None]) -> None:
    serve(Service(most_jobs=100, most_jobs_of_a_session=3))
    mine = {str(number): _Waiting() for number in range(3)}
    assert jobs._make_room(mine)
    assert [job.cancelled for job in mine.values()] == [True, False, False]
    mine["3"] = _Waiting()
    assert jobs._make_room(mine)
    assert [job.cancelled for job in mine.values()] == [True, True, False, False]


def test_only_so_many_jobs_wait(serve: Callable[[Service], None]) -> None:
    others = [_Waiting() for _ in range(4)]
    serve(Service(most_jobs=len(jobs._open)))
    assert not jobs._make_room({})
    others[0].cancel()
    assert jobs._make_room({})
    serve(Service())
    assert jobs._make_room({})
    for job in others:
        job.cancel()
    assert not jobs._open & {job.future for job in others}

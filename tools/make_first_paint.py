"""Store the picture that the start page shows while the model loads: one per default example.

Run it when a shipped checkpoint or a default example has changed:

    python -m tools.make_first_paint
"""

from bert_core import load
from viz_app.app_pages.start.first_paint import FOLDER, write
from viz_app.messages import LANGUAGES
from viz_app.session.state import Selection, default_selection
from viz_app.view_models.architecture import architecture
from viz_app.view_models.architecture_view import ArchitectureView


def picture(selection: Selection) -> ArchitectureView:
    """The picture of a selection's text, from the model itself."""
    bert = load(selection.model, device="cpu")
    return architecture(bert.trace(selection.text_a, selection.text_b or None), bert)


def main() -> None:
    for language in LANGUAGES:
        selection = default_selection(language)
        path = FOLDER / f"{selection.model}.view"
        write(path, selection, picture(selection))
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

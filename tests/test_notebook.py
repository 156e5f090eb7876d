"""The notebook of the documentation runs, and what it shows is what it makes."""

import re

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.mark.timeout(120)
def test_the_quickstart_runs(root, tmp_path):
    kept = nbformat.read(root / "docs" / "notebooks" / "quickstart.ipynb", as_version=4)
    nbformat.validate(kept)
    made = nbformat.from_dict(kept)
    NotebookClient(made, timeout=90, resources={"metadata": {"path": tmp_path}}).execute()
    assert said(made) == said(kept), "run the notebook again and save it"
    assert not any(o.get("name") == "stderr" for c in kept.cells for o in c.get("outputs", ()))
    assert any("image/png" in o.get("data", {}) for c in kept.cells for o in c.get("outputs", ()))


def said(book):
    """What the cells printed but for the score, which another processor's rounding may change."""
    outputs = [o for cell in book.cells for o in cell.get("outputs", ())]
    return [
        re.sub(r"\d+%", "", o["text"])
        for o in outputs
        if o.output_type == "stream" and o["name"] == "stdout"
    ]

"""Run notebooks from top to bottom and store their outputs: ``python notebooks/execute.py [NOTEBOOK ...]``.

What depends on the machine (times, versions, addresses of objects) is left out, and pictures are stored with a small
palette, so that a committed notebook changes only when its contents do. Needs the ``notebooks`` extra.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS_A_CELL = 300
COLORS = 128
_SOLUTION = re.compile(r"<details>(.*?)</details>", re.DOTALL)
_CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def solutions(markdown: str) -> list[str]:
    """The Python code of every hidden solution of a Markdown cell, one string a solution."""
    return ["\n".join(_CODE.findall(hidden)) for hidden in _SOLUTION.findall(markdown)]


def with_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy in which the code of hidden solutions follows as ordinary cells."""
    copy = nbformat.from_dict(notebook)
    copy.cells = []
    for cell in notebook.cells:
        copy.cells.append(cell)
        if cell.cell_type == "markdown":
            copy.cells += [nbformat.v4.new_code_cell(code) for code in solutions(cell.source)]
    return copy


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Execute a notebook, in place, with ``folder`` as working directory.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        At the first cell that fails; the message shows it.
    """
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=SECONDS_A_CELL, resources=resources, record_timing=False
    )
    executed: NotebookNode = client.execute()
    return executed


def clean(notebook: NotebookNode) -> NotebookNode:
    """Leave out, in place, what depends on the machine, and make pictures small."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = _small(data["image/png"])
            if "text/plain" in data:
                data["text/plain"] = re.sub(r" at 0x[0-9a-fA-F]+", "", data["text/plain"])
    return notebook


def _small(png: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    packed = io.BytesIO()
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return base64.b64encode(packed.getvalue()).decode("ascii")


def main(paths: list[Path]) -> None:
    """Execute, clean and overwrite; a notebook that fails is left as it was."""
    for path in paths:
        notebook = clean(run(nbformat.read(path, as_version=4), path.parent))
        nbformat.validate(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")))

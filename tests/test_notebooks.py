"""Notebooks: listed, committed with clean outputs, and every cell runs, hidden solutions included."""

import json
import re
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TOOLS = runpy.run_path(str(FOLDER / "execute.py"))
LARGEST = 1_000_000  # bytes
ABSOLUTE = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|tmp|work|usr|opt|var|mnt|private|srv|workspace|github)/|\b[A-Za-z]:\\+\w"
)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def committed(path):
    return nbformat.read(path, as_version=4)


def written(output):
    """What an output shows as text: streams, tables, formulas; no pictures."""
    data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
    return json.dumps([output.get("text", ""), output.get("traceback", []), data], ensure_ascii=False)


def test_the_index_lists_exactly_the_notebooks_there_are():
    linked = re.findall(r"\]\(([^)]+\.ipynb)\)", (FOLDER / "README.md").read_text(encoding="utf8"))
    assert sorted(linked) == [path.name for path in NOTEBOOKS]
    assert NOTEBOOKS


@each_notebook
def test_committed_after_one_run_from_top_to_bottom(path):
    notebook = committed(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


@each_notebook
def test_nothing_of_the_machine_is_committed(path):
    notebook = committed(path)
    assert notebook.metadata == TOOLS["METADATA"]
    assert not any(cell.metadata for cell in notebook.cells)
    assert path.stat().st_size < LARGEST
    here = [str(FOLDER.parent), str(Path.home()), sys.prefix, tempfile.gettempdir()]
    for cell in notebook.cells:
        for text in [cell.source, *map(written, cell.get("outputs", []))]:
            assert not ABSOLUTE.search(text)
            assert not [known for known in here if len(known) > 1 and known in text]
            assert " at 0x" not in text


@pytest.mark.parametrize("text", ["open('/home/me/x')", "File /tmp/a.py", '"C:\\\\Users"', "/usr/lib/x"])
def test_absolute_paths_are_found(text):
    assert ABSOLUTE.search(text)


@pytest.mark.parametrize("text", ["rho/home/2", "https://example.org/usr/x", r"$\frac{1}{2}$", r"e: \qquad", "a/b/c"])
def test_other_slashes_are_left_alone(text):
    assert not ABSOLUTE.search(text)


@each_notebook
def test_every_exercise_hides_a_solution_with_code_that_checks_itself(path):
    text = "\n\n".join(cell.source for cell in committed(path).cells if cell.cell_type == "markdown")
    exercises = re.split(r"^### Exercise ", text, flags=re.MULTILINE)[1:]
    assert len(exercises) >= 3
    for exercise in exercises:
        (code,) = TOOLS["solutions"](exercise)
        assert "assert" in code
    assert len(TOOLS["solutions"](text)) == len(exercises)


@each_notebook
def test_every_cell_and_every_solution_runs(path, tmp_path):
    shutil.copy(path, tmp_path)
    notebook = TOOLS["with_solutions"](committed(tmp_path / path.name))
    executed = TOOLS["run"](notebook, tmp_path)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]  # it left nothing behind


def test_a_solution_that_fails_is_noticed(tmp_path):
    text = "<details>\n<summary>Solution</summary>\n\nSo:\n\n```python\nassert 1 + 1 == 3\n```\n\n</details>"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    with pytest.raises(Exception, match="AssertionError"):
        TOOLS["run"](TOOLS["with_solutions"](notebook), tmp_path)

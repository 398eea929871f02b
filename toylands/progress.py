"""What a long run says while it runs: nothing, unless it is long and somebody watches.

Both reporters write to standard error, only when it is a terminal (or when asked to), and only after a delay.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

SHOW_AFTER = 2.0  # seconds before a bar appears
COMPILE_AFTER = 1.0  # seconds before a word on compilation


def watched(progress: bool | None) -> bool:
    """Whether to report: ``progress`` itself, or for None whether standard error is a terminal."""
    return sys.stderr.isatty() if progress is None else bool(progress)


class Bar:
    """A progress bar that appears once the work has taken two seconds. Use as a context manager."""

    def __init__(self, total: int, label: str, progress: bool | None = None) -> None:
        self._total, self._label, self._on = total, label, watched(progress)
        self._began, self._done = time.monotonic(), 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Bar:
        return self

    def update(self, done: int, note: str = "") -> None:
        """``done`` of the total is finished; ``note`` is shown behind the bar."""
        self._done = done
        if not self._on or time.monotonic() - self._began < SHOW_AFTER:
            return
        if self._bar is None:
            self._open()
        self._bar.update(self._task, completed=done, note=note)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task(self._label, total=self._total, note="")

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()


class CompileNotice:
    """One line on standard error if what it wraps (a first call) takes more than a second."""

    def __init__(self, what: str, progress: bool | None = None) -> None:
        self._what, self._on = what, watched(progress)
        self._timer: threading.Timer | None = None

    def __enter__(self) -> CompileNotice:
        if self._on:
            self._timer = threading.Timer(COMPILE_AFTER, self._say)
            self._timer.daemon = True
            self._timer.start()
        return self

    def _say(self) -> None:
        sys.stderr.write(f"compiling the kernel for {self._what} (once a process) ...\n")
        sys.stderr.flush()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

"""The files of a running page: in a private folder, found by tokens alone, gone after their time.

Uploads lie where Gradio puts them, ``uploads/<digest>/<name>``; results in ``results``, in a folder each.
A visitor names neither: an upload is compared with those that are there, a result has a random token.
"""

import atexit
import fcntl
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from ariigcn.core.errors import DataError

logger = logging.getLogger(__name__)
PREFIX = "ariigcn-app-"


@dataclass(frozen=True)
class Kept:
    """A file that may be fetched.

    Args:
        path: where it is.
        name: what a visitor saves it as.
        media_type: what a browser takes it for.
        inline: it is played in the page, not saved.
    """

    path: Path
    name: str
    media_type: str
    inline: bool = False


class Files:
    """A folder that only this user can read, and which sessions, one a visitor's page, hold what in it.

    It is removed when the process ends. What a killed process left is removed by the next one.

    Args:
        kept_s: seconds after which a file is removed.
        most_bytes: of all files together.
    """

    def __init__(self, kept_s: float, most_bytes: float) -> None:
        _remove_left_behind()
        self.kept_s, self.most_bytes = kept_s, most_bytes
        self.root = _own_folder()
        self.uploads, self._results = self.root / "uploads", self.root / "results"
        for folder in (self.uploads, self._results):
            folder.mkdir(mode=0o700)
        self._lock = threading.RLock()
        self._held: dict[Path, set[str]] = {}  # folder of an upload or a result -> sessions
        self._kept: dict[str, tuple[Kept, str]] = {}  # token -> file and session
        self._coming = 0
        atexit.register(self.close)

    @contextmanager
    def receiving(self, size: int) -> Iterator[bool]:
        """Keep room while an upload of so many bytes comes; gives whether there is some.

        What an upload that broke off left is removed once no other one comes.
        """
        with self._lock:
            fits = _size(self.root) + self._coming + size <= self.most_bytes
            coming = size if fits else 0
            self._coming += coming
        try:
            yield fits
        finally:
            with self._lock:
                self._coming -= coming
                if not self._coming:
                    _remove_broken_off(self.uploads)

    def upload(self, said: str, session: str) -> Path:
        """The upload that a request speaks of, held for a session.

        Raises:
            DataError: no upload is called so. Any other path of the machine is refused by this.
        """
        with self._lock:
            found = next((p for p in self.uploads.glob("*/*") if str(p) == said), None)
            if found is None or found.is_symlink() or not found.is_file():
                raise DataError("an uploaded file is no longer here; please upload it again")
            self._held.setdefault(found.parent, set()).add(session)
            return found

    def folder(self, session: str) -> Path:
        """A new empty folder for a result of a session."""
        with self._lock:
            path = self._results / secrets.token_hex(16)
            path.mkdir(mode=0o700)
            self._held[path] = {session}
            return path

    def offer(self, kept: Kept, session: str) -> str:
        """Let a file be fetched as long as the session holds it; gives its token.

        Raises:
            DataError: the session holds it no longer: it has ended, or the time of the file is over.
        """
        with self._lock:
            if session not in self._held.get(kept.path.parent, ()):
                raise DataError(
                    f"the page keeps files for {self.kept_s / 60:.0f} minutes, and these were removed "
                    "before the result was there; please upload them again"
                )
            token = secrets.token_urlsafe(24)
            self._kept[token] = (kept, session)
            return token

    def find(self, token: str) -> Kept | None:
        """What a token stands for, if it still does."""
        kept, _ = self._kept.get(token, (None, ""))
        return kept if kept is not None and kept.path.is_file() else None

    def end(self, session: str) -> None:
        """Remove what a session held, but uploads that another one holds too."""
        with self._lock:
            self._kept = {t: offered for t, offered in self._kept.items() if offered[1] != session}
            for path, sessions in [*self._held.items()]:
                sessions.discard(session)
                if not sessions:
                    self._remove(path)

    def sweep(self) -> None:
        """Remove what is older than its time, and results that work wrote after its session had ended."""
        oldest = time.time() - self.kept_s
        with self._lock:
            for path in [*self.root.glob("*/*")]:
                ended = path.parent == self._results and path not in self._held
                with suppress(FileNotFoundError):  # Gradio moves what has come
                    if ended or path.lstat().st_mtime < oldest:
                        self._remove(path)

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            self._held.clear()
            self._kept.clear()
            shutil.rmtree(self.root, ignore_errors=True)

    def _remove(self, path: Path) -> None:
        """Remove an upload or a result, and what is known of it."""
        self._held.pop(path, None)
        self._kept = {t: o for t, o in self._kept.items() if o[0].path.parent != path}
        if path.is_dir():
            # Work may write into it; the next sweep is after it.
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sweep_forever(files: Files, every_s: float = 60.0) -> None:
    """Sweep in the background until the process ends."""

    def run() -> None:
        while files.root.is_dir():
            try:
                files.sweep()
            except OSError:
                logger.exception("old files could not be removed; the next try is in %g s", every_s)
            time.sleep(every_s)

    threading.Thread(target=run, daemon=True, name="sweep").start()


def _size(folder: Path) -> int:
    """Bytes of the files below a folder; Gradio may move or remove some meanwhile."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(parent, name).stat().st_size
    return size


def _remove_broken_off(uploads: Path) -> None:
    """Remove files beside the folders of whole uploads."""
    for path in uploads.iterdir():
        if path.is_file():
            path.unlink(missing_ok=True)


def _own_folder() -> Path:
    """A new private folder, locked until the process ends, however it does.

    It is locked before it has the name by which :func:`_remove_left_behind` of another process finds it.
    """
    made = Path(mkdtemp(prefix=f".{PREFIX}{os.getpid()}-"))  # mode 0700
    _lock(made)
    return made.rename(made.with_name(made.name[1:]))


def _remove_left_behind() -> None:
    """Remove folders of this user's processes that are gone.

    A process's number would not tell: after a restart of the machine another program has it, in a
    container often this one.
    """
    for path in Path(gettempdir()).glob(f"{PREFIX}*"):
        if (lock := _lock(path)) is not None:
            if os.fstat(lock).st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder as long as the descriptor is open; None where another process has, or it cannot be."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor

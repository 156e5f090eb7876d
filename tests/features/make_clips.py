"""Tiny clips for the tests of extraction, made with the encoders that PyAV brings."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE, FPS = 48000, 25


def tone(seconds: float, hertz: float = 220.0, rate: int = RATE) -> NDArray[np.float32]:
    """A sine of amplitude 0.25, [S]."""
    times = np.arange(round(seconds * rate)) / rate
    return (0.25 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def write_wav(path: Path, channels: list[NDArray[np.float32]], layout: str = "mono") -> Path:
    """Signals of -1..1 at 48 kHz, one a channel, as a 16-bit wav."""
    samples = (np.stack(channels, axis=1) * 32767).astype(np.int16).reshape(1, -1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def write_video(
    path: Path,
    frames: list[NDArray[np.uint8]],
    sound: NDArray[np.float32] | None = None,
    keyframe_every: int = 250,
    faststart: bool = False,
    fps: int = FPS,
    codec: str = "libx264",
) -> Path:
    """RGB frames, by default 25 a second, as H.264 with, where given, a mono AAC track at 48 kHz."""
    flags = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=flags) as container:
        height, width = frames[0].shape[:2]
        exact = {"preset": "ultrafast", "qp": "4"} if codec == "libx264" else {"qmax": "2"}
        video = container.add_stream(codec, rate=fps, options=exact)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.gop_size = keyframe_every
        video.codec_context.max_b_frames = 2
        audio = container.add_stream("aac", rate=RATE, layout="mono") if sound is not None else None
        if audio is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux([*audio.encode(frame), *audio.encode(None)])
        for picture in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
    return path


def write_sound(path: Path, signal: NDArray[np.float32], codec: str, **muxer: str) -> Path:
    """A mono signal of -1..1 at 48 kHz by AAC or MP3; silence takes few bytes. ``muxer``: its options."""
    quality = {"flags": "+qscale", "global_quality": "472"}
    with av.open(str(path), "w", options=muxer) as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono", options=quality)
        frame = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def write_floats(path: Path, signal: NDArray[np.float32]) -> Path:
    """A mono signal at 48 kHz as a wav of floats."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(signal[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def grey_frames(count: int, side: int = 64) -> list[NDArray[np.uint8]]:
    """Flat frames whose grey value counts up by 3: each of the first 80 tells its own number."""
    return [np.full((side, side, 3), min(5 + 3 * i, 250), np.uint8) for i in range(count)]


def number_of(frame: NDArray[np.uint8]) -> int:
    """Which of :func:`grey_frames` a decoded frame is."""
    return round((float(frame.mean()) - 5) / 3)


def shifted(source: Path, target: Path, frames: int) -> Path:
    """The same packets so many frames earlier, 25 a second; mp4 hides what comes before 0."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        copies = {stream: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if packet.dts is not None and packet.pts is not None:
                shift = round(frames / FPS / packet.time_base)
                packet.dts, packet.pts = packet.dts - shift, packet.pts - shift
                packet.stream = copies[packet.stream]
                new.mux(packet)
    return target


def write_exact(
    path: Path, pictures: list[NDArray[np.uint8]], sound: NDArray[np.float32], rate: int = 16000
) -> Path:
    """RGB pictures at 25 a second and mono samples that come back as they are."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264rgb", rate=FPS, options={"qp": "0"})
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "rgb24"
        audio = container.add_stream("pcm_f32le", rate=rate, layout="mono")
        for picture in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        container.mux([*audio.encode(frame), *audio.encode(None)])
    return path

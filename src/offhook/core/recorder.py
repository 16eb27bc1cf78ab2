"""What a recorder promises the call it records."""

from typing import Literal, Protocol

from offhook.core.leg import PhoneLeg

Role = Literal["caller", "agent"]


class Recorder(Protocol):
    """Records one call. No method blocks or raises: whatever becomes of the recording, the call goes on."""

    def caller_audio(self, frame: bytes) -> None:
        """The caller's audio. Media plane: a plain call for every frame."""

    def joined(self, leg: PhoneLeg) -> None:
        """A stream carries the call from now on."""

    def left(self) -> None:
        """The stream is gone."""

    def pause(self, why: str) -> None:
        """From now on both sides are silence, until every `why` is over."""

    def resume(self, why: str) -> None:
        """This `why` is over."""

    def silence(self, role: Role, begin_ms: float, end_ms: float) -> None:
        """What one side said between two moments of the call's clock is taken out."""

    def close(self) -> None:
        """The call is over."""

"""Every error of the package, in one tree.

OffhookError
├── ConfigError            before the first call: a setting, a file or an extra is wrong; the sentence says what to do
├── CallRefused            this call or this stream is not taken; the server and the other calls go on
│   ├── CallsFull          as many calls as the limit allows, or draining
│   ├── CallOver           the call has ended; nothing may bring it back
│   └── NotOffered         an agent or a backend was asked for by a name that there is none of
├── ProtocolError
│   ├── LocalProtocolError   we broke a rule: a bug of ours, loud
│   └── RemoteProtocolError  the peer broke a rule: it costs that message or that call, never another's
├── StoreAway              the database cannot be reached now; calls go on, what they leave behind waits
├── CarrierError           the carrier's own interface (REST) refused, failed or stayed silent
├── LegFailed              one side of a call is gone; `retryable` says whether another try may help
└── ToolError              told to the model, not to the log as a crash
"""


class OffhookError(Exception):
    """Root of everything this package raises on purpose."""


class ConfigError(OffhookError):
    """Something needed before the first call is wrong; the message is one sentence that says what to do."""


class CallRefused(OffhookError):
    """A call or a stream that is not taken. The message is for the log, never for the peer."""


class CallsFull(CallRefused):
    """No room: the limit of concurrent calls is reached, or the process drains."""


class CallOver(CallRefused):
    """The call has ended and does not come back."""


class NotOffered(CallRefused):
    """Whoever asked for a call named an agent or a backend that it cannot have; the message says which there are."""


class ProtocolError(OffhookError):
    """A rule of a wire protocol was broken."""


class LocalProtocolError(ProtocolError):
    """We broke it."""


class RemoteProtocolError(ProtocolError):
    """The peer broke it."""


class StoreAway(OffhookError):
    """The database cannot be reached, or was lost in the middle of something. Try again later."""


class LegFailed(OffhookError):
    """One side of a call is gone."""

    def __init__(self, message: str, *, retryable: bool = False, retry_after_s: float | None = None) -> None:
        """`retry_after_s`: the peer asks not to be asked again before."""
        super().__init__(message)
        self.retryable, self.retry_after_s = retryable, retry_after_s


class CarrierError(OffhookError):
    """What was asked of the carrier was not done, or nobody knows. The message is one sentence that names no number.

    `code` is the carrier's own, `status` that of HTTP; None where there was no answer. `done` is False if the carrier
    certainly did nothing, None if it may have.
    """

    def __init__(
        self, message: str, *, code: int | None = None, status: int | None = None, done: bool | None = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.done = done


class ToolError(OffhookError):
    """A tool could not do what it was asked; the text is told to the model."""

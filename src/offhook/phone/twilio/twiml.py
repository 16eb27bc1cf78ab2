"""The TwiML documents offhook answers with. Pure: text out."""

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

MEDIA_TYPE = "text/xml"


def connect_stream(stream_url: str, token: str, action: str, status_callback: str, *, answered_by: str = "") -> str:
    """Hand the call to our media stream.

    `stream_url` is `wss://…` without a query string (Twilio drops it), so the token travels as a parameter and comes
    back in `start`. Twilio asks `action` what to do when the stream has ended. `answered_by` is its verdict on a call of
    ours, for whoever the stream comes to.
    """
    response = VoiceResponse()
    connect = response.connect(action=action, method="POST")
    stream = connect.stream(url=stream_url, status_callback=status_callback, status_callback_method="POST")
    stream.parameter(name="token", value=token)
    if answered_by:
        stream.parameter(name="answered_by", value=answered_by)
    return str(response)


def dial(number: str, action: str, *, caller: str | None, ring_s: int, limit_s: int) -> str:
    """Put the caller through to a number, or to a `sip:` or `client:` address; they hear it ring meanwhile.

    Twilio asks `action` what to do when nobody answered within `ring_s`, or when the talk, of `limit_s` at most, is over.
    `caller`: the number that is shown there; None: Twilio's choice.
    """
    response = VoiceResponse()
    shown = {} if caller is None else {"caller_id": caller}
    dialled = response.dial(
        action=action, method="POST", timeout=ring_s, time_limit=limit_s, answer_on_bridge=True, **shown
    )
    scheme, _, address = number.partition(":")
    match scheme.lower():
        case "sip" | "sips":
            dialled.sip(number)
        case "client":
            dialled.client(address)
        case _:
            dialled.number(number)
    return str(response)


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def reject_busy() -> str:
    """Do not take the call: the caller hears the busy tone and Twilio bills nothing."""
    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def say_and_hang_up(text: str, language: str) -> str:
    """Speak one line with the carrier's own voice, then end the call."""
    response = VoiceResponse()
    response.say(text, language=language)
    response.hangup()
    return str(response)

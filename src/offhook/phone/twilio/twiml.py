"""The TwiML documents offhook answers with. Pure: text out."""

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

MEDIA_TYPE = "text/xml"


def connect_stream(stream_url: str, token: str, action: str, status_callback: str) -> str:
    """Hand the call to our media stream.

    `stream_url` is `wss://…` without a query string (Twilio drops it), so the token travels as a parameter and comes
    back in `start`. Twilio asks `action` what to do when the stream has ended.
    """
    response = VoiceResponse()
    connect = response.connect(action=action, method="POST")
    stream = connect.stream(url=stream_url, status_callback=status_callback, status_callback_method="POST")
    stream.parameter(name="token", value=token)
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

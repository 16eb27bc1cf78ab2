"""From the parameters of `POST …/Calls.json` to a call, or to Twilio's refusal. Pure."""

import re
from collections.abc import Collection, Mapping

from offhook.sim import rest_errors as errors
from offhook.sim.amd import Detection
from offhook.sim.orders import Setup
from offhook.sim.outbound import Outbound, OutboundCall
from offhook.sim.plan import EVENTS, Plan
from offhook.sim.rest_errors import RestError
from offhook.sim.rest_parameters import is_url

LONGEST_TWIML = 4000
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_ADDRESS = re.compile(r"(sip|sips|client):\S+")


def placed(
    plan: Plan, given: Mapping[str, list[str]], owned: Collection[str], sid: str, now: float, queue_ms: float
) -> OutboundCall:
    """The call that is asked for. Raises RestError."""
    said = {name: values[0] for name, values in given.items()}
    called, caller = _parties(said, owned, plan.refused)
    url, document = _source(said)
    callback = said.get("StatusCallback") or None
    if callback and not is_url(callback):
        raise RestError(errors.BAD_CALLBACK, callback)
    setup = Setup(
        url,
        plan.account,
        voice_method=said.get("Method", "POST").upper(),
        fallback_url=said.get("FallbackUrl") or None,
        direction="outbound-api",
        caller=caller,
        called=called,
        call_sid=sid,
        status_callback=callback,
        status_method=said.get("StatusCallbackMethod", "POST").upper(),
        upstreams=plan.upstreams,
        callees=plan.callees,
        epoch_s=plan.epoch_s + now / 1000.0,
    )
    limit = said.get("TimeLimit")
    outbound = Outbound(
        document=document.encode(),
        events=_events(given.get("StatusCallbackEvent", [])),
        timeout_ms=float(said.get("Timeout", "60")) * 1000.0,
        time_limit_ms=float(limit) * 1000.0 if limit else None,
        detection=_detection(said),
        queue_ms=queue_ms,
        faults=plan.callbacks,
    )
    return OutboundCall(setup, outbound)


def _parties(said: Mapping[str, str], owned: Collection[str], refused: Mapping[str, int]) -> tuple[str, str]:
    called, caller = said.get("To", ""), said.get("From", "")
    if not called:
        raise RestError(errors.NO_TO)
    if not caller:
        raise RestError(errors.NO_FROM)
    if not (_NUMBER.fullmatch(called) or _ADDRESS.fullmatch(called)):
        raise RestError(errors.BAD_TO, called)
    if not (_NUMBER.fullmatch(caller) or _ADDRESS.fullmatch(caller)):
        raise RestError(errors.BAD_FROM, caller)
    if _NUMBER.fullmatch(caller) and caller not in owned:
        raise RestError(errors.FROM_NOT_OURS, caller)
    if called in refused:
        raise RestError(refused[called], called)
    return called, caller


def _source(said: Mapping[str, str]) -> tuple[str, str]:
    """Where the TwiML comes from: a URL, or itself. With a URL, `Twiml` is ignored, as Twilio does."""
    url, document = said.get("Url", ""), said.get("Twiml", "")
    if url:
        if not is_url(url):
            raise RestError(errors.NO_URL)
        return url, ""
    if not document:  # applications are not simulated
        raise RestError(errors.NO_URL)
    if len(document) > LONGEST_TWIML:
        raise RestError(errors.TWIML_TOO_LONG)
    return "", document


def _events(asked: list[str]) -> tuple[str, ...]:
    """What is told. Several events in one value are no event: the call is made, and nothing arrives (21626)."""
    if not asked:
        return ("completed",)
    return tuple(each for each in asked if each in EVENTS)


def _detection(said: Mapping[str, str]) -> Detection | None:
    if "MachineDetection" not in said or said.get("SendDigits"):
        return None
    is_async = said.get("AsyncAmd", "false").lower() == "true"
    callback = said.get("AsyncAmdStatusCallback") or None
    if is_async and callback is None:
        raise RestError(errors.NO_AMD_CALLBACK)
    return Detection(
        until_end=said["MachineDetection"] == "DetectMessageEnd",
        timeout_ms=float(said.get("MachineDetectionTimeout", "30")) * 1000.0,
        speech_ms=float(said.get("MachineDetectionSpeechThreshold", "2400")),
        speech_end_ms=float(said.get("MachineDetectionSpeechEndThreshold", "1200")),
        silence_ms=float(said.get("MachineDetectionSilenceTimeout", "5000")),
        is_async=is_async,
        callback=callback,
        callback_method=said.get("AsyncAmdStatusCallbackMethod", "POST").upper(),
    )

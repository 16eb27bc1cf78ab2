"""The carrier's REST answers: calls, numbers, accounts and lists of them as JSON.

Source: the schemas of Twilio's OpenAPI document `twilio_api_v2010`, which a test holds these answers against.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from offhook.sim.carrier import CarrierCall
from offhook.sim.outbound import OutboundCall
from offhook.sim.signature import Account

API = "/2010-04-01"


@dataclass(slots=True)
class Number:
    """A number of the account, and where its calls go."""

    phone_number: str
    sid: str
    friendly_name: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    voice_application_sid: str = ""
    trunk_sid: str = ""


def call(made: CarrierCall, number_sid: str | None) -> dict[str, Any]:
    """A call. Times are those of its own clock; a call that was not answered has no duration."""
    setup = made.setup
    begun = made.status != "queued"
    ended_ms, answered_ms = made.ended_ms, made.answered_ms
    duration = None
    if ended_ms is not None and answered_ms is not None:
        duration = str(round((ended_ms - answered_ms) / 1000))
    outbound = made.outbound if isinstance(made, OutboundCall) else None
    uri = f"{API}/Accounts/{setup.account.sid}/Calls/{setup.call_sid}"
    parts = ("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions")
    return {
        "sid": setup.call_sid,
        "date_created": date(setup.epoch_s),
        "date_updated": date(setup.epoch_s + (ended_ms or answered_ms or 0.0) / 1000),
        "parent_call_sid": None,
        "account_sid": setup.account.sid,
        "to": setup.called,
        "to_formatted": _formatted(setup.called),
        "from": setup.caller,
        "from_formatted": _formatted(setup.caller),
        "phone_number_sid": number_sid,
        "status": made.status,
        "start_time": date(setup.epoch_s + (outbound.queue_ms / 1000 if outbound else 0.0)) if begun else None,
        "end_time": date(setup.epoch_s + ended_ms / 1000) if ended_ms is not None else None,
        "duration": duration,
        "price": None,
        "price_unit": "USD",
        "direction": setup.direction,
        "answered_by": made.answered_by if isinstance(made, OutboundCall) else None,
        "api_version": API[1:],
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(round(outbound.queue_ms)) if outbound else "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {part: f"{uri}/{part.capitalize()}.json" for part in parts},
    }


def number(account: Account, owned: Number, epoch_s: float) -> dict[str, Any]:
    """A number with its webhooks; `epoch_s`: when it was bought, and last changed."""
    return {
        "account_sid": account.sid,
        "address_sid": None,
        "address_requirements": "none",
        "api_version": API[1:],
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "date_created": date(epoch_s),
        "date_updated": date(epoch_s),
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": owned.friendly_name or _formatted(owned.phone_number),
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": owned.phone_number,
        "sid": owned.sid,
        "sms_application_sid": None,
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status": "in-use",
        "status_callback": owned.status_callback,
        "status_callback_method": owned.status_callback_method,
        "trunk_sid": owned.trunk_sid or None,
        "type": "local",
        "uri": f"{API}/Accounts/{account.sid}/IncomingPhoneNumbers/{owned.sid}.json",
        "voice_application_sid": owned.voice_application_sid or None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": owned.voice_fallback_method,
        "voice_fallback_url": owned.voice_fallback_url,
        "voice_method": owned.voice_method,
        "voice_receive_mode": "voice",
        "voice_url": owned.voice_url,
    }


def account(owner: Account, epoch_s: float) -> dict[str, Any]:
    """The account, without its token."""
    uri = f"{API}/Accounts/{owner.sid}"
    return {
        "sid": owner.sid,
        "friendly_name": "The simulator's account",
        "status": "active",
        "type": "Full",
        "owner_account_sid": owner.sid,
        "date_created": date(epoch_s),
        "date_updated": date(epoch_s),
        "uri": f"{uri}.json",
        "subresource_uris": {
            "calls": f"{uri}/Calls.json",
            "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
    }


def page(
    name: str, all_of_them: Sequence[Any], uri: str, filters: dict[str, str]
) -> tuple[Sequence[Any], dict[str, Any]]:
    """Those of one page, and the list around them, into which the caller puts them as `name`."""
    size, at = int(filters.get("PageSize", "50")), int(filters.get("Page", "0"))
    shown = all_of_them[at * size : (at + 1) * size]

    def to(wanted: int) -> str:
        return f"{uri}?{urlencode({**filters, 'PageSize': size, 'Page': wanted})}"

    return shown, {
        "first_page_uri": to(0),
        "end": at * size + max(0, len(shown) - 1),
        "next_page_uri": to(at + 1) if (at + 1) * size < len(all_of_them) else None,
        "page": at,
        "page_size": size,
        "previous_page_uri": to(at - 1) if at else None,
        "start": at * size,
        "uri": to(at),
        name: [],
    }


def date(epoch_s: float) -> str:
    """RFC 2822, as dates of this API are, in whole seconds."""
    return format_datetime(datetime.fromtimestamp(int(epoch_s), UTC))


def _formatted(address: str) -> str:
    """As people write it, for North America."""
    parts = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", address)
    return "({}) {}-{}".format(*parts.groups()) if parts else address

"""What the value of a setting may be: each function gives it back as it is meant, or raises ValueError. Pure."""

import ipaddress
import re
from urllib.parse import urlsplit

from offhook.settings.shown import SECRET


def host(text: str) -> str:
    """An address to listen on."""
    text.encode("idna")  # as the system is asked; raises for a label that is empty or too long
    return text


def model(text: str) -> str:
    """One or several models, none of which looks like a secret."""
    if any(":" not in each and SECRET.search(each) for each in text.split(",")):
        raise ValueError("no model has such a name")
    return text


def public_url(text: str) -> str:
    """An origin."""
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError("not an origin")
    if parts.path not in ("", "/"):
        raise ValueError("has a path")
    if parts.port == 0:  # one out of range raises by itself
        raise ValueError("has a port that nothing listens on")
    return f"{parts.scheme}://{parts.netloc}"


def proxies(text: str) -> str:
    """Addresses, networks, or all."""
    for part in text.split(","):
        if part.strip() != "*":
            ipaddress.ip_network(part.strip(), strict=False)
    return text


def language(text: str) -> str:
    """A language tag."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError("not a language tag")
    return text


def languages(text: str) -> str:
    """Language tags."""
    return ",".join(language(each.strip()) for each in text.split(",")) if text.strip() else ""


def sid(text: str) -> str:
    """An account's."""
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", text):
        raise ValueError("not an account SID")
    return text


def url(text: str) -> str:
    """An address, without a name and a password."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not a URL")
    return text


def bucket(text: str) -> str:
    """A folder in a bucket."""
    parts = urlsplit(text)
    if parts.scheme not in ("s3", "az", "gs") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("not a bucket")
    return text


def kinds(text: str) -> str:
    """Kinds of numbers."""
    if not {each.strip() for each in text.split(",")} <= {"cards", "phones", "keys"}:
        raise ValueError("not a kind of number")
    return text


def prices(text: str) -> str:
    """Prices by models."""
    price = r"[0-9]{1,6}(?:\.[0-9]+)?"
    if not all(re.fullmatch(rf"\s*[^\s,]+={price}(?:/{price}){{1,2}}\s*", each, re.ASCII) for each in text.split(",")):
        raise ValueError("no prices")
    return text


def destinations_in(text: str) -> dict[str, str]:
    """The numbers of TRANSFERS by their names, in order. Raises ValueError."""
    found: dict[str, str] = {}
    for each in text.split(","):
        name, _, number = (part.strip() for part in each.partition("="))
        if not name or not number or name.casefold() in (other.casefold() for other in found):
            raise ValueError("a destination without a name or a number, or two of one name")
        found[name] = number
    return found


def transfers(text: str) -> str:
    """Names and numbers."""
    destinations_in(text)
    return text


def web_url(text: str) -> str:
    """An address that is not a socket's."""
    if urlsplit(url(text)).scheme not in ("http", "https"):
        raise ValueError("not a web address")
    return text


def number(text: str) -> str:
    """E.164."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text, re.ASCII):
        raise ValueError("not a number")
    return text


def endpoint(text: str) -> str:
    """A host, or its address."""
    url(text if "://" in text else f"https://{text}")
    return text

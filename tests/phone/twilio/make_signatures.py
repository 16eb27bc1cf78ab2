"""Makes signatures.json anew with Twilio's own validator as the peer: `python tests/phone/twilio/make_signatures.py`."""

import json
from pathlib import Path

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

FORM = {
    "CallSid": ["CA" + "7" * 32], "AccountSid": ["AC" + "3" * 32], "From": ["anonymous"], "To": ["sip:desk@example.org"],
    "CallStatus": ["ringing"], "FromCity": [""], "ToCity": ["Zürich + Köln"], "a": ["small"], "B": ["large"],
}  # fmt: skip
REPEATED = {"CallSid": ["CA1"], "StatusCallbackEvent": ["ringing", "answered", "ringing"]}
CASES = {
    "form": ("https://desk.example.org/incoming-call", FORM),
    "form, query signed as sent": ("https://desk.example.org/incoming-call?shop=a%20b&x=1", FORM),
    "form, slash at the end": ("https://desk.example.org/incoming-call/", FORM),
    "form, standard port": ("https://desk.example.org:443/incoming-call", FORM),
    "form, other port": ("https://desk.example.org:8443/incoming-call", FORM),
    "form, http": ("http://127.0.0.1:8000/incoming-call", FORM),
    "form, repeated name": ("https://desk.example.org/twilio/status", REPEATED),
    "get": ("https://desk.example.org/incoming-call?CallSid=CA1&From=%2B0", {}),
    "upgrade": ("wss://desk.example.org/ws/media/c1", {}),
    "upgrade, slash at the end": ("wss://desk.example.org/ws/media/c1/", {}),
    "upgrade, standard port": ("wss://desk.example.org:443/ws/media/c1", {}),
    "upgrade, bare host": ("wss://desk.example.org", {}),
    "upgrade, plain": ("ws://127.0.0.1:8000/ws/media/c1", {}),
    "json": ("https://desk.example.org/x?bodySHA256={sha256}", {}),
}
BODY = '{"ok":true}'


class Repeated(dict):
    def getlist(self, name):
        return self[name]


def main() -> None:
    rows = []
    for name, (url, fields) in CASES.items():
        for algorithm, secret in ((HMAC_SHA1, "an auth token"), (HMAC_SHA256, "a shared key")):
            validator = RequestValidator(secret)
            body = BODY if name == "json" else None
            url = url.replace("{sha256}", validator.compute_hash(BODY))
            signature = validator.compute_signature(url, Repeated(fields), algorithm)
            assert validator.validate(url, body or Repeated(fields), signature, algorithm), name
            rows.append(
                {
                    "name": name, "secret": secret, "algorithm": algorithm[5:].lower(), "url": url, "fields": fields,
                    "body": body, "signature": signature,
                }
            )  # fmt: skip
    Path(__file__).with_name("signatures.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

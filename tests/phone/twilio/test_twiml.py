import xml.etree.ElementTree as ET

from offhook.phone.twilio import twiml


def test_connect_stream_names_the_stream_the_token_and_what_comes_next():
    document = ET.fromstring(
        twiml.connect_stream(
            "wss://h/ws/media/c1", "1.2.x", "https://h/twilio/next?call_id=c1", "https://h/twilio/status"
        )
    )
    connect = document.find("Connect")
    assert connect.attrib == {"action": "https://h/twilio/next?call_id=c1", "method": "POST"}
    stream = connect.find("Stream")
    assert stream.attrib == {
        "url": "wss://h/ws/media/c1",
        "statusCallback": "https://h/twilio/status",
        "statusCallbackMethod": "POST",
    }
    assert [parameter.attrib for parameter in stream] == [{"name": "token", "value": "1.2.x"}]


def test_a_stream_parameter_stays_under_twilios_500_characters():
    from offhook.phone.twilio.token import make

    assert len("token" + make(b"s", "c" * 16, "CA" + "0" * 32, 10**6, 2e9)) < 500


def test_reject_comes_first_and_says_busy():
    document = ET.fromstring(twiml.reject_busy())
    assert [(verb.tag, verb.attrib) for verb in document] == [("Reject", {"reason": "busy"})]


def test_hang_up_is_one_verb():
    assert [verb.tag for verb in ET.fromstring(twiml.hang_up())] == ["Hangup"]


def test_an_apology_is_spoken_in_the_language_of_the_call_and_escaped():
    say, hang_up = ET.fromstring(twiml.say_and_hang_up("Sorry & bye <3", "nl-NL"))
    assert (say.text, say.attrib, hang_up.tag) == ("Sorry & bye <3", {"language": "nl-NL"}, "Hangup")

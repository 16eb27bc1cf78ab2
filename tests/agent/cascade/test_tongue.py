import pytest

from offhook.agent.cascade.tongue import Manner, Tongue

EN, DE, JA = Manner("en-US", None), Manner("de-DE", None), Manner("ja-JP", None)


@pytest.mark.parametrize(
    ("text", "language", "then"),
    [
        ("Sprechen Sie Deutsch?", "de", DE),
        ("Ja genau.", "de", EN),  # so little is said in any language, and guessed
        ("Parlez-vous français?", "fr", EN),  # which it does not speak
        ("I want a table", "en-GB", EN),
        ("Und wann schließen Sie?", "", EN),
        ("営業時間は何時まで", "ja", JA),
        ("はい", "ja", EN),
    ],
)
def test_a_turn_changes_the_language(text, language, then):
    tongue = Tongue(EN, [DE, JA])
    assert tongue.heard(text, language) is (then is not EN)
    assert tongue.now is then


def test_a_caller_may_change_back():
    tongue = Tongue(EN, [DE])
    assert tongue.heard("Wann schließen Sie heute?", "de-AT")
    assert not tongue.heard("Und am Sonntag auch?", "de")
    assert tongue.heard("Sorry, in English please", "en") and tongue.now is EN

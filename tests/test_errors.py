import inspect

from offhook import errors


def test_every_error_stands_in_the_tree_at_the_top():
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(kind, errors.OffhookError)
        assert name in errors.__doc__
        assert kind.__doc__


def test_a_leg_that_failed_says_whether_another_try_may_help():
    assert not errors.LegFailed("gone").retryable
    assert errors.LegFailed("gone", retryable=True).retryable

"""`python -m tests.chromium`: see to it that there is a browser for the tests of the console."""

from tests.chromium import install

print(install())

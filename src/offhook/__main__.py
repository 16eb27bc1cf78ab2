"""`python -m offhook` is `offhook`."""

from offhook.cli.main import main

main()

"""`python -m paycli`: the same as the command `paycli`."""

from paycli.cli.main import main

main()

"""Entry point of the command `paycli` and of `python -m paycli`."""

import sys


def main() -> None:
    """Runs the command line; exits with 130 on Ctrl-C, also while modules are being imported."""
    try:
        from paycli.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""The command `paycli`, which is `python -m paycli` too."""

import sys


def main() -> None:
    """Runs the command line and exits, with 130 also for a Ctrl-C while it is being loaded."""
    try:
        from paycli.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""`paycli docs`."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.new_file import written_atomically
from paycli.cli.output import print_message
from paycli.cli.settings_options import with_settings
from paycli.settings import TopicSettings


@exits(3)
@with_settings
def docs(
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, - for standard output. Default: docs.html in the cache "
            "directory, ~/.cache/paycli.",
            dir_okay=False,
            allow_dash=True,
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only write the file, and print its path.")
    ] = False,
    topics: TopicSettings,
) -> None:
    """Write the reference of the HTTP API and the events as a page, and open it in the browser.

    The page is one file, which loads nothing from elsewhere: the one that the daemon serves at
    /docs.

    Examples:
        paycli docs
        paycli docs --file reference.html --no-browser
    """
    from server.reference import page_bytes  # the models, and the events' classes

    page = page_bytes(topics.topic, topics.unreadable_topic)
    if file == Path("-"):
        sys.stdout.buffer.write(page)
        return
    path = (file or _default_file()).absolute()
    _write(path, page, create_directory=file is None)
    sys.stdout.write(f"{path}\n")
    sys.stdout.flush()
    if not no_browser and not webbrowser.open(path.as_uri()):
        print_message(f"no browser found: open {path.as_uri()}")


def _default_file() -> Path:
    """Returns the same file each time, so that none accumulate.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # A relative path is to be ignored.
        directory = cache if cache.is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:
        raise typer.BadParameter("there is no home directory: name a file with --file") from error
    return directory / "paycli" / "docs.html"


def _write(path: Path, page: bytes, *, create_directory: bool) -> None:
    try:
        if create_directory:
            path.parent.mkdir(parents=True, exist_ok=True)
        with written_atomically(path) as out:
            out.write(page)
    except OSError as error:
        raise typer.BadParameter(
            f"{path} can't be written: {error.strerror}; name another file with --file"
        ) from error

"""Chromium, driven by selenium, with access to its developer tools."""

import tempfile
from importlib import resources
from types import TracebackType
from typing import Any, Self

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from .polling import wait_until
from .tools import chromium

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TIMEOUT_SECONDS = 10.0
WIDE = (1280, 800)
NARROW = (320, 640)
_TEXT = """
return [...document.querySelectorAll(arguments[0])].map((element) => element.innerText).join("\\n");
"""
_AXE = """
const [runOnly, done] = arguments;
const describe = (rule, { target, failureSummary }) => `${rule.id}: ${target} ${failureSummary}`;
axe.run({ runOnly, resultTypes: ["violations"] }).then(({ violations }) =>
  done(violations.flatMap((rule) => rule.nodes.map((node) => describe(rule, node)))));
"""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


class Browser:
    """Chromium with an empty profile, within the `with` statement. Selectors are CSS."""

    def __init__(self) -> None:
        self._program, self._driver_program = chromium()

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(prefix="paycli-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = str(self._program)
        for flag in (*FLAGS, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(str(self._driver_program))
        self.driver = webdriver.Chrome(options, service)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.driver.quit()
        self._profile.cleanup()

    def open(self, url: str, size: tuple[int, int] = WIDE, *, dark: bool = False) -> None:
        """Open a URL in a window of this size, in a light or dark color scheme."""
        self.set_color_scheme(dark=dark)
        width, height = size
        sizes = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", **sizes)
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own
        self.driver.get(url)

    def set_color_scheme(self, *, dark: bool) -> None:
        """Prefer light or dark colors, in the page that is open too."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self._devtools("Emulation.setEmulatedMedia", features=features)

    def close_tab(self) -> None:
        """Close the tab and switch to a new, empty one."""
        old = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        new = self.driver.current_window_handle
        self.driver.switch_to.window(old)
        self.driver.close()
        self.driver.switch_to.window(new)

    def find(self, selector: str) -> WebElement:
        """Wait for an element and return the first one."""
        self.wait(selector)
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, selector: str) -> None:
        """Wait for an element."""
        wait_until(
            lambda: bool(self.driver.find_elements(By.CSS_SELECTOR, selector)),
            TIMEOUT_SECONDS,
            f"{selector} on the page",
        )

    def wait_text(self, selector: str, text: str) -> None:
        """Wait until the element contains this text."""
        wait_until(lambda: text in self.text(selector), TIMEOUT_SECONDS, f"{text!r} in {selector}")

    def text(self, selector: str) -> str:
        """Return the visible text of all matching elements, a line each; "" if there are none."""
        return str(self.run(_TEXT, selector))

    def click(self, selector: str) -> None:
        """Wait for an element and click it."""
        self.find(selector).click()

    def press(self, *keys: str) -> None:
        """Press keys in the focused element."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def tab_to(self, selector: str) -> None:
        """Press the Tab key until the element has the focus."""
        for _ in range(30):
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"the Tab key does not reach {selector}")

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - the script's result
        """Run a script in the page and return its result."""
        return self.driver.execute_script(script, *arguments)

    def before_each_page(self, script: str) -> str:
        """Run a script in each new page before its own scripts; returns an id for `forget`."""
        added = self._devtools("Page.addScriptToEvaluateOnNewDocument", source=script)
        return str(added["identifier"])

    def forget(self, identifier: str) -> None:
        """Stop running a script in each new page."""
        self._devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)

    def allow_scripts(self, *, allowed: bool) -> None:
        """Enable or disable the scripts of pages; `run` works in both cases."""
        self._devtools("Emulation.setScriptExecutionDisabled", value=not allowed)

    def console_errors(self) -> list[str]:
        """Return the console's messages: policy violations and script errors."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own
        return [entry["message"] for entry in entries if entry["source"] != "network"]

    def accessibility_problems(self) -> list[str]:
        """Return axe-core's violations of WCAG 2.1 AA, each with its rule and element."""
        axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
        self._devtools("Runtime.evaluate", expression=axe)
        violations: list[str] = self.driver.execute_async_script(_AXE, WCAG)
        return violations

    def horizontal_overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        root = "document.documentElement"
        return int(self.run(f"return {root}.scrollWidth - {root}.clientWidth"))

    def _devtools(self, command: str, **parameters: object) -> dict[str, Any]:
        result: dict[str, Any] = self.driver.execute_cdp_cmd(command, parameters)
        return result


__all__ = ["NARROW", "WIDE", "Browser", "Keys"]

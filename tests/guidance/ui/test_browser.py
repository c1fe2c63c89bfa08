"""The second screen in a real browser."""

from __future__ import annotations

import shutil

import pytest


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium here")
def test_a_browser_on_loopback_shows_the_procedure() -> None:
    from tests.support.browser import seen

    assert seen() > 12

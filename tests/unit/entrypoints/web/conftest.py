"""An installation in memory for the tests of the web app."""

import pytest

from tests.support.web_site import Site


@pytest.fixture(scope="session")
def _one_site() -> Site:
    return Site()


@pytest.fixture
def site(_one_site: Site) -> Site:
    """An installation that nothing has happened to."""
    _one_site.reset()
    return _one_site

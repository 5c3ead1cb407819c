"""Hypothesis: no time limits, because the machine that runs the tests may be busy with others.

`pytest --hypothesis-profile=thorough --timeout=0 tests/unit` looks thirty times as long.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile("default")

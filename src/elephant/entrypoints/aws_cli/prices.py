"""What an hour of a desktop costs, for the stack's parameter."""

import contextlib
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from elephant.adapters.aws.image_checks import is_of_windows
from elephant.adapters.aws.prices import instance_price_per_hour
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.entrypoints.aws_cli.options import say
from elephant.ports.errors import ElephantError

PARAMETER = "InstancePricePerHour"
_CACHE = Path("~/.cache/elephant/aws-prices.json")


def price_parameters(
    installation: Installation, clients: EngineerClients, known: Collection[str], now: datetime
) -> Mapping[str, str]:
    """The price of the first instance type; nothing, which is said, where it cannot be found out.

    What is in the file's [parameters] counts, and nothing is asked then.
    """
    if PARAMETER not in known or PARAMETER in installation.parameters or not installation.instance_types:
        return {}
    instance_type, cache_file = installation.instance_types[0], _CACHE.expanduser()
    with contextlib.suppress(OSError):  # then it is said that the price cannot be kept
        cache_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        price = instance_price_per_hour(
            clients["pricing"],
            installation.region,
            instance_type,
            now,
            cache_file,
            operating_system="Windows" if is_of_windows(clients["ec2"], installation.image_id) else "Linux",
        )
    except ElephantError as error:
        say(f"the price of {instance_type} cannot be found out, so pages show none: {error}", "yellow")
        return {}
    if price is None:
        say(f"AWS's price list has no price for {instance_type} in {installation.region}; pages show none", "yellow")
        return {}
    say(f"{instance_type}: {price:f} USD an hour, without disk and traffic")
    return {PARAMETER: f"{price:f}"}  # never 1E+1, which no parameter takes

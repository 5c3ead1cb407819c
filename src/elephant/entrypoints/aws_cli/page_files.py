"""The files of the pages, made for one stack."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from elephant.bootstrap.aws_deployment import PageFile
from elephant.bootstrap.installation_file import Installation
from elephant.entrypoints.web.static_site import Site, write_site
from elephant.ports.errors import Permanent


def page_files(folder: Path, installation: Installation, outputs: Mapping[str, str]) -> Sequence[PageFile]:
    """Written below `folder`, in the order in which to upload them. Raises Permanent for an address that is none."""
    try:
        files = write_site(folder, site_of(installation, outputs))
    except ValueError as error:
        raise Permanent(f"the pages cannot be made: {error}") from error
    return [PageFile(each.path, each.key, each.content_type, each.cache_control) for each in files]


def site_of(installation: Installation, outputs: Mapping[str, str]) -> Site:
    """What the pages have to know of a stack, out of its outputs."""
    pool = outputs.get("HostsUserPoolId", "")
    return Site(
        api_url=outputs["ApiUrl"],
        issuer=f"https://cognito-idp.{installation.region}.amazonaws.com/{pool}" if pool else installation.oidc_issuer,
        client_id=outputs.get("HostsClientId") or installation.client_id,
        sign_in_url=outputs.get("HostsSignInUrl", ""),
        token_url=installation.oidc_token_url,
        policy=installation.policy,
    )

"""What runs on a desktop: a browser on the call or on our room page, or any command."""

import shlex

_BROWSER = (
    "chromium",
    "--kiosk",
    # Relative to the desktop's private home. Chromium minds --ignore-certificate-errors-spki-list only with it.
    "--user-data-dir=browser",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--hide-crash-restore-bubble",
    "--password-store=basic",
)


def app_command(command: str, page_url: str, *, trusted_spki: str | None, needs_no_sandbox: bool) -> list[str]:
    """The words of the app's command line: `command` if there is one, else a browser on the page.

    `trusted_spki` is the fingerprint of our own server's public key where nobody else vouches for it;
    `needs_no_sandbox` is for Chromium run by root without a sandbox of ours, which it refuses otherwise.
    """
    if command.strip():
        return shlex.split(command)
    words = list(_BROWSER)
    if trusted_spki is not None:
        words.append(f"--ignore-certificate-errors-spki-list={trusted_spki}")
    if needs_no_sandbox:
        words.append("--no-sandbox")
    return [*words, page_url]

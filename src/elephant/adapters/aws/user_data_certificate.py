"""What a machine does at its start to bring the certificate to where Amazon DCV reads it.

Places, owner and mode are those of the Amazon DCV Administrator Guide ("Manage the TLS certificate"). The instance
profile may read the current version of this one secret. Linux needs AWS's command line and Python, Windows AWS's module
for PowerShell, which its images bring.
"""

import shlex

LINUX_FOLDER = "/etc/dcv"
WINDOWS_FOLDER = r"C:\Windows\System32\config\systemprofile\AppData\Local\NICE\dcv"
_REGION = 3

_LINUX = """\
bash -eu <<'ELEPHANT'
umask 077
folder={folder}
fresh=$(mktemp -d "$folder/.elephant-XXXXXX")
trap 'rm -rf "$fresh"' EXIT
for attempt in 1 2 3 4 5 6; do
    if aws secretsmanager get-secret-value --region {region} --secret-id {arn} --query SecretString --output text \\
        --cli-connect-timeout 5 --cli-read-timeout 10 >"$fresh/secret" </dev/null; then
        break
    fi
    if [ "$attempt" -eq 6 ]; then
        echo "elephant: the certificate could not be fetched" >&2
        exit 1
    fi
    sleep $((attempt * 5))
done
python3 - "$fresh" <<'PYTHON'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
content = json.loads((folder / "secret").read_text())
if "certificate" not in content:
    sys.exit("elephant: there is no certificate yet")
(folder / "dcv.pem").write_text(content["certificate"] + content["chain"])
(folder / "dcv.key").write_text(content["private_key"])
PYTHON
chown dcv:dcv "$fresh/dcv.pem" "$fresh/dcv.key"
mv -f "$fresh/dcv.key" "$folder/dcv.key"
mv -f "$fresh/dcv.pem" "$folder/dcv.pem"
systemctl restart dcvserver
ELEPHANT
"""

_WINDOWS = """\
& {{
    $ErrorActionPreference = 'Stop'
    $folder = {folder}
    $secret = $null
    for ($attempt = 1; $null -eq $secret -and $attempt -le 6; $attempt++) {{
        try {{
            $secret = (Get-SECSecretValue -SecretId {arn} -Region {region}).SecretString | ConvertFrom-Json
        }} catch {{
            if ($attempt -ge 6) {{ throw }}
            Start-Sleep -Seconds (5 * $attempt)
        }}
    }}
    if (-not $secret.certificate) {{ throw 'elephant: there is no certificate yet' }}
    New-Item -ItemType Directory -Force -Path $folder | Out-Null
    $files = @{{ 'dcv.key' = $secret.private_key; 'dcv.pem' = $secret.certificate + $secret.chain }}
    foreach ($name in $files.Keys) {{
        $fresh = Join-Path $folder ($name + '.new')
        New-Item -ItemType File -Force -Path $fresh | Out-Null
        icacls.exe $fresh /inheritance:r /grant:r '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null
        if ($LASTEXITCODE -ne 0) {{ throw 'elephant: the certificate could not be kept from others' }}
        [IO.File]::WriteAllText($fresh, $files[$name], [Text.Encoding]::ASCII)
        Move-Item -Force -Path $fresh -Destination (Join-Path $folder $name)
    }}
    Restart-Service -Name dcvserver
}}
"""


def linux_certificate_script(secret_arn: str, folder: str = LINUX_FOLDER) -> str:
    """A part of a shell script that runs as root; it ends with another status than 0 where it could not be done.

    What stands in the folder stays until all of the new is there.
    """
    return _LINUX.format(
        arn=shlex.quote(secret_arn), region=shlex.quote(_region_of(secret_arn)), folder=shlex.quote(folder)
    )


def windows_certificate_script(secret_arn: str) -> str:
    """The same as a part of a PowerShell script that runs as the system; it throws where it could not be done.

    A file is closed to everybody but the system and administrators before anything is written into it.
    """
    return _WINDOWS.format(
        arn=_quoted(secret_arn), region=_quoted(_region_of(secret_arn)), folder=_quoted(WINDOWS_FOLDER)
    )


def _region_of(arn: str) -> str:
    return arn.split(":")[_REGION]


def _quoted(text: str) -> str:
    """A text that PowerShell takes as it is; it takes these signs for quotes, too."""
    for quote in "'\u2018\u2019\u201a\u201b":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"

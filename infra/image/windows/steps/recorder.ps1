# ffmpeg, which records the person's screen. It is the one in a Python package: pip compares its hash with the one that
# `make lock` wrote down (files\recorder.txt).
#
# To take another: `make lock ARGS=--upgrade` in a clone. This ffmpeg is under the GPL, version 3: who hands an image on
# to others hands on a copy of it.
$ErrorActionPreference = 'Stop'

$here = Split-Path -Parent $PSScriptRoot
$python = 'C:\Program Files\Elephant\Python\python.exe'
$place = 'C:\Program Files\Elephant\Recorder'
$unpacked = Join-Path $env:TEMP 'elephant-recorder'

foreach ($old in $place, $unpacked) {
    if (Test-Path $old) { Remove-Item -Recurse -Force $old }
}
$options = @(
    '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-deps', '--no-compile',
    '--only-binary', ':all:', '--require-hashes', '--target', $unpacked, '--requirement', "$here\files\recorder.txt"
)
& $python -I -m pip install $options
if ($LASTEXITCODE -ne 0) { throw "pip left with $LASTEXITCODE" }
$found = @(Get-ChildItem -Recurse -File -Path $unpacked -Filter 'ffmpeg*.exe')
if ($found.Count -ne 1) { throw "there are $($found.Count) programs in the recorder's package" }
New-Item -Force -ItemType Directory -Path $place | Out-Null
# A copy has the rights of where it is: for everybody to run and only for administrators to change.
Copy-Item -Force $found[0].FullName "$place\ffmpeg.exe"
Remove-Item -Recurse -Force $unpacked

foreach ($needed in @('-devices', 'gdigrab'), @('-encoders', 'libx264'), @('-muxers', 'matroska')) {
    $told = & "$place\ffmpeg.exe" -hide_banner $needed[0]
    if ($LASTEXITCODE -ne 0) { throw "ffmpeg left with $LASTEXITCODE" }
    if (-not ($told -match "\b$($needed[1])\b")) { throw "this ffmpeg has no $($needed[1])" }
}

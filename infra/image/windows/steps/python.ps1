# Python for the agent and the kiosk, with the pip that brings the recorder: for everybody to run and only for administrators to change.
#
# To take another: the release's hash is on its page on python.org, and in winget's manifest of Python.Python.3.13.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$release = '3.13.14'
$sha256 = 'C54D9B9BBB8A36E6489363DDD01139707FD781D72F1F9E90C7EC65D0061368E0'
$setup = Join-Path $env:TEMP "python-$release.exe"

Invoke-WebRequest -UseBasicParsing -TimeoutSec 300 -OutFile $setup `
    -Uri "https://www.python.org/ftp/python/$release/python-$release-amd64.exe"
if ((Get-FileHash -Algorithm SHA256 $setup).Hash -ne $sha256) { throw "Python $release is not what was expected" }
if ((Get-AuthenticodeSignature $setup).Status -ne 'Valid') { throw "the signature of Python $release is not valid" }
$options = @(
    '/quiet', 'InstallAllUsers=1', 'TargetDir="C:\Program Files\Elephant\Python"', 'PrependPath=0',
    'Include_doc=0', 'Include_launcher=0', 'Include_pip=1', 'Include_tcltk=0', 'Include_test=0', 'Shortcuts=0'
)
$run = Start-Process -FilePath $setup -ArgumentList $options -Wait -PassThru
if ($run.ExitCode -notin 0, 3010) { throw "Python's installer left with $($run.ExitCode)" }
Remove-Item -Force $setup

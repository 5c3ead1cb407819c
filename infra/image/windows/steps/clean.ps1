# Nothing of this machine goes into the image; Image Builder's Sysprep follows, and gives the next its own identity.
$ErrorActionPreference = 'Stop'

# DCV makes itself a certificate at its start; each machine shall have one of its own.
Stop-Service -Force dcvserver -ErrorAction SilentlyContinue
$certificates = 'C:\Windows\System32\config\systemprofile\AppData\Local\NICE\dcv'
foreach ($leftover in "$certificates\dcv.pem", "$certificates\dcv.key", 'C:\ProgramData\Elephant\run\*',
    'C:\ProgramData\Elephant\recordings\*') {
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $leftover
}
Remove-Item -Force -ErrorAction SilentlyContinue 'C:\Windows\Temp\elephant-image.zip'
# This script is among them; Windows lets go of it when it ends.
Remove-Item -Recurse -Force -ErrorAction SilentlyContinue 'C:\Windows\Temp\elephant-image'

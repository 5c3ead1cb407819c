# The agent and its settings, the script that begins every machine, the task that runs it as SYSTEM, and the one that
# shows the agent the screen of whoever is logged in.
$ErrorActionPreference = 'Stop'

$here = Split-Path -Parent $PSScriptRoot
$programs = 'C:\Program Files\Elephant'
$data = 'C:\ProgramData\Elephant'

New-Item -Force -ItemType Directory -Path $programs, $data, "$data\run", "$data\recordings" | Out-Null
Copy-Item -Force "$here\elephant-agent.pyz", "$here\files\boot.ps1", "$here\files\check-image.ps1" $programs
Copy-Item -Force "$here\files\agent.toml", "$here\files\kiosk.toml", "$here\files\screen.toml" $data

# Everybody may read which meeting it is, and nobody but SYSTEM and administrators anything else of it.
# By number, because the names are translated: SYSTEM, Administrators, Users.
$rights = @('/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '/grant:r', '*S-1-5-32-544:(OI)(CI)F')
& icacls.exe $data $rights | Out-Null
if ($LASTEXITCODE -ne 0) { throw "icacls left with $LASTEXITCODE" }
foreach ($readable in "$data\run", "$data\kiosk.toml", "$data\screen.toml") {
    $inherited = if (Test-Path -PathType Container $readable) { '(OI)(CI)RX' } else { 'R' }
    & icacls.exe $readable '/grant' "*S-1-5-32-545:$inherited" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls left with $LASTEXITCODE" }
}

$action = New-ScheduledTaskAction -Execute 'powershell.exe' `
    -Argument '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "C:\Program Files\Elephant\boot.ps1"'
$trigger = New-ScheduledTaskTrigger -AtStartup
$principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
$settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -MultipleInstances IgnoreNew `
    -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -Priority 4
Register-ScheduledTask -Force -TaskName 'Elephant' -Action $action -Trigger $trigger -Principal $principal `
    -Settings $settings | Out-Null

# SYSTEM sees no screen. Of a group's task there is one in the session of each of its members, as that person: at every
# logon, and whenever the agent finds that nobody answers (`wake` in screen.toml). pythonw has no window.
$screen = New-ScheduledTaskAction -Execute "$programs\Python\pythonw.exe" `
    -Argument "-I `"$programs\elephant-agent.pyz`" screen `"$data\screen.toml`""
$logon = New-ScheduledTaskTrigger -AtLogOn
$people = New-ScheduledTaskPrincipal -GroupId 'S-1-5-32-545' -RunLevel Limited
Register-ScheduledTask -Force -TaskName 'Elephant-Screen' -Action $screen -Trigger $logon -Principal $people `
    -Settings $settings | Out-Null

# check-image.ps1 built|running: what docs/image.md promises of this image, a line each; 1 where any is missing.
#
# `built` is for the machine that the image is made of, before it is one; `running` for a machine started from it.
param([Parameter(Mandatory = $true)][ValidateSet('built', 'running')][string]$When)
$ErrorActionPreference = 'Stop'

$programs = 'C:\Program Files\Elephant'
$dcv = 'C:\Program Files\NICE\DCV\Server\bin\dcv.exe'
$python = "$programs\Python\python.exe"
$metadata = 'http://169.254.169.254/latest/meta-data/'
$script:missing = 0

function Test-That([string]$What, [scriptblock]$Holds) {
    $answer = $false
    try { $answer = [bool](& $Holds) } catch { Write-Output "        $_" }
    if ($answer) { Write-Output "ok      $What" } else { Write-Output "MISSING $What"; $script:missing++ }
}

function Wait-For([int]$Seconds, [scriptblock]$Holds) {
    $until = (Get-Date).AddSeconds($Seconds)
    do {
        try { if (& $Holds) { return $true } } catch { Write-Verbose "$_" }
        Start-Sleep -Seconds 3
    } while ((Get-Date) -lt $until)
    return $false
}

function Get-RunResult([string]$User) {
    # What curl leaves with when this account of Windows asks the metadata service.
    $task = "Elephant-check-$([Guid]::NewGuid().ToString('N'))"
    $action = New-ScheduledTaskAction -Execute 'curl.exe' -Argument "--silent --max-time 5 --output NUL $metadata"
    $principal = New-ScheduledTaskPrincipal -UserId $User -LogonType ServiceAccount
    Register-ScheduledTask -Force -TaskName $task -Action $action -Principal $principal | Out-Null
    try {
        Start-ScheduledTask -TaskName $task
        $never = 267011
        $done = Wait-For 60 {
            (Get-ScheduledTask -TaskName $task).State -eq 'Ready' -and
                (Get-ScheduledTaskInfo -TaskName $task).LastTaskResult -ne $never
        }
        if (-not $done) { throw "curl did not end as $User" }
        return (Get-ScheduledTaskInfo -TaskName $task).LastTaskResult
    } finally {
        Unregister-ScheduledTask -TaskName $task -Confirm:$false
    }
}

Test-That "Amazon DCV's server" { & $dcv version | Out-Null; $LASTEXITCODE -eq 0 }
Test-That 'DCV starts by itself' { (Get-Service dcvserver).StartType -eq 'Automatic' }
Test-That 'Python 3.11 or newer' {
    & $python -c 'import sys; sys.exit(sys.version_info < (3, 11))' | Out-Null
    $LASTEXITCODE -eq 0
}
Test-That 'the agent' { & $python -I "$programs\elephant-agent.pyz" --version | Out-Null; $LASTEXITCODE -eq 0 }
Test-That 'the agent starts by itself' { (Get-ScheduledTask -TaskName 'Elephant').State -ne 'Disabled' }
Test-That 'the recorder' {
    & "$programs\Recorder\ffmpeg.exe" -hide_banner -version | Out-Null
    $LASTEXITCODE -eq 0
}
Test-That "the person's screen is shown to the agent" {
    (Get-ScheduledTask -TaskName 'Elephant-Screen').State -ne 'Disabled'
}
Test-That 'the browser' { Test-Path 'C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe' }
Test-That 'Remote Desktop is off' {
    (Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server').fDenyTSConnections -eq 1
}
Test-That 'WinRM is off' { (Get-Service WinRM).StartType -eq 'Disabled' }
Test-That "nobody's account is in the image" { -not (Get-LocalUser -Name 'elephant' -ErrorAction SilentlyContinue) }
Test-That 'no password is in the registry' {
    -not (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon').DefaultPassword
}
Test-That 'SYSTEM reaches the metadata service' { (Get-RunResult 'S-1-5-18') -eq 0 }
Test-That 'others do not' { (Get-RunResult 'S-1-5-19') -ne 0 }
if ($When -eq 'built') {
    Test-That 'no certificate of this machine' {
        -not (Test-Path 'C:\Windows\System32\config\systemprofile\AppData\Local\NICE\dcv\dcv.key')
    }
} else {
    Test-That 'DCV answers on its port' {
        Wait-For 180 {
            (& curl.exe --silent --insecure --max-time 5 --head 'https://127.0.0.1:8443/') -match '^server: dcv'
        }
    }
    Test-That 'DCV has the console session' { Wait-For 60 { (& $dcv list-sessions) -match 'console' } }
}
if ($script:missing -gt 0) {
    Write-Output "$($script:missing) missing"
    exit 1
}
exit 0

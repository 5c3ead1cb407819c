# What the person sees: Edge on its meeting, and nothing that Windows would put in front of it.
#
# The person's account is not here: boot.ps1 makes it on each machine, with a password that is nowhere but there.
$ErrorActionPreference = 'Stop'

function Set-Value([string]$Key, [string]$Name, $Value, [string]$Type = 'DWord') {
    if (-not (Test-Path $Key)) { New-Item -Force -Path $Key | Out-Null }
    New-ItemProperty -Force -Path $Key -Name $Name -PropertyType $Type -Value $Value | Out-Null
}

# The kiosk, for whoever logs in; pythonw has no window.
$programs = 'C:\Program Files\Elephant'
$kiosk = "`"$programs\Python\pythonw.exe`" -I `"$programs\elephant-agent.pyz`" kiosk" +
    ' "C:\ProgramData\Elephant\kiosk.toml"'
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run' 'Elephant' $kiosk 'String'

$edge = 'HKLM:\SOFTWARE\Policies\Microsoft\Edge'
Set-Value $edge 'HideFirstRunExperience' 1
Set-Value $edge 'DeveloperToolsAvailability' 2
Set-Value $edge 'PasswordManagerEnabled' 0
Set-Value $edge 'DefaultNotificationsSetting' 2
Set-Value $edge 'DefaultGeolocationSetting' 2
Set-Value $edge 'BackgroundModeEnabled' 0
# Camera and microphone without a question, for pages of the web that are encrypted.
Set-Value "$edge\VideoCaptureAllowedUrls" '1' 'https://*' 'String'
Set-Value "$edge\AudioCaptureAllowedUrls" '1' 'https://*' 'String'
Set-Value "$edge\URLBlocklist" '1' 'file://*' 'String'
Set-Value "$edge\URLBlocklist" '2' 'http://169.254.169.254' 'String'

# No question at the first logon, no lock, no screen saver, no sleep, no Ctrl+Alt+Del.
Set-Value 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\OOBE' 'DisablePrivacyExperience' 1
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'DisableCAD' 1
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'InactivityTimeoutSecs' 0
# What wants an administrator is refused without a question: nobody could answer it, and it would come on a screen of its
# own, which no recorder sees.
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'ConsentPromptBehaviorUser' 0
Set-Value 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\Personalization' 'NoLockScreen' 1
New-Item -Force -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff' | Out-Null
Get-ScheduledTask -TaskName 'ServerManager' -ErrorAction SilentlyContinue | Disable-ScheduledTask | Out-Null
foreach ($timeout in 'monitor-timeout-ac', 'standby-timeout-ac', 'disk-timeout-ac', 'hibernate-timeout-ac') {
    & powercfg.exe /change $timeout 0
}
# Screen savers are each person's own: for those to come, in the profile that theirs is made of.
& reg.exe load 'HKU\ElephantDefault' 'C:\Users\Default\NTUSER.DAT' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "reg load left with $LASTEXITCODE" }
try {
    & reg.exe add 'HKU\ElephantDefault\Control Panel\Desktop' /v ScreenSaveActive /t REG_SZ /d 0 /f | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "reg add left with $LASTEXITCODE" }
} finally {
    [GC]::Collect()
    & reg.exe unload 'HKU\ElephantDefault' | Out-Null
}

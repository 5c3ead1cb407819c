# What is open: DCV's port. What is shut: Remote Desktop, WinRM, and the metadata service for everybody but SYSTEM.
# What must not happen in a meeting: updates, which come with the next image.
$ErrorActionPreference = 'Stop'

Set-NetFirewallProfile -All -Enabled True -DefaultInboundAction Block
foreach ($protocol in 'TCP', 'UDP') {
    $name = "Elephant-DCV-$protocol"
    Remove-NetFirewallRule -Name $name -ErrorAction SilentlyContinue
    New-NetFirewallRule -Name $name -DisplayName "Amazon DCV ($protocol)" -Direction Inbound -Action Allow `
        -Protocol $protocol -LocalPort 8443 | Out-Null
}

# As EC2's guide has it ("Limit access to the Instance Metadata Service"): Windows' firewall knows no "everybody but",
# so the rule is for Everyone (S-1-1-0), and whom it does not apply to stands first: SYSTEM (S-1-5-18). The token of
# this machine is in the user data; the agent reads it as SYSTEM, and so does DCV's server for its licence.
Remove-NetFirewallRule -Name 'Elephant-Metadata' -ErrorAction SilentlyContinue
New-NetFirewallRule -Name 'Elephant-Metadata' -DisplayName 'The metadata service is for SYSTEM' -Direction Outbound `
    -Action Block -Protocol TCP -RemoteAddress @('169.254.169.254', 'fd00:ec2::254') `
    -LocalUser 'O:LSD:(D;;CC;;;S-1-5-18)(A;;CC;;;S-1-1-0)' | Out-Null

Set-ItemProperty -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server' -Name 'fDenyTSConnections' -Value 1
Get-NetFirewallRule -Group '@FirewallAPI.dll,-28752' -ErrorAction SilentlyContinue | Disable-NetFirewallRule
foreach ($service in 'WinRM', 'sshd', 'RemoteRegistry') {
    if (Get-Service $service -ErrorAction SilentlyContinue) {
        Stop-Service -Force $service -ErrorAction SilentlyContinue
        Set-Service $service -StartupType Disabled
    }
}
$updates = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU'
if (-not (Test-Path $updates)) { New-Item -Force -Path $updates | Out-Null }
New-ItemProperty -Force -Path $updates -Name 'NoAutoUpdate' -PropertyType DWord -Value 1 | Out-Null
New-ItemProperty -Force -Path $updates -Name 'NoAutoRebootWithLoggedOnUsers' -PropertyType DWord -Value 1 | Out-Null

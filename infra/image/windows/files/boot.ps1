# Begins every machine, as SYSTEM: makes the person's account the first time, then runs the agent until it is done.
#
# A Windows console session is shown to whoever DCV's authenticator lets in, but DCV logs nobody into Windows: somebody
# has to be logged in already. So each machine makes an account of its own with a password of 32 random bytes, hands it
# to Windows' automatic logon as an LSA secret (`DefaultPassword`, which only SYSTEM can read; the registry's value of
# that name would be readable for everybody) and forgets it. Nobody can ever type it, and no image holds it.
$ErrorActionPreference = 'Stop'

$person = 'elephant'
$programs = 'C:\Program Files\Elephant'
$data = 'C:\ProgramData\Elephant'

$lsa = @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

public static class ElephantLsa
{
    [StructLayout(LayoutKind.Sequential)]
    private struct LsaText { public ushort Length; public ushort MaximumLength; public IntPtr Buffer; }

    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectAttributes
    {
        public uint Length; public IntPtr RootDirectory; public IntPtr ObjectName; public uint Attributes;
        public IntPtr SecurityDescriptor; public IntPtr SecurityQualityOfService;
    }

    private const uint PolicyCreateSecret = 0x20;

    [DllImport("advapi32.dll")]
    private static extern uint LsaOpenPolicy(
        IntPtr machine, ref ObjectAttributes attributes, uint access, out IntPtr policy);
    [DllImport("advapi32.dll")]
    private static extern uint LsaStorePrivateData(IntPtr policy, ref LsaText name, ref LsaText value);
    [DllImport("advapi32.dll")]
    private static extern uint LsaClose(IntPtr policy);
    [DllImport("advapi32.dll")]
    private static extern int LsaNtStatusToWinError(uint status);

    private static LsaText TextOf(string text)
    {
        LsaText made = new LsaText();
        made.Buffer = Marshal.StringToHGlobalUni(text);
        made.Length = (ushort)(2 * text.Length);
        made.MaximumLength = (ushort)(2 * text.Length + 2);
        return made;
    }

    private static void Check(uint status)
    {
        if (status != 0) { throw new Win32Exception(LsaNtStatusToWinError(status)); }
    }

    public static void Keep(string name, string value)
    {
        ObjectAttributes attributes = new ObjectAttributes();
        attributes.Length = (uint)Marshal.SizeOf(typeof(ObjectAttributes));
        IntPtr policy;
        Check(LsaOpenPolicy(IntPtr.Zero, ref attributes, PolicyCreateSecret, out policy));
        LsaText key = TextOf(name);
        LsaText data = TextOf(value);
        try { Check(LsaStorePrivateData(policy, ref key, ref data)); }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(data.Buffer);
            Marshal.FreeHGlobal(key.Buffer);
            LsaClose(policy);
        }
    }
}
'@

function New-Password {
    $bytes = New-Object byte[] 32
    $random = [Security.Cryptography.RandomNumberGenerator]::Create()
    try { $random.GetBytes($bytes) } finally { $random.Dispose() }
    # The end satisfies Windows' rule of three kinds of characters, whatever the bytes are.
    return [Convert]::ToBase64String($bytes) + 'aA1'
}

function New-Person {
    $password = New-Password
    $secret = ConvertTo-SecureString -AsPlainText -Force $password
    New-LocalUser -Name $person -Password $secret -PasswordNeverExpires -UserMayNotChangePassword -AccountNeverExpires `
        -Description 'The person at this desktop' | Out-Null
    Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $person
    Add-Type -TypeDefinition $lsa
    [ElephantLsa]::Keep('DefaultPassword', $password)
    $logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
    Remove-ItemProperty -Path $logon -Name 'DefaultPassword', 'AutoLogonCount' -ErrorAction SilentlyContinue
    Set-ItemProperty -Path $logon -Name 'DefaultUserName' -Value $person
    Set-ItemProperty -Path $logon -Name 'DefaultDomainName' -Value $env:COMPUTERNAME
    # Log in again whenever the person logs out.
    Set-ItemProperty -Path $logon -Name 'ForceAutoLogon' -Value '1'
    Set-ItemProperty -Path $logon -Name 'AutoAdminLogon' -Value '1'
}

function Test-Meeting {
    # Only a machine of a meeting becomes somebody's: Image Builder tests the image on one that has none.
    $metadata = 'http://169.254.169.254/latest'
    for ($attempt = 0; $attempt -lt 30; $attempt++) {
        try {
            $token = Invoke-RestMethod -Method Put -TimeoutSec 5 -Uri "$metadata/api/token" `
                -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
            $found = Invoke-RestMethod -TimeoutSec 5 -Uri "$metadata/user-data" `
                -Headers @{ 'X-aws-ec2-metadata-token' = $token }
            if ($found -is [string]) { $found = $found | ConvertFrom-Json }
            return [bool]$found.meeting_id
        } catch [ArgumentException] {
            return $false
        } catch {
            $answer = $_.Exception.Response
            if ($answer -and [int]$answer.StatusCode -eq 404) { return $false }
            Start-Sleep -Seconds 2
        }
    }
    return $false
}

function Wait-ForSetup {
    # A restart in the middle of Windows' own first start, which follows Sysprep, would leave half a Windows.
    $until = (Get-Date).AddMinutes(15)
    while ((Get-ItemProperty 'HKLM:\SYSTEM\Setup').SystemSetupInProgress -ne 0 -and (Get-Date) -lt $until) {
        Start-Sleep -Seconds 2
    }
    # It gives the machine its name and its routes; with -b it says how it is once it is done.
    $launch = "$env:ProgramFiles\Amazon\EC2Launch\EC2Launch.exe"
    if (Test-Path $launch) {
        # Waited for, but not for ever: without the agent this machine would not end itself.
        $status = Start-Process -PassThru -NoNewWindow -FilePath $launch -ArgumentList 'status', '-b'
        if (-not $status.WaitForExit(600000)) { $status.Kill() }
    }
}

Start-Transcript -Append -Path "$data\boot.log" | Out-Null
Wait-ForSetup
if (-not (Get-LocalUser -Name $person -ErrorAction SilentlyContinue) -and (Test-Meeting)) {
    try {
        New-Person
        # Windows looks for its automatic logon when it starts, and at no other time.
        Restart-Computer -Force
        exit 0
    } catch {
        # Half a person would never be mended: the next start begins anew. This one goes on, because without the agent
        # this machine would not end itself.
        Remove-LocalUser -Name $person -ErrorAction SilentlyContinue
        Write-Output "nobody could be made: $_"
    }
}
Stop-Transcript | Out-Null

# The agent ends the machine itself; whatever else ends the agent, it is started again.
while ($true) {
    $agent = Start-Process -Wait -PassThru -NoNewWindow -FilePath "$programs\Python\python.exe" `
        -ArgumentList '-I', "`"$programs\elephant-agent.pyz`"", '--settings', "`"$data\agent.toml`""
    if ($agent.ExitCode -eq 0) { exit 0 }
    Start-Sleep -Seconds 2
}

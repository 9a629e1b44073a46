//! The wanted rules as a script for Exchange Online PowerShell.

use std::fmt::Write;

use super::DeviceAccessRule;

const HEAD: &str = r"#Requires -Modules ExchangeOnlineManagement
<#
.SYNOPSIS
Makes the ActiveSync device access rules that the native contacts account needs.

.DESCRIPTION
Run it again as often as you like: rules that are there stay as they are. With -WhatIf it only says what it would do.
It never touches other rules, nor what happens to devices that no rule is about. Rules that block the same devices are
shown and not removed: Exchange asks them first, so decide about them yourself.

Connect first: Connect-ExchangeOnline

To go back, run it with -Remove: rules that it would have made are removed, others stay.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
    # Take the rules away again.
    [switch] $Remove
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What devices say of themselves has to equal QueryString exactly; there are no wildcards.
$wanted = @(
";

const TAIL: &str = r#")

$there = @(Get-ActiveSyncDeviceAccessRule)

foreach ($rule in $wanted) {
    $same = @($there | Where-Object {
        "$($_.Characteristic)" -eq $rule.Characteristic -and "$($_.QueryString)" -eq $rule.QueryString
    })
    $present = @($same | Where-Object { "$($_.AccessLevel)" -eq $rule.AccessLevel })
    $against = @($same | Where-Object { "$($_.AccessLevel)" -ne $rule.AccessLevel })
    $what = "$($rule.AccessLevel) $($rule.Characteristic) '$($rule.QueryString)'"

    if ($Remove) {
        foreach ($old in $present) {
            if ($PSCmdlet.ShouldProcess($what, 'Remove-ActiveSyncDeviceAccessRule')) {
                Remove-ActiveSyncDeviceAccessRule -Identity $old.Identity -Confirm:$false
            }
        }
        continue
    }

    foreach ($other in $against) {
        Write-Warning "$what : there is also '$($other.AccessLevel)' for the same devices ($($other.Identity))"
    }
    if ($present.Count -gt 0) {
        Write-Verbose "$what is there"
        continue
    }
    if ($PSCmdlet.ShouldProcess($what, 'New-ActiveSyncDeviceAccessRule')) {
        New-ActiveSyncDeviceAccessRule -Characteristic $rule.Characteristic -QueryString $rule.QueryString `
            -AccessLevel $rule.AccessLevel | Out-Null
    }
}

# For the check, afterwards:
#   ConvertTo-Json -Depth 4 -InputObject @(Get-ActiveSyncDeviceAccessRule) | Out-File rules.json -Encoding utf8
#   Get-ActiveSyncOrganizationSettings | ConvertTo-Json -Depth 4 | Out-File organization.json -Encoding utf8
"#;

/// The script: idempotent, with `-WhatIf` and `-Remove`. Without rules it says so and does nothing.
pub fn script(rules: &[DeviceAccessRule]) -> String {
    if rules.is_empty() {
        return "# No native client talks to Exchange: its device access rules stay as they are.\n".to_owned();
    }
    let mut script = HEAD.to_owned();
    for rule in rules {
        // Writing to a string cannot fail.
        let _ = writeln!(
            script,
            "    @{{ Characteristic = '{}'; QueryString = {}; AccessLevel = '{}' }}",
            rule.characteristic,
            quoted(&rule.query),
            rule.level
        );
    }
    script.push_str(TAIL);
    script
}

/// A literal in single quotes. PowerShell takes typographic quotes for quotes too.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars().filter(|c| !c.is_control()) {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{AccessLevel, Characteristic};

    fn rule(query: &str) -> DeviceAccessRule {
        DeviceAccessRule {
            characteristic: Characteristic::DeviceType,
            query: query.to_owned(),
            level: AccessLevel::Allow,
        }
    }

    #[test]
    fn the_script_names_each_rule_and_asks_before_each_change() {
        let script = script(&[rule("iPhone"), rule("iPad")]);
        assert!(script.contains("@{ Characteristic = 'DeviceType'; QueryString = 'iPhone'; AccessLevel = 'Allow' }"));
        for cmdlet in ["New-ActiveSyncDeviceAccessRule", "Remove-ActiveSyncDeviceAccessRule"] {
            assert!(script.contains(&format!("$PSCmdlet.ShouldProcess($what, '{cmdlet}')")), "{cmdlet}");
        }
        assert!(script.contains("SupportsShouldProcess"));
    }

    #[test]
    fn a_value_cannot_become_code() {
        let script = script(&[rule("x'; Remove-Mailbox anna; '"), rule("y\u{2019}; z\n")]);
        assert!(script.contains("QueryString = 'x''; Remove-Mailbox anna; '''"));
        assert!(script.contains("QueryString = 'y\u{2019}\u{2019}; z'"));
    }
}

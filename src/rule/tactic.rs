//! The tactics of MITRE ATT&CK: what somebody is after.

use super::Meta;

/// In the order of the matrix. A tactic of another matrix or version stands under the nearest of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tactic {
    Reconnaissance,
    ResourceDevelopment,
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    DefenseEvasion,
    CredentialAccess,
    Discovery,
    LateralMovement,
    Collection,
    CommandAndControl,
    Exfiltration,
    Impact,
    /// What no tag tells the tactic of.
    Other,
}

impl Tactic {
    pub const ALL: [Tactic; 15] = [
        Tactic::Reconnaissance,
        Tactic::ResourceDevelopment,
        Tactic::InitialAccess,
        Tactic::Execution,
        Tactic::Persistence,
        Tactic::PrivilegeEscalation,
        Tactic::DefenseEvasion,
        Tactic::CredentialAccess,
        Tactic::Discovery,
        Tactic::LateralMovement,
        Tactic::Collection,
        Tactic::CommandAndControl,
        Tactic::Exfiltration,
        Tactic::Impact,
        Tactic::Other,
    ];

    /// As tags write it: `credential-access`.
    pub fn name(self) -> &'static str {
        match self {
            Tactic::Reconnaissance => "reconnaissance",
            Tactic::ResourceDevelopment => "resource-development",
            Tactic::InitialAccess => "initial-access",
            Tactic::Execution => "execution",
            Tactic::Persistence => "persistence",
            Tactic::PrivilegeEscalation => "privilege-escalation",
            Tactic::DefenseEvasion => "defense-evasion",
            Tactic::CredentialAccess => "credential-access",
            Tactic::Discovery => "discovery",
            Tactic::LateralMovement => "lateral-movement",
            Tactic::Collection => "collection",
            Tactic::CommandAndControl => "command-and-control",
            Tactic::Exfiltration => "exfiltration",
            Tactic::Impact => "impact",
            Tactic::Other => "other",
        }
    }

    /// For reading: `credential access`.
    pub fn title(self) -> &'static str {
        match self {
            Tactic::ResourceDevelopment => "resource development",
            Tactic::InitialAccess => "initial access",
            Tactic::PrivilegeEscalation => "privilege escalation",
            Tactic::DefenseEvasion => "defense evasion",
            Tactic::CredentialAccess => "credential access",
            Tactic::LateralMovement => "lateral movement",
            Tactic::CommandAndControl => "command and control",
            one_word => one_word.name(),
        }
    }

    /// The tactic that a tag names, old and new spellings alike.
    fn of_tag(tag: &str) -> Option<Tactic> {
        let name = tag.strip_prefix("attack.")?.replace('_', "-").to_ascii_lowercase();
        match name.as_str() {
            // ATT&CK 18 takes defense evasion apart.
            "defence-evasion" | "stealth" | "defense-impairment" => Some(Tactic::DefenseEvasion),
            name => Tactic::ALL.into_iter().find(|tactic| tactic.name() == name && *tactic != Tactic::Other),
        }
    }
}

impl Meta {
    /// The first tactic among the tags, which is what the author thought of first.
    pub fn tactic(&self) -> Tactic {
        self.tags.iter().find_map(|tag| Tactic::of_tag(tag)).unwrap_or(Tactic::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_tactics_in_old_and_new_spellings() {
        for (tag, tactic) in [
            ("attack.credential-access", Some(Tactic::CredentialAccess)),
            ("attack.credential_access", Some(Tactic::CredentialAccess)),
            ("attack.defense-impairment", Some(Tactic::DefenseEvasion)),
            ("attack.t1552.007", None),
            ("attack.other", None),
            ("cve.2024.1", None),
        ] {
            assert_eq!(Tactic::of_tag(tag), tactic, "{tag}");
        }
    }
}

//! Which keys hold secrets.

/// What the key of a member says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Plain,
    /// A secret of this kind, if the value is a text, a number or a list.
    Secret(&'static str),
    /// `data` and `stringData`: secret in a Secret.
    Data,
    /// `value`: secret in an entry whose `name` says so.
    Value,
    Spec,
    Status,
    /// `request`: a signing request, below `spec`.
    Request,
    /// `certificate`: what was issued, below `status`.
    Certificate,
    RequestUri,
}

impl Key {
    pub fn of(name: &[u8]) -> Key {
        match name {
            b"data" | b"stringData" => Key::Data,
            b"value" => Key::Value,
            b"spec" => Key::Spec,
            b"status" => Key::Status,
            b"request" => Key::Request,
            b"certificate" => Key::Certificate,
            b"requestURI" => Key::RequestUri,
            _ => secret_kind(name).map_or(Key::Plain, Key::Secret),
        }
    }
}

/// The kinds of names that hold secrets, by their last two letters: how they end, or (`=`) what they are as a
/// whole, in lower case and without `-`, `_` and `.`.
fn tails(last: [u8; 2]) -> &'static [(&'static str, &'static str)] {
    match &last {
        b"al" => &[("kappk14sio/original", "last applied configuration")],
        b"ed" => &[("objectsetriocattleio/applied", "last applied configuration")],
        b"en" => &[("token", "token")],
        b"et" => &[("=secret", "secret"), ("clientsecret", "secret"), ("sharedsecret", "secret")],
        b"ey" => &[
            ("apikey", "key"),
            ("privatekey", "private key"),
            ("secretkey", "key"),
            ("accesskey", "key"),
            ("encryptionkey", "key"),
            ("signingkey", "key"),
            ("=tlskey", "private key"),
        ],
        b"fg" => &[("dockercfg", "docker config")],
        b"ie" => &[("cookie", "cookie")],
        b"ig" => &[("kubeconfig", "kubeconfig")],
        b"ls" => &[("=credentials", "credentials")],
        b"on" => &[
            ("authorization", "authorization"),
            ("dockerconfigjson", "docker config"),
            ("lastappliedconfiguration", "last applied configuration"),
        ],
        b"rd" => &[("password", "password")],
        b"se" => &[("passphrase", "password")],
        b"ta" => &[
            ("clientkeydata", "private key"),
            ("bootstrapdata", "bootstrap data"),
            ("=userdata", "bootstrap data"),
        ],
        b"th" => &[("=auth", "authorization")],
        b"wd" => &[("passwd", "password"), ("=pwd", "password")],
        _ => &[],
    }
}

/// The kind of secret that a key or an option of this name holds, if it holds one.
pub fn secret_kind(name: &[u8]) -> Option<&'static str> {
    let last = name.last_chunk::<2>()?.map(|byte| byte.to_ascii_lowercase());
    let (_, kind) = tails(last).iter().find(|(tail, _)| ends_like(name, tail))?;
    // Annotations of the API server itself: `authentication.k8s.io/legacy-token` names the token's Secret,
    // `apiserver.latency.k8s.io/authorization` is a time.
    memchr::memmem::find(name, b"k8s.io/").is_none().then_some(*kind)
}

fn ends_like(name: &[u8], tail: &str) -> bool {
    let (whole, tail) = tail.strip_prefix('=').map_or((false, tail), |tail| (true, tail));
    let mut letters = letters_from_end(name);
    letters_from_end(tail.as_bytes()).all(|letter| letters.next() == Some(letter))
        && !(whole && letters.next().is_some())
}

fn letters_from_end(name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    name.iter().rev().filter(|byte| !matches!(byte, b'-' | b'_' | b'.')).map(u8::to_ascii_lowercase)
}

/// Whether an environment variable, a header or an option of this name likely holds a secret.
pub fn is_secret_variable(name: &str) -> bool {
    const PARTS: [&str; 9] =
        ["password", "passwd", "pwd", "passphrase", "token", "secret", "key", "credential", "cookie"];
    let lower = name.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part)) || secret_kind(name.as_bytes()).is_some()
}

/// Whether the command line argument after this one is a secret: `--password`, `--client-secret`, `-token`.
pub fn is_secret_flag(argument: &str) -> bool {
    let name = argument.trim_start_matches('-');
    name.len() < argument.len() && secret_kind(name.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_name_is_found_under_its_last_letters() {
        for last in (b'a'..=b'z').flat_map(|a| (b'a'..=b'z').map(move |b| [a, b])) {
            for (tail, kind) in tails(last) {
                assert!(tail.as_bytes().ends_with(&last), "{tail}");
                let name = tail.trim_start_matches('=');
                assert_eq!(secret_kind(name.as_bytes()), Some(*kind), "{name}");
            }
        }
    }

    #[test]
    fn names_of_secrets_are_known_however_they_are_spelt() {
        for name in [
            "password",
            "DB_PASSWORD",
            "mysqlRootPassword",
            "token",
            "access_token",
            "client-key-data",
            "Authorization",
            "Set-Cookie",
            "x-api-key",
            "AWS_SECRET_ACCESS_KEY",
            ".dockerconfigjson",
            "tls.key",
            "ssh-privatekey",
            "kubectl.kubernetes.io/last-applied-configuration",
        ] {
            assert!(secret_kind(name.as_bytes()).is_some(), "{name}");
        }
    }

    #[test]
    fn names_that_only_point_at_secrets_are_left() {
        for name in [
            "secretName",
            "secretRef",
            "secrets",
            "tokenExpirationSeconds",
            "key",
            "tls.crt",
            "f:data",
            "",
            "-",
        ] {
            assert_eq!(secret_kind(name.as_bytes()), None, "{name}");
        }
    }
}

//! Whose images a request lets run: the one thing in a body that tells strangers' programs from one's own.

use super::action::Action;
use super::normal;
use crate::event::Event;

/// Registries where anybody may have an account. There the account tells whose an image is.
const SHARED: &[&str] =
    &["docker.io", "gcr.io", "ghcr.io", "public.ecr.aws", "quay.io", "registry.gitlab.com"];
const DOCKER: &str = "docker.io";
/// The account of the images that are called by one word.
const LIBRARY: &str = "library";
const WORKLOADS: &[&str] = &[
    "cronjobs",
    "daemonsets",
    "deployments",
    "jobs",
    "pods",
    "replicasets",
    "replicationcontrollers",
    "statefulsets",
];
/// Origins of one request.
const MOST: usize = 16;

/// Whether requests of this kind, if they succeed, may say which images are to run.
pub fn is_told(action: &Action<'_>) -> bool {
    let verb = matches!(action.verb, "create" | "update" | "patch");
    verb && WORKLOADS.contains(&action.resource) && matches!(action.subresource, "" | "ephemeralcontainers")
}

/// The origins of all images in a request's body, each once. A policy that records no bodies shows none.
pub fn of(event: &Event<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    event.images(&mut |image| {
        let origin = origin(image);
        if all.len() < MOST && !origin.is_empty() && !all.contains(&origin) {
            all.push(origin);
        }
    });
    all
}

/// `docker.io/nicolaka` of `nicolaka/netshoot:v1`, `registry.example` of `registry.example/team/web@sha256:0`.
fn origin(image: &str) -> String {
    let image = image.trim();
    let (host, rest) = match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => (DOCKER, image),
    };
    let host = if matches!(host, "index.docker.io" | "registry-1.docker.io") { DOCKER } else { host };
    if image.is_empty() || !SHARED.contains(&host) {
        return normal::cut(if image.is_empty() { String::new() } else { host.to_owned() });
    }
    let account = rest.split_once('/').map_or(LIBRARY, |(account, _)| account);
    normal::cut(format!("{host}/{account}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_belong_to_a_registry_or_to_an_account_of_a_shared_one() {
        for (image, expected) in [
            ("nginx", "docker.io/library"),
            ("nginx:1.27", "docker.io/library"),
            ("nicolaka/netshoot:v1", "docker.io/nicolaka"),
            ("index.docker.io/a/b", "docker.io/a"),
            ("ghcr.io/team/app/web@sha256:00", "ghcr.io/team"),
            ("registry.example/team/web:1", "registry.example"),
            ("localhost:5000/a", "localhost:5000"),
            ("localhost/a", "localhost"),
            ("", ""),
        ] {
            assert_eq!(origin(image), expected, "{image}");
        }
    }

    #[test]
    fn only_what_makes_or_changes_workloads_tells_of_images() {
        for (action, expected) in [
            ("create pods", true),
            ("patch deployments.apps", true),
            ("patch pods/ephemeralcontainers", true),
            ("patch deployments.apps/scale", false),
            ("update pods/status", false),
            ("get pods", false),
            ("create configmaps", false),
        ] {
            assert_eq!(is_told(&Action::parse(action)), expected, "{action}");
        }
    }
}

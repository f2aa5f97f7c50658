//! The measure for decoding: every field that is no body, by serde_json into borrowed structs.
#![allow(dead_code)]

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Decodes a record whole; whether that is an event with a verb.
pub fn has_verb(record: &[u8]) -> bool {
    serde_json::from_slice::<Event<'_>>(record).is_ok_and(|event| event.verb.is_some())
}

/// Borrowed where possible: `Option<Cow<str>>` alone is always owned in serde.
#[derive(Deserialize)]
#[serde(transparent)]
#[allow(dead_code)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, non_snake_case)]
struct Event<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    api_version: Option<Text<'a>>,
    level: Option<Text<'a>>,
    auditID: Option<Text<'a>>,
    stage: Option<Text<'a>>,
    requestURI: Option<Text<'a>>,
    verb: Option<Text<'a>>,
    user: Option<User<'a>>,
    impersonated_user: Option<User<'a>>,
    #[serde(default)]
    sourceIPs: Vec<Text<'a>>,
    user_agent: Option<Text<'a>>,
    object_ref: Option<ObjectRef<'a>>,
    response_status: Option<Status<'a>>,
    request_object: Option<IgnoredAny>,
    response_object: Option<IgnoredAny>,
    request_received_timestamp: Option<Text<'a>>,
    stage_timestamp: Option<Text<'a>>,
    annotations: Option<Map<'a, Text<'a>>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct User<'a> {
    #[serde(borrow)]
    username: Option<Text<'a>>,
    uid: Option<Text<'a>>,
    #[serde(default)]
    groups: Vec<Text<'a>>,
    extra: Option<Map<'a, Vec<Text<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct ObjectRef<'a> {
    #[serde(borrow)]
    resource: Option<Text<'a>>,
    namespace: Option<Text<'a>>,
    name: Option<Text<'a>>,
    uid: Option<Text<'a>>,
    api_group: Option<Text<'a>>,
    api_version: Option<Text<'a>>,
    resource_version: Option<Text<'a>>,
    subresource: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Status<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    message: Option<Text<'a>>,
    reason: Option<Text<'a>>,
    code: Option<i32>,
}

/// A map as a list, so that no hashing is paid for.
#[allow(dead_code)]
struct Map<'a, V>(Vec<(Text<'a>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> serde::de::Visitor<'de> for Pairs<V> {
            type Value = Map<'de, V>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Map(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}

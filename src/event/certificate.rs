//! Whom a client certificate would speak for: the subject of a request for one.

use super::{Event, Slot, Value, json};
use crate::base64;
use std::borrow::Cow;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc4519::{CN, O};
use x509_cert::der::{Decode, DecodePem};
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::request::CertReq;

type See<'s, 'a> = &'s mut dyn FnMut(Value<'a>) -> bool;

/// The user that the certificate makes its bearer: the common name.
pub fn name<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    subject(event, CN, see)
}

/// The groups that it puts him in: the organizations.
pub fn groups<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    subject(event, O, see)
}

fn subject<'a>(event: &Event<'a>, wanted: ObjectIdentifier, see: See<'_, 'a>) -> bool {
    let texts = request(event).map(|request| texts(&request, wanted)).unwrap_or_default();
    texts.into_iter().any(|text| see(Value::Said(Cow::Owned(text))))
}

impl Event<'_> {
    /// As the field `certificate.name`.
    pub fn certificate_name(&self) -> Option<String> {
        texts(&request(self)?, CN).into_iter().next()
    }
}

fn texts(request: &CertReq, wanted: ObjectIdentifier) -> Vec<String> {
    request.info.subject.iter().filter(|part| part.oid == wanted).filter_map(text).collect()
}

fn text(part: &AttributeTypeAndValue) -> Option<String> {
    Some(DirectoryString::try_from(&part.value).ok()?.value().into_owned())
}

/// From the body of the request, or that of the answer. An approval holds the whole object again.
fn request(event: &Event<'_>) -> Option<CertReq> {
    if event.raw(Slot::Resource) != Some(b"certificatesigningrequests") {
        return None;
    }
    [Slot::RequestObject, Slot::ResponseObject].into_iter().find_map(|slot| read(event.raw(slot)?))
}

/// PEM, in base64 as all bytes in JSON are.
fn read(body: &[u8]) -> Option<CertReq> {
    let encoded = json::string(json::member(json::member(body, "spec")?, "request")?)?.decode();
    let pem = base64::decode(encoded.as_bytes())?;
    CertReq::from_pem(&pem).or_else(|_| CertReq::from_der(&pem)).ok()
}

#[cfg(test)]
mod tests {
    use crate::event::{Decoder, Field};

    const HITS: &str = include_str!("../../rules/identity/csr-privileged-identity.hits.jsonl");

    fn values(record: &str, field: &str) -> Vec<String> {
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        let mut values = Vec::new();
        Field::parse(field).unwrap().any(&event, &mut |value| {
            values.extend(value.to_text().map(|text| text.into_owned()));
            false
        });
        values
    }

    #[test]
    fn the_subject_of_a_recorded_request_is_read() {
        let record = HITS.lines().find(|line| line.contains("\"code\":201")).unwrap();
        assert_eq!(values(record, "certificate.name"), ["system:kube-controller-manager"]);
        assert_eq!(values(record, "certificate.groups"), ["kubeadm:cluster-admins"]);
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        assert_eq!(event.grants(), ["system:kube-controller-manager"]);
    }

    #[test]
    fn what_is_no_request_for_a_certificate_has_no_subject() {
        let whole = HITS.lines().next().unwrap();
        let (before, rest) = whole.split_once("\"request\":\"").unwrap();
        let (encoded, after) = rest.split_once('"').unwrap();
        for end in [0, 1, 40, encoded.len() / 2] {
            let cut = format!("{before}\"request\":\"{}\"{}", &encoded[..end], after.replace(encoded, ""));
            assert!(values(&cut, "certificate.name").is_empty(), "{end}");
        }
        let other = whole.replace("\"resource\":\"certificatesigningrequests\"", "\"resource\":\"pods\"");
        assert!(values(&other, "certificate.name").is_empty());
    }
}

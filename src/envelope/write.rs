//! Writing an event in the form of the API server, for formats that spell it differently.

use super::parts::Part;

/// JSON in the making.
#[derive(Default)]
pub struct Json {
    out: Vec<u8>,
}

impl Json {
    /// Begins an object in memory that was used before.
    pub fn new(mut out: Vec<u8>) -> Json {
        out.clear();
        out.push(b'{');
        Json { out }
    }

    /// An audit event, begun. The level is written where the format carries it.
    pub fn event(out: Vec<u8>) -> Json {
        let mut json = Json::new(out);
        json.text("kind", "Event").text("apiVersion", "audit.k8s.io/v1");
        json
    }

    fn key(&mut self, key: &str) {
        if !matches!(self.out.last(), Some(b'{' | b'[') | None) {
            self.out.push(b',');
        }
        self.string(key);
        self.out.push(b':');
    }

    fn string(&mut self, text: &str) {
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    pub fn text(&mut self, key: &str, text: &str) -> &mut Json {
        self.key(key);
        self.string(text);
        self
    }

    /// Left out when it is missing or empty.
    pub fn some(&mut self, key: &str, text: Option<&str>) -> &mut Json {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.text(key, text);
        }
        self
    }

    pub fn number(&mut self, key: &str, number: u32) -> &mut Json {
        self.raw(key, number.to_string().as_bytes())
    }

    /// JSON text as it stands.
    pub fn raw(&mut self, key: &str, json: &[u8]) -> &mut Json {
        self.key(key);
        self.out.extend_from_slice(json);
        self
    }

    /// A whole value of another record; left out when it is missing, cut or null.
    pub fn part(&mut self, key: &str, part: Option<Part<'_>>) -> &mut Json {
        if let Some(part) = part.filter(|part| part.whole && part.raw != b"null") {
            self.raw(key, part.raw);
        }
        self
    }

    pub fn texts<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) -> &mut Json {
        self.key(key);
        self.out.push(b'[');
        for text in texts {
            if self.out.last() != Some(&b'[') {
                self.out.push(b',');
            }
            self.string(text);
        }
        self.out.push(b']');
        self
    }

    pub fn open(&mut self, key: &str) -> &mut Json {
        self.key(key);
        self.out.push(b'{');
        self
    }

    pub fn close(&mut self) -> &mut Json {
        self.out.push(b'}');
        self
    }

    /// The whole text, its outermost object closed.
    pub fn end(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

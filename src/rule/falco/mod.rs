//! Rules files of Falco.

use super::diagnostic::Source;
use super::load::Collection;
use super::yaml::Node;

#[derive(Default)]
pub struct Book<'t> {
    items: Vec<(Source<'t>, &'t [Node])>,
}

pub fn is_rules(_items: &[Node]) -> bool {
    false
}

impl<'t> Book<'t> {
    pub fn add(&mut self, source: Source<'t>, items: &'t [Node]) {
        self.items.push((source, items));
    }

    pub fn finish(self, _collection: &mut Collection) {}
}

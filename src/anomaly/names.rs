//! Texts that occur again and again, each kept once.

use hashbrown::HashMap;
use std::sync::Arc;

type Hashing = foldhash::fast::RandomState;

/// Number of a text within one [`Names`].
pub type Name = u32;

#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, Name, Hashing>,
}

impl Names {
    pub fn number(&mut self, text: &str) -> Name {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let (number, text) = (self.texts.len() as Name, Arc::from(text));
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    pub fn text(&self, number: Name) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.texts.iter().map(|text| text.len() + 64).sum()
    }

    /// Only the texts with these numbers, renumbered in the order of the texts; says each number's new one.
    pub fn sorted(&self, live: &[bool]) -> (Names, Vec<Name>) {
        let mut order: Vec<Name> = (0..self.texts.len() as Name).collect();
        order.retain(|&number| live.get(number as usize).is_some_and(|live| *live));
        order.sort_unstable_by(|&a, &b| self.text(a).cmp(self.text(b)));
        let (mut sorted, mut moved) = (Names::default(), vec![0; self.texts.len()]);
        for old in order {
            moved[old as usize] = sorted.number(self.text(old));
        }
        (sorted, moved)
    }
}

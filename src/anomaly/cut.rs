//! What was left out of a profile for want of room.

/// Kinds of what is left out, in the order in which it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Values of one kind of one entity, of which there were too many to keep any.
    Values,
    /// The earlier windows of an entity.
    Windows,
    /// All objects that whole clusters hang on.
    Objects,
    /// Whole entities.
    Entities,
}

impl Lack {
    pub fn name(self) -> &'static str {
        match self {
            Lack::Values => "values",
            Lack::Windows => "windows",
            Lack::Objects => "objects",
            Lack::Entities => "entities",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub what: Lack,
    /// Of how many entities; unknown where whole ones are left out.
    pub entities: Option<u64>,
    /// How much may be kept: a number, or bytes of all entities together.
    pub limit: u64,
}

impl Cut {
    /// In words, without saying that it is about profiles.
    pub fn said(&self) -> String {
        let Cut { entities, limit, .. } = self;
        let entities = entities.unwrap_or(0);
        match self.what {
            Lack::Values => format!(
                "{entities} with more than {limit} values of a kind (say actions or networks), none of which are kept"
            ),
            Lack::Windows => format!("{entities} of which only the latest {limit} windows are kept"),
            Lack::Objects => {
                format!("more than {limit} objects of whole clusters, none of which are watched")
            }
            Lack::Entities => {
                "entities beyond the limit of memory, those that nobody authenticated first".to_owned()
            }
        }
    }
}

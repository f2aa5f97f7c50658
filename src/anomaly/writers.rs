//! Somebody new changes an object that a whole cluster hangs on.

use super::cell::Counter;
use super::class::Class;
use super::detect::{Detection, confidence};
use super::entity::Kind;
use super::judged::Judged;
use super::names::Name;
use super::objects::{Object, ObjectKey, Writer};
use super::profile::{HOUR, WINDOW, time_of};
use super::reason::writer;
use super::score::Scored;
use super::subject::Subject;
use super::tuning::Tuning;

impl Judged<'_> {
    /// First changes, by object and time.
    pub fn of_objects(&self, cluster: Name, tuning: &Tuning) -> Vec<Detection> {
        let objects = self.scene.profile.objects.all.iter();
        let own = objects.filter(|object| object.key.cluster == cluster && tuning.terms.objects);
        own.flat_map(|object| self.of_object(object, tuning)).collect()
    }

    fn of_object(&self, object: &Object, tuning: &Tuning) -> Vec<Detection> {
        let mut writers: Vec<&Writer> = object.writers.iter().collect();
        writers.sort_by_key(|writer| (writer.first, writer.principal));
        let told = writers.iter().filter_map(|writer| {
            let before = writers.iter().filter(|other| other.first < writer.first).count();
            self.first_change(object, writer, before, tuning)
        });
        told.collect()
    }

    /// `before` is how many others changed it earlier.
    fn first_change(
        &self,
        object: &Object,
        writer: &Writer,
        before: usize,
        tuning: &Tuning,
    ) -> Option<Detection> {
        let names = &self.scene.profile.names;
        let class = Class::of(names.text(writer.principal));
        let is_old = |from: u32| writer.first >= from.saturating_add(tuning.object_known);
        let is_known = is_old(self.scene.from) && object.created.is_none_or(is_old);
        if class.reacts() || !is_known || !self.recent.holds(writer.first) {
            return None;
        }
        let score = match before {
            0 => tuning.object_first,
            few if few < tuning.object_writers => tuning.object_next,
            _ => return None,
        };
        let score = if self.rolls_out(writer, tuning) { score * tuning.rollout } else { score };
        // A service account that rolls out what others have written is mostly news to nobody.
        let score = if class == Class::Account { score * tuning.same_program } else { score };
        self.change(object, writer, before, score, tuning)
    }

    /// Whether the change is one of very many at the time: an upgrade touches what nobody touches otherwise. Who
    /// means harm changes one thing, or shows by all that he changes.
    fn rolls_out(&self, writer: &Writer, tuning: &Tuning) -> bool {
        let during = writer.first.saturating_sub(HOUR)..=writer.first.saturating_add(HOUR);
        let is_own = |subject: &&Subject<'_>| {
            let key = subject.entity.key;
            (key.kind, key.name) == (Kind::Principal, writer.principal)
        };
        let mut writes = 0_u32;
        self.scene.subjects.iter().filter(is_own).for_each(|subject| {
            subject.each_cell(|cell| {
                if during.contains(&cell.window) {
                    writes = writes.saturating_add(cell.get(Counter::Writes));
                }
            });
        });
        writes >= tuning.rollout_writes
    }

    fn change(
        &self,
        object: &Object,
        by: &Writer,
        before: usize,
        score: f64,
        tuning: &Tuning,
    ) -> Option<Detection> {
        let scene = &self.scene;
        let names = &scene.profile.names;
        let principal = names.text(by.principal);
        let scored = Scored { window: by.first, own: score, total: score, ..Scored::default() };
        Some(Detection {
            cluster: names.text(object.key.cluster).into(),
            kind: Kind::Resource,
            eid: self.title(object.key).into(),
            class: Class::of(principal),
            network: None,
            actor: Some(principal.into()),
            from: time_of(by.first),
            to: time_of(by.first) + WINDOW,
            score,
            confidence: confidence(score, tuning.levels(scene.is_short))?,
            weekly: None,
            reasons: vec![writer(
                principal,
                by.mark.sample(names),
                score,
                (before, scene.span.len()),
                tuning,
            )],
            first: None,
            strongest: 0,
            windows: vec![scored],
            is_short: scene.is_short,
            history: (scene.span.len(), scene.span.len()),
        })
    }

    /// `kube-system/configmaps/coredns`, `clusterroles.rbac.authorization.k8s.io/view`.
    fn title(&self, key: ObjectKey) -> String {
        let text = |name| self.scene.profile.names.text(name);
        let parts = [text(key.namespace), text(key.resource), text(key.name)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<&str>>().join("/")
    }
}

//! What a subscription of CloudWatch sends. The log group is `/aws/eks/<cluster>/cluster`.

use super::cloudwatch_events::messages;
use crate::envelope::What;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::envelope::place::log_group;

/// What a subscription sends: `{"messageType":"DATA_MESSAGE","logGroup":"...","logEvents":[...]}`
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("messageType") && object.has("logEvents"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    if object.get("messageType").is_some_and(|kind| kind.says(b"CONTROL_MESSAGE")) {
        return peel.say(What::Foreign, object.part.at);
    }
    let group = object.get("logGroup").and_then(Part::text);
    let mut peel = peel.about(group.as_deref().and_then(log_group), None);
    if let Some(events) = object.get("logEvents") {
        messages(&mut peel, events);
    }
}

//! `debug_meta.images`: which debug ID belongs to which file.

use super::fields::{Fields, list, object};
use crate::limits::{MAX_IMAGES, MAX_NAME};
use crate::resolution::{Image, debug_id};

pub(super) fn images(fields: &mut Fields) -> Vec<Image> {
    let Some(map) = fields.object("debug_meta") else { return Vec::new() };
    fields.within("debug_meta".into(), map, |fields| {
        let members = fields.take("images").and_then(list).unwrap_or_default();
        if members.len() > MAX_IMAGES {
            fields.note("images", &format!("{MAX_IMAGES} of {} kept", members.len()));
        }
        let mut images = Vec::new();
        for (index, member) in members.into_iter().enumerate().take(MAX_IMAGES) {
            let path = format!("images[{index}]");
            match object(member) {
                Some(map) => images.extend(fields.within(path, map, image)),
                None => fields.note(&path, "not an object"),
            }
        }
        images
    })
}

/// Nothing without a file that a frame could name, as those of servers' programs, or without an ID that an upload could have.
fn image(fields: &mut Fields) -> Option<Image> {
    let kind = fields.text("type", MAX_NAME).unwrap_or_default();
    let file = fields.text("code_file", MAX_NAME)?;
    let named = fields.text("debug_id", MAX_NAME).or_else(|| fields.text("code_id", MAX_NAME));
    Some(Image { kind, file, debug_id: debug_id(&named?)? })
}

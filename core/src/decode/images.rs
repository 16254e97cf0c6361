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
            // Frames name them by their places: what cannot be read keeps its own.
            images.push(match object(member) {
                Some(map) => fields.within(path, map, image),
                None => {
                    fields.note(&path, "not an object");
                    Image::default()
                }
            });
        }
        images
    })
}

/// Images of servers' programs have no file that a frame could name, and modules that nothing was read of no ID.
fn image(fields: &mut Fields) -> Image {
    let mut text = |name| fields.text(name, MAX_NAME);
    let (kind, file) = (text("type").unwrap_or_default(), text("code_file").unwrap_or_default());
    let named = text("debug_id").or_else(|| text("code_id")).unwrap_or_default();
    Image { kind, file, debug_id: debug_id(&named).unwrap_or_default() }
}

/// `rel:3` of a frame: the image at that place.
pub(super) fn image_of(fields: &mut Fields) -> Option<u32> {
    let mode = fields.text("addr_mode", MAX_NAME)?;
    mode.strip_prefix("rel:")?.parse().ok()
}

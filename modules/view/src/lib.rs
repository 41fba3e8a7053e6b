//! Paints prompts into shadow roots and reports what happened to them on the screen.
//! It does not know policies, usage or wording: `pkg/view.js` hands it a [`drawing::Drawing`] whose
//! texts are filled, and every press, dismissal and sighting goes back through [`page::Reports`].
//! The flow goes from [`View`] to [`stage`] (what is open) to [`surface`] (its frame) to [`card`]
//! (what stands in it).

mod card;
mod dom;
mod drawing;
mod page;
mod stage;
mod surface;
mod watch;

use std::rc::Rc;

use lol_alloc::{FreeListAllocator, LockedAllocator};

use drawing::Drawing;
use page::{Reports, Tag};
use stage::Stage;
use wasm_bindgen::prelude::*;

/// A painting allocates a few hundred small things, so the smallest allocator is the best one.
#[global_allocator]
static ALLOCATOR: LockedAllocator<FreeListAllocator> =
    LockedAllocator::new(FreeListAllocator::new());

/// One place of one started instance: the page itself, or a place in the host's layout. Two views
/// share no node, listener or style.
///
/// Every method takes `&self`: a report may lead the shell to call back into the view before the
/// method that made the report has returned.
#[wasm_bindgen]
pub struct View {
    stage: Rc<Stage>,
}

#[wasm_bindgen]
impl View {
    /// Puts the empty status regions in their place, so that what enters them later is announced.
    /// `class` is `page` where prompts lie over the page, or `slot` for a place in the host's layout.
    #[wasm_bindgen(constructor)]
    pub fn new(reports: Reports, place: Tag, class: &str) -> View {
        View {
            stage: Stage::new(reports, place, class),
        }
    }

    /// Paints a prompt that is not open yet. When false, nothing of it is on the page.
    pub fn show(&self, drawing: &Drawing) -> bool {
        self.stage.show(drawing).is_some()
    }

    /// Paints an open prompt again with other words or numbers, keeping the focus where it was.
    pub fn paint(&self, drawing: &Drawing) {
        self.stage.paint(drawing);
    }

    /// Takes a prompt off the page; one that is not open is left alone.
    pub fn hide(&self, exposure: &str) {
        self.stage.hide(exposure);
    }

    /// Leaves the page as it was. Calls that come later find nothing open and do nothing.
    pub fn destroy(&self) {
        self.stage.clear();
    }
}

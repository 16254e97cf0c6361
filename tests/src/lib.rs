//! What end-to-end tests stand on. One [`World`] a run: the built Worker with a fresh database, and a browser of
//! each [`Engine`]. Each test takes a [`Project`] of its own from it, serves its pages from an origin of its own ([`Site`]),
//! opens them in a [`Tab`], and reads through the JSON API what has arrived; a [`Gate`] between page and Worker records what
//! was sent, and stands for a collector that is away. Nothing sleeps to be green: [`eventually`] asks until it is so.
//! A second Worker, [`Faulty`], has a database that fails when it is told to.

mod api;
mod backend;
mod browser;
mod clean_machine;
mod database;
mod devtools;
mod documents;
mod engine;
mod event_schema;
mod faulty;
mod gate;
mod patience;
mod program;
mod receiver;
mod showcase;
mod site;
mod tab;
mod world;

pub use api::{Answer, Api, Issue, Rows, post_as, post_to};
pub use backend::Backend;
pub use browser::Browser;
pub use clean_machine::CleanMachine;
pub use database::{Database, Stored};
pub use devtools::Preferences;
pub use documents::{MARKS, readmes};
pub use event_schema::breaches_of_schema;
pub use faulty::{Calm, Faulty, Injected, Report, fresh_state};
pub use gate::{Gate, Seen};
pub use patience::{eventually, eventually_counted, eventually_within};
pub use program::Program;
pub use receiver::{Answers, Received, Receiver};
pub use showcase::{PLACES, Place, Showcase};
pub use site::{File, Site};
pub use tab::Tab;
pub use world::{Project, World, shop_page};
pub use xtask::browser::Engine;

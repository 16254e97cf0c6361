//! Everything that is done to this repository, as one library: the `cargo xtask` commands and the end-to-end tests use
//! the same code to build, to start the Worker, and to end what they started.
//!
//! In reading order: where things are ([`paths`]), how commands run ([`group`], [`progress`], [`run`], [`stamp`]), what is
//! built ([`tools`], [`agent`], [`collector`], [`order`], [`docs`], [`assets`], [`build`]), what runs ([`worker`], [`browser`]), and the
//! commands themselves ([`dev`], [`deploy`], [`mod@test`], [`screenshots`], [`mod@bench`], [`mod@soak`], [`check`], [`size`]).
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod integrity;
pub mod names;
pub mod openapi;
mod package;
pub mod paths;

pub mod group;
pub mod processes;
pub mod progress;
pub mod run;
pub mod seed;
pub mod stamp;

pub mod agent;
pub mod assets;
pub mod build;
pub mod collector;
pub mod docs;
pub mod order;
pub mod tools;

pub mod bench;
pub mod browser;
pub mod token;
pub mod worker;

pub mod check;
pub mod demo;
pub mod deploy;
pub mod dev;
pub mod screenshots;
pub mod size;
pub mod soak;
pub mod suite;
pub mod test;

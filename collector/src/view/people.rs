//! Views of the deployment's people, projects, access and log.

use super::Shell;
use crate::audit::Entry;
use crate::people::invitations::Invitation;
use crate::people::members::{Member, SessionRow};

/// `GET /settings/{tab}/`: each tab has what it shows, the others' parts are empty.
#[derive(Clone, Debug, Default)]
pub struct PeoplePage {
    /// Around the content.
    pub shell: Shell,
    /// `people`, `projects`, `access`, `audit`, `profile`
    pub tab: &'static str,
    /// The viewer administers the whole deployment.
    pub is_owner: bool,
    /// The viewer.
    pub viewer_id: u32,
    /// Of the viewer, in words.
    pub role: &'static str,
    /// All projects that the viewer sees.
    pub projects: Vec<ProjectLine>,
    /// Everybody.
    pub members: Vec<Member>,
    /// Whom nobody has seen yet.
    pub invitations: Vec<Invitation>,
    /// The log, newest first.
    pub entries: Vec<Entry>,
    /// Where its next page begins.
    pub next: Option<String>,
    /// Of the viewer.
    pub sessions: Vec<SessionRow>,
    /// What was just made and is shown this once: what it is, and itself.
    pub made: Option<(&'static str, String)>,
    /// `shop.cloudflareaccess.com`, or empty where Cloudflare Access is not set.
    pub team: String,
    /// Role of people that Access brings for the first time; empty: they are refused.
    pub default_role: &'static str,
}

/// A project, as people are given it.
#[derive(Clone, Debug, Default)]
pub struct ProjectLine {
    /// As people's rows name it.
    pub id: u32,
    /// As links name it.
    pub slug: String,
    /// `Hazel shop`
    pub name: String,
}

/// `GET /invitation/{token}`
#[derive(Clone, Debug, Default)]
pub struct InvitedPage {
    /// Whom it is meant for; may be empty.
    pub name: String,
    /// What they may do.
    pub role: &'static str,
    /// Names of projects; empty: all.
    pub projects: Vec<String>,
    /// Who invites.
    pub made_by: String,
    /// Where the form goes.
    pub path: String,
    /// What was wrong with it.
    pub error: Option<String>,
}

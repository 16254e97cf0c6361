//! Who may do what: viewers read, members work on issues, administrators change settings and people. A person sees all
//! projects, or those that an administrator has named.

pub mod invitations;
pub mod members;

use crate::failure::Failure;

/// What a person, or a program with a token, may do; each may also do what those before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    #[default]
    Viewer,
    /// Resolves, ignores, assigns, merges, comments; keeps searches.
    Member,
    /// Changes settings, keys, alerts and people.
    Admin,
}

impl Role {
    /// As `person.role` has it.
    pub fn of(number: i64) -> Self {
        match number {
            2 => Role::Admin,
            1 => Role::Member,
            _ => Role::Viewer,
        }
    }

    /// `viewer`, `member`, `admin`
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Member => "member",
            Role::Admin => "admin",
        }
    }

    /// Reads a name.
    pub fn named(name: &str) -> Option<Self> {
        [Role::Viewer, Role::Member, Role::Admin].into_iter().find(|role| role.name() == name)
    }
}

/// Somebody with a session, or a program with a token.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// Of the person; 0 for a program.
    pub id: u32,
    /// Display name; of a program, that of its token.
    pub name: String,
    /// What forms must send back.
    pub csrf: String,
    /// What they may do.
    pub role: Role,
    /// Projects that they see; `None`: all of them.
    pub projects: Option<Vec<u32>>,
    /// IP address of the request; empty if there is no network between.
    pub address: String,
}

impl Viewer {
    /// Whether the viewer may see a project.
    pub fn sees(&self, project_id: u32) -> bool {
        self.projects.as_ref().is_none_or(|projects| projects.contains(&project_id))
    }

    /// Whether the viewer may do what takes this role.
    pub fn is(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether the viewer administers the deployment: people, projects, access.
    pub fn is_owner(&self) -> bool {
        self.is(Role::Admin) && self.projects.is_none()
    }

    /// Refuses who does not administer all projects.
    pub fn must_be_owner(&self) -> Result<(), Failure> {
        if self.is_owner() { Ok(()) } else { Err(Failure::Owner) }
    }

    /// Refuses programs: what a token made or gave away could not be taken back with it.
    pub fn must_be_person(&self) -> Result<(), Failure> {
        if self.id == 0 { Err(Failure::Program) } else { Ok(()) }
    }

    /// Refuses who may not do what takes this role.
    pub fn must_be(&self, role: Role) -> Result<(), Failure> {
        if self.is(role) { Ok(()) } else { Err(Failure::Role(role)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Viewer};

    #[test]
    fn each_role_may_do_what_those_before_it_may() {
        let member = Viewer { role: Role::Member, ..Viewer::default() };
        assert!(member.must_be(Role::Viewer).is_ok() && member.must_be(Role::Member).is_ok());
        assert_eq!(member.must_be(Role::Admin).unwrap_err().status(), 403);
        for role in [Role::Viewer, Role::Member, Role::Admin] {
            assert_eq!(Role::named(role.name()), Some(role));
            assert_eq!(Role::of(role as i64), role);
        }
    }

    #[test]
    fn projects_that_nobody_named_are_all() {
        assert!(Viewer::default().sees(7));
        let one = Viewer { projects: Some(vec![7]), ..Viewer::default() };
        assert!(one.sees(7) && !one.sees(8));
        let owns = |role, projects| Viewer { role, projects, ..Viewer::default() }.is_owner();
        assert!(owns(Role::Admin, None));
        assert!(!owns(Role::Admin, Some(vec![7])) && !owns(Role::Member, None));
    }
}

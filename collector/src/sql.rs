//! A statement and its arguments: what plans are made of, and what the store and the native tests run.

/// One argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// `NULL`
    Null,
    /// Below 2^53 on either side: D1 takes no BigInt.
    Int(i64),
    /// `TEXT`
    Text(String),
    /// `BLOB`
    Blob(Vec<u8>),
}

/// A statement with `?1`, `?2`, … and what stands for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// One SQL statement.
    pub sql: &'static str,
    /// At most 100.
    pub args: Vec<Arg>,
}

impl Statement {
    /// A statement; arguments from `?1` on.
    pub fn new<const N: usize>(sql: &'static str, args: [Arg; N]) -> Self {
        Self { sql, args: args.into() }
    }
}

impl Arg {
    /// What it takes in a row, about.
    pub fn bytes(&self) -> usize {
        match self {
            Arg::Null | Arg::Int(_) => 8,
            Arg::Text(text) => text.len(),
            Arg::Blob(bytes) => bytes.len(),
        }
    }
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Arg::Int(value)
    }
}

impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Arg::Int(value.into())
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Arg::Int(value.into())
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Arg::Text(value.to_owned())
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(value)
    }
}

impl From<&[u8]> for Arg {
    fn from(value: &[u8]) -> Self {
        Arg::Blob(value.to_vec())
    }
}

impl From<Vec<u8>> for Arg {
    fn from(value: Vec<u8>) -> Self {
        Arg::Blob(value)
    }
}

impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Arg::Null, Into::into)
    }
}

#[cfg(test)]
mod hot_queries;
#[cfg(test)]
pub(crate) mod test_db;

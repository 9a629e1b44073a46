//! OData 4.0 as far as Graph clients use it: system query options, `$filter`, `$search`, `$orderby`, `$expand`.

pub(crate) mod filter;
mod lexer;
pub(crate) mod query;
pub(crate) mod search;

pub(crate) use filter::Filter;
pub(crate) use query::Query;
pub(crate) use search::Search;

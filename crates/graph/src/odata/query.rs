//! The system query options of a request.

use std::cmp::Ordering;

use contact::graph::ExtendedPropertyId;
use serde_json::{Map, Value};

use super::{Filter, Search};
use crate::{
    error::{GraphError, Result},
    limits::{EXPANDED_PROPERTIES_MAX, QUERY_BYTES_MAX},
};

/// What a request asks of a collection or an entity. Names work with and without `$`, as in Graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) expand: Vec<ExtendedPropertyId>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    pub(crate) count: bool,
    pub(crate) order_by: Vec<Order>,
    pub(crate) filter: Option<Filter>,
    pub(crate) search: Option<Search>,
    pub(crate) skip_token: Option<String>,
    pub(crate) delta_token: Option<String>,
    /// Every pair as it came, for links to the next page.
    pairs: Vec<(String, String)>,
}

/// One property of `$orderby`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    property: String,
    descending: bool,
}

impl Query {
    /// Reads a query string.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(GraphError::TooLarge(QUERY_BYTES_MAX));
        }
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
            query.option(&name, &value)?;
            query.pairs.push((name, value));
        }
        Ok(query)
    }

    fn option(&mut self, name: &str, value: &str) -> Result<()> {
        match option_name(name).as_str() {
            "select" => self.select = Some(names(value)),
            "expand" => self.expand = expand(value)?,
            "top" => self.top = Some(number("$top", value)?),
            "skip" => self.skip = number("$skip", value)?,
            "count" => self.count = value.eq_ignore_ascii_case("true"),
            "orderby" => self.order_by = order_by(value)?,
            "filter" => self.filter = Some(Filter::parse(value)?),
            "search" => self.search = Some(Search::parse(value)?),
            "skiptoken" => self.skip_token = Some(value.to_owned()),
            "deltatoken" => self.delta_token = Some(value.to_owned()),
            _ if name.starts_with('$') => return Err(GraphError::QueryOptionUnsupported(name.to_owned())),
            // Custom options are the client's own affair (OData 4.0 URL conventions 5.2).
            _ => {}
        }
        Ok(())
    }

    /// The query string of the next page: as this one, with these options instead.
    pub(crate) fn with(&self, options: &[(&str, String)]) -> String {
        let replaced = |name: &str| {
            let name = option_name(name);
            name == "skip" || name == "skiptoken" || options.iter().any(|(option, _)| option_name(option) == name)
        };
        let kept = self.pairs.iter().filter(|(name, _)| !replaced(name)).map(|(name, value)| (name.as_str(), value));
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (name, value) in kept.chain(options.iter().map(|(name, value)| (*name, value))) {
            text.append_pair(name, value);
        }
        // `$` is legal in a query, and clients look for it.
        text.finish().replace("%24", "$")
    }

    /// Leaves of a resource what was selected: annotations and the id always stay.
    pub(crate) fn select(&self, resource: Map<String, Value>) -> Map<String, Value> {
        select(self.select.as_deref(), resource)
    }
}

/// As [`Query::select`], for a selection from elsewhere.
pub(crate) fn select(selected: Option<&[String]>, resource: Map<String, Value>) -> Map<String, Value> {
    let Some(selected) = selected.filter(|names| !names.is_empty() && !names.iter().any(|name| name == "*")) else {
        return resource;
    };
    let stays = |name: &str| {
        name == "id"
            || name == "singleValueExtendedProperties"
            || name.starts_with('@')
            || selected.iter().any(|selected| selected == name)
    };
    resource.into_iter().filter(|(name, _)| stays(name)).collect()
}

/// Compares two resources by the properties asked for, in turn: texts without regard to case, nothing first.
pub(crate) fn compare(order_by: &[Order], a: &Map<String, Value>, b: &Map<String, Value>) -> Ordering {
    let key = |resource: &Map<String, Value>, property: &str| match resource.get(property) {
        Some(Value::String(text)) => (1, text.to_lowercase()),
        None | Some(Value::Null) => (0, String::new()),
        Some(other) => (2, other.to_string()),
    };
    let compare_one = |order: &Order| {
        let ordering = key(a, &order.property).cmp(&key(b, &order.property));
        if order.descending { ordering.reverse() } else { ordering }
    };
    order_by.iter().map(compare_one).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

fn option_name(name: &str) -> String {
    name.trim_start_matches('$').to_ascii_lowercase()
}

fn names(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(option: &'static str, value: &str) -> Result<usize> {
    value.parse().map_err(|_| GraphError::QueryOption { option, reason: "it is not a number".to_owned() })
}

fn order_by(value: &str) -> Result<Vec<Order>> {
    let wrong = |part: &str| GraphError::QueryOption { option: "$orderby", reason: format!("{part:?} is no order") };
    let parts = value.split(',').map(|part| match part.split_whitespace().collect::<Vec<_>>().as_slice() {
        [property] => Ok(Order { property: (*property).to_owned(), descending: false }),
        [property, direction @ ("asc" | "desc")] => {
            Ok(Order { property: (*property).to_owned(), descending: *direction == "desc" })
        }
        _ => Err(wrong(part)),
    });
    parts.collect()
}

/// `singleValueExtendedProperties($filter=id eq 'String 0x3A24' or ...)`; what else a contact could be expanded by
/// (`photo`, `extensions`) has nothing to add.
fn expand(value: &str) -> Result<Vec<ExtendedPropertyId>> {
    let wrong = |reason: String| GraphError::QueryOption { option: "$expand", reason };
    let mut ids = Vec::new();
    for part in split_outside_brackets(value) {
        let (name, options) = part.split_once('(').unwrap_or((part, ""));
        match name.trim() {
            "singleValueExtendedProperties" => {}
            "photo" | "extensions" | "multiValueExtendedProperties" => continue,
            other => return Err(wrong(format!("{other:?} is not known"))),
        }
        let options = options.trim().trim_end_matches(')');
        let filter = options.split(';').find_map(|option| option.trim().strip_prefix("$filter="));
        let filter = Filter::parse(filter.ok_or_else(|| wrong("it needs a $filter by id".to_owned()))?)?;
        for id in filter.ids().ok_or_else(|| wrong("its $filter must name ids".to_owned()))? {
            ids.push(ExtendedPropertyId::parse(id).map_err(|error| wrong(error.to_string()))?);
        }
    }
    if ids.len() > EXPANDED_PROPERTIES_MAX {
        return Err(wrong(format!("it names more than {EXPANDED_PROPERTIES_MAX} properties")));
    }
    Ok(ids)
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.extend(text.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(from..));
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_read_however_a_client_writes_them() {
        let query =
            Query::parse("%24select=id,displayName&top=5&$skip=10&$count=true&$orderby=surname%20desc,id").unwrap();
        assert_eq!(query.select.unwrap(), ["id", "displayName"]);
        assert_eq!((query.top, query.skip, query.count), (Some(5), 10, true));
        assert_eq!(query.order_by.len(), 2);
    }

    #[test]
    fn extended_properties_are_asked_for_by_id() {
        let text =
            "$expand=singleValueExtendedProperties($filter=id eq 'String 0x3a24' or id eq 'SystemTime 0x3A41'),photo";
        let ids: Vec<_> = Query::parse(text).unwrap().expand.iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["String 0x3A24", "SystemTime 0x3A41"]);
    }

    #[test]
    fn what_is_no_option_is_refused() {
        for text in [
            "$top=x",
            "$top=-1",
            "$nonsense=1",
            "$orderby=a b c",
            "$expand=manager",
            "$filter=",
            "$search=",
            "$expand=singleValueExtendedProperties",
        ] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        assert!(Query::parse("validationToken=x&anything=1").is_ok());
    }

    #[test]
    fn the_next_page_asks_what_this_one_asked() {
        let query = Query::parse("$top=2&$skip=2&%24filter=surname%20eq%20'a'").unwrap();
        assert_eq!(query.with(&[("$skip", "4".into())]), "$top=2&$filter=surname+eq+%27a%27&$skip=4");
    }

    #[test]
    fn a_selection_keeps_the_id_and_the_annotations() {
        let Value::Object(resource) = json!({"@odata.etag": 1, "id": 2, "a": 3, "b": 4}) else { unreachable!() };
        let selected = Query::parse("$select=b").unwrap().select(resource);
        assert_eq!(Value::Object(selected), json!({"@odata.etag": 1, "id": 2, "b": 4}));
    }
}

//! One item of an XML report as a small tree.

/// An element with what it holds; names are without their namespace's prefix.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    /// Its own text, all runs together.
    pub(crate) text: String,
    pub(crate) children: Vec<Node>,
}

/// The attributes of an element, in their order: one text for all, since a report has millions.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Each name, and behind it the value.
    text: String,
    /// How long a name is, and how long its value.
    lengths: Vec<(usize, usize)>,
}

impl Attributes {
    /// None yet, with room for those of a tag of so many bytes.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), lengths: Vec::with_capacity(8) }
    }

    /// One more.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        self.text.push_str(value);
        self.lengths.push((name.len(), value.len()));
    }

    /// The value of an attribute, the first of that name; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(|here, _| here == name)
    }

    /// The first value that begins so, whatever its attribute; empty where there is none. A namespace
    /// may be given under any prefix.
    pub(crate) fn beginning(&self, with: &[&str]) -> &str {
        self.find(|_, value| with.iter().any(|begin| value.starts_with(begin)))
    }

    fn find(&self, wanted: impl Fn(&str, &str) -> bool) -> &str {
        let mut rest = self.text.as_str();
        for (key, value) in &self.lengths {
            let Some((here, after)) = rest.split_at_checked(*key) else { return "" };
            let Some((value, after)) = after.split_at_checked(*value) else { return "" };
            if wanted(here, value) {
                return value;
            }
            rest = after;
        }
        ""
    }
}

impl Node {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The trimmed text of the first child of that name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// Every child of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The children of the first child `list` that are named `name`.
    pub(crate) fn list<'a>(
        &'a self,
        list: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Self> {
        self.child(list).into_iter().flat_map(move |child| child.all(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_their_whole_names() {
        let mut attributes = Attributes::with_room(0);
        for (name, value) in [("port", "22"), ("portal", ""), ("a", "port22"), ("port", "23")] {
            attributes.push(name, value);
        }
        assert_eq!(attributes.get("port"), "22");
        assert_eq!(attributes.get("portal"), "");
        assert_eq!(attributes.get("a"), "port22");
        assert_eq!(attributes.get("22portal"), "");
        assert_eq!(Attributes::default().get(""), "");
        assert_eq!(attributes.beginning(&["x", "port"]), "port22");
        assert_eq!(attributes.beginning(&["x"]), "");
    }
}
